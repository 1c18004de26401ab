//! `_engine.Log`: what a Python thread takes messages out of, to log them.

use std::sync::Arc;

use pyo3::exceptions::PyBaseException;
use pyo3::prelude::*;
use pyo3::types::PyTraceback;

use crate::log::Message;
use crate::objects::messages::{Found, Messages};
use crate::objects::raised::to_show;

use super::run::RunEngine;

/// An exception and its traceback.
type Shown = (Py<PyBaseException>, Option<Py<PyTraceback>>);

/// Level, logger below `pyrite`, text, the batch it is about in milliseconds since 1970, its error.
type Said = (u8, String, String, Option<i64>, Option<Shown>);

/// Messages that wait to be logged.
#[pyclass(frozen, name = "Log", module = "pyrite._engine")]
pub struct PyLog {
    pub(crate) messages: Arc<Messages>,
}

#[pymethods]
impl PyLog {
    #[new]
    fn new() -> Self {
        Self { messages: Arc::default() }
    }

    /// The messages that came, waiting for the first; None once the log is closed and empty. The calling thread also
    /// releases references that nobody else does.
    fn next(&self, py: Python<'_>) -> Option<Vec<Said>> {
        loop {
            match py.run_serving(|| self.messages.next()) {
                Found::Messages(messages) => return Some(messages.into_iter().map(|m| said(py, m)).collect()),
                Found::References => {}
                Found::End => return None,
            }
        }
    }

    /// No more messages come.
    fn close(&self, py: Python<'_>) {
        py.run_detached(|| self.messages.close());
    }
}

fn said(py: Python<'_>, message: Message) -> Said {
    let error = message.error.map(|error| {
        let (exception, traceback) = to_show(py, &error);
        (exception.unbind(), traceback.map(Bound::unbind))
    });
    (message.level.number(), message.logger.to_owned(), message.text, message.batch.map(|t| t.0), error)
}

/// The text of `pprint` for one batch; `num` of the rows are shown.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "pyo3 makes the strings for this call")]
pub fn pprint_text(time: &str, rows: Vec<String>, num: usize) -> String {
    crate::sink::pprint_text(time, &rows, num)
}
