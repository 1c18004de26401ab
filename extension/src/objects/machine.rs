//! A fused chain of row operations run row by row, lazily, by vectorcall: a pull state machine without a list per
//! operation.

use std::sync::Arc;
use std::time::{Duration, Instant};

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyFunction, PyIterator, PyList, PyRange, PyTuple};

use crate::chunk::{Cancel, Chunk, Progression};
use crate::plan::{FunctionKind, FunctionRef, Gives, Seen};
use crate::stage::{RowInput, TaskContext};

use super::call::{call_one, first_two, is_true, unpack};
use super::fused::{Failure, LEAST, Loop, MOST, Run, Tail};
use super::gate::give_way_within;
use super::partition::PartitionCall;
use super::raised::{annotate, guard_stop_iteration, to_python_error};
use super::release::release;
use super::rows::{PyRows, load};
use super::worker::{Away, CameHome, CarriedTable, Mover};

/// Rows loaded at most at a time, and between two looks at cancellation.
pub(super) const BATCH: usize = 4096;

/// How long a batch of source rows should take: between two of them a machine can move to another process.
const BATCH_TIME: Duration = Duration::from_millis(5);

/// Which task of a stage this is.
#[derive(Clone)]
pub struct Place {
    /// Its partition.
    pub partition: usize,
    /// What else the task is.
    pub context: Arc<TaskContext>,
    /// Set when nobody waits for it any more.
    pub cancel: Cancel,
}

/// One operation as one task runs it.
pub struct Link {
    /// What it does to rows.
    pub kind: FunctionKind,
    /// The operation's name, for notes on errors.
    pub name: Arc<str>,
    /// The task's own copy of the function.
    pub function: Py<PyAny>,
    /// The function in the lineage: its counters.
    pub of: FunctionRef,
}

impl Link {
    /// The same operation.
    pub(super) fn clone_ref(&self, py: Python<'_>) -> Self {
        Self { name: self.name.clone(), function: self.function.clone_ref(py), of: self.of.clone(), ..*self }
    }
}

/// A row operation and how often it was called since that was last noted.
pub(super) struct Op {
    link: Link,
    calls: usize,
    /// Whether it is the step before joins, which gives each value as it is: no call is needed for that.
    as_it_is: bool,
}

/// Where a machine's rows come from.
pub(super) enum Source {
    /// Chunks of the engine; a chunk may have passed the first operations already.
    Chunks(Box<ChunkRows>),
    /// What a partition function returned; it is called at the first pull.
    Partition { call: Option<PartitionCall>, rows: Option<Py<PyIterator>>, name: Arc<str> },
    /// The operations have moved to a worker process: what comes from there needs none of them any more.
    Away { away: Box<Away>, rows: std::vec::IntoIter<Py<PyAny>>, ops: Vec<Op> },
    /// Nothing more comes.
    Ended,
}

/// Chunks as rows.
pub(super) struct ChunkRows {
    input: Box<dyn RowInput>,
    rows: std::vec::IntoIter<Py<PyAny>>,
    /// Of these, how many go before the next look at the clock, and how many have gone since the last.
    left: usize,
    gone: usize,
    /// The operation that they start at.
    start: usize,
    pending: Option<(Chunk, usize)>,
    /// Rows to take next.
    batch: usize,
    loaded: Instant,
    mover: Option<Mover>,
    /// How long rows were waited for since that was last noted.
    waited: Duration,
}

/// Elements of one flatMap's result, with the key for flatMapValues.
struct Inner {
    rows: Py<PyIterator>,
    key: Option<Py<PyAny>>,
}

/// Whether this is `mapValues(pyrite.join.itself)`. A task's copy of a function has the same code object.
fn gives_values_as_they_are(py: Python<'_>, link: &Link) -> bool {
    if link.kind != FunctionKind::MapValues || !link.function.bind(py).is_exact_instance_of::<PyFunction>() {
        return false;
    }
    let same = || -> PyResult<bool> {
        let code = intern!(py, "__code__");
        let itself = py.import(intern!(py, "pyrite.join"))?.getattr(intern!(py, "itself"))?;
        Ok(itself.getattr(code)?.is(&link.function.bind(py).getattr(code)?))
    };
    same().unwrap_or(false)
}

