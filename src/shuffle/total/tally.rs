//! How often each row occurs.

use super::Total;
use crate::chunk::Columns;
use crate::error::Decline;
use crate::lambda::Reducer;
use crate::shuffle::NativeTable;

/// `countByValue`. The state is `(row, count)` pairs in the rows' first-seen order, none before the first row.
pub struct Tally(NativeTable);

impl Tally {
    /// No rows yet.
    pub fn new() -> Self {
        Self(NativeTable::new(Reducer::Count))
    }
}

impl Default for Tally {
    fn default() -> Self {
        Self::new()
    }
}

impl Total for Tally {
    fn update(&mut self, rows: &Columns) -> Result<(), Decline> {
        self.0.count(rows)
    }

    fn state(&self) -> Option<Columns> {
        Some(self.0.to_columns())
    }
}
