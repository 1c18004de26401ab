//! Events: plain facts, cheap to make and to drop.

use std::time::Duration;

use crate::id::{JobId, StageId, TaskId};

/// How something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As it should.
    Succeeded,
    /// With an error.
    Failed,
    /// Somebody didn't want it any more.
    Cancelled,
}

/// Something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A job began.
    JobStarted {
        /// Which.
        job: JobId,
        /// The call that started it.
        site: String,
    },
    /// A job ended.
    JobEnded {
        /// Which.
        job: JobId,
        /// How.
        outcome: Outcome,
    },
    /// A stage began.
    StageStarted {
        /// Of which job.
        job: JobId,
        /// Which.
        stage: StageId,
        /// The operation it ends in.
        name: String,
        /// How many tasks it has.
        tasks: usize,
    },
    /// An attempt at a task ended.
    TaskEnded {
        /// Of which stage.
        stage: StageId,
        /// Which.
        task: TaskId,
        /// Which partition it computed.
        partition: usize,
        /// How often it was tried before.
        attempt: usize,
        /// How it ended.
        outcome: Outcome,
        /// Rows that it gave.
        rows: u64,
        /// How long it took.
        busy: Duration,
    },
}