/// Row operations over a source.
pub(super) struct Machine {
    ops: Vec<Op>,
    source: Source,
    /// The operation that the current source chunk starts at.
    start: usize,
    inner: Vec<Option<Inner>>,
    active: usize,
    pub place: Place,
    /// Whether all rows are wanted.
    pub may_move: bool,
    /// Since when it works, where its time is counted.
    clock: Option<Instant>,
    /// The operations as loops of Python's, and the one that rows are in; None in place of loops where there are to be none.
    loops: Option<Vec<Loop>>,
    run: Option<Run>,
    /// Whether a table takes the rows, which can be let into it.
    pub pours: bool,
}

impl Source {
    pub(super) fn chunks(input: Box<dyn RowInput>, mover: Option<Mover>) -> Self {
        let batch = if mover.is_some() { 1 } else { BATCH };
        let rows = Vec::new().into_iter();
        let (left, gone, start, pending) = (0, 0, 0, None);
        let (loaded, waited) = (Instant::now(), Duration::ZERO);
        Self::Chunks(Box::new(ChunkRows { input, rows, left, gone, start, pending, batch, loaded, mover, waited }))
    }
}

impl Machine {
    pub(super) fn new(py: Python<'_>, links: Vec<Link>, source: Source, place: &Place) -> Self {
        let inner = links.iter().map(|_| None).collect();
        let op = |link: Link| Op { as_it_is: gives_values_as_they_are(py, &link), link, calls: 0 };
        let ops = links.into_iter().map(op).collect();
        let (start, active, may_move, clock) = (0, 0, true, None);
        let (loops, run, pours) = (Some(Vec::new()), None, false);
        Self { ops, source, start, inner, active, place: place.clone(), may_move, clock, loops, run, pours }
    }

    /// The worker's end of a machine that has moved, once its rows here are used up.
    pub(super) fn away(&mut self) -> Option<&mut Away> {
        match &mut self.source {
            Source::Away { away, rows, .. } if rows.len() == 0 => Some(away),
            _ => None,
        }
    }

    /// More rows are wanted of it, perhaps by a table from now on.
    pub(super) fn goes_on(&mut self, py: Python<'_>, table: Option<&CarriedTable>) {
        if let Source::Chunks(chunks) = &mut self.source
            && let Some(mover) = &mut chunks.mover
        {
            mover.goes_on(py, table);
        }
    }

    /// Whether it only hands on what the engine gives it.
    pub(super) fn is_idle(&self) -> bool {
        self.ops.is_empty() && matches!(self.source, Source::Chunks(_))
    }

