//! A batch's jobs: threads take them in the order of batches and outputs, run them and say how they ended. Spark's
//! `JobScheduler`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::fault::guarded;
use crate::id::OutputId;
use crate::plan::PlanRef;
use crate::sync::entering_foreign;
use crate::time::Time;

use super::OutputFn;
use super::context::{Inner, Phase, Streaming};
use super::events::{Event, Outcome};
use super::life::Stage;

/// One output operation of one batch, to be run.
pub struct Job {
    /// The batch.
    pub time: Time,
    /// Its index among the operations of the batch.
    pub output: OutputId,
    /// What the operation gets.
    pub plan: PlanRef,
    /// The operation.
    pub function: Arc<dyn OutputFn>,
}

impl Streaming {
    /// The next job to run; `None` when the context stops.
    pub fn next_job(&self) -> Option<Job> {
        let job = {
            let mut inner = self.lock();
            loop {
                if inner.stopping || inner.phase == Phase::Stopped {
                    return None;
                }
                if let Some(job) = inner.jobs.pop_front() {
                    inner.running += 1;
                    inner.begin_job(&job, self.clock.now());
                    break job;
                }
                inner = self.work.wait(inner);
            }
        };
        self.tell();
        Some(job)
    }

    /// A job ended. A failure is kept; the batch's other jobs and later batches go on.
    pub fn finish_job(&self, time: Time, output: OutputId, result: Result<()>) {
        let now = self.clock.now();
        let message = result.as_ref().err().map(Error::report);
        let (ended, stopping) = {
            let mut inner = self.lock();
            inner.running = inner.running.saturating_sub(1);
            (inner.end_job(time, output, now, message), inner.stopping)
        };
        if stopping {
            self.changed.notify_all();
        }
        if let Err(error) = result {
            self.store_failure(time, error);
        }
        if let Some(outcome) = ended {
            self.settle(time, outcome);
        }
        self.tell();
    }

    /// Runs jobs until the context stops, for callers whose functions need no thread of a special kind.
    pub fn run_jobs(self: &Arc<Self>) {
        while let Some(job) = self.next_job() {
            entering_foreign("a function of the program");
            let result = guarded(|| job.function.call(job.time, &job.plan));
            let (time, output) = (job.time, job.output);
            drop(job);
            self.finish_job(time, output, result);
        }
    }
}

impl Inner {
    fn begin_job(&mut self, job: &Job, now: Time) {
        let Some(batch) = self.batches.get_mut(&job.time) else { return };
        let mut events = Vec::new();
        if let Stage::Generated { submitted, started: started @ None, .. } = &mut batch.stage {
            *started = Some(Instant::now());
            batch.info.started = Some(now);
            batch.info.scheduling = submitted.elapsed();
            events.push(Event::BatchStarted(batch.info.clone()));
        }
        if let Some(output) = batch.info.outputs.get_mut(job.output.0) {
            output.started = Some(now);
            events.push(Event::OutputStarted(job.time, output.clone()));
        }
        for event in events {
            self.note(|| event);
        }
    }

    /// What became of the batch, if this was its last job.
    fn end_job(&mut self, time: Time, output: OutputId, now: Time, failure: Option<String>) -> Option<Outcome> {
        let batch = self.batches.get_mut(&time)?;
        let Stage::Generated { started, remaining, .. } = &mut batch.stage else { return None };
        *remaining = remaining.saturating_sub(1);
        let last = *remaining == 0;
        let processing = started.map_or(Duration::ZERO, |at| at.elapsed());
        let mut event = None;
        if let Some(info) = batch.info.outputs.get_mut(output.0) {
            info.ended = Some(now);
            info.failure = failure;
            event = Some(Event::OutputCompleted(time, info.clone()));
        }
        let outcome = last.then(|| {
            batch.info.ended = Some(now);
            batch.info.processing = processing;
            if batch.info.failed() { Outcome::Failed } else { Outcome::Committed }
        });
        if let Some(event) = event {
            self.note(|| event);
        }
        outcome
    }
}
