//! What a context remembers of its batches: the last ones in full, all of them in numbers. Spark's
//! `StreamingJobProgressListener`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::id::InputId;
use crate::source::ReceiverInfo;
use crate::time::Time;

use super::context::Streaming;
use super::events::{BatchInfo, Event, Outcome};
use super::life::Stage;

/// The batches that are settled, and the receivers.
pub(super) struct History {
    retained: usize,
    batches: VecDeque<Arc<BatchInfo>>,
    started: Option<Time>,
    counts: Counts,
    records: u64,
    receivers: BTreeMap<InputId, ReceiverInfo>,
}

/// How many batches became what, those without jobs too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Every output operation was done.
    pub committed: u64,
    /// They couldn't be made, or an output operation failed.
    pub failed: u64,
    /// The context stopped first.
    pub dropped: u64,
    /// The first that was dropped.
    pub first_dropped: Option<Time>,
}

/// A context at one moment, for who shows it.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    /// When it was started.
    pub started: Option<Time>,
    /// Batches whose jobs wait, oldest first.
    pub waiting: Vec<BatchInfo>,
    /// Batches of which a job has started, oldest first.
    pub running: Vec<BatchInfo>,
    /// The last batches that ended and had jobs, oldest first.
    pub completed: Vec<Arc<BatchInfo>>,
    /// What became of all batches.
    pub counts: Counts,
    /// Records of all batches that ended.
    pub records: u64,
    /// The receivers as they were when something was last heard of them.
    pub receivers: Vec<ReceiverInfo>,
}

impl History {
    /// Remembers `retained` batches in full.
    pub fn new(retained: usize) -> Self {
        let (batches, counts, receivers) = Default::default();
        Self { retained, batches, started: None, counts, records: 0, receivers }
    }

    /// The context was started.
    pub fn began(&mut self, time: Time) {
        self.started = Some(time);
    }

    /// Something became of the batch of `time`.
    pub fn count(&mut self, time: Time, outcome: Outcome) {
        match outcome {
            Outcome::Committed => self.counts.committed += 1,
            Outcome::Failed => self.counts.failed += 1,
            Outcome::Dropped => {
                self.counts.dropped += 1;
                self.counts.first_dropped.get_or_insert(time);
            }
        }
    }

    /// What became of all batches so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Remembers a batch; gives back one that is forgotten for it.
    pub fn push(&mut self, info: BatchInfo) -> Option<Arc<BatchInfo>> {
        self.records += info.records() as u64;
        let oldest = if self.batches.len() >= self.retained { self.batches.pop_front() } else { None };
        self.batches.push_back(Arc::new(info));
        oldest
    }
}

impl Streaming {
    /// What is known of the last batches, oldest first.
    pub fn history(&self) -> Vec<BatchInfo> {
        let batches: Vec<_> = self.lock().history.batches.iter().cloned().collect();
        batches.iter().map(|info| (**info).clone()).collect()
    }

    /// How many batches have ended, how many wait and how many run: what changes whenever there is something new.
    pub fn pulse(&self) -> (u64, usize, usize) {
        let inner = self.lock();
        let (mut waiting, mut running) = (0, 0);
        for batch in inner.batches.values() {
            if let Stage::Generated { started, .. } = &batch.stage {
                *(if started.is_some() { &mut running } else { &mut waiting }) += 1;
            }
        }
        (inner.history.counts.committed + inner.history.counts.failed, waiting, running)
    }

    /// The context as it is now.
    pub fn overview(&self) -> Overview {
        let inner = self.lock();
        let mut now = Overview {
            started: inner.history.started,
            completed: inner.history.batches.iter().cloned().collect(),
            counts: inner.history.counts,
            records: inner.history.records,
            receivers: inner.history.receivers.values().cloned().collect(),
            ..Overview::default()
        };
        for batch in inner.batches.values() {
            match batch.stage {
                Stage::Generated { started: Some(_), .. } => now.running.push(batch.info.clone()),
                Stage::Generated { .. } => now.waiting.push(batch.info.clone()),
                Stage::Allocated | Stage::Ended { .. } => {}
            }
        }
        now
    }

    /// A receiver was started, reported an error or was stopped: listeners are told. Nothing may be locked.
    pub fn tell_of_receiver(&self, event: Event) {
        let (Event::ReceiverStarted(info) | Event::ReceiverError(info) | Event::ReceiverStopped(info)) = &event else {
            return;
        };
        let info = info.clone();
        let mut inner = self.lock();
        inner.history.receivers.insert(info.stream, info);
        inner.note(|| event);
        drop(inner);
        self.tell();
    }
}
