//! Stores a partition chunk by chunk.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::chunk::{Chunk, compact};
use crate::error::Result;
use crate::memory::{Memory, Reservation, Spill};

use super::segment::Segment;
use super::{Level, Stored, StoredRef};

/// A segment has at most about so many bytes, as it is read at once,
const MOST: usize = 2 << 20;
/// at least so many, where a budget is small or a shuffle has many outputs,
const LEAST: usize = 16 << 10;
/// and at most so many rows.
const MOST_ROWS: usize = 64 << 10;

/// Gathers chunks into segments. Dropped unfinished, it gives everything back.
pub struct Writer {
    memory: Arc<Memory>,
    level: Level,
    segments: Vec<Arc<Segment>>,
    /// How many of them were moved.
    moved: usize,
    pending: Vec<Chunk>,
    pending_rows: usize,
    pending_bytes: usize,
    /// For what is pending.
    reservation: Reservation,
}

impl Writer {
    /// A writer of one partition.
    pub fn new(memory: &Arc<Memory>, level: Level) -> Self {
        memory.writers.fetch_add(1, Ordering::Relaxed);
        Self {
            memory: memory.clone(),
            level,
            segments: Vec::new(),
            moved: 0,
            pending: Vec::new(),
            pending_rows: 0,
            pending_bytes: 0,
            reservation: memory.budget.reserve(0),
        }
    }

    /// Adds rows, which several readers may have: opaque ones immutable or encoded. Columns are compacted. When the limit
    /// is exceeded this partition's rows go to a file, then what others can do without. Hold no lock that a `Spill` of
    /// yours takes.
    pub fn push(&mut self, chunk: Chunk) -> Result<()> {
        let weight = chunk.weight();
        // What is large is cut, so that it can be read piece by piece.
        if weight > 4 * MOST && self.level != Level::Memory && chunk.len() > 1 {
            let rows = chunk.len().div_ceil(weight / MOST).max(1);
            for from in (0..chunk.len()).step_by(rows) {
                self.add(chunk.slice(from, rows.min(chunk.len() - from)))?;
            }
            return Ok(());
        }
        self.add(chunk)
    }

    fn add(&mut self, chunk: Chunk) -> Result<()> {
        if chunk.is_empty() {
            return Ok(());
        }
        let chunk = match chunk {
            Chunk::Columns(columns) => Chunk::Columns(compact(&columns)),
            objects @ Chunk::Objects(_) => objects,
        };
        let weight = chunk.weight();
        self.pending_rows += chunk.len();
        self.pending_bytes += weight;
        self.reservation.grow(weight);
        self.pending.push(chunk);
        // Writers' pending rows can't be moved: together they take an eighth of the limit.
        let writers = self.memory.writers.load(Ordering::Relaxed).max(1);
        let most = (self.memory.budget.limit() / 8 / writers).clamp(LEAST, MOST);
        if self.pending_bytes >= most || self.pending_rows >= MOST_ROWS {
            self.end_segment()?;
        }
        self.relieve()
    }

    /// Rows so far.
    pub fn rows(&self) -> usize {
        self.segments.iter().map(|s| s.rows()).sum::<usize>() + self.pending_rows
    }

    /// The partition.
    pub fn finish(mut self) -> Result<StoredRef> {
        self.end_segment()?;
        self.relieve()?;
        Ok(Stored::new(mem::take(&mut self.segments), Some(self.memory.clone())))
    }

    fn end_segment(&mut self) -> Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let chunks = Chunk::join_small(mem::take(&mut self.pending));
        (self.pending_rows, self.pending_bytes) = (0, 0);
        self.reservation.resize(chunks.iter().map(Chunk::weight).sum());
        let reservation = self.reservation.split(self.reservation.bytes());
        let segment = Segment::counted(chunks, reservation, &self.memory, self.level != Level::Memory);
        if self.level == Level::Disk {
            segment.spill()?;
        }
        self.segments.push(segment);
        Ok(())
    }

    fn relieve(&mut self) -> Result<()> {
        let budget = &self.memory.budget;
        while budget.over() > 0 && self.level != Level::Memory && self.moved < self.segments.len() {
            self.segments[self.moved].spill()?;
            self.moved += 1;
        }
        if budget.over() > 0 {
            budget.make_room(0)?;
        }
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.memory.writers.fetch_sub(1, Ordering::Relaxed);
    }
}
