//! Rows of two inputs side by side. Chunks end where they like; nothing is copied of columns.

use crate::chunk::{BoxStream, Cancel, Chunk, ChunkStream};
use crate::error::{Error, Kind, Result};
use crate::plan::PlanRef;
use crate::stage::Task;

use super::Operator;

pub(super) struct Zip;

impl Operator for Zip {
    fn open(&self, plan: &PlanRef, task: &Task) -> Result<BoxStream> {
        let side = |index| Ok(Side { stream: task.input(plan, index, task.partition)?, ready: None });
        Ok(Box::new(ZipStream { left: side(0)?, right: side(1)?, rows: 0, task: task.clone() }))
    }
}

struct ZipStream {
    left: Side,
    right: Side,
    /// Rows that have gone out.
    rows: u64,
    task: Task,
}

struct Side {
    stream: BoxStream,
    /// Rows whose partners are not there yet.
    ready: Option<Chunk>,
}

impl ChunkStream for ZipStream {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        let left = self.left.fill(want)?;
        let right = self.right.fill(if left == 0 { 1 } else { want.min(left) })?;
        let n = left.min(right).min(want.max(1));
        if let (Some(left), Some(right)) = (self.left.split(n), self.right.split(n)) {
            self.rows += n as u64;
            return self.task.pair(&left, &right).map(Some);
        }
        let cancel = self.task.cancel.clone();
        self.count(&cancel).map(|_| None)
    }

    fn count(&mut self, cancel: &Cancel) -> Result<u64> {
        let [left, right] = [self.left.count(cancel)?, self.right.count(cancel)?];
        if left == right {
            return Ok(left);
        }
        let message = format!(
            "Can not deserialize PairRDD with different number of items in batches: ({}, {})",
            self.rows + left,
            self.rows + right
        );
        Err(Error::new(Kind::Value, message))
    }
}

impl Side {
    /// How many rows are ready; 0 at the end.
    fn fill(&mut self, want: usize) -> Result<usize> {
        while self.ready.as_ref().is_none_or(Chunk::is_empty) {
            self.ready = self.stream.next(want)?;
            if self.ready.is_none() {
                return Ok(0);
            }
        }
        Ok(self.ready.as_ref().map_or(0, Chunk::len))
    }

    /// The first `n` of the rows that are ready; nothing for 0.
    fn split(&mut self, n: usize) -> Option<Chunk> {
        let ready = self.ready.take()?;
        let first = ready.slice(0, n);
        self.ready = Some(ready.slice(n, ready.len() - n)).filter(|rest| !rest.is_empty());
        (n > 0).then_some(first)
    }

    fn count(&mut self, cancel: &Cancel) -> Result<u64> {
        let ready = self.ready.take().map_or(0, |rows| rows.len() as u64);
        Ok(ready + self.stream.count(cancel)?)
    }
}
