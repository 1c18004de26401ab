//! What a helper does: on a thread of the pool that no task needs it hands stretches of a task's rows to a worker process,
//! two at a time, so that the worker need not wait, and takes what comes of them.

use std::collections::VecDeque;
use std::mem;
use std::time::{Duration, Instant};

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::chunk::Chunk;
use crate::stage::Cores;

use super::super::machine::{Link, Place};
use super::crew::{CREW, Hired};
use super::outgoing::Outgoing;
use super::parcel;
use super::policy::{self, START_WITHIN, WORTH, Workers};
use super::process::Launch;
use super::session::{Brief, print};
use super::stretches::{Made, Stretches};
use super::wire::{Gone, Kind, Port, number};

/// Stretches that a worker has been given.
const AT_ONCE: usize = 2;

/// How long a helper waits for rows before it leaves, and for the worker before it looks whether it is wanted.
const IDLE: Duration = Duration::from_millis(20);
const SLICE: Duration = Duration::from_millis(10);

/// How long a worker may go on with what nobody wants any more, before it is ended.
const GRACE: Duration = Duration::from_millis(100);

/// More bytes aren't taken for a stretch.
const MOST: usize = 64 << 20;

/// What every helper of a task is told.
pub(super) struct Errand {
    workers: Workers,
    place: Place,
    launch: Launch,
    brief: Vec<u8>,
    functions: Vec<u8>,
    /// How many functions there are.
    steps: usize,
    /// Whether it is asked if rows are worth the way.
    weighs: bool,
    /// Functions may change their rows, which must not be anybody else's: those of columns are made for each.
    of_columns: bool,
}

/// A helper's worker.
struct Helper<'a> {
    errand: &'a Errand,
    stretches: &'a Stretches,
    cores: &'a Cores,
    worker: Option<Hired>,
    outgoing: Outgoing,
    /// The numbers of the stretches that the worker has, and how many rows each has.
    given: VecDeque<(u64, usize)>,
    made: Made,
    /// Since when nobody waits for it.
    unwanted: Option<Instant>,
    /// It takes no more.
    leaves: bool,
}

impl Errand {
    /// For these operations of a task; `None` where calls of their functions may know of each other, or can't go anywhere.
    pub fn new(py: Python<'_>, links: &[Link], workers: Workers, place: &Place, weighs: bool) -> Option<Self> {
        let errand = Self::prepare(py, links, workers, place).unwrap_or(None)?;
        Some(Self { weighs, ..errand })
    }

    fn prepare(py: Python<'_>, links: &[Link], workers: Workers, place: &Place) -> PyResult<Option<Self>> {
        let functions: Vec<&Py<PyAny>> = links.iter().map(|link| &link.function).collect();
        let apart = py.import(intern!(py, "pyrite._apart"))?;
        let change = apart.call_method1(intern!(py, "change_rows_apart"), (functions.clone(),))?;
        let Some(of_columns) = change.extract::<Option<bool>>()? else { return Ok(None) };
        let launch = Launch::read(py)?;
        let refs: Vec<&Link> = links.iter().collect();
        if matches!(workers, Workers::Auto(_)) && !policy::may_move(py, &refs, None, &launch)? {
            return Ok(None);
        }
        let module = py.import(intern!(py, "pyrite._worker"))?;
        let dumped = module.call_method1(intern!(py, "dump"), (functions,))?;
        let (functions, carried): (Bound<'_, PyBytes>, Bound<'_, PyDict>) = dumped.extract()?;
        let Some(brief) = Brief::of_stretches(links, place).filter(|_| carried.is_empty()) else { return Ok(None) };
        let functions = functions.as_bytes().to_vec();
        Ok(Some(Self {
            workers,
            place: place.clone(),
            launch,
            brief,
            functions,
            steps: links.len(),
            weighs: true,
            of_columns,
        }))
    }

    /// Helps the task whose rows these are, until there is nothing more to do. On a thread of the pool.
    pub fn run(&self, stretches: &Stretches, cores: &Cores) {
        let Some(_helping) = stretches.begin() else { return };
        let _busy = cores.enter();
        let Some(mut worker) = self.hire(stretches, cores) else { return };
        let outgoing = match self.workers {
            Workers::Auto(_) => Outgoing::to(&mut worker),
            _ => Outgoing::default(),
        };
        let mut helper = Helper {
            errand: self,
            stretches,
            cores,
            worker: Some(worker),
            outgoing: outgoing.of_rows_apart(),
            given: VecDeque::new(),
            made: Made::default(),
            unwanted: None,
            leaves: false,
        };
        let done = helper.start().and_then(|starts| if starts { helper.work() } else { Ok(()) });
        let Some(mut worker) = helper.worker.take() else { return };
        if done.is_ok() {
            return worker.release();
        }
        stretches.refuse();
        if let Some(worker) = worker.worker() {
            worker.end_programs();
        }
    }

    /// A worker; one is started where none is idle, and waited for.
    fn hire(&self, stretches: &Stretches, cores: &Cores) -> Option<Hired> {
        let began = Instant::now();
        while began.elapsed() < START_WITHIN && !stretches.is_closed() && !self.place.cancel.is_set() {
            let is_starting = CREW.is_starting();
            let found = match self.workers {
                Workers::Auto(_) => policy::idle_worker(&self.launch),
                Workers::Fixed(most) if CREW.admits(most) && !CREW.is_wanted() => CREW.take(|_| true),
                _ => return None,
            };
            if found.is_some() {
                return found;
            }
            // Why it doesn't start is for a task to say that needs one.
            if cores.is_wanted() || (!is_starting && CREW.start(1, &self.launch).is_some()) {
                return None;
            }
            CREW.wait(SLICE);
        }
        None
    }
}

