//! References to Python objects that wait to be released. Plans, errors and rows are dropped on any thread and under any
//! lock; a drop that attached there would wait for the interpreter while who is in it waits for the lock.

use std::ptr::null_mut;

use crossbeam::queue::SegQueue;
use pyo3::ffi;
use pyo3::prelude::*;

use crate::sync::entering_foreign;

/// What was dropped without the interpreter. Where that goes away first, the references are left to it.
static WAITING: SegQueue<Box<dyn Send>> = SegQueue::new();

/// Drops what refers to Python objects: here, if the thread is attached, else on the list; a vector is one entry of it.
pub fn release<T: Send + 'static>(held: T) {
    if !is_attached() {
        WAITING.push(Box::new(held));
        return;
    }
    // A finaliser may do anything.
    entering_foreign("the release of a Python object");
    drop(held);
}

/// Whether references wait.
pub fn is_waiting() -> bool {
    !WAITING.is_empty()
}

/// Drops what is on the list. Costs nothing where there is nothing.
pub fn empty(_: Python<'_>) {
    while is_waiting()
        && let Some(held) = WAITING.pop()
    {
        drop(held);
    }
}

/// `PyGILState_Check` says yes to everybody once a program has made a sub-interpreter, and when the interpreter has gone.
fn is_attached() -> bool {
    // SAFETY: all three may be called from any thread; the states are compared, not looked into.
    unsafe {
        let own = if ffi::Py_IsInitialized() == 0 { null_mut() } else { ffi::PyGILState_GetThisThreadState() };
        !own.is_null() && own == ffi::compat::PyThreadState_GetUnchecked()
    }
}
