//! A table of combiners on its way to a worker process.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde::{Deserialize, Serialize};

use crate::chunk::Chunk;
use crate::error::Result;

use super::super::fused::Tail;

/// What a table does with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TableKind {
    /// The first value is the combiner; `f(combiner, value)` after that.
    Reduce,
    /// `create(value)`, then `f(combiner, value)`.
    Create,
    /// A list is made and appended to.
    Append,
    /// The first list is kept and extended.
    Extend,
    /// Rows without keys: the first one is kept; `f(kept, row)` after that.
    Fold,
}

/// Who takes a chain's rows into a table in this process.
pub trait Taker {
    /// One more row. True: it may be full.
    fn take(&mut self, py: Python<'_>, row: &Py<PyAny>) -> PyResult<bool>;

    /// What it does with a row, where that may be done in a loop of Python's own.
    fn tail(&self, py: Python<'_>) -> Option<Tail>;

    /// Whether it wants no more rows for now; asked detached, at least every few thousand rows.
    fn is_full(&mut self) -> Result<bool>;

    /// The table has been to a worker and is back with these rows; `functions` are its own, if they have changed there.
    fn came_home(&mut self, rows: &[Chunk], functions: Vec<Py<PyAny>>) -> Result<()>;
}

/// The table that a chain's rows fill, as far as it is.
pub struct CarriedTable {
    /// What it does.
    pub kind: TableKind,
    /// With which functions.
    pub functions: Vec<Py<PyAny>>,
    /// For which operation.
    pub name: Arc<str>,
    /// What it holds.
    pub table: Py<PyDict>,
    /// For how many output partitions it is laid out in the end, if for more than one.
    pub spread: usize,
}

impl CarriedTable {
    /// The same table.
    #[must_use]
    pub fn clone_ref(&self, py: Python<'_>) -> Self {
        let functions = self.functions.iter().map(|f| f.clone_ref(py)).collect();
        Self { functions, name: self.name.clone(), table: self.table.clone_ref(py), ..*self }
    }
}
