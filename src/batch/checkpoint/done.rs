//! The checkpoints that were written, for who shows them.

use std::collections::VecDeque;
use std::time::Duration;

use crate::sync::Mutex;
use crate::time::Time;

/// So many checkpoints are remembered.
const MOST: usize = 100;

/// A checkpoint that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The newest batch that had ended.
    pub batch: Time,
    /// When it was there.
    pub at: Time,
    /// How long it took: the program, states and the file itself.
    pub took: Duration,
    /// Bytes that were written for it; of states only what has changed.
    pub bytes: u64,
}

/// The last checkpoints, and how many there were.
#[derive(Debug, Default)]
pub(super) struct Written(Mutex<(u64, VecDeque<Checkpoint>)>);

impl Written {
    /// One more.
    pub fn add(&self, checkpoint: Checkpoint) {
        let mut inner = self.0.lock();
        inner.0 += 1;
        if inner.1.len() >= MOST {
            inner.1.pop_front();
        }
        inner.1.push_back(checkpoint);
    }

    /// How many there were, and the last ones, oldest first.
    pub fn read(&self) -> (u64, Vec<Checkpoint>) {
        let inner = self.0.lock();
        (inner.0, inner.1.iter().copied().collect())
    }
}
