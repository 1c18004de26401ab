//! Chunks of Python objects: live references, or a pickle that each reader loads for itself.

use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, OnceLock};

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple, PyType};

use crate::chunk::{Chunk, Columns, Encoded, Objects, ObjectsRef};
use crate::error::{Error, Kind, Result};

use super::convert::{to_columns, to_python};
use super::gate::{attached, attached_first};
use super::raised::user_error;
use super::release::release;

/// Rows that are Python objects. Whoever holds them must not hand them to two readers unless they are immutable.
#[derive(Clone)]
pub struct PyRows {
    rows: Arc<Held>,
    from: usize,
    len: usize,
    /// Bytes of one row, measured when first asked.
    row: Arc<OnceLock<usize>>,
    /// They hold what no other process should be sent.
    stays: bool,
}

/// References that are released together.
pub(super) struct Held(pub(super) Vec<Py<PyAny>>);

impl Drop for Held {
    fn drop(&mut self) {
        release(std::mem::take(&mut self.0));
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
        Self::held(Held(rows))
    }

    /// A chunk of rows that were gathered in several goes.
    pub(super) fn held(rows: Held) -> Chunk {
        let len = rows.0.len();
        Chunk::Objects(Arc::new(Self { rows: Arc::new(rows), from: 0, len, row: Arc::default(), stays: false }))
    }

    /// The same of rows that hold more than memory may: they are worked on in this process where that is possible.
    pub fn staying(rows: Vec<Py<PyAny>>) -> Chunk {
        let len = rows.len();
        Chunk::Objects(Arc::new(Self { rows: Arc::new(Held(rows)), from: 0, len, row: Arc::default(), stays: true }))
    }

    /// Whether a chunk is such rows.
    pub fn stay(chunk: &Chunk) -> bool {
        let Chunk::Objects(objects) = chunk else { return false };
        objects.as_any().downcast_ref::<Self>().is_some_and(|rows| rows.stays)
    }

    /// Whether a chunk is objects of this process, which `joined` takes.
    pub fn are_joined(chunk: &Chunk) -> bool {
        let Chunk::Objects(objects) = chunk else { return false };
        objects.as_any().downcast_ref::<Self>().is_some_and(|rows| !rows.stays)
    }

    /// Such chunks as one, of columns where they can be that: whoever sends them attaches once for all. Called detached.
    pub fn joined(mut chunks: Vec<Chunk>) -> Result<Chunk> {
        if chunks.len() == 1
            && let Some(only) = chunks.pop()
        {
            return Ok(only);
        }
        let joined = attached_first(|py| {
            let mut rows = Vec::with_capacity(chunks.iter().map(Chunk::len).sum());
            for chunk in &chunks {
                rows.extend(load(py, chunk)?);
            }
            let columns = to_columns(py, &bound(py, &rows)).filter(|columns| !columns.kind().holds_records());
            Ok(columns.map_or_else(|| Self::chunk(rows), Chunk::Columns))
        });
        joined.map_err(|e: PyErr| attached(|py| user_error(py, &e)))
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
        Arc::new(Self { from: self.from + from, len, ..self.clone() })
    }

    fn take(&self, indices: &[u32]) -> ObjectsRef {
        let rows = self.as_slice();
        let taken: Vec<Py<PyAny>> = attached(|py| indices.iter().map(|i| rows[*i as usize].clone_ref(py)).collect());
        let len = taken.len();
        Arc::new(Self { rows: Arc::new(Held(taken)), from: 0, len, row: self.row.clone(), stays: self.stays })
    }

    fn try_columns(&self) -> Option<Columns> {
        attached(|py| to_columns(py, &bound(py, self.as_slice())))
    }

    fn weight(&self) -> usize {
        let rows = self.as_slice();
        if rows.is_empty() {
            return 0;
        }
        // Not `get_or_init`: who is in the interpreter would wait there for who wants in.
        let row = self.row.get().copied().unwrap_or_else(|| {
            let row = attached(|py| row_weight(py, rows));
            *self.row.get_or_init(|| row)
        });
        rows.len() * row
    }

    fn encode(&self) -> Result<Encoded> {
        attached(|py| Pickled::dump(py, &bound(py, self.as_slice())).map_err(|e| user_error(py, &e)))?.encode()
    }

