//! A hash table of Python objects: a dict, so that equality, order and errors are Python's own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

use crate::chunk::{BoxStream, Chunk, InMemory};
use crate::error::{Error, Kind, Result};
use crate::plan::Opaque;
use crate::stage::{Aggregate, ObjectTable, RowInput, Side, Task};

use super::call::{call_one, call_two, unpack};
use super::chain::ChainStream;
use super::convert::group_of;
use super::function::copy_of;
use super::fused::Tail;
use super::gate::{attached, give_way};
use super::machine::Place;
use super::owned::Owned;
use super::raised::{annotate, guard_stop_iteration};
use super::release::release;
use super::rows::{Held, PyRows, load, row_weight};
use super::slices::{SLICE, for_each_row, for_each_row_of_all};
use super::worker::{Ahead, CarriedTable, TableKind, Taker, Workers};

/// Merges pairs into a dict of combiners.
pub struct PyTable {
    table: Owned<PyDict>,
    kind: TableKind,
    /// What `kind` calls, in the order it calls them.
    functions: Vec<Owned<PyAny>>,
    /// The operation's name.
    name: Arc<str>,
    /// What the table holds, where a worker process has filled it.
    filled: Vec<Chunk>,
    /// Output partitions, if it is known that keys alone say which.
    spread: usize,
    workers: Workers,
    /// How long its functions took since that was last asked.
    busy: Duration,
}

impl PyTable {
    /// An empty table for one side of a combine.
    pub fn new(py: Python<'_>, aggregate: &Aggregate, side: Side, name: &Arc<str>, workers: Workers) -> PyResult<Self> {
        let (kind, functions) = match (aggregate, side) {
            (Aggregate::Reduce { merge, .. }, _) => (TableKind::Reduce, vec![copy_of(py, &merge.frozen.object)?]),
            (Aggregate::Combine { functions: [create, merge_value, _], .. }, Side::Map) => {
                let functions = [create, merge_value].map(|f| copy_of(py, &f.frozen.object));
                (TableKind::Create, functions.into_iter().collect::<PyResult<_>>()?)
            }
            (Aggregate::Combine { functions: [_, _, merge_combiners], .. }, Side::Reduce) => {
                (TableKind::Reduce, vec![copy_of(py, &merge_combiners.frozen.object)?])
            }
            (Aggregate::Whole(fold), _) => (TableKind::Fold, vec![copy_of(py, &fold.frozen.object)?]),
            (Aggregate::Group, Side::Map) => (TableKind::Append, Vec::new()),
            (Aggregate::Group, Side::Reduce) => (TableKind::Extend, Vec::new()),
        };
        Ok(Self { workers, ..Self::of(py, kind, functions, name.clone())? })
    }

    /// An empty table of this kind; there must be as many functions as it calls.
    pub fn of(py: Python<'_>, kind: TableKind, functions: Vec<Py<PyAny>>, name: Arc<str>) -> PyResult<Self> {
        let calls = match kind {
            TableKind::Create => 2,
            TableKind::Reduce | TableKind::Fold => 1,
            TableKind::Append | TableKind::Extend => 0,
        };
        if functions.len() != calls {
            return Err(PyTypeError::new_err("a table with the wrong number of functions"));
        }
        let functions = functions.into_iter().map(Owned::new).collect();
        Ok(Self {
            table: Owned::new(PyDict::new(py).unbind()),
            kind,
            functions,
            name,
            filled: Vec::new(),
            spread: 0,
            workers: Workers::None,
            busy: Duration::ZERO,
        })
    }

    /// Takes in all rows of a chain; says how many there were, and what the table holds then.
    pub fn fill(mut self, chain: &mut ChainStream, place: &Place) -> Result<(usize, Chunk)> {
        let rows = self.take_in(chain, place, None)?;
        Ok((rows, Box::new(self).drain()?))
    }

    fn take_in(
        &mut self,
        chain: &mut ChainStream,
        place: &Place,
        full: Option<&mut dyn FnMut(usize) -> Result<bool>>,
    ) -> Result<usize> {
        let carried = attached(|py| self.carried(py));
        let taking = &mut Taking { table: self, partition: place.partition, full, rows: 0, row: 0, weight: 0 };
        let taken = chain.for_each(&carried, taking);
        release(carried);
        self.busy += chain.taking();
        let (rows, filled) = taken?;
        self.filled = filled;
        Ok(rows)
    }

