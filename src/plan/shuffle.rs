//! Wide dependencies: how rows move between partitions, and the finished shuffle that later jobs read again.

use std::sync::Arc;
use std::time::Duration;

use crate::chunk::{BoxStream, Cancel};
use crate::error::{Error, Result};

use super::function::{FunctionRef, Role};
use super::scan::Size;
use crate::store::{Stored, StoredRef};
use crate::sync::{Condvar, Mutex};

/// Rows of every input partition go to where `by` says. A property of the input that is read through it.
pub struct Shuffle {
    /// Number of partitions that come out.
    pub partitions: usize,
    /// Where a row goes.
    pub by: By,
    /// Whether values of one key are combined before they move, by the reading plan's aggregator.
    pub combines: bool,
    /// The output, once it has run.
    pub output: ShuffleCell,
}

/// Where a row goes.
#[derive(Clone)]
pub enum By {
    /// A pair to `f(key) % n`; `None` is `portable_hash`.
    Key(Option<FunctionRef>),
    /// Lumps of ten rows go round, as `PySpark`'s `repartition` does.
    Lumps,
    /// Into ranges of the order that the reading plan sorts by.
    Range,
}

impl Shuffle {
    /// A shuffle that is yet to run.
    pub fn new(partitions: usize, by: By, combines: bool) -> Arc<Self> {
        Arc::new(Self { partitions, by, combines, output: ShuffleCell::default() })
    }

    /// The user's functions that it runs.
    pub fn functions(&self) -> Option<(Role, FunctionRef)> {
        match &self.by {
            By::Key(function) => function.as_ref().map(|f| (Role::Partition, f.clone())),
            By::Lumps | By::Range => None,
        }
    }
}

/// What the map side of a shuffle left, to be read any number of times.
pub trait ShuffleOutput: Send + Sync {
    /// The rows for an output partition, in the order of the input partitions or as they were sorted.
    fn open(&self, partition: usize, cancel: &Cancel) -> Result<BoxStream>;
    /// Bytes of them, where they are known.
    fn weight(&self, partition: usize) -> usize;
    /// How many rows and bytes they are, where that is known; bytes may be the share that the rows have.
    fn fetched(&self, _partition: usize) -> Option<(usize, usize)> {
        None
    }
    /// How much all partitions have, where that is known.
    fn size(&self) -> Option<Size> {
        None
    }
}

/// A shared output.
pub type OutputRef = Arc<dyn ShuffleOutput>;

/// Rows that lie by output partition.
pub struct Laid(pub Vec<StoredRef>);

impl ShuffleOutput for Laid {
    fn open(&self, partition: usize, cancel: &Cancel) -> Result<BoxStream> {
        let rows = self.0.get(partition).cloned().unwrap_or_else(|| Stored::of(Vec::new()));
        Ok(rows.open(cancel))
    }

    fn weight(&self, partition: usize) -> usize {
        self.0.get(partition).map_or(0, |rows| rows.bytes())
    }

    fn fetched(&self, partition: usize) -> Option<(usize, usize)> {
        self.0.get(partition).map(|rows| (rows.rows(), rows.bytes()))
    }

    fn size(&self) -> Option<Size> {
        Some(Size::of_stored(&self.0))
    }
}
/// Holds a shuffle's output once it has run; two jobs that need it at once run it once.
#[derive(Default)]
pub struct ShuffleCell {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
enum State {
    #[default]
    Empty,
    Running,
    Done(OutputRef),
}

impl ShuffleCell {
    /// The output, if the shuffle has run.
    pub fn get(&self) -> Option<OutputRef> {
        match &*self.state.lock() {
            State::Done(output) => Some(output.clone()),
            _ => None,
        }
    }

    /// The output; runs `compute` unless it is there or another job is at it. A failed run leaves the cell empty.
    /// `waiting` is called while another job computes; its error ends the wait.
    pub fn get_or_run(
        &self,
        waiting: impl Fn() -> Result<(), Error>,
        compute: impl FnOnce() -> Result<OutputRef>,
    ) -> Result<OutputRef> {
        loop {
            let mut state = self.state.lock();
            match &*state {
                State::Done(output) => return Ok(output.clone()),
                State::Empty => {
                    *state = State::Running;
                    break;
                }
                State::Running => {
                    let _ = self.changed.wait_timeout(state, Duration::from_millis(20));
                    // The lock is free by now: this may wait for the interpreter, whose holder may look into the cell.
                    waiting()?;
                }
            }
        }
        let reset = Reset(self);
        let output = compute()?;
        *self.state.lock() = State::Done(output.clone());
        drop(reset);
        Ok(output)
    }
}

/// Leaves no cell in `Running`, whatever way the computation ended.
struct Reset<'a>(&'a ShuffleCell);

impl Drop for Reset<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        if matches!(*state, State::Running) {
            *state = State::Empty;
        }
        self.0.changed.notify_all();
    }
}
