//! What receivers take in becomes blocks: a block for every block interval with data, one partition each. Spark's
//! `BlockGenerator` and `ReceivedBlockTracker`.

mod budget;
mod intake;
mod limiter;
mod log;
mod logged;
mod rate;

use crate::chunk::Chunk;

pub use budget::{Budget, Lease};
pub use intake::{Allocation, Intake, Pending, Ticket, block_interval};
pub use limiter::Limiter;
pub use log::{BlockLog, Recovered, Rules};
pub use logged::Logged;
pub use rate::{Estimator, Pace};

/// The records of one block interval.
#[derive(Clone, Debug)]
pub struct Block {
    /// The records, in a form that several readers may have.
    pub chunk: Chunk,
    /// What they weigh in the budget.
    pub bytes: usize,
}