    /// What the dict holds.
    fn pairs(&self) -> Result<Chunk> {
        // Nobody else changes the dict, so it stays as it is while others have the interpreter.
        let (entries, len) = super::attached(|py| {
            let table = self.table.bind(py);
            let of = if self.kind == TableKind::Fold { intern!(py, "values") } else { intern!(py, "items") };
            Ok((Owned::new(table.call_method0(of)?.try_iter()?.unbind()), table.len()))
        })?;
        let mut rows = Held(Vec::with_capacity(len));
        while rows.0.len() < len {
            give_way();
            super::attached(|py| {
                for entry in entries.bind(py).clone().take(SLICE) {
                    rows.0.push(entry?.unbind());
                }
                Ok(())
            })?;
        }
        Ok(PyRows::held(rows))
    }

    /// The table as it goes to a worker process.
    fn carried(&self, py: Python<'_>) -> CarriedTable {
        let functions = self.functions.iter().map(|f| f.clone_ref(py)).collect();
        let (kind, name, spread) = (self.kind, self.name.clone(), self.spread);
        CarriedTable { kind, functions, name, table: self.table.clone_ref(py), spread }
    }

    fn merge_or_note(&self, py: Python<'_>, row: &Py<PyAny>, partition: usize) -> PyResult<()> {
        self.merge_row(py, row).map_err(|error| {
            let error = guard_stop_iteration(py, error);
            let record = (self.kind != TableKind::Fold).then(|| row.bind(py));
            annotate(py, &error, &self.name, record, Some(partition));
            error
        })
    }

    fn merge_row(&self, py: Python<'_>, row: &Py<PyAny>) -> PyResult<()> {
        let (key, value) = match self.kind {
            TableKind::Fold => (py.None(), row.clone_ref(py)),
            _ => unpack(py, row)?,
        };
        // SAFETY: attached; table, key and value are live; the found combiner is borrowed from the dict and kept alive
        // by a reference of our own while user code may change things.
        unsafe {
            let found = ffi::PyDict_GetItemWithError(self.table.as_ptr(), key.as_ptr());
            if found.is_null() {
                if let Some(error) = PyErr::take(py) {
                    return Err(error);
                }
                let combiner = match self.kind {
                    TableKind::Reduce | TableKind::Fold | TableKind::Extend => value,
                    TableKind::Create => call_one(py, &self.functions[0], &value)?,
                    TableKind::Append => PyList::new(py, [value])?.into_any().unbind(),
                };
                return set(py, &self.table, &key, &combiner);
            }
            let found = Bound::from_borrowed_ptr(py, found);
            match self.kind {
                TableKind::Reduce | TableKind::Fold | TableKind::Create => {
                    let merge = &self.functions[self.functions.len() - 1];
                    let combiner = call_two(py, merge, found.as_ptr(), value.as_ptr())?;
                    set(py, &self.table, &key, &combiner)
                }
                TableKind::Append => found.cast::<PyList>()?.append(value),
                TableKind::Extend => {
                    let list = found.cast::<PyList>()?;
                    list.set_slice(list.len(), list.len(), value.bind(py))
                }
            }
        }
    }
}

/// Bytes of rows after which a table that keeps them asks whether there is room.
const LOOK: usize = 4 << 20;

/// The table as a chain fills it.
struct Taking<'a, 'f> {
    table: &'a mut PyTable,
    partition: usize,
    /// Whether so many bytes are too much for a table that keeps every row.
    full: Option<&'f mut dyn FnMut(usize) -> Result<bool>>,
    /// Rows since the last look, what the first of them weighs, and all before them.
    rows: usize,
    row: usize,
    weight: usize,
}

impl Taker for Taking<'_, '_> {
    fn take(&mut self, py: Python<'_>, row: &Py<PyAny>) -> PyResult<bool> {
        if self.rows == 0 && self.full.is_some() {
            self.row = row_weight(py, std::slice::from_ref(row));
        }
        self.rows += 1;
        self.table.merge_or_note(py, row, self.partition)?;
        Ok(self.rows * self.row >= LOOK)
    }

    fn tail(&self, py: Python<'_>) -> Option<Tail> {
        let kind = match self.table.kind {
            // One that keeps every row looks at their weight.
            _ if self.full.is_some() => return None,
            TableKind::Reduce => "reduce",
            TableKind::Create => "create",
            TableKind::Fold => "fold",
            TableKind::Append | TableKind::Extend => return None,
        };
        let functions = self.table.functions.iter().rev().map(|f| f.clone_ref(py)).collect();
        let (table, name) = (self.table.table.clone_ref(py), self.table.name.clone());
        Some(Tail { kind, table, functions, name })
    }

    fn is_full(&mut self) -> Result<bool> {
        let Some(full) = &mut self.full else { return Ok(false) };
        self.weight += std::mem::take(&mut self.rows) * self.row;
        full(self.weight)
    }

