//! The one door between Python and the engine: detach, run, map errors.

use pyo3::prelude::*;

use crate::error::Result;
use crate::fault::guarded;
use crate::objects::raised::to_python_error;

/// Runs engine code without the interpreter.
pub trait RunEngine {
    /// Detaches, runs `work`, gives its error to Python.
    fn run_engine<T: Send>(self, work: impl FnOnce() -> Result<T> + Send) -> PyResult<T>;
}

impl RunEngine for Python<'_> {
    fn run_engine<T: Send>(self, work: impl FnOnce() -> Result<T> + Send) -> PyResult<T> {
        self.detach(|| guarded(work)).map_err(|e| to_python_error(self, &e))
    }
}
