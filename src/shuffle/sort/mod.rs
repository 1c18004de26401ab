//! Sorting by Python's order: columns of keys, runs of sorted rows, where runs are cut into range partitions, and the
//! merge of runs.

mod cuts;
mod gather;
mod keys;
mod merge;
mod order;
mod position;
mod radix;
mod ranges;
mod run;

pub use cuts::cuts;
pub use gather::Gather;
pub(super) use keys::SortKeys;
pub use merge::{Merge, RunReader};
pub use order::order;
pub use position::position;
pub use ranges::cut_runs;
pub use run::{MemoryRun, SortedRun};
