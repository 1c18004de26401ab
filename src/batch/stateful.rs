//! Streams with a memory of their own, from one batch to the next: state by key, windows that are carried on. Each says
//! how its plan comes to be, what becomes of it when a batch has ended, and what a checkpoint keeps of it.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use crate::error::{Error, Kind, Result};
use crate::plan::PlanRef;
use crate::time::Time;

use super::events::Outcome;
use super::stream::{Check, Stream};

/// How a stream with a memory makes its plans.
pub trait Stateful: Send + Sync {
    /// What Spark calls such a stream.
    fn class_name(&self) -> &'static str {
        "PythonStateDStream"
    }

    /// How many milliseconds before the batch's time it asks its parents for plans.
    fn looks_back_ms(&self) -> i64 {
        0
    }

    /// The newest time that it was made for, where every later one is made up for, however long ago it was.
    fn made_up_to(&self, _zero: Time) -> Option<Time> {
        None
    }

    /// Whether something is there before the first batch that the calls which made the stream don't say.
    fn has_initial(&self) -> bool {
        false
    }

    /// The plan of a time; `None` where the stream has nothing then. Called by one thread at a time for each time.
    fn compute(&self, at: &At<'_>) -> Result<Option<PlanRef>>;

    /// The batch of `time` has ended, in the order of times: what it has made of the memory counts, or is given up.
    fn settled(&self, time: Time, outcome: Outcome) -> Result<()>;

    /// Writes what the stream needs to go on behind `time`, the newest batch that was committed; what it gives back finds
    /// that again. Files that are there already need not be written again.
    fn save(&self, time: Time, files: &dyn Files) -> Result<Vec<u8>>;

    /// How much it keeps by key, of the newest batch that has been computed; `None` where it keeps nothing by key.
    fn size(&self) -> Option<StateSize> {
        None
    }

    /// Before the start: goes on behind `time` with what `save` has written.
    fn restore(&self, time: Time, saved: &[u8], files: &dyn Files) -> Result<()>;

    /// Writes one of its plans, which others ask for in later batches. `None` where it is made again from its parents.
    fn save_plan(&self, _time: Time, _plan: &PlanRef, _files: &dyn Files) -> Result<Option<Vec<u8>>> {
        Ok(None)
    }

    /// Before the start: the plan that `save_plan` has written.
    fn load_plan(&self, _time: Time, _saved: &[u8], _files: &dyn Files) -> Result<Option<PlanRef>> {
        Ok(None)
    }
}

/// Takes out what is older than `needed`, but for what the batch `committed` has left, if that is older: a checkpoint is of
/// it. Its time, where it stays.
pub(super) fn take_old<T>(
    all: &mut BTreeMap<Time, T>,
    needed: Time,
    committed: Option<Time>,
) -> (BTreeMap<Time, T>, Option<Time>) {
    let newer = all.split_off(&needed);
    let mut old = std::mem::replace(all, newer);
    let kept = committed.filter(|at| *at < needed).and_then(|at| old.range(..=at).next_back()).map(|(at, _)| *at);
    all.extend(kept.and_then(|at| old.remove_entry(&at)));
    (old, kept)
}

/// How much a stream keeps by key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateSize {
    /// Number of keys.
    pub keys: usize,
    /// Bytes, in memory and in files.
    pub bytes: usize,
}

/// Files of a checkpoint, by names without folders. What is there never changes.
pub trait Files: Send + Sync {
    /// Whether a file is there, whole.
    fn has(&self, name: &str) -> bool;

    /// Writes a file: all of it and durably, or not at all.
    fn put(&self, name: &str, write: &mut dyn FnMut(&mut dyn Write) -> Result<()>) -> Result<()>;

    /// Reads a file; fails with what to do where it is damaged.
    fn open(&self, name: &str) -> Result<Box<dyn Read + Send>>;
}

/// Where a stream with a memory is asked for its plan.
pub struct At<'a> {
    /// The batch's time.
    pub time: Time,
    /// The time before the first batch.
    pub zero: Time,
    stream: &'a Stream,
    check: Check<'a>,
}

impl<'a> At<'a> {
    pub(super) fn new(time: Time, zero: Time, stream: &'a Stream, check: Check<'a>) -> Self {
        Self { time, zero, stream, check }
    }

    /// A parent's plan of a time.
    pub fn parent(&self, index: usize, time: Time) -> Result<Option<PlanRef>> {
        match self.stream.parents().get(index) {
            Some(parent) => parent.plan(time, self.check),
            None => Err(Error::new(Kind::Spark, format!("{} has no parent {index}", self.stream))),
        }
    }

    /// The stream's own plan of an earlier time.
    pub fn own(&self, time: Time) -> Result<Option<PlanRef>> {
        self.stream.plan(time, self.check)
    }

    /// Milliseconds from one of its plans to the next.
    pub fn slide_ms(&self) -> i64 {
        self.stream.slide_ms()
    }

    /// The same of a parent.
    pub fn parent_slide_ms(&self, index: usize) -> i64 {
        self.stream.parents().get(index).map_or(self.stream.slide_ms(), |parent| parent.slide_ms())
    }
}
