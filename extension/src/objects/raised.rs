//! A user's exception on its way through the engine, and every error's way out to Python.

use std::any::Any;
use std::sync::Arc;

use pyo3::call::PyCallArgs;
use pyo3::exceptions::{PyBaseException, PyException, PySystemExit, PyTimeoutError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTraceback};

use crate::error::{Error, Kind, Result, UserError};

use super::gate::attached;
use super::owned::Owned;

/// An exception as it was raised: the object and its traceback, which raising it again must not lengthen.
pub struct Raised {
    exception: Owned<PyBaseException>,
    traceback: Option<Owned<PyTraceback>>,
    /// Whether it was raised on the driver: then it is for the program, whatever it is.
    by_driver: bool,
}

impl UserError for Raised {
    fn describe(&self) -> String {
        attached(|py| self.exception.bind(py).repr().map_or_else(|_| "an exception".to_owned(), |r| r.to_string()))
    }

    fn report(&self) -> String {
        let formatted = |py: Python<'_>| -> PyResult<String> {
            let traceback = self.traceback.as_ref().map(|t| t.bind(py));
            let args = (self.exception.bind(py), traceback);
            py.import(intern!(py, "pyrite._traceback"))?.call_method1(intern!(py, "report"), args)?.extract()
        };
        attached(formatted).unwrap_or_else(|_| self.describe())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Takes an exception into the engine.
pub fn user_error(py: Python<'_>, error: &PyErr) -> Error {
    taken(py, error, false)
}

/// The same for what the program itself raised: the handler of a signal, or a function on the driver.
pub fn driver_error(py: Python<'_>, error: &PyErr) -> Error {
    taken(py, error, true)
}

fn taken(py: Python<'_>, error: &PyErr, by_driver: bool) -> Error {
    let exception = Owned::new(error.value(py).clone().unbind());
    let traceback = error.traceback(py).map(|t| Owned::new(t.unbind()));
    Error::User(Arc::new(Raised { exception, traceback, by_driver }))
}

/// Whether an interrupt came, for waits without the interpreter.
pub fn check_signals() -> Result<()> {
    attached(|py| py.check_signals().map_err(|e| driver_error(py, &e)))
}

/// Whether a signal's handler raised this, as far as one can tell: it runs wherever the main thread runs Python.
pub fn is_interrupt(py: Python<'_>, error: &PyErr) -> bool {
    !error.is_instance_of::<PyException>(py) || error.is_instance_of::<PyTimeoutError>(py)
}

/// Gives an engine's error to Python: the user's own exception as it was, ours as the class that `PySpark` users catch.
pub fn to_python_error(py: Python<'_>, error: &Error) -> PyErr {
    match error {
        Error::User(user) => match user.as_any().downcast_ref::<Raised>() {
            Some(raised) => {
                let exception = raised.exception.bind(py);
                let traceback = raised.traceback.as_ref().map(|t| t.bind(py));
                let _ = exception.setattr(intern!(py, "__traceback__"), traceback);
                if exception.is_instance_of::<PySystemExit>() && !raised.by_driver {
                    return exit_error(py, exception);
                }
                PyErr::from_value(exception.clone().into_any())
            }
            None => engine_error(py, "org.apache.spark.SparkException", &user.describe()),
        },
        Error::Cancelled => engine_error(py, "org.apache.spark.SparkException", "Job was cancelled"),
        Error::Engine { kind: Kind::Value, message } => PyValueError::new_err(message.clone()),
        Error::Engine { kind, message } => engine_error(py, kind.class_name(), message),
    }
}

/// An engine's error for who only shows it, as the last two of `exc_info`: a user's exception may be raised by another
/// thread just now, so its own traceback is left alone.
pub fn to_show<'py>(py: Python<'py>, error: &Error) -> (Bound<'py, PyBaseException>, Option<Bound<'py, PyTraceback>>) {
    if let Error::User(user) = error
        && let Some(raised) = user.as_any().downcast_ref::<Raised>()
    {
        return (raised.exception.bind(py).clone(), raised.traceback.as_ref().map(|t| t.bind(py).clone()));
    }
    let error = to_python_error(py, error);
    (error.value(py).clone(), error.traceback(py))
}

/// A function on the data can't end the program: a job that it is called for fails.
fn exit_error(py: Python<'_>, exit: &Bound<'_, PyBaseException>) -> PyErr {
    made_by(intern!(py, "exit_error"), (exit,))
}

fn engine_error(py: Python<'_>, class: &str, message: &str) -> PyErr {
    made_by(intern!(py, "engine_error"), (class, message))
}

/// The exception that a function of `pyrite.errors` makes.
fn made_by<'py>(maker: &Bound<'py, PyString>, arguments: impl PyCallArgs<'py>) -> PyErr {
    let py = maker.py();
    match py.import(intern!(py, "pyrite.errors")).and_then(|errors| errors.call_method1(maker, arguments)) {
        Ok(exception) => PyErr::from_value(exception),
        Err(error) => error,
    }
}

/// Adds what promise 6 says to a task's exception: the operation, the partition, the record. The text is made in
/// `pyrite._notes`. (A batch's time is noted where its functions are called.)
pub fn annotate(
    py: Python<'_>,
    error: &PyErr,
    operation: &str,
    record: Option<&Bound<'_, PyAny>>,
    partition: Option<usize>,
) {
    let traceback = error.traceback(py);
    let noted = py.import(intern!(py, "pyrite._notes")).and_then(|notes| {
        let annotate = notes.getattr(intern!(py, "annotate"))?;
        match record {
            Some(record) => annotate.call1((error.value(py), traceback, operation, partition, record)),
            None => annotate.call1((error.value(py), traceback, operation, partition)),
        }
    });
    // What can't be noted is raised as it is.
    drop(noted);
}

/// A `StopIteration` out of a user function must not end the rows silently: `PySpark` fails the task with this error.
pub fn guard_stop_iteration(py: Python<'_>, error: PyErr) -> PyErr {
    if !error.is_instance_of::<pyo3::exceptions::PyStopIteration>(py) {
        return error;
    }
    let made = py
        .import(intern!(py, "pyrite.errors"))
        .and_then(|m| m.call_method1(intern!(py, "stop_iteration_error"), (error.value(py),)));
    match made {
        Ok(exception) => {
            let guarded = PyErr::from_value(exception);
            guarded.set_traceback(py, error.traceback(py));
            guarded
        }
        Err(error) => error,
    }
}
