//! The keys of a table: any hashable type, numbered by first appearance.

use std::sync::Arc;

use arrow_array::GenericByteViewArray;
use arrow_array::cast::AsArray;
use arrow_array::types::{BinaryViewType, ByteViewType, Int64Type, StringViewType};
use arrow_buffer::{Buffer, ScalarBuffer};

use super::index::{INLINE, ViewIndex};
use super::ints::IntIndex;
use super::rows::Rows;
use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::shuffle::encode::EncodedRows;

/// The distinct keys.
pub struct Keys {
    kind: Type,
    index: Index,
}

/// Str and bytes are looked up by their views, ints as they are, all others as encoded rows, whose first-seen originals
/// are kept beside (0.0 and -0.0 are one key but not one value).
enum Index {
    Ints(IntIndex),
    Views(ViewIndex),
    Encoded(ViewIndex, Rows),
}

impl Keys {
    /// No keys yet, of this type.
    pub fn new(kind: &Type) -> Self {
        let index = match kind {
            Type::Int => Index::Ints(IntIndex::new()),
            Type::Str | Type::Bytes => Index::Views(ViewIndex::new()),
            _ => Index::Encoded(ViewIndex::new(), Rows::new(kind)),
        };
        Self { kind: kind.clone(), index }
    }

    /// Their type.
    pub fn kind(&self) -> &Type {
        &self.kind
    }

    /// How many there are.
    #[expect(clippy::len_without_is_empty, reason = "nobody asks")]
    pub fn len(&self) -> usize {
        match &self.index {
            Index::Ints(ints) => ints.len(),
            Index::Views(views) | Index::Encoded(views, _) => views.len(),
        }
    }

    /// Appends each row's key number to `slots`, and to `fresh` the rows that made new numbers. A decline changes
    /// nothing.
    pub fn slots(&mut self, keys: &Columns, slots: &mut Vec<u32>, fresh: &mut Vec<u32>) -> Result<(), Decline> {
        if self.len() + keys.len() > u32::MAX as usize {
            return Err(Decline::new("more keys than 32 bits can number"));
        }
        match &mut self.index {
            Index::Ints(ints) => ints.slots(keys.array().as_primitive::<Int64Type>().values(), slots, fresh),
            Index::Views(index) if self.kind == Type::Str => {
                let array = keys.array().as_string_view();
                index.slots(array.views().iter().copied(), array.data_buffers(), slots, fresh);
            }
            Index::Views(index) => {
                let array = keys.array().as_binary_view();
                index.slots(array.views().iter().copied(), array.data_buffers(), slots, fresh);
            }
            Index::Encoded(index, originals) => {
                let rows = EncodedRows::new(keys)?;
                let views = (0..rows.len()).map(|row| encoded_view(&rows, row));
                let before = index.len();
                index.slots(views, &[rows.bytes()], slots, fresh);
                originals.begin();
                let kept = keys
                    .take(fresh)
                    .and_then(|first_seen| originals.put(before as u32..index.len() as u32, &first_seen));
                kept.inspect_err(|_| index.truncate(before))?;
            }
        }
        Ok(())
    }

    /// Forgets all but the first `len` keys.
    pub(in crate::shuffle) fn truncate(&mut self, len: usize) {
        match &mut self.index {
            Index::Ints(ints) => ints.truncate(len),
            Index::Views(views) => views.truncate(len),
            Index::Encoded(views, originals) => {
                views.truncate(len);
                originals.rollback(len);
            }
        }
    }

    /// About how many bytes there are.
    pub(in crate::shuffle) fn weight(&self) -> usize {
        match &self.index {
            Index::Ints(ints) => ints.weight(),
            Index::Views(views) => views.weight(),
            Index::Encoded(views, originals) => views.weight() + originals.weight(),
        }
    }

    /// The keys in order.
    pub(in crate::shuffle) fn to_columns(&self) -> Columns {
        match &self.index {
            Index::Ints(ints) => Columns::ints(ints.values().to_vec()),
            Index::Views(views) => {
                let (views, blocks) = views.parts();
                text_column(&self.kind, views.to_vec(), blocks.to_vec())
            }
            Index::Encoded(_, originals) => originals.to_columns(),
        }
    }

    /// The keys in order, without a copy where that can be.
    pub(in crate::shuffle) fn into_columns(self) -> Columns {
        match self.index {
            Index::Ints(ints) => Columns::ints(ints.into_values()),
            Index::Views(views) => {
                let (views, blocks) = views.into_parts();
                text_column(&self.kind, views, blocks)
            }
            Index::Encoded(_, originals) => originals.to_columns(),
        }
    }
}

fn text_column(kind: &Type, views: Vec<u128>, blocks: Vec<Vec<u8>>) -> Columns {
    match kind {
        Type::Bytes => Columns::new(Arc::new(view_array::<BinaryViewType>(views, blocks)), Type::Bytes),
        _ => Columns::new(Arc::new(view_array::<StringViewType>(views, blocks)), Type::Str),
    }
}

fn view_array<T: ByteViewType>(views: Vec<u128>, blocks: Vec<Vec<u8>>) -> GenericByteViewArray<T> {
    let views = ScalarBuffer::from(views);
    let blocks: Vec<Buffer> = blocks.into_iter().map(Buffer::from_vec).collect();
    // SAFETY: every view was valid in an array of type T; long ones were copied whole into `blocks` and refer to the
    // copies.
    unsafe { GenericByteViewArray::new_unchecked(views, blocks.into(), None) }
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
