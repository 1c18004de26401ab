//! One task in a worker process, seen from here. The worker asks for input and is asked for rows, so that nothing is
//! computed before it is wanted and neither side fills the other's pipe.

use std::time::Duration;

use pyo3::exceptions::PyException;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use serde::{Deserialize, Serialize};

use crate::chunk::{Cancel, Chunk};
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::id::{JobId, StageId, TaskId};
use crate::metrics::Usage;
use crate::plan::FunctionRef;
use crate::stage::{Properties, RowInput, TaskContext};

use super::super::context::came_home;
use super::super::gate::attached;
use super::super::machine::{Link, Place};
use super::super::raised::{to_python_error, user_error};
use super::super::table::pairs;
use super::crew::Hired;
use super::outgoing::Outgoing;
use super::process::Worker;
use super::table::{CarriedTable, TableKind};
use super::wire::{Gone, Kind, number, sized};
use super::{failure, parcel};

/// How long a wait for the worker may last before cancellation is looked at.
const SLICE: Duration = Duration::from_millis(10);

/// The rows that are asked for where all are wanted in the end.
const EVERYTHING: [u8; 8] = u64::MAX.to_le_bytes();

/// What a worker is told of a task, beside the functions and the rows.
#[derive(Serialize, Deserialize)]
pub(super) struct Brief {
    /// The partition that the operations read.
    pub partition: usize,
    /// The task: its job, stage, partition, attempt, number and properties.
    pub task: (u64, u64, usize, usize, u64, Properties),
    /// The operations: kind and name.
    pub steps: Vec<(String, String)>,
    /// The table that takes their rows: what it does, its operation's name and for how many partitions it is laid out.
    pub table: Option<(TableKind, String, usize)>,
    /// Whether it is given one stretch of rows after the other, each of which it answers: see `piecework`.
    pub by_stretches: bool,
}

/// A worker at work on one task.
#[expect(clippy::struct_excessive_bools, reason = "each says a thing of its own, and any two may hold")]
pub struct Session {
    worker: Option<Hired>,
    phase: Phase,
    of: Vec<FunctionRef>,
    name: String,
    place: Place,
    has_table: bool,
    /// Whether its functions hold accumulators: then it is asked for them when it is given up.
    accumulates: bool,
    taken: usize,
    /// Rows of the input that it was done with when it last asked for more, and the microseconds that they took.
    done: (u64, u64),
    /// The worker has been asked for more rows already.
    asked: bool,
    /// What has been sent. Rows that it refuses are worked on at home.
    outgoing: Outgoing,
    /// Where it ended because of such rows: these, and the functions, if they have changed.
    home: Option<((Chunk, usize), Vec<u8>)>,
    /// The worker knows that there are no more rows; it may have asked for more before.
    over: bool,
    /// Why the input failed; the worker gets an echo of it, unless it fails before.
    input_failed: Option<Error>,
}

/// What the worker does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// It works, or waits for input.
    Works,
    /// It waits to be asked for rows: the task can be given up without killing it.
    Waits,
    /// It is done.
    Ended,
    /// It isn't there any more.
    Gone,
}

/// What came of an attempt to start.
pub enum Started {
    /// The task is there.
    Yes(Box<Session>),
    /// The worker can't load the functions.
    Refused(String),
    /// The worker has gone.
    Lost,
}

