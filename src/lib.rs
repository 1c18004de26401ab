//! Pyrite: PySpark's RDD and DStream API on a Rust engine.
//!
//! The path of data is the folder list: `source` (records come in), `block`, `batch`, `plan` (lineage), `stage`
//! (tasks over columns or objects), `shuffle`, `job` (actions), `sink` (results go out).

#[cfg(feature = "python")]
pub mod bindings;
pub mod chunk;
pub mod error;
pub mod lambda;
pub mod shuffle;
