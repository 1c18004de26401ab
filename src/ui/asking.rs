//! What the page must ask the program itself, which has Python: a thread of the program's takes what is asked and answers.
//! Whoever asks waits without holding anything, and not for ever: a function of the program may keep the interpreter.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::sync::{Condvar, Mutex};

/// The program has so long to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// More questions than these don't wait.
const MOST: usize = 16;

/// Questions on their way to the program.
#[derive(Default)]
pub struct Asking {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    next: u64,
    waiting: VecDeque<Question>,
    answers: HashMap<u64, oneshot::Sender<Option<String>>>,
    closed: bool,
}

/// Something that is asked.
pub struct Question {
    /// Its number, by which it is answered.
    pub number: u64,
    /// What: `stop` or `threads`.
    pub what: &'static str,
    /// Of whom.
    pub of: String,
}

/// What comes of a question.
pub enum Answer {
    /// The program's answer.
    Known(String),
    /// The program knows nothing of it.
    Unknown,
    /// The program doesn't answer in time.
    Busy,
}

impl Asking {
    /// Asks the program, and waits for its answer.
    pub async fn ask(&self, what: &'static str, of: String) -> Answer {
        let (answer, answered) = oneshot::channel();
        let number = {
            let mut state = self.state.lock();
            if state.closed || state.answers.len() >= MOST {
                return Answer::Busy;
            }
            let number = state.next;
            state.next += 1;
            state.waiting.push_back(Question { number, what, of });
            state.answers.insert(number, answer);
            number
        };
        self.changed.notify_one();
        match timeout(PATIENCE, answered).await {
            Ok(Ok(Some(text))) => Answer::Known(text),
            Ok(Ok(None)) => Answer::Unknown,
            Ok(Err(_)) => Answer::Busy,
            Err(_) => {
                let mut state = self.state.lock();
                state.waiting.retain(|question| question.number != number);
                let left = state.answers.remove(&number);
                drop(state);
                drop(left);
                Answer::Busy
            }
        }
    }

    /// The next question; `None` once there is nobody any more who asks. Waits for it.
    pub fn next(&self) -> Option<Question> {
        let mut state = self.state.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some(question) = state.waiting.pop_front() {
                return Some(question);
            }
            state = self.changed.wait(state);
        }
    }

    /// Answers a question, if somebody still waits for that.
    pub fn answer(&self, number: u64, text: Option<String>) {
        let waiting = self.state.lock().answers.remove(&number);
        if let Some(waiting) = waiting {
            // Whoever asked may have gone.
            let _ = waiting.send(text);
        }
    }

    /// Nothing more is asked.
    pub fn close(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        let left = (std::mem::take(&mut state.waiting), std::mem::take(&mut state.answers));
        drop(state);
        drop(left);
        self.changed.notify_all();
    }
}
