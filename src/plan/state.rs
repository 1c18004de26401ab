//! What a stream remembers by key, as a plan: the state after a batch, made of the state before and the batch's pairs.

use crate::state::Held;
use crate::sync::Mutex;
use crate::time::Time;

use super::function::{FunctionRef, Role};

/// The state after one batch.
pub struct StateOp {
    /// How a batch changes it.
    pub how: StateHow,
    /// What the plan's first input is; the last one is the batch.
    pub before: Before,
    /// What the partitions that have been computed hold: those whose rows the plan keeps.
    held: Mutex<Vec<Option<Held>>>,
}

/// The state before the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// There is none: the batch is the only input.
    Nothing,
    /// The plan of an earlier state.
    State,
    /// Pairs of key and state.
    Pairs,
}

/// How a batch changes the state.
#[derive(Clone)]
pub enum StateHow {
    /// Every key's state becomes `update(values, state)`: `updateStateByKey`.
    Update {
        /// The function.
        update: FunctionRef,
        /// The same as a flat map over `(key, (states, values))`, for the interpreter.
        whole: FunctionRef,
    },
    /// A function is called for each pair that came, and may change its key's state: `mapWithState`.
    Map {
        /// The function.
        function: FunctionRef,
        /// The batch.
        time: Time,
        /// Keys that got nothing for longer than this go.
        timeout_ms: Option<i64>,
    },
}

/// What is read of a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateView {
    /// Pairs of key and state.
    Pairs,
    /// What the function gave for the batch's pairs.
    Mapped,
}

impl StateOp {
    /// A state of which these partitions are known.
    pub(super) fn new(how: StateHow, before: Before, held: Vec<Option<Held>>) -> Self {
        Self { how, before, held: Mutex::new(held) }
    }

    /// What all partitions hold, if every one has been computed.
    pub fn all_held(&self) -> Option<Vec<Held>> {
        self.held.lock().iter().cloned().collect()
    }

    /// What a partition holds, once it has been computed.
    pub fn held(&self, partition: usize) -> Option<Held> {
        self.held.lock().get(partition).cloned().flatten()
    }

    /// A partition was computed.
    pub fn keep(&self, partition: usize, held: Held) {
        let old = self.held.lock().get_mut(partition).map(|slot| slot.replace(held));
        drop(old);
    }

    /// The user's functions that it runs.
    pub fn functions(&self) -> Vec<(Role, FunctionRef)> {
        match &self.how {
            StateHow::Update { update, whole } => {
                vec![(Role::Update, update.clone()), (Role::UpdateAll, whole.clone())]
            }
            StateHow::Map { function, .. } => vec![(Role::WithState, function.clone())],
        }
    }
}
