//! Whether and when a task moves. It begins in this process; when its functions turn out to keep the interpreter busy
//! while another task's want it too, the rest of it moves to a worker, between two rows.

use std::time::Duration;

use pyo3::prelude::*;

use crate::chunk::Chunk;
use crate::plan::FunctionRef;

use super::super::machine::{Link, Place};
use super::super::raised::to_python_error;
use super::super::release::release;
use super::busy::Busy;
use super::home::Home;
use super::outgoing::Outgoing;
use super::policy::{START_AFTER, Workers, idle_worker, may_move, refused, start_more};
use super::process::Launch;
use super::session::{Session, Started};
use super::table::CarriedTable;

/// Python time of a task after which a worker that is there takes it over.
const MOVE_AFTER: Duration = Duration::from_millis(20);

/// Time of a row after which its function is worth a worker though all that it gives comes back, or its class goes along.
const WORTH: Duration = Duration::from_micros(20);

/// Rows that are looked at before a task moves.
const FIRST: usize = 4096;

/// Decides for one task.
pub struct Mover {
    most: usize,
    /// The chain's first function, which keeps count for it.
    first: Option<FunctionRef>,
    /// All its functions by their code.
    busy: Busy,
    /// How long this task's functions have worked, and those of the tasks before.
    spent: Duration,
    before: Duration,
    /// What `before` will be once it is known who takes the rows: a table that isn't there when the task moves stays behind.
    remembered: Duration,
    rows: u32,
    /// Whether the rows that it works on came as pickles.
    has_pickles: bool,
    /// The first of them, until `is_dear` is known.
    last: Option<Chunk>,
    /// Whether those can only go with their classes, once that was looked at.
    is_dear: Option<bool>,
    home: Option<Home>,
    /// It can't move: no worker takes it, or it would see other hashes there.
    stays: bool,
    /// A worker had gone when it was asked.
    lost: bool,
    launch: Option<Launch>,
    table: Option<CarriedTable>,
}

impl Mover {
    /// For a task that may move, with a table that takes all its rows; `None` where tasks stay.
    pub fn new(py: Python<'_>, workers: &Workers, links: &[Link], table: Option<&CarriedTable>) -> Option<Self> {
        let Workers::Auto(most) = *workers else { return None };
        let busy = Busy::of(py, &links.iter().collect::<Vec<_>>());
        let busy = table.map_or(busy, |table| busy.and(py, &table.functions));
        let first = links.first().map(|link| link.of.clone());
        let before = first.as_ref().map_or(Duration::ZERO, |f| f.counters().recently_busy());
        // That of tasks that were all alike is twice what one took.
        let remembered = before.max(busy.recently() / 2);
        let before = if table.is_some() { remembered } else { Duration::ZERO };
        let table = table.map(|table| table.clone_ref(py));
        let (spent, home, launch) = (Duration::ZERO, None, None);
        Some(Self {
            most,
            first,
            busy,
            spent,
            before,
            remembered,
            rows: 0,
            has_pickles: false,
            last: None,
            is_dear: None,
            home,
            stays: false,
            lost: false,
            launch,
            table,
        })
    }

    /// More rows are wanted, perhaps by a table from now on: it goes along.
    pub fn goes_on(&mut self, py: Python<'_>, table: Option<&CarriedTable>) {
        self.before = self.remembered;
        if self.table.is_none() {
            self.table = table.map(|table| table.clone_ref(py));
        }
    }

    /// The functions begin with rows of this chunk.
    pub fn works(&mut self, chunk: &Chunk) {
        if let Chunk::Objects(rows) = chunk {
            self.has_pickles = rows.is_encoded();
            self.last = self.is_dear.is_none().then(|| chunk.slice(0, FIRST.min(chunk.len())));
        } else {
            (self.has_pickles, self.last) = (false, None);
        }
        self.home.get_or_insert_with(Home::enter);
    }

    /// The functions have worked for so long, on so many rows; says whether the task wants to move.
    pub fn has_worked(&mut self, time: Duration, rows: usize) -> bool {
        if self.home.is_none() {
            return false;
        }
        self.spent += time;
        self.rows = self.rows.saturating_add(rows as u32);
        // A table of all values comes back as large as the rows that went. Where those are pickles, and it is laid out for
        // the shuffle there, that spares this process all that it would do with them.
        let comes_back = |table: &CarriedTable| table.functions.is_empty() && !(self.has_pickles && table.spread > 1);
        if self.table.as_ref().is_some_and(comes_back) && self.spent < WORTH * self.rows {
            return false;
        }
        !self.stays && self.spent + self.before >= MOVE_AFTER && self.is_worth_it() && Home::others() > 0
    }

    /// Whether the functions take longer than to send dear rows: of the first few the time is the wait for the interpreter.
    fn is_worth_it(&self) -> bool {
        self.is_dear != Some(true) || self.spent >= START_AFTER.max(WORTH * self.rows)
    }

    /// Moves the task to a worker if there is one that fits, and sees to it that there will be one. `next` are its next
    /// rows, where they are known: if they may show what texts hash to here, it stays. So it does where its rows can only go
    /// with their classes, unless the functions take longer than that.
    pub fn leave(
        &mut self,
        py: Python<'_>,
        links: &[&Link],
        place: &Place,
        next: Option<&Chunk>,
    ) -> PyResult<Option<Session>> {
        let judged = self.launch.is_none();
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
        let Some(mut worker) = idle_worker(launch) else {
            if self.spent + self.before >= START_AFTER
                && let Some(why) = start_more(launch, self.most)
            {
                self.stays = true;
                refused(py, &why)?;
            }
            return Ok(None);
        };
        // What the functions hold by now may be something else.
        if !judged && !may_move(py, links, self.table.as_ref(), launch)? {
            worker.release();
            self.stays = true;
            return Ok(None);
        }
        let mut outgoing = Outgoing::to(&mut worker);
        if let Some(next) = next {
            let shows = py.detach(|| outgoing.shows(next, FIRST)).map_err(|e| to_python_error(py, &e));
            if !matches!(shows, Ok(false)) {
                worker.release();
                self.stays = true;
                return shows.map(|_| None);
            }
        }
        if self.is_dear.is_none()
            && let Some(rows) = next.or(self.last.as_ref())
        {
            match py.detach(|| outgoing.takes_classes_along(rows, FIRST)) {
                Ok(dear) => (self.is_dear, self.last) = (Some(dear), None),
                Err(error) => {
                    worker.release();
                    return Err(to_python_error(py, &error));
                }
            }
        }
        if !self.is_worth_it() {
            worker.release();
            return Ok(None);
        }
        match self.home.take().map(Home::leave) {
            Some(Ok(())) => {}
            stays => {
                self.home = stays.and_then(Result::err);
                worker.release();
                return Ok(None);
            }
        }
        match Session::start(py, worker, links, self.table.as_ref(), place, outgoing)? {
            Ok(Started::Yes(session)) => {
                // What it does there isn't measured; it is worth moving again.
                self.spent = self.spent.max(START_AFTER);
                if let Some(table) = &self.table {
                    table.table.bind(py).clear();
                }
                Ok(Some(*session))
            }
            Ok(Started::Refused(why)) => {
                self.home = Some(Home::enter());
                self.stays = true;
                refused(py, &why)?;
                Ok(None)
            }
            Ok(Started::Lost) => {
                self.home = Some(Home::enter());
                // Once it had waited too long for a task; twice it is the functions.
                self.stays = std::mem::replace(&mut self.lost, true);
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
        self.busy.note(self.spent);
        if let Some(table) = self.table.take() {
            release(table);
        }
    }
}
