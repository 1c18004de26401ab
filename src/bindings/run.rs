//! The one door between Python and the engine: detach, run, map errors. And its end: a thread of the program that comes
//! back through it while the interpreter goes away would end the process with a crash.

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use pyo3::prelude::*;

use crate::error::Result;
use crate::fault::guarded;
use crate::objects::raised::to_python_error;
use crate::objects::release;

/// Calls that threads of the program are in the middle of.
static INSIDE: AtomicUsize = AtomicUsize::new(0);

/// The thread that ends the interpreter; no other comes back from here any more.
static ENDING: OnceLock<ThreadId> = OnceLock::new();

/// How often who waits for those calls looks.
const SLICE: Duration = Duration::from_millis(1);

thread_local! {
    static OWN: Cell<usize> = const { Cell::new(0) };
}

/// The calling thread is in a call of the engine, which the end of the interpreter waits for.
pub struct Inside(());

impl Inside {
    /// From now on, until this is dropped.
    pub fn enter() -> Self {
        INSIDE.fetch_add(1, Ordering::SeqCst);
        OWN.set(OWN.get() + 1);
        Self(())
    }

    /// Before the thread comes back to an interpreter that ends: a daemon thread sleeps until the process has gone.
    fn stays_at_the_end() {
        if ENDING.get().is_none_or(|by| *by == thread::current().id()) {
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

/// The interpreter is going to end: waits until nobody is in a call of the engine, for `patience` seconds at most; who is
/// there then, or comes later, doesn't return.
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
            }
        }
    });
}

/// Runs engine code without the interpreter. References that wait to be released are, before and after.
pub trait RunEngine {
    /// Detaches, runs `work`, gives its error to Python.
    fn run_engine<T: Send>(self, work: impl FnOnce() -> Result<T> + Send) -> PyResult<T>;

    /// The same for what doesn't fail.
    fn run_detached<T: Send>(self, work: impl FnOnce() -> T + Send) -> T;
}

impl RunEngine for Python<'_> {
    fn run_engine<T: Send>(self, work: impl FnOnce() -> Result<T> + Send) -> PyResult<T> {
        let _inside = Inside::enter();
        let done = self.run_detached(|| {
            let done = guarded(work);
            Inside::stays_at_the_end();
            done
        });
        done.map_err(|e| to_python_error(self, &e))
    }

    fn run_detached<T: Send>(self, work: impl FnOnce() -> T + Send) -> T {
        release::empty(self);
        let done = self.detach(work);
        release::empty(self);
        done
    }
}
