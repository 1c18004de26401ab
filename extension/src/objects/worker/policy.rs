//! Where a task's Python functions begin: the key `pyrite.python.workers`, and how a worker is found.

use std::thread;
use std::time::{Duration, Instant};

use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;

use crate::error::{Error, Kind, Result};

use super::super::gate::{attached, attached_first};
use super::super::machine::{Link, Place};
use super::super::raised::user_error;
use super::busy::{Busy, Trial};
use super::crew::{CREW, Hired};
use super::home::Home;
use super::outgoing::Outgoing;
use super::process::Launch;
use super::session::{Session, Started};
use super::table::CarriedTable;

/// Python time of a task after which a worker is started for it.
pub(super) const START_AFTER: Duration = Duration::from_millis(60);

/// Time of a row from which on a helper is worth its way to a worker and back.
pub(super) const WORTH: Duration = Duration::from_micros(5);

/// How long a task that needs a worker waits before it looks at its cancellation.
const SLICE: Duration = Duration::from_millis(10);

/// How often a task looks whether the first one has ended.
const WATCHED: Duration = Duration::from_millis(1);

/// A worker that isn't there after so long isn't waited for.
pub(super) const START_WITHIN: Duration = Duration::from_secs(2);

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

/// A task that stays where it began.
pub struct Stay {
    /// Its place among those that work here.
    pub home: Home,
    /// What is known of its functions.
    pub busy: Busy,
    /// It is the first that finds out.
    pub trial: Option<Trial>,
}

/// Where a task begins.
pub enum Begun {
    /// In this process; where it can't move later, with its place among those that work here and what is known of it.
    Here(Option<Stay>),
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
    /// does, otherwise one that can't move later and took long the last time.
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
                let busy = attached_first(|py| Busy::of(py, links));
                let tried = match busy.known() {
                    Some(_) => Tried::Known,
                    None => wait_for_first(busy, place)?,
                };
                let here = |home, trial| Ok(Begun::Here(Some(Stay { home, busy, trial })));
                let home = Home::enter();
                match tried {
                    Tried::Mine(trial) => return here(home, Some(trial)),
                    Tried::Known if busy.recently() < START_AFTER => return here(home, None),
                    Tried::Known | Tried::Long if Home::others() == 0 => return here(home, None),
                    Tried::Known | Tried::Long => {}
                }
                let find = || attached_first(|py| find_worker(py, links, table, most));
                let found = match find()? {
                    None if matches!(tried, Tried::Long) => wait_for_start(busy, place, find)?,
                    found => found,
                };
                let Some(mut worker) = found else { return here(home, None) };
                // What such a task reads can't come back later.
                let mut outgoing = Outgoing::to(&mut worker);
                if outgoing.has_other_hashes() && !matches!(ahead(&mut outgoing), Ok(true)) {
                    worker.release();
                    return here(home, None);
                }
                if let Err(home) = home.leave() {
                    worker.release();
                    return here(home, None);
                }
                match begin(worker, links, table, place)? {
                    Some(Begun::Away(session)) => Ok(Begun::Away(session)),
                    _ => here(Home::enter(), None),
                }
            }
        }
    }
}

/// What a task that can't move later knows of functions that no task has ended with yet.
enum Tried {
    /// One has by now.
    Known,
    /// This is the first one.
    Mine(Trial),
    /// The first one takes long.
    Long,
}

/// Waits for the first task with the same functions: both share the interpreter, so that there is little to lose.
fn wait_for_first(busy: Busy, place: &Place) -> Result<Tried> {
    let began = Instant::now();
    loop {
        if busy.known().is_some() {
            return Ok(Tried::Known);
        }
        if let Some(trial) = busy.try_first() {
            return Ok(Tried::Mine(trial));
        }
        if began.elapsed() >= START_AFTER {
            return Ok(Tried::Long);
        }
        place.cancel.check()?;
        thread::sleep(WATCHED);
    }
}

/// Waits for a worker that is starting, while the first task is still at work.
fn wait_for_start(busy: Busy, place: &Place, find: impl Fn() -> Result<Option<Hired>>) -> Result<Option<Hired>> {
    let began = Instant::now();
    while began.elapsed() < START_WITHIN && busy.known().is_none() {
        place.cancel.check()?;
        // Asked before: a worker that is there by now is found.
        let is_starting = CREW.is_starting();
        if let Some(worker) = find()? {
            return Ok(Some(worker));
        }
        if !is_starting {
            break;
        }
        CREW.wait(SLICE);
    }
    Ok(None)
}

/// Hands a task to this worker; `None` when it has gone.
fn begin(worker: Hired, links: &[&Link], table: Option<&CarriedTable>, place: &Place) -> Result<Option<Begun>> {
    let start = |py: Python<'_>| {
        Session::start(py, worker, links, table, place, Outgoing::default()).map_err(|e| user_error(py, &e))
    };
    Ok(match attached_first(start)?? {
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

/// A worker for functions that may move, if one is idle; sees to it that one will be.
fn find_worker(py: Python<'_>, links: &[&Link], table: Option<&CarriedTable>, most: usize) -> Result<Option<Hired>> {
    let found = || {
        let launch = Launch::read(py)?;
        if !may_move(py, links, table, &launch)? {
            return Ok(None);
        }
        let worker = idle_worker(&launch);
        if worker.is_none()
            && let Some(why) = start_more(&launch, most)
        {
            refused(py, &why)?;
        }
        Ok(worker)
    };
    found().map_err(|e| user_error(py, &e))
}

/// An idle worker: one in which texts hash as they do here, where that can be.
pub(super) fn idle_worker(launch: &Launch) -> Option<Hired> {
    CREW.take(|worker| worker.same_hashes || !launch.same_hashes)
}

/// Starts a worker for each task that works here beside another. Says why the last start failed.
pub(super) fn start_more(launch: &Launch, most: usize) -> Option<String> {
    CREW.start(Home::others().min(most), launch)
}

/// Whether a task's functions give the same in a worker as here. If not, the first that doesn't is told why.
pub(super) fn may_move(
    py: Python<'_>,
    links: &[&Link],
    table: Option<&CarriedTable>,
    launch: &Launch,
) -> PyResult<bool> {
    let functions = links.iter().map(|link| &link.function).chain(table.iter().flat_map(|t| &t.functions));
    let functions: Vec<&Py<PyAny>> = functions.collect();
    let module = py.import(intern!(py, "pyrite._worker"))?;
    let stays = module.call_method1(intern!(py, "stays"), (functions, launch.same_hashes))?;
    let Some((at, why)) = stays.extract::<Option<(usize, String)>>()? else { return Ok(true) };
    if let Some(link) = links.get(at).or(links.last()) {
        link.of.counters().note_stay(why);
    }
    Ok(false)
}

/// Says once that functions stay here.
pub(super) fn refused(py: Python<'_>, why: &str) -> PyResult<()> {
    py.import(intern!(py, "pyrite._worker"))?.call_method1(intern!(py, "refused"), (why,)).map(drop)
}
