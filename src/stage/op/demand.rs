//! How many rows a chain asks of what is below it, so that user code there runs only for rows that somebody wants.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::chunk::{BoxStream, CHUNK_ROWS, Cancel, Chunk, ChunkStream};
use crate::error::Result;
use crate::plan::FunctionKind;

use crate::stage::Step;

/// What is left to ask of the input for the rows that were wanted last. Cloning shares it.
#[derive(Clone)]
pub(super) struct Demand {
    ask: Arc<AtomicUsize>,
    /// Whether an input row makes at most one row.
    narrows: bool,
}

impl Demand {
    /// Of a chain of these steps; everything is wanted until somebody says less.
    pub(super) fn new(steps: &[Step]) -> Self {
        let narrow =
            |step: &Step| matches!(step.kind, FunctionKind::Map | FunctionKind::MapValues | FunctionKind::Filter);
        Self { ask: Arc::new(AtomicUsize::new(usize::MAX)), narrows: steps.iter().all(narrow) }
    }

    /// `rows` rows of the chain are wanted.
    pub(super) fn set(&self, rows: usize) {
        let ask = if self.narrows || rows == usize::MAX { rows } else { 1 };
        self.ask.store(ask, Ordering::Relaxed);
    }

    /// How many rows to ask for now. Where those were not enough it is twice as many: a filter that drops nearly all rows
    /// costs no call for each, and what was made in vain is no more than what was needed.
    pub(super) fn next(&self) -> usize {
        let ask = self.ask.load(Ordering::Relaxed);
        if ask < CHUNK_ROWS {
            self.ask.store((2 * ask).min(CHUNK_ROWS), Ordering::Relaxed);
        }
        ask
    }
}

/// The interpreter's stream, which notes what is wanted of it for its input to know.
pub(super) struct Demanding {
    pub rows: BoxStream,
    pub demand: Demand,
}

impl ChunkStream for Demanding {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        self.demand.set(want);
        self.rows.next(want)
    }

    fn count(&mut self, cancel: &Cancel) -> Result<u64> {
        self.demand.set(usize::MAX);
        self.rows.count(cancel)
    }

    fn as_any(&mut self) -> Option<&mut dyn Any> {
        self.demand.set(usize::MAX);
        self.rows.as_any()
    }
}
