//! The program's functions that run while batches are made and worked on.

use std::any::Any;

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::batch::{DriverFn, OutputFn};
use crate::error::Result;
use crate::objects::owned::Owned;
use crate::objects::raised::user_error;
use crate::plan::PlanRef;
use crate::time::Time;

use super::plan::PyPlan;

/// `function(time_ms, *plans)` gives a plan or None.
pub struct PyDriver(pub Owned<PyAny>);

impl DriverFn for PyDriver {
    fn call(&self, time: Time, parents: &[PlanRef]) -> Result<Option<PlanRef>> {
        Python::attach(|py| {
            let call = || -> PyResult<Option<PlanRef>> {
                let mut args: Vec<Py<PyAny>> = Vec::with_capacity(parents.len() + 1);
                args.push(time.0.into_pyobject(py)?.into_any().unbind());
                for plan in parents {
                    args.push(Py::new(py, PyPlan::new(plan.clone()))?.into_any());
                }
                let result = self.0.bind(py).call1(PyTuple::new(py, args)?)?;
                if result.is_none() {
                    return Ok(None);
                }
                Ok(Some(result.cast::<PyPlan>()?.get().plan.clone()))
            };
            call().map_err(|e| user_error(py, &e))
        })
    }
}

/// `function(time_ms, plan)`: Python's job threads take it out of the job and call it themselves.
pub struct PyOutput(pub Owned<PyAny>);

impl OutputFn for PyOutput {
    fn call(&self, time: Time, plan: &PlanRef) -> Result<()> {
        Python::attach(|py| {
            let call = || self.0.bind(py).call1((time.0, Py::new(py, PyPlan::new(plan.clone()))?)).map(drop);
            call().map_err(|e| user_error(py, &e))
        })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
