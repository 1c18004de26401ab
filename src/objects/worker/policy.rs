//! Where Python functions run. A task begins in this process; when its functions turn out to keep the interpreter busy
//! while another task's want it too, the rest of it moves to a worker, between two rows.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;

use crate::error::{Error, Kind, Result};
use crate::plan::FunctionRef;

use super::super::machine::{Link, Place};
use super::super::raised::{to_python_error, user_error};
use super::process::{CREW, Hired, Launch};
use super::session::{Session, Started};
use super::table::CarriedTable;

/// Python time of a task after which a worker that is there takes it over.
const MOVE_AFTER: Duration = Duration::from_millis(20);

/// Python time of a task after which a worker is started for it.
const START_AFTER: Duration = Duration::from_millis(60);

/// How long a task that needs a worker waits before it looks at its cancellation.
const SLICE: Duration = Duration::from_millis(10);

/// Tasks whose Python functions are at work in this process. One at a time gets on: they share the interpreter's lock.
static AT_HOME: AtomicUsize = AtomicUsize::new(0);

/// The key `pyrite.python.workers`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workers {
    /// `0`, or one task thread and nothing to gain: all in this process.
    None,
    /// `auto`: at most this many, when it pays.
    Auto(usize),
    /// `N`: every task, in that many processes.
    Fixed(usize),
}

impl Workers {
    /// From the key's text; `threads` tasks run at once.
    pub fn parse(text: &str, threads: usize) -> PyResult<Self> {
        match text.trim() {
            "auto" if threads > 1 => Ok(Self::Auto(threads)),
            "auto" => Ok(Self::None),
            other => match other.parse() {
                Ok(0) => Ok(Self::None),
                Ok(n) => Ok(Self::Fixed(n)),
                Err(_) => Err(PyValueError::new_err(format!(
                    "pyrite.python.workers is \"{text}\"; it can be \"auto\" (processes when it pays), 0 (none) or the \
                     number of processes that run Python functions"
                ))),
            },
        }
    }

    /// Starts a task in a worker from its first row on, where it belongs there: with a fixed number of workers every task
    /// does, otherwise one that can't move later and took long the last time.
    pub fn start(&self, links: &[&Link], table: Option<&CarriedTable>, place: &Place) -> Result<Begun> {
        let (worker, home) = match *self {
            Self::None => return Ok(Begun::Here(None)),
            Self::Fixed(most) => (wait_for_worker(most, place)?, None),
            Self::Auto(most) => {
                let Some(first) = links.first().filter(|link| link.kind.takes_iterator()) else {
                    return Ok(Begun::Here(None));
                };
                let home = Home::enter();
                let slow = first.of.counters().recently_busy() >= START_AFTER;
                let found = if slow && AT_HOME.load(Ordering::Relaxed) > 1 {
                    let fits = |py: Python<'_>| fitting_worker(py, links, table, most).map_err(|e| user_error(py, &e));
                    Python::attach(fits)?
                } else {
                    None
                };
                match found {
                    None => return Ok(Begun::Here(Some(home))),
                    Some(worker) => match home.leave() {
                        Ok(()) => (worker, Some(Home::enter)),
                        Err(home) => {
                            worker.release();
                            return Ok(Begun::Here(Some(home)));
                        }
                    },
                }
            }
        };
        let started =
            Python::attach(|py| Session::start(py, worker, links, table, place).map_err(|e| user_error(py, &e)))?;
        match started? {
            Started::Yes(session) => Ok(Begun::Away(session)),
            Started::Refused(why) => {
                Python::attach(|py| refused(py, &why).map_err(|e| user_error(py, &e)))?;
                Ok(Begun::Here(home.map(|enter| enter())))
            }
        }
    }
}

/// Where a task begins.
pub enum Begun {
    /// In this process; where it can't move later, with its place among those that work here.
    Here(Option<Home>),
    /// In a worker process.
    Away(Session),
}

/// A worker for functions that may move, if one is idle; sees to it that one will be.
fn fitting_worker(
    py: Python<'_>,
    links: &[&Link],
    table: Option<&CarriedTable>,
    most: usize,
) -> PyResult<Option<Hired>> {
    let launch = Launch::read(py)?;
    if !may_move(py, links, table, &launch)? {
        return Ok(None);
    }
    let strange = !launch.same_hashes;
    let worker = CREW.take(|worker| strange || worker.same_hashes);
    if worker.is_none()
        && let Some(why) = start_more(&launch, most)
    {
        refused(py, &why)?;
    }
    Ok(worker)
}

/// Whether a task's functions give the same in a worker as here.
fn may_move(py: Python<'_>, links: &[&Link], table: Option<&CarriedTable>, launch: &Launch) -> PyResult<bool> {
    let functions = links.iter().map(|link| &link.function).chain(table.iter().flat_map(|t| &t.functions));
    let functions: Vec<&Py<PyAny>> = functions.collect();
    let module = py.import(intern!(py, "pyrite._worker"))?;
    module.call_method1(intern!(py, "may_move"), (functions, launch.same_hashes))?.is_truthy()
}

