//! What rows weigh: about the bytes that keeping them keeps, once they are compact.

use arrow_array::Array;
use arrow_array::cast::AsArray;

use crate::chunk::{Columns, Type};

/// Longer texts are stored apart from their view.
const INLINE: u32 = 12;

/// Bytes of the rows, approximately.
pub(super) fn weight(rows: &Columns) -> usize {
    weight_of(rows.array().as_ref(), rows.kind())
}

fn weight_of(array: &dyn Array, kind: &Type) -> usize {
    match kind {
        Type::Null => 0,
        Type::Bool => array.len() / 8,
        Type::Int | Type::Float => 8 * array.len(),
        Type::Str => viewed(array.as_string_view().views()),
        Type::Bytes => viewed(array.as_binary_view().views()),
        Type::Tuple(kinds) => {
            array.as_struct().columns().iter().zip(kinds).map(|(item, kind)| weight_of(item.as_ref(), kind)).sum()
        }
        Type::List(item) | Type::Group(item) => {
            let lists = array.as_list::<i32>();
            let (from, to) = (lists.offsets().first() as usize, lists.offsets().last() as usize);
            4 * array.len() + weight_of(lists.values().slice(from, to - from).as_ref(), item)
        }
        Type::Optional(inner) => array.len() / 8 + weight_of(array, inner),
    }
}

fn viewed(views: &[u128]) -> usize {
    let apart = views.iter().map(|view| *view as u32).filter(|len| *len > INLINE).map(|len| len as usize);
    16 * views.len() + apart.sum::<usize>()
}
