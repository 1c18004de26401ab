//! `_engine.Stream`: a stream of the graph. `_engine.ManualClock`: time by hand.

use std::sync::Arc;

use pyo3::prelude::*;

use crate::batch::StreamRef;
use crate::objects::raised;
use crate::time::{Clock, ManualClock, Time};

use super::plan::PyPlan;
use super::run::RunEngine;

/// A stream: what Python's `DStream` stands on.
#[pyclass(frozen, name = "Stream", module = "pyrite._engine")]
pub struct PyStream {
    pub(crate) stream: StreamRef,
}

impl PyStream {
    pub(crate) fn new(stream: StreamRef) -> Self {
        Self { stream }
    }
}

#[pymethods]
impl PyStream {
    /// Milliseconds from one of its plans to the next.
    #[getter]
    fn slide_ms(&self) -> i64 {
        self.stream.slide_ms()
    }

    /// Keeps the rows of its plans from now on.
    fn persist(&self, py: Python<'_>) {
        py.run_detached(|| self.stream.persist());
    }

    /// Has it written down every so many milliseconds.
    fn checkpoint(&self, ms: i64) {
        self.stream.checkpoint(ms);
    }

    /// Its plan at a time, made now unless it is remembered.
    fn plan(&self, py: Python<'_>, time_ms: i64) -> PyResult<Option<PyPlan>> {
        Ok(py.run_engine(|| self.stream.plan(Time(time_ms), &raised::check_signals))?.map(PyPlan::new))
    }

    /// The plan it made last.
    #[getter]
    fn latest(&self, py: Python<'_>) -> Option<PyPlan> {
        py.run_detached(|| self.stream.latest()).map(PyPlan::new)
    }

    /// How many keys it remembers, and in how many bytes; None where it remembers nothing by key.
    #[getter]
    fn state_size(&self, py: Python<'_>) -> Option<(usize, usize)> {
        let memory = self.stream.memory()?;
        py.run_detached(|| memory.size()).map(|size| (size.keys, size.bytes))
    }

    fn __repr__(&self) -> String {
        self.stream.to_string()
    }
}

/// A clock that starts at 0 and moves only by hand.
#[pyclass(frozen, name = "ManualClock", module = "pyrite._engine")]
pub struct PyManualClock {
    pub(crate) clock: Arc<ManualClock>,
}

#[pymethods]
impl PyManualClock {
    #[new]
    fn new() -> Self {
        Self { clock: Arc::new(ManualClock::new()) }
    }

    /// Milliseconds since the start of time.
    fn now(&self, py: Python<'_>) -> i64 {
        py.run_detached(|| self.clock.now().0)
    }

    /// Moves to a time, never back.
    fn set(&self, py: Python<'_>, ms: i64) {
        py.run_detached(|| self.clock.set(Time(ms)));
    }

    /// Moves on.
    fn advance(&self, py: Python<'_>, ms: i64) {
        py.run_detached(|| self.clock.advance(ms));
    }
}
