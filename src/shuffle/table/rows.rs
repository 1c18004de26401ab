//! One row a slot, of any type, as references into columns: for keys and values that no plain vector holds.

use arrow_array::Array;
use arrow_select::interleave::interleave;

use crate::chunk::compact;
use crate::chunk::{Columns, MOST_LIST_ITEMS, Type};
use crate::error::Decline;

/// Storage may have this many parts before it is put together.
const PARTS: usize = 128;

/// The current row of each slot. Rows that were replaced stay in storage until more are dead than live. Invariant: all
/// stored rows together can be one column, so that any of them can be put together without a failure.
pub(super) struct Rows {
    kind: Type,
    parts: Vec<Columns>,
    at: Vec<(u32, u32)>,
    stored: usize,
    /// Items of the stored rows' lists.
    list_items: usize,
    log: Vec<(u32, (u32, u32))>,
}

impl Rows {
    pub(super) fn new(kind: &Type) -> Self {
        Self { kind: kind.clone(), parts: Vec::new(), at: Vec::new(), stored: 0, list_items: 0, log: Vec::new() }
    }

    /// Starts a run of changes that `rollback` can undo.
    pub(super) fn begin(&mut self) {
        self.log.clear();
        if self.parts.len() >= PARTS || self.stored > 2 * self.at.len() + 4096 {
            let rows = self.to_columns();
            self.stored = rows.len();
            self.list_items = rows.list_items();
            self.at = (0..rows.len() as u32).map(|row| (0, row)).collect();
            self.parts = vec![rows];
        }
    }

    /// Makes `values`' rows the rows of `slots`, which are known ones or the next new ones in order. A decline changes
    /// nothing.
    pub(super) fn put(&mut self, slots: impl IntoIterator<Item = u32>, values: &Columns) -> Result<(), Decline> {
        if values.is_empty() {
            return Ok(());
        }
        let list_items = self.list_items + values.list_items();
        if list_items > MOST_LIST_ITEMS {
            return Err(Decline::new("lists of more than 2^31 items in all"));
        }
        self.list_items = list_items;
        let part = self.parts.len() as u32;
        self.parts.push(compact(values));
        self.stored += values.len();
        for (row, slot) in slots.into_iter().enumerate() {
            let at = (part, row as u32);
            match self.at.get_mut(slot as usize) {
                Some(known) => self.log.push((slot, std::mem::replace(known, at))),
                None => self.at.push(at),
            }
        }
        Ok(())
    }

    /// Undoes everything since `begin`, when there were `len` slots.
    pub(super) fn rollback(&mut self, len: usize) {
        for (slot, at) in self.log.drain(..).rev() {
            self.at[slot as usize] = at;
        }
        self.at.truncate(len);
    }

    /// The rows of `slots`, in that order.
    pub(super) fn gather(&self, slots: &[u32]) -> Result<Columns, Decline> {
        self.select(slots.iter().map(|slot| self.at[*slot as usize]))
    }

    /// Every slot's row.
    pub(super) fn to_columns(&self) -> Columns {
        // The invariant leaves no reason for a decline. Should there be one, keys and values differ in length, which ends
        // the job rather than losing rows.
        self.select(self.at.iter().copied()).map_or_else(|_| Columns::empty(self.kind.clone()), |rows| compact(&rows))
    }

    fn select(&self, places: impl ExactSizeIterator<Item = (u32, u32)>) -> Result<Columns, Decline> {
        if self.parts.is_empty() {
            return Ok(Columns::empty(self.kind.clone()));
        }
        if let [part] = self.parts.as_slice() {
            return part.take(&places.map(|(_, row)| row).collect::<Vec<_>>());
        }
        let arrays: Vec<&dyn Array> = self.parts.iter().map(|part| part.array().as_ref()).collect();
        let places: Vec<(usize, usize)> = places.map(|(part, row)| (part as usize, row as usize)).collect();
        let rows = interleave(&arrays, &places).map_err(|e| Decline::new(e.to_string()))?;
        Ok(Columns::new(rows, self.kind.clone()))
    }
}
