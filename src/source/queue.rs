//! A queue of plans, one a batch: `queueStream`. Pops only when a batch asks.

use std::collections::VecDeque;

use crate::error::Result;
use crate::plan::{Plan, PlanRef};
use crate::sync::Mutex;
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
        self.queue.lock().push_back(plan);
    }
}

impl Input for QueueInput {
    fn compute(&self, _: Time) -> Result<Option<PlanRef>> {
        let taken: Vec<PlanRef> = {
            let mut queue = self.queue.lock();
            let most = if self.one_at_a_time { queue.len().min(1) } else { queue.len() };
            queue.drain(..most).collect()
        };
        let next = match taken {
            taken if self.one_at_a_time => taken.into_iter().next(),
            none if none.is_empty() => None,
            all => Some(Plan::union(all)?),
        };
        let plan = next.or_else(|| self.default.clone());
        Ok(Some(plan.unwrap_or_else(|| Plan::chunks(vec![Vec::new()]))))
    }

    fn in_memory(&self) -> bool {
        false
    }
}
