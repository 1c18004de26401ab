//! The event log: what a program did, in files that Spark's history server reads. Settings come in; jobs are followed
//! from their own threads into a bounded queue, which one thread without the interpreter writes out.
//!
//! The names are those of Spark's `JsonProtocol`, the files those of its `EventLogFileWriters`. Of streams Spark logs
//! their jobs and nothing else (its `StreamingListenerBus` keeps its events out of the log), and so does this; streaming
//! queries tell their own events, as Spark's do.

mod blocks;
mod events;
mod files;
mod log;
mod lz4;
mod program;
mod queue;
mod wanted;

pub use log::{Complain, EventLog};
pub use program::Program;
pub use queue::{Queue, Waiting};
pub use wanted::Wanted;
