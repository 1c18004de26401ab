//! The smallest or largest row, perhaps by a key.

use super::Total;
use crate::chunk::Columns;
use crate::chunk::compact;
use crate::error::Decline;
use crate::shuffle::sort::SortKeys;
use crate::shuffle::table::without_optional;

/// `min(rows, key=...)` or `max(rows, key=...)`: the first of equal ones. The state is the row.
pub struct Extreme {
    smaller: bool,
    held: Option<Held>,
}

/// One row and its key.
struct Held {
    row: Columns,
    key: Columns,
}

impl Extreme {
    /// The smallest row.
    pub fn min() -> Self {
        Self { smaller: true, held: None }
    }

    /// The largest row.
    pub fn max() -> Self {
        Self { smaller: false, held: None }
    }

    /// The first of the best rows; there is one.
    fn best(&self, keys: &Columns) -> Result<u32, Decline> {
        let keys_of = SortKeys::new(keys)?;
        let better = if self.smaller { std::cmp::Ordering::Less } else { std::cmp::Ordering::Greater };
        if let SortKeys::Words(words) = &keys_of {
            let target = if self.smaller { words.iter().min() } else { words.iter().max() };
            return Ok(words.iter().position(|word| Some(word) == target).unwrap_or_default() as u32);
        }
        let best = (1..keys.len()).fold(0, |best, row| if keys_of.compare(row, best) == better { row } else { best });
        Ok(best as u32)
    }
}

impl Total for Extreme {
    fn update(&mut self, rows: &Columns) -> Result<(), Decline> {
        self.update_by(rows, rows)
    }

    fn update_by(&mut self, rows: &Columns, keys: &Columns) -> Result<(), Decline> {
        if rows.is_empty() {
            return Ok(());
        }
        let keys = without_optional(keys);
        let best = self.best(&keys)?;
        let next = Held { row: compact(&rows.take(&[best])?), key: compact(&keys.take(&[best])?) };
        if let Some(held) = &self.held {
            let both = Columns::concat(&[held.key.clone(), next.key.clone()])
                .ok_or_else(|| Decline::new(format!("{} compared with {}", next.key.kind(), held.key.kind())))?;
            if self.best(&both)? == 0 {
                return Ok(());
            }
        }
        self.held = Some(next);
        Ok(())
    }

    fn state(&self) -> Option<Columns> {
        self.held.as_ref().map(|held| held.row.clone())
    }
}
