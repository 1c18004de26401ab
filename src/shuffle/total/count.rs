//! How many rows.

use std::sync::Arc;

use arrow_array::Int64Array;

use super::Total;
use crate::chunk::{Columns, Type};
use crate::error::Decline;

/// `sum(1 for _ in rows)`; the state is one int.
#[derive(Default)]
pub struct Count(i64);

impl Total for Count {
    fn update(&mut self, rows: &Columns) -> Result<(), Decline> {
        self.0 += rows.len() as i64;
        Ok(())
    }

    fn state(&self) -> Option<Columns> {
        Some(Columns::new(Arc::new(Int64Array::from(vec![self.0])), Type::Int))
    }
}
