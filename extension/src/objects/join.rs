//! Joins of pairs that a native index can't take: a dict of each side's values, so that equality, order and errors are
//! Python's own. Rows are made a few thousand at a time.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyIterator, PyList, PyTuple};

use crate::chunk::{BoxStream, Chunk, ChunkStream};
use crate::error::Result;
use crate::plan::JoinKind;
use crate::stage::Task;

use super::attached;
use super::call::unpack;
use super::convert::group_of;
use super::owned::Owned;
use super::raised::annotate;
use super::rows::PyRows;
use super::slices::{SLICE, for_each_row};

/// Reads all sides, then makes rows lazily.
pub fn open(kind: JoinKind, sides: Vec<BoxStream>, name: &Arc<str>, task: &Task) -> Result<BoxStream> {
    let count = sides.len();
    let table = attached(|py| Ok(Owned::new(PyDict::new(py).unbind())))?;
    for (side, mut stream) in sides.into_iter().enumerate() {
        while let Some(chunk) = stream.next(usize::MAX)? {
            for_each_row(&chunk, &task.cancel, |py, row| {
                add(table.bind(py), side, count, row)
                    .inspect_err(|e| annotate(py, e, name, Some(row.bind(py)), Some(task.partition)))
            })?;
        }
    }
    let entries = attached(|py| Ok(Owned::new(table.bind(py).call_method0("items")?.try_iter()?.unbind())))?;
    Ok(Box::new(Joined { kind, entries, current: None, task: task.clone() }))
}

/// Puts a pair's value into its key's list of the side.
fn add(table: &Bound<'_, PyDict>, side: usize, count: usize, row: &Py<PyAny>) -> PyResult<()> {
    let py = table.py();
    let (key, value) = unpack(py, row)?;
    let lists = if let Some(lists) = table.get_item(&key)? {
        lists.cast_into::<PyTuple>()?
    } else {
        let lists = PyTuple::new(py, (0..count).map(|_| PyList::empty(py)))?;
        table.set_item(key, &lists)?;
        lists
    };
    lists.get_item(side)?.cast::<PyList>()?.append(value)
}

struct Joined {
    kind: JoinKind,
    entries: Owned<PyIterator>,
    /// A key whose rows are not all made: the key, both sides' values, the next of each.
    current: Option<Product>,
    task: Task,
}

struct Product {
    key: Owned<PyAny>,
    left: Owned<PyList>,
    right: Owned<PyList>,
    at: (usize, usize),
}

impl ChunkStream for Joined {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        self.task.cancel.check()?;
        super::gate::give_way();
        let most = want.clamp(1, SLICE);
        attached(|py| {
            let mut rows = Vec::with_capacity(most.min(1024));
            while rows.len() < most {
                if let Some(product) = &mut self.current {
                    match product.next(py)? {
                        Some(row) => rows.push(row),
                        None => self.current = None,
                    }
                    continue;
                }
                let Some(entry) = self.entries.bind(py).clone().next() else { break };
                let (key, lists) = entry?.extract::<(Py<PyAny>, Vec<Bound<'_, PyList>>)>()?;
                self.meet(py, key, lists, &mut rows)?;
            }
            Ok(if rows.is_empty() { None } else { Some(PyRows::chunk(rows)) })
        })
    }
}

impl Joined {
    fn meet(
        &mut self,
        py: Python<'_>,
        key: Py<PyAny>,
        lists: Vec<Bound<'_, PyList>>,
        rows: &mut Vec<Py<PyAny>>,
    ) -> PyResult<()> {
        if self.kind == JoinKind::Cogroup {
            let groups = lists.into_iter().map(|list| group_of(list.into_any())).collect::<PyResult<Vec<_>>>()?;
            let groups = PyTuple::new(py, groups)?;
            rows.push(PyTuple::new(py, [key.into_bound(py), groups.into_any()])?.into_any().unbind());
            return Ok(());
        }
        let Ok([left, right]) = <[Bound<'_, PyList>; 2]>::try_from(lists) else { return Ok(()) };
        let none = || PyList::new(py, [py.None()]);
        let (left, right) = match (self.kind, left.is_empty(), right.is_empty()) {
            (JoinKind::Intersect, false, false) => {
                rows.push(key);
                return Ok(());
            }
            (JoinKind::Subtract, _, true) => {
                for value in left {
                    rows.push(PyTuple::new(py, [key.bind(py).clone(), value])?.into_any().unbind());
                }
                return Ok(());
            }
            (JoinKind::LeftOuter | JoinKind::FullOuter, false, true) => (left, none()?),
            (JoinKind::RightOuter | JoinKind::FullOuter, true, false) => (none()?, right),
            (JoinKind::Intersect | JoinKind::Subtract, ..) => return Ok(()),
            _ => (left, right),
        };
        let (left, right) = (Owned::new(left.unbind()), Owned::new(right.unbind()));
        self.current = Some(Product { key: Owned::new(key), left, right, at: (0, 0) });
        Ok(())
    }
}

impl Product {
    fn next(&mut self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let (left, right) = (self.left.bind(py), self.right.bind(py));
        let (l, r) = self.at;
        if l >= left.len() || right.is_empty() {
            return Ok(None);
        }
        self.at = if r + 1 < right.len() { (l, r + 1) } else { (l + 1, 0) };
        let values = PyTuple::new(py, [left.get_item(l)?, right.get_item(r)?])?;
        Ok(Some(PyTuple::new(py, [self.key.bind(py).clone(), values.into_any()])?.into_any().unbind()))
    }
}
