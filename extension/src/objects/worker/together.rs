//! What a worker sends of a chain's rows. At home the thread that takes them waits for the interpreter behind each
//! message, for milliseconds while another task keeps it busy, and gives the next order only then: where all rows are
//! wanted, a message has what some of those waits take to make.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::chunk::{Chunk, ChunkStream, Columns};
use crate::error::Result;

/// So long a message gathers what is made.
const TIME: Duration = Duration::from_millis(20);

/// And no more rows and bytes than these.
const ROWS: usize = 1 << 16;
const BYTES: usize = 1 << 20;

/// The messages of one task.
#[derive(Default)]
pub struct Together {
    /// Chunks that are made and not sent.
    ready: VecDeque<Chunk>,
    /// What the chain gave behind them.
    behind: Option<Result<Option<Chunk>>>,
}

impl Together {
    /// These come next.
    pub fn put(&mut self, chunks: impl IntoIterator<Item = Chunk>) {
        self.ready.extend(chunks);
    }

    /// The next message: of about `want` rows, or of many where all are wanted.
    pub fn next(&mut self, chain: &mut dyn ChunkStream, want: usize) -> Result<Option<Chunk>> {
        if let Some(chunk) = self.ready.pop_front() {
            return Ok(Some(chunk));
        }
        let began = Instant::now();
        let first = match self.behind.take() {
            Some(known) => known?,
            None => chain.next(want)?,
        };
        let Some(Chunk::Columns(first)) = first else { return Ok(first) };
        let (mut rows, mut bytes) = (first.len(), first.weight());
        let mut parts = vec![first];
        while want == usize::MAX && began.elapsed() < TIME && rows < ROWS && bytes < BYTES {
            match chain.next(want) {
                Ok(Some(Chunk::Columns(next))) => {
                    rows += next.len();
                    bytes += next.weight();
                    parts.push(next);
                }
                other => {
                    self.behind = Some(other);
                    break;
                }
            }
        }
        if let Some(all) = Columns::concat(&parts) {
            return Ok(Some(Chunk::Columns(all)));
        }
        // They are of several types.
        self.ready.extend(parts.into_iter().map(Chunk::Columns));
        Ok(self.ready.pop_front())
    }
}
