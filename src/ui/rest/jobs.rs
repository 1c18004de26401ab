//! Jobs: Spark's `JobData`.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::{Answer, Query, with};
use crate::id::JobId;
use crate::job::registry::Job;
use crate::metrics::Outcome;
use crate::ui::app::App;
use crate::ui::dates::gmt;

/// The jobs that run and that are remembered, newest first.
pub fn all(app: &App, query: &Query) -> Answer {
    let wants = query.wants(&["RUNNING", "SUCCEEDED", "FAILED", "UNKNOWN"])?;
    let jobs = app.engine.jobs().all();
    Ok(jobs.iter().filter(|job| wants(status(job))).map(|job| data(job)).collect())
}

/// One of them.
pub fn one(app: &App, id: &str) -> Answer {
    let found = id.parse().ok().and_then(|id| app.engine.jobs().job(JobId(id)));
    found.map(|job| data(&job)).ok_or_else(|| format!("unknown job: {id}"))
}

/// Spark's word for how a job is.
pub fn status(job: &Job) -> &'static str {
    match job.outcome() {
        None => "RUNNING",
        Some(Outcome::Succeeded) => "SUCCEEDED",
        Some(Outcome::Failed | Outcome::Cancelled) => "FAILED",
    }
}

fn data(job: &Job) -> Value {
    let stages = job.stages();
    let end = job.ended();
    let (mut tasks, mut active, mut completed, mut failed, mut killed) = (0, 0, 0, 0, 0);
    let (mut running, mut done, mut skipped, mut broken) = (0, 0, 0, 0);
    for stage in &stages {
        tasks += stage.tasks;
        active += stage.active.load(Ordering::Relaxed);
        completed += stage.completed.load(Ordering::Relaxed);
        failed += stage.failed.load(Ordering::Relaxed);
        killed += stage.killed.load(Ordering::Relaxed);
        let span = stage.span();
        if span.submitted.is_none() {
            skipped += usize::from(end.is_some());
        } else if span.completed.is_none() {
            running += 1;
        } else if stage.completed.load(Ordering::Relaxed) >= stage.tasks {
            done += 1;
        } else {
            broken += 1;
        }
    }
    let skipped_tasks: usize = if end.is_some() {
        stages.iter().filter(|stage| stage.span().submitted.is_none()).map(|stage| stage.tasks).sum()
    } else {
        0
    };
    let known = json!({
        "jobId": job.id.0,
        "name": job.site,
        "submissionTime": gmt(job.submitted),
        "stageIds": stages.iter().map(|stage| stage.id.0).collect::<Vec<_>>(),
        "jobTags": job.tags().collect::<Vec<_>>(),
        "status": status(job),
        "numTasks": tasks,
        "numActiveTasks": active,
        "numCompletedTasks": completed,
        "numSkippedTasks": skipped_tasks,
        "numFailedTasks": failed,
        "numKilledTasks": killed,
        "numCompletedIndices": completed,
        "numActiveStages": running,
        "numCompletedStages": done,
        "numSkippedStages": skipped,
        "numFailedStages": broken,
        "killedTasksSummary": {},
    });
    with(
        known,
        [
            ("description", job.description().map(Value::from)),
            ("jobGroup", job.group().map(Value::from)),
            ("completionTime", end.map(|end| gmt(end.time).into())),
        ],
    )
}
