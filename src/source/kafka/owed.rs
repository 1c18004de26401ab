//! What a consumer group is to be told: how far each partition is stored. Never past a block that isn't, for who begins
//! behind what was told reads nothing before it.

use std::collections::VecDeque;

use crate::block::Ticket;

use super::ranges::TopicPartition;

/// Where the next message of partitions is.
pub type Next = Vec<(TopicPartition, i64)>;

/// Blocks that aren't stored yet, and what the group can be told.
#[derive(Default)]
pub struct Owed {
    /// In the order of their messages.
    waiting: VecDeque<(Ticket, Next)>,
    due: Next,
}

impl Owed {
    /// A block with the messages before `next`; `ticket` tells when it is stored.
    pub fn add(&mut self, ticket: Ticket, next: Next) {
        self.waiting.push_back((ticket, next));
    }

    /// What the group is to be told: up to the first block that isn't stored.
    pub fn due(&mut self) -> &[(TopicPartition, i64)] {
        while self.waiting.front().is_some_and(|(ticket, _)| ticket.is_stored())
            && let Some((_, next)) = self.waiting.pop_front()
        {
            self.due.retain(|(of, _)| next.iter().all(|(other, _)| other != of));
            self.due.extend(next);
        }
        &self.due
    }

    /// The group was told what was due.
    pub fn told(&mut self) {
        self.due.clear();
    }

    /// Whether a block isn't stored.
    pub fn is_waiting(&self) -> bool {
        self.waiting.iter().any(|(ticket, _)| !ticket.is_stored())
    }

    /// Partitions that are another's from now on.
    pub fn give_away(&mut self, gone: impl Fn(&TopicPartition) -> bool) {
        let waiting = self.waiting.iter_mut().map(|(_, next)| next);
        for next in waiting.chain([&mut self.due]) {
            next.retain(|(of, _)| !gone(of));
        }
    }
}
