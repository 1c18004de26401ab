//! `_engine.Found`: a checkpoint that a program goes on from.

use std::path::Path;

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::batch::Found;
use crate::log::LogRef;
use crate::sync::Mutex;
use crate::time::Time;

use super::run::RunEngine;
use super::streaming_log::PyLog;

/// A checkpoint that was read.
#[pyclass(frozen, name = "Found", module = "pyrite._engine")]
pub struct PyFound {
    /// Taken by who goes on from it.
    pub(super) found: Mutex<Option<Found>>,
    #[pyo3(get)]
    path: String,
    #[pyo3(get)]
    time: i64,
    /// The newest batch that had ended.
    #[pyo3(get)]
    settled: i64,
    #[pyo3(get)]
    interval_ms: i64,
    program: Vec<u8>,
}

#[pymethods]
impl PyFound {
    /// The newest readable checkpoint of a directory, before a time if that is given; None where there is none.
    #[staticmethod]
    #[pyo3(signature = (directory, log, before=None))]
    fn newest(py: Python<'_>, directory: &str, log: &PyLog, before: Option<i64>) -> PyResult<Option<Self>> {
        let log: LogRef = log.messages.clone();
        let found = py.run_engine(|| Found::newest(Path::new(directory), before.map(Time), &log))?;
        Ok(found.map(|found| Self {
            path: found.path().display().to_string(),
            time: found.time().0,
            settled: found.settled().0,
            interval_ms: found.interval_ms(),
            program: found.program().to_vec(),
            found: Mutex::new(Some(found)),
        }))
    }

    /// What the recorder of the program said.
    #[getter]
    fn program<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.program)
    }
}
