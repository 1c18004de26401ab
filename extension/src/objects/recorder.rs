//! What a checkpoint keeps of a Python program: a callable says it, in bytes.

use pyo3::prelude::*;

use crate::batch::Program;
use crate::error::Result;

use super::gate::attached;
use super::owned::Owned;
use super::raised::user_error;

/// `function()` gives the bytes.
pub struct PyRecorder(Owned<PyAny>);

impl PyRecorder {
    /// A function of ours.
    pub fn new(function: Py<PyAny>) -> Self {
        Self(Owned::new(function))
    }
}

impl Program for PyRecorder {
    fn record(&self) -> Result<Vec<u8>> {
        attached(|py| {
            let recorded = || self.0.bind(py).call0()?.extract::<Vec<u8>>();
            recorded().map_err(|error| user_error(py, &error))
        })
    }
}
