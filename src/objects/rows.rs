//! Chunks of Python objects: live references, or a pickle that each reader loads for itself.

use std::any::Any;
use std::sync::Arc;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyList, PyString, PyTuple};

use crate::chunk::{Chunk, Columns, Objects, ObjectsRef};

use super::convert::{to_columns, to_python};

/// Rows that are Python objects. Whoever holds them must not hand them to two readers unless they are immutable.
#[derive(Clone)]
pub struct PyRows {
    rows: Arc<Held>,
    from: usize,
    len: usize,
}

/// References that are released while attached, all at once: released elsewhere they would queue up one by one.
struct Held(Vec<Py<PyAny>>);

impl Drop for Held {
    fn drop(&mut self) {
        let rows = std::mem::take(&mut self.0);
        // Where the interpreter is going away the references are left to it.
        let _ = Python::try_attach(|_| drop(rows));
    }
}

impl std::fmt::Debug for PyRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PyRows({})", self.len)
    }
}

impl PyRows {
    /// A chunk of these rows.
    pub fn chunk(rows: Vec<Py<PyAny>>) -> Chunk {
        let len = rows.len();
        Chunk::Objects(Arc::new(Self { rows: Arc::new(Held(rows)), from: 0, len }))
    }

    /// The rows.
    pub fn as_slice(&self) -> &[Py<PyAny>] {
        &self.rows.0[self.from..self.from + self.len]
    }
}

impl Objects for PyRows {
    fn len(&self) -> usize {
        self.len
    }

    fn slice(&self, from: usize, len: usize) -> ObjectsRef {
        Arc::new(Self { rows: self.rows.clone(), from: self.from + from, len })
    }

    fn take(&self, indices: &[u32]) -> ObjectsRef {
        let rows = self.as_slice();
        let taken: Vec<Py<PyAny>> =
            Python::attach(|py| indices.iter().map(|i| rows[*i as usize].clone_ref(py)).collect());
        let len = taken.len();
        Arc::new(Self { rows: Arc::new(Held(taken)), from: 0, len })
    }

    fn try_columns(&self) -> Option<Columns> {
        Python::attach(|py| {
            let rows: Vec<Bound<'_, PyAny>> = self.as_slice().iter().map(|r| r.bind(py).clone()).collect();
            to_columns(py, &rows)
        })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Rows as one pickled list, so that each reader gets objects of its own. The indices say which rows, `None` all.
#[derive(Clone, Debug)]
struct Pickled {
    payload: Arc<Vec<u8>>,
    indices: Option<Arc<Vec<u32>>>,
    len: usize,
}

impl Pickled {
    fn index(&self, i: usize) -> u32 {
        self.indices.as_ref().map_or(i as u32, |known| known[i])
    }

    fn load(&self, py: Python<'_>) -> PyResult<Vec<Py<PyAny>>> {
        let payload = PyBytes::new(py, &self.payload);
        let rows = py.import(intern!(py, "pickle"))?.call_method1(intern!(py, "loads"), (payload,))?;
        let rows = rows.cast_into::<PyList>()?;
        match &self.indices {
            None => Ok(rows.iter().map(Bound::unbind).collect()),
            Some(indices) => indices.iter().map(|i| Ok(rows.get_item(*i as usize)?.unbind())).collect(),
        }
    }
}

impl Objects for Pickled {
    fn len(&self) -> usize {
        self.len
    }

    fn slice(&self, from: usize, len: usize) -> ObjectsRef {
        let indices = (from..from + len).map(|i| self.index(i)).collect();
        Arc::new(Self { payload: self.payload.clone(), indices: Some(Arc::new(indices)), len })
    }

    fn take(&self, indices: &[u32]) -> ObjectsRef {
        let taken = indices.iter().map(|i| self.index(*i as usize)).collect();
        Arc::new(Self { payload: self.payload.clone(), indices: Some(Arc::new(taken)), len: indices.len() })
    }

    fn try_columns(&self) -> Option<Columns> {
        None
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Python objects for a chunk's rows, the reader's own.
pub fn load(py: Python<'_>, chunk: &Chunk) -> PyResult<Vec<Py<PyAny>>> {
    match chunk {
        Chunk::Columns(columns) => to_python(py, columns),
        Chunk::Objects(objects) => {
            if let Some(rows) = objects.as_any().downcast_ref::<PyRows>() {
                return Ok(rows.as_slice().iter().map(|r| r.clone_ref(py)).collect());
            }
            match objects.as_any().downcast_ref::<Pickled>() {
                Some(pickled) => pickled.load(py),
                None => Err(pyo3::exceptions::PyTypeError::new_err("rows of another interpreter")),
            }
        }
    }
}

/// Rows that may be read more than once: columns, immutable objects, or a pickle.
pub fn shareable_chunk(py: Python<'_>, rows: &[Bound<'_, PyAny>]) -> PyResult<Chunk> {
    if let Some(columns) = to_columns(py, rows) {
        return Ok(Chunk::Columns(columns));
    }
    shareable_objects(py, rows)
}

/// The same for rows that are known not to be columns.
pub fn shareable_objects(py: Python<'_>, rows: &[Bound<'_, PyAny>]) -> PyResult<Chunk> {
    let immutable = Immutable::new(py)?;
    if rows.iter().all(|r| immutable.check(r)) {
        return Ok(PyRows::chunk(rows.iter().map(|r| r.clone().unbind()).collect()));
    }
    let list = PyList::new(py, rows)?;
    let payload = py.import(intern!(py, "pyrite._runtime"))?.call_method1(intern!(py, "dumps"), (list,))?;
    let payload = payload.cast_into::<PyBytes>()?.as_bytes().to_vec();
    Ok(Chunk::Objects(Arc::new(Pickled { payload: Arc::new(payload), indices: None, len: rows.len() })))
}

/// Knows which values can't change, at any depth.
struct Immutable<'py> {
    others: Bound<'py, PyAny>,
}

impl<'py> Immutable<'py> {
    fn new(py: Python<'py>) -> PyResult<Self> {
        Ok(Self { others: py.import(intern!(py, "pyrite._runtime"))?.getattr(intern!(py, "is_immutable"))? })
    }

    fn check(&self, value: &Bound<'py, PyAny>) -> bool {
        if value.is_none()
            || value.is_exact_instance_of::<PyString>()
            || value.is_exact_instance_of::<PyInt>()
            || value.is_exact_instance_of::<PyFloat>()
            || value.is_exact_instance_of::<PyBool>()
            || value.is_exact_instance_of::<PyBytes>()
        {
            return true;
        }
        if value.is_exact_instance_of::<PyTuple>() {
            return value.cast::<PyTuple>().is_ok_and(|t| t.iter().all(|item| self.check(&item)));
        }
        self.others.call1((value,)).and_then(|r| r.extract::<bool>()).unwrap_or(false)
    }
}
