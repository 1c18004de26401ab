//! What waits to be written: steps of jobs, and lines of others. It is bounded by what it refuses: a job or a task that
//! begins while too much waits is left out, whole, and counted; what goes on with one that was taken always has room. So a
//! log is right in what it has.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::job::follow::{Follow, Step};
use crate::sync::{Condvar, Mutex};

/// Steps on their way to the thread that writes.
pub struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    most: usize,
    blocks: bool,
}

/// One of those.
#[expect(clippy::large_enum_variant, reason = "nearly all are steps")]
pub enum Waiting {
    /// A step of a job.
    Step(Step),
    /// An event's whole line.
    Line(String),
}

#[derive(Default)]
struct State {
    steps: VecDeque<Waiting>,
    left_out: u64,
    urgent: bool,
    /// Nothing more begins.
    closed: bool,
    /// The writer has taken the last.
    ended: bool,
}

/// What the writer finds.
pub struct Taken {
    /// In order.
    pub steps: Vec<Waiting>,
    /// Jobs and tasks that were left out since it looked last.
    pub left_out: u64,
    /// Nothing more comes.
    pub closed: bool,
}

impl Queue {
    /// Takes in what begins while fewer than `most` steps wait. Wants to know of `blocks`, or doesn't.
    pub fn new(most: usize, blocks: bool) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), most, blocks }
    }

    /// What came: at once after a job has ended or much waits, else after `patience`.
    pub fn take(&self, patience: Duration) -> Taken {
        let deadline = Instant::now() + patience;
        let mut state = self.state.lock();
        while !state.urgent && !state.closed {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self.changed.wait_timeout(state, left);
        }
        state.urgent = false;
        let steps = std::mem::take(&mut state.steps);
        let (left_out, closed) = (std::mem::take(&mut state.left_out), state.closed);
        state.ended = closed;
        drop(state);
        Taken { steps: steps.into(), left_out, closed }
    }

    /// Takes in nothing that begins, and nothing at all once the writer has taken what is there.
    pub fn close(&self) {
        self.state.lock().closed = true;
        self.changed.notify_all();
    }

    /// Takes in an event's line. One that isn't `needed` may be left out; says whether it was taken.
    pub fn add(&self, line: String, needed: bool) -> bool {
        let mut state = self.state.lock();
        let full = state.steps.len() >= self.most;
        if state.ended || state.closed || (full && !needed) {
            state.left_out += u64::from(!state.closed);
            return false;
        }
        state.steps.push_back(Waiting::Line(line));
        let wakes = state.steps.len() >= self.most / 2 && !state.urgent;
        state.urgent |= wakes;
        drop(state);
        if wakes {
            self.changed.notify_all();
        }
        true
    }

    fn put(&self, step: Step) -> bool {
        let begins = matches!(step, Step::JobBegan(_) | Step::TaskBegan(_));
        let ends = matches!(step, Step::JobEnded(..));
        let mut state = self.state.lock();
        let full = state.steps.len() >= self.most;
        if state.ended || (begins && (state.closed || full)) {
            state.left_out += u64::from(!state.closed);
            drop(state);
            drop(step);
            return false;
        }
        state.steps.push_back(Waiting::Step(step));
        let urgent = ends || state.steps.len() >= self.most / 2;
        let wakes = urgent && !state.urgent;
        state.urgent |= urgent;
        drop(state);
        if wakes {
            self.changed.notify_all();
        }
        true
    }
}

impl Follow for Queue {
    fn take(&self, step: Step) -> bool {
        self.put(step)
    }

    fn wants_blocks(&self) -> bool {
        self.blocks
    }
}
