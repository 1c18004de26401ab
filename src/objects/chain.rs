//! The Python path: a fused chain of narrow operations run row by row, lazily, by vectorcall.
//!
//! Row operations between two partition functions make one `Machine`, a pull state machine without a list per
//! operation; a partition function gets the machine before it as its iterator and is the source of the one after.

use std::sync::{Mutex, TryLockError};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyTuple};

use crate::chunk::Chunk;
use crate::error::{Error, Result};
use crate::plan::{FunctionKind, FunctionRef};
use crate::stage::{BoxStream, ChunkStream, RowInput, Step, Task};

use super::call::{call_one, is_true, unpack};
use super::function::copy_of;
use super::raised::{annotate, guard_stop_iteration, user_error};
use super::rows::{PyRows, load};

/// Rows made under one attach, and between two looks at cancellation.
const BATCH: usize = 4096;

/// A chain over `input` for one task.
pub fn open(py: Python<'_>, steps: &[Step], input: Box<dyn RowInput>, task: &Task) -> PyResult<BoxStream> {
    let mut source = Source::Chunks { input, rows: Vec::new().into_iter(), pending: None };
    let mut ops: Vec<Op> = Vec::new();
    let mut machine_start = 0;
    for (index, step) in steps.iter().enumerate() {
        let function = copy_of(py, &step.frozen.object)?;
        if !step.kind.takes_iterator() {
            ops.push(Op { kind: step.kind, function, name: step.name.clone(), of: step.function.clone(), calls: 0 });
            continue;
        }
        let machine = Machine::new(std::mem::take(&mut ops), source, machine_start, task);
        let upstream = Py::new(py, RowIterator(Mutex::new(machine)))?;
        let partition_index = (step.kind == FunctionKind::PartitionsWithIndex).then_some(task.partition);
        let call = PartitionCall { function, upstream, index: partition_index };
        source = Source::Partition { call: Some(call), rows: None, name: step.name.clone() };
        step.function.counters().add_python(0);
        machine_start = index + 1;
    }
    let machine = Machine::new(ops, source, machine_start, task);
    Ok(Box::new(ChainStream { machine, failed: None, ended: false }))
}

/// One row operation.
struct Op {
    kind: FunctionKind,
    function: Py<PyAny>,
    name: std::sync::Arc<str>,
    of: FunctionRef,
    calls: usize,
}

/// Where a machine's rows come from.
enum Source {
    /// Chunks of the engine; a chunk may have passed the first operations already.
    Chunks { input: Box<dyn RowInput>, rows: std::vec::IntoIter<Py<PyAny>>, pending: Option<(Chunk, usize)> },
    /// What a partition function returned; it is called at the first pull.
    Partition { call: Option<PartitionCall>, rows: Option<Py<PyIterator>>, name: std::sync::Arc<str> },
}

struct PartitionCall {
    function: Py<PyAny>,
    upstream: Py<RowIterator>,
    index: Option<usize>,
}

/// Elements of one flatMap's result, with the key for flatMapValues.
struct Inner {
    rows: Py<PyIterator>,
    key: Option<Py<PyAny>>,
}

struct Machine {
    ops: Vec<Op>,
    source: Source,
    /// Index, in the whole chain, of this machine's first operation.
    first: usize,
    /// The operation that the current source chunk starts at.
    start: usize,
    inner: Vec<Option<Inner>>,
    active: usize,
    task: Task,
}

impl Machine {
    fn new(ops: Vec<Op>, source: Source, first: usize, task: &Task) -> Self {
        let inner = ops.iter().map(|_| None).collect();
        Self { ops, source, first, start: 0, inner, active: 0, task: task.clone() }
    }

