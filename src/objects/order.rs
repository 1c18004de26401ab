//! Sorting opaque rows with Python's own stable sort, and `PySpark`'s cut into ranges.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::chunk::Chunk;
use crate::stage::ObjectOrder;

use super::call::{call_one, unpack};
use super::function::copy_of;
use super::raised::{annotate, guard_stop_iteration};
use super::rows::{PyRows, load};

/// All rows sorted stably and cut into `n` ranges: bounds are every (len * (i + 1) / n)-th key in ascending order, and
/// a row's range is `bisect_left(bounds, key)`, mirrored when descending.
pub fn sort(py: Python<'_>, chunks: &[Chunk], by: &ObjectOrder, n: usize) -> PyResult<Vec<Chunk>> {
    let key_function = by.key.as_ref().map(|k| copy_of(py, k)).transpose()?;
    let mut rows: Vec<Py<PyAny>> = Vec::with_capacity(chunks.iter().map(Chunk::len).sum());
    for chunk in chunks {
        rows.extend(load(py, chunk)?);
    }
    let mut keys = Vec::with_capacity(rows.len());
    for (i, row) in rows.iter().enumerate() {
        if i % 4096 == 4095 {
            py.check_signals()?;
        }
        let key = || {
            let key = if by.by_key { unpack(py, row)?.0 } else { row.clone_ref(py) };
            match &key_function {
                Some(f) => call_one(py, f, &key).map_err(|e| guard_stop_iteration(py, e)),
                None => Ok(key),
            }
        };
        keys.push(key().inspect_err(|e| annotate(py, e, &by.name, Some(row.bind(py)), None))?);
    }
    let keys = PyList::new(py, keys)?;
    let order = PyList::new(py, 0..rows.len())?;
    let options = PyDict::new(py);
    options.set_item(intern!(py, "key"), keys.getattr(intern!(py, "__getitem__"))?)?;
    options.set_item(intern!(py, "reverse"), !by.ascending)?;
    let sorted = order.call_method(intern!(py, "sort"), (), Some(&options));
    sorted.inspect_err(|e| annotate(py, e, &by.name, None, None))?;
    let order: Vec<usize> = order.extract()?;
    let cuts = cuts(&keys, &order, by.ascending, n)?;
    Ok(cuts
        .windows(2)
        .map(|w| PyRows::chunk(order[w[0]..w[1]].iter().map(|i| rows[*i].clone_ref(py)).collect()))
        .collect())
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
