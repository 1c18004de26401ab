//! Who follows jobs from their beginning to their end, as the event log does.

use std::sync::Arc;
use std::time::Duration;

use crate::id::{JobId, StageId, TaskId};
use crate::metrics::{Outcome, Usage};
use crate::time::Time;

use super::lineage::Block;
use super::run::{End, Job, StageRun};

/// Something that a follower is told, with all that it needs to tell it on.
pub enum Step {
    /// A job begins; its stages are known.
    JobBegan(Arc<Job>),
    /// A stage's tasks are going to run.
    StageBegan(Arc<Job>, Arc<StageRun>),
    /// An attempt at a task begins.
    TaskBegan(Trial),
    /// It ended.
    TaskEnded(Trial, Gave),
    /// A stage ended, with what if not well, and what it left where rows are kept.
    StageEnded(Arc<StageRun>, Time, Option<String>, Vec<Block>),
    /// A job ended.
    JobEnded(JobId, End),
}

/// An attempt at a task.
#[derive(Clone, Copy, Debug)]
pub struct Trial {
    /// Its number.
    pub task: TaskId,
    /// Of which stage.
    pub stage: StageId,
    /// Whether the stage writes a shuffle.
    pub shuffles: bool,
    /// Its place among the stage's tasks.
    pub index: usize,
    /// Which partition it computes.
    pub partition: usize,
    /// How often it was tried before.
    pub attempt: usize,
    /// When it began.
    pub launched: Time,
    /// Rows and bytes that it reads of shuffles.
    pub fetches: (u64, u64),
}

/// What became of an attempt.
#[derive(Clone, Debug)]
pub struct Gave {
    /// How it ended.
    pub outcome: Outcome,
    /// When.
    pub time: Time,
    /// How long it took.
    pub busy: Duration,
    /// Rows and bytes.
    pub rows: Rows,
    /// What went wrong.
    pub failure: Option<Failure>,
}

/// Why an attempt failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The exception's class.
    pub class: String,
    /// In one line.
    pub line: String,
    /// All there is to know.
    pub report: String,
}

/// What a task gave and took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rows {
    /// To the answer.
    pub answered: u64,
    /// To a shuffle.
    pub shuffled: u64,
    /// Bytes of those.
    pub shuffled_bytes: u64,
    /// Bytes that it wrote to spill files.
    pub spilled: u64,
    /// Processor time, and what it read.
    pub used: Usage,
}

/// Follows jobs. Told on the jobs' own threads: it must not wait, and never enters foreign code.
pub trait Follow: Send + Sync {
    /// Takes a step. What begins may be refused, by `false`: then nothing more is told of it.
    fn take(&self, step: Step) -> bool;

    /// Whether it wants to know what stages leave where rows are kept.
    fn wants_blocks(&self) -> bool {
        false
    }
}
