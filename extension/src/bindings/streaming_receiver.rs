//! `_engine.Reception`: what a receiver that is written in Python stands on.

use std::sync::Arc;
use std::time::Duration;

use pyo3::exceptions::PyTimeoutError;
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::block::Block;
use crate::objects::receiver::{ReceptionObject, Rows, Whole, chunk_of};
use crate::source::{Attendance, Reception};
use crate::sync::Mutex;

use super::run::RunEngine;

/// Where a receiver's rows go.
#[pyclass(frozen, name = "Reception", module = "pyrite._engine")]
pub struct PyReception {
    reception: Arc<Reception<Whole>>,
    rows: Arc<Rows>,
    attendance: Mutex<Option<Attendance>>,
}

impl ReceptionObject for PyReception {
    fn wrap(py: Python<'_>, reception: Arc<Reception<Whole>>, rows: Arc<Rows>) -> PyResult<Py<PyAny>> {
        let attendance = Mutex::new(Some(reception.attend()));
        Ok(Py::new(py, Self { reception, rows, attendance })?.into_any())
    }
}

#[pymethods]
impl PyReception {
    /// Waits until a row may come; how many may, up to `most`. None when the context stops.
    fn admit(&self, py: Python<'_>, most: usize) -> Option<usize> {
        py.run_detached(|| self.reception.admit(most))
    }

    /// Adds a row that nobody changes any more and that weighs so much.
    fn store_row(&self, py: Python<'_>, row: Py<PyAny>, bytes: usize) {
        // Charged before a batch can take it: what is given back first would stay charged for ever.
        py.run_detached(|| self.reception.intake.budget().charge(bytes));
        self.rows.push(row, bytes);
    }

    /// Stores rows as a block and waits until that is stored: with a write-ahead log, durable. Raises `TimeoutError` after
    /// `timeout` seconds.
    fn store_rows(&self, py: Python<'_>, rows: &Bound<'_, PyList>, timeout: f64) -> PyResult<()> {
        let rows: Vec<Bound<'_, PyAny>> = rows.iter().collect();
        let chunk = chunk_of(py, &rows, self.reception.intake.log().is_some())?;
        drop(rows);
        let timeout = Duration::try_from_secs_f64(timeout).unwrap_or(Duration::MAX);
        let stored = py.run_engine(|| {
            self.rows.hand_over(&self.reception)?;
            let bytes = chunk.weight();
            let ticket = self.reception.store(Block { chunk, bytes });
            self.reception.flush_all();
            Ok(ticket.wait(timeout))
        })?;
        if stored {
            return Ok(());
        }
        let seconds = timeout.as_secs_f64();
        Err(PyTimeoutError::new_err(format!(
            "rows were not durable after {seconds} s (spark.streaming.receiver.blockStoreTimeout); they are kept, and the \
             next block interval tries again"
        )))
    }

    /// Stores the rows that wait, and writes to the log what is due.
    fn tick(&self, py: Python<'_>) -> PyResult<()> {
        py.run_engine(|| {
            self.rows.hand_over(&self.reception)?;
            self.reception.flush();
            Ok(())
        })
    }

    /// Waits until somebody calls `nudge` or the context stops, for so many milliseconds at most.
    fn sleep(&self, py: Python<'_>, ms: u64) {
        py.run_detached(|| {
            self.rows.nudge.sleep(Duration::from_millis(ms));
            if !self.reception.wake.is_set() {
                self.rows.nudge.clear();
            }
        });
    }

    /// Ends a `sleep`.
    fn nudge(&self, py: Python<'_>) {
        py.run_detached(|| self.rows.nudge.set());
    }

    /// Waits so many milliseconds on the context's clock; False when the context stops meanwhile.
    fn pause(&self, py: Python<'_>, ms: i64) -> bool {
        let clock = &self.reception.clock;
        py.run_detached(|| clock.wait_until(clock.now().plus(ms), &self.reception.wake))
    }

    /// Milliseconds from one block to the next.
    #[getter]
    fn interval_ms(&self) -> i64 {
        self.reception.intake.interval_ms()
    }

    /// The number of its input stream.
    #[getter]
    fn stream_id(&self) -> usize {
        self.reception.input.0
    }

    /// The restart delay in milliseconds, the seconds that storing rows may take, and whether there is a log.
    #[getter]
    fn settings(&self) -> (i64, f64, bool) {
        let reception = &self.reception;
        (reception.restart_ms, reception.store_timeout.as_secs_f64(), reception.intake.log().is_some())
    }

    /// Whether the context stops.
    #[getter]
    fn ending(&self) -> bool {
        self.reception.wake.is_set()
    }

    /// Whether the bytes that wait for their batch are within their limit.
    #[getter]
    fn has_room(&self) -> bool {
        self.reception.intake.budget().has_room()
    }

    /// Tells listeners that the receiver begins.
    fn started(&self, py: Python<'_>) {
        py.run_detached(|| self.reception.started());
    }

    /// Tells them of an error that it goes on after.
    fn failed(&self, py: Python<'_>, message: String, error: String) {
        py.run_detached(|| self.reception.failed(message, error));
    }

    /// Tells them that it ended, or begins anew.
    fn stopped(&self, py: Python<'_>, message: String, error: String) {
        py.run_detached(|| self.reception.stopped(message, error));
    }

    /// Its threads have ended.
    fn ended(&self, py: Python<'_>) {
        py.run_detached(|| drop(self.attendance.lock().take()));
    }
}