    fn encode_lasting(&self) -> Result<Vec<u8>> {
        attached(|py| Pickled::dump_lasting(py, &bound(py, self.as_slice())).map_err(|e| user_error(py, &e)))?
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// How many rows are measured to know what all weigh.
const SAMPLE: usize = 16;
/// What a row weighs that can't be measured.
const SOME_ROW: usize = 64;

/// What one of these rows weighs on average, with its place in the list: its own size and its items', a few levels down.
pub(super) fn row_weight(py: Python<'_>, rows: &[Py<PyAny>]) -> usize {
    let Ok(size_of) = py.import(intern!(py, "sys")).and_then(|sys| sys.getattr(intern!(py, "getsizeof"))) else {
        return SOME_ROW;
    };
    let whole = |row: &Bound<'_, PyAny>| whole_weight(&size_of, row, DEPTH);
    let step = rows.len().div_ceil(SAMPLE);
    let sizes: Vec<usize> = rows.iter().step_by(step).map(|r| whole(r.bind(py)).unwrap_or(SOME_ROW)).collect();
    8 + sizes.iter().sum::<usize>() / sizes.len().max(1)
}

/// How many levels of a row's containers are looked into, and at how many items below the first.
const DEPTH: usize = 3;
const FEW: usize = 4;

/// A value's own size and that of what it holds; of a long container a few items stand for all.
fn whole_weight(size_of: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>, depth: usize) -> PyResult<usize> {
    let own = size_of.call1((value, SOME_ROW))?.extract::<usize>()?;
    let items = |len: usize, items: &mut dyn Iterator<Item = Bound<'_, PyAny>>| -> PyResult<usize> {
        let (mut bytes, mut sampled) = (0, 0);
        for item in items.take(if depth == DEPTH { SAMPLE } else { FEW }) {
            (bytes, sampled) = (bytes + whole_weight(size_of, &item, depth - 1)?, sampled + 1);
        }
        Ok(bytes * len / sampled.max(1))
    };
    if depth == 0 {
        return Ok(own);
    }
    if let Ok(tuple) = value.cast::<PyTuple>() {
        return Ok(own + items(tuple.len(), &mut tuple.iter())?);
    }
    if let Ok(list) = value.cast_exact::<PyList>() {
        return Ok(own + items(list.len(), &mut list.iter())?);
    }
    if let Ok(dict) = value.cast_exact::<PyDict>() {
        // Keys are shared, as a rule.
        return Ok(own + items(dict.len(), &mut dict.iter().map(|(_, value)| value))?);
    }
    Ok(own)
}

/// Rows in one pickle. Readers take some thousands at a time, and none should load all rows for each of them; what one
/// pickle gives should stay in a core's cache.
pub(super) const PICKLE: usize = 1024;
/// The same in files that don't say it.
const BEFORE: usize = 4096;

/// Rows as pickled lists of `each` rows, so that each reader gets objects of its own. The indices say which rows,
/// `None` all; of these it is `len` from `from` on.
#[derive(Clone, Debug)]
pub struct Pickled {
    payloads: Arc<Vec<Vec<u8>>>,
    indices: Option<Arc<Vec<u32>>>,
    from: usize,
    len: usize,
    /// Rows in one pickle: files of an earlier version have more.
    each: usize,
}

impl Pickled {
    /// Pickles these rows for readers in this process.
    fn dump<'py>(py: Python<'py>, rows: &[Bound<'py, PyAny>]) -> PyResult<Self> {
        Self::dump_by(rows, &dumps(py)?)
    }

    /// The bytes of these rows for a later run of the program.
    fn dump_lasting<'py>(py: Python<'py>, rows: &[Bound<'py, PyAny>]) -> PyResult<Result<Vec<u8>>> {
        let dumps = py.import(intern!(py, "pyrite._worker"))?.getattr(intern!(py, "dump_lasting"))?;
        let pickled = Self::dump_by(rows, &dumps)?;
        Ok(py.detach(|| pickled.encode()).map(|encoded| encoded.bytes))
    }

