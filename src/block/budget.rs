//! How many received bytes may wait for their batch. A receiver that has used them up stops reading, so that TCP slows
//! the sender; nothing is dropped. The bytes count against the memory that everything that keeps rows shares.

use std::sync::Arc;
use std::time::Duration;

use crate::memory::{self, Reservation};
use crate::sync::{Condvar, Mutex};

/// How often a receiver looks whether others have given memory back.
const LOOK: Duration = Duration::from_millis(20);

/// Counts bytes that were received and whose batch is not done.
pub struct Budget {
    limit: usize,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Default)]
struct State {
    used: usize,
    /// The same bytes, as the shared memory counts them.
    held: Option<Reservation>,
    closed: bool,
}

impl Budget {
    /// A budget of `limit` bytes.
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit: limit.max(1), state: Mutex::default(), freed: Condvar::new() })
    }

    /// The same, counted in `shared`, too.
    pub fn within(limit: usize, shared: &Arc<memory::Budget>) -> Arc<Self> {
        let budget = Self::new(limit);
        budget.state.lock().held = Some(shared.reserve(0));
        budget
    }

    /// Waits until less than the limit is used, and until the shared memory has room or nothing is used here: true. False
    /// once the budget is closed.
    pub fn wait_below(&self) -> bool {
        let mut state = self.state.lock();
        while !state.closed {
            if state.used >= self.limit {
                state = self.freed.wait(state);
            } else if state.used > 0 && state.held.as_ref().is_some_and(|held| held.budget().over() > 0) {
                state = self.freed.wait_timeout(state, LOOK);
            } else {
                break;
            }
        }
        !state.closed
    }

    /// Counts bytes that came in.
    pub fn charge(&self, bytes: usize) {
        let mut state = self.state.lock();
        state.used += bytes;
        if let Some(held) = &mut state.held {
            held.grow(bytes);
        }
    }

    /// Whether less than the limit is used.
    pub fn has_room(&self) -> bool {
        self.state.lock().used < self.limit
    }

    /// Bytes in use.
    pub fn used(&self) -> usize {
        self.state.lock().used
    }

    /// Ends every wait.
    pub fn close(&self) {
        self.state.lock().closed = true;
        self.freed.notify_all();
    }

    fn release(&self, bytes: usize) {
        let mut state = self.state.lock();
        state.used = state.used.saturating_sub(bytes);
        let used = state.used;
        if let Some(held) = &mut state.held {
            held.resize(used);
        }
        drop(state);
        self.freed.notify_all();
    }
}

/// Bytes that a batch works on; dropping it gives them back.
pub struct Lease {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Lease {
    /// Takes over `bytes` that were charged.
    pub fn new(budget: Arc<Budget>, bytes: usize) -> Self {
        Self { budget, bytes }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.budget.release(self.bytes);
    }
}
