//! Calls of partition functions: the rows of the machine before are the iterator they get.

use std::sync::{Mutex, TryLockError};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyIterator;

use crate::error::Error;

use super::machine::Machine;
use super::raised::to_python_error;

/// A partition function that is yet to be called.
pub(super) struct PartitionCall {
    pub function: Py<PyAny>,
    pub upstream: Py<RowIterator>,
    pub index: Option<usize>,
}

impl PartitionCall {
    pub(super) fn run(self, py: Python<'_>) -> PyResult<Py<PyIterator>> {
        let result = match self.index {
            Some(index) => self.function.call1(py, (index, self.upstream))?,
            None => self.function.call1(py, (self.upstream,))?,
        };
        Ok(result.bind(py).try_iter()?.unbind())
    }
}

/// The rows of a machine as the iterator that a partition function gets.
#[pyclass(frozen, module = "pyrite._engine")]
pub(super) struct RowIterator(Mutex<Machine>);

impl RowIterator {
    pub(super) fn new(machine: Machine) -> Self {
        Self(Mutex::new(machine))
    }
}

#[pymethods]
impl RowIterator {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        match self.0.try_lock() {
            Ok(mut machine) => {
                if machine.place.cancel.is_set() {
                    return Err(to_python_error(py, &Error::Cancelled));
                }
                let row = machine.next_row(py);
                machine.flush_counts();
                row
            }
            Err(TryLockError::WouldBlock) => {
                Err(PyValueError::new_err("the partition's iterator is already executing"))
            }
            Err(TryLockError::Poisoned(_)) => Err(PyValueError::new_err("the partition's iterator has failed")),
        }
    }
}