    fn came_home(&mut self, rows: &[Chunk], functions: Vec<Py<PyAny>>) -> Result<()> {
        let table = &mut *self.table;
        if !functions.is_empty() {
            table.functions = functions.into_iter().map(Owned::new).collect();
        }
        for chunk in rows {
            if table.kind == TableKind::Fold {
                for_each_row_of_all(chunk, |py, row| set(py, &table.table, &py.None(), row))?;
            } else {
                table.seed(chunk)?;
            }
        }
        Ok(())
    }
}

/// The rows of a stream as a chain's input.
struct Rows(BoxStream);

impl RowInput for Rows {
    fn next(&mut self) -> Result<Option<(Chunk, usize)>> {
        Ok(self.0.next(usize::MAX)?.map(|chunk| (chunk, 0)))
    }

    fn is_at_hand(&self) -> bool {
        self.0.is_at_hand()
    }
}

/// A stream as a chain: of no operations, where it isn't one, since the table's own functions may be worth a worker.
fn chain_of<'a>(stream: &'a mut BoxStream, place: &Place, workers: &Workers) -> Result<&'a mut ChainStream> {
    if !stream.as_any().is_some_and(|s| s.is::<ChainStream>()) {
        let rows = Box::new(Rows(std::mem::replace(stream, Box::new(InMemory::new(Vec::new())))));
        *stream = Box::new(ChainStream::new(Vec::new(), Ahead::new(rows, None), place.clone(), workers));
    }
    let chain = stream.as_any().and_then(|s| s.downcast_mut::<ChainStream>());
    chain.ok_or_else(|| Error::new(Kind::Spark, "a bug in Pyrite's engine: a chain that is none"))
}

/// A dict's pairs, keys in first-seen order.
pub fn pairs(table: &Bound<'_, PyDict>) -> PyResult<Chunk> {
    let pair = |(key, value)| Ok(PyTuple::new(table.py(), [key, value])?.into_any().unbind());
    table.iter().map(pair).collect::<PyResult<_>>().map(PyRows::chunk)
}

/// Pairs of a key and its list of values, each list as a `ResultIterable`.
pub fn groups(pairs: &Chunk) -> Result<Chunk> {
    let mut rows = Held(Vec::with_capacity(pairs.len()));
    for_each_row_of_all(pairs, |py, row| {
        let (key, list) = unpack(py, row)?;
        rows.0.push(PyTuple::new(py, [key, group_of(list.into_bound(py))?])?.into_any().unbind());
        Ok(())
    })?;
    Ok(PyRows::held(rows))
}

fn set(py: Python<'_>, table: &Py<PyDict>, key: &Py<PyAny>, value: &Py<PyAny>) -> PyResult<()> {
    // SAFETY: attached, all three are live references.
    let done = unsafe { ffi::PyDict_SetItem(table.as_ptr(), key.as_ptr(), value.as_ptr()) };
    if done == 0 { Ok(()) } else { Err(PyErr::fetch(py)) }
}

impl ObjectTable for PyTable {
    fn merge(&mut self, chunk: &Chunk, task: &Task) -> Result<()> {
        let began = Instant::now();
        let done = for_each_row(chunk, &task.cancel, |py, row| self.merge_or_note(py, row, task.partition));
        self.busy += began.elapsed();
        done
    }

    fn consume(&mut self, mut stream: BoxStream, task: &Task) -> Result<usize> {
        let place = Place::of(task);
        let chain = chain_of(&mut stream, &place, &self.workers)?;
        self.take_in(chain, &place, None)
    }

    fn consume_until(
        &mut self,
        stream: &mut BoxStream,
        task: &Task,
        full: &mut dyn FnMut(usize) -> Result<bool>,
    ) -> Result<(usize, bool)> {
        let place = Place::of(task);
        let chain = chain_of(stream, &place, &self.workers)?;
        let rows = self.take_in(chain, &place, Some(full))?;
        Ok((rows, chain.has_ended()))
    }

    fn hand_out(&mut self) -> Result<Chunk> {
        let pairs = self.pairs()?;
        // The dict itself stays: what may carry it to a worker knows it.
        attached(|py| self.table.bind(py).clear());
        Ok(pairs)
    }

    fn seed(&mut self, chunk: &Chunk) -> Result<()> {
        for_each_row_of_all(chunk, |py, row| {
            let (key, combiner) = unpack(py, row)?;
            set(py, &self.table, &key, &combiner)
        })
    }

    fn spread_over(&mut self, n: usize) {
        self.spread = if n > MOST_SPREAD { 0 } else { n };
    }

