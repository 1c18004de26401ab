//! When an operator puts its rows into a file. Tables, sorts and joins belong to one task's thread, so nobody can ask
//! them for memory: each looks itself, once a chunk.
//!
//! The policy: below the limit nobody spills. Beyond it those that can be asked give way first: stored partitions, least
//! recently used first. If that isn't enough, an operator that holds more than its fair share spills. The fair share
//! is half the limit divided by the tasks that run at once, but at least 1 MiB: so operators together settle at half
//! the limit, and the other half is for rows on their way and what is stored. Spark's `ExecutionMemoryPool` is alike.

use std::sync::Arc;

use super::{Budget, Reservation};
use crate::error::Result;

/// An operator with less keeps it: runs of a few rows cost more than they save.
const LEAST: usize = 1 << 20;

/// What one operator of one task holds.
pub struct Share {
    held: Reservation,
    fair: usize,
}

impl Share {
    /// Nothing yet. `tasks` run at once.
    pub fn new(budget: &Arc<Budget>, tasks: usize) -> Self {
        let fair = (budget.limit() / (2 * tasks.max(1))).max(LEAST.min(budget.limit()));
        Self { held: budget.reserve(0), fair }
    }

    /// The operator holds this many bytes now. True: it is to spill, and to call this again with what it then holds.
    /// Hold no lock that a `Spill` of yours takes.
    pub fn hold(&mut self, bytes: usize) -> Result<bool> {
        self.held.resize(bytes);
        let budget = self.held.budget();
        if budget.over() == 0 {
            return Ok(false);
        }
        budget.make_room(0)?;
        Ok(budget.over() > 0 && bytes > self.fair)
    }

    /// How many bytes it holds.
    pub fn held(&self) -> usize {
        self.held.bytes()
    }

    /// How many it may hold when there is too little for all.
    pub fn fair(&self) -> usize {
        self.fair
    }
}
