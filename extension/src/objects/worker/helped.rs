//! A task's input, of which idle slots take the end: as long as a thread of the pool has nothing to do, stretches of what
//! the task has not come to yet are worked on in worker processes, and come to the task as rows that have passed its
//! functions. What takes the rows (a table, a fold, a list) sees all of them in their order, and doesn't know.
//!
//! Only calls that know nothing of each other may be done elsewhere (`pyrite._apart`). Whatever is amiss there, an
//! exception as well as a process that ends, gives the stretch back: the task does it itself, and fails as it would have.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pyo3::prelude::*;

use crate::chunk::Chunk;
use crate::error::{Error, Kind, Result};
use crate::fault::guarded;
use crate::memory::Share;
use crate::metrics::Usage;
use crate::stage::{Cores, RowInput, Task};

use super::super::gate::attached;
use super::super::machine::{Link, Place};
use super::super::release::release;
use super::super::rows::{PICKLE, PyRows};
use super::crew::CREW;
use super::errand::Errand;
use super::pace::Pace;
use super::policy::{START_AFTER, WORTH, Workers};
use super::stretches::{Made, Next, Stretches};

/// Whether tasks are helped: the key `pyrite.test.split`, for tests only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// Never.
    Off,
    /// Where it pays.
    Auto,
    /// Wherever it may, a few rows at a time.
    Always,
}

impl Split {
    /// From the key's text.
    pub fn parse(text: Option<&str>) -> Result<Self> {
        match text {
            None | Some("auto") => Ok(Self::Auto),
            Some("off") => Ok(Self::Off),
            Some("always") => Ok(Self::Always),
            Some(other) => {
                let message = format!("pyrite.test.split is \"{other}\"; it can be auto, off or always");
                Err(Error::new(Kind::IllegalArgument, message))
            }
        }
    }
}

/// How long a stretch should take.
const STRETCH: Duration = Duration::from_millis(8);
/// Rows of the first stretches, before it is known how long one takes.
const FIRST: usize = 256;
/// Rows of a stretch where all is helped that may be.
const SHORT: usize = 7;

/// A task that has worked for less isn't helped, nor one with less than twice as much to do.
const LEAST: Duration = Duration::from_millis(20);

/// Stretches read ahead for a task and for each of its helpers, and their bytes.
const AHEAD: usize = 8;
const AHEAD_BYTES: usize = 16 << 20;

/// Work that a task in a worker has been given beyond what helpers leave to it, and how long it is made to wait for more.
const BEHIND: Duration = Duration::from_millis(16);
const PATIENCE: Duration = Duration::from_millis(40);
const NAP: Duration = Duration::from_millis(1);

/// What it takes to have a task helped.
pub struct Help {
    split: Split,
    workers: Workers,
    /// The functions that helpers have: those before the first that takes an iterator.
    links: Vec<Link>,
    /// Such a function comes behind them, which may not ask for all rows.
    lazily: bool,
    cores: Arc<Cores>,
    place: Place,
    task: Task,
}

impl Help {
    /// For a task with these operations; `None` where it can't be helped.
    pub fn of(py: Python<'_>, links: &[Link], workers: Workers, split: Split, task: &Task) -> Option<Self> {
        let cores = task.prepared.cores.clone();
        // One worker is the task's own.
        let alone = matches!(workers, Workers::None | Workers::Fixed(..2));
        if split == Split::Off || alone || cores.count() < 2 {
            return None;
        }
        let mut help = Self {
            split,
            workers,
            links: Vec::new(),
            lazily: false,
            cores,
            place: Place::of(task),
            task: task.clone(),
        };
        for link in links {
            help.push(py, link);
        }
        Some(help)
    }

    /// One operation more.
    pub fn push(&mut self, py: Python<'_>, link: &Link) {
        self.lazily |= link.kind.takes_iterator();
        if !self.lazily {
            self.links.push(link.clone_ref(py));
        }
    }
}

impl Drop for Help {
    fn drop(&mut self) {
        release(mem::take(&mut self.links));
    }
}

