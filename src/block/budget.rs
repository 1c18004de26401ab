//! How many received bytes may wait for their batch. A receiver that has used them up stops reading, so that TCP slows
//! the sender; nothing is dropped.

use std::sync::Arc;

use crate::sync::{Condvar, Mutex};

/// Counts bytes that were received and whose batch is not done.
pub struct Budget {
    limit: usize,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Default)]
struct State {
    used: usize,
    closed: bool,
}

impl Budget {
    /// A budget of `limit` bytes.
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit: limit.max(1), state: Mutex::default(), freed: Condvar::new() })
    }

    /// Waits until less than the limit is used: true. False once the budget is closed.
    pub fn wait_below(&self) -> bool {
        let mut state = self.state.lock();
        while state.used >= self.limit && !state.closed {
            state = self.freed.wait(state);
        }
        !state.closed
    }

    /// Counts bytes that came in.
    pub fn charge(&self, bytes: usize) {
        self.state.lock().used += bytes;
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
