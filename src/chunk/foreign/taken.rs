//! Arrays of other libraries as columns. Ints of any width become 64 bits wide, texts become views into their own
//! buffers; what a null's place holds is never looked at, so views there are made empty.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, ByteArrayType, ByteViewType, Date32Type, DurationMicrosecondType, Float16Type, Float32Type,
    Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, BinaryViewArray, FixedSizeBinaryArray, GenericByteArray, GenericByteViewArray, ListArray,
    PrimitiveArray, RunArray, StructArray, UInt64Array, types::RunEndIndexType,
};
use arrow_buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, DataType, TimeUnit};
use arrow_select::take::take;

use crate::kernel::calendar::{is_day, is_time};

use super::super::{Columns, MOST_LIST_ITEMS, Type, tuple_fields};

/// The rows as a column, where columns have their type.
pub fn take_in(array: &ArrayRef) -> Option<Columns> {
    let (array, kind) = plain(array)?;
    let kind = if kind != Type::Null && array.null_count() > 0 { Type::Optional(Box::new(kind)) } else { kind };
    Some(Columns::new(array, kind))
}

/// The rows of a table as a column of tuples, where each of its columns is one.
pub fn take_in_rows(table: &StructArray) -> Option<Columns> {
    let items: Vec<Columns> = table.columns().iter().map(take_in).collect::<Option<_>>()?;
    let rows = Columns::tuple(items, table.len());
    let Some(nulls) = table.nulls().filter(|nulls| nulls.null_count() > 0) else { return Some(rows) };
    let Type::Tuple(kinds) = rows.kind() else { return None };
    let (fields, nulls) = (tuple_fields(kinds), Some(nulls.clone()));
    let array = if fields.is_empty() {
        StructArray::new_empty_fields(table.len(), nulls)
    } else {
        StructArray::new(fields, rows.array().as_struct().columns().to_vec(), nulls)
    };
    Some(Columns::new(Arc::new(array), Type::Optional(Box::new(rows.kind().clone()))))
}

fn plain(array: &ArrayRef) -> Option<(ArrayRef, Type)> {
    Some(match array.data_type() {
        DataType::Null => (array.clone(), Type::Null),
        DataType::Boolean => (array.clone(), Type::Bool),
        DataType::Int64 => (array.clone(), Type::Int),
        DataType::Int8 => (ints::<Int8Type>(array), Type::Int),
        DataType::Int16 => (ints::<Int16Type>(array), Type::Int),
        DataType::Int32 => (ints::<Int32Type>(array), Type::Int),
        DataType::UInt8 => (ints::<UInt8Type>(array), Type::Int),
        DataType::UInt16 => (ints::<UInt16Type>(array), Type::Int),
        DataType::UInt32 => (ints::<UInt32Type>(array), Type::Int),
        DataType::UInt64 => (small(array.as_primitive::<UInt64Type>())?, Type::Int),
        DataType::Float64 => (array.clone(), Type::Float),
        DataType::Float32 => (floats::<Float32Type>(array), Type::Float),
        DataType::Float16 => (floats::<Float16Type>(array), Type::Float),
        DataType::Date32 => (dates::<Date32Type>(array.as_primitive(), |day| is_day(i64::from(day)))?, Type::Date),
        DataType::Timestamp(TimeUnit::Microsecond, None) => {
            (dates::<TimestampMicrosecondType>(array.as_primitive(), is_time)?, Type::DateTime)
        }
        DataType::Duration(TimeUnit::Microsecond) => {
            (dates::<DurationMicrosecondType>(array.as_primitive(), |_| true)?, Type::Delta)
        }
        DataType::Utf8 => {
            (Arc::new(viewed::<_, arrow_array::types::StringViewType>(array.as_string::<i32>())), Type::Str)
        }
        DataType::LargeUtf8 => {
            (Arc::new(viewed::<_, arrow_array::types::StringViewType>(array.as_string::<i64>())), Type::Str)
        }
        DataType::Utf8View => (Arc::new(cleared(array.as_string_view())), Type::Str),
        DataType::Binary => {
            (Arc::new(viewed::<_, arrow_array::types::BinaryViewType>(array.as_binary::<i32>())), Type::Bytes)
        }
        DataType::LargeBinary => {
            (Arc::new(viewed::<_, arrow_array::types::BinaryViewType>(array.as_binary::<i64>())), Type::Bytes)
        }
        DataType::BinaryView => (Arc::new(cleared(array.as_binary_view())), Type::Bytes),
        DataType::FixedSizeBinary(_) => (Arc::new(fixed(array.as_fixed_size_binary())), Type::Bytes),
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) => {
            let (offsets, items, nulls) = lists(array).ok()??;
            let items = take_in(&items)?;
            let kind = Type::List(Box::new(items.kind().clone()));
            let list = ListArray::try_new(kind.item_field()?, offsets, items.array().clone(), nulls).ok()?;
            (Arc::new(list), kind)
        }
        _ => return None,
    })
}

