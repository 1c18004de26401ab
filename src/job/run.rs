//! A job and its stages, as they run and as they are remembered.

use std::iter::Sum;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::chunk::Cancel;
use crate::error::{Error, Kind, Result};
use crate::id::{JobId, StageId, TaskId};
use crate::metrics::{Outcome, Usage};
use crate::stage::Properties;
use crate::sync::Mutex;
use crate::time::Time;

use super::lineage::Lineage;

/// The property that names a job's group.
pub const GROUP: &str = "spark.jobGroup.id";
/// The property that holds a job's tags, with commas between them.
pub const TAGS: &str = "spark.job.tags";
/// The property that describes a job.
pub const DESCRIPTION: &str = "spark.job.description";

/// The property that holds the time of the batch a job is of, in milliseconds.
pub const BATCH_TIME: &str = "spark.streaming.internal.batchTime";
/// The property that holds the number of the output operation a job is of.
pub const OUTPUT: &str = "spark.streaming.internal.outputOpId";

/// One run of an action's stages.
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// The local properties of the thread that started it: its group, tags and description are among them.
    pub properties: Arc<Properties>,
    /// The call that started it: `collect at word_count.py:12`.
    pub site: String,
    /// Ends its tasks.
    pub cancel: Cancel,
    /// When it began.
    pub began: Instant,
    /// When it began, by the clock on the wall.
    pub submitted: Time,
    /// Whether the follower has taken it.
    pub(super) followed: AtomicBool,
    pub(super) end: Mutex<Option<End>>,
    pub(super) reason: Mutex<Option<String>>,
    pub(super) stages: Mutex<Vec<Arc<StageRun>>>,
}

/// How and when a job ended.
#[derive(Clone, Debug)]
pub struct End {
    /// How.
    pub outcome: Outcome,
    /// When.
    pub time: Time,
    /// What went wrong, in full.
    pub failure: Option<String>,
}

/// A stage as a job runs it, and how far it is.
pub struct StageRun {
    /// Its number.
    pub id: StageId,
    /// The operation it ends in.
    pub name: String,
    /// How many tasks it has.
    pub tasks: usize,
    /// The stages of its job that it reads.
    pub reads: Vec<StageId>,
    /// Attempts that run.
    pub active: AtomicUsize,
    /// Tasks that are done.
    pub completed: AtomicUsize,
    /// Attempts that failed.
    pub failed: AtomicUsize,
    /// Attempts that nobody wanted any more.
    pub killed: AtomicUsize,
    /// Rows that the done tasks gave.
    pub rows: AtomicU64,
    /// What it is made of, where somebody follows.
    pub lineage: Lineage,
    pub(super) span: Mutex<Span>,
    pub(super) attempts: Mutex<Vec<Attempt>>,
}

/// When a stage began and ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    /// Its tasks were put on the pool.
    pub submitted: Option<Time>,
    /// Its last task was done, or it was given up.
    pub completed: Option<Time>,
}

/// An attempt at a task that has ended.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    /// Its number.
    pub task: TaskId,
    /// Which partition it computed.
    pub partition: usize,
    /// How often it was tried before.
    pub attempt: usize,
    /// When it began.
    pub launched: Time,
    /// How long it took.
    pub busy: Duration,
    /// How it ended.
    pub outcome: Outcome,
    /// What it gave, and what that took.
    pub work: Work,
}

/// What an attempt gave and took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Rows.
    pub rows: u64,
    /// Of what the next stage reads, bytes.
    pub bytes: u64,
    /// Bytes that it wrote to spill files, its own rows and those it made room with.
    pub spilled: u64,
    /// Rows and bytes that it read of shuffles.
    pub fetched: (u64, u64),
    /// Processor time, and what it read.
    pub used: Usage,
}

impl Work {
    /// Rows that a later stage reads.
    pub fn shuffled(&self) -> u64 {
        if self.bytes > 0 { self.rows } else { 0 }
    }

    /// Spark's blocks: what a task reads of shuffles lies together.
    pub fn blocks(&self) -> u64 {
        u64::from(self.fetched.0 > 0)
    }
}

impl Sum for Work {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            rows: sum.rows + one.rows,
            bytes: sum.bytes + one.bytes,
            spilled: sum.spilled + one.spilled,
            fetched: (sum.fetched.0 + one.fetched.0, sum.fetched.1 + one.fetched.1),
            used: sum.used.plus(one.used),
        })
    }
}

impl Job {
    /// Its group.
    pub fn group(&self) -> Option<&str> {
        self.properties.get(GROUP).map(String::as_str)
    }

    /// Its tags.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.properties.get(TAGS).map_or("", String::as_str).split(',').filter(|tag| !tag.is_empty())
    }

    /// What it was described as.
    pub fn description(&self) -> Option<&str> {
        self.properties.get(DESCRIPTION).map(String::as_str)
    }

    /// How it ended; `None` while it runs.
    pub fn outcome(&self) -> Option<Outcome> {
        self.end.lock().as_ref().map(|end| end.outcome)
    }

    /// How and when it ended; `None` while it runs.
    pub fn ended(&self) -> Option<End> {
        self.end.lock().clone()
    }

    /// Whether the follower has taken it.
    pub fn is_followed(&self) -> bool {
        self.followed.load(Ordering::Relaxed)
    }

    /// Its stages so far.
    pub fn stages(&self) -> Vec<Arc<StageRun>> {
        self.stages.lock().clone()
    }

    /// Fails once it was cancelled, and says why.
    pub fn check(&self) -> Result<()> {
        if !self.cancel.is_set() {
            return Ok(());
        }
        let why = self.reason.lock().clone();
        match why {
            Some(why) => {
                let message = format!("[SPARK_JOB_CANCELLED] Job {} cancelled {why} SQLSTATE: XXKDA", self.id);
                Err(Error::new(Kind::Spark, message))
            }
            None => Err(Error::Cancelled),
        }
    }

    pub(super) fn give_up(&self, why: &str) {
        let why = why.to_owned();
        self.reason.lock().get_or_insert(why);
        self.cancel.set();
    }
}

impl StageRun {
    /// Whether it has begun and isn't done.
    pub fn is_active(&self) -> bool {
        let span = self.span();
        span.submitted.is_some() && span.completed.is_none()
    }

    /// When it began and ended.
    pub fn span(&self) -> Span {
        *self.span.lock()
    }

    /// The attempts at its tasks that have ended, oldest first.
    pub fn attempts(&self) -> Vec<Attempt> {
        self.attempts.lock().clone()
    }

    pub(super) fn end(&self, time: Time) {
        let mut span = self.span.lock();
        if span.submitted.is_some() {
            span.completed.get_or_insert(time);
        }
    }
}
