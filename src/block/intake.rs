//! Where a receiver puts records and a batch takes blocks.

use std::mem;
use std::sync::Arc;

use crate::sync::Mutex;
use crate::time::Time;

use super::{Block, Budget, Lease};

/// Records that are not in a block yet.
pub trait Pending: Send {
    /// The complete records as a block, or the first block of them; an incomplete one stays.
    fn take(&mut self) -> Option<Block>;
    /// What the complete records weigh.
    fn bytes(&self) -> usize;
}

/// The records of one receiver between the wire and the batch. There is no timer: the block of an interval is cut when
/// the first records of a later one arrive, or when a batch asks for everything.
pub struct Intake<P> {
    interval_ms: i64,
    budget: Arc<Budget>,
    state: Mutex<State<P>>,
}

struct State<P> {
    pending: P,
    interval: i64,
    blocks: Vec<Block>,
}

/// The blocks of one batch.
pub struct Allocation {
    /// In the order in which they were cut.
    pub blocks: Vec<Block>,
    /// To be dropped when the batch is done.
    pub lease: Lease,
}

impl<P: Pending> Intake<P> {
    /// An intake that cuts a block every `interval_ms`.
    pub fn new(pending: P, interval_ms: i64, budget: Arc<Budget>) -> Self {
        let state = State { pending, interval: 0, blocks: Vec::new() };
        Self { interval_ms: interval_ms.max(1), budget, state: Mutex::new(state) }
    }

    /// The budget that its records use.
    pub fn budget(&self) -> &Arc<Budget> {
        &self.budget
    }

    /// Adds records that arrived at `now`.
    pub fn receive<T>(&self, now: Time, add: impl FnOnce(&mut P) -> T) -> T {
        let mut state = self.state.lock();
        let interval = now.0.div_euclid(self.interval_ms);
        if interval != state.interval {
            state.cut();
            state.interval = interval;
        }
        let before = state.pending.bytes();
        let result = add(&mut state.pending);
        let after = state.pending.bytes();
        // Charged before a batch can take it: what is given back first would stay charged for ever.
        self.budget.charge(after.saturating_sub(before));
        drop(state);
        result
    }

    /// Everything that was received and belongs to no batch yet.
    pub fn allocate(&self) -> Allocation {
        let blocks = {
            let mut state = self.state.lock();
            state.cut();
            mem::take(&mut state.blocks)
        };
        let bytes = blocks.iter().map(|b| b.bytes).sum();
        Allocation { blocks, lease: Lease::new(self.budget.clone(), bytes) }
    }

    /// Whether a batch would get something.
    pub fn has_unallocated(&self) -> bool {
        let state = self.state.lock();
        !state.blocks.is_empty() || state.pending.bytes() > 0
    }
}

impl<P: Pending> State<P> {
    fn cut(&mut self) {
        while let Some(block) = self.pending.take() {
            self.blocks.push(block);
        }
    }
}

/// The block interval: the key's if it is set, else 200 ms, or half the batch interval if that is less.
pub fn block_interval(set: Option<i64>, batch_ms: i64) -> i64 {
    set.unwrap_or_else(|| 200.min(batch_ms / 2)).max(1)
}
