//! The tasks whose Python functions are at work in this process. One at a time gets on: they share the interpreter's
//! lock.

use std::sync::atomic::{AtomicUsize, Ordering};

static AT_HOME: AtomicUsize = AtomicUsize::new(0);

/// A task's functions are at work in this process while this lives.
pub struct Home(());

impl Home {
    /// They begin.
    pub fn enter() -> Self {
        AT_HOME.fetch_add(1, Ordering::Relaxed);
        Self(())
    }

    /// How many tasks there are beside one.
    pub fn others() -> usize {
        AT_HOME.load(Ordering::Relaxed).saturating_sub(1)
    }

    /// Leaves if another stays.
    pub fn leave(self) -> Result<(), Self> {
        let others = |n: usize| (n > 1).then(|| n - 1);
        match AT_HOME.fetch_update(Ordering::Relaxed, Ordering::Relaxed, others) {
            Ok(_) => {
                std::mem::forget(self);
                Ok(())
            }
            Err(_) => Err(self),
        }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        AT_HOME.fetch_sub(1, Ordering::Relaxed);
    }
}
