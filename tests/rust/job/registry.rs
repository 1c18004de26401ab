//! Jobs are found by group and tag, cancelled with a reason, and remembered for a while.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use pyrite::chunk::Cancel;
use pyrite::error::Error;
use pyrite::id::{JobId, StageId};
use pyrite::job::follow::Rows;
use pyrite::job::registry::{DESCRIPTION, GROUP, Jobs, Most, Running, TAGS};
use pyrite::metrics::{Bus, Event, Outcome};
use pyrite::stage::{Properties, TaskContext};

fn jobs(most: Most) -> Arc<Jobs> {
    Jobs::new(Arc::new(Bus::default()), most)
}

fn begin(jobs: &Arc<Jobs>, properties: &[(&str, &str)]) -> Running {
    let properties: Properties = properties.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    jobs.begin(Arc::new(properties), "collect at test.py:1".to_owned(), Cancel::default())
}

fn why(running: &Running) -> Option<String> {
    running.job().check().err().map(|error| match error {
        Error::Engine { message, .. } => message,
        other => other.to_string(),
    })
}

#[test]
fn jobs_are_cancelled_by_id_group_tag_and_all() {
    let jobs = jobs(Most::default());
    let a = begin(&jobs, &[(GROUP, "x"), (DESCRIPTION, "first")]);
    let b = begin(&jobs, &[(TAGS, "red,blue")]);
    let c = begin(&jobs, &[]);
    assert_eq!(a.job().description(), Some("first"));
    jobs.cancel_group("y");
    jobs.cancel_tag("re");
    assert_eq!((why(&a), why(&b), why(&c)), (None, None, None));
    jobs.cancel_group("x");
    assert_eq!(why(&a).unwrap(), "[SPARK_JOB_CANCELLED] Job 0 cancelled part of cancelled job group x SQLSTATE: XXKDA");
    jobs.cancel_tag("blue");
    assert!(why(&b).unwrap().contains("Job 1 cancelled part of cancelled job tags blue"));
    assert!(!jobs.cancel(JobId(99), "because"));
    jobs.cancel_all();
    assert!(why(&c).unwrap().contains("Job 2 cancelled as part of cancellation of all jobs"));
    // The first reason stays.
    assert!(why(&a).unwrap().contains("group x"));
}

#[test]
fn a_job_that_ended_is_remembered_as_it_went() {
    let jobs = jobs(Most { jobs: 2, stages: 2 });
    let first = begin(&jobs, &[(GROUP, "g")]);
    let stage = first.add_stage("collect".to_owned(), 2, Default::default());
    assert_eq!(jobs.active_stages(), vec![]);
    first.begin_stage(&stage);
    assert_eq!(jobs.active_stages(), vec![StageId(0)]);
    for partition in 0..2 {
        let (job, task, none) = (first.job().id, first.next_task(), Arc::default());
        let context = TaskContext::new(job, stage.id, partition, 0, task, none, Cancel::default());
        let rows = Rows { answered: 5, shuffled_bytes: 40, spilled: 8, ..Rows::default() };
        first.teller(&stage, partition, (0, 0)).ended(&context, Outcome::Succeeded, rows, Duration::ZERO, None);
    }
    assert_eq!((stage.rows.load(Ordering::Relaxed), jobs.active_stages()), (10, vec![]));
    first.end(Outcome::Succeeded);
    drop(begin(&jobs, &[(GROUP, "g")]));
    let cancelled = begin(&jobs, &[]);
    cancelled.job().cancel.set();
    drop(cancelled);
    let outcome = |id: u64| jobs.job(JobId(id)).and_then(|job| job.outcome());
    assert_eq!(outcome(0), None); // forgotten: only two are kept
    assert_eq!(outcome(1), Some(Outcome::Failed));
    assert_eq!(outcome(2), Some(Outcome::Cancelled));
    assert_eq!((jobs.of_group(Some("g")), jobs.of_group(None)), (vec![JobId(1)], vec![JobId(2)]));
    let told = jobs.bus().read(0).events;
    assert_eq!(told.len(), 2 * 3 + 1 + 2);
    assert!(matches!(told.last(), Some(Event::JobEnded { outcome: Outcome::Cancelled, .. })));
}

#[test]
fn many_threads_begin_cancel_and_end_jobs() {
    let jobs = jobs(Most { jobs: 50, stages: 50 });
    std::thread::scope(|scope| {
        for n in 0..4 {
            let jobs = &jobs;
            scope.spawn(move || {
                for i in 0..500 {
                    let group = format!("{}", (n + i) % 7);
                    let job = begin(jobs, &[(GROUP, &group)]);
                    let stage = job.add_stage("s".to_owned(), 1, Default::default());
                    job.begin_stage(&stage);
                    if i % 3 == 0 {
                        jobs.cancel_group(&group);
                    }
                    match job.job().check() {
                        Ok(()) => job.end(Outcome::Succeeded),
                        Err(_) => drop(job),
                    }
                }
            });
        }
    });
    assert!(jobs.running().is_empty());
    assert_eq!(jobs.of_group(Some("0")).first().map(|id| id.0 < 2000), Some(true));
}