    /// The same by this function.
    pub fn dump_by<'py>(rows: &[Bound<'py, PyAny>], dumps: &Bound<'py, PyAny>) -> PyResult<Self> {
        let py = dumps.py();
        let mut payloads = Vec::with_capacity(rows.len().div_ceil(PICKLE));
        for piece in rows.chunks(PICKLE) {
            let payload = dumps.call1((PyList::new(py, piece)?,))?.cast_into::<PyBytes>()?;
            payloads.push(payload.as_bytes().to_vec());
        }
        Ok(Self { payloads: Arc::new(payloads), indices: None, from: 0, len: rows.len(), each: PICKLE })
    }

    /// A chunk of `len` rows that `dump` pickled, here or in another process.
    pub fn chunk(payloads: Vec<Vec<u8>>, len: usize) -> Chunk {
        Chunk::Objects(Arc::new(Self { payloads: Arc::new(payloads), indices: None, from: 0, len, each: PICKLE }))
    }

    /// The pickles, where they hold exactly these rows, perhaps with some behind them, and are not for this process only.
    /// They may name classes that another process has to be sent first.
    pub fn portable(&self) -> Option<Arc<Vec<Vec<u8>>>> {
        if self.indices.is_some() || self.each != PICKLE || !self.from.is_multiple_of(PICKLE) {
            return None;
        }
        let used = self.payloads.get(self.from / PICKLE..(self.from + self.len).div_ceil(PICKLE))?;
        if used.iter().any(|payload| memchr::memmem::find(payload, b"pyrite._inprocess").is_some()) {
            return None;
        }
        Some(if used.len() == self.payloads.len() { self.payloads.clone() } else { Arc::new(used.to_vec()) })
    }

    /// The pickles that hold the rows, where those are not taken out of them.
    fn used(&self) -> &[Vec<u8>] {
        &self.payloads[self.from / self.each..(self.from + self.len).div_ceil(self.each)]
    }

    /// All pickles.
    pub fn payloads(self) -> Arc<Vec<Vec<u8>>> {
        self.payloads
    }

    /// Where a row stands among all that were pickled.
    fn index(&self, i: usize) -> usize {
        self.indices.as_ref().map_or(self.from + i, |known| known[self.from + i] as usize)
    }

    /// The way back from `encode`: no rows are loaded, so nothing attaches.
    pub fn decode(bytes: &[u8], len: usize) -> Result<Chunk> {
        let broken = || Error::new(Kind::Spark, "a bug in Pyrite's stored rows: pickles of a strange form");
        let mut rest = bytes;
        let number = |rest: &mut &[u8]| {
            let (number, after) = rest.split_first_chunk::<8>().ok_or_else(broken)?;
            *rest = after;
            Ok::<_, Error>(u64::from_le_bytes(*number) as usize)
        };
        let head = number(&mut rest)?;
        let (from, each) = (head & 0xffff_ffff, head >> 32);
        let each = if each == 0 { BEFORE } else { each };
        let mut payloads = Vec::new();
        while !rest.is_empty() {
            let (payload, after) = number(&mut rest).and_then(|n| rest.split_at_checked(n).ok_or_else(broken))?;
            payloads.push(payload.to_vec());
            rest = after;
        }
        Ok(Chunk::Objects(Arc::new(Self { payloads: Arc::new(payloads), indices: None, from, len, each })))
    }

    fn load(&self, py: Python<'_>) -> PyResult<Vec<Py<PyAny>>> {
        let loads = py.import(intern!(py, "pickle"))?.getattr(intern!(py, "loads"))?;
        let mut lists: HashMap<usize, Bound<'_, PyList>> = HashMap::new();
        let mut rows = Vec::with_capacity(self.len);
        // Rows of one pickle stand together, as a rule.
        let mut recent: Option<(usize, Bound<'_, PyList>)> = None;
        for i in (0..self.len).map(|i| self.index(i)) {
            let (pickle, row) = (i / self.each, i % self.each);
            let list = match recent.take() {
                Some((of, list)) if of == pickle => list,
                _ => match lists.entry(pickle) {
                    Entry::Occupied(loaded) => loaded.get().clone(),
                    Entry::Vacant(slot) => {
                        let payload = PyBytes::new(py, &self.payloads[pickle]);
                        slot.insert(loads.call1((payload,))?.cast_into::<PyList>()?).clone()
                    }
                },
            };
            rows.push(list.get_item(row)?.unbind());
            recent = Some((pickle, list));
        }
        Ok(rows)
    }
}

