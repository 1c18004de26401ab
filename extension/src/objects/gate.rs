//! The door into the interpreter, and who goes first: CPython's lock goes to whoever comes first, and tasks that take it
//! for each chunk can keep a thread that looks for interrupts out for seconds.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use pyo3::ffi;
use pyo3::prelude::*;

use crate::sync::entering_foreign;

use super::release;

/// Attaches for work. References that wait to be released are, on the way in and on the way out.
pub fn attached<T>(work: impl FnOnce(Python<'_>) -> T) -> T {
    entering_foreign("the interpreter");
    Python::attach(|py| {
        release::empty(py);
        let done = work(py);
        release::empty(py);
        done
    })
}

/// As `attached`, before the tasks at work: for what is short and lets another task use another core.
pub fn attached_first<T>(work: impl FnOnce(Python<'_>) -> T) -> T {
    let asking = Asking::in_turn();
    attached(|py| {
        drop(asking);
        work(py)
    })
}

static ASKING: AtomicUsize = AtomicUsize::new(0);

/// A task gives way for no longer than this.
const PATIENCE: Duration = Duration::from_millis(20);
/// How often it looks.
const NAP: Duration = Duration::from_micros(100);

/// The calling thread wants in, until this is dropped.
pub struct Asking;

impl Asking {
    /// From now on tasks give way.
    pub fn in_turn() -> Self {
        ASKING.fetch_add(1, Ordering::Relaxed);
        Self
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        ASKING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What a task does within its work, attached, where another thread may go first.
pub fn give_way_within(py: Python<'_>) {
    if ASKING.load(Ordering::Relaxed) > 0 {
        py.detach(give_way);
    }
}

/// What a task does before it attaches.
pub fn give_way() {
    if ASKING.load(Ordering::Relaxed) == 0 {
        return;
    }
    // SAFETY: may be called from any thread.
    if unsafe { ffi::PyGILState_Check() } == 1 {
        return;
    }
    let end = Instant::now() + PATIENCE;
    while ASKING.load(Ordering::Relaxed) > 0 && Instant::now() < end {
        std::thread::sleep(NAP);
    }
}
