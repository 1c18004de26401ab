//! What a stream remembers by key, as a plan: the state after a batch, made of the state before and the batch's pairs.

use crate::state::Held;
use crate::store::Level;
use crate::sync::Mutex;
use crate::time::Time;

use super::function::{FunctionRef, Role};
use super::make::{aligned, keyed};
use super::{Op, Partitioner, Partitions, Plan, PlanRef};

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

impl Plan {
    /// The state after `batch`, in `partitions` partitions. `before` is a state's plan, or pairs of key and state.
    pub fn state(before: Option<PlanRef>, batch: PlanRef, how: StateHow, partitions: usize, name: &str) -> PlanRef {
        let partitioner = Partitioner::hash(partitions);
        let (kind, mut inputs) = match before {
            None => (Before::Nothing, Vec::new()),
            Some(state) if matches!(state.op(), Op::State(_)) => (Before::State, vec![aligned(state)]),
            Some(pairs) => (Before::Pairs, vec![keyed(pairs, &partitioner, false)]),
        };
        inputs.push(keyed(batch, &partitioner, false));
        let held = Mutex::new(vec![None; partitions]);
        let op = Op::State(Box::new(StateOp { how, before: kind, held }));
        let plan = Self::make(name, op, inputs, Partitions::Known(partitions), Some(partitioner));
        plan.slots.enable(partitions, Level::MemoryAndDisk);
        plan
    }

    /// A state that was saved: nothing is to be computed.
    pub fn restored_state(held: Vec<Held>, how: StateHow, name: &str) -> PlanRef {
        let partitions = held.len();
        let op = StateOp { how, before: Before::Nothing, held: Mutex::new(held.into_iter().map(Some).collect()) };
        let partitioner = Some(Partitioner::hash(partitions));
        let plan = Self::make(name, Op::State(Box::new(op)), Vec::new(), Partitions::Known(partitions), partitioner);
        plan.slots.enable(partitions, Level::MemoryAndDisk);
        plan
    }

    /// What is read of a state.
    pub fn state_view(state: PlanRef, view: StateView, name: &str) -> PlanRef {
        let partitioner = if view == StateView::Pairs { state.partitioner.clone() } else { None };
        let partitions = state.partitions.above();
        Self::make(name, Op::StateView(view), vec![aligned(state)], partitions, partitioner)
    }

    /// What all partitions of a state hold, if every one has been computed.
    pub fn held(&self) -> Option<Vec<Held>> {
        let Op::State(state) = self.op() else { return None };
        state.held.lock().iter().cloned().collect()
    }
}
