//! `_engine.Mailbox`: what a Python thread fetches a context's events out of, to tell the program's listeners.

use std::sync::Arc;
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::batch::{BatchInfo, Event, Mailbox, OutputInfo};
use crate::source::ReceiverInfo;
use crate::time::Time;

use super::run::RunEngine;

/// Waits last no longer than this before interrupts are looked at.
const SLICE: Duration = Duration::from_millis(10);

/// Events on their way to the program's listeners.
#[pyclass(frozen, name = "Mailbox", module = "pyrite._engine")]
pub struct PyMailbox {
    pub(crate) mailbox: Arc<Mailbox>,
}

#[pymethods]
impl PyMailbox {
    /// The name of a listener's method and what its event is made of, waiting for it; None once the mailbox is closed and
    /// empty.
    fn fetch<'py>(&self, py: Python<'py>) -> PyResult<Option<(&'static str, Bound<'py, PyTuple>)>> {
        py.run_detached(|| self.mailbox.fetch()).map(|event| said(py, &event)).transpose()
    }

    /// Waits until every event was worked on; False when that took longer than `timeout` seconds.
    fn wait_empty(&self, py: Python<'_>, timeout: f64) -> PyResult<bool> {
        let end = Instant::now() + Duration::try_from_secs_f64(timeout).unwrap_or_default();
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if py.run_detached(|| self.mailbox.wait_empty(left.min(SLICE))) {
                return Ok(true);
            }
            if left.is_zero() {
                return Ok(false);
            }
            py.check_signals()?;
        }
    }

    /// No more events come; gives the number of those that wait. Without `keep` they are dropped.
    fn close(&self, py: Python<'_>, keep: bool) -> usize {
        py.run_detached(|| self.mailbox.close(keep))
    }

    /// How many events there was no room for.
    #[getter]
    fn dropped(&self, py: Python<'_>) -> u64 {
        py.run_detached(|| self.mailbox.dropped())
    }
}

fn said<'py>(py: Python<'py>, event: &Event) -> PyResult<(&'static str, Bound<'py, PyTuple>)> {
    Ok(match event {
        Event::StreamingStarted(time) => ("onStreamingStarted", (time.0,).into_pyobject(py)?),
        Event::BatchSubmitted(info) => ("onBatchSubmitted", batch(py, info)?),
        Event::BatchStarted(info) => ("onBatchStarted", batch(py, info)?),
        Event::BatchCompleted(info) => ("onBatchCompleted", batch(py, info)?),
        Event::OutputStarted(time, info) => ("onOutputOperationStarted", output(py, *time, info)?),
        Event::OutputCompleted(time, info) => ("onOutputOperationCompleted", output(py, *time, info)?),
        Event::ReceiverStarted(info) => ("onReceiverStarted", receiver(py, info)?),
        Event::ReceiverError(info) => ("onReceiverError", receiver(py, info)?),
        Event::ReceiverStopped(info) => ("onReceiverStopped", receiver(py, info)?),
    })
}

/// Times in milliseconds, -1 where one isn't known yet.
fn ms(time: Option<Time>) -> i64 {
    time.map_or(-1, |time| time.0)
}

fn batch<'py>(py: Python<'py>, info: &BatchInfo) -> PyResult<Bound<'py, PyTuple>> {
    let inputs: Vec<(usize, usize, Option<&str>)> =
        info.inputs.iter().map(|(id, report)| (id.0, report.records, report.description.as_deref())).collect();
    let outputs = info.outputs.iter().map(|o| output(py, info.time, o)).collect::<PyResult<Vec<_>>>()?;
    (info.time.0, info.submitted.0, ms(info.started), ms(info.ended), inputs, outputs).into_pyobject(py)
}

fn output<'py>(py: Python<'py>, time: Time, info: &OutputInfo) -> PyResult<Bound<'py, PyTuple>> {
    (time.0, info.id.0, &info.name, ms(info.started), ms(info.ended), info.failure.as_deref()).into_pyobject(py)
}

fn receiver<'py>(py: Python<'py>, info: &ReceiverInfo) -> PyResult<Bound<'py, PyTuple>> {
    (
        info.stream.0,
        &info.name,
        info.active,
        &info.location,
        &info.executor,
        &info.last_error_message,
        &info.last_error,
        ms(info.last_error_time),
    )
        .into_pyobject(py)
}
