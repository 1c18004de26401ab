//! A reference to a Python object that may be dropped anywhere.

use std::mem::ManuallyDrop;

use pyo3::ffi;
use pyo3::prelude::*;

use super::release::release;

/// A reference held by plans, jobs and errors, which threads without the interpreter drop.
pub struct Owned<T: 'static>(ManuallyDrop<Py<T>>);

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
        release(unsafe { ManuallyDrop::take(&mut self.0) });
    }
}

/// A new reference as the caller's own.
///
/// # Safety
/// Attached; `object` is a new reference, or null with an exception set.
#[inline]
pub unsafe fn owned(py: Python<'_>, object: *mut ffi::PyObject) -> PyResult<Py<PyAny>> {
    // SAFETY: by the caller's promise.
    unsafe { Bound::from_owned_ptr_or_err(py, object).map(Bound::unbind) }
}
