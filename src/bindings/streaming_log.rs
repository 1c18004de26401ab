//! `_engine.Log`: messages of threads that never enter the interpreter wait here for a Python thread that logs them.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;

use crate::log::{Log, Message};
use crate::objects::raised::to_python_error;

/// More waiting messages than this are too many for anyone to read; the oldest go.
const LIMIT: usize = 10_000;

/// Level, logger below `pyrite`, text, the batch it is about in milliseconds since 1970, its error.
type Said = (u8, String, String, Option<i64>, Option<Py<PyAny>>);

#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    messages: VecDeque<Message>,
    closed: bool,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log for Queue {
    fn put(&self, message: Message) {
        let mut state = self.lock();
        let gone = if state.messages.len() == LIMIT { state.messages.pop_front() } else { None };
        state.messages.push_back(message);
        drop(state);
        self.changed.notify_all();
        if let Some(Message { error: Some(error), .. }) = gone {
            // It may be Python's, to be dropped attached; the log is unlocked again, for who is attached may want it.
            Python::attach(|_| drop(error));
        }
    }
}

/// Messages that wait to be logged.
#[pyclass(frozen, name = "Log", module = "pyrite._engine")]
pub struct PyLog {
    pub(crate) queue: Arc<Queue>,
}

#[pymethods]
impl PyLog {
    #[new]
    fn new() -> Self {
        Self { queue: Arc::default() }
    }

    /// The messages that came, waiting for the first; None once the log is closed and empty.
    fn next(&self, py: Python<'_>) -> Option<Vec<Said>> {
        let messages: Vec<Message> = py.detach(|| {
            let mut state = self.queue.lock();
            while state.messages.is_empty() && !state.closed {
                let waited = self.queue.changed.wait_timeout(state, Duration::from_secs(3600));
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
            state.messages.drain(..).collect()
        });
        let said = |m: Message| -> Said {
            let error = m.error.map(|error| to_python_error(py, &error).into_value(py).into_any());
            (m.level.number(), m.logger.to_owned(), m.text, m.batch.map(|t| t.0), error)
        };
        Some(messages.into_iter().map(said).collect()).filter(|m: &Vec<_>| !m.is_empty())
    }

    /// No more messages come.
    fn close(&self) {
        self.queue.lock().closed = true;
        self.queue.changed.notify_all();
    }
}

/// The text of `pprint` for one batch; `num` of the rows are shown.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "pyo3 makes the strings for this call")]
pub fn pprint_text(time: &str, rows: Vec<String>, num: usize) -> String {
    crate::sink::pprint_text(time, &rows, num)
}
