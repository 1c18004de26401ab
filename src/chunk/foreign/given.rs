//! Columns as the arrays that other libraries work with: items have names, everything may be null, and texts are in one
//! piece unless whoever asks takes views.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::ByteViewType;
use arrow_array::{
    Array, ArrayRef, GenericBinaryArray, GenericByteViewArray, GenericStringArray, ListArray, StructArray,
};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer};
use arrow_schema::{ArrowError, Field, FieldRef};

use super::super::{Columns, Type, compact};

/// How texts and bytes go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Texts {
    /// Utf8 and Binary, which everybody works with: they are copied.
    Whole,
    /// `Utf8View` and `BinaryView`, as they are.
    Views,
}

/// The rows for others. The items of tuples are called `_1`, `_2` and so on, as Spark calls them.
pub fn give(rows: &Columns, texts: Texts) -> Result<ArrayRef, ArrowError> {
    match texts {
        Texts::Whole => array(rows.array(), rows.kind(), texts),
        Texts::Views => {
            let rows = compact(rows);
            array(rows.array(), rows.kind(), texts)
        }
    }
}

fn array(rows: &ArrayRef, kind: &Type, texts: Texts) -> Result<ArrayRef, ArrowError> {
    Ok(match kind {
        Type::Null | Type::Bool | Type::Int | Type::Float | Type::Real | Type::Date | Type::DateTime | Type::Delta => {
            rows.clone()
        }
        Type::Str | Type::Bytes if texts == Texts::Views => rows.clone(),
        Type::Str => {
            let (offsets, bytes, nulls) = whole(rows.as_string_view())?;
            // SAFETY: the texts of views of UTF-8, cut where they began and ended.
            Arc::new(unsafe { GenericStringArray::new_unchecked(offsets, bytes, nulls) })
        }
        Type::Bytes => {
            let (offsets, bytes, nulls) = whole(rows.as_binary_view())?;
            Arc::new(GenericBinaryArray::try_new(offsets, bytes, nulls)?)
        }
        Type::Mixed => return Err(ArrowError::InvalidArgumentError("values of several types".to_owned())),
        Type::Tuple(kinds) => {
            let tuple = rows.as_struct();
            let items = tuple.columns().iter().zip(kinds);
            let items = items.map(|(item, kind)| array(item, kind, texts)).collect::<Result<Vec<_>, _>>()?;
            let names: Vec<String> = (1..=items.len()).map(|i| format!("_{i}")).collect();
            struct_of(&names, items, tuple.len(), tuple.nulls().cloned())?
        }
        Type::Record(class, _) => {
            return Err(ArrowError::InvalidArgumentError(format!("rows of {class} are given otherwise")));
        }
        Type::List(item) | Type::Group(item) => {
            let list = rows.as_list::<i32>();
            let (from, to) = (list.offsets().first(), list.offsets().last());
            let items = array(&list.values().slice(from as usize, (to - from) as usize), item, texts)?;
            let offsets = list.offsets().iter().map(|offset| offset - from).collect();
            list_of(OffsetBuffer::new(offsets), items, list.nulls().cloned())?
        }
        Type::Vector => array(rows, &Type::List(Box::new(Type::Float)), texts)?,
        Type::Optional(inner) => array(rows, inner, texts)?,
    })
}

fn field(name: &str, array: &ArrayRef) -> FieldRef {
    Arc::new(Field::new(name, array.data_type().clone(), true))
}

/// Columns under these names, side by side.
pub fn struct_of(
    names: &[String],
    items: Vec<ArrayRef>,
    len: usize,
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef, ArrowError> {
    let fields = names.iter().zip(&items).map(|(name, item)| field(name, item)).collect();
    Ok(Arc::new(StructArray::try_new_with_length(fields, items, nulls, len)?))
}

/// Lists of these items.
pub fn list_of(offsets: OffsetBuffer<i32>, items: ArrayRef, nulls: Option<NullBuffer>) -> Result<ArrayRef, ArrowError> {
    Ok(Arc::new(ListArray::try_new(field("item", &items), offsets, items, nulls)?))
}

type Whole = (OffsetBuffer<i32>, Buffer, Option<NullBuffer>);

/// What views show, one after the other.
fn whole<V: ByteViewType>(array: &GenericByteViewArray<V>) -> Result<Whole, ArrowError> {
    let nulls = array.nulls();
    let of =
        |i: usize| -> &[u8] { if nulls.is_some_and(|nulls| nulls.is_null(i)) { b"" } else { array.value(i).as_ref() } };
    let lengths: Vec<usize> = (0..array.len()).map(|i| of(i).len()).collect();
    let total: usize = lengths.iter().sum();
    if total > i32::MAX as usize {
        let message = "more than 2 GiB of text in one piece: take views of it (views=True)";
        return Err(ArrowError::InvalidArgumentError(message.to_owned()));
    }
    let mut bytes = Vec::with_capacity(total);
    (0..array.len()).for_each(|i| bytes.extend_from_slice(of(i)));
    Ok((OffsetBuffer::from_lengths(lengths), Buffer::from_vec(bytes), array.nulls().cloned()))
}