    /// The next row that comes out of the last operation.
    fn next_row(&mut self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        'rows: loop {
            // The innermost flatMap that still has elements goes first.
            let mut at = 0;
            let mut row = None;
            if self.active > 0 {
                for i in (0..self.ops.len()).rev() {
                    let Some(inner) = &self.inner[i] else { continue };
                    match inner.rows.bind(py).clone().next() {
                        Some(Ok(element)) => {
                            row = Some(match &inner.key {
                                Some(key) => PyTuple::new(py, [key.bind(py), &element])?.into_any().unbind(),
                                None => element.unbind(),
                            });
                            at = i + 1;
                        }
                        Some(Err(error)) => return Err(self.failed(py, i, error, None)),
                        None => {
                            self.inner[i] = None;
                            self.active -= 1;
                            continue 'rows;
                        }
                    }
                    break;
                }
            }
            let mut row = match row {
                Some(row) => row,
                None => match self.next_source(py)? {
                    Some(row) => {
                        at = self.start;
                        row
                    }
                    None => return Ok(None),
                },
            };
            while at < self.ops.len() {
                self.ops[at].calls += 1;
                match self.apply(py, at, &row) {
                    Ok(Applied::Row(next)) => row = next,
                    Ok(Applied::Kept) => {}
                    Ok(Applied::Dropped) => continue 'rows,
                    Ok(Applied::Many(inner)) => {
                        self.inner[at] = Some(inner);
                        self.active += 1;
                        continue 'rows;
                    }
                    Err(error) => return Err(self.failed(py, at, error, Some(row.bind(py)))),
                }
                at += 1;
            }
            return Ok(Some(row));
        }
    }

    #[inline]
    fn apply(&self, py: Python<'_>, at: usize, row: &Py<PyAny>) -> PyResult<Applied> {
        let op = &self.ops[at];
        Ok(match op.kind {
            FunctionKind::Map => Applied::Row(call_one(py, &op.function, row)?),
            FunctionKind::Filter => {
                let kept = call_one(py, &op.function, row)?;
                if is_true(py, &kept)? { Applied::Kept } else { Applied::Dropped }
            }
            FunctionKind::FlatMap => {
                let many = call_one(py, &op.function, row)?;
                Applied::Many(Inner { rows: many.bind(py).try_iter()?.unbind(), key: None })
            }
            FunctionKind::MapValues => {
                let (key, value) = unpack(py, row)?;
                let value = call_one(py, &op.function, &value)?;
                Applied::Row(PyTuple::new(py, [key, value])?.into_any().unbind())
            }
            FunctionKind::FlatMapValues => {
                let (key, value) = unpack(py, row)?;
                let many = call_one(py, &op.function, &value)?;
                Applied::Many(Inner { rows: many.bind(py).try_iter()?.unbind(), key: Some(key) })
            }
            FunctionKind::Partitions | FunctionKind::PartitionsWithIndex => Applied::Row(row.clone_ref(py)),
        })
    }

    /// An operation's exception: guarded, with a note.
    fn failed(&self, py: Python<'_>, at: usize, error: PyErr, row: Option<&Bound<'_, PyAny>>) -> PyErr {
        let guarded = guard_stop_iteration(py, error);
        annotate(py, &guarded, &self.ops[at].name, row, Some(self.task.partition));
        guarded
    }

    fn next_source(&mut self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        match &mut self.source {
            Source::Chunks { input, rows, pending } => loop {
                if let Some(row) = rows.next() {
                    return Ok(Some(row));
                }
                // A filter may drop every row: nobody further on looks then.
                self.task.cancel.check().map_err(|e| super::raised::to_python_error(py, &e))?;
                let (chunk, start) = match pending.take() {
                    Some(rest) => rest,
                    // Upstream computes, reads or waits: not while attached.
                    None => match py.detach(|| input.next()).map_err(|e| super::raised::to_python_error(py, &e))? {
                        Some(next) => next,
                        None => return Ok(None),
                    },
                };
                let now = chunk.len().min(BATCH);
                *rows = load(py, &chunk.slice(0, now))?.into_iter();
                if now < chunk.len() {
                    *pending = Some((chunk.slice(now, chunk.len() - now), start));
                }
                self.start = start.saturating_sub(self.first);
            },
            Source::Partition { call, rows, name } => {
                let note = |e: &PyErr| {
                    annotate(py, e, name, None, Some(self.task.partition));
                };
                if let Some(call) = call.take() {
                    let result = match call.index {
                        Some(index) => call.function.call1(py, (index, call.upstream)),
                        None => call.function.call1(py, (call.upstream,)),
                    };
                    let iterator = result.and_then(|r| Ok(r.bind(py).try_iter()?.unbind()));
                    *rows = Some(iterator.inspect_err(note)?);
                }
                let Some(iterator) = rows else { return Ok(None) };
                self.task.cancel.check().map_err(|e| super::raised::to_python_error(py, &e))?;
                match iterator.bind(py).clone().next() {
                    Some(Ok(row)) => Ok(Some(row.unbind())),
                    Some(Err(error)) => Err(error).inspect_err(note),
                    None => Ok(None),
                }
            }
        }
    }

    fn flush_counts(&mut self) {
        for op in &mut self.ops {
            if op.calls > 0 {
                op.of.counters().add_python(op.calls);
                op.calls = 0;
            }
        }
    }
}