impl Session {
    /// Hands these operations to `worker`, with the table that takes their rows. Attached; the wait is not.
    pub fn start(
        py: Python<'_>,
        worker: Hired,
        links: &[&Link],
        table: Option<&CarriedTable>,
        place: &Place,
        outgoing: Outgoing,
    ) -> PyResult<Result<Started>> {
        let mut functions: Vec<&Py<PyAny>> = links.iter().map(|link| &link.function).collect();
        functions.extend(table.iter().flat_map(|t| &t.functions));
        let module = py.import(intern!(py, "pyrite._worker"))?;
        let dumped = module.call_method1(intern!(py, "dump"), (functions,)).and_then(|dumped| dumped.extract());
        let (functions, carried): (Bound<'_, PyBytes>, Bound<'_, PyDict>) = match dumped {
            Ok(dumped) => dumped,
            // What holds an open file, say, stays here.
            Err(error) if error.is_instance_of::<PyException>(py) => {
                worker.release();
                return Ok(Ok(Started::Refused(error.value(py).to_string())));
            }
            Err(error) => {
                worker.release();
                return Err(error);
            }
        };
        let rows = table.map(|table| pairs(table.table.bind(py))).transpose()?;
        let brief = Brief {
            partition: place.partition,
            task: described(place),
            steps: steps_of(links.iter().copied()),
            table: table.map(|table| (table.kind, table.name.to_string(), table.spread)),
            by_stretches: false,
        };
        let last = table.map_or_else(|| links.last().map(|link| &link.name), |table| Some(&table.name));
        let session = Self {
            worker: Some(worker),
            phase: Phase::Works,
            of: links.iter().map(|link| link.of.clone()).collect(),
            name: last.map(ToString::to_string).unwrap_or_default(),
            place: place.clone(),
            has_table: table.is_some(),
            accumulates: !carried.is_empty(),
            taken: 0,
            done: (0, 0),
            asked: false,
            outgoing,
            home: None,
            over: false,
            input_failed: None,
        };
        let functions = functions.as_bytes();
        let started = py.detach(|| session.open(&brief, functions, rows.as_ref()));
        if !carried.is_empty() && matches!(started, Ok(Started::Yes(_))) {
            py.import(intern!(py, "pyrite.accumulators"))?.call_method1(intern!(py, "moved"), (carried,))?;
        }
        Ok(started)
    }

    fn open(mut self, brief: &Brief, functions: &[u8], rows: Option<&Chunk>) -> Result<Started> {
        let brief = serde_json::to_vec(brief).map_err(|e| broken(&e.to_string()))?;
        let rows = match rows.map_or_else(|| Ok(Some(Vec::new())), |rows| self.outgoing.pack(rows)) {
            Ok(Some(rows)) => rows,
            Ok(None) => {
                self.release();
                return Ok(Started::Refused("its table may show what texts hash to here".to_owned()));
            }
            Err(error) => {
                self.release();
                return Ok(Started::Refused(error.to_string()));
            }
        };
        let size = |bytes: &[u8]| (bytes.len() as u64).to_le_bytes();
        let start: [&[u8]; 5] = [&size(&brief), &brief, &size(functions), functions, &rows];
        let mut answer = self.send(Kind::Start, &start).and_then(|()| self.receive());
        while matches!(answer, Ok((Kind::Need, _))) {
            // A thread that a task has left there has asked.
            answer = self.receive();
        }
        if self.phase == Phase::Gone {
            return Ok(Started::Lost);
        }
        match answer? {
            (Kind::Started, _) => {
                self.phase = Phase::Waits;
                Ok(Started::Yes(Box::new(self)))
            }
            (Kind::Refused, why) => {
                self.release();
                Ok(Started::Refused(String::from_utf8_lossy(&why).into_owned()))
            }
            (other, _) => Err(broken(&format!("{other:?} in answer to a task"))),
        }
    }

    /// The next rows that the operations make of `input`.
    pub fn pull(&mut self, input: &mut dyn RowInput, want: usize) -> Result<Option<Chunk>> {
        self.ask(Kind::Pull, &(want as u64).to_le_bytes(), input)
    }

    /// How many more rows they make; none comes here.
    pub fn count(&mut self, input: &mut dyn RowInput) -> Result<u64> {
        // Rows that were asked for come first, as rows.
        let asked = if self.asked { self.pull(input, 1)? } else { None };
        self.ask(Kind::Count, &[], input)?;
        Ok(asked.map_or(0, |rows| rows.len()) as u64 + self.taken as u64)
    }

