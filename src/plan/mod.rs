//! Lineage: the graph of what an action or a batch asks for. Plans are immutable but for their cache, their inputs'
//! finished shuffles and the moment when their inputs are let go; nothing here runs.

mod checkpoint;
mod counters;
mod function;
mod make;
mod make_state;
mod op;
mod partitioner;
mod scan;
mod shuffle;
mod slide;
mod state;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use crate::error::Result;
use crate::store::{Level, Slots};

pub use checkpoint::Mark;
pub use counters::{Account, Counters, How, Place, Rows};
pub use function::{FrozenFunction, FunctionKind, FunctionRef, Gives, NativeMode, Opaque, Role, Seen, UserFunction};
pub use op::{Aggregator, Dependency, Draw, Input, JoinKind, Narrow, Numbers, Op, Order, Sample};
pub use partitioner::Partitioner;
pub use scan::{Parts, Scan, Size, StoredRows};
pub use shuffle::{By, Laid, OutputRef, Shuffle, ShuffleCell, ShuffleOutput};
pub use slide::{Slide, Sliding};
pub use state::{Before, StateHow, StateOp, StateView};

/// A shared plan.
pub type PlanRef = Arc<Plan>;

/// A plan's inputs as they are at some moment.
pub type Inputs = Arc<Vec<Input>>;

/// A node of the lineage. Spark's `RDD`.
pub struct Plan {
    id: u64,
    name: String,
    op: Op,
    inputs: RwLock<Inputs>,
    partitions: Partitions,
    partitioner: Option<Partitioner>,
    slots: Arc<Slots>,
    checkpoint: checkpoint::Checkpoint,
}

/// A partition count that is known, or that takes a look at the file system.
#[derive(Clone, Copy)]
enum Partitions {
    Known(usize),
    /// The scan says.
    OfScan,
    /// As many as the first input has.
    OfInput,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(0);

impl Plan {
    fn make(
        name: impl Into<String>,
        op: Op,
        inputs: Vec<Input>,
        partitions: Partitions,
        partitioner: Option<Partitioner>,
    ) -> PlanRef {
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let inputs = RwLock::new(Arc::new(inputs));
        Arc::new(Self {
            id,
            name: name.into(),
            op,
            inputs,
            partitions,
            partitioner,
            slots: Arc::default(),
            checkpoint: checkpoint::Checkpoint::default(),
        })
    }

    /// The number that names this plan in the process.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The operation that made it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it does.
    pub fn op(&self) -> &Op {
        &self.op
    }

    /// The plans it reads, and how.
    pub fn inputs(&self) -> Inputs {
        self.inputs.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Number of partitions. Text files are listed, which can fail: a path that doesn't exist.
    pub fn partitions(&self) -> Result<usize> {
        match (self.partitions, &self.op) {
            (Partitions::Known(n), _) => return Ok(n),
            (_, Op::Scan(scan)) => return scan.partitions(),
            _ => {}
        }
        // A chain may have many thousand steps.
        let (mut inputs, mut slots) = (self.inputs(), self.slots.clone());
        loop {
            // What is settled has as many as it keeps.
            let Some(below) = inputs.first().map(|input| input.plan.clone()) else { return Ok(slots.partitions()) };
            match (below.partitions, &below.op) {
                (Partitions::Known(n), _) => return Ok(n),
                (_, Op::Scan(scan)) => return scan.partitions(),
                _ => (inputs, slots) = (below.inputs(), below.slots.clone()),
            }
        }
    }

    /// Which keys are where, if that is known.
    pub fn partitioner(&self) -> Option<&Partitioner> {
        self.partitioner.as_ref()
    }

    /// Kept partitions.
    pub fn slots(&self) -> &Arc<Slots> {
        &self.slots
    }

    /// Keeps partitions from the next job on.
    pub fn persist(&self, level: Level) -> Result<()> {
        self.slots.enable(self.partitions()?, level);
        Ok(())
    }

    /// Drops kept partitions; not those that are all that is left, which go with the plan.
    pub fn unpersist(&self) {
        if self.inputs().is_empty() && !matches!(self.op, Op::Scan(_)) {
            return;
        }
        self.slots.disable();
    }

    /// Lets the inputs go once every partition is kept where it stays: what the rows were made of is needed no more. Says
    /// whether it has let them go, now or before.
    pub fn settle(&self) -> bool {
        if self.inputs().is_empty() {
            return true;
        }
        // What is only in memory may be evicted and computed again.
        if self.slots.level() == Level::Memory || self.slots.all_ready().is_none() {
            return false;
        }
        let gone = std::mem::take(&mut *self.inputs.write().unwrap_or_else(PoisonError::into_inner));
        drop(gone);
        true
    }

    /// The user's functions that it and its shuffles run, each with its role.
    pub fn functions(&self) -> Vec<(Role, FunctionRef)> {
        if self.saved().is_some() {
            return Vec::new();
        }
        let mut all = self.op.functions();
        // The inputs of a join share one partition function.
        all.extend(self.inputs().iter().find_map(|input| input.shuffle()?.functions()));
        all
    }
}

impl Drop for Plan {
    /// A lineage of many thousand nodes (a loop that unions, a long-lived stream) must not overflow the stack.
    fn drop(&mut self) {
        let mut pending = take_inputs(self);
        while let Some(plan) = pending.pop() {
            if let Some(mut plan) = Arc::into_inner(plan) {
                pending.append(&mut take_inputs(&mut plan));
            }
        }
    }
}

fn take_inputs(plan: &mut Plan) -> Vec<PlanRef> {
    let inputs = std::mem::take(plan.inputs.get_mut().unwrap_or_else(PoisonError::into_inner));
    // Somebody who still looks at them drops them.
    Arc::into_inner(inputs).unwrap_or_default().into_iter().map(|input| input.plan).collect()
}
