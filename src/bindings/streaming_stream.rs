//! `_engine.Stream`: a node of the graph of streams. `_engine.ManualClock`: time by hand.

use std::sync::Arc;

use pyo3::prelude::*;

use crate::batch::NodeRef;
use crate::time::{Clock, ManualClock, Time};

use super::plan::PyPlan;
use super::run::RunEngine;

/// A stream: what Python's `DStream` stands on.
#[pyclass(frozen, name = "Stream", module = "pyrite._engine")]
pub struct PyStream {
    pub(crate) node: NodeRef,
}

impl PyStream {
    pub(crate) fn new(node: NodeRef) -> Self {
        Self { node }
    }
}

#[pymethods]
impl PyStream {
    /// Milliseconds from one of its plans to the next.
    #[getter]
    fn slide_ms(&self) -> i64 {
        self.node.slide_ms()
    }

    /// Keeps the rows of its plans from now on.
    fn persist(&self) {
        self.node.persist();
    }

    /// Its plan at a time, made now unless it is remembered.
    fn plan(&self, py: Python<'_>, time_ms: i64) -> PyResult<Option<PyPlan>> {
        Ok(py.run_engine(|| self.node.plan(Time(time_ms)))?.map(PyPlan::new))
    }

    /// The plan it made last.
    #[getter]
    fn latest(&self) -> Option<PyPlan> {
        self.node.latest().map(PyPlan::new)
    }

    fn __repr__(&self) -> String {
        self.node.to_string()
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
    fn now(&self) -> i64 {
        self.clock.now().0
    }

    /// Moves to a time, never back.
    fn set(&self, ms: i64) {
        self.clock.set(Time(ms));
    }

    /// Moves on.
    fn advance(&self, ms: i64) {
        self.clock.advance(ms);
    }
}
