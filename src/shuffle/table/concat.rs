//! Sums of str or bytes by slot: joined in row order.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{BinaryViewArray, StringViewArray};

use super::values::{Batch, Fold};
use crate::chunk::{Columns, Type};
use crate::error::Decline;

/// The joined text of each slot.
pub(super) struct Concat {
    kind: Type,
    texts: Vec<Vec<u8>>,
    /// The length of all texts.
    bytes: usize,
    /// The length of the row's slot before each row of the last batch.
    log: Vec<usize>,
}

impl Concat {
    pub(super) fn new(kind: &Type) -> Self {
        Self { kind: kind.clone(), texts: Vec::new(), bytes: 0, log: Vec::new() }
    }

    fn append<'a>(&mut self, batch: &Batch<'_>, values: impl Iterator<Item = &'a [u8]>) -> Result<(), Decline> {
        self.texts.resize(batch.after, Vec::new());
        self.log.clear();
        for (slot, value) in batch.slots.iter().zip(values) {
            let text = &mut self.texts[*slot as usize];
            if text.len() + value.len() > i32::MAX as usize {
                self.take_away(batch);
                return Err(Decline::new("a joined text exceeds 2 GiB"));
            }
            self.log.push(text.len());
            text.extend_from_slice(value);
            self.bytes += value.len();
        }
        Ok(())
    }

    fn take_away(&mut self, batch: &Batch<'_>) {
        for (slot, len) in batch.slots[..self.log.len()].iter().zip(self.log.drain(..)).rev() {
            let text = &mut self.texts[*slot as usize];
            self.bytes -= text.len() - len;
            text.truncate(len);
        }
        for text in self.texts.drain(batch.before..) {
            self.bytes -= text.len();
        }
    }
}

impl Fold for Concat {
    fn merge(&mut self, batch: &Batch<'_>, values: &Columns) -> Result<(), Decline> {
        if self.kind == Type::Str {
            let array: &StringViewArray = values.array().as_string_view();
            self.append(batch, array.bytes_iter())
        } else {
            let array: &BinaryViewArray = values.array().as_binary_view();
            self.append(batch, array.bytes_iter())
        }
    }

    fn undo(&mut self, batch: &Batch<'_>, _: &Columns) {
        self.take_away(batch);
    }

    fn to_columns(&self) -> Columns {
        let array = BinaryViewArray::from_iter_values(&self.texts);
        if self.kind == Type::Str {
            // SAFETY: every text is a concatenation of whole str values.
            Columns::new(Arc::new(unsafe { array.to_string_view_unchecked() }), Type::Str)
        } else {
            Columns::new(Arc::new(array), Type::Bytes)
        }
    }

    fn weight(&self) -> usize {
        self.bytes + size_of::<Vec<u8>>() * self.texts.len()
    }
}