/// The input.
pub struct Helped {
    input: Box<dyn RowInput>,
    help: Help,
    /// What is left of the chunk that is being cut.
    rest: Option<(Chunk, usize)>,
    ended: bool,
    failed: Option<Error>,
    /// Rows that a helper has made, which come next.
    made: VecDeque<Chunk>,
    pace: Pace,
    /// Rows that the task was given and hasn't done, as it said at that time.
    open: usize,
    heard: Instant,
    ahead: Option<(Arc<Stretches>, Share)>,
    errand: Option<Arc<Errand>>,
    /// It isn't helped, or not any more.
    alone: bool,
}

impl Helped {
    /// The same rows, with help.
    pub fn new(input: Box<dyn RowInput>, help: Help) -> Self {
        let alone = help.links.is_empty();
        Self {
            input,
            help,
            rest: None,
            ended: false,
            failed: None,
            made: VecDeque::new(),
            pace: Pace::default(),
            open: 0,
            heard: Instant::now(),
            ahead: None,
            errand: None,
            alone,
        }
    }

    fn is_eager(&self) -> bool {
        self.help.split == Split::Always
    }

    /// How many of a chunk's rows make a stretch.
    fn length(&self, rows: &Chunk, start: usize) -> usize {
        let len = rows.len();
        if self.alone || start >= self.help.links.len() || PyRows::stay(rows) {
            return len;
        }
        if self.is_eager() {
            return SHORT.min(len);
        }
        let wanted = self.pace.rows_in(STRETCH).unwrap_or(FIRST);
        // Several rows have a pickle together: they are sent as they are, unless they take long.
        let together = matches!(rows, Chunk::Objects(rows) if rows.is_encoded()) && wanted > PICKLE / 8;
        let wanted = if together { wanted.next_multiple_of(PICKLE) } else { wanted.max(1) };
        if wanted + wanted / 2 >= len { len } else { wanted }
    }

    /// The next stretch of the input.
    fn read(&mut self) -> Option<(Chunk, usize)> {
        let (rows, start) = match self.rest.take() {
            Some(rest) => rest,
            None if self.ended => return None,
            None => match self.input.next() {
                Ok(Some(next)) => next,
                end => {
                    (self.ended, self.failed) = (true, end.err());
                    return None;
                }
            },
        };
        let length = self.length(&rows, start);
        if length < rows.len() {
            self.rest = Some((rows.slice(length, rows.len() - length), start));
        }
        Some((rows.slice(0, length), start))
    }

    /// Reads ahead until there are so many stretches, or it is too much; says how many rows nobody has begun with.
    fn read_ahead(&mut self, stretches: usize, enough: impl Fn(usize) -> bool) -> Result<usize> {
        let Some((ahead, _)) = &self.ahead else { return Ok(0) };
        let ahead = ahead.clone();
        loop {
            let (count, weight, rows) = ahead.size();
            let Some((_, share)) = &mut self.ahead else { return Ok(rows) };
            let too_much = share.hold(weight)? || weight > AHEAD_BYTES.min(share.fair());
            let reads = self.rest.is_some() || !self.help.lazily || self.input.is_at_hand();
            if count >= stretches || too_much || !reads || enough(rows) {
                return Ok(rows);
            }
            let Some((rows, start)) = self.read() else { return Ok(rows) };
            let stays = start >= self.help.links.len() || PyRows::stay(&rows);
            let weight = rows.weight();
            ahead.push(rows, start, weight, stays);
        }
    }

    /// Sees to it that helpers have something to do; how many were asked for and how many are at work.
    fn keep_helpers_busy(&mut self) -> Result<(usize, usize)> {
        let (asked, working) = match &self.ahead {
            Some((ahead, _)) => ahead.helpers(),
            None => (0, 0),
        };
        // Without a helper what was read ahead becomes less.
        self.read_ahead(if working > 0 { AHEAD * (working + 1) } else { 0 }, |_| false)?;
        Ok((asked, working))
    }

