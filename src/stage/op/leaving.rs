//! A chain that compiled but for its rows, which are dicts: the interpreter makes them for whoever wants them. Who only
//! counts them needs none.

use std::any::Any;

use crate::chunk::{BoxStream, Cancel, Chunk, ChunkStream, InMemory};
use crate::error::{Error, Result};
use crate::stage::{Step, Task};

use super::chain::{NativeChain, interpreted};

/// The chain until somebody says what is wanted of it.
pub(super) struct Leaving {
    from: Option<From>,
    rows: Result<BoxStream, Option<Error>>,
}

/// What the chain is made of.
struct From {
    input: BoxStream,
    steps: Vec<Step>,
    native: usize,
    task: Task,
}

impl Leaving {
    pub(super) fn new(input: BoxStream, steps: Vec<Step>, native: usize, task: Task) -> Self {
        Self { from: Some(From { input, steps, native, task }), rows: Ok(Box::new(InMemory::new(Vec::new()))) }
    }

    /// The interpreter's rows; an error is told once.
    fn rows(&mut self) -> Option<&mut BoxStream> {
        if let Some(From { input, steps, native, task }) = self.from.take() {
            self.rows = interpreted(input, &steps, native, &task).map_err(Some);
        }
        self.rows.as_mut().ok()
    }
}

impl ChunkStream for Leaving {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        if let Some(rows) = self.rows() {
            return rows.next(want);
        }
        match &mut self.rows {
            Err(error) => error.take().map_or(Ok(None), Err),
            Ok(_) => Ok(None),
        }
    }

    fn count(&mut self, cancel: &Cancel) -> Result<u64> {
        if let Some(From { input, steps, task, .. }) = self.from.take() {
            return NativeChain::counting(input, steps, task).count(cancel);
        }
        let mut rows = 0;
        while let Some(chunk) = self.next(usize::MAX)? {
            cancel.check()?;
            rows += chunk.len() as u64;
        }
        Ok(rows)
    }

    fn as_any(&mut self) -> Option<&mut dyn Any> {
        self.rows()?.as_any()
    }
}
