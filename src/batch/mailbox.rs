//! A listener for who takes its time: events wait here for a thread that fetches them. Batches never wait for it; what
//! there is no room for is dropped, which is said once. Spark's `AsyncEventQueue`.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::log::{Level, LogRef};
use crate::sync::{Condvar, Mutex};

use super::context::LOGGER;
use super::events::{Event, Listener};

/// Events on their way to one thread.
pub struct Mailbox {
    most: usize,
    log: LogRef,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    events: VecDeque<Event>,
    dropped: u64,
    closed: bool,
    /// The thread is at work on the event that it fetched last.
    busy: bool,
}

impl Mailbox {
    /// Room for so many events.
    pub fn new(most: usize, log: LogRef) -> Self {
        Self { most: most.max(1), log, state: Mutex::default(), changed: Condvar::default() }
    }

    /// The next event, waiting for it; `None` once the mailbox is closed and empty. Who asks is done with the last one.
    pub fn fetch(&self) -> Option<Event> {
        let mut state = self.state.lock();
        state.busy = false;
        self.changed.notify_all();
        loop {
            if let Some(event) = state.events.pop_front() {
                state.busy = true;
                return Some(event);
            }
            if state.closed {
                return None;
            }
            state = self.changed.wait(state);
        }
    }

    /// Waits until every event was worked on, for `timeout` at most; whether that is so.
    pub fn wait_empty(&self, timeout: Duration) -> bool {
        let end = Instant::now() + timeout;
        let mut state = self.state.lock();
        while state.busy || !state.events.is_empty() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = self.changed.wait_timeout(state, left);
        }
        true
    }

    /// No more events come. Gives the number of those that still wait; without `keep` they are dropped.
    pub fn close(&self, keep: bool) -> usize {
        let mut state = self.state.lock();
        state.closed = true;
        let waiting = state.events.len();
        let dropped = if keep { VecDeque::new() } else { std::mem::take(&mut state.events) };
        drop(state);
        self.changed.notify_all();
        drop(dropped);
        waiting
    }

    /// How many events there was no room for.
    pub fn dropped(&self) -> u64 {
        self.state.lock().dropped
    }
}

impl Listener for Mailbox {
    fn event(&self, event: &Event) {
        let mut state = self.state.lock();
        if state.closed {
            return;
        }
        if state.events.len() < self.most {
            state.events.push_back(event.clone());
            drop(state);
            self.changed.notify_all();
            return;
        }
        state.dropped += 1;
        let first = state.dropped == 1;
        drop(state);
        if first {
            let message = format!(
                "The stream's listeners are too slow: {} events wait for them \
                 (spark.scheduler.listenerbus.eventqueue.capacity), so that they don't hear of all that happens now.",
                self.most
            );
            self.log.write(Level::Warning, LOGGER, message);
        }
    }
}
