//! `_engine.Jobs`: which jobs run and how they went, and their cancellation.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use pyo3::prelude::*;

use crate::id::{JobId, StageId};
use crate::job::registry::{Job, Jobs, StageRun};
use crate::metrics::Outcome;

/// The jobs of one engine.
#[pyclass(frozen, name = "Jobs", module = "pyrite._engine")]
pub struct PyJobs(pub(crate) Arc<Jobs>);

#[pymethods]
impl PyJobs {
    /// Cancels one running job; says whether there was one.
    fn cancel(&self, id: u64, why: &str) -> bool {
        self.0.cancel(JobId(id), why)
    }

    /// Cancels the running jobs of a group.
    fn cancel_group(&self, group: &str) {
        self.0.cancel_group(group);
    }

    /// Cancels the running jobs that carry a tag.
    fn cancel_tag(&self, tag: &str) {
        self.0.cancel_tag(tag);
    }

    /// Cancels all running jobs.
    fn cancel_all(&self) {
        self.0.cancel_all();
    }

    /// The known jobs of a group, newest first; None: those without a group.
    #[pyo3(signature = (group))]
    fn jobs_of_group(&self, group: Option<&str>) -> Vec<u64> {
        self.0.of_group(group).into_iter().map(|id| id.0).collect()
    }

    /// The jobs that run.
    fn active_jobs(&self) -> Vec<u64> {
        self.0.running().iter().map(|job| job.id.0).collect()
    }

    /// The stages whose tasks run.
    fn active_stages(&self) -> Vec<u64> {
        self.0.active_stages().into_iter().map(|id| id.0).collect()
    }

    /// How many tasks run.
    fn active_tasks(&self) -> usize {
        let active = |stage: &Arc<StageRun>| stage.active.load(Ordering::Relaxed);
        self.0.running().iter().flat_map(|job| job.stages()).map(|stage| active(&stage)).sum()
    }

    /// A job's stages and status.
    fn job_info(&self, id: i64) -> Option<(Vec<u64>, &'static str)> {
        let job = self.0.job(JobId(u64::try_from(id).ok()?))?;
        Some((job.stages().iter().map(|stage| stage.id.0).collect(), status(&job)))
    }

    /// A stage's attempt, name, and tasks: all, running, completed, failed.
    fn stage_info(&self, id: i64) -> Option<(usize, String, usize, usize, usize, usize)> {
        let stage = self.0.stage(StageId(u64::try_from(id).ok()?))?;
        let now = |count: &std::sync::atomic::AtomicUsize| count.load(Ordering::Relaxed);
        let (active, completed, failed) = (now(&stage.active), now(&stage.completed), now(&stage.failed));
        Some((0, stage.name.clone(), stage.tasks, active, completed, failed))
    }

    /// For each running job: its number, the seconds since it began, and of each of its stages the number, the tasks,
    /// those that run, those that are done, and their rows.
    #[expect(clippy::type_complexity, reason = "plain facts for one Python function")]
    fn progress(&self) -> Vec<(u64, f64, Vec<(u64, usize, usize, usize, u64)>)> {
        let stage = |stage: &Arc<StageRun>| {
            let (active, completed) = (stage.active.load(Ordering::Relaxed), stage.completed.load(Ordering::Relaxed));
            (stage.id.0, stage.tasks, active, completed, stage.rows.load(Ordering::Relaxed))
        };
        let job = |job: &Arc<Job>| {
            (job.id.0, job.began.elapsed().as_secs_f64(), job.stages().iter().map(stage).collect::<Vec<_>>())
        };
        self.0.running().iter().map(job).collect()
    }
}

fn status(job: &Job) -> &'static str {
    match job.outcome() {
        None => "RUNNING",
        Some(Outcome::Succeeded) => "SUCCEEDED",
        Some(Outcome::Failed | Outcome::Cancelled) => "FAILED",
    }
}