    fn parts(&mut self) -> Option<Vec<Chunk>> {
        // A worker gives it in one piece, or one for each partition.
        (self.spread > 1 && self.filled.len() == self.spread).then(|| std::mem::take(&mut self.filled))
    }

    fn busy(&mut self) -> Duration {
        std::mem::take(&mut self.busy)
    }

    fn drain(mut self: Box<Self>) -> Result<Chunk> {
        if let Some(filled) = self.filled.pop() {
            return Ok(filled);
        }
        let pairs = self.pairs();
        attached(|_| drop(self));
        pairs
    }
}

/// A worker sends no more pieces than this.
const MOST_SPREAD: usize = 256;

/// The pairs by the output partition of their key, for `n` of them; all in one where a key's hash may be this process's
/// own.
pub fn spread(pairs: Chunk, n: usize) -> Result<Vec<Chunk>> {
    let parts = super::attached(|py| {
        let mut parts: Vec<Vec<Py<PyAny>>> = (0..n).map(|_| Vec::new()).collect();
        for row in load(py, &pairs)? {
            let key = row.bind(py).get_item(0)?;
            if !hashes_everywhere(&key) {
                return Ok(None);
            }
            let hash = super::portable_hash::portable_hash(py, &key)?;
            parts[(hash as i64).rem_euclid(n as i64) as usize].push(row);
        }
        Ok(Some(parts))
    })?;
    Ok(parts.map_or_else(|| vec![pairs], |parts| parts.into_iter().map(PyRows::chunk).collect()))
}

/// Whether a key has the same `portable_hash` in every process.
fn hashes_everywhere(key: &Bound<'_, PyAny>) -> bool {
    match key.cast_exact::<PyTuple>() {
        Ok(tuple) => tuple.iter().all(|item| hashes_everywhere(&item)),
        // One that is no number has its address for a hash.
        Err(_) if key.is_exact_instance_of::<PyFloat>() => key.extract::<f64>().is_ok_and(|key| !key.is_nan()),
        Err(_) => {
            key.is_none()
                || key.is_exact_instance_of::<PyString>()
                || key.is_exact_instance_of::<PyInt>()
                || key.is_exact_instance_of::<PyBool>()
                || key.is_exact_instance_of::<PyBytes>()
        }
    }
}

/// For each pair the output partition that `function` (else `portable_hash`) of its key says (Python's modulo), and the
/// pairs as tuples: `PySpark` takes them apart and makes them anew.
pub fn partition_ids(
    py: Python<'_>,
    chunk: &Chunk,
    function: Option<&Opaque>,
    n: usize,
    name: &str,
    task: &Task,
) -> PyResult<(Vec<u32>, Chunk)> {
    let function = function.map(|f| copy_of(py, f)).transpose()?;
    let modulus = n.into_pyobject(py)?;
    let mut rows = load(py, chunk)?;
    let mut ids = Vec::with_capacity(rows.len());
    let mut remade = false;
    for row in &mut rows {
        let id = || -> PyResult<_> {
            let (key, value) = unpack(py, row)?;
            let id = if let Some(f) = &function {
                let id = call_one(py, f, &key).map_err(|e| guard_stop_iteration(py, e))?;
                id.bind(py).rem(&modulus)?.extract::<u32>()?
            } else {
                let hash = super::portable_hash::portable_hash(py, key.bind(py))?;
                (hash as i64).rem_euclid(n as i64) as u32
            };
            Ok((id, key, value))
        };
        let (id, key, value) = id().inspect_err(|e| {
            annotate(py, e, name, Some(row.bind(py)), Some(task.partition));
        })?;
        ids.push(id);
        if !row.bind(py).is_exact_instance_of::<PyTuple>() {
            *row = PyTuple::new(py, [key, value])?.into_any().unbind();
            remade = true;
        }
    }
    let pairs = if remade { PyRows::chunk(rows) } else { chunk.clone() };
    Ok((ids, pairs))
}

/// The output partition of each key: what a partition function said of the row beside it, modulo `n`.
pub fn remainders(py: Python<'_>, keys: &Chunk, rows: &Chunk, n: usize, name: &str, task: &Task) -> PyResult<Vec<u32>> {
    let modulus = n.into_pyobject(py)?;
    let id = |(i, key): (usize, Py<PyAny>)| {
        let id = key.bind(py).rem(&modulus).and_then(|id| id.extract::<u32>());
        id.inspect_err(|e| {
            // The rows are loaded for the note alone.
            let row = load(py, &rows.slice(i, 1)).ok().and_then(|mut row| row.pop());
            annotate(py, e, name, row.as_ref().map(|row| row.bind(py)), Some(task.partition));
        })
    };
    load(py, keys)?.into_iter().enumerate().map(id).collect()
}
