//! Pyrite: PySpark's RDD and DStream API on a Rust engine.
//!
//! The path of data is the folder list: `source` (records come in), `block`, `batch`, `plan` (lineage), `stage`
//! (tasks over columns or objects), `shuffle`, `job` (actions), `sink` (results go out).

pub mod batch;
pub mod block;
pub mod chunk;
pub mod config;
pub mod disk;
pub mod error;
pub mod fault;
pub mod frame;
pub mod history;
pub mod id;
pub mod job;
pub mod kafka;
pub mod kernel;
pub mod lambda;
pub mod log;
pub mod memory;
pub mod metrics;
pub mod plan;
pub mod shuffle;
pub mod sink;
pub mod source;
pub mod sql;
pub mod stage;
pub mod state;
pub mod store;
pub mod sync;
pub mod time;
pub mod ui;