fn ints<T: ArrowPrimitiveType<Native: Into<i64>>>(array: &ArrayRef) -> ArrayRef {
    let wide: PrimitiveArray<Int64Type> = array.as_primitive::<T>().unary(Into::into);
    Arc::new(wide)
}

fn floats<T: ArrowPrimitiveType<Native: Into<f64>>>(array: &ArrayRef) -> ArrayRef {
    let wide: PrimitiveArray<Float64Type> = array.as_primitive::<T>().unary(Into::into);
    Arc::new(wide)
}

/// Numbers none of which has more than 63 bits.
fn small(array: &UInt64Array) -> Option<ArrayRef> {
    if array.iter().flatten().any(|number| i64::try_from(number).is_err()) {
        return None;
    }
    let wide: PrimitiveArray<Int64Type> = array.unary(|number| number as i64);
    Some(Arc::new(wide))
}

/// Dates, times or differences, if Python has all of them; 0 for each null.
fn dates<T: ArrowPrimitiveType>(array: &PrimitiveArray<T>, is_one: impl Fn(T::Native) -> bool) -> Option<ArrayRef> {
    if !array.iter().flatten().all(is_one) {
        return None;
    }
    let Some(nulls) = array.nulls().filter(|nulls| nulls.null_count() > 0) else {
        return Some(Arc::new(array.clone()));
    };
    let values = array.iter().map(Option::unwrap_or_default).collect();
    Some(Arc::new(PrimitiveArray::<T>::new(values, Some(nulls.clone()))))
}

fn viewed<'a, T: ByteArrayType, V: ByteViewType>(array: &'a GenericByteArray<T>) -> GenericByteViewArray<V>
where
    GenericByteViewArray<V>: From<&'a GenericByteArray<T>>,
{
    cleared(&GenericByteViewArray::from(array))
}

/// The same with an empty view for each null.
fn cleared<V: ByteViewType>(array: &GenericByteViewArray<V>) -> GenericByteViewArray<V> {
    let Some(nulls) = array.nulls().filter(|nulls| nulls.null_count() > 0) else { return array.clone() };
    let views: Vec<u128> =
        array.views().iter().enumerate().map(|(i, view)| if nulls.is_null(i) { 0 } else { *view }).collect();
    // SAFETY: views into the same buffers, as they were, and empty ones.
    unsafe {
        GenericByteViewArray::new_unchecked(
            ScalarBuffer::from(views),
            array.data_buffers().clone(),
            Some(nulls.clone()),
        )
    }
}

fn fixed(array: &FixedSizeBinaryArray) -> BinaryViewArray {
    array.iter().collect()
}

