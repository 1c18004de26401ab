//! Wide dependencies: how rows move between partitions, and the finished shuffle that later jobs read again.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::chunk::Chunk;
use crate::error::{Error, Result};

use super::function::UserFunction;

/// A shared user function.
pub type FunctionRef = Arc<dyn UserFunction>;

/// How values of one key become one value. Spark's `Aggregator`.
#[derive(Clone)]
pub enum Aggregator {
    /// One function is value merger and combiner merger: `reduceByKey`.
    Reduce(FunctionRef),
    /// Spark's three functions: `combineByKey`.
    Combine {
        /// The first value of a key in a partition becomes a combiner.
        create: FunctionRef,
        /// A further value joins the partition's combiner.
        merge_value: FunctionRef,
        /// Two partitions' combiners become one.
        merge_combiners: FunctionRef,
    },
    /// Values are gathered in a list: `groupByKey`.
    Group,
}

/// A wide dependency. A `partition_function` of `None` is `PySpark`'s `portable_hash`.
#[derive(Clone)]
pub enum Exchange {
    /// Combine by key, on the map side and on the reduce side.
    Combine {
        /// How values meet.
        aggregator: Aggregator,
        /// The user's partition function.
        partition_function: Option<FunctionRef>,
    },
    /// Pairs go to `f(key) % n`.
    PartitionBy {
        /// The user's partition function.
        partition_function: Option<FunctionRef>,
    },
    /// Lumps of ten rows go round, as `PySpark`'s `repartition` does.
    Repartition,
    /// Range partitions, each sorted stably.
    Sort {
        /// What is compared: `key(row)`, or `key(row[0])` with `by_key`; `None` is the identity.
        key: Option<FunctionRef>,
        /// Whether rows are pairs sorted by their first item.
        by_key: bool,
        /// Smallest first.
        ascending: bool,
    },
}

/// What the map side of a shuffle left: for each output partition the chunks in the order of the input partitions.
pub type ShuffleOutput = Arc<Vec<Vec<Chunk>>>;

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
    Done(ShuffleOutput),
}

impl ShuffleCell {
    /// The output, if the shuffle has run.
    pub fn get(&self) -> Option<ShuffleOutput> {
        match &*self.state.lock().unwrap_or_else(PoisonError::into_inner) {
            State::Done(output) => Some(output.clone()),
            _ => None,
        }
    }

    /// The output; runs `compute` unless it is there or another job is at it. A failed run leaves the cell empty.
    /// `waiting` is called while another job computes; its error ends the wait.
    pub fn get_or_run(
        &self,
        waiting: impl Fn() -> Result<(), Error>,
        compute: impl FnOnce() -> Result<Vec<Vec<Chunk>>>,
    ) -> Result<ShuffleOutput> {
        loop {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
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
        let output = Arc::new(compute()?);
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::Done(output.clone());
        drop(reset);
        Ok(output)
    }
}

/// Leaves no cell in `Running`, whatever way the computation ended.
struct Reset<'a>(&'a ShuffleCell);

impl Drop for Reset<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, State::Running) {
            *state = State::Empty;
        }
        self.0.changed.notify_all();
    }
}
