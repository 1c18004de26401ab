//! A context's sources, states and checkpoints as they are now, for who shows them. Sources and streams are asked with
//! nothing locked.

use std::sync::Arc;

use crate::id::{InputId, StreamId};
use crate::source::Condition;
use crate::sync::entering_foreign;

use super::checkpoint::Checkpoint;
use super::context::Streaming;
use super::stateful::StateSize;
use super::stream::StreamRef;

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
        let one = |(id, stream): &(InputId, StreamRef)| {
            let condition = stream.input().map(|input| input.condition()).unwrap_or_default();
            (*id, stream.name().to_owned(), condition)
        };
        inputs.iter().map(one).collect()
    }

    /// What streams keep by key, in the order of their numbers.
    pub fn states(&self) -> Vec<StateInfo> {
        let streams = Arc::clone(&self.lock().streams);
        let one = |stream: &StreamRef| {
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
        Some(checkpoints.written())
    }
}
