//! Lists by slot: lists joined in row order, or rows collected into one.

use std::sync::Arc;

use arrow_array::ListArray;
use arrow_array::cast::AsArray;
use arrow_buffer::OffsetBuffer;

use super::values::{Batch, Fold};
use crate::chunk::compact;
use crate::chunk::{Columns, MOST_LIST_ITEMS, Type};
use crate::error::Decline;

/// The list of each slot: the batches as they came, put in the slots' order when the lists are asked for.
pub(super) struct Lists {
    item: Type,
    /// Whether the rows are lists, to be joined, or items.
    joins: bool,
    parts: Vec<Part>,
    /// Number of slots.
    len: usize,
    /// Items of the lists that come out, or of lists within them.
    items: usize,
    weight: usize,
}

/// The items of one batch and whose they are.
struct Part {
    items: Columns,
    /// The slot of each row.
    slots: Vec<u32>,
    /// How many items each row has; one where there is nothing.
    lens: Option<Vec<u32>>,
}

impl Part {
    /// What the items add to the offsets of a list, at any depth.
    fn offsets(&self) -> usize {
        self.items.len().max(self.items.list_items())
    }

    fn weight(&self) -> usize {
        self.items.weight() + 4 * self.slots.len() + self.lens.as_ref().map_or(0, |lens| 4 * lens.len())
    }
}

impl Lists {
    pub(super) fn joined(item: &Type) -> Self {
        Self { item: item.clone(), joins: true, parts: Vec::new(), len: 0, items: 0, weight: 0 }
    }

    pub(super) fn collected(item: &Type) -> Self {
        Self { joins: false, ..Self::joined(item) }
    }

    fn add(&mut self, batch: &Batch<'_>, values: &Columns, are_lists: bool) -> Result<(), Decline> {
        let values = compact(values);
        let lists = if are_lists { values.array().as_list_opt::<i32>() } else { None };
        let items = lists.map_or_else(|| values.clone(), |l| Columns::new(l.values().clone(), self.item.clone()));
        let lens = lists.map(|lists| lists.offsets().lengths().map(|len| len as u32).collect());
        let part = Part { items, slots: batch.slots.to_vec(), lens };
        // The lists that come out share one column of items.
        if self.items + part.offsets() > MOST_LIST_ITEMS {
            return Err(Decline::new("lists of more than 2^31 items in all"));
        }
        self.items += part.offsets();
        self.weight += part.weight();
        self.len = batch.after;
        self.parts.push(part);
        Ok(())
    }

    /// All items in the order they came.
    fn in_order_of_arrival(&self) -> Columns {
        let parts: Vec<Columns> = self.parts.iter().map(|part| part.items.clone()).collect();
        // `add` has counted the items of every depth, and all parts have one type: there are items unless there are none.
        Columns::concat(&parts).unwrap_or_else(|| Columns::empty(self.item.clone()))
    }

    /// The length of each slot's list, and the items' numbers slot by slot.
    fn by_slot(&self) -> (Vec<usize>, Vec<u32>) {
        let mut lens = vec![0; self.len];
        self.each(|slot, len| lens[slot] += len);
        let mut next: Vec<usize> = Vec::with_capacity(self.len);
        let mut total = 0;
        for len in &lens {
            next.push(total);
            total += len;
        }
        let mut order = vec![0; total];
        let mut item = 0;
        self.each(|slot, len| {
            let from = next[slot];
            next[slot] += len;
            for (place, number) in order[from..from + len].iter_mut().zip(item..) {
                *place = number;
            }
            item += len as u32;
        });
        (lens, order)
    }

    /// Calls with the slot and the number of items of each row.
    fn each(&self, mut row: impl FnMut(usize, usize)) {
        for part in &self.parts {
            match &part.lens {
                None => part.slots.iter().for_each(|slot| row(*slot as usize, 1)),
                Some(lens) => part.slots.iter().zip(lens).for_each(|(slot, len)| row(*slot as usize, *len as usize)),
            }
        }
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
        if let Some(part) = self.parts.pop() {
            self.items -= part.offsets();
            self.weight -= part.weight();
        }
        self.len = batch.before;
    }

    fn to_columns(&self) -> Columns {
        let (lens, order) = self.by_slot();
        let items = self.in_order_of_arrival();
        // No item comes twice, so nothing can be too many.
        let items = items.take(&order).unwrap_or(items);
        let offsets = OffsetBuffer::from_lengths(lens);
        let lists = ListArray::new(Arc::new(self.item.field("item")), offsets, items.array().clone(), None);
        Columns::new(Arc::new(lists), Type::List(Box::new(self.item.clone())))
    }

    fn weight(&self) -> usize {
        self.weight
    }
}
