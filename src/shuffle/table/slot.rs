//! One slot without a key: a whole partition folded into one value.

use super::values::{Batch, Values};
use super::{How, joined, without_optional};
use crate::chunk::Columns;
use crate::error::Decline;
use crate::shuffle::widen::widen;

/// The folded value of all rows. Invariant: a declined call leaves it as it was.
pub(in crate::shuffle) struct Slot {
    how: How,
    values: Option<Values>,
}

impl Slot {
    pub(in crate::shuffle) fn new(how: How) -> Self {
        Self { how, values: None }
    }

    /// Folds rows in, in order.
    pub(in crate::shuffle) fn merge(&mut self, rows: &Columns) -> Result<(), Decline> {
        if rows.is_empty() {
            return Ok(());
        }
        let rows = without_optional(rows);
        let slots = vec![0; rows.len()];
        let first = Batch { slots: &slots, fresh: &[0], before: 0, after: 1 };
        let further = Batch { slots: &slots, fresh: &[], before: 1, after: 1 };
        let Some(values) = &mut self.values else {
            let mut values = Values::new(&self.how, rows.kind())?;
            values.merge(&first, &rows)?;
            self.values = Some(values);
            return Ok(());
        };
        let Some(known) = values.kind().filter(|known| *known != rows.kind()) else {
            return values.merge(&further, &rows);
        };
        let kind = joined("rows", known, rows.kind())?;
        let rows = widen(&rows, &kind);
        if kind == *known {
            return values.merge(&further, &rows);
        }
        let mut wider = Values::new(&self.how, &kind)?;
        wider.seed(&Batch { slots: &[0], fresh: &[0], before: 0, after: 1 }, &values.to_columns())?;
        wider.merge(&further, &rows)?;
        self.values = Some(wider);
        Ok(())
    }

    /// The folded value as one row; nothing before the first row.
    pub(in crate::shuffle) fn state(&self) -> Option<Columns> {
        self.values.as_ref().map(Values::to_columns)
    }
}
