//! Keys by number, in the order of their first appearance: a dict, so that equality is Python's own.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::chunk::Chunk;
use crate::error::Result;
use crate::stage::{ObjectNumbers, Task};

use super::attached;
use super::call::unpack;
use super::owned::Owned;
use super::rows::{PyRows, load};
use super::slices::for_each_row;

/// Keys and their numbers.
pub struct PyNumbers {
    numbers: Owned<PyDict>,
    keys: Owned<PyList>,
}

impl PyNumbers {
    /// No keys.
    pub fn new(py: Python<'_>) -> Self {
        let (numbers, keys) = (PyDict::new(py).unbind(), PyList::empty(py).unbind());
        Self { numbers: Owned::new(numbers), keys: Owned::new(keys) }
    }

    fn number(&self, key: Bound<'_, PyAny>) -> PyResult<u32> {
        let py = key.py();
        let (numbers, keys) = (self.numbers.bind(py), self.keys.bind(py));
        if let Some(number) = numbers.get_item(&key)? {
            return number.extract();
        }
        let number = keys.len() as u32;
        numbers.set_item(&key, number)?;
        keys.append(key)?;
        Ok(number)
    }
}

impl ObjectNumbers for PyNumbers {
    fn add(&mut self, pairs: &Chunk, lists: bool, task: &Task) -> Result<(Vec<u32>, Vec<u32>)> {
        let (mut numbers, mut items) = (Vec::with_capacity(pairs.len()), Vec::with_capacity(pairs.len()));
        for_each_row(pairs, &task.cancel, |py, row| {
            let (key, value) = unpack(py, row)?;
            numbers.push(self.number(key.into_bound(py))?);
            items.push(if lists { value.bind(py).len()? as u32 } else { 1 });
            Ok(())
        })?;
        Ok((numbers, items))
    }

    fn seed(&mut self, keys: &Chunk) -> Result<()> {
        attached(|py| {
            for key in load(py, keys)? {
                self.number(key.into_bound(py))?;
            }
            Ok(())
        })
    }

    fn key(&self, number: usize) -> Result<Chunk> {
        attached(|py| Ok(PyRows::chunk(vec![self.keys.bind(py).get_item(number)?.unbind()])))
    }
}