impl Helper<'_> {
    /// Tells the worker of the functions; false where it can't load them.
    fn start(&mut self) -> Result<bool, Gone> {
        let Errand { brief, functions, .. } = self.errand;
        let size = |bytes: &[u8]| (bytes.len() as u64).to_le_bytes();
        self.port()?.send(Kind::Start, &[&size(brief), brief, &size(functions), functions])?;
        loop {
            match self.receive()? {
                // A thread that a task has left there has asked.
                None | Some((Kind::Need, _)) => {}
                Some((Kind::Started, _)) => return Ok(true),
                Some((Kind::Refused, _)) => {
                    self.stretches.refuse();
                    return Ok(false);
                }
                Some(_) => return Err(Gone),
            }
        }
    }

    fn work(&mut self) -> Result<(), Gone> {
        loop {
            while self.given.len() < AT_ONCE && !self.leaves {
                let patience = if self.given.is_empty() { IDLE } else { Duration::ZERO };
                let Some((number, rows, start)) = self.stretches.take(patience) else { break };
                self.given.push_back((number, rows.len()));
                let stays = self.errand.of_columns && matches!(rows, Chunk::Objects(_));
                let packed = if stays { Ok(None) } else { self.outgoing.pack(&rows) };
                if let Ok(Some(parcel)) = packed {
                    self.send(Kind::Input, &[&(start as u64).to_le_bytes(), &parcel])?;
                } else {
                    self.given.pop_back();
                    self.gives_up(number);
                }
            }
            if self.given.is_empty() {
                return self.send(Kind::Abandon, &[&[0]]);
            }
            let Some((kind, body)) = self.receive()? else { continue };
            match kind {
                Kind::Rows => self.take(&body),
                Kind::End => self.end(&body),
                Kind::Failed => {
                    self.made = Made::default();
                    if let Some((number, _)) = self.given.pop_front() {
                        self.gives_up(number);
                    }
                }
                _ => return Err(Gone),
            }
        }
    }

    /// The task does this stretch, and what comes behind it: it fails there, or what goes wrong is of no use again.
    fn gives_up(&mut self, number: u64) {
        self.stretches.refuse();
        self.stretches.give(number, None);
        self.leaves = true;
    }

    /// Rows of the stretch that the worker is at.
    fn take(&mut self, parcel: &[u8]) {
        if self.leaves && self.made.weight > MOST {
            return;
        }
        match parcel::unpack(parcel) {
            Ok(chunk) => {
                self.made.weight += chunk.weight();
                self.made.chunks.push(chunk);
            }
            Err(_) => self.made.weight = usize::MAX,
        }
        if self.made.weight > MOST {
            (self.made.chunks, self.leaves) = (Vec::new(), true);
        }
    }

    /// The stretch is done: the time that it took in microseconds, that of a processor in nanoseconds, and how many rows went through each function.
    fn end(&mut self, body: &[u8]) {
        let made = mem::take(&mut self.made);
        let Some((stretch, rows)) = self.given.pop_front() else { return };
        if made.weight > MOST {
            return self.gives_up(stretch);
        }
        let mut numbers = body.chunks_exact(8).map(number);
        let time = Duration::from_micros(numbers.next().unwrap_or(0));
        let cpu = numbers.next().unwrap_or(0);
        let counts = numbers.take(self.errand.steps).map(|count| count as usize).collect();
        let all = rows + made.chunks.iter().map(Chunk::len).sum::<usize>();
        self.stretches.give(stretch, Some(Made { counts, cpu, ..made }));
        if self.errand.weighs && time < WORTH * all as u32 {
            self.stretches.refuse();
            self.leaves = true;
        }
    }

    fn send(&mut self, kind: Kind, parts: &[&[u8]]) -> Result<(), Gone> {
        self.port()?.send(kind, parts)
    }

    fn port(&mut self) -> Result<&Port, Gone> {
        self.worker.as_mut().and_then(Hired::worker).map(|worker| &worker.port).ok_or(Gone)
    }

    /// What the worker says; `None`: nothing yet. It leaves where the task has ended, or another waits for the thread or for
    /// the worker, which is given up if it doesn't come to an end.
    fn receive(&mut self) -> Result<Option<(Kind, Vec<u8>)>, Gone> {
        let is_over = self.stretches.is_closed() || self.errand.place.cancel.is_set();
        if is_over || self.cores.is_wanted() || CREW.is_wanted() {
            self.leaves = true;
            // What it loads may be large.
            let grace = if self.given.is_empty() { START_WITHIN } else { GRACE };
            if self.unwanted.get_or_insert_with(Instant::now).elapsed() > grace {
                return Err(Gone);
            }
        }
        match self.port()?.receive(SLICE)? {
            Some(frame) if frame.kind == Kind::Print => {
                print(&frame.body);
                Ok(None)
            }
            frame => Ok(frame.map(|frame| (frame.kind, frame.body))),
        }
    }
}

impl Drop for Helper<'_> {
    fn drop(&mut self) {
        // The task does what is left.
        for (number, _) in mem::take(&mut self.given) {
            self.stretches.give(number, None);
        }
    }
}
