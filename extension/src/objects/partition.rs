//! Calls of partition functions: the rows of the machine before are the iterator they get.

use std::sync::{Mutex, TryLockError};
use std::time::Duration;

use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyIterator;

use crate::error::Error;

use super::machine::Machine;
use super::raised::to_python_error;

/// A partition function that is yet to be called.
pub(super) struct PartitionCall {
    pub function: Py<PyAny>,
    pub upstream: Py<PyAny>,
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

/// The rows of a machine as an iterator. Where no operation makes them, a list or a range at a time: who takes them one by one from
/// there is Python's own `chain`, as in `PySpark`, and no call of ours.
pub(super) fn iterator(py: Python<'_>, mut machine: Machine) -> PyResult<Py<PyAny>> {
    if !machine.is_idle() {
        // Who catches an error goes on with the next row, and a loop that has raised has ended.
        machine.by_calls();
        return Ok(Py::new(py, RowIterator(Mutex::new(machine)))?.into_any());
    }
    let lists = Py::new(py, RowLists(Mutex::new(machine)))?;
    chained(py, lists.into_any())
}

/// The items of lists that come one after the other, by Python's own iterator.
pub(super) fn chained(py: Python<'_>, lists: Py<PyAny>) -> PyResult<Py<PyAny>> {
    let chain = py.import(intern!(py, "itertools"))?.getattr(intern!(py, "chain"))?;
    Ok(chain.call_method1(intern!(py, "from_iterable"), (lists,))?.unbind())
}

/// How often one thread looks whether another, which loads rows, is done.
const NAP: Duration = Duration::from_micros(200);

/// The rows of a machine without operations, as they are loaded.
#[pyclass(frozen, module = "pyrite._engine")]
struct RowLists(Mutex<Machine>);

#[pymethods]
impl RowLists {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        loop {
            match self.0.try_lock() {
                Ok(mut machine) => return machine.next_list(py),
                // An error here would end the chain for the other thread too.
                Err(TryLockError::WouldBlock) => py.detach(|| std::thread::sleep(NAP)),
                Err(TryLockError::Poisoned(_)) => {
                    return Err(PyValueError::new_err("the partition's iterator has failed"));
                }
            }
        }
    }
}

/// The rows of a machine as the iterator that a partition function gets.
#[pyclass(frozen, module = "pyrite._engine")]
struct RowIterator(Mutex<Machine>);

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
                machine.flush_counts(py);
                row
            }
            Err(TryLockError::WouldBlock) => {
                Err(PyValueError::new_err("the partition's iterator is already executing"))
            }
            Err(TryLockError::Poisoned(_)) => Err(PyValueError::new_err("the partition's iterator has failed")),
        }
    }
}
