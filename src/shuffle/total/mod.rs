//! Aggregates without a key: a partition's rows become one answer. One file each, behind one trait.

mod buckets;
mod count;
mod extreme;
mod reduced;
mod stats;
mod sum;
mod tally;
mod top;

pub use buckets::Buckets;
pub use count::Count;
pub use extreme::Extreme;
pub use reduced::Reduced;
pub use stats::Stats;
pub use sum::Sum;
pub use tally::Tally;
pub use top::Top;

use crate::chunk::Columns;
use crate::error::Decline;

/// Something that takes rows in, in order. Invariant: a declined call changes nothing, so that Python can go on from
/// `state` with the rows that were declined.
pub trait Total: Send {
    /// Takes rows in.
    fn update(&mut self, rows: &Columns) -> Result<(), Decline>;

    /// Takes rows in that are judged by `keys`, one a row. Only what compares rows has keys.
    fn update_by(&mut self, rows: &Columns, keys: &Columns) -> Result<(), Decline> {
        let _ = (rows, keys);
        Err(Decline::new("rows are not judged by keys here"))
    }

    /// What Python resumes from; each total says what it is. Nothing when there is nothing yet, as before the first
    /// row of a minimum.
    fn state(&self) -> Option<Columns>;

    /// The answer: the state, unless the total says otherwise.
    fn value(&self) -> Option<Columns> {
        self.state()
    }
}
