//! One input of a join: its values, each with its key's number, and then the values by key.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::{NullArray, UInt32Array};
use arrow_buffer::NullBuffer;
use arrow_select::take::take;

use crate::chunk::{CHUNK_ROWS, Columns, MOST_LIST_ITEMS, Type};
use crate::error::Decline;
use crate::shuffle::widen::{common_type, widen};

/// In place of a row: the key has none here.
pub(super) const NONE: u32 = u32::MAX;
/// Items of lists that a chunk may repeat.
const CHUNK_ITEMS: usize = 1 << 20;

/// The rows of one input, in their order.
#[derive(Default)]
pub(super) struct Side {
    kind: Option<Type>,
    values: Vec<Columns>,
    /// The number of each row's key.
    pub(super) slots: Vec<u32>,
    list_items: usize,
    weight: usize,
}

/// The same rows by key. Invariant: `starts` has a place for each key and one behind.
pub(super) struct Grouped {
    values: Columns,
    starts: Vec<u32>,
    rows: Vec<u32>,
}

impl Side {
    pub(super) fn weight(&self) -> usize {
        self.weight + 4 * self.slots.len()
    }

    /// The type of all values when these have come too.
    pub(super) fn admit(&self, values: &Columns) -> Result<Type, Decline> {
        if self.slots.len() + values.len() >= NONE as usize {
            return Err(Decline::new("more rows than 32 bits can number"));
        }
        if self.list_items + values.list_items() > MOST_LIST_ITEMS {
            return Err(Decline::new("lists of more than 2^31 items in all"));
        }
        let Some(kind) = &self.kind else { return Ok(values.kind().clone()) };
        common_type(kind, values.kind())
            .ok_or_else(|| Decline::new(format!("values of {} after values of {kind}", values.kind())))
    }

    /// Takes values in whose key numbers are in `slots` already; `kind` is what `admit` said.
    pub(super) fn push(&mut self, values: Columns, kind: Type) {
        self.kind = Some(kind);
        self.list_items += values.list_items();
        self.weight += values.weight();
        self.values.push(values);
    }

    /// The rows by key, in their order within a key.
    pub(super) fn grouped(self, keys: usize) -> Result<Grouped, Decline> {
        let kind = self.kind.unwrap_or(Type::Null);
        let mut starts = vec![0_u32; keys + 1];
        for slot in &self.slots {
            starts[*slot as usize + 1] += 1;
        }
        for key in 0..keys {
            starts[key + 1] += starts[key];
        }
        let mut next = starts.clone();
        let mut rows = vec![0_u32; self.slots.len()];
        for (row, slot) in self.slots.iter().enumerate() {
            let place = &mut next[*slot as usize];
            rows[*place as usize] = row as u32;
            *place += 1;
        }
        let parts: Vec<Columns> = self.values.iter().map(|part| widen(part, &kind)).collect();
        drop(self.values);
        let values = if parts.is_empty() { Some(Columns::empty(kind)) } else { Columns::concat(&parts) };
        let values = values.ok_or(Decline::new("lists of more than 2^31 items in all"))?;
        Ok(Grouped { values, starts, rows })
    }
}

impl Grouped {
    /// The places of a key's rows, for `row`.
    pub(super) fn places(&self, key: usize) -> Range<usize> {
        self.starts[key] as usize..self.starts[key + 1] as usize
    }

    /// The row at a place.
    pub(super) fn row(&self, place: usize) -> u32 {
        self.rows[place]
    }

    /// The type of the values.
    pub(super) fn kind(&self) -> &Type {
        self.values.kind()
    }

    /// The values of the keys in `keys`, one key after the other.
    pub(super) fn of_keys(&self, keys: Range<usize>) -> Result<Columns, Decline> {
        self.values.take(&self.rows[self.starts[keys.start] as usize..self.starts[keys.end] as usize])
    }

    /// The number of values of each key.
    pub(super) fn lengths(&self, keys: Range<usize>) -> impl Iterator<Item = usize> {
        self.starts[keys.start..=keys.end].windows(2).map(|pair| (pair[1] - pair[0]) as usize)
    }

    /// The values at `rows`.
    pub(super) fn take(&self, rows: &[u32]) -> Result<Columns, Decline> {
        self.values.take(rows)
    }

    /// The values at `rows`, `None` for `NONE`; of one type whether there is a `None` or not.
    pub(super) fn take_or_none(&self, rows: Vec<u32>) -> Result<Columns, Decline> {
        if *self.kind() == Type::Null {
            return Ok(Columns::new(Arc::new(NullArray::new(rows.len())), Type::Null));
        }
        let kind = match self.kind() {
            Type::Optional(_) => self.kind().clone(),
            plain => Type::Optional(Box::new(plain.clone())),
        };
        let present: NullBuffer = rows.iter().map(|row| *row != NONE).collect();
        let rows = UInt32Array::new(rows.into(), Some(present).filter(|present| present.null_count() > 0));
        let values = take(self.values.array(), &rows, None).map_err(|e| Decline::new(e.to_string()))?;
        Ok(Columns::new(values, kind))
    }

    /// How many rows a chunk may repeat: fewer where they hold long lists.
    pub(super) fn chunk_rows(&self) -> usize {
        let items = self.values.list_items() / self.values.len().max(1);
        (CHUNK_ITEMS / items.max(1)).clamp(1, CHUNK_ROWS)
    }
}
