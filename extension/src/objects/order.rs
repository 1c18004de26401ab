//! Keys that opaque rows are compared by, and sorting with Python's own stable sort and `PySpark`'s cut into ranges.

use std::sync::Arc;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use crate::chunk::Chunk;
use crate::error::Result;
use crate::stage::{Keyed, ObjectOrder, Task};

use super::attached;
use super::call::{call_one, unpack};
use super::convert::to_columns;
use super::function::copy_of;
use super::raised::{annotate, guard_stop_iteration};
use super::rows::{Held, PyRows, load};
use super::slices::{SLICE, for_each_row};

/// The keys of a chunk's rows: columns where all have one type, else pairs of key and row.
pub fn keyed(py: Python<'_>, chunk: &Chunk, by: &ObjectOrder, task: &Task) -> PyResult<Keyed> {
    let function = by.key.as_ref().map(|key| copy_of(py, key)).transpose()?;
    let mut rows = load(py, chunk)?;
    let mut keys = Vec::with_capacity(rows.len());
    let mut other = function.is_some() && can_change(chunk);
    for row in &mut rows {
        let mut key = || {
            let key = match (by.by_key, by.pairs) {
                (false, _) => row.clone_ref(py),
                (true, false) => row.bind(py).get_item(0)?.unbind(),
                (true, true) => {
                    let (key, value) = unpack(py, row)?;
                    if !row.bind(py).is_exact_instance_of::<PyTuple>() {
                        *row = PyTuple::new(py, [&key, &value])?.into_any().unbind();
                        other = true;
                    }
                    key
                }
            };
            match &function {
                Some(f) => call_one(py, f, &key).map_err(|e| guard_stop_iteration(py, e)),
                None => Ok(key),
            }
        };
        let key = key();
        let key = key.inspect_err(|e| annotate(py, e, &by.name, Some(row.bind(py)), Some(task.partition)))?;
        keys.push(key.into_bound(py));
    }
    if let Some(columns) = to_columns(py, &keys) {
        return Ok(Keyed::Columns(columns, other.then(|| PyRows::chunk(rows))));
    }
    Ok(Keyed::Pairs(paired(py, keys, rows)?))
}

/// Whether a key function could change rows that were loaded for it alone.
fn can_change(chunk: &Chunk) -> bool {
    match chunk {
        Chunk::Columns(columns) => columns.kind().holds_mutable(),
        Chunk::Objects(rows) => !rows.as_any().is::<PyRows>(),
    }
}

fn paired<'py>(py: Python<'py>, keys: Vec<Bound<'py, PyAny>>, rows: Vec<Py<PyAny>>) -> PyResult<Chunk> {
    let pair = |(key, row): (Bound<'py, PyAny>, Py<PyAny>)| {
        Ok(PyTuple::new(py, [key, row.into_bound(py)])?.into_any().unbind())
    };
    keys.into_iter().zip(rows).map(pair).collect::<PyResult<_>>().map(PyRows::chunk)
}

/// The rows of pairs of key and row, sorted stably by key and cut into `n` ranges: bounds are every
/// (len * (i + 1) / n)-th key in ascending order, and a row's range is `bisect_left(bounds, key)`, mirrored when descending.
pub fn sort(pairs: &[Chunk], ascending: bool, n: usize, name: &Arc<str>, task: &Task) -> Result<Vec<Chunk>> {
    let (mut keys, mut rows) = (Held(Vec::new()), Held(Vec::new()));
    for chunk in pairs {
        for_each_row(chunk, &task.cancel, |py, pair| {
            let (key, row) = unpack(py, pair)?;
            keys.0.push(key);
            rows.0.push(row);
            Ok(())
        })?;
    }
    let (order, cuts) = attached(|py| {
        let keys = PyList::new(py, keys.0.iter().map(|key| key.bind(py)))?;
        let order = PyList::new(py, 0..keys.len())?;
        let options = PyDict::new(py);
        options.set_item(intern!(py, "key"), keys.getattr(intern!(py, "__getitem__"))?)?;
        options.set_item(intern!(py, "reverse"), !ascending)?;
        let sorted = order.call_method(intern!(py, "sort"), (), Some(&options));
        sorted.inspect_err(|e| annotate(py, e, name, None, None))?;
        let order: Vec<usize> = order.extract()?;
        let cuts = cuts(&keys, &order, ascending, n).inspect_err(|e| annotate(py, e, name, None, None))?;
        Ok((order, cuts))
    })?;
    let mut ranges = Vec::with_capacity(n);
    for cut in cuts.windows(2) {
        let mut range = Vec::with_capacity(cut[1] - cut[0]);
        for slice in order[cut[0]..cut[1]].chunks(SLICE) {
            task.cancel.check()?;
            attached(|py| {
                range.extend(slice.iter().map(|i| rows.0[*i].clone_ref(py)));
                Ok(())
            })?;
        }
        ranges.push(PyRows::chunk(range));
    }
    Ok(ranges)
}

/// Where the ranges begin and end in `order`: n + 1 positions.
fn cuts(keys: &Bound<'_, PyList>, order: &[usize], ascending: bool, n: usize) -> PyResult<Vec<usize>> {
    let len = order.len();
    let mut cuts = vec![0];
    for i in 0..n.saturating_sub(1) {
        // The bound's position in ascending order, then in ours.
        let range = if ascending { i } else { n - 2 - i };
        let rank = len * (range + 1) / n;
        let mut at = if ascending { rank } else { len - 1 - rank };
        let bound = keys.get_item(order[at])?;
        // PySpark looks for each key among the bounds: what can't be compared raises, however few rows there are.
        bound.lt(&bound)?;
        // Rows equal to the bound go to the range before it in ascending order.
        if ascending {
            while at < len && !bound.lt(keys.get_item(order[at])?)? {
                at += 1;
            }
        } else {
            while at > 0 && !bound.lt(keys.get_item(order[at - 1])?)? {
                at -= 1;
            }
        }
        let last = cuts.last().copied().unwrap_or(0);
        cuts.push(at.max(last));
    }
    cuts.push(len);
    Ok(cuts)
}
