//! Sorting opaque rows and cutting them into ranges by `PySpark`'s rule. Keys that are columns are put in order natively;
//! others by Python's own stable sort.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::chunk::{Cancel, Chunk, Columns};
use crate::error::Result;
use crate::fault::declining;
use crate::shuffle::sort;
use crate::stage::ObjectOrder;

use super::attached;
use super::call::{call_one, unpack};
use super::convert::to_columns;
use super::function::copy_of;
use super::owned::Owned;
use super::raised::{annotate, guard_stop_iteration};
use super::rows::{Held, PyRows, load};

/// Rows that are worked on between two chances for another thread to have the interpreter.
const SLICE: usize = 4096;

/// Rows and their keys, as far as they are loaded.
struct Keyed {
    rows: Held,
    keys: Held,
    /// The same keys, while all are of one type that columns have.
    columns: Option<Vec<Columns>>,
}

/// All rows sorted stably and cut into `n` ranges: bounds are every (len * (i + 1) / n)-th key in ascending order, and
/// a row's range is `bisect_left(bounds, key)`, mirrored when descending.
pub fn sort(chunks: &[Chunk], by: &ObjectOrder, n: usize, cancel: &Cancel) -> Result<Vec<Chunk>> {
    let function = by.key.as_ref().map(|key| attached(|py| copy_of(py, key).map(Owned::new))).transpose()?;
    let mut all = Keyed { rows: Held(Vec::new()), keys: Held(Vec::new()), columns: Some(Vec::new()) };
    for chunk in chunks {
        for from in (0..chunk.len()).step_by(SLICE) {
            cancel.check()?;
            super::gate::give_way();
            let slice = chunk.slice(from, SLICE.min(chunk.len() - from));
            attached(|py| all.load(py, &slice, function.as_deref(), by))?;
        }
    }
    let native = match all.columns.take() {
        Some(columns) => declining(|| ranges(&columns, by.ascending, n)).ok(),
        None => None,
    };
    cancel.check()?;
    let (order, cuts) = match native {
        Some(found) => found,
        None => attached(|py| all.sort_by_python(py, by, n))?,
    };
    let mut ranges = Vec::with_capacity(n);
    for cut in cuts.windows(2) {
        let mut rows = Vec::with_capacity(cut[1] - cut[0]);
        for slice in order[cut[0]..cut[1]].chunks(SLICE) {
            cancel.check()?;
            attached(|py| {
                rows.extend(slice.iter().map(|i| all.rows.0[*i].clone_ref(py)));
                Ok(())
            })?;
        }
        ranges.push(PyRows::chunk(rows));
    }
    Ok(ranges)
}

/// The order of the rows by native keys, and where the ranges begin and end in it.
fn ranges(keys: &[Columns], ascending: bool, n: usize) -> Result<(Vec<usize>, Vec<usize>), crate::error::Decline> {
    let keys = Columns::concat(keys).ok_or_else(|| crate::error::Decline::new("keys of different types"))?;
    if keys.len() < 2 {
        // What can't be compared must raise even where it stands alone.
        return Err(crate::error::Decline::new("a single key is compared with the bounds"));
    }
    let order = sort::order(&keys, ascending)?;
    let cuts = sort::cuts(&keys, &order, ascending, n);
    Ok((order.into_iter().map(|i| i as usize).collect(), cuts))
}

impl Keyed {
    fn load(&mut self, py: Python<'_>, slice: &Chunk, function: Option<&Py<PyAny>>, by: &ObjectOrder) -> PyResult<()> {
        let mut keys = Vec::with_capacity(slice.len());
        for row in load(py, slice)? {
            let key = || {
                let key = if by.by_key { unpack(py, &row)?.0 } else { row.clone_ref(py) };
                match function {
                    Some(f) => call_one(py, f, &key).map_err(|e| guard_stop_iteration(py, e)),
                    None => Ok(key),
                }
            };
            let key = key().inspect_err(|e| annotate(py, e, &by.name, Some(row.bind(py)), None))?;
            keys.push(key.into_bound(py));
            self.rows.0.push(row);
        }
        if let Some(columns) = &mut self.columns {
            match to_columns(py, &keys) {
                Some(more) => columns.push(more),
                None => self.columns = None,
            }
        }
        self.keys.0.extend(keys.into_iter().map(Bound::unbind));
        Ok(())
    }

    fn sort_by_python(&self, py: Python<'_>, by: &ObjectOrder, n: usize) -> PyResult<(Vec<usize>, Vec<usize>)> {
        let keys = PyList::new(py, self.keys.0.iter().map(|key| key.bind(py)))?;
        let order = PyList::new(py, 0..self.keys.0.len())?;
        let options = PyDict::new(py);
        options.set_item(intern!(py, "key"), keys.getattr(intern!(py, "__getitem__"))?)?;
        options.set_item(intern!(py, "reverse"), !by.ascending)?;
        let sorted = order.call_method(intern!(py, "sort"), (), Some(&options));
        sorted.inspect_err(|e| annotate(py, e, &by.name, None, None))?;
        let order: Vec<usize> = order.extract()?;
        let cuts = cuts(&keys, &order, by.ascending, n)?;
        Ok((order, cuts))
    }
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
