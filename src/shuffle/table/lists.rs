//! Lists by slot: lists joined in row order, or rows collected into one.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ListArray, make_array, new_empty_array};
use arrow_buffer::OffsetBuffer;
use arrow_data::transform::MutableArrayData;

use super::values::{Batch, Fold};
use crate::chunk::compact;
use crate::chunk::{Columns, MOST_LIST_ITEMS, Type};
use crate::error::Decline;

/// The list of each slot, as pieces of the batches' items.
pub(super) struct Lists {
    item: Type,
    /// Whether the rows are lists, to be joined, or items.
    joins: bool,
    parts: Vec<Columns>,
    /// `(part, from, to)`
    pieces: Vec<Vec<(u32, u32, u32)>>,
    /// Items of the lists that come out, or of lists within them.
    weight: usize,
}

/// What items add to the offsets of a list, at any depth.
fn weight(items: &Columns) -> usize {
    items.len().max(items.list_items())
}

impl Lists {
    pub(super) fn joined(item: &Type) -> Self {
        Self { item: item.clone(), joins: true, parts: Vec::new(), pieces: Vec::new(), weight: 0 }
    }

    pub(super) fn collected(item: &Type) -> Self {
        Self { joins: false, ..Self::joined(item) }
    }

    fn add(&mut self, batch: &Batch<'_>, values: &Columns, are_lists: bool) -> Result<(), Decline> {
        let values = compact(values);
        let lists = if are_lists { values.array().as_list_opt::<i32>() } else { None };
        let items = lists.map_or_else(|| values.clone(), |l| Columns::new(l.values().clone(), self.item.clone()));
        // The lists that come out share one column of items.
        let weight = weight(&items);
        if self.weight + weight > MOST_LIST_ITEMS {
            return Err(Decline::new("lists of more than 2^31 items in all"));
        }
        self.weight += weight;
        self.pieces.resize(batch.after, Vec::new());
        let part = self.parts.len() as u32;
        for (row, slot) in batch.slots.iter().enumerate() {
            let (from, to) = match lists {
                Some(lists) => (lists.value_offsets()[row] as u32, lists.value_offsets()[row + 1] as u32),
                None => (row as u32, row as u32 + 1),
            };
            self.pieces[*slot as usize].push((part, from, to));
        }
        self.parts.push(items);
        Ok(())
    }
}

impl Fold for Lists {
    fn merge(&mut self, batch: &Batch<'_>, values: &Columns) -> Result<(), Decline> {
        self.add(batch, values, self.joins)
    }

    fn seed(&mut self, batch: &Batch<'_>, folded: &Columns) -> Result<(), Decline> {
        self.add(batch, folded, true)
    }

    fn undo(&mut self, batch: &Batch<'_>, _: &Columns) {
        for slot in batch.slots {
            self.pieces[*slot as usize].pop();
        }
        self.pieces.truncate(batch.before);
        self.weight -= self.parts.pop().map_or(0, |part| weight(&part));
    }

    fn to_columns(&self) -> Columns {
        let data: Vec<_> = self.parts.iter().map(|part| part.array().to_data()).collect();
        let items = if data.is_empty() {
            new_empty_array(&self.item.data_type())
        } else {
            let mut items = MutableArrayData::new(data.iter().collect(), false, self.weight);
            for (part, from, to) in self.pieces.iter().flatten() {
                // Offsets don't overflow: `add` has counted the items of every depth.
                let _ = items.try_extend(*part as usize, *from as usize, *to as usize);
            }
            make_array(items.freeze())
        };
        let lens = self.pieces.iter().map(|pieces| pieces.iter().map(|(_, from, to)| (to - from) as usize).sum());
        let lists = ListArray::new(Arc::new(self.item.field("item")), OffsetBuffer::from_lengths(lens), items, None);
        Columns::new(Arc::new(lists), Type::List(Box::new(self.item.clone())))
    }
}
