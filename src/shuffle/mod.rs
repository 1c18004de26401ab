//! Records move between partitions: which partition a key goes to, native aggregation by key, sorting. All pure functions and tables over columns; `stage/` drives them.

mod cut;
mod encode;
mod hash;
pub mod join;
pub mod repartition;
mod scatter;
pub mod siphash;
pub mod slide;
pub mod sort;
mod table;
pub mod total;
mod widen;

pub use cut::cut_lists;
pub use hash::{TupleHash, partition_ids, portable_hash, python_float_hash, python_int_hash};
pub use scatter::{Scatterer, scatter};
pub use table::NativeTable;
pub use table::keys::Keys;
pub use widen::{common_type, concat_widened, fit, widen};
