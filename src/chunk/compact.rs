//! Rows in storage of their own: views are copied out of the buffers they point into, so that one kept row doesn't
//! pin a whole block of input.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::ByteViewType;
use arrow_array::{
    Array, ArrayRef, BinaryViewArray, GenericByteViewArray, LargeBinaryArray, ListArray, StringViewArray, StructArray,
};
use arrow_buffer::{Buffer, OffsetBuffer};
use arrow_schema::DataType;

use super::weight::viewed;
use super::{Columns, Type};

/// The same rows with about the bytes they need: views are copied unless they use most of their buffers already.
pub fn compact(rows: &Columns) -> Columns {
    Columns::new(compact_array(rows.array(), rows.kind()), rows.kind().clone())
}

fn compact_array(array: &ArrayRef, kind: &Type) -> ArrayRef {
    match kind {
        Type::Null | Type::Bool | Type::Int | Type::Float | Type::Real | Type::Date | Type::DateTime | Type::Delta => {
            array.clone()
        }
        Type::Str => {
            let array: &StringViewArray = array.as_string_view();
            if is_compact(array) { Arc::new(array.clone()) } else { Arc::new(array.gc()) }
        }
        Type::Bytes => {
            let array: &BinaryViewArray = array.as_binary_view();
            if is_compact(array) { Arc::new(array.clone()) } else { Arc::new(array.gc()) }
        }
        Type::Mixed => compact_mixed(array),
        Type::Tuple(kinds) | Type::Record(_, kinds) => compact_tuple(array, kinds),
        Type::List(item) | Type::Group(item) => compact_list(array, item),
        Type::Vector => compact_list(array, &Type::Float),
        Type::Optional(inner) => compact_array(array, inner),
    }
}

/// Less than a third of the buffers would be won.
fn is_compact<T: ByteViewType>(array: &GenericByteViewArray<T>) -> bool {
    let pinned: usize = array.data_buffers().iter().map(Buffer::capacity).sum();
    let list = array.views().inner();
    // The list itself may be a small part of a long one.
    pinned <= viewed(array) / 2 * 3 && list.len() >= list.capacity() / 3 * 2
}

/// The bytes of these rows alone.
fn compact_mixed(array: &ArrayRef) -> ArrayRef {
    let rows = array.as_binary::<i64>();
    let (from, to) = (rows.offsets().first() as usize, rows.offsets().last() as usize);
    if to - from == rows.values().capacity() {
        return array.clone();
    }
    let bytes = Buffer::from(&rows.values()[from..to]);
    let offsets = OffsetBuffer::new(rows.offsets().iter().map(|offset| offset - from as i64).collect());
    Arc::new(LargeBinaryArray::new(offsets, bytes, rows.nulls().cloned()))
}

fn compact_tuple(array: &ArrayRef, kinds: &[Type]) -> ArrayRef {
    let tuple = array.as_struct();
    if kinds.is_empty() {
        return array.clone();
    }
    let items = tuple.columns().iter().zip(kinds).map(|(item, kind)| compact_array(item, kind)).collect();
    Arc::new(StructArray::new(tuple.fields().clone(), items, tuple.nulls().cloned()))
}

fn compact_list(array: &ArrayRef, item: &Type) -> ArrayRef {
    let list = array.as_list::<i32>();
    let DataType::List(field) = list.data_type() else { return array.clone() };
    let (from, to) = (list.offsets().first(), list.offsets().last());
    let used = list.values().slice(from as usize, (to - from) as usize);
    let offsets = list.offsets().iter().map(|offset| offset - from).collect();
    let offsets = OffsetBuffer::new(offsets);
    Arc::new(ListArray::new(field.clone(), offsets, compact_array(&used, item), list.nulls().cloned()))
}
