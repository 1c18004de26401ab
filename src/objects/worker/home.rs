//! The tasks whose Python functions are at work in this process. One at a time gets on: they share the interpreter's
//! lock.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, ThreadId};

static AT_HOME: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Those of this thread: a task that reads another chain has two.
    static OWN: Cell<usize> = const { Cell::new(0) };
}

/// A task's functions are at work in this process while this lives.
pub struct Home(ThreadId);

impl Home {
    /// They begin.
    pub fn enter() -> Self {
        AT_HOME.fetch_add(1, Ordering::Relaxed);
        Self::begun()
    }

    /// They begin, unless those of another task are at work.
    pub fn enter_alone() -> Option<Self> {
        let own = OWN.get();
        let alone = |n: usize| (n <= own).then_some(n + 1);
        AT_HOME.fetch_update(Ordering::Relaxed, Ordering::Relaxed, alone).ok().map(|_| Self::begun())
    }

    fn begun() -> Self {
        OWN.set(OWN.get() + 1);
        Self(thread::current().id())
    }

    fn end(&self) {
        if self.0 == thread::current().id() {
            // While a thread ends it may have no count any more.
            let _ = OWN.try_with(|own| own.set(own.get().saturating_sub(1)));
        }
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
                self.end();
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
        self.end();
    }
}
