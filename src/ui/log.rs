//! The last messages of the program's log, for the page.

use std::collections::VecDeque;

use crate::sync::Mutex;

/// So many messages are kept.
const MOST: usize = 1000;
/// A longer message is cut.
const LONGEST: usize = 16 << 10;

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 0 on.
    pub number: u64,
    /// Milliseconds since 1970.
    pub time: i64,
    /// Python's name of its level: `WARNING`.
    pub level: String,
    /// The logger: `pyrite.streaming.socket`.
    pub logger: String,
    /// The message, perhaps with a traceback.
    pub text: String,
}

/// The newest messages.
#[derive(Debug, Default)]
pub struct LogRing(Mutex<(u64, VecDeque<Line>)>);

impl LogRing {
    /// One more message.
    pub fn push(&self, time: i64, level: String, logger: String, mut text: String) {
        if text.len() > LONGEST {
            let end = (0..=LONGEST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            text.truncate(end);
            text.push_str(" …");
        }
        let mut inner = self.0.lock();
        let number = inner.0;
        inner.0 += 1;
        let forgotten = if inner.1.len() >= MOST { inner.1.pop_front() } else { None };
        inner.1.push_back(Line { number, time, level, logger, text });
        drop(inner);
        drop(forgotten);
    }

    /// How many there were, and those from number `from` on that are still here, oldest first.
    pub fn read(&self, from: u64) -> (u64, Vec<Line>) {
        let inner = self.0.lock();
        (inner.0, inner.1.iter().filter(|line| line.number >= from).cloned().collect())
    }

    /// How many there were.
    pub fn count(&self) -> u64 {
        self.0.lock().0
    }
}
