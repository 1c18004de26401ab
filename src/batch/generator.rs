//! The two loops of a context: one makes batches when their time comes, others run their jobs in order. Spark's
//! `JobGenerator` and `JobScheduler`.

use std::sync::Arc;
use std::time::Instant;

use crate::block::Lease;
use crate::error::{Error, Result};
use crate::id::{OutputId, StreamId};
use crate::time::Time;

use super::events::{BatchInfo, Event, OutputInfo};
use super::node::NodeKind;
use super::scheduler::{Batch, Inner, Job, Phase, Streaming};

/// One batch runs and two are ready: further ones are only times.
const BATCHES_AHEAD: usize = 3;

impl Streaming {
    /// Makes batches until the context stops. No time is skipped: a late generator makes them back to back.
    pub fn run_generator(&self) {
        while let Some(time) = self.next_time() {
            if !self.clock.wait_until(time, &self.wake) {
                continue;
            }
            {
                let mut inner = self.lock();
                if inner.stopping {
                    break;
                }
                inner.generating = true;
            }
            let made = self.generate(time);
            let message = made.as_ref().err().map(Error::to_string).unwrap_or_default();
            let mut inner = self.lock();
            match made {
                Ok((jobs, batch)) => self.submit(&mut inner, jobs, batch),
                Err(error) => self.store_failure(&mut inner, time, error, message),
            }
            inner.next = time.plus(self.timeline.interval_ms);
            inner.generating = false;
            drop(inner);
            self.changed.notify_all();
        }
        self.changed.notify_all();
    }

    /// The time of the next batch, once there is room for one more; `None` when there will be none.
    fn next_time(&self) -> Option<Time> {
        let mut inner = self.lock();
        loop {
            if inner.stopping || inner.phase == Phase::Stopped || inner.last.is_some_and(|last| inner.next > last) {
                return None;
            }
            if inner.phase == Phase::Active && inner.batches.len() < BATCHES_AHEAD {
                return Some(inner.next);
            }
            inner = self.sleep_long(inner);
        }
    }

    /// Gives the batch what came in, and asks each output's stream for its plan. The program's functions run here.
    fn generate(&self, time: Time) -> Result<(Vec<Job>, Batch)> {
        let (graph, nodes) = {
            let inner = self.lock();
            (inner.graph.clone(), inner.nodes.clone())
        };
        let leases: Vec<Lease> = graph.sources().filter_map(|s| s.allocate(time)).collect();
        let (mut jobs, mut outputs) = (Vec::new(), Vec::new());
        for output in &graph.outputs {
            let Some(plan) = output.node.plan(time)? else { continue };
            let id = OutputId(jobs.len());
            jobs.push(Job { time, output: id, plan, function: output.function.clone() });
            outputs.push(OutputInfo { id, name: output.name.clone(), started: None, ended: None, failure: None });
        }
        let inputs = graph
            .inputs
            .iter()
            .enumerate()
            .filter_map(|(i, node)| match node.kind() {
                NodeKind::Input(input) => Some((StreamId(i), input.report(time)?)),
                _ => None,
            })
            .collect();
        if jobs.is_empty() {
            nodes.iter().for_each(|n| n.forget(time, self.unpersist));
        }
        let info = BatchInfo {
            time,
            submitted: self.clock.now(),
            started: None,
            ended: None,
            scheduling: std::time::Duration::ZERO,
            processing: std::time::Duration::ZERO,
            inputs,
            outputs,
        };
        let batch = Batch { info, submitted: Instant::now(), started: None, remaining: jobs.len(), _leases: leases };
        Ok((jobs, batch))
    }

    fn submit(&self, inner: &mut Inner, jobs: Vec<Job>, batch: Batch) {
        if jobs.is_empty() || inner.stopping {
            return;
        }
        self.tell(|| Event::BatchSubmitted(batch.info.clone()));
        inner.batches.insert(batch.info.time, batch);
        inner.jobs.extend(jobs);
    }

    /// The next job to run, in the order of batches and outputs; `None` when the context stops.
    pub fn next_job(&self) -> Option<Job> {
        let mut inner = self.lock();
        loop {
            if inner.stopping || inner.phase == Phase::Stopped {
                return None;
            }
            if let Some(job) = inner.jobs.pop_front() {
                inner.running += 1;
                self.begin(&mut inner, &job);
                return Some(job);
            }
            inner = self.sleep_long(inner);
        }
    }

    fn begin(&self, inner: &mut Inner, job: &Job) {
        let now = self.clock.now();
        let Some(batch) = inner.batches.get_mut(&job.time) else { return };
        if batch.started.is_none() {
            batch.started = Some(Instant::now());
            batch.info.started = Some(now);
            batch.info.scheduling = batch.submitted.elapsed();
            self.tell(|| Event::BatchStarted(batch.info.clone()));
        }
        if let Some(output) = batch.info.outputs.get_mut(job.output.0) {
            output.started = Some(now);
            self.tell(|| Event::OutputStarted(job.time, output.clone()));
        }
    }

    /// A job ended. A failure is kept; the batch's other jobs and later batches go on.
    pub fn finish_job(&self, time: Time, output: OutputId, result: Result<()>) {
        let now = self.clock.now();
        let message = result.as_ref().err().map(Error::to_string);
        let mut done = None;
        let mut nodes = None;
        {
            let mut inner = self.lock();
            inner.running = inner.running.saturating_sub(1);
            if let Some(batch) = inner.batches.get_mut(&time) {
                batch.remaining = batch.remaining.saturating_sub(1);
                if let Some(info) = batch.info.outputs.get_mut(output.0) {
                    info.ended = Some(now);
                    info.failure.clone_from(&message);
                    self.tell(|| Event::OutputCompleted(time, info.clone()));
                }
                if batch.remaining == 0 {
                    batch.info.ended = Some(now);
                    batch.info.processing = batch.started.map_or_else(Default::default, |at| at.elapsed());
                    // Still listed while its plans are dropped: the context isn't idle yet.
                    nodes = Some(inner.nodes.clone());
                }
            }
            if let Err(error) = result {
                self.store_failure(&mut inner, time, error, message.unwrap_or_default());
            }
        }
        if let Some(nodes) = nodes {
            nodes.iter().for_each(|n| n.forget(time, self.unpersist));
            let mut inner = self.lock();
            done = inner.batches.remove(&time);
            if let Some(batch) = &done {
                if inner.history.len() == self.retained {
                    inner.history.pop_front();
                }
                inner.history.push_back(batch.info.clone());
            }
        }
        self.changed.notify_all();
        if let Some(batch) = done {
            self.tell(|| Event::BatchCompleted(batch.info.clone()));
        }
    }

    /// Runs jobs until the context stops, for callers whose functions need no thread of a special kind.
    pub fn run_jobs(self: &Arc<Self>) {
        while let Some(job) = self.next_job() {
            let result = job.function.call(job.time, &job.plan);
            let (time, output) = (job.time, job.output);
            drop(job);
            self.finish_job(time, output, result);
        }
    }
}
