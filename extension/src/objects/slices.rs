//! A chunk's rows one after the other: a few thousand are loaded at a time, and between two times others have the
//! interpreter and the task may be called off.

use pyo3::prelude::*;

use crate::chunk::{Cancel, Chunk};
use crate::error::Result;

use super::attached;
use super::gate::give_way;
use super::rows::load;

/// Rows loaded or made between two chances for another thread to have the interpreter.
pub(super) const SLICE: usize = 4096;

/// Does something with each row of a chunk. Fails between two slices where `cancel` is set.
pub(super) fn for_each_row(
    chunk: &Chunk,
    cancel: &Cancel,
    mut work: impl FnMut(Python<'_>, &Py<PyAny>) -> PyResult<()>,
) -> Result<()> {
    for from in (0..chunk.len()).step_by(SLICE) {
        cancel.check()?;
        give_way();
        let slice = chunk.slice(from, SLICE.min(chunk.len() - from));
        attached(|py| load(py, &slice)?.iter().try_for_each(|row| work(py, row)))?;
    }
    Ok(())
}

/// The same for what can't be called off.
pub(super) fn for_each_row_of_all(
    chunk: &Chunk,
    work: impl FnMut(Python<'_>, &Py<PyAny>) -> PyResult<()>,
) -> Result<()> {
    for_each_row(chunk, &Cancel::default(), work)
}
