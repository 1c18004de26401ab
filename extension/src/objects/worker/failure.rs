//! Exceptions as bytes, on their way between the processes: `pyrite._remote_error` makes and reads them.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

fn module(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    py.import(intern!(py, "pyrite._remote_error"))
}

/// The exception with its causes, notes and tracebacks.
pub fn dump(py: Python<'_>, error: PyErr) -> PyResult<Vec<u8>> {
    let dumped = module(py)?.call_method1(intern!(py, "dump"), (error.into_value(py),))?;
    Ok(dumped.cast::<PyBytes>()?.as_bytes().to_vec())
}

/// What `dump` got.
pub fn load(py: Python<'_>, dumped: &[u8]) -> PyResult<PyErr> {
    Ok(PyErr::from_value(module(py)?.call_method1(intern!(py, "load"), (PyBytes::new(py, dumped),))?))
}
