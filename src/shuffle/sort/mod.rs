//! Sorting columns of keys by Python's order, and cutting the sorted rows into range partitions.

mod cuts;
mod keys;
mod order;

pub use cuts::cuts;
pub(super) use keys::SortKeys;
pub use order::order;
