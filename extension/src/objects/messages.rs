//! Messages of threads that never enter the interpreter wait here for a Python thread that logs them.

use std::collections::VecDeque;
use std::time::Duration;

use crate::log::{Log, Message};
use crate::sync::{Condvar, Mutex};

use super::release;

/// More waiting messages than this are too many for anyone to read; the oldest go.
const LIMIT: usize = 10_000;

/// How often the thread that logs looks for references to release, of which nobody tells it.
const LOOK: Duration = Duration::from_secs(1);

/// Messages to be logged.
#[derive(Default)]
pub struct Messages {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Message>,
    closed: bool,
}

/// What a wait for messages found.
pub enum Found {
    /// These, in their order.
    Messages(Vec<Message>),
    /// References wait to be released.
    References,
    /// No more messages come.
    End,
}

impl Messages {
    /// Waits for something to do, without the interpreter.
    pub fn next(&self) -> Found {
        let mut state = self.state.lock();
        loop {
            if !state.waiting.is_empty() {
                return Found::Messages(state.waiting.drain(..).collect());
            }
            if state.closed {
                return Found::End;
            }
            if release::is_waiting() {
                return Found::References;
            }
            state = self.changed.wait_timeout(state, LOOK);
        }
    }

    /// No more messages come.
    pub fn close(&self) {
        self.state.lock().closed = true;
        self.changed.notify_all();
    }
}

impl Log for Messages {
    fn put(&self, message: Message) {
        let gone = {
            let mut state = self.state.lock();
            let gone = if state.waiting.len() == LIMIT { state.waiting.pop_front() } else { None };
            state.waiting.push_back(message);
            gone
        };
        self.changed.notify_all();
        drop(gone);
    }
}
