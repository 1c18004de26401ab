//! How many rows.

use super::Total;
use crate::chunk::Columns;
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
        Some(Columns::ints(vec![self.0]))
    }
}
