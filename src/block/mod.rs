//! What receivers take in becomes blocks: a block for every block interval with data, one partition each. Spark's
//! `BlockGenerator` and `ReceivedBlockTracker`.

mod budget;
mod intake;

use crate::chunk::Chunk;

pub use budget::{Budget, Lease};
pub use intake::{Allocation, Intake, Pending, block_interval};

/// The records of one block interval.
#[derive(Clone, Debug)]
pub struct Block {
    /// The records.
    pub chunk: Chunk,
    /// What they weigh in the budget.
    pub bytes: usize,
}
