//! An input that can be read ahead of the functions: a partition function that has begun in a worker can't come back, so
//! its rows must be known before.

use std::collections::VecDeque;
use std::time::Duration;

use crate::chunk::{Cancel, Chunk};
use crate::error::{Error, Result};
use crate::memory::Share;
use crate::stage::RowInput;

use super::super::rows::PyRows;
use super::outgoing::Outgoing;

/// More bytes than this are not read ahead, and no more than an operator may hold when there is too little for all.
const MOST: usize = 64 << 20;

/// An input, part of which may have been read.
pub struct Ahead {
    read: VecDeque<(Chunk, usize)>,
    /// Whether it was read to its end, and the error there.
    ended: bool,
    failed: Option<Error>,
    input: Box<dyn RowInput>,
    /// What is read and not used yet counts here. Without one nothing is read ahead.
    share: Option<Share>,
}

impl Ahead {
    /// Nothing of it is read yet.
    pub fn new(input: Box<dyn RowInput>, share: Option<Share>) -> Self {
        Self { read: VecDeque::new(), ended: false, failed: None, input, share }
    }

    /// Reads one chunk more; whether there was one, and whether with it there is too much. The error at the end is for who
    /// comes to it.
    fn read_one(&mut self) -> Result<Option<bool>> {
        if self.ended {
            return Ok(None);
        }
        let next = match self.input.next() {
            Ok(Some(next)) => next,
            end => {
                (self.ended, self.failed) = (true, end.err());
                return Ok(None);
            }
        };
        let full = match &mut self.share {
            Some(share) => share.hold(share.held() + next.0.weight()),
            None => Ok(false),
        };
        self.read.push_back(next);
        full.map(Some)
    }

    /// Whether all of its rows are here and none may show what texts hash to. Called detached.
    pub fn shows_nothing(&mut self, outgoing: &mut Outgoing, cancel: &Cancel) -> Result<bool> {
        let Some(share) = &self.share else { return Ok(false) };
        let most = MOST.min(share.fair());
        let mut looked = 0;
        loop {
            cancel.check()?;
            while let Some((chunk, _)) = self.read.get(looked) {
                if PyRows::stay(chunk) || outgoing.shows(chunk, chunk.len())? {
                    return Ok(false);
                }
                looked += 1;
            }
            if self.share.as_ref().is_some_and(|share| share.held() > most) {
                return Ok(false);
            }
            match self.read_one()? {
                None => return Ok(true),
                Some(true) => return Ok(false),
                Some(false) => {}
            }
        }
    }

    /// Whether it begins with rows that hold more than memory may. Called detached.
    pub fn begins_with_too_much(&mut self) -> Result<bool> {
        if self.read.is_empty() {
            self.read_one()?;
        }
        Ok(self.read.front().is_some_and(|(chunk, _)| PyRows::stay(chunk)))
    }

    /// All rows, those that were read first.
    pub fn all(self) -> Box<dyn RowInput> {
        if self.read.is_empty() && !self.ended { self.input } else { Box::new(self) }
    }
}

impl RowInput for Ahead {
    fn next(&mut self) -> Result<Option<(Chunk, usize)>> {
        if let Some((chunk, start)) = self.read.pop_front() {
            if let Some(share) = &mut self.share {
                share.hold(share.held().saturating_sub(chunk.weight()))?;
            }
            return Ok(Some((chunk, start)));
        }
        if self.ended { self.failed.take().map_or(Ok(None), Err) } else { self.input.next() }
    }

    fn is_at_hand(&self) -> bool {
        !self.read.is_empty() || self.ended || self.input.is_at_hand()
    }

    fn worked(&mut self, rows: usize, time: Duration) {
        self.input.worked(rows, time);
    }
}
