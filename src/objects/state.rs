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
use super::function::copy_of;
use super::owned::Owned;
use super::raised::{annotate, guard_stop_iteration};
use super::rows::{PyRows, load, shareable_chunk};

/// Keys loaded between two chances for another thread to have the interpreter.
const SLICE: usize = 4096;

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
        for from in (0..keys.len()).step_by(SLICE) {
            super::gate::give_way();
            let slice = keys.slice(from, SLICE.min(keys.len() - from));
            attached(|py| {
                let known = self.0.bind(py);
                for key in load(py, &slice)? {
                    slots.push(if let Some(slot) = known.get_item(&key)? {
                        slot.extract()?
                    } else {
                        let slot = known.len() as u32;
                        known.set_item(key, slot)?;
                        slot
                    });
                }
                Ok(())
            })?;
        }
        Ok(slots)
    }
}

/// Keys and values of pairs.
pub fn unpair(py: Python<'_>, pairs: &Chunk) -> PyResult<(Chunk, Chunk)> {
    let rows = load(py, pairs)?;
    let (mut keys, mut values) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
    for row in &rows {
        let (key, value) = unpack(py, row)?;
        keys.push(key);
        values.push(value);
    }
    Ok((PyRows::chunk(keys), PyRows::chunk(values)))
}

/// Calls the function for each pair and for each key that has timed out.
pub fn map(py: Python<'_>, call: &StateCall<'_>, task: &Task) -> PyResult<StateAnswer> {
    let function = copy_of(py, &call.function.frozen.object)?;
    let all = |chunks: &[Chunk]| -> PyResult<Bound<'_, PyList>> {
        let rows = PyList::empty(py);
        for chunk in chunks {
            for row in load(py, chunk)? {
                rows.append(row)?;
            }
        }
        Ok(rows)
    };
    let failed = PyList::empty(py);
    let arguments = (
        function,
        call.time.0,
        all(call.pairs)?,
        call.numbers.to_vec(),
        call.has.to_vec(),
        all(call.states)?,
        (all(call.expired.0)?, all(call.expired.1)?),
        call.touches,
        &failed,
    );
    let helper = py.import(intern!(py, "pyrite.streaming.state"))?.getattr(intern!(py, "map_batch"))?;
    let answer = helper.call1(arguments).map_err(|error| {
        let error = guard_stop_iteration(py, error);
        let record = failed.get_item(0).ok();
        annotate(py, &error, &call.function.name, record.as_ref(), Some(task.partition));
        error
    })?;
    let (mapped, updated, states, removed) =
        answer.extract::<(Vec<Bound<'_, PyAny>>, Vec<u32>, Vec<Bound<'_, PyAny>>, Vec<u32>)>()?;
    let chunks = |rows: Vec<Bound<'_, PyAny>>| -> PyResult<Vec<Chunk>> {
        if rows.is_empty() { Ok(Vec::new()) } else { Ok(vec![shareable_chunk(py, &rows)?]) }
    };
    Ok(StateAnswer { mapped: chunks(mapped)?, updated, states: chunks(states)?, removed })
}

/// An empty index.
pub fn index() -> Result<Arc<dyn ObjectIndex>> {
    attached(|py| Ok(Arc::new(PyKeyIndex::new(py)) as Arc<dyn ObjectIndex>))
}
