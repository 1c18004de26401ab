//! The program's functions that run while batches are made and worked on.

use std::any::Any;
use std::marker::PhantomData;

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::batch::{DriverFn, OutputFn};
use crate::error::Result;
use crate::plan::PlanRef;
use crate::time::Time;

use super::gate::attached;
use super::owned::Owned;
use super::raised::driver_error;

/// How plans look to Python.
pub trait PlanObject: Send + Sync + 'static {
    /// A Python object for a plan.
    fn wrap(py: Python<'_>, plan: PlanRef) -> PyResult<Py<PyAny>>;
    /// The plan of such an object.
    fn unwrap(object: &Bound<'_, PyAny>) -> PyResult<PlanRef>;
}

/// `function(time_ms, *plans)` gives a plan or None.
pub struct Driver<P> {
    function: Owned<PyAny>,
    plans: PhantomData<P>,
}

impl<P> Driver<P> {
    /// A function of the program.
    pub fn new(function: Py<PyAny>) -> Self {
        Self { function: Owned::new(function), plans: PhantomData }
    }
}

impl<P: PlanObject> DriverFn for Driver<P> {
    fn call(&self, time: Time, parents: &[PlanRef]) -> Result<Option<PlanRef>> {
        attached(|py| {
            let call = || -> PyResult<Option<PlanRef>> {
                let mut args: Vec<Py<PyAny>> = Vec::with_capacity(parents.len() + 1);
                args.push(time.0.into_pyobject(py)?.into_any().unbind());
                for plan in parents {
                    args.push(P::wrap(py, plan.clone())?);
                }
                let result = self.function.bind(py).call1(PyTuple::new(py, args)?)?;
                if result.is_none() { Ok(None) } else { P::unwrap(&result).map(Some) }
            };
            call().map_err(|e| driver_error(py, &e))
        })
    }
}

/// `function(time_ms, plan)`: Python's job threads take it out of the job and call it themselves.
pub struct Output<P> {
    function: Owned<PyAny>,
    plans: PhantomData<P>,
}

impl<P> Output<P> {
    /// A function of the program.
    pub fn new(function: Py<PyAny>) -> Self {
        Self { function: Owned::new(function), plans: PhantomData }
    }

    /// The function.
    pub fn function(&self) -> &Py<PyAny> {
        &self.function
    }
}

impl<P: PlanObject> OutputFn for Output<P> {
    fn call(&self, time: Time, plan: &PlanRef) -> Result<()> {
        attached(|py| {
            let call = || self.function.bind(py).call1((time.0, P::wrap(py, plan.clone())?)).map(drop);
            call().map_err(|e| driver_error(py, &e))
        })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
