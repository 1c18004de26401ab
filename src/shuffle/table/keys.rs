//! The keys of a table: any hashable type, numbered by first appearance.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{BinaryViewType, ByteViewType, Int64Type, StringViewType};
use arrow_array::{GenericByteViewArray, Int64Array};
use arrow_buffer::{Buffer, ScalarBuffer};

use super::index::{INLINE, ViewIndex};
use super::rows::Rows;
use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::shuffle::encode::EncodedRows;

/// The distinct keys. Str and bytes are looked up by their views, ints as views of eight bytes, all others as encoded
/// rows, whose first-seen originals are kept beside (0.0 and -0.0 are one key but not one value).
pub(in crate::shuffle) struct Keys {
    kind: Type,
    index: ViewIndex,
    originals: Option<Rows>,
}

impl Keys {
    pub(in crate::shuffle) fn new(kind: &Type) -> Self {
        let plain = matches!(kind, Type::Str | Type::Bytes | Type::Int);
        let originals = if plain { None } else { Some(Rows::new(kind)) };
        Self { kind: kind.clone(), index: ViewIndex::new(), originals }
    }

    pub(in crate::shuffle) fn kind(&self) -> &Type {
        &self.kind
    }

    pub(in crate::shuffle) fn len(&self) -> usize {
        self.index.len()
    }

    /// Appends each row's key number to `slots`, and to `fresh` the rows that made new numbers. A decline changes
    /// nothing.
    pub(in crate::shuffle) fn slots(
        &mut self,
        keys: &Columns,
        slots: &mut Vec<u32>,
        fresh: &mut Vec<u32>,
    ) -> Result<(), Decline> {
        if self.len() + keys.len() > u32::MAX as usize {
            return Err(Decline::new("more keys than 32 bits can number"));
        }
        match self.kind {
            Type::Str => {
                let array = keys.array().as_string_view();
                self.index.slots(array.views().iter().copied(), array.data_buffers(), slots, fresh);
            }
            Type::Bytes => {
                let array = keys.array().as_binary_view();
                self.index.slots(array.views().iter().copied(), array.data_buffers(), slots, fresh);
            }
            Type::Int => {
                let ints = keys.array().as_primitive::<Int64Type>().values();
                self.index.slots::<&[u8]>(ints.iter().map(|v| int_view(*v)), &[], slots, fresh);
            }
            _ => {
                let rows = EncodedRows::new(keys)?;
                let views = (0..rows.len()).map(|row| encoded_view(&rows, row));
                let before = self.index.len();
                self.index.slots(views, &[rows.bytes()], slots, fresh);
                let Some(originals) = &mut self.originals else { return Ok(()) };
                originals.begin();
                let kept = keys
                    .take(fresh)
                    .and_then(|first_seen| originals.put(before as u32..self.index.len() as u32, &first_seen));
                kept.inspect_err(|_| self.index.truncate(before))?;
            }
        }
        Ok(())
    }

    /// Forgets all but the first `len` keys.
    pub(in crate::shuffle) fn truncate(&mut self, len: usize) {
        self.index.truncate(len);
        if let Some(originals) = &mut self.originals {
            originals.rollback(len);
        }
    }

    /// About how many bytes there are.
    pub(super) fn weight(&self) -> usize {
        self.index.weight() + self.originals.as_ref().map_or(0, Rows::weight)
    }

    /// The keys in order.
    pub(in crate::shuffle) fn to_columns(&self) -> Columns {
        if let Some(originals) = &self.originals {
            return originals.to_columns();
        }
        let (views, blocks) = self.index.parts();
        self.build(views.to_vec(), blocks.to_vec())
    }

    /// The keys in order, without a copy where that can be.
    pub(in crate::shuffle) fn into_columns(mut self) -> Columns {
        if let Some(originals) = &self.originals {
            return originals.to_columns();
        }
        let (views, blocks) = std::mem::replace(&mut self.index, ViewIndex::new()).into_parts();
        self.build(views, blocks)
    }

    fn build(&self, views: Vec<u128>, blocks: Vec<Vec<u8>>) -> Columns {
        match self.kind {
            Type::Str => Columns::new(Arc::new(view_array::<StringViewType>(views, blocks)), Type::Str),
            Type::Bytes => Columns::new(Arc::new(view_array::<BinaryViewType>(views, blocks)), Type::Bytes),
            _ => {
                let ints = views.into_iter().map(|view| (view >> 32) as u64 as i64);
                Columns::new(Arc::new(Int64Array::from_iter_values(ints)), Type::Int)
            }
        }
    }
}

fn view_array<T: ByteViewType>(views: Vec<u128>, blocks: Vec<Vec<u8>>) -> GenericByteViewArray<T> {
    let views = ScalarBuffer::from(views);
    let blocks: Vec<Buffer> = blocks.into_iter().map(Buffer::from_vec).collect();
    // SAFETY: every view was valid in an array of type T; long ones were copied whole into `blocks` and refer to the
    // copies.
    unsafe { GenericByteViewArray::new_unchecked(views, blocks.into(), None) }
}

/// An int as an inline view of its eight bytes.
fn int_view(value: i64) -> u128 {
    8 | u128::from(value as u64) << 32
}

/// The view of an encoded row; it refers to buffer 0 when it is long.
fn encoded_view(rows: &EncodedRows, row: usize) -> u128 {
    let (from, to) = rows.span(row);
    let len = to - from;
    let bytes = rows.row(row);
    let mut view = [0; 16];
    view[..4].copy_from_slice(&len.to_le_bytes());
    if len <= INLINE {
        view[4..4 + bytes.len()].copy_from_slice(bytes);
    } else {
        view[4..8].copy_from_slice(&bytes[..4]);
        view[12..].copy_from_slice(&from.to_le_bytes());
    }
    u128::from_le_bytes(view)
}