/// The borders, the items and the nulls of lists of any kind. The items are those between the first and the last border.
/// Nothing where it isn't lists; an error where they hold more items than 31 bits can number.
#[expect(clippy::type_complexity, reason = "the parts of a list array")]
pub fn lists(array: &ArrayRef) -> Result<Option<(OffsetBuffer<i32>, ArrayRef, Option<NullBuffer>)>, ArrowError> {
    let nulls = array.nulls().cloned();
    let (from, to, offsets, values): (usize, usize, Vec<usize>, &ArrayRef) = match array.data_type() {
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            let (from, to) = (list.offsets().first() as usize, list.offsets().last() as usize);
            if from == 0 {
                return Ok(Some((list.offsets().clone(), list.values().slice(0, to), nulls)));
            }
            (from, to, list.offsets().iter().map(|offset| *offset as usize).collect(), list.values())
        }
        DataType::LargeList(_) => {
            let list = array.as_list::<i64>();
            let (from, to) = (list.offsets().first() as usize, list.offsets().last() as usize);
            (from, to, list.offsets().iter().map(|offset| *offset as usize).collect(), list.values())
        }
        DataType::FixedSizeList(_, size) => {
            let list = array.as_fixed_size_list();
            let to = list.len() * *size as usize;
            (0, to, (0..=list.len()).map(|i| i * *size as usize).collect(), list.values())
        }
        DataType::Map(..) => {
            let map = array.as_map();
            let (from, to) = (map.offsets().first() as usize, map.offsets().last() as usize);
            let entries: ArrayRef = Arc::new(map.entries().slice(from, to - from));
            let offsets = map.offsets().iter().map(|offset| offset - from as i32).collect();
            return Ok(Some((OffsetBuffer::new(offsets), entries, nulls)));
        }
        DataType::ListView(_) => {
            let list = array.as_list_view::<i32>();
            let place = |i: usize| (list.value_offset(i) as usize, list.value_size(i) as usize);
            return gathered(place, list.len(), list.values(), nulls).map(Some);
        }
        DataType::LargeListView(_) => {
            let list = array.as_list_view::<i64>();
            let place = |i: usize| (list.value_offset(i) as usize, list.value_size(i) as usize);
            return gathered(place, list.len(), list.values(), nulls).map(Some);
        }
        _ => return Ok(None),
    };
    if to - from > MOST_LIST_ITEMS {
        return Err(ArrowError::InvalidArgumentError("lists of more than 2^31 items in one batch".to_owned()));
    }
    let offsets = offsets.into_iter().map(|offset| (offset - from) as i32).collect();
    Ok(Some((OffsetBuffer::new(offsets), values.slice(from, to - from), nulls)))
}

/// Lists whose items stand anywhere, one after the other.
fn gathered(
    place: impl Fn(usize) -> (usize, usize),
    len: usize,
    values: &ArrayRef,
    nulls: Option<NullBuffer>,
) -> Result<(OffsetBuffer<i32>, ArrayRef, Option<NullBuffer>), ArrowError> {
    let (mut lengths, mut items) = (Vec::with_capacity(len), Vec::new());
    for i in 0..len {
        // What a null's place holds is anything.
        let (from, size) = if nulls.as_ref().is_some_and(|nulls| nulls.is_null(i)) { (0, 0) } else { place(i) };
        items.extend((from..from + size).map(|item| item as u64));
        lengths.push(size);
    }
    if items.len() > MOST_LIST_ITEMS {
        return Err(ArrowError::InvalidArgumentError("lists of more than 2^31 items in one batch".to_owned()));
    }
    let items = take(values, &UInt64Array::from(items), None)?;
    Ok((OffsetBuffer::from_lengths(lengths), items, nulls))
}

/// The rows that a dictionary or runs stand for; nothing where it is neither.
pub fn expanded(array: &ArrayRef) -> Result<Option<ArrayRef>, ArrowError> {
    fn runs<R: RunEndIndexType>(runs: &RunArray<R>) -> Result<ArrayRef, ArrowError> {
        let places = (0..runs.len()).map(|i| runs.get_physical_index(i) as u64).collect::<Vec<_>>();
        take(runs.values(), &UInt64Array::from(places), None)
    }
    match array.data_type() {
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            take(dictionary.values(), dictionary.keys(), None).map(Some)
        }
        DataType::RunEndEncoded(ends, _) => match ends.data_type() {
            DataType::Int16 => runs(array.as_run::<Int16Type>()).map(Some),
            DataType::Int32 => runs(array.as_run::<Int32Type>()).map(Some),
            _ => runs(array.as_run::<Int64Type>()).map(Some),
        },
        _ => Ok(None),
    }
}
