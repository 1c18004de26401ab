//! A batch's life: what came in is allocated to it, its plans are generated, its jobs run, it is settled. However it
//! ends, it ends in `settle`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::block::{Lease, Pace};
use crate::fault::{caught, guarded};
use crate::id::{InputId, StreamId};
use crate::time::Time;

use super::context::{Inner, Streaming};
use super::events::{BatchInfo, Event, Outcome};
use super::job::Job;
use super::stream::{StreamKind, StreamRef};

/// A batch that isn't settled.
pub(super) struct Batch {
    pub info: BatchInfo,
    pub stage: Stage,
    /// Gives back what it received, when it is settled.
    pub leases: Vec<Lease>,
}

pub(super) enum Stage {
    /// What came in belongs to it, and its plans are made.
    Allocated,
    /// Its jobs wait or run: so many are not done.
    Generated { submitted: Instant, started: Option<Instant>, remaining: usize },
    /// Nothing of it is to be done any more. It is settled when those before it are. `ran`: it had jobs.
    Ended { outcome: Outcome, ran: bool },
}

impl Batch {
    /// The batch of `time`, to be generated.
    pub fn new(time: Time, now: Time) -> Self {
        let info = BatchInfo {
            time,
            submitted: now,
            started: None,
            ended: None,
            scheduling: Duration::ZERO,
            processing: Duration::ZERO,
            inputs: Vec::new(),
            outputs: Vec::new(),
            outcome: None,
        };
        Self { info, stage: Stage::Allocated, leases: Vec::new() }
    }

    /// Whether something of it is to be done.
    pub fn is_under_way(&self) -> bool {
        !matches!(self.stage, Stage::Ended { .. })
    }

    /// Nothing of it is to be done any more. The first outcome counts.
    fn end(&mut self, outcome: Outcome) {
        let ran = match self.stage {
            Stage::Ended { .. } => return,
            Stage::Allocated => false,
            Stage::Generated { .. } => true,
        };
        self.stage = Stage::Ended { outcome, ran };
    }
}

/// What is dropped when a batch is settled, and by whose leave.
struct Settling {
    time: Time,
    info: BatchInfo,
    inputs: Vec<(InputId, StreamRef)>,
    leases: Vec<Lease>,
    streams: Arc<Vec<StreamRef>>,
    /// Whether nobody has asked for plans to be remembered.
    release: bool,
    outcome: Outcome,
}

impl Streaming {
    /// The batch of `time` has ended: its input is released, its plans are forgotten, its history is written, listeners
    /// are told. That happens in the order of times, and so perhaps later, when batches end in another order.
    pub(super) fn settle(&self, time: Time, outcome: Outcome) {
        if let Some(batch) = self.lock().batches.get_mut(&time) {
            batch.end(outcome);
        }
        self.room.notify_all();
        self.settle_ended();
    }

    /// The context has stopped: what isn't done is dropped.
    pub(super) fn settle_rest(&self) {
        self.lock().batches.values_mut().for_each(|batch| batch.end(Outcome::Dropped));
        self.settle_ended();
    }

    /// Settles what has ended, oldest first. One thread does it; it takes along what others bring meanwhile.
    pub(super) fn settle_ended(&self) {
        while let Some(Settling { time, info, inputs, leases, streams, release, outcome }) = self.begin_settling() {
            for (id, stream) in &inputs {
                if let StreamKind::Input(input) = stream.kind() {
                    let pace = pace_of(&info, *id, outcome);
                    let _ = caught(|| input.settled(time, pace.as_ref(), outcome == Outcome::Committed));
                }
            }
            let owed = owed(&streams, time);
            for stream in streams.iter() {
                if let Err(error) = guarded(|| stream.settled(time, outcome)) {
                    self.store_failure(time, error);
                }
                let up_to = owed.get(&stream.id()).copied().unwrap_or(time);
                // A fault is told where it is caught; the batch must end all the same.
                let _ = caught(|| stream.forget(up_to, self.unpersist, release));
            }
            self.log_settled(time, outcome);
            drop((leases, inputs));
            // Listed until now: while its plans are dropped the context isn't idle.
            let settled = {
                let mut inner = self.lock();
                inner.settling = false;
                inner.due = inner.recording.is_some();
                let batch = inner.batches.remove(&time);
                batch.map(|batch| inner.record(batch))
            };
            self.changed.notify_all();
            drop(settled);
        }
        self.tell();
    }