impl Objects for Pickled {
    fn len(&self) -> usize {
        self.len
    }

    fn slice(&self, from: usize, len: usize) -> ObjectsRef {
        Arc::new(Self { from: self.from + from, len, ..self.clone() })
    }

    fn take(&self, indices: &[u32]) -> ObjectsRef {
        let taken = indices.iter().map(|i| self.index(*i as usize) as u32).collect();
        Arc::new(Self { indices: Some(Arc::new(taken)), from: 0, len: indices.len(), ..self.clone() })
    }

    fn try_columns(&self) -> Option<Columns> {
        None
    }

    fn is_encoded(&self) -> bool {
        true
    }

    fn weight(&self) -> usize {
        let all: usize = self.payloads.iter().map(Vec::len).sum();
        // Of the last pickle nothing says how many rows it has.
        let rows = match &self.indices {
            None => (self.payloads.len().saturating_sub(1) * self.each).max(self.from + self.len),
            Some(indices) => indices.iter().max().map_or(1, |last| *last as usize + 1).max(self.len),
        };
        (all as u128 * self.len as u128 / rows.max(1) as u128) as usize
    }

    fn encode(&self) -> Result<Encoded> {
        if self.indices.is_some() {
            return attached(|py| Self::dump(py, &bound(py, &self.load(py)?)))
                .map_err(|e: PyErr| attached(|py| user_error(py, &e)))?
                .encode();
        }
        let used = self.used();
        let mut bytes = Vec::with_capacity(8 + used.iter().map(|p| 8 + p.len()).sum::<usize>());
        bytes.extend((((self.from % self.each) | (self.each << 32)) as u64).to_le_bytes());
        for payload in used {
            bytes.extend((payload.len() as u64).to_le_bytes());
            bytes.extend(payload);
        }
        Ok(Encoded { bytes, decode: Self::decode })
    }

    fn encode_lasting(&self) -> Result<Vec<u8>> {
        let here = ["pyrite._inprocess", "pyrite._nameless"];
        let stays =
            |payload: &Vec<u8>| here.iter().any(|name| memchr::memmem::find(payload, name.as_bytes()).is_some());
        // Rows that were taken out of others are pickled anew in any case.
        if self.indices.is_none() && !self.used().iter().any(stays) {
            return Ok(self.encode()?.bytes);
        }
        attached(|py| {
            let rows = self.load(py).map_err(|e| user_error(py, &e))?;
            Self::dump_lasting(py, &bound(py, &rows)).map_err(|e| user_error(py, &e))
        })?
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// These references, while attached.
pub fn bound<'py>(py: Python<'py>, rows: &[Py<PyAny>]) -> Vec<Bound<'py, PyAny>> {
    rows.iter().map(|row| row.bind(py).clone()).collect()
}

/// Rows of the bytes that `encode` made of them, perhaps in another process that ran the same program.
pub fn decode(bytes: &[u8], len: usize) -> Result<Chunk> {
    Pickled::decode(bytes, len)
}

/// Columns that can't stay columns, as objects.
pub fn opened(columns: &Columns) -> Result<ObjectsRef> {
    let rows = attached(|py| to_python(py, columns).map_err(|e| user_error(py, &e)))?;
    let len = rows.len();
    Ok(Arc::new(PyRows { rows: Arc::new(Held(rows)), from: 0, len, row: Arc::default(), stays: false }))
}

/// The rows of a chunk, loaded.
pub fn live(py: Python<'_>, chunk: &Chunk) -> PyResult<Chunk> {
    load(py, chunk).map(PyRows::chunk)
}

