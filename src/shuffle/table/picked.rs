//! One of the rows of each slot, of any type: the first, the last, the smallest or the largest.

use std::cmp::Ordering;

use super::rows::Rows;
use super::values::{Batch, Fold};
use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::lambda::Ties;
use crate::shuffle::encode::{EncodedRows, check_order};

/// Which row of a slot is kept.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Policy {
    First,
    Last,
    Extreme { smaller: bool, ties: Ties },
}

/// The kept row of each slot.
pub(super) struct Picked {
    policy: Policy,
    rows: Rows,
    /// The kept rows encoded, where rows are compared.
    best: Vec<Vec<u8>>,
    log: Vec<(u32, Vec<u8>)>,
    /// By slot, the row of this batch that is kept; `NONE` outside a merge.
    chosen: Vec<u32>,
}

const NONE: u32 = u32::MAX;

impl Picked {
    pub(super) fn new(kind: &Type, policy: Policy) -> Self {
        Self { policy, rows: Rows::new(kind), best: Vec::new(), log: Vec::new(), chosen: Vec::new() }
    }

    /// Notes that `row` is now the row of `slot`.
    fn choose(&mut self, slot: u32, row: usize, touched: &mut Vec<u32>) {
        let chosen = &mut self.chosen[slot as usize];
        if *chosen == NONE {
            touched.push(slot);
        }
        *chosen = row as u32;
    }

    fn put_chosen(&mut self, touched: &[u32], values: &Columns) -> Result<(), Decline> {
        let rows: Vec<u32> =
            touched.iter().map(|slot| std::mem::replace(&mut self.chosen[*slot as usize], NONE)).collect();
        self.rows.put(touched.iter().copied(), &values.take(&rows)?)
    }

    fn compare(&mut self, batch: &Batch<'_>, encoded: &EncodedRows, smaller: bool, ties: Ties) -> Vec<u32> {
        let mut touched = Vec::new();
        for (row, slot) in batch.slots.iter().enumerate() {
            let value = encoded.row(row);
            if *slot as usize == self.best.len() {
                self.best.push(value.to_vec());
                self.choose(*slot, row, &mut touched);
                continue;
            }
            let best = &mut self.best[*slot as usize];
            let wins = match value.cmp(best) {
                Ordering::Less => smaller,
                Ordering::Greater => !smaller,
                Ordering::Equal => ties == Ties::Last,
            };
            if wins {
                self.log.push((*slot, std::mem::replace(best, value.to_vec())));
                self.choose(*slot, row, &mut touched);
            }
        }
        touched
    }
}

impl Fold for Picked {
    fn merge(&mut self, batch: &Batch<'_>, values: &Columns) -> Result<(), Decline> {
        self.log.clear();
        self.rows.begin();
        if self.policy == Policy::First {
            return self.rows.put(batch.before as u32..batch.after as u32, &values.take(batch.fresh)?);
        }
        self.chosen.resize(batch.after.max(self.chosen.len()), NONE);
        let touched = if let Policy::Extreme { smaller, ties } = self.policy {
            check_order(values.array(), values.kind())?;
            let encoded = EncodedRows::new(values)?;
            self.compare(batch, &encoded, smaller, ties)
        } else {
            let mut touched = Vec::new();
            for (row, slot) in batch.slots.iter().enumerate() {
                self.choose(*slot, row, &mut touched);
            }
            touched
        };
        self.put_chosen(&touched, values).inspect_err(|_| self.undo(batch, values))
    }

    fn undo(&mut self, batch: &Batch<'_>, _: &Columns) {
        for (slot, old) in self.log.drain(..).rev() {
            self.best[slot as usize] = old;
        }
        self.best.truncate(batch.before);
        self.rows.rollback(batch.before);
    }

    fn to_columns(&self) -> Columns {
        self.rows.to_columns()
    }

    fn weight(&self) -> usize {
        // An encoded row is about as long as the row.
        let rows = self.rows.weight() + 4 * self.chosen.len();
        if self.best.is_empty() { rows } else { 2 * rows + size_of::<Vec<u8>>() * self.best.len() }
    }
}