    /// Does that, and asks for a helper where it pays.
    fn look_for_help(&mut self) -> Result<()> {
        let (asked, working) = self.keep_helpers_busy()?;
        if self.alone || self.help.cores.idle() <= asked || self.help.cores.is_wanted() {
            return Ok(());
        }
        if self.ahead.as_ref().is_some_and(|(ahead, _)| ahead.is_refused()) {
            self.alone = true;
            return Ok(());
        }
        let Some(row) = self.pace.row() else { return Ok(()) };
        if !self.is_eager() {
            let least = if CREW.has_idle() { LEAST } else { START_AFTER };
            if row < WORTH || self.pace.spent() < least {
                return Ok(());
            }
        }
        let Some(errand) = self.errand() else {
            self.alone = true;
            return Ok(());
        };
        let ahead = if let Some((ahead, _)) = &self.ahead {
            ahead.clone()
        } else {
            let ahead = Arc::<Stretches>::default();
            self.ahead = Some((ahead.clone(), self.help.task.share()));
            ahead
        };
        let eager = self.is_eager();
        let is_enough = move |rows: usize| if eager { rows > 2 * SHORT } else { row.mul_f64(rows as f64) >= 2 * LEAST };
        let rows = self.read_ahead(AHEAD * (working + asked + 2), is_enough)?;
        if !is_enough(rows) {
            return Ok(());
        }
        ahead.ask();
        let cores = self.help.cores.clone();
        let help = move || {
            // Whatever it fails with is for the task to come upon.
            let _ = guarded(|| {
                errand.run(&ahead, &cores);
                Ok(())
            });
        };
        self.help.cores.lend(Box::new(help));
        Ok(())
    }

    /// What a helper is told; `None` where the functions' calls may know of each other, or can't go anywhere.
    fn errand(&mut self) -> Option<Arc<Errand>> {
        if self.errand.is_none() {
            let Help { links, workers, place, .. } = &self.help;
            let weighs = !self.is_eager();
            self.errand = attached(|py| Errand::new(py, links, *workers, place, weighs)).map(Arc::new);
        }
        self.errand.clone()
    }

    /// The task is given no more than it does while helpers could do it. A task in a worker asks for rows ahead.
    fn hold_back(&self) -> Result<()> {
        let helpers = self.ahead.as_ref().map_or(0, |(ahead, _)| ahead.helpers().1);
        let Some(row) = self.pace.row().filter(|_| helpers > 0) else { return Ok(()) };
        let began = Instant::now();
        let open = row.mul_f64(self.open as f64);
        while open.saturating_sub(self.heard.elapsed()) > BEHIND && began.elapsed() < PATIENCE {
            self.help.place.cancel.check()?;
            std::thread::sleep(NAP);
        }
        Ok(())
    }

    /// What a helper has made counts now.
    fn take_over(&mut self, made: Made) {
        for (link, count) in self.help.links.iter().zip(&made.counts) {
            link.of.counters().add_python(*count);
            link.of.counters().add_away(*count);
        }
        Usage::note_cpu(made.cpu);
        self.made.extend(made.chunks);
    }
}

impl RowInput for Helped {
    fn next(&mut self) -> Result<Option<(Chunk, usize)>> {
        loop {
            if let Some(chunk) = self.made.pop_front() {
                return Ok(Some((chunk, self.help.links.len())));
            }
            let next = match &self.ahead {
                Some((ahead, _)) => {
                    if self.is_eager() && !self.help.cores.is_wanted() {
                        ahead.wait_for_help(PATIENCE);
                    }
                    ahead.pop(&self.help.place.cancel)?
                }
                None => None,
            };
            let next = match next {
                Some(Next::Made(made)) => {
                    self.take_over(made);
                    self.keep_helpers_busy()?;
                    continue;
                }
                Some(Next::Rows(rows, start)) => Some((rows, start)),
                None => self.read(),
            };
            // Only now: whoever is attached waits for no helper.
            let Some((rows, start)) = next else { return self.failed.take().map_or(Ok(None), Err) };
            self.look_for_help()?;
            if start < self.help.links.len() {
                self.hold_back()?;
                self.open += rows.len();
            }
            return Ok(Some((rows, start)));
        }
    }

    fn is_at_hand(&self) -> bool {
        self.ahead.is_none() && (self.ended || self.input.is_at_hand())
    }

    fn worked(&mut self, rows: usize, time: Duration) {
        self.pace.note(rows, time);
        self.open = self.open.saturating_sub(rows);
        self.heard = Instant::now();
    }
}

impl Drop for Helped {
    fn drop(&mut self) {
        if let Some((ahead, _)) = &self.ahead {
            drop(ahead.close());
        }
    }
}
