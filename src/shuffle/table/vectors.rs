//! Sums of numpy's vectors by slot: a left fold in row order, element by element.

use arrow_buffer::OffsetBuffer;

use super::values::{Batch, Fold};
use crate::chunk::{Columns, Type, rows};
use crate::error::Decline;

/// Sums of vectors of one length. Others are added by numpy, and so is what it would warn of.
#[derive(Default)]
pub(super) struct VectorSum {
    /// Elements of each vector, once the first has told.
    width: Option<usize>,
    /// Slot after slot.
    sums: Vec<f64>,
    /// What slots that were there before the last batch had, and which: for a tuple whose other item declines.
    old: Vec<f64>,
    touched: Vec<u32>,
    /// Of each slot, the last batch that touched it.
    last: Vec<u32>,
    batches: u32,
}

impl VectorSum {
    fn restore(&mut self, before: usize) {
        let width = self.width.unwrap_or(0);
        for (i, slot) in self.touched.drain(..).enumerate() {
            let at = slot as usize * width;
            self.sums[at..at + width].copy_from_slice(&self.old[i * width..(i + 1) * width]);
        }
        self.old.clear();
        self.sums.truncate(before * width);
        self.last.truncate(before);
        if before == 0 {
            self.width = None;
        }
    }
}

impl Fold for VectorSum {
    fn merge(&mut self, batch: &Batch<'_>, values: &Columns) -> Result<(), Decline> {
        let (offsets, elements) = values.vectors().ok_or(Decline::new("values that are no vectors"))?;
        let Some(first) = rows(offsets, elements).next() else { return Ok(()) };
        let width = self.width.unwrap_or(first.len());
        if rows(offsets, elements).any(|row| row.len() != width) {
            return Err(Decline::new("vectors of different lengths"));
        }
        self.width = Some(width);
        self.old.clear();
        self.touched.clear();
        self.batches = self.batches.wrapping_add(1);
        // -0.0 is what changes no first value, not even -0.0.
        self.sums.resize(batch.after * width, -0.0);
        self.last.resize(batch.after, 0);
        let mut finite = true;
        for (slot, row) in batch.slots.iter().zip(rows(offsets, elements)) {
            let slot = *slot as usize;
            let sum = &mut self.sums[slot * width..(slot + 1) * width];
            if slot < batch.before && self.last[slot] != self.batches {
                self.old.extend_from_slice(sum);
                self.touched.push(slot as u32);
            }
            self.last[slot] = self.batches;
            for (sum, element) in sum.iter_mut().zip(row) {
                *sum += element;
                finite &= sum.is_finite();
            }
        }
        if !finite {
            self.restore(batch.before);
            return Err(Decline::new("numpy's arithmetic with nan or inf"));
        }
        Ok(())
    }

    fn undo(&mut self, batch: &Batch<'_>, _: &Columns) {
        self.restore(batch.before);
    }

    fn to_columns(&self) -> Columns {
        let width = self.width.unwrap_or(0);
        let offsets = OffsetBuffer::from_repeated_length(width, self.last.len());
        Columns::of_vectors(offsets, self.sums.clone(), None).unwrap_or_else(|_| Columns::empty(Type::Vector))
    }

    fn weight(&self) -> usize {
        8 * (self.sums.len() + self.old.len()) + 4 * (self.last.len() + self.touched.len())
    }
}