    fn ask(&mut self, kind: Kind, body: &[u8], input: &mut dyn RowInput) -> Result<Option<Chunk>> {
        if self.phase == Phase::Ended {
            return Ok(None);
        }
        self.place.cancel.check()?;
        if !std::mem::take(&mut self.asked) {
            self.send(kind, &[body])?;
            self.phase = Phase::Works;
        }
        loop {
            match self.receive()? {
                (Kind::Need, _) if self.over => {}
                (Kind::Need, done) => match self.next_of(input, &done) {
                    Ok(Some((chunk, start))) => {
                        if let Some(parcel) = self.outgoing.pack(&chunk)? {
                            self.send(Kind::Input, &[&(start as u64).to_le_bytes(), &parcel])?;
                        } else {
                            self.home = Some(((chunk, start), Vec::new()));
                            self.over = true;
                            self.send(Kind::InputHome, &[])?;
                        }
                    }
                    Ok(None) => {
                        self.over = true;
                        self.send(Kind::InputEnd, &[])?;
                    }
                    Err(error) => {
                        self.over = true;
                        let dumped = dumped(&error)?;
                        self.input_failed = Some(error);
                        self.send(Kind::InputFailed, &[&dumped])?;
                    }
                },
                (Kind::Rows, rows) => {
                    if kind == Kind::Pull && body == EVERYTHING {
                        // It need not wait until these have been looked at.
                        self.send(kind, &[body])?;
                        self.asked = true;
                    } else {
                        self.phase = Phase::Waits;
                    }
                    return parcel::unpack(&rows).map(Some);
                }
                (Kind::End, counts) => {
                    self.note(&counts);
                    self.release();
                    return Ok(None);
                }
                (Kind::Home, body) => {
                    let (counts, functions) = sized(&body).unwrap_or_default();
                    self.note(counts);
                    self.release();
                    if let Some(home) = &mut self.home {
                        home.1 = functions.to_vec();
                    }
                    return Ok(None);
                }
                (Kind::Failed, body) => {
                    let (counts, error) = sized(&body).unwrap_or_default();
                    self.note(counts);
                    self.release();
                    return Err(raised(error));
                }
                (Kind::Echoed, counts) => {
                    self.note(&counts);
                    self.release();
                    return Err(self.input_failed.take().unwrap_or(Error::Cancelled));
                }
                (other, _) => return Err(broken(&format!("{other:?} in a task"))),
            }
        }
    }

    /// The input's next chunk for a worker that says what it is done with.
    fn next_of(&mut self, input: &mut dyn RowInput, done: &[u8]) -> Result<Option<(Chunk, usize)>> {
        let now = (number(done), number(done.get(8..).unwrap_or_default()));
        let (rows, time) = (now.0.saturating_sub(self.done.0), now.1.saturating_sub(self.done.1));
        if rows > 0 {
            self.done = now;
            input.worked(rows as usize, Duration::from_micros(time));
        }
        input.next()
    }

    /// Once it has ended: the rows on which to go on at home, and the functions, pickled, if they have changed there.
    pub fn came_home(&mut self) -> Option<((Chunk, usize), Vec<u8>)> {
        if self.phase == Phase::Ended { self.home.take() } else { None }
    }

    /// Whether a table went along.
    pub fn has_table(&self) -> bool {
        self.has_table
    }

    /// Rows that the table took in, or that were counted.
    pub fn taken(&self) -> usize {
        self.taken
    }

    fn note(&mut self, tail: &[u8]) {
        let (counts, updates) = sized(tail).unwrap_or_default();
        came_home(&self.place.context, updates);
        let mut counts = counts.chunks_exact(8).map(|c| number(c) as usize);
        for (function, count) in self.of.iter().zip(&mut counts) {
            function.counters().add_python(count);
            function.counters().add_away(count);
        }
        self.taken = counts.next().unwrap_or(0);
        Usage::note_cpu(counts.next().unwrap_or(0) as u64);
    }

    fn send(&mut self, kind: Kind, parts: &[&[u8]]) -> Result<()> {
        match self.worker.as_mut().and_then(Hired::worker) {
            Some(worker) => worker.port.send(kind, parts).map_err(|Gone| self.gone()),
            None => Err(Error::Cancelled),
        }
    }