enum Applied {
    Row(Py<PyAny>),
    Kept,
    Dropped,
    Many(Inner),
}

/// The rows of a machine as the iterator that a partition function gets.
#[pyclass(frozen, module = "pyrite._engine")]
struct RowIterator(Mutex<Machine>);

#[pymethods]
impl RowIterator {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        match self.0.try_lock() {
            Ok(mut machine) => {
                if machine.task.cancel.is_set() {
                    return Err(super::raised::to_python_error(py, &Error::Cancelled));
                }
                let row = machine.next_row(py);
                machine.flush_counts();
                row
            }
            Err(TryLockError::WouldBlock) => {
                Err(PyValueError::new_err("the partition's iterator is already executing"))
            }
            Err(TryLockError::Poisoned(_)) => Err(PyValueError::new_err("the partition's iterator has failed")),
        }
    }
}

/// The chain's output as chunks: rows, then perhaps the error that ended them.
pub(super) struct ChainStream {
    machine: Machine,
    failed: Option<Error>,
    ended: bool,
}

impl ChainStream {
    /// Hands every row to `take` as it comes, attached once for each few thousand; says how many there were.
    pub(super) fn for_each(&mut self, mut take: impl FnMut(Python<'_>, &Py<PyAny>) -> Result<()>) -> Result<usize> {
        if let Some(error) = self.failed.take() {
            self.ended = true;
            return Err(error);
        }
        let mut rows = 0;
        while !self.ended {
            self.machine.task.cancel.check()?;
            Python::attach(|py| {
                for _ in 0..BATCH {
                    let Some(row) = self.machine.next_row(py).map_err(|e| user_error(py, &e))? else {
                        self.ended = true;
                        break;
                    };
                    take(py, &row)?;
                    rows += 1;
                }
                self.machine.flush_counts();
                Ok(())
            })?;
        }
        Ok(rows)
    }
}

impl ChunkStream for ChainStream {
    fn as_any(&mut self) -> Option<&mut dyn std::any::Any> {
        Some(self)
    }

    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        if let Some(error) = self.failed.take() {
            self.ended = true;
            return Err(error);
        }
        if self.ended {
            return Ok(None);
        }
        self.machine.task.cancel.check()?;
        let most = want.min(BATCH);
        Python::attach(|py| {
            let mut rows = Vec::with_capacity(most.min(1024));
            while rows.len() < most {
                match self.machine.next_row(py) {
                    Ok(Some(row)) => rows.push(row),
                    Ok(None) => {
                        self.ended = true;
                        break;
                    }
                    Err(error) => {
                        self.failed = Some(user_error(py, &error));
                        break;
                    }
                }
            }
            self.machine.flush_counts();
            if rows.is_empty() {
                return match self.failed.take() {
                    Some(error) => {
                        self.ended = true;
                        Err(error)
                    }
                    None => Ok(None),
                };
            }
            Ok(Some(PyRows::chunk(rows)))
        })
    }
}

impl Drop for ChainStream {
    fn drop(&mut self) {
        // What the machine holds is released while attached, not through the deferred list.
        let empty = Source::Partition { call: None, rows: None, name: "".into() };
        let source = std::mem::replace(&mut self.machine.source, empty);
        let (ops, inner) = (std::mem::take(&mut self.machine.ops), std::mem::take(&mut self.machine.inner));
        let held = (source, ops, inner);
        let _ = Python::try_attach(|_| drop(held));
    }
}
