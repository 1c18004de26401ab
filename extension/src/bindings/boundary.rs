//! `_engine.Boundary`: a method without a frame of its own, so that the user's traceback holds no line of ours.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};

/// `types.MethodType`
static BIND: PyOnceLock<Py<PyType>> = PyOnceLock::new();

use crate::objects::inside::Inside;

/// Calls a function; an exception goes through `pyrite._traceback.clean` on its way out.
#[pyclass(frozen, dict, weakref, module = "pyrite._engine")]
pub struct Boundary {
    function: Py<PyAny>,
}

#[pymethods]
impl Boundary {
    #[new]
    fn new(function: Py<PyAny>) -> Self {
        Self { function }
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn __call__(
        &self,
        py: Python<'_>,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Py<PyAny>> {
        let _inside = Inside::enter(py);
        self.function.call(py, args, kwargs).map_err(|error| {
            let cleaned = py
                .import(intern!(py, "pyrite._traceback"))
                .and_then(|m| m.call_method1(intern!(py, "clean"), (error.value(py),)));
            match cleaned {
                Ok(_) => error_of(py, &error),
                Err(broken) => broken,
            }
        })
    }

    fn __get__(
        slf: Bound<'_, Self>,
        object: &Bound<'_, PyAny>,
        _owner: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        if object.is_none() {
            return Ok(slf.into_any().unbind());
        }
        let bind = BIND.import(slf.py(), "types", "MethodType")?;
        Ok(bind.call1((slf, object))?.unbind())
    }
}

/// The same exception with the traceback that it has now.
fn error_of(py: Python<'_>, error: &PyErr) -> PyErr {
    PyErr::from_value(error.value(py).clone().into_any())
}
