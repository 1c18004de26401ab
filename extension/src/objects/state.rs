//! State by key for the interpreter: an index that is a dict, and the calls of `mapWithState`'s function.

use std::sync::Arc;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::chunk::Chunk;
use crate::error::Result;
use crate::stage::{StateAnswer, StateCall, Task};
use crate::state::ObjectIndex;

use super::attached;
use super::call::unpack;
use super::convert::to_python;
use super::function::copy_of;
use super::owned::Owned;
use super::raised::{annotate, guard_stop_iteration};
use super::rows::{PyRows, load, shareable_chunk};
use super::slices::for_each_row_of_all;

/// Numbers keys by first appearance, with Python's own equality.
pub struct PyKeyIndex(Owned<PyDict>);

impl PyKeyIndex {
    /// No keys.
    pub fn new(py: Python<'_>) -> Self {
        Self(Owned::new(PyDict::new(py).unbind()))
    }
}

impl ObjectIndex for PyKeyIndex {
    fn slots(&self, keys: &Chunk) -> Result<Vec<u32>> {
        let mut slots = Vec::with_capacity(keys.len());
        for_each_row_of_all(keys, |py, key| {
            let known = self.0.bind(py);
            slots.push(if let Some(slot) = known.get_item(key)? {
                slot.extract()?
            } else {
                let slot = known.len() as u32;
                known.set_item(key, slot)?;
                slot
            });
            Ok(())
        })?;
        Ok(slots)
    }
}

/// Keys and values of pairs.
pub fn unpair(py: Python<'_>, pairs: &Chunk) -> PyResult<(Chunk, Chunk)> {
    let (mut keys, mut values) = (Vec::with_capacity(pairs.len()), Vec::with_capacity(pairs.len()));
    take_apart(py, pairs, &mut keys, &mut values)?;
    Ok((PyRows::chunk(keys), PyRows::chunk(values)))
}

/// Calls the function for each pair and for each key that has timed out.
pub fn map(py: Python<'_>, call: &StateCall<'_>, task: &Task) -> PyResult<StateAnswer> {
    let function = copy_of(py, &call.function.frozen.object)?;
    let module = py.import(intern!(py, "pyrite.streaming.state"))?;
    let all = |chunks: &[Chunk]| -> PyResult<Vec<Py<PyAny>>> {
        let mut rows = Vec::new();
        for chunk in chunks {
            rows.append(&mut load(py, chunk)?);
        }
        Ok(rows)
    };
    let (mut keys, mut values) = (Vec::with_capacity(call.numbers.len()), Vec::with_capacity(call.numbers.len()));
    for chunk in call.pairs {
        take_apart(py, chunk, &mut keys, &mut values)?;
    }
    let absent = module.getattr(intern!(py, "ABSENT"))?.unbind();
    let mut known = all(call.states)?.into_iter();
    let states = call.has.iter().map(|has| if *has { known.next() } else { None }.unwrap_or(absent.clone_ref(py)));
    let failed = PyList::empty(py);
    let arguments = (
        function,
        call.time.0,
        (PyList::new(py, keys)?, PyList::new(py, values)?, PyList::new(py, call.numbers)?),
        PyList::new(py, states.collect::<Vec<_>>())?,
        (all(call.expired.0)?, all(call.expired.1)?),
        call.touches,
        &failed,
    );
    let answer = module.getattr(intern!(py, "map_batch"))?.call1(arguments).map_err(|error| {
        let error = guard_stop_iteration(py, error);
        let record = failed.get_item(0).ok();
        annotate(py, &error, &call.function.name, record.as_ref(), Some(task.partition));
        error
    })?;
    let (mapped, updated, states, removed) =
        answer.extract::<(Bound<'_, PyList>, Vec<u32>, Bound<'_, PyList>, Vec<u32>)>()?;
    let chunks = |rows: Bound<'_, PyList>| -> PyResult<Vec<Chunk>> {
        if rows.is_empty() { Ok(Vec::new()) } else { Ok(vec![shareable_chunk(py, &rows.iter().collect::<Vec<_>>())?]) }
    };
    Ok(StateAnswer { mapped: chunks(mapped)?, updated, states: chunks(states)?, removed })
}

/// Keys and values of pairs, for one reader. Pairs of columns never become tuples.
fn take_apart(py: Python<'_>, pairs: &Chunk, keys: &mut Vec<Py<PyAny>>, values: &mut Vec<Py<PyAny>>) -> PyResult<()> {
    if let Chunk::Columns(columns) = pairs
        && let Some([of_keys, of_values]) = columns.items().as_deref()
    {
        keys.append(&mut to_python(py, of_keys)?);
        values.append(&mut to_python(py, of_values)?);
        return Ok(());
    }
    for row in &load(py, pairs)? {
        let (key, value) = unpack(py, row)?;
        keys.push(key);
        values.push(value);
    }
    Ok(())
}

/// An empty index.
pub fn index() -> Result<Arc<dyn ObjectIndex>> {
    attached(|py| Ok(Arc::new(PyKeyIndex::new(py)) as Arc<dyn ObjectIndex>))
}