    /// The next rows of one that is idle.
    pub(super) fn next_list<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.place.cancel.check().map_err(|e| to_python_error(py, &e))?;
        let Source::Chunks(chunks) = &mut self.source else { return Ok(None) };
        chunks.next_list(py)
    }

    /// The next row that comes out of the last operation. None also where many can be poured.
    pub(super) fn next_row(&mut self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        'rows: loop {
            if self.run.is_some() {
                match self.next_of_run(py)? {
                    Some(row) => return Ok(Some(row)),
                    None => continue 'rows,
                }
            }
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
                None if self.pours && self.has_many() => return Ok(None),
                None if self.begin_run(py)? => continue 'rows,
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

    /// Every row goes through the functions by calls of its own.
    pub(super) fn by_calls(&mut self) {
        self.loops = None;
    }

    /// Lets the rows at hand into a loop, if they are many and there is one.
    fn begin_run(&mut self, py: Python<'_>) -> PyResult<bool> {
        // One call for each row costs less than the way through a loop.
        if self.ops.len() < self.start + 2 || !self.has_many() {
            return Ok(false);
        }
        let Some((of, rows)) = self.rows_for_loop(py, "yield")? else { return Ok(false) };
        let Some(looped) = self.loops.as_ref().and_then(|loops| loops.get(of)) else { return Ok(false) };
        self.run = Some(looped.begin(py, of, rows)?);
        Ok(true)
    }

    /// Whether there are many rows at hand, none is half way, and there may be a loop for them.
    pub(super) fn has_many(&self) -> bool {
        self.active == 0
            && self.loops.is_some()
            && self.run.is_none()
            && matches!(&self.source, Source::Chunks(chunks) if chunks.at_hand() >= LEAST)
    }

    /// The rows at hand, and the loop for them.
    fn rows_for_loop(&mut self, py: Python<'_>, kind: &'static str) -> PyResult<Option<(usize, Vec<Py<PyAny>>)>> {
        let Some(loops) = &mut self.loops else { return Ok(None) };
        let found = loops.iter().position(|one| one.start == self.start && one.kind == kind);
        let of = if let Some(of) = found {
            of
        } else {
            let watching = py.import(intern!(py, "pyrite._lambda.watching"))?;
            let watched = loops.is_empty() && !watching.call_method0(intern!(py, "watched"))?.is_none();
            let operations = self.ops.iter().map(|op| (op.link.kind, op.as_it_is, &op.link.function));
            let made = if watched { None } else { Loop::of(py, operations, self.start, kind, &self.place.cancel)? };
            let Some(made) = made else {
                self.loops = None;
                return Ok(None);
            };
            loops.push(made);
            loops.len() - 1
        };
        let Source::Chunks(chunks) = &mut self.source else { return Ok(None) };
        Ok(Some((of, chunks.take_at_hand())))
    }

    fn next_of_run(&mut self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let Some(run) = &self.run else { return Ok(None) };
        match run.next(py) {
            Ok(Some(row)) => Ok(Some(row)),
            Ok(None) => {
                self.note_run(py);
                self.run = None;
                Ok(None)
            }
            Err(error) => {
                self.note_run(py);
                let Some(run) = self.run.take() else { return Err(error) };
                Err(self.failed_in_loop(py, run.of, error, None))
            }
        }
    }

    /// Lets the rows at hand into a table, if they are many and there is a loop for that; says how many it took.
    pub(super) fn pour(&mut self, py: Python<'_>, tail: &Tail) -> PyResult<Option<usize>> {
        if !self.has_many() {
            return Ok(None);
        }
        let Some((of, rows)) = self.rows_for_loop(py, tail.kind)? else { return Ok(None) };
        let Some(looped) = self.loops.as_ref().and_then(|loops| loops.get(of)) else { return Ok(None) };
        let (run, done) = looped.pour(py, of, rows, tail)?;
        self.run = Some(run);
        let taken = self.note_run(py);
        self.run = None;
        match done {
            Ok(()) => Ok(Some(taken)),
            Err(error) => Err(self.failed_in_loop(py, of, error, Some(tail))),
        }
    }

    /// Counts what has gone through a loop; says how many rows came out.
    fn note_run(&mut self, py: Python<'_>) -> usize {
        let Self { run: Some(run), loops: Some(loops), ops, .. } = self else { return 0 };
        let Some(looped) = loops.get(run.of) else { return 0 };
        looped.note(py, run, ops.iter_mut().map(|op| &mut op.calls)).unwrap_or_default()
    }

    /// An exception of a loop, as the operation's.
    fn failed_in_loop(&mut self, py: Python<'_>, of: usize, error: PyErr, tail: Option<&Tail>) -> PyErr {
        let Some(looped) = self.loops.as_ref().and_then(|loops| loops.get(of)) else { return error };
        let Failure { error, at, row } = looped.failure(py, error);
        let Some(at) = at else { return error };
        for later in looped.not_reached(at) {
            self.ops[later].calls = self.ops[later].calls.saturating_sub(1);
        }
        let row = row.as_ref().map(|row| row.bind(py));
        if at < self.ops.len() {
            return self.failed(py, at, error, row);
        }
        let Some(tail) = tail else { return error };
        let error = guard_stop_iteration(py, error);
        annotate(py, &error, &tail.name, row, Some(self.place.partition));
        error
    }

    #[inline]
    fn apply(&self, py: Python<'_>, at: usize, row: &Py<PyAny>) -> PyResult<Applied> {
        let Op { link: Link { kind, function, .. }, as_it_is, .. } = &self.ops[at];
        Ok(match kind {
            FunctionKind::Map => Applied::Row(call_one(py, function, row)?),
            FunctionKind::Filter => {
                let kept = call_one(py, function, row)?;
                if is_true(py, &kept)? { Applied::Kept } else { Applied::Dropped }
            }
            FunctionKind::FlatMap => {
                let many = call_one(py, function, row)?;
                Applied::Many(Inner { rows: many.bind(py).try_iter()?.unbind(), key: None })
            }
            FunctionKind::MapValues => {
                if *as_it_is && row.bind(py).cast_exact::<PyTuple>().is_ok_and(|pair| pair.len() == 2) {
                    return Ok(Applied::Kept);
                }
                let (key, value) = first_two(py, row)?;
                let value = if *as_it_is { value } else { call_one(py, function, &value)? };
                Applied::Row(PyTuple::new(py, [key, value])?.into_any().unbind())
            }
            FunctionKind::FlatMapValues => {
                let (key, value) = first_two(py, row)?;
                let many = call_one(py, function, &value)?;
                Applied::Many(Inner { rows: many.bind(py).try_iter()?.unbind(), key: Some(key) })
            }
            FunctionKind::Key(seen, gives) => Applied::Row(keyed(py, *seen, *gives, function, row)?),
            FunctionKind::Partitions | FunctionKind::PartitionsWithIndex => Applied::Row(row.clone_ref(py)),
        })
    }

    /// An operation's exception: guarded, with a note.
    fn failed(&self, py: Python<'_>, at: usize, error: PyErr, row: Option<&Bound<'_, PyAny>>) -> PyErr {
        let guarded = guard_stop_iteration(py, error);
        annotate(py, &guarded, &self.ops[at].link.name, row, Some(self.place.partition));
        guarded
    }

    fn next_source(&mut self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        loop {
            match &mut self.source {
                Source::Chunks(chunks) => {
                    if let Some(row) = chunks.next_row() {
                        return Ok(Some(row));
                    }
                    // A filter may drop every row: nobody further on looks then.
                    self.place.cancel.check().map_err(|e| to_python_error(py, &e))?;
                    if chunks.wants_to_move() && self.may_move && self.move_away(py)? {
                        continue;
                    }
                    let Source::Chunks(chunks) = &mut self.source else { continue };
                    match chunks.load(py, self.ops.len())? {
                        Some(start) => self.start = start,
                        None => return Ok(None),
                    }
                }
                Source::Partition { call, rows, name } => {
                    let partition = self.place.partition;
                    let note = |e: &PyErr| annotate(py, e, name, None, Some(partition));
                    if let Some(call) = call.take() {
                        *rows = Some(call.run(py).inspect_err(note)?);
                    }
                    let Some(iterator) = rows else { return Ok(None) };
                    self.place.cancel.check().map_err(|e| to_python_error(py, &e))?;
                    return match iterator.bind(py).clone().next() {
                        Some(Ok(row)) => Ok(Some(row.unbind())),
                        Some(Err(error)) => Err(error).inspect_err(note),
                        None => Ok(None),
                    };
                }
                Source::Away { away, rows, .. } => {
                    if let Some(row) = rows.next() {
                        return Ok(Some(row));
                    }
                    if away.has_table() {
                        // Its rows are for the table's owner to fetch.
                        return Ok(None);
                    }
                    match py.detach(|| away.pull(BATCH)).map_err(|e| to_python_error(py, &e))? {
                        Some(chunk) => *rows = load(py, &chunk)?.into_iter(),
                        None if self.come_home(py)?.is_some() => {}
                        None => return Ok(None),
                    }
                }
                Source::Ended => return Ok(None),
            }
        }
    }

    /// Hands the operations and the rest of the input to a worker process, if one takes them. Between two source rows
    /// nothing else is on its way.
    fn move_away(&mut self, py: Python<'_>) -> PyResult<bool> {
        self.flush_counts(py);
        let Source::Chunks(chunks) = &mut self.source else { return Ok(false) };
        let Some(mover) = &mut chunks.mover else { return Ok(false) };
        let links: Vec<&Link> = self.ops.iter().map(|op| &op.link).collect();
        let rest = PyRows::chunk(chunks.rows.as_slice().iter().map(|row| row.clone_ref(py)).collect());
        let next = if rest.is_empty() { chunks.pending.as_ref().map(|(chunk, _)| chunk) } else { Some(&rest) };
        let Some(session) = mover.leave(py, &links, &self.place, next)? else { return Ok(false) };
        let Source::Chunks(chunks) = std::mem::replace(&mut self.source, Source::Ended) else { return Ok(false) };
        let first = (!rest.is_empty()).then_some((rest, chunks.start));
        let ChunkRows { input, pending, .. } = *chunks;
        let away = Away::new(session, input, [first, pending]);
        let ops = std::mem::take(&mut self.ops);
        self.loops = None;
        self.source = Source::Away { away: Box::new(away), rows: Vec::new().into_iter(), ops };
        (self.start, self.inner) = (0, Vec::new());
        Ok(true)
    }

    /// Once no more rows come from the worker: where the rest of the input is for this process, goes on with it here. Gives
    /// the functions of the table that went along, if they have changed.
    pub(super) fn come_home(&mut self, py: Python<'_>) -> PyResult<Option<Vec<Py<PyAny>>>> {
        let Source::Away { away, ops, .. } = &mut self.source else { return Ok(None) };
        let Some(CameHome { input, functions }) = away.came_home() else { return Ok(None) };
        self.ops = std::mem::take(ops);
        self.inner = self.ops.iter().map(|_| None).collect();
        self.loops = Some(Vec::new());
        self.source = Source::chunks(input, None);
        if functions.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let loads = py.import(intern!(py, "pickle"))?.getattr(intern!(py, "loads"))?;
        let mut changed: Vec<Py<PyAny>> = loads.call1((PyBytes::new(py, &functions),))?.extract()?;
        let of_table = changed.split_off(self.ops.len().min(changed.len()));
        for (op, function) in self.ops.iter_mut().zip(changed) {
            op.link.function = function;
        }
        Ok(Some(of_table))
    }

    /// It works from now on, and its time is counted.
    pub(super) fn begin_clock(&mut self) {
        self.waited();
        self.clock = Some(Instant::now());
    }

    /// Tells the functions' counters.
    pub(super) fn flush_counts(&mut self, py: Python<'_>) {
        self.flush_counts_beside(py, 0);
    }

    /// The same; whoever takes the rows was called `others` times, and is told how long that took. The time that has passed
    /// is shared out by calls: a clock for each would take longer than most functions.
    pub(super) fn flush_counts_beside(&mut self, py: Python<'_>, others: usize) -> Duration {
        self.note_run(py);
        let waited = self.waited();
        let passed = self.clock.take().map_or(Duration::ZERO, |since| since.elapsed().saturating_sub(waited));
        let all: usize = self.ops.iter().map(|op| op.calls).sum::<usize>() + others;
        let share = |calls: usize| passed.mul_f64(calls as f64 / all.max(1) as f64);
        for op in &mut self.ops {
            if op.calls > 0 {
                let counters = op.link.of.counters();
                counters.add_python(op.calls);
                counters.add_python_time(share(op.calls));
                op.calls = 0;
            }
        }
        share(others)
    }

    fn waited(&mut self) -> Duration {
        match &mut self.source {
            Source::Chunks(chunks) => std::mem::take(&mut chunks.waited),
            _ => Duration::ZERO,
        }
    }

    /// Ends it: what refers to Python objects may be dropped without the interpreter, readers and workers go at once.
    pub(super) fn take_apart(&mut self) {
        release((self.run.take(), self.loops.take(), std::mem::take(&mut self.ops), std::mem::take(&mut self.inner)));
        match std::mem::replace(&mut self.source, Source::Ended) {
            Source::Chunks(chunks) => release(chunks.rows),
            Source::Partition { call, rows, .. } => release((call, rows)),
            Source::Away { rows, ops, .. } => release((rows, ops)),
            Source::Ended => {}
        }
    }
}