    fn begin_settling(&self) -> Option<Settling> {
        let mut inner = self.lock();
        if inner.settling || inner.saving {
            return None;
        }
        let (streams, release) = (inner.streams.clone(), inner.remember_ms.is_none());
        let inputs = inner.graph.inputs.clone();
        let (time, batch) = inner.batches.iter_mut().next()?;
        let Stage::Ended { outcome, .. } = batch.stage else { return None };
        let leases = std::mem::take(&mut batch.leases);
        let settling = Settling { time: *time, info: batch.info.clone(), inputs, leases, streams, release, outcome };
        inner.settling = true;
        Some(settling)
    }
}

/// The streams of which another one has yet to ask for plans up to `time`, and from when on: its batches failed before it
/// was made, and it makes up for them.
fn owed(streams: &[StreamRef], time: Time) -> HashMap<StreamId, Time> {
    let mut owed: HashMap<StreamId, Time> = HashMap::new();
    let late = streams.iter().filter_map(|stream| Some((stream.clone(), stream.owes(time)?)));
    let mut pending: Vec<(StreamRef, Time)> = late.collect();
    while let Some((stream, from)) = pending.pop() {
        if owed.get(&stream.id()).is_none_or(|known| from < *known) {
            owed.insert(stream.id(), from);
            pending.extend(stream.parents().iter().map(|parent| (parent.clone(), from)));
        }
    }
    owed
}

/// How a batch went for one input, if it ran.
fn pace_of(info: &BatchInfo, id: InputId, outcome: Outcome) -> Option<Pace> {
    let ended = info.ended.filter(|_| outcome != Outcome::Dropped)?;
    let (_, report) = info.inputs.iter().find(|(of, _)| *of == id)?;
    let millis = |time: Duration| time.as_secs_f64() * 1000.0;
    let (processing_ms, scheduling_ms) = (millis(info.processing), millis(info.scheduling));
    Some(Pace { ended, records: report.records, processing_ms, scheduling_ms })
}

impl Inner {
    /// Writes a settled batch down, if it had jobs that were not dropped; gives back what is to be dropped.
    fn record(&mut self, batch: Batch) -> (Batch, Option<Arc<BatchInfo>>) {
        let Stage::Ended { outcome, ran } = batch.stage else { return (batch, None) };
        self.history.count(batch.info.time, outcome);
        if !ran || outcome == Outcome::Dropped {
            return (batch, None);
        }
        let info = BatchInfo { outcome: Some(outcome), ..batch.info.clone() };
        let oldest = self.history.push(info.clone());
        self.note(|| Event::BatchCompleted(info));
        (batch, oldest)
    }

    /// A generated batch's jobs are to be run; gives them back when the batch is over already.
    pub(super) fn submit(&mut self, info: BatchInfo, jobs: Vec<Job>) -> Result<(), Vec<Job>> {
        let stopping = self.stopping;
        let Some(batch) = self.batches.get_mut(&info.time) else { return Err(jobs) };
        if stopping || !matches!(batch.stage, Stage::Allocated) {
            return Err(jobs);
        }
        batch.info = info.clone();
        batch.stage = Stage::Generated { submitted: Instant::now(), started: None, remaining: jobs.len() };
        self.note(|| Event::BatchSubmitted(info));
        self.jobs.extend(jobs);
        Ok(())
    }
}
