//! Sums of numbers by slot: ints checked, floats as a left fold in row order; and how many rows there were.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Float64Array, Int64Array};

use super::values::{Batch, Fold};
use crate::chunk::{Columns, Type};
use crate::error::Decline;

/// Sums of ints within 64 bits.
#[derive(Default)]
pub(super) struct IntSum(Vec<i64>);

impl IntSum {
    /// Wrapping sums are a group: whatever order, taking everything away again gives back what was.
    fn take_away(&mut self, batch: &Batch<'_>, values: &[i64]) {
        for (slot, value) in batch.slots.iter().zip(values) {
            let sum = &mut self.0[*slot as usize];
            *sum = sum.wrapping_sub(*value);
        }
        self.0.truncate(batch.before);
    }
}

impl Fold for IntSum {
    fn merge(&mut self, batch: &Batch<'_>, values: &Columns) -> Result<(), Decline> {
        let values = values.array().as_primitive::<Int64Type>().values();
        self.0.resize(batch.after, 0);
        let mut any_overflow = false;
        for (slot, value) in batch.slots.iter().zip(values) {
            let sum = &mut self.0[*slot as usize];
            let (next, overflow) = sum.overflowing_add(*value);
            *sum = next;
            any_overflow |= overflow;
        }
        if any_overflow {
            self.take_away(batch, values);
            return Err(Decline::new("a sum exceeds 64 bits"));
        }
        Ok(())
    }

    fn undo(&mut self, batch: &Batch<'_>, values: &Columns) {
        self.take_away(batch, values.array().as_primitive::<Int64Type>().values());
    }

    fn to_columns(&self) -> Columns {
        Columns::new(Arc::new(Int64Array::from_iter_values(self.0.iter().copied())), Type::Int)
    }

    fn weight(&self) -> usize {
        8 * self.0.len()
    }
}

/// How many rows each slot has; the values aren't looked at.
#[derive(Default)]
pub(super) struct Counts(Vec<i64>);

impl Fold for Counts {
    fn merge(&mut self, batch: &Batch<'_>, _: &Columns) -> Result<(), Decline> {
        self.0.resize(batch.after, 0);
        for slot in batch.slots {
            self.0[*slot as usize] += 1;
        }
        Ok(())
    }

    fn seed(&mut self, _: &Batch<'_>, folded: &Columns) -> Result<(), Decline> {
        self.0 = folded.array().as_primitive::<Int64Type>().values().to_vec();
        Ok(())
    }

    fn undo(&mut self, batch: &Batch<'_>, _: &Columns) {
        for slot in batch.slots {
            self.0[*slot as usize] -= 1;
        }
        self.0.truncate(batch.before);
    }

    fn to_columns(&self) -> Columns {
        Columns::new(Arc::new(Int64Array::from_iter_values(self.0.iter().copied())), Type::Int)
    }

    fn weight(&self) -> usize {
        8 * self.0.len()
    }
}

/// Sums of floats. Never declines; the log is for a tuple whose other item does.
#[derive(Default)]
pub(super) struct FloatSum {
    sums: Vec<f64>,
    log: Vec<f64>,
}

impl Fold for FloatSum {
    fn merge(&mut self, batch: &Batch<'_>, values: &Columns) -> Result<(), Decline> {
        let values = values.array().as_primitive::<Float64Type>().values();
        // -0.0 is what changes no first value, not even -0.0.
        self.sums.resize(batch.after, -0.0);
        self.log.clear();
        self.log.reserve(values.len());
        for (slot, value) in batch.slots.iter().zip(values) {
            let sum = &mut self.sums[*slot as usize];
            self.log.push(*sum);
            *sum += *value;
        }
        Ok(())
    }

    fn undo(&mut self, batch: &Batch<'_>, _: &Columns) {
        for (slot, old) in batch.slots.iter().zip(self.log.drain(..)).rev() {
            self.sums[*slot as usize] = old;
        }
        self.sums.truncate(batch.before);
    }

    fn to_columns(&self) -> Columns {
        Columns::new(Arc::new(Float64Array::from_iter_values(self.sums.iter().copied())), Type::Float)
    }

    fn weight(&self) -> usize {
        8 * (self.sums.len() + self.log.len())
    }
}
