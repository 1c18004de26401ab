//! Where a task's Python functions begin: the key `pyrite.python.workers`, and how a worker is found.

use std::time::{Duration, Instant};

use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;

use crate::error::{Error, Kind, Result};

use super::super::gate::attached;
use super::super::machine::{Link, Place};
use super::super::raised::user_error;
use super::busy::Busy;
use super::crew::{CREW, Hired};
use super::home::Home;
use super::outgoing::Outgoing;
use super::process::Launch;
use super::session::{Session, Started};
use super::table::CarriedTable;

/// Python time of a task after which a worker is started for it.
pub(super) const START_AFTER: Duration = Duration::from_millis(60);

/// How long functions of which nothing is known wait before they take a worker that is idle.
const TAKE_AFTER: Duration = Duration::from_millis(20);

/// A worker takes less than that to start.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a task that needs a worker waits before it looks at its cancellation.
const SLICE: Duration = Duration::from_millis(10);

/// How long a task waits at first that others may soon make room for.
const SHORTEST: Duration = Duration::from_micros(200);

/// A worker may say goodbye just when it is asked; if one after the other isn't there, the functions end them.
const ATTEMPTS: usize = 3;

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

/// Where a task begins.
pub enum Begun {
    /// In this process; where it can't move later, with its place among those that work here and what is known of it.
    Here(Option<(Home, Busy)>),
    /// In a worker process.
    Away(Box<Session>),
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
    /// does, otherwise one that can't move later, unless it is known to be quick or none is at work here.
    ///
    /// `ahead` reads the input, where that is needed to know that it shows no hashes.
    pub fn start(
        &self,
        links: &[&Link],
        table: Option<&CarriedTable>,
        place: &Place,
        ahead: impl FnOnce(&mut Outgoing) -> Result<bool>,
    ) -> Result<Begun> {
        match *self {
            Self::None => Ok(Begun::Here(None)),
            Self::Fixed(most) => {
                for _ in 0..ATTEMPTS {
                    let worker = wait_for_worker(most, place)?;
                    if let Some(begun) = begin(worker, links, table, place)? {
                        return Ok(begun);
                    }
                }
                let name = links.last().map_or("", |link| &link.name);
                let message = format!(
                    "Python worker processes ended while they loaded the functions of {name}. With \
                     pyrite.python.workers set to 0 functions run in this process."
                );
                Err(Error::new(Kind::Spark, message))
            }
            Self::Auto(most) => {
                if links.iter().all(|link| !link.kind.takes_iterator()) {
                    return Ok(Begun::Here(None));
                }
                let busy = attached(|py| Busy::of(py, links));
                let mut worker = match room(busy, links, table, most, place)? {
                    Room::Worker(worker) => worker,
                    Room::Here(home) => return Ok(Begun::Here(Some((home, busy)))),
                };
                // What such a task reads can't come back later.
                let mut outgoing = Outgoing::to(&mut worker);
                if outgoing.has_other_hashes() && !matches!(ahead(&mut outgoing), Ok(true)) {
                    worker.release();
                    return Ok(Begun::Here(Some((Home::enter(), busy))));
                }
                Ok(match begin(worker, links, table, place)? {
                    Some(Begun::Away(session)) => Begun::Away(session),
                    _ => Begun::Here(Some((Home::enter(), busy))),
                })
            }
        }
    }
}

/// Where functions that can't move later begin.
enum Room {
    Here(Home),
    Worker(Hired),
}

