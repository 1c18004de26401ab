//! Plans of states, put together.

use crate::chunk::Cancel;
use crate::state::Held;
use crate::store::{Found, Level, StoredRef};

use super::make::{aligned, keyed};
use super::state::{Before, StateHow, StateOp, StateView};
use super::{Op, Partitioner, Partitions, Plan, PlanRef};

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
        let op = Op::State(Box::new(StateOp::new(how, kind, vec![None; partitions])));
        let plan = Self::make(name, op, inputs, Partitions::Known(partitions), Some(partitioner));
        plan.slots.enable(partitions, Level::MemoryAndDisk);
        plan
    }

    /// A state that was saved, and perhaps what the batch's pairs were mapped to: nothing is to be computed.
    pub fn restored_state(held: Vec<Held>, mapped: Option<Vec<StoredRef>>, how: StateHow, name: &str) -> PlanRef {
        let partitions = held.len();
        let op = StateOp::new(how, Before::Nothing, held.into_iter().map(Some).collect());
        let partitioner = Some(Partitioner::hash(partitions));
        let plan = Self::make(name, Op::State(Box::new(op)), Vec::new(), Partitions::Known(partitions), partitioner);
        plan.slots.enable(partitions, Level::MemoryAndDisk);
        for (partition, rows) in mapped.into_iter().flatten().enumerate() {
            if let Found::Claim(claim) = plan.slots.find(partition, &Cancel::default()) {
                claim.fulfil(rows);
            }
        }
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
        state.all_held()
    }
}
