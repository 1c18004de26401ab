//! What happened to a batch, as data: for listeners, the web page and measurements. Spark's `BatchInfo`.

use std::time::Duration;

use crate::id::{InputId, OutputId};
use crate::source::{InputReport, ReceiverInfo};
use crate::time::Time;

/// One batch.
#[derive(Clone, Debug)]
pub struct BatchInfo {
    /// The end of the interval it covers.
    pub time: Time,
    /// When its jobs were queued.
    pub submitted: Time,
    /// When its first job started.
    pub started: Option<Time>,
    /// When its last job ended.
    pub ended: Option<Time>,
    /// From queued to started, measured finely.
    pub scheduling: Duration,
    /// From started to ended, measured finely.
    pub processing: Duration,
    /// What each input stream reported.
    pub inputs: Vec<(InputId, InputReport)>,
    /// The output operations that had a plan, in order.
    pub outputs: Vec<OutputInfo>,
    /// What became of it, once that is settled.
    pub outcome: Option<Outcome>,
}

impl BatchInfo {
    /// Records over all inputs.
    pub fn records(&self) -> usize {
        self.inputs.iter().map(|(_, r)| r.records).sum()
    }

    /// Whether an output operation failed.
    pub fn failed(&self) -> bool {
        self.outputs.iter().any(|o| o.failure.is_some())
    }
}

/// What became of a batch. Each has one, in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every output operation was done.
    Committed,
    /// It couldn't be made, or an output operation failed.
    Failed,
    /// The context stopped before it was done.
    Dropped,
}

/// One output operation of a batch.
#[derive(Clone, Debug)]
pub struct OutputInfo {
    /// Its index among those of the batch.
    pub id: OutputId,
    /// What the program called: `pprint`, `foreachRDD`.
    pub name: String,
    /// When it started.
    pub started: Option<Time>,
    /// When it ended.
    pub ended: Option<Time>,
    /// What went wrong, in full.
    pub failure: Option<String>,
}

/// What a listener hears, in order.
#[derive(Clone, Debug)]
pub enum Event {
    /// The context was started.
    StreamingStarted(Time),
    /// A batch's jobs were queued.
    BatchSubmitted(BatchInfo),
    /// A batch's first job started.
    BatchStarted(BatchInfo),
    /// An output operation of the batch of this time started.
    OutputStarted(Time, OutputInfo),
    /// An output operation of the batch of this time ended.
    OutputCompleted(Time, OutputInfo),
    /// A batch's last job ended, failed or not.
    BatchCompleted(BatchInfo),
    /// A receiver was started, or started again; it may not have connected yet.
    ReceiverStarted(ReceiverInfo),
    /// A receiver reported an error and goes on.
    ReceiverError(ReceiverInfo),
    /// A receiver was stopped, or is about to start again; its last error says why.
    ReceiverStopped(ReceiverInfo),
}

/// Hears events on the threads that make them; must not block.
pub trait Listener: Send + Sync {
    /// Something happened.
    fn event(&self, event: &Event);
}
