//! The numbers of a `range`, cut by Python's float division; no list of them is ever made.

use std::any::Any;
use std::sync::Arc;

use arrow_array::Int64Array;

use crate::chunk::{BoxStream, CHUNK_ROWS, Cancel, Chunk, ChunkStream, Columns, Type};
use crate::error::Result;
use crate::plan::{Scan, Size};

use super::slicing::range_bounds;

/// `start, start + step, ...`: `len` numbers, all within 64 bits.
pub struct Range {
    start: i64,
    step: i64,
    len: usize,
    partitions: usize,
}

impl Range {
    /// The numbers in so many partitions; nothing where one of them doesn't fit 64 bits.
    pub fn new(start: i64, step: i64, len: usize, partitions: usize) -> Option<Self> {
        let last = i64::try_from(len.max(1) - 1).ok()?.checked_mul(step)?;
        start.checked_add(last)?;
        Some(Self { start, step, len, partitions })
    }
}

impl Scan for Range {
    fn partitions(&self) -> Result<usize> {
        Ok(self.partitions)
    }

    fn open(&self, partition: usize, _: &Cancel) -> Result<BoxStream> {
        let (from, to) = range_bounds(self.len, self.partitions).get(partition).copied().unwrap_or_default();
        Ok(Box::new(Numbers { next: self.start + from as i64 * self.step, step: self.step, left: to - from }))
    }

    fn size(&self) -> Option<Size> {
        Some(Size { rows: self.len, bytes: size_of::<i64>() * self.len })
    }

    fn describe(&self) -> String {
        format!("{} rows in {} partitions", self.len, self.partitions)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

struct Numbers {
    next: i64,
    step: i64,
    left: usize,
}

impl ChunkStream for Numbers {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        let rows = self.left.min(CHUNK_ROWS).min(want.max(1));
        if rows == 0 {
            return Ok(None);
        }
        let (first, step) = (self.next, self.step);
        // The number behind the last one may not fit; nobody reads it.
        let numbers = (0..rows as i64).map(|i| first.wrapping_add(i.wrapping_mul(step)));
        let array = Int64Array::from_iter_values(numbers);
        self.next = first.wrapping_add((rows as i64).wrapping_mul(step));
        self.left -= rows;
        Ok(Some(Chunk::Columns(Columns::new(Arc::new(array), Type::Int))))
    }

    fn count(&mut self, _: &Cancel) -> Result<u64> {
        Ok(std::mem::take(&mut self.left) as u64)
    }
}
