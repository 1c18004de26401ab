//! Checkpoints: what a program needs to go on after it was stopped or killed, in files of our own. Spark's `Checkpoint`;
//! the layout is ours: a checkpoint a file (`checkpoint-<milliseconds>`), a log of batches beside them, states in `state/`.

mod content;
mod directory;
mod done;
mod kept;
mod log;
mod pieces;
mod written;

pub use done::Checkpoint;
pub use written::{Checkpoints, Found, Program};
