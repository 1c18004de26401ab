//! A reference to a Python object that may be dropped anywhere: it is released while attached.

use std::mem::ManuallyDrop;

use pyo3::prelude::*;

/// A reference held by plans, jobs and errors, which threads without the interpreter drop.
pub struct Owned<T>(ManuallyDrop<Py<T>>);

impl<T> Owned<T> {
    /// Takes a reference over.
    pub fn new(object: Py<T>) -> Self {
        Self(ManuallyDrop::new(object))
    }
}

impl<T> std::ops::Deref for Owned<T> {
    type Target = Py<T>;

    fn deref(&self) -> &Py<T> {
        &self.0
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: taken once, here; `self` is not used again.
        let object = ManuallyDrop::new(unsafe { ManuallyDrop::take(&mut self.0) });
        // Where the interpreter is going away the reference is left to it.
        let _ = Python::try_attach(|_| drop(ManuallyDrop::into_inner(object)));
    }
}