/// Waits until no other task's functions are at work in this process, or until there is a worker: they share the
/// interpreter's lock, so that nothing is lost by it. Functions that are known to be quick don't wait.
fn room(busy: Busy, links: &[&Link], table: Option<&CarriedTable>, most: usize, place: &Place) -> Result<Room> {
    if let Some(home) = Home::enter_alone() {
        return Ok(Room::Here(home));
    }
    let known = busy.known();
    if known.is_some_and(|time| time < START_AFTER) {
        return Ok(Room::Here(Home::enter()));
    }
    let launch = attached(|py| {
        let launch = Launch::read(py)?;
        Ok(may_move(py, links, table, &launch)?.then_some(launch))
    });
    let Some(launch) = launch.map_err(|e: PyErr| attached(|py| user_error(py, &e)))? else {
        return Ok(Room::Here(Home::enter()));
    };
    let waiting = CREW.wanted();
    let begun = Instant::now();
    let mut slice = SHORTEST;
    loop {
        place.cancel.check()?;
        if let Some(home) = Home::enter_alone() {
            return Ok(Room::Here(home));
        }
        let waited = if known.is_some() { Duration::MAX } else { begun.elapsed() };
        if waited >= TAKE_AFTER
            && let Some(worker) = idle_worker(&launch)
        {
            return Ok(Room::Worker(worker));
        }
        if waited >= START_AFTER
            && let Some(why) = CREW.start(waiting.all().min(most), &launch)
        {
            attached(|py| refused(py, &why).map_err(|e| user_error(py, &e)))?;
            return Ok(Room::Here(Home::enter()));
        }
        if begun.elapsed() >= PATIENCE {
            return Ok(Room::Here(Home::enter()));
        }
        CREW.wait(slice);
        slice = (2 * slice).min(SLICE);
    }
}

/// Hands a task to this worker; `None` when it has gone.
fn begin(worker: Hired, links: &[&Link], table: Option<&CarriedTable>, place: &Place) -> Result<Option<Begun>> {
    let start = |py: Python<'_>| {
        Session::start(py, worker, links, table, place, Outgoing::default()).map_err(|e| user_error(py, &e))
    };
    Ok(match attached(start)?? {
        Started::Yes(session) => Some(Begun::Away(session)),
        Started::Lost => None,
        Started::Refused(why) => {
            attached(|py| refused(py, &why).map_err(|e| user_error(py, &e)))?;
            Some(Begun::Here(None))
        }
    })
}

/// A worker, when there is one; `most` work at once.
fn wait_for_worker(most: usize, place: &Place) -> Result<Hired> {
    let waiting = CREW.wanted();
    let mut launch = None;
    loop {
        place.cancel.check()?;
        if CREW.admits(most) {
            if let Some(worker) = CREW.take(|_| true) {
                return Ok(worker);
            }
            let launch = match &launch {
                Some(known) => known,
                None => launch.insert(attached(|py| Launch::read(py).map_err(|e| user_error(py, &e)))?),
            };
            if let Some(why) = CREW.start(waiting.all().min(CREW.room(most)), launch) {
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

/// An idle worker: one in which texts hash as they do here, where that can be.
pub(super) fn idle_worker(launch: &Launch) -> Option<Hired> {
    CREW.take(|worker| worker.same_hashes || !launch.same_hashes)
}

/// Starts a worker for each task that works here beside another. Says why the last start failed.
pub(super) fn start_more(launch: &Launch, most: usize) -> Option<String> {
    CREW.start(Home::others().min(most), launch)
}

/// Whether a task's functions give the same in a worker as here.
pub(super) fn may_move(
    py: Python<'_>,
    links: &[&Link],
    table: Option<&CarriedTable>,
    launch: &Launch,
) -> PyResult<bool> {
    let functions = links.iter().map(|link| &link.function).chain(table.iter().flat_map(|t| &t.functions));
    let functions: Vec<&Py<PyAny>> = functions.collect();
    let module = py.import(intern!(py, "pyrite._worker"))?;
    module.call_method1(intern!(py, "may_move"), (functions, launch.same_hashes))?.is_truthy()
}

/// Says once that functions stay here.
pub(super) fn refused(py: Python<'_>, why: &str) -> PyResult<()> {
    py.import(intern!(py, "pyrite._worker"))?.call_method1(intern!(py, "refused"), (why,)).map(drop)
}
