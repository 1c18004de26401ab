//! `_engine.Job`: one output operation of one batch. Python's threads run it, so that no engine frame is under the
//! program's function: a daemon thread may die there when the interpreter ends.

use std::sync::Arc;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::batch::{Job, Streaming};
use crate::chunk::Cancel;
use crate::error::Error;
use crate::job::JobOptions;
use crate::objects::program::Output;
use crate::objects::raised::driver_error;
use crate::sync::Mutex;

use super::plan::PyPlan;
use super::run::RunEngine;

/// One output operation of one batch.
#[pyclass(frozen, name = "Job", module = "pyrite._engine")]
pub struct PyJob {
    streaming: Arc<Streaming>,
    cancel: Cancel,
    /// Locked for a moment by the one thread that has the job: no need to detach.
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
        self.job.lock().as_ref().map_or(0, |j| j.time.0)
    }

    /// Which output operation of the batch, counted from 0.
    #[getter]
    fn output(&self) -> usize {
        self.job.lock().as_ref().map_or(0, |j| j.output.0)
    }

    /// The function and what it is to be called with. Jobs that the calling thread starts until `finish` end with `stop`.
    fn call(&self, py: Python<'_>) -> PyResult<(Py<PyAny>, i64, PyPlan)> {
        let job = self.job.lock().as_ref().map(|j| (j.function.clone(), j.time, j.plan.clone()));
        let (function, time, plan) = job.ok_or_else(|| PyRuntimeError::new_err("the job is done"))?;
        let function = function.as_any().downcast_ref::<Output<PyPlan>>();
        let function = function.ok_or_else(|| PyRuntimeError::new_err("the job is not Python's"))?;
        JobOptions::enclose(Some(self.cancel.clone()));
        Ok((function.function().clone_ref(py), time.0, PyPlan::new(plan)))
    }

    /// The job is done, or failed with an exception.
    #[pyo3(signature = (error=None))]
    fn finish(&self, py: Python<'_>, error: Option<Bound<'_, PyAny>>) {
        let result: Result<(), Error> = match error {
            Some(error) => Err(driver_error(py, &PyErr::from_value(error))),
            None => Ok(()),
        };
        py.run_detached(|| {
            let Some(job) = self.job.lock().take() else { return };
            let (time, output) = (job.time, job.output);
            drop(job);
            self.streaming.finish_job(time, output, result);
        });
        // Jobs that complete what the batch has left end with `stop`, too.
        JobOptions::enclose(None);
    }
}
