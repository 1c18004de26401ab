//! Records move between partitions: which partition a key goes to, native aggregation by key, sorting, and how data is
//! cut into partitions in the first place. All pure functions and tables over columns; `stage/` drives them.

mod encode;
mod hash;
pub mod repartition;
pub mod siphash;
pub mod slicing;
pub mod sort;
mod table;
mod widen;

pub use crate::chunk::compact;
pub use hash::{TupleHash, partition_ids, portable_hash, python_float_hash, python_int_hash};
pub use table::NativeTable;
pub use widen::{common_type, widen};