/// What a key function says of a row, perhaps with the row: a pair as the tuple that `PySpark` makes of it.
fn keyed(py: Python<'_>, seen: Seen, gives: Gives, function: &Py<PyAny>, row: &Py<PyAny>) -> PyResult<Py<PyAny>> {
    let mut remade = None;
    let key = match seen {
        Seen::Row => call_one(py, function, row)?,
        Seen::First => call_one(py, function, &row.bind(py).get_item(0)?.unbind())?,
        Seen::Key => {
            let (key, value) = unpack(py, row)?;
            if gives == Gives::Beside && !row.bind(py).is_exact_instance_of::<PyTuple>() {
                remade = Some(PyTuple::new(py, [&key, &value])?.into_any().unbind());
            }
            call_one(py, function, &key)?
        }
    };
    match gives {
        Gives::Alone => Ok(key),
        Gives::Beside => Ok(PyTuple::new(py, [&key, remade.as_ref().unwrap_or(row)])?.into_any().unbind()),
    }
}

impl ChunkRows {
    fn next_row(&mut self) -> Option<Py<PyAny>> {
        self.left = self.left.checked_sub(1)?;
        let row = self.rows.next()?;
        self.gone += 1;
        Some(row)
    }

    /// How many rows can go before the next look at the clock.
    fn at_hand(&self) -> usize {
        self.left.min(self.rows.len())
    }

