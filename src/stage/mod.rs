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

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::chunk::Chunk;
use crate::error::{Error, Kind, Result};

pub use cores::Cores;
pub use exchange::write_partition;
pub use pool::{Pool, Work};
pub use prepared::{FrozenAggregator, FrozenExchange, Prepared, Step};
pub use seam::{Interpreter, ObjectOrder, ObjectTable, RowInput, Side};
pub use sort::sort_partitions;
pub use stream::open;

/// Rows in order, pulled chunk by chunk.
pub trait ChunkStream: Send {
    /// The next rows, at most about `want` of them made (`usize::MAX`: as many as suits); `None` at the end. Rows that
    /// precede an error come out before it: the error is what the following call returns.
    fn next(&mut self, want: usize) -> Result<Option<Chunk>>;

    /// How many more rows there are; whoever can says it without making them.
    fn count(&mut self, cancel: &Cancel) -> Result<u64> {
        let mut rows = 0;
        while let Some(chunk) = self.next(usize::MAX)? {
            cancel.check()?;
            rows += chunk.len() as u64;
        }
        Ok(rows)
    }

    /// For the layer that made the stream to recognise it: it can hand rows on without making chunks.
    fn as_any(&mut self) -> Option<&mut dyn Any> {
        None
    }
}

/// A stream on the heap.
pub type BoxStream = Box<dyn ChunkStream>;

/// Tells a job's tasks to end. Cheap to clone; set once.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks the tasks to end.
    pub fn set(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether the tasks were asked to end.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// Fails once cancelled.
    pub fn check(&self) -> Result<()> {
        if self.is_set() { Err(Error::Cancelled) } else { Ok(()) }
    }
}

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

/// Drains a stream: all chunks, or those that hold the first `want` rows.
pub fn drain(stream: &mut dyn ChunkStream, want: usize, cancel: &Cancel) -> Result<Vec<Chunk>> {
    let mut chunks = Vec::new();
    let mut left = want;
    while left > 0 {
        cancel.check()?;
        let Some(chunk) = stream.next(left)? else { break };
        let chunk = if chunk.len() > left { chunk.slice(0, left) } else { chunk };
        if left != usize::MAX {
            left -= chunk.len();
        }
        if !chunk.is_empty() {
            chunks.push(chunk);
        }
    }
    Ok(chunks)
}