    /// The next message that isn't for the user's eyes.
    fn receive(&mut self) -> Result<(Kind, Vec<u8>)> {
        loop {
            let Some(worker) = self.worker.as_mut().and_then(Hired::worker) else { return Err(Error::Cancelled) };
            match worker.port.receive(SLICE) {
                Ok(Some(frame)) if frame.kind == Kind::Print => print(&frame.body),
                Ok(Some(frame)) => return Ok((frame.kind, frame.body)),
                Ok(None) => self.place.cancel.check()?,
                Err(Gone) => return Err(self.gone()),
            }
        }
    }

    fn gone(&mut self) -> Error {
        self.phase = Phase::Gone;
        self.place.context.lose_worker();
        let how = self.worker.as_mut().and_then(Hired::worker).map(Worker::ending).unwrap_or_default();
        let (name, partition) = (&self.name, self.place.partition);
        let message = format!(
            "A Python worker process ended unexpectedly ({how}) while running {name} on partition {partition}. The \
             function, or a library it uses, may have ended the process, or the system was out of memory. With \
             pyrite.python.workers set to 0 functions run in this process."
        );
        Error::new(ErrorKind::Spark, message)
    }

    /// The worker is free for another task.
    fn release(&mut self) {
        self.phase = Phase::Ended;
        if let Some(worker) = self.worker.take() {
            worker.release();
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.phase == Phase::Works
            && let Some(worker) = self.worker.as_mut().and_then(Hired::worker)
        {
            worker.end_programs();
        }
        if self.phase != Phase::Waits {
            return;
        }
        let asks = self.accumulates && !self.place.cancel.is_set();
        if self.send(Kind::Abandon, &[&[u8::from(asks)]]).is_err() {
            return;
        }
        if asks {
            match self.receive() {
                Ok((Kind::Left, tail)) => self.note(&tail),
                _ => return,
            }
        }
        self.release();
    }
}

fn steps_of<'a>(links: impl Iterator<Item = &'a Link>) -> Vec<(String, String)> {
    links.map(|link| (link.kind.name().to_owned(), link.name.to_string())).collect()
}

/// The task as a brief tells it.
fn described(place: &Place) -> (u64, u64, usize, usize, u64, Properties) {
    let c = &place.context;
    (c.job.0, c.stage.0, c.partition, c.attempt, c.task.0, c.properties.as_ref().clone())
}

impl Brief {
    /// What a helper tells a worker, as it is sent.
    pub(super) fn of_stretches(links: &[Link], place: &Place) -> Option<Vec<u8>> {
        let (partition, task, steps) = (place.partition, described(place), steps_of(links.iter()));
        serde_json::to_vec(&Self { partition, task, steps, table: None, by_stretches: true }).ok()
    }

    /// The task's context in the worker, where `cancel` is set once the parent has gone.
    pub(super) fn context(&self, cancel: Cancel) -> TaskContext {
        let (job, stage, partition, attempt, task, properties) = self.task.clone();
        TaskContext::new(JobId(job), StageId(stage), partition, attempt, TaskId(task), properties.into(), cancel)
    }
}

fn broken(what: &str) -> Error {
    let message = format!("a bug in Pyrite's worker processes: {what}; please report it");
    Error::new(ErrorKind::Spark, message)
}

/// An error for functions there to see.
fn dumped(error: &Error) -> Result<Vec<u8>> {
    attached(|py| failure::dump(py, to_python_error(py, error)).map_err(|e| user_error(py, &e)))
}

/// The exception that a function raised there.
fn raised(dumped: &[u8]) -> Error {
    attached(|py| user_error(py, &failure::load(py, dumped).unwrap_or_else(|error| error)))
}

/// What a function printed, where the program's own prints go.
pub(super) fn print(body: &[u8]) {
    let Some((stream, text)) = body.split_first() else { return };
    let name = if *stream == 2 { "stderr" } else { "stdout" };
    let text = String::from_utf8_lossy(text);
    // A closed stream must not fail a task.
    let _ = attached(|py| -> PyResult<()> {
        py.import(intern!(py, "sys"))?.getattr(name)?.call_method1(intern!(py, "write"), (text,)).map(drop)
    });
}
