//! One row a slot, of any type, as references into columns: for keys and values that no plain vector holds.

use arrow_array::Array;
use arrow_select::interleave::interleave;

use crate::chunk::compact;
use crate::chunk::{Columns, MOST_LIST_ITEMS, Type};
use crate::error::Decline;

/// So many parts of one tier are put together into one of the next; a tier's parts are up to so many times larger.
const FAN: usize = 16;
/// However the parts' lengths come, there are no more of them.
const MOST_PARTS: usize = 512;

/// The current row of each slot. Rows that were replaced stay in storage until more are dead than live. Parts of like
/// length are put together, so that a row is moved as often as the logarithm of the rows says, whatever the lengths of
/// the batches. Invariant: all stored rows together can be one column, so that any of them can be put together without
/// a failure.
pub(super) struct Rows {
    kind: Type,
    parts: Vec<Part>,
    at: Vec<(u32, u32)>,
    stored: usize,
    /// Items of the stored rows' lists.
    list_items: usize,
    weight: usize,
    log: Vec<(u32, (u32, u32))>,
    /// How many parts there were at `begin`.
    kept: usize,
}

/// Rows that came together, and whose they were.
struct Part {
    rows: Columns,
    slots: Vec<u32>,
    list_items: usize,
    weight: usize,
}

impl Part {
    fn new(rows: &Columns, slots: Vec<u32>) -> Self {
        let rows = compact(rows);
        let weight = rows.weight() + 4 * slots.len();
        Self { list_items: rows.list_items(), weight, rows, slots }
    }

    fn tier(&self) -> usize {
        self.slots.len().max(1).ilog2() as usize / FAN.ilog2() as usize
    }
}

impl Rows {
    pub(super) fn new(kind: &Type) -> Self {
        Self {
            kind: kind.clone(),
            parts: Vec::new(),
            at: Vec::new(),
            stored: 0,
            list_items: 0,
            weight: 0,
            log: Vec::new(),
            kept: 0,
        }
    }

    /// Starts a run of changes that `rollback` can undo.
    pub(super) fn begin(&mut self) {
        self.log.clear();
        if self.stored > 2 * self.at.len() + 4096 {
            self.put_together(0);
        }
        while let Some(from) = self.crowded() {
            if !self.put_together(from) {
                break;
            }
        }
        self.kept = self.parts.len();
    }

    /// Makes `values`' rows the rows of `slots`, which are known ones or the next new ones in order. A decline changes
    /// nothing.
    pub(super) fn put(&mut self, slots: impl IntoIterator<Item = u32>, values: &Columns) -> Result<(), Decline> {
        if values.is_empty() {
            return Ok(());
        }
        if self.list_items + values.list_items() > MOST_LIST_ITEMS {
            return Err(Decline::new("lists of more than 2^31 items in all"));
        }
        let part = self.parts.len() as u32;
        let slots: Vec<u32> = slots.into_iter().collect();
        for (row, slot) in slots.iter().enumerate() {
            let at = (part, row as u32);
            match self.at.get_mut(*slot as usize) {
                Some(known) => self.log.push((*slot, std::mem::replace(known, at))),
                None => self.at.push(at),
            }
        }
        self.push(Part::new(values, slots));
        Ok(())
    }

    /// Undoes everything since `begin`, when there were `len` slots.
    pub(super) fn rollback(&mut self, len: usize) {
        for (slot, at) in self.log.drain(..).rev() {
            self.at[slot as usize] = at;
        }
        self.at.truncate(len);
        self.cut(self.kept);
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

    /// About how many bytes there are.
    pub(super) fn weight(&self) -> usize {
        self.weight + 8 * self.at.len()
    }

    fn push(&mut self, part: Part) {
        self.stored += part.slots.len();
        self.list_items += part.list_items;
        self.weight += part.weight;
        self.parts.push(part);
    }

    /// Drops all but the first `len` parts.
    fn cut(&mut self, len: usize) {
        for part in self.parts.drain(len.min(self.parts.len())..) {
            self.stored -= part.slots.len();
            self.list_items -= part.list_items;
            self.weight -= part.weight;
        }
    }

    /// From where on parts should be put together: where so many of a tier came, with none larger among or behind them.
    fn crowded(&self) -> Option<usize> {
        if self.parts.len() > MOST_PARTS {
            return Some(0);
        }
        let (mut top, mut of_top) = (0, 0);
        for (from, part) in self.parts.iter().enumerate().rev() {
            let tier = part.tier();
            if tier > top {
                if of_top >= FAN {
                    return Some(from + 1);
                }
                (top, of_top) = (tier, 0);
            }
            of_top += usize::from(tier == top);
        }
        (of_top >= FAN).then_some(0)
    }

    /// Makes one part of those from `from` on, without the dead rows. Whether that could be done.
    fn put_together(&mut self, from: usize) -> bool {
        let (mut places, mut slots) = (Vec::new(), Vec::new());
        for (number, part) in self.parts.iter().enumerate().skip(from) {
            for (row, slot) in part.slots.iter().enumerate() {
                let place = (number as u32, row as u32);
                // A slot that was rolled back is not there any more.
                if self.at.get(*slot as usize) == Some(&place) {
                    places.push(place);
                    slots.push(*slot);
                }
            }
        }
        // The invariant leaves no reason for a decline.
        let Ok(rows) = self.select(places.into_iter()) else { return false };
        self.cut(from);
        for (row, slot) in slots.iter().enumerate() {
            self.at[*slot as usize] = (from as u32, row as u32);
        }
        if !slots.is_empty() {
            self.push(Part::new(&rows, slots));
        }
        true
    }

    fn select(&self, places: impl ExactSizeIterator<Item = (u32, u32)>) -> Result<Columns, Decline> {
        if self.parts.is_empty() || places.len() == 0 {
            return Ok(Columns::empty(self.kind.clone()));
        }
        if let [part] = self.parts.as_slice() {
            return part.rows.take(&places.map(|(_, row)| row).collect::<Vec<_>>());
        }
        let arrays: Vec<&dyn Array> = self.parts.iter().map(|part| part.rows.array().as_ref()).collect();
        let places: Vec<(usize, usize)> = places.map(|(part, row)| (part as usize, row as usize)).collect();
        let rows = interleave(&arrays, &places).map_err(|e| Decline::new(e.to_string()))?;
        Ok(Columns::new(rows, self.kind.clone()))
    }
}