/// Rows `(chunk, row)` of several chunks in one. Only what is wanted of a chunk is made objects.
pub fn gather(py: Python<'_>, chunks: &[Chunk], places: &[(usize, usize)]) -> PyResult<Chunk> {
    let mut wanted: Vec<Vec<u32>> = vec![Vec::new(); chunks.len()];
    for (chunk, row) in places {
        wanted[*chunk].push(*row as u32);
    }
    let mut rows = Vec::with_capacity(chunks.len());
    for (chunk, wanted) in chunks.iter().zip(&wanted) {
        let taken = chunk.take(wanted).map_err(|e| pyo3::exceptions::PyValueError::new_err(e.to_string()))?;
        rows.push(load(py, &taken)?.into_iter());
    }
    Ok(PyRows::chunk(places.iter().filter_map(|(chunk, _)| rows[*chunk].next()).collect()))
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

/// Pairs of a left and a right row.
pub fn pair(py: Python<'_>, left: &Chunk, right: &Chunk) -> PyResult<Chunk> {
    let pairs = load(py, left)?.into_iter().zip(load(py, right)?);
    let rows = pairs.map(|(left, right)| Ok(PyTuple::new(py, [left, right])?.into_any().unbind()));
    Ok(PyRows::chunk(rows.collect::<PyResult<_>>()?))
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
    shareable(rows, &Immutable::new(py)?, &dumps(py)?)
}

fn shareable<'py>(
    rows: &[Bound<'py, PyAny>],
    immutable: &Immutable<'py>,
    dumps: &Bound<'py, PyAny>,
) -> PyResult<Chunk> {
    if rows.iter().all(|r| immutable.check(r)) {
        return Ok(PyRows::chunk(rows.iter().map(|r| r.clone().unbind()).collect()));
    }
    Ok(Chunk::Objects(Arc::new(Pickled::dump_by(rows, dumps)?)))
}

/// What pickles rows for readers in this process.
fn dumps(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    py.import(intern!(py, "pyrite._runtime"))?.getattr(intern!(py, "dumps"))
}

/// Pairs of a row and a number.
pub fn beside(py: Python<'_>, objects: &ObjectsRef, numbers: &Columns) -> PyResult<Chunk> {
    let rows = load(py, &Chunk::Objects(objects.clone()))?;
    let pairs = rows.into_iter().zip(to_python(py, numbers)?);
    let pairs = pairs.map(|(row, number)| Ok(PyTuple::new(py, [row, number])?.into_any().unbind()));
    pairs.collect::<PyResult<_>>().map(PyRows::chunk)
}

/// Rows split by `ids`, a chunk for each of `n` outputs that several readers can have: each row is loaded once, and each
/// output is one pickle.
pub fn scatter(py: Python<'_>, objects: &ObjectsRef, ids: &[u32], n: usize) -> PyResult<Vec<Chunk>> {
    let mut parts: Vec<Vec<Bound<'_, PyAny>>> = (0..n).map(|_| Vec::new()).collect();
    for (row, id) in load(py, &Chunk::Objects(objects.clone()))?.into_iter().zip(ids) {
        parts[*id as usize].push(row.into_bound(py));
    }
    let (immutable, dumps) = (Immutable::new(py)?, dumps(py)?);
    parts.into_iter().map(|rows| shareable(&rows, &immutable, &dumps)).collect()
}

/// Knows which values can't change, at any depth.
struct Immutable<'py> {
    others: Bound<'py, PyAny>,
    is_record: Bound<'py, PyAny>,
    /// Kinds of tuples, and whether they are named tuples as they are made.
    kinds: RefCell<Vec<(Bound<'py, PyType>, bool)>>,
}

impl<'py> Immutable<'py> {
    fn new(py: Python<'py>) -> PyResult<Self> {
        let runtime = py.import(intern!(py, "pyrite._runtime"))?;
        let (others, is_record) =
            (runtime.getattr(intern!(py, "is_immutable"))?, runtime.getattr(intern!(py, "is_record"))?);
        Ok(Self { others, is_record, kinds: RefCell::default() })
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
        if let Ok(tuple) = value.cast::<PyTuple>() {
            let may = value.is_exact_instance_of::<PyTuple>() || self.is_record(&value.get_type());
            return may && tuple.iter().all(|item| self.check(&item));
        }
        self.others.call1((value,)).and_then(|r| r.extract::<bool>()).unwrap_or(false)
    }

    fn is_record(&self, kind: &Bound<'py, PyType>) -> bool {
        let known = self.kinds.borrow().iter().find(|(known, _)| known.is(kind)).map(|(_, is)| *is);
        known.unwrap_or_else(|| {
            let is = self.is_record.call1((kind,)).and_then(|r| r.extract::<bool>()).unwrap_or(false);
            self.kinds.borrow_mut().push((kind.clone(), is));
            is
        })
    }
}
