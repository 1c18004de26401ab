//! `_engine.Job`: one output operation of one batch. Python's threads run it, so that no engine frame is under the
//! program's function: a daemon thread may die there when the interpreter ends.

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::batch::{Job, Streaming};
use crate::chunk::Cancel;
use crate::error::Error;
use crate::job::JobOptions;
use crate::objects::raised::user_error;

use super::plan::PyPlan;
use super::streaming_functions::PyOutput;

/// One output operation of one batch.
#[pyclass(frozen, name = "Job", module = "pyrite._engine")]
pub struct PyJob {
    streaming: Arc<Streaming>,
    cancel: Cancel,
    job: Mutex<Option<Job>>,
}

impl PyJob {
    pub(crate) fn new(streaming: Arc<Streaming>, job: Job, cancel: Cancel) -> Self {
        Self { streaming, cancel, job: Mutex::new(Some(job)) }
    }
}

#[pymethods]
impl PyJob {
    /// The batch, in milliseconds since 1970.
    #[getter]
    fn time(&self) -> i64 {
        self.job.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map_or(0, |j| j.time.0)
    }

    /// Which output operation of the batch, counted from 0.
    #[getter]
    fn output(&self) -> usize {
        self.job.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map_or(0, |j| j.output.0)
    }

    /// The function and what it is to be called with. Jobs that the calling thread starts until `finish` end with `stop`.
    fn call(&self, py: Python<'_>) -> PyResult<(Py<PyAny>, i64, PyPlan)> {
        let job = self.job.lock().unwrap_or_else(PoisonError::into_inner);
        let job = job.as_ref().ok_or_else(|| PyRuntimeError::new_err("the job is done"))?;
        let function = job.function.as_any().downcast_ref::<PyOutput>();
        let function = function.ok_or_else(|| PyRuntimeError::new_err("the job is not Python's"))?;
        JobOptions::enclose(Some(self.cancel.clone()));
        Ok((function.0.clone_ref(py), job.time.0, PyPlan::new(job.plan.clone())))
    }

    /// The job is done, or failed with an exception.
    #[pyo3(signature = (error=None))]
    fn finish(&self, py: Python<'_>, error: Option<Bound<'_, PyAny>>) {
        JobOptions::enclose(None);
        let Some(job) = self.job.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        let (time, output) = (job.time, job.output);
        let result: Result<(), Error> = match error {
            Some(error) => Err(user_error(py, &PyErr::from_value(error))),
            None => Ok(()),
        };
        drop(job);
        // Plans and their functions are dropped attached; the rest needs no interpreter.
        self.streaming.finish_job(time, output, result);
    }
}