    /// These rows, or the first of them: each stays until all have gone.
    fn take_at_hand(&mut self) -> Vec<Py<PyAny>> {
        let rows = self.at_hand().min(MOST);
        self.left -= rows;
        self.gone += rows;
        self.rows.by_ref().take(rows).collect()
    }

    fn wants_to_move(&mut self) -> bool {
        let (took, batch) = (self.loaded.elapsed(), self.batch);
        self.mover.as_mut().is_some_and(|mover| mover.has_worked(took, batch))
    }

    /// The next chunk, or the rest of one.
    fn read(&mut self, py: Python<'_>) -> PyResult<Option<(Chunk, usize)>> {
        if let Some(rest) = self.pending.take() {
            return Ok(Some(rest));
        }
        // Upstream computes, reads or waits: not while attached. Where it does not, threads that let go of the interpreter
        // between small chunks would do little but hand it to each other.
        let asked = Instant::now();
        let next = if self.input.is_at_hand() { self.input.next() } else { py.detach(|| self.input.next()) };
        self.waited += asked.elapsed();
        next.map_err(|e| to_python_error(py, &e))
    }

    /// Some rows that no operation waits for: a list, or the `range` that they are.
    fn next_list<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        give_way_within(py);
        loop {
            let Some((chunk, start)) = self.read(py)? else { return Ok(None) };
            let len = chunk.len();
            if len > BATCH {
                self.pending = Some((chunk.slice(BATCH, len - BATCH), start));
            }
            let now = chunk.slice(0, len.min(BATCH));
            if let Some(range) = range(py, &now)? {
                return Ok(Some(range));
            }
            if len > 0 {
                return PyList::new(py, load(py, &now)?).map(|list| Some(list.into_any()));
            }
        }
    }

    /// Sees to it that there are rows for so many operations; says at which one they start.
    fn load(&mut self, py: Python<'_>, steps: usize) -> PyResult<Option<usize>> {
        give_way_within(py);
        let took = self.loaded.elapsed();
        let gone = std::mem::take(&mut self.gone);
        if gone > 0 && self.start < steps {
            self.input.worked(gone, took);
        }
        if took < BATCH_TIME {
            self.batch = (2 * self.batch).min(BATCH);
        } else if took > 4 * BATCH_TIME && self.mover.is_some() {
            self.batch = (self.batch / 2).max(1);
        }
        if self.rows.len() > 0 {
            (self.left, self.loaded) = (self.batch, Instant::now());
            return Ok(Some(self.start));
        }
        let Some((chunk, start)) = self.read(py)? else {
            self.mover = None;
            return Ok(None);
        };
        if PyRows::stay(&chunk) {
            self.mover = None;
        }
        // Other rows are loaded as they were pickled, and taken a few at a time.
        let columns = matches!(chunk, Chunk::Columns(_));
        let now = chunk.len().min(if columns { self.batch } else { BATCH });
        self.rows = load(py, &chunk.slice(0, now))?.into_iter();
        if let Some(mover) = &mut self.mover {
            mover.works(&chunk);
        }
        if now < chunk.len() {
            self.pending = Some((chunk.slice(now, chunk.len() - now), start));
        }
        (self.left, self.start, self.loaded) = (self.batch, start, Instant::now());
        Ok(Some(start))
    }
}

/// Ints that `range` gives.
fn range<'py>(py: Python<'py>, rows: &Chunk) -> PyResult<Option<Bound<'py, PyAny>>> {
    let Chunk::Columns(columns) = rows else { return Ok(None) };
    let Some(found) = Progression::of(columns) else { return Ok(None) };
    py.get_type::<PyRange>().call1((found.first, found.end(), found.step)).map(Some)
}

enum Applied {
    Row(Py<PyAny>),
    Kept,
    Dropped,
    Many(Inner),
}
