//! A stream that is over once it has failed. User code may catch an error and ask for the next row; a generator of
//! Python's has ended then, and what was computed in vain must not be computed again.

use crate::chunk::{Cancel, Chunk, ChunkStream};
use crate::error::Result;

/// A stream up to its end or its first error.
pub(super) struct Ending<S>(Option<S>);

impl<S: ChunkStream> Ending<S> {
    pub(super) fn new(stream: S) -> Self {
        Self(Some(stream))
    }
}

impl<S: ChunkStream> ChunkStream for Ending<S> {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        let Some(stream) = &mut self.0 else { return Ok(None) };
        let next = stream.next(want);
        if !matches!(next, Ok(Some(_))) {
            self.0 = None;
        }
        next
    }

    fn is_at_hand(&self) -> bool {
        self.0.as_ref().is_none_or(ChunkStream::is_at_hand)
    }

    fn count(&mut self, cancel: &Cancel) -> Result<u64> {
        self.0.take().map_or(Ok(0), |mut stream| stream.count(cancel))
    }
}
