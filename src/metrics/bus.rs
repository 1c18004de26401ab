//! The bus: a ring of the newest events. Tellers never wait for readers; a slow reader is told how many it missed.
//!
//! It is never told under another lock.

use std::collections::VecDeque;

use crate::sync::Mutex;

use super::Event;

/// Events, the newest `most` of them.
pub struct Bus {
    ring: Mutex<Ring>,
    most: usize,
}

struct Ring {
    events: VecDeque<Event>,
    /// The number of the first event in the ring.
    first: u64,
}

/// What a reader gets.
#[derive(Debug, PartialEq, Eq)]
pub struct Read {
    /// Events, oldest first.
    pub events: Vec<Event>,
    /// Events that were gone before they could be read.
    pub missed: u64,
    /// Where to read on.
    pub next: u64,
}

impl Bus {
    /// A bus that keeps `most` events.
    pub fn new(most: usize) -> Self {
        Self { ring: Mutex::new(Ring { events: VecDeque::new(), first: 0 }), most: most.max(1) }
    }

    /// Something happened.
    pub fn tell(&self, event: Event) {
        let mut ring = self.ring.lock();
        ring.events.push_back(event);
        let mut gone = None;
        if ring.events.len() > self.most {
            gone = ring.events.pop_front();
            ring.first += 1;
        }
        drop(ring);
        drop(gone);
    }

    /// The events from number `from` on: 0 is the first one ever, `Read::next` those that a reader hasn't seen.
    pub fn read(&self, from: u64) -> Read {
        let ring = self.ring.lock();
        let next = ring.first + ring.events.len() as u64;
        let start = from.clamp(ring.first, next);
        let skip = usize::try_from(start - ring.first).unwrap_or(usize::MAX);
        let events = ring.events.iter().skip(skip).cloned().collect();
        Read { events, missed: start.saturating_sub(from), next }
    }
}

impl Default for Bus {
    fn default() -> Self {
        Self::new(4096)
    }
}
