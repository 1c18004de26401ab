//! The rows that a task has read ahead, cut into stretches: the task takes them from the front on, helpers from the back
//! on, so that both are done at the same time. What a helper has made of a stretch comes out in its place.

use std::collections::VecDeque;
use std::time::Duration;

use crate::chunk::{Cancel, Chunk};
use crate::error::Result;
use crate::sync::{Condvar, Mutex};

/// How long a task waits for a helper before it looks at its cancellation.
const SLICE: Duration = Duration::from_millis(10);

/// What a helper has made of a stretch.
#[derive(Default)]
pub struct Made {
    /// The rows behind the last function that helpers have.
    pub chunks: Vec<Chunk>,
    /// How many rows went through each function.
    pub counts: Vec<usize>,
    /// Nanoseconds of a processor that it took.
    pub cpu: u64,
    /// Bytes of the rows.
    pub weight: usize,
}

/// What comes next for the task.
pub enum Next {
    /// Rows, and the operation that they start at.
    Rows(Chunk, usize),
    /// What a helper has made of them.
    Made(Made),
}

struct Stretch {
    start: usize,
    weight: usize,
    whose: Whose,
    what: What,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// Nobody has begun with it.
    Nobody,
    Helper,
    Task,
}

enum What {
    Rows(Chunk),
    Made(Made),
}

impl Stretch {
    fn waits(&self) -> bool {
        self.whose == Whose::Nobody
    }
}

#[derive(Default)]
struct State {
    stretches: VecDeque<Stretch>,
    /// The number of the stretch in front.
    first: u64,
    weight: usize,
    /// Helpers that were asked for and haven't begun, and those at work.
    asked: usize,
    working: usize,
    /// One has had something to do.
    began: bool,
    /// There is to be no other.
    refused: bool,
    /// The task has ended.
    closed: bool,
}

/// One task's stretches.
#[derive(Default)]
pub struct Stretches {
    state: Mutex<State>,
    changed: Condvar,
}

/// A helper at work, while this lives.
pub struct Helping<'a>(&'a Stretches);

impl Stretches {
    /// Rows that come behind all others. Those that `stays` are the task's own.
    pub fn push(&self, rows: Chunk, start: usize, weight: usize, stays: bool) {
        let mut state = self.state.lock();
        state.weight += weight;
        let whose = if stays { Whose::Task } else { Whose::Nobody };
        state.stretches.push_back(Stretch { start, weight, whose, what: What::Rows(rows) });
        drop(state);
        if !stays {
            self.changed.notify_all();
        }
    }

    /// The stretch in front, once its helper is done with it. `None`: nothing is read ahead.
    pub fn pop(&self, cancel: &Cancel) -> Result<Option<Next>> {
        let mut state = self.state.lock();
        while state.stretches.front().is_some_and(|front| front.whose == Whose::Helper) {
            cancel.check()?;
            state = self.changed.wait_timeout(state, SLICE);
        }
        let Some(front) = state.stretches.pop_front() else { return Ok(None) };
        state.first += 1;
        state.weight = state.weight.saturating_sub(front.weight);
        drop(state);
        Ok(Some(match front.what {
            What::Made(made) => Next::Made(made),
            What::Rows(rows) => Next::Rows(rows, front.start),
        }))
    }

    /// How many stretches aren't done, how many bytes there are, and how many rows that nobody has begun with.
    pub fn size(&self) -> (usize, usize, usize) {
        let state = self.state.lock();
        let rows = |stretch: &Stretch| match &stretch.what {
            What::Rows(rows) if stretch.waits() => rows.len(),
            _ => 0,
        };
        let open = state.stretches.iter().filter(|stretch| matches!(stretch.what, What::Rows(_))).count();
        (open, state.weight, state.stretches.iter().map(rows).sum())
    }

    /// Helpers that were asked for and haven't begun, and those at work.
    pub fn helpers(&self) -> (usize, usize) {
        let state = self.state.lock();
        (state.asked, state.working)
    }

    /// Waits until a helper has begun, for tests that are to see one at work.
    pub fn wait_for_help(&self, patience: Duration) {
        let comes = |state: &mut State| !state.began && !state.refused && state.asked + state.working > 0;
        let state = self.state.lock();
        drop(self.changed.wait_timeout_while(state, patience, comes));
    }

    /// A helper is asked for.
    pub fn ask(&self) {
        self.state.lock().asked += 1;
    }

    /// One begins; `None` where it isn't wanted any more.
    pub fn begin(&self) -> Option<Helping<'_>> {
        let mut state = self.state.lock();
        state.asked = state.asked.saturating_sub(1);
        if state.closed || state.refused {
            return None;
        }
        state.working += 1;
        Some(Helping(self))
    }

    /// No helper is to come any more: it doesn't pay, or isn't possible.
    pub fn refuse(&self) {
        self.state.lock().refused = true;
    }

    /// Whether that was said.
    pub fn is_refused(&self) -> bool {
        self.state.lock().refused
    }

    /// The task has ended: helpers leave. What is left is returned, to be dropped without a lock.
    pub fn close(&self) -> impl Sized {
        let mut state = self.state.lock();
        state.closed = true;
        let left = std::mem::take(&mut state.stretches);
        drop(state);
        self.changed.notify_all();
        left
    }

    /// Whether it has.
    pub fn is_closed(&self) -> bool {
        self.state.lock().closed
    }

    /// For a helper: the last stretch that nobody has begun with, its number and the operation that it starts at. It waits
    /// `patience` for one.
    pub fn take(&self, patience: Duration) -> Option<(u64, Chunk, usize)> {
        let none = |state: &mut State| !state.closed && !state.stretches.iter().any(Stretch::waits);
        let mut state = self.state.lock();
        if !patience.is_zero() {
            state = self.changed.wait_timeout_while(state, patience, none);
        }
        let State { stretches, first, refused, began, .. } = &mut *state;
        if *refused {
            return None;
        }
        let at = stretches.iter().rposition(Stretch::waits)?;
        let stretch = stretches.get_mut(at)?;
        let What::Rows(rows) = &stretch.what else { return None };
        stretch.whose = Whose::Helper;
        *began = true;
        Some((*first + at as u64, rows.clone(), stretch.start))
    }

    /// What a helper has made of a stretch, or that it is left to the task.
    pub fn give(&self, number: u64, made: Option<Made>) {
        let mut state = self.state.lock();
        let at = number.checked_sub(state.first).and_then(|at| usize::try_from(at).ok());
        let State { stretches, weight, .. } = &mut *state;
        let Some(stretch) = at.and_then(|at| stretches.get_mut(at)) else { return drop((state, made)) };
        stretch.whose = Whose::Task;
        let rows = made.map(|made| {
            *weight = (*weight + made.weight).saturating_sub(stretch.weight);
            stretch.weight = made.weight;
            std::mem::replace(&mut stretch.what, What::Made(made))
        });
        drop(state);
        self.changed.notify_all();
        drop(rows);
    }
}

impl Drop for Helping<'_> {
    fn drop(&mut self) {
        self.0.state.lock().working -= 1;
        self.0.changed.notify_all();
    }
}