/// Starts a worker for each task that works here beside another. Says why the last start failed.
fn start_more(launch: &Launch, most: usize) -> Option<String> {
    CREW.start(AT_HOME.load(Ordering::Relaxed).saturating_sub(1).min(most), launch)
}

/// A worker, when there is one; `most` work at once.
fn wait_for_worker(most: usize, place: &Place) -> Result<Hired> {
    loop {
        place.cancel.check()?;
        if CREW.admits(most) {
            if let Some(worker) = CREW.take(|_| true) {
                return Ok(worker);
            }
            let launch = Python::attach(|py| Launch::read(py).map_err(|e| user_error(py, &e)))?;
            if let Some(why) = CREW.start(1, &launch) {
                let message = format!(
                    "No Python worker process could be started: {why}. With pyrite.python.workers set to 0 functions run \
                     in this process."
                );
                return Err(Error::new(Kind::Spark, message));
            }
        }
        CREW.wait(SLICE);
    }
}

/// Says once that functions stay here.
fn refused(py: Python<'_>, why: &str) -> PyResult<()> {
    py.import(intern!(py, "pyrite._worker"))?.call_method1(intern!(py, "refused"), (why,)).map(drop)
}

/// Decides for one task whether and when it moves.
pub struct Mover {
    most: usize,
    /// The chain's first function, which keeps count for it.
    first: Option<FunctionRef>,
    /// How long this task's functions have worked, and those of the tasks before.
    spent: Duration,
    before: Duration,
    home: Option<Home>,
    /// It can't move: no worker takes it, or it would see other hashes there.
    stays: bool,
    launch: Option<Launch>,
    table: Option<CarriedTable>,
}

/// A task's functions are at work in this process while this lives.
pub struct Home;

impl Home {
    fn enter() -> Self {
        AT_HOME.fetch_add(1, Ordering::Relaxed);
        Self
    }

    /// Leaves if another stays.
    fn leave(self) -> Result<(), Self> {
        let others = |n: usize| (n > 1).then(|| n - 1);
        match AT_HOME.fetch_update(Ordering::Relaxed, Ordering::Relaxed, others) {
            Ok(_) => {
                std::mem::forget(self);
                Ok(())
            }
            Err(_) => Err(self),
        }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        AT_HOME.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Mover {
    /// For a task that may move; `None` where tasks stay.
    pub fn new(workers: &Workers, first: Option<&Link>) -> Option<Self> {
        let Workers::Auto(most) = *workers else { return None };
        let first = first.map(|link| link.of.clone());
        let before = first.as_ref().map_or(Duration::ZERO, |f| f.counters().recently_busy());
        let (spent, home, launch, table) = (Duration::ZERO, None, None, None);
        Some(Self { most, first, spent, before, home, stays: false, launch, table })
    }

    /// A table that takes all rows, and goes along.
    pub fn carry(&mut self, table: CarriedTable) {
        self.table = Some(table);
    }

    /// The functions begin.
    pub fn works(&mut self) {
        self.home.get_or_insert_with(Home::enter);
    }

    /// The functions have worked for so long; says whether the task wants to move.
    pub fn has_worked(&mut self, time: Duration) -> bool {
        if self.home.is_none() {
            return false;
        }
        self.spent += time;
        !self.stays && self.spent + self.before >= MOVE_AFTER && AT_HOME.load(Ordering::Relaxed) > 1
    }

    /// Moves the task to a worker if there is one that fits, and sees to it that there will be one.
    pub fn leave(&mut self, py: Python<'_>, links: &[&Link], place: &Place) -> PyResult<Option<Session>> {
        let launch = if let Some(known) = &self.launch {
            known
        } else {
            let launch = Launch::read(py)?;
            self.stays = !may_move(py, links, self.table.as_ref(), &launch)?;
            if self.stays {
                return Ok(None);
            }
            self.launch.insert(launch)
        };
        let strange = !launch.same_hashes;
        let Some(worker) = CREW.take(|worker| strange || worker.same_hashes) else {
            if self.spent + self.before >= START_AFTER
                && let Some(why) = start_more(launch, self.most)
            {
                self.stays = true;
                refused(py, &why)?;
            }
            return Ok(None);
        };
        let Some(home) = self.home.take() else {
            worker.release();
            return Ok(None);
        };
        if let Err(home) = home.leave() {
            self.home = Some(home);
            worker.release();
            return Ok(None);
        }
        match Session::start(py, worker, links, self.table.as_ref(), place)? {
            Ok(Started::Yes(session)) => {
                // What it does there isn't measured; it is worth moving again.
                self.spent = self.spent.max(START_AFTER);
                if let Some(table) = &self.table {
                    table.table.bind(py).clear();
                }
                Ok(Some(session))
            }
            Ok(Started::Refused(why)) => {
                self.home = Some(Home::enter());
                self.stays = true;
                refused(py, &why)?;
                Ok(None)
            }
            Err(error) => Err(to_python_error(py, &error)),
        }
    }
}

impl Drop for Mover {
    fn drop(&mut self) {
        if let Some(first) = &self.first {
            first.counters().note_busy(self.spent);
        }
        if let Some(table) = self.table.take() {
            let _ = Python::try_attach(|_| drop(table));
        }
    }
}
