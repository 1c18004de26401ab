//! Stages: the plan is cut at shuffles, and each piece runs as one task a partition. A task is a stream of chunks that
//! is pulled; columnar and interpreted operators stand side by side.

mod cached;
mod chain;
mod combine;
mod cores;
mod demand;
mod exchange;
mod pool;
mod prepared;
mod seam;
mod sort;
mod stream;
mod text;

use std::sync::Arc;

use crate::chunk::Cancel;
use crate::error::{Error, Kind, Result};

pub use cores::Cores;
pub use exchange::write_partition;
pub use pool::{Pool, Work};
pub use prepared::{FrozenAggregator, FrozenExchange, Prepared, Step};
pub use seam::{Interpreter, ObjectOrder, ObjectTable, RowInput, Side};
pub use sort::sort_partitions;
pub use stream::open;

/// What a running task knows.
#[derive(Clone)]
pub struct Task {
    /// The job as it was prepared.
    pub prepared: Arc<Prepared>,
    /// Which partition of its stage.
    pub partition: usize,
    /// Set when the job ends early.
    pub cancel: Cancel,
    /// How many streams it is below: each pulls the next one on the same stack.
    pub depth: usize,
}

/// Streams one below the other. The stack of a thread is 8 MB on Linux, 16 on macOS and 1 or 2 on Windows, and the
/// interpreter's streams use 2 KB each.
const DEEPEST: usize = if cfg!(windows) { 400 } else { 2000 };

impl Task {
    /// The task that reads a partition of what is below.
    pub(crate) fn below(&self, partition: usize) -> Result<Self> {
        if self.depth >= DEEPEST {
            let message = format!(
                "java.lang.StackOverflowError: the lineage has more than {DEEPEST} unions, coalesces or persisted RDDs one \
                 below the other. Call persist() and then count() on an RDD on the way, so that the later ones begin there."
            );
            return Err(Error::new(Kind::Spark, message));
        }
        Ok(Self { partition, depth: self.depth + 1, ..self.clone() })
    }
}
