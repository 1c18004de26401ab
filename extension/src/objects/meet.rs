//! A cogroup of states and a batch for the interpreter: the batch is a dict, by which the states pass. Keys come as from a
//! dict of both, those of the states first.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyIterator, PyList, PyTuple};

use crate::chunk::{BoxStream, Chunk, ChunkStream};
use crate::error::Result;
use crate::stage::Task;

use super::attached;
use super::call::unpack;
use super::convert::group_of;
use super::owned::Owned;
use super::raised::annotate;
use super::rows::{PyRows, load};
use super::slices::{SLICE, for_each_row};

/// Reads the second side, then passes the first by it.
pub fn open(first: BoxStream, mut second: BoxStream, name: &Arc<str>, task: &Task) -> Result<BoxStream> {
    let came = attached(|py| Ok(Owned::new(PyDict::new(py).unbind())))?;
    while let Some(chunk) = second.next(usize::MAX)? {
        for_each_row(&chunk, &task.cancel, |py, row| {
            add(came.bind(py), row).inspect_err(|e| annotate(py, e, name, Some(row.bind(py)), Some(task.partition)))
        })?;
    }
    Ok(Box::new(Met { first: Some(first), came, rest: None, name: name.clone(), task: task.clone() }))
}

/// Puts a pair's value into its key's list.
fn add(came: &Bound<'_, PyDict>, row: &Py<PyAny>) -> PyResult<()> {
    let (key, value) = unpack(came.py(), row)?;
    match came.get_item(&key)? {
        Some(values) => values.cast::<PyList>()?.append(value),
        None => came.set_item(key, PyList::new(came.py(), [value])?),
    }
}

struct Met {
    /// Until it has been read.
    first: Option<BoxStream>,
    /// The keys of the second side that the first didn't have so far, with their values.
    came: Owned<PyDict>,
    /// What is left of them.
    rest: Option<Owned<PyIterator>>,
    name: Arc<str>,
    task: Task,
}

impl ChunkStream for Met {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        self.task.cancel.check()?;
        super::gate::give_way();
        let most = want.clamp(1, SLICE);
        if let Some(first) = &mut self.first {
            if let Some(chunk) = first.next(most)? {
                return attached(|py| self.beside(py, &chunk)).map(Some);
            }
            self.first = None;
        }
        attached(|py| self.left(py, most))
    }
}

impl Met {
    /// Rows of the first side with what the second has for their keys.
    fn beside(&self, py: Python<'_>, chunk: &Chunk) -> PyResult<Chunk> {
        let came = self.came.bind(py);
        let mut rows = Vec::with_capacity(chunk.len());
        for row in load(py, chunk)? {
            let put_together = || {
                let (key, value) = unpack(py, &row)?;
                let values = match came.get_item(&key)? {
                    Some(values) => {
                        came.del_item(&key)?;
                        values
                    }
                    None => PyList::empty(py).into_any(),
                };
                row_of(py, key.into_bound(py), PyList::new(py, [value])?.into_any(), values)
            };
            let met = put_together()
                .inspect_err(|e| annotate(py, e, &self.name, Some(row.bind(py)), Some(self.task.partition)));
            rows.push(met?);
        }
        Ok(PyRows::chunk(rows))
    }

    /// Keys that only the second side has.
    fn left(&mut self, py: Python<'_>, most: usize) -> PyResult<Option<Chunk>> {
        if self.rest.is_none() {
            self.rest = Some(Owned::new(self.came.bind(py).call_method0("items")?.try_iter()?.unbind()));
        }
        let Some(rest) = &self.rest else { return Ok(None) };
        let mut rows = Vec::with_capacity(most.min(1024));
        for entry in rest.bind(py).clone().take(most) {
            let (key, values) = entry?.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>()?;
            rows.push(row_of(py, key, PyList::empty(py).into_any(), values)?);
        }
        Ok(if rows.is_empty() { None } else { Some(PyRows::chunk(rows)) })
    }
}

fn row_of<'py>(
    py: Python<'py>,
    key: Bound<'py, PyAny>,
    first: Bound<'py, PyAny>,
    second: Bound<'py, PyAny>,
) -> PyResult<Py<PyAny>> {
    let groups = PyTuple::new(py, [group_of(first)?, group_of(second)?])?;
    Ok(PyTuple::new(py, [key, groups.into_any()])?.into_any().unbind())
}
