//! Streams of chunks: how rows are pulled, whatever makes them, and how a pull is told to end.

use std::any::Any;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Chunk;
use crate::error::{Error, Result};

/// Rows a kernel works on at once: large enough to amortise a call, small enough to stay in the cache.
pub const CHUNK_ROWS: usize = 8192;

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

    /// Whether what comes next is in memory: to get it nothing is computed, read or waited for.
    fn is_at_hand(&self) -> bool {
        false
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

    /// What is true once cancelled, for machine code to look at.
    pub fn flag(&self) -> &AtomicBool {
        &self.0
    }

    /// Fails once cancelled.
    pub fn check(&self) -> Result<()> {
        if self.is_set() { Err(Error::Cancelled) } else { Ok(()) }
    }

    /// This thread works for who may cancel so, until what is returned is dropped.
    pub fn enter(&self) -> Entered {
        Entered(CURRENT.replace(Some(self.clone())))
    }

    /// For whom this thread works.
    pub fn current() -> Option<Self> {
        CURRENT.with_borrow(Clone::clone)
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Cancel>> = const { RefCell::new(None) };
}

/// While it lives a thread works for somebody.
pub struct Entered(Option<Cancel>);

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.replace(self.0.take());
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

/// Chunks that are there already, in pieces that kernels like.
pub struct InMemory {
    chunks: VecDeque<Chunk>,
}

impl InMemory {
    /// These rows.
    pub fn new(chunks: Vec<Chunk>) -> Self {
        Self { chunks: chunks.into() }
    }
}

impl ChunkStream for InMemory {
    fn next(&mut self, _want: usize) -> Result<Option<Chunk>> {
        let Some(front) = self.chunks.front_mut() else { return Ok(None) };
        if front.len() <= CHUNK_ROWS + CHUNK_ROWS / 2 {
            return Ok(self.chunks.pop_front());
        }
        let piece = front.slice(0, CHUNK_ROWS);
        *front = front.slice(CHUNK_ROWS, front.len() - CHUNK_ROWS);
        Ok(Some(piece))
    }

    fn is_at_hand(&self) -> bool {
        true
    }

    fn count(&mut self, _cancel: &Cancel) -> Result<u64> {
        let rows = self.chunks.iter().map(|c| c.len() as u64).sum();
        self.chunks.clear();
        Ok(rows)
    }
}
