//! What rows weigh: the bytes that a slice covers; of texts the views and what they point to.

use arrow_array::cast::AsArray;
use arrow_array::types::ByteViewType;
use arrow_array::{Array, GenericByteViewArray};
use arrow_buffer::Buffer;

use super::{Columns, Type};
use crate::kernel::views::INLINE_VIEW;

/// The array's own structures, which count when chunks are small.
const OWN: usize = 128;

impl Columns {
    /// Bytes that keeping these rows keeps alive, approximately, once they are compact.
    pub fn weight(&self) -> usize {
        weight(self.array().as_ref(), self.kind())
    }
}

fn weight(array: &dyn Array, kind: &Type) -> usize {
    let nulls = if array.nulls().is_some() { array.len() / 8 } else { 0 };
    let rows = match kind {
        Type::Null => 0,
        Type::Bool => array.len() / 8,
        Type::Date => 4 * array.len(),
        Type::Int | Type::Float | Type::Real | Type::DateTime | Type::Delta => 8 * array.len(),
        Type::Str => views(array.as_string_view()),
        Type::Bytes => views(array.as_binary_view()),
        Type::Mixed => {
            let offsets = array.as_binary::<i64>().offsets();
            8 * array.len() + (offsets.last() - offsets.first()) as usize
        }
        Type::Tuple(kinds) | Type::Record(_, kinds) => {
            array.as_struct().columns().iter().zip(kinds).map(|(item, kind)| weight(item.as_ref(), kind)).sum()
        }
        Type::List(item) | Type::Group(item) => {
            let lists = array.as_list::<i32>();
            let (from, to) = (lists.offsets().first() as usize, lists.offsets().last() as usize);
            4 * array.len() + weight(lists.values().slice(from, to - from).as_ref(), item)
        }
        Type::Vector => return weight(array, &Type::List(Box::new(Type::Float))),
        Type::Optional(inner) => return weight(array, inner),
    };
    OWN + nulls + rows
}

/// A text that several rows share counts once where there is no other.
fn views<T: ByteViewType>(array: &GenericByteViewArray<T>) -> usize {
    16 * array.len() + viewed(array).min(array.data_buffers().iter().map(Buffer::len).sum())
}

/// Bytes outside the views that the texts have, a shared one as often as it is shared.
pub(super) fn viewed<T: ByteViewType>(array: &GenericByteViewArray<T>) -> usize {
    if array.data_buffers().is_empty() {
        return 0;
    }
    let lengths = array.views().iter().map(|view| *view as u32);
    lengths.map(|len| if len > INLINE_VIEW { len as usize } else { 0 }).sum()
}
