//! The smallest or largest number of each slot.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int64Array};

use super::values::{Batch, Fold};
use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::lambda::Ties;

/// A number that Python compares as Rust does, nan apart.
pub(super) trait Plain: Copy + PartialOrd + Send + Sync + 'static {
    const KIND: Type;
    fn read(array: &ArrayRef) -> Cow<'_, [Self]>;
    fn build(values: &[Self]) -> ArrayRef;
    fn is_nan(self) -> bool {
        false
    }
}

impl Plain for i64 {
    const KIND: Type = Type::Int;
    fn read(array: &ArrayRef) -> Cow<'_, [Self]> {
        Cow::Borrowed(array.as_primitive::<Int64Type>().values())
    }
    fn build(values: &[Self]) -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(values.iter().copied()))
    }
}

impl Plain for f64 {
    const KIND: Type = Type::Float;
    fn read(array: &ArrayRef) -> Cow<'_, [Self]> {
        Cow::Borrowed(array.as_primitive::<Float64Type>().values())
    }
    fn build(values: &[Self]) -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(values.iter().copied()))
    }
    fn is_nan(self) -> bool {
        self.is_nan()
    }
}

impl Plain for bool {
    const KIND: Type = Type::Bool;
    fn read(array: &ArrayRef) -> Cow<'_, [Self]> {
        Cow::Owned(array.as_boolean().values().iter().collect())
    }
    fn build(values: &[Self]) -> ArrayRef {
        Arc::new(BooleanArray::from(values.to_vec()))
    }
}

/// The extreme value of each slot.
pub(super) struct Extreme<T> {
    smaller: bool,
    ties: Ties,
    best: Vec<T>,
    /// What was replaced in the last batch.
    log: Vec<(u32, T)>,
}

impl<T: Plain> Extreme<T> {
    pub(super) fn new(smaller: bool, ties: Ties) -> Self {
        Self { smaller, ties, best: Vec::new(), log: Vec::new() }
    }

    fn fold(&mut self, slots: &[u32], values: &[T], wins: impl Fn(T, T) -> bool) {
        for (slot, value) in slots.iter().zip(values) {
            let best = &mut self.best[*slot as usize];
            if wins(*value, *best) {
                self.log.push((*slot, *best));
                *best = *value;
            }
        }
    }
}

impl<T: Plain> Fold for Extreme<T> {
    fn merge(&mut self, batch: &Batch<'_>, values: &Columns) -> Result<(), Decline> {
        let values = T::read(values.array());
        if values.iter().any(|value| value.is_nan()) {
            return Err(Decline::new("nan among the compared values"));
        }
        // A first value compared with itself changes nothing.
        self.best.extend(batch.fresh.iter().map(|row| values[*row as usize]));
        self.log.clear();
        match (self.smaller, self.ties) {
            (true, Ties::First) => self.fold(batch.slots, &values, |new, old| new < old),
            (true, Ties::Last) => self.fold(batch.slots, &values, |new, old| new <= old),
            (false, Ties::First) => self.fold(batch.slots, &values, |new, old| new > old),
            (false, Ties::Last) => self.fold(batch.slots, &values, |new, old| new >= old),
        }
        Ok(())
    }

    fn undo(&mut self, batch: &Batch<'_>, _: &Columns) {
        for (slot, old) in self.log.drain(..).rev() {
            self.best[slot as usize] = old;
        }
        self.best.truncate(batch.before);
    }

    fn to_columns(&self) -> Columns {
        Columns::new(T::build(&self.best), T::KIND)
    }

    fn weight(&self) -> usize {
        size_of::<T>() * self.best.len()
    }
}
