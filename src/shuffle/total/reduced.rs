//! Rows folded from the left by a function, perhaps from a start value.

use std::sync::Arc;

use arrow_array::NullArray;

use super::Total;
use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::lambda::{Aggregator, Compiled, Expr, Reducer};
use crate::shuffle::table::{How, Slot};

/// `reduce(f, rows)`, `fold(zero, f)` and `aggregate(zero, f)`. The state is the folded value: nothing, or the start
/// value, before the first row.
pub struct Reduced {
    slot: Slot,
    zero: Option<Columns>,
}

impl Reduced {
    /// The rows alone.
    pub fn new(reducer: Reducer) -> Self {
        Self { slot: Slot::new(How::Reduce(reducer)), zero: None }
    }

    /// From a constant start value, by `update(a, v)`: `fold` and `aggregate`.
    pub fn from_zero(zero: &Expr, update: &Arc<Compiled>) -> Result<Self, Decline> {
        let aggregator = Aggregator::from_zero(zero, update.clone(), update)?;
        let row = Columns::new(Arc::new(NullArray::new(1)), Type::Null);
        let zero = Compiled::new(zero.clone())?.map(&[row])?;
        Ok(Self { slot: Slot::new(How::Aggregate(Arc::new(aggregator))), zero: Some(zero) })
    }
}

impl Total for Reduced {
    fn update(&mut self, rows: &Columns) -> Result<(), Decline> {
        self.slot.merge(rows)
    }

    fn state(&self) -> Option<Columns> {
        self.slot.state().or_else(|| self.zero.clone())
    }
}
