//! About how many bytes rows take in memory.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_buffer::Buffer;

use crate::chunk::{Columns, Type};

/// The bytes of rows in storage of their own, found without looking at the rows.
pub(super) fn weight(rows: &Columns) -> usize {
    weight_of(rows.array(), rows.kind())
}

fn weight_of(array: &ArrayRef, kind: &Type) -> usize {
    let len = array.len();
    let views = |buffers: &[Buffer]| 16 * len + buffers.iter().map(Buffer::len).sum::<usize>();
    match kind {
        Type::Null => 0,
        Type::Bool => len / 8,
        Type::Int | Type::Float => 8 * len,
        Type::Str => views(array.as_string_view().data_buffers()),
        Type::Bytes => views(array.as_binary_view().data_buffers()),
        Type::Tuple(kinds) => array.as_struct().columns().iter().zip(kinds).map(|(a, k)| weight_of(a, k)).sum(),
        Type::List(item) | Type::Group(item) => {
            let lists = array.as_list::<i32>();
            let (from, to) = (lists.offsets().first() as usize, lists.offsets().last() as usize);
            4 * len + weight_of(&lists.values().slice(from, to - from), item)
        }
        Type::Optional(inner) => len / 8 + weight_of(array, inner),
    }
}
