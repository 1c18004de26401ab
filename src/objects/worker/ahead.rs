//! An input that can be read ahead of the functions: a partition function that has begun in a worker can't come back, so
//! its rows must be known before.

use std::collections::VecDeque;

use crate::chunk::{Cancel, Chunk};
use crate::error::{Error, Result};
use crate::stage::RowInput;

use super::super::rows::PyRows;
use super::outgoing::Outgoing;

/// More bytes than this are not read ahead.
const MOST: usize = 64 << 20;

/// An input, part of which may have been read.
pub struct Ahead {
    read: VecDeque<(Chunk, usize)>,
    /// Whether it was read to its end, and the error there.
    ended: bool,
    failed: Option<Error>,
    input: Box<dyn RowInput>,
}

impl Ahead {
    /// Nothing of it is read yet.
    pub fn new(input: Box<dyn RowInput>) -> Self {
        Self { read: VecDeque::new(), ended: false, failed: None, input }
    }

    /// Whether all of its rows are here and none may show what texts hash to. Called detached.
    pub fn shows_nothing(&mut self, outgoing: &mut Outgoing, cancel: &Cancel) -> Result<bool> {
        let mut bytes = 0;
        while bytes <= MOST {
            cancel.check()?;
            let (chunk, start) = match self.input.next() {
                Ok(Some(next)) => next,
                end => {
                    (self.ended, self.failed) = (true, end.err());
                    return Ok(true);
                }
            };
            bytes += chunk.weight();
            let shows = if PyRows::stay(&chunk) { Ok(true) } else { outgoing.shows(&chunk, chunk.len()) };
            self.read.push_back((chunk, start));
            if shows? {
                return Ok(false);
            }
        }
        Ok(false)
    }

    /// All rows, those that were read first.
    pub fn all(self) -> Box<dyn RowInput> {
        if self.read.is_empty() && !self.ended { self.input } else { Box::new(self) }
    }
}

impl RowInput for Ahead {
    fn next(&mut self) -> Result<Option<(Chunk, usize)>> {
        if let Some(read) = self.read.pop_front() {
            return Ok(Some(read));
        }
        if self.ended { self.failed.take().map_or(Ok(None), Err) } else { self.input.next() }
    }
}
