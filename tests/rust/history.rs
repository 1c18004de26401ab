//! The queue of the event log: it takes what there is room for, whole, and never makes anybody wait.

use std::sync::Arc;
use std::time::Duration;

use pyrite::chunk::Cancel;
use pyrite::history::{Queue, Waiting};
use pyrite::id::JobId;
use pyrite::job::follow::{Rows, Step};
use pyrite::job::registry::{Jobs, Most, Running};
use pyrite::metrics::{Bus, Outcome};
use pyrite::stage::TaskContext;

const AT_ONCE: Duration = Duration::ZERO;

fn followed(most: usize) -> (Arc<Jobs>, Arc<Queue>) {
    let (jobs, queue) = (Jobs::new(Arc::new(Bus::default()), Most::default()), Arc::new(Queue::new(most, false)));
    jobs.follow(queue.clone());
    (jobs, queue)
}

/// A job of one stage with so many tasks.
fn run(jobs: &Arc<Jobs>, tasks: usize) -> Running {
    let running = jobs.begin(Arc::default(), "count at test.py:1".to_owned(), Cancel::default());
    let stage = running.add_stage("count".to_owned(), tasks, Default::default());
    running.follow();
    running.begin_stage(&stage);
    for index in 0..tasks {
        let (job, task) = (running.job().id, running.next_task());
        let context = TaskContext::new(job, stage.id, index, 0, task, Arc::default(), Cancel::default());
        let mut teller = running.teller(&stage, index, (0, 0));
        teller.began(&context);
        teller.ended(&context, Outcome::Succeeded, Rows::default(), Duration::ZERO, None);
    }
    running.end_stage(&stage, None);
    running
}

fn names(steps: &[Waiting]) -> Vec<String> {
    let of = |step: &Step| match step {
        Step::JobBegan(job) => format!("job {} begins", job.id),
        Step::StageBegan(_, stage) => format!("stage {} begins", stage.id),
        Step::TaskBegan(trial) => format!("task {} begins", trial.task),
        Step::TaskEnded(trial, _) => format!("task {} ends", trial.task),
        Step::StageEnded(stage, ..) => format!("stage {} ends", stage.id),
        Step::JobEnded(job, _) => format!("job {job} ends"),
    };
    let name = |waiting: &Waiting| match waiting {
        Waiting::Step(step) => of(step),
        Waiting::Line(line) => line.clone(),
    };
    steps.iter().map(name).collect()
}

#[test]
fn a_job_is_followed_in_order() {
    let (jobs, queue) = followed(100);
    run(&jobs, 1).end(Outcome::Succeeded);
    let taken = queue.take(AT_ONCE);
    let all = ["job 0 begins", "stage 0 begins", "task 0 begins", "task 0 ends", "stage 0 ends", "job 0 ends"];
    assert_eq!((names(&taken.steps), taken.left_out, taken.closed), (all.map(str::to_owned).to_vec(), 0, false));
    assert!(queue.take(AT_ONCE).steps.is_empty());
}

#[test]
fn what_has_no_room_is_left_out_whole_and_counted() {
    let (jobs, queue) = followed(4);
    let first = run(&jobs, 1000);
    run(&jobs, 1000).end(Outcome::Succeeded);
    first.end(Outcome::Succeeded);
    let taken = queue.take(AT_ONCE);
    // The first job has its stage and one task, all of them with their ends; 999 tasks and the second job are not there.
    let all = ["job 0 begins", "stage 0 begins", "task 0 begins", "task 0 ends", "stage 0 ends", "job 0 ends"];
    assert_eq!((names(&taken.steps), taken.left_out), (all.map(str::to_owned).to_vec(), 1000));
    run(&jobs, 0).end(Outcome::Succeeded);
    assert_eq!((queue.take(AT_ONCE).steps.len(), queue.take(AT_ONCE).left_out), (4, 0));
}

#[test]
fn a_line_has_its_place_among_steps_and_only_one_that_is_needed_has_always_room() {
    let (jobs, queue) = followed(4);
    let running = run(&jobs, 0);
    assert!(queue.add("first".to_owned(), false));
    running.end(Outcome::Succeeded);
    assert_eq!([queue.add("dropped".to_owned(), false), queue.add("needed".to_owned(), true)], [false, true]);
    let taken = queue.take(AT_ONCE);
    let all = ["job 0 begins", "stage 0 begins", "stage 0 ends", "first", "job 0 ends", "needed"];
    assert_eq!((names(&taken.steps), taken.left_out), (all.map(str::to_owned).to_vec(), 1));
    queue.close();
    assert!(!queue.add("late".to_owned(), true));
}

#[test]
fn a_closed_queue_takes_the_ends_of_what_runs_once_more() {
    let (jobs, queue) = followed(100);
    let (first, second) = (run(&jobs, 0), run(&jobs, 0));
    queue.close();
    first.end(Outcome::Succeeded);
    run(&jobs, 3).end(Outcome::Succeeded);
    let taken = queue.take(Duration::from_secs(600));
    assert_eq!((taken.steps.len(), taken.left_out, taken.closed), (3 + 3 + 1, 0, true));
    second.end(Outcome::Succeeded);
    assert!(queue.take(AT_ONCE).steps.is_empty());
    assert_eq!([0, 1, 2].map(|id| jobs.job(JobId(id)).is_some_and(|job| job.is_followed())), [true, true, false]);
}

#[test]
fn the_end_of_a_job_wakes_the_writer() {
    let (jobs, queue) = followed(100);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| queue.take(Duration::from_secs(600)).steps.len());
        run(&jobs, 1).end(Outcome::Succeeded);
        assert!(writer.join().is_ok_and(|steps| steps == 6));
    });
}
