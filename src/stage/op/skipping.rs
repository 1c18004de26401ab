//! The rows that a function of an iterator looks at: not those that it takes at first and drops, and no more than it takes.

use std::sync::Arc;

use crate::chunk::{BoxStream, Chunk, ChunkStream};
use crate::error::Result;
use crate::sync::Mutex;

/// The rows that were dropped. Who gives later rows to the function itself gives it these before.
#[derive(Default)]
pub(super) struct Dropped {
    /// The rows.
    pub chunks: Vec<Chunk>,
    /// Whether there were too few of them, which the function is to see.
    pub too_few: bool,
}

/// Rows without some at the beginning, and perhaps without those at the end.
pub(super) struct Skipping {
    input: BoxStream,
    /// How many are still to be dropped.
    skip: usize,
    /// Whether there must be so many.
    required: bool,
    /// How many more there are at most.
    most: usize,
    dropped: Arc<Mutex<Dropped>>,
}

impl Skipping {
    pub(super) fn new(input: BoxStream, (skip, required): (usize, bool), most: Option<usize>) -> Self {
        Self { input, skip, required, most: most.unwrap_or(usize::MAX), dropped: Arc::default() }
    }

    /// What will have been dropped once there are rows.
    pub(super) fn dropped(&self) -> Arc<Mutex<Dropped>> {
        self.dropped.clone()
    }
}

impl ChunkStream for Skipping {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        while self.skip > 0 {
            let Some(chunk) = self.input.next(want.saturating_add(self.skip))? else {
                if std::mem::take(&mut self.required) {
                    self.dropped.lock().too_few = true;
                }
                return Ok(None);
            };
            let gone = chunk.len().min(self.skip);
            self.skip -= gone;
            self.dropped.lock().chunks.push(chunk.slice(0, gone));
            if gone < chunk.len() {
                return Ok(self.taken(chunk.slice(gone, chunk.len() - gone)));
            }
        }
        if self.most == 0 {
            return Ok(None);
        }
        let next = self.input.next(want.min(self.most))?;
        Ok(next.and_then(|chunk| self.taken(chunk)))
    }

    fn is_at_hand(&self) -> bool {
        self.input.is_at_hand()
    }
}

impl Skipping {
    fn taken(&mut self, chunk: Chunk) -> Option<Chunk> {
        if self.most == 0 {
            return None;
        }
        let chunk = if chunk.len() > self.most { chunk.slice(0, self.most) } else { chunk };
        if self.most != usize::MAX {
            self.most -= chunk.len();
        }
        Some(chunk)
    }
}
