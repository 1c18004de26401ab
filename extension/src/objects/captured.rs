//! A container or value that a compiled function captures, as columns: Python keeps it with the frozen function.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFrozenSet, PyList, PySet, PyTuple};

use super::convert::to_columns;
use crate::lambda::Captured;

/// What a function captures, as it was when this was made.
#[pyclass(frozen, name = "Captured", module = "pyrite._engine")]
pub struct PyCaptured(Arc<Captured>);

#[pymethods]
impl PyCaptured {
    /// Converts a dict, list, tuple, set or frozenset, or a plain value. What no column holds shows when it is used.
    #[new]
    fn new(py: Python<'_>, value: &Bound<'_, PyAny>) -> Self {
        let columns = |items: Vec<Bound<'_, PyAny>>| to_columns(py, &items);
        Self(Arc::new(if let Ok(dict) = value.cast_exact::<PyDict>() {
            let (keys, values) = dict.iter().unzip();
            Captured::dict(columns(keys), columns(values))
        } else if let Ok(list) = value.cast_exact::<PyList>() {
            Captured::list(columns(list.iter().collect()))
        } else if let Ok(tuple) = value.cast_exact::<PyTuple>() {
            Captured::sequence(columns(tuple.iter().collect()))
        } else if let Ok(set) = value.cast_exact::<PySet>() {
            Captured::set(columns(set.iter().collect()))
        } else if let Ok(set) = value.cast_exact::<PyFrozenSet>() {
            Captured::set(columns(set.iter().collect()))
        } else {
            Captured::value(columns(vec![value.clone()]))
        }))
    }
}

impl PyCaptured {
    /// For the compiled function.
    pub fn share(&self) -> Arc<Captured> {
        self.0.clone()
    }
}
