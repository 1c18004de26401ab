//! Integration tests of the engine without an interpreter.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails loudly")]

mod batch;
mod block;
mod chunk;
mod frame;
mod history;
mod job;
#[cfg(feature = "kafka")]
mod kafka;
mod kernel;
mod lambda;
mod layers;
mod memory;
mod metrics;
mod shuffle;
mod sink;
#[cfg(feature = "kafka")]
mod sink_kafka;
mod source;
mod stage;
mod state;
mod store;
mod sync;
mod ui;
