//! Calls of the engine that threads of the program are in the middle of. A thread that goes on with such a call, or begins
//! one, while the interpreter goes away would be ended by it below frames of ours: the process would end with a crash.

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering, fence};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use pyo3::prelude::*;

/// Calls that threads of the program are in the middle of.
static INSIDE: AtomicUsize = AtomicUsize::new(0);

/// The thread that ends the interpreter; no other comes back from here any more.
static ENDING: OnceLock<ThreadId> = OnceLock::new();

/// How often who waits for those calls looks.
const SLICE: Duration = Duration::from_millis(1);

thread_local! {
    static OWN: Cell<usize> = const { Cell::new(0) };
}

/// The calling thread is in a call of the engine, which the end of the interpreter waits for. Whatever runs Python code or
/// lets the interpreter go has one of these round it.
pub struct Inside(());

impl Inside {
    /// From now on, until this is dropped. Doesn't return where the interpreter is ending: a daemon thread sleeps until
    /// the process has gone.
    pub fn enter(py: Python<'_>) -> Self {
        INSIDE.fetch_add(1, Ordering::SeqCst);
        OWN.set(OWN.get() + 1);
        // Either who ends the interpreter sees the number above, or this sees that it is ending.
        fence(Ordering::SeqCst);
        if is_left_behind() {
            py.detach(Self::stays_at_the_end);
        }
        Self(())
    }

    /// Before a detached thread comes back to an interpreter that ends: it stays where it is.
    pub fn stays_at_the_end() {
        if !is_left_behind() {
            return;
        }
        INSIDE.fetch_sub(OWN.get(), Ordering::SeqCst);
        loop {
            thread::park();
        }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        OWN.set(OWN.get() - 1);
        INSIDE.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Whether the interpreter is ending, and not by the calling thread.
fn is_left_behind() -> bool {
    ENDING.get().is_some_and(|by| *by != thread::current().id())
}

/// The interpreter is going to end: waits until nobody is in a call of the engine, for `patience` seconds at most; who is
/// there then, or comes later, doesn't return. Clients of Kafka that were let go of have their end before, too.
#[pyfunction]
pub fn end_calls(py: Python<'_>, patience: f64) {
    let patience = Duration::try_from_secs_f64(patience).unwrap_or_default();
    py.detach(|| {
        for ending in [true, false] {
            let end = Instant::now() + patience;
            while INSIDE.load(Ordering::SeqCst) > OWN.get() && Instant::now() < end {
                thread::sleep(SLICE);
            }
            if ending {
                // Who has looked before this still comes through.
                let _ = ENDING.set(thread::current().id());
                fence(Ordering::SeqCst);
            }
        }
        #[cfg(feature = "kafka")]
        crate::kafka::wait_for_ends(patience);
    });
}
