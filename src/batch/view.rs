//! A context's sources, states and checkpoints as they are now, for who shows them. Sources and streams are asked with
//! nothing locked.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::id::{InputId, StreamId};
use crate::source::Condition;
use crate::sync::{Mutex, entering_foreign};
use crate::time::Time;

use super::context::Streaming;
use super::stateful::StateSize;

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

/// What a stream keeps by key.
#[derive(Clone, Debug)]
pub struct StateInfo {
    /// The stream.
    pub stream: StreamId,
    /// What the program called to make it.
    pub name: String,
    /// How much.
    pub size: StateSize,
}

impl Streaming {
    /// The input streams, each with what the program called to make it and how its source is.
    pub fn conditions(&self) -> Vec<(InputId, String, Condition)> {
        let inputs = self.lock().graph.inputs.clone();
        entering_foreign("a source");
        let one = |(id, stream): &(InputId, super::StreamRef)| {
            let condition = stream.input().map(|input| input.condition()).unwrap_or_default();
            (*id, stream.name().to_owned(), condition)
        };
        inputs.iter().map(one).collect()
    }

    /// What streams keep by key, in the order of their numbers.
    pub fn states(&self) -> Vec<StateInfo> {
        let streams = Arc::clone(&self.lock().streams);
        let one = |stream: &super::StreamRef| {
            let size = stream.memory()?.size()?;
            Some(StateInfo { stream: stream.id(), name: stream.name().to_owned(), size })
        };
        let mut all: Vec<StateInfo> = streams.iter().filter_map(one).collect();
        all.sort_by_key(|state| state.stream);
        all
    }

    /// How many checkpoints were written, and the last ones, oldest first; `None` where none are.
    pub fn checkpoints(&self) -> Option<(u64, Vec<Checkpoint>)> {
        let checkpoints = self.lock().checkpoints.clone()?;
        Some(checkpoints.written.read())
    }
}
