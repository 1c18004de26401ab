//! The loop that makes batches when their time comes. Spark's `JobGenerator`.

use crate::error::{Error, Result};
use crate::fault::guarded;
use crate::id::OutputId;
use crate::sync::entering_foreign;
use crate::time::Time;

use super::context::{Phase, Streaming};
use super::events::{BatchInfo, Outcome, OutputInfo};
use super::graph::Graph;
use super::job::Job;
use super::life::Batch;
use super::stream::StreamKind;

/// One batch runs and two are ready: further ones are only times.
const BATCHES_AHEAD: usize = 3;

impl Streaming {
    /// Makes batches until the context stops. No time is skipped: a late generator makes them back to back.
    pub fn run_generator(&self) {
        while let Some(time) = self.next_time() {
            if !self.clock.wait_until(time, &self.wake) {
                continue;
            }
            let Some(graph) = self.begin_batch(time) else { break };
            self.make_batch(time, &graph);
            drop(graph);
            let mut inner = self.lock();
            inner.next = inner.then.pop_front().unwrap_or_else(|| time.plus(self.timeline.interval_ms));
            inner.generating = false;
            // Who waits for batches is told when they are settled, unless this one was by now.
            let awaited = inner.batches.is_empty() || inner.stopping;
            drop(inner);
            if awaited {
                self.changed.notify_all();
            }
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
            let ahead = inner.batches.values().filter(|batch| batch.is_under_way()).count();
            if inner.phase == Phase::Active && ahead < BATCHES_AHEAD {
                return Some(inner.next);
            }
            inner = self.room.wait(inner);
        }
    }

    /// From here to `settle` there is a batch of `time`. `None` when there is to be none.
    fn begin_batch(&self, time: Time) -> Option<Graph> {
        let now = self.clock.now();
        let mut inner = self.lock();
        if inner.stopping {
            return None;
        }
        inner.generating = true;
        inner.batches.insert(time, Batch::new(time, now));
        Some(inner.graph.clone())
    }

    /// Gives the batch what came in, makes its plans and has its jobs run. The program's functions run here.
    fn make_batch(&self, time: Time, graph: &Graph) {
        let made = guarded(|| {
            self.allocate(time, graph);
            self.generate(time, graph)
        });
        // Before the jobs run: what they do with the batch's input they must find again.
        self.log_records(time);
        match made {
            Ok((_, jobs)) if jobs.is_empty() => self.settle(time, Outcome::Committed),
            Ok((info, jobs)) => {
                let submitted = self.lock().submit(info, jobs);
                self.work.notify_all();
                if submitted.is_err() {
                    self.settle(time, Outcome::Dropped);
                }
                self.tell();
            }
            Err(error) => {
                let outcome = match error {
                    Error::Cancelled if self.lock().stopping => Outcome::Dropped,
                    _ => Outcome::Failed,
                };
                self.store_failure(time, error);
                self.settle(time, outcome);
            }
        }
    }

    fn allocate(&self, time: Time, graph: &Graph) {
        entering_foreign("a source");
        let leases: Vec<_> = graph.sources().filter_map(|s| s.allocate(time)).collect();
        let mut inner = self.lock();
        if let Some(batch) = inner.batches.get_mut(&time).filter(|batch| batch.is_under_way()) {
            batch.leases = leases;
        }
    }

    /// Asks each output's stream for its plan.
    fn generate(&self, time: Time, graph: &Graph) -> Result<(BatchInfo, Vec<Job>)> {
        let check = || if self.lock().stopping { Err(Error::Cancelled) } else { Ok(()) };
        let mut jobs = Vec::new();
        let mut info = Batch::new(time, time).info;
        for output in &graph.outputs {
            let Some(plan) = output.stream.plan(time, &check)? else { continue };
            let id = OutputId(jobs.len());
            jobs.push(Job { time, output: id, plan, function: output.function.clone() });
            info.outputs.push(OutputInfo { id, name: output.name.clone(), started: None, ended: None, failure: None });
        }
        for (id, stream) in &graph.inputs {
            if let StreamKind::Input(input) = stream.kind()
                && let Some(report) = input.report(time)
            {
                info.inputs.push((*id, report));
            }
        }
        info.submitted = self.clock.now();
        Ok((info, jobs))
    }
}
