//! The blocks of a batch as a plan's rows: in memory, or in a write-ahead log, from which each reader reads them.

use std::any::Any;

use crate::block::Logged;
use crate::chunk::{BoxStream, Cancel, Chunk, Decode, InMemory};
use crate::error::Result;
use crate::plan::Scan;

/// A block of a batch.
#[derive(Clone)]
pub(super) enum Part {
    /// Its rows and its number.
    Memory(Chunk, u64),
    /// It lies in the log of a process before this one.
    Logged(Logged, Option<Decode>),
}

impl Part {
    pub fn rows(&self) -> usize {
        match self {
            Self::Memory(chunk, _) => chunk.len(),
            Self::Logged(block, _) => block.rows,
        }
    }

    pub fn number(&self) -> u64 {
        match self {
            Self::Memory(_, number) => *number,
            Self::Logged(block, _) => block.number,
        }
    }
}

/// Blocks, a partition each.
pub(super) struct Blocks(Vec<Part>);

impl Blocks {
    pub fn new(parts: Vec<Part>) -> Self {
        Self(parts)
    }

    /// The partitions of blocks that are all in memory.
    pub fn in_memory(parts: &[Part]) -> Option<Vec<Vec<Chunk>>> {
        let chunk = |part: &Part| match part {
            Part::Memory(chunk, _) => Some(vec![chunk.clone()]),
            Part::Logged(..) => None,
        };
        parts.iter().map(chunk).collect()
    }
}

impl Scan for Blocks {
    fn partitions(&self) -> Result<usize> {
        Ok(self.0.len())
    }

    fn open(&self, partition: usize, _: &Cancel) -> Result<BoxStream> {
        let rows = match self.0.get(partition) {
            Some(Part::Memory(chunk, _)) => vec![chunk.clone()],
            Some(Part::Logged(block, decode)) => vec![block.read(*decode)?],
            None => Vec::new(),
        };
        Ok(Box::new(InMemory::new(rows)))
    }

    fn describe(&self) -> String {
        format!("{} rows in {} blocks", self.0.iter().map(Part::rows).sum::<usize>(), self.0.len())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
