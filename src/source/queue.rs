//! A queue of plans, one a batch: `queueStream`. Pops only when a batch asks.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::error::Result;
use crate::plan::{Plan, PlanRef};
use crate::time::Time;

use super::{Environment, Input};

/// Spark's `QueueInputDStream`.
pub struct QueueInput {
    queue: Mutex<VecDeque<PlanRef>>,
    one_at_a_time: bool,
    default: Option<PlanRef>,
}

impl QueueInput {
    /// One plan a batch, or all of them in the first; then the default, or an empty partition.
    pub fn new(_: &Environment, plans: Vec<PlanRef>, one_at_a_time: bool, default: Option<PlanRef>) -> Self {
        Self { queue: Mutex::new(plans.into()), one_at_a_time, default }
    }

    /// Adds a plan behind the others.
    pub fn push(&self, plan: PlanRef) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).push_back(plan);
    }
}

impl Input for QueueInput {
    fn compute(&self, _: Time) -> Result<Option<PlanRef>> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let next = if self.one_at_a_time {
            queue.pop_front()
        } else if queue.is_empty() {
            None
        } else {
            let all: Vec<PlanRef> = queue.drain(..).collect();
            drop(queue);
            Some(Plan::union(all)?)
        };
        let plan = next.or_else(|| self.default.clone());
        Ok(Some(plan.unwrap_or_else(|| Plan::chunks(vec![Vec::new()]))))
    }

    fn in_memory(&self) -> bool {
        false
    }
}
