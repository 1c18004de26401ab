//! One table of pieces that were made apart: the types of its columns, which differ only where one piece knows less,
//! and each piece under them.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Decimal256Type};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BinaryViewArray, Decimal128Array, Decimal256Array, LargeBinaryArray,
    LargeStringArray, ListArray, MapArray, RecordBatch, RecordBatchOptions, StringArray, StringViewArray, StructArray,
    new_null_array,
};
use arrow_buffer::i256;
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema, SchemaRef};

/// The columns of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Their names and types; every column may be null.
    pub fields: Fields,
    /// Whether its rows were dicts: one that lacks a key has nothing there, and columns stand in the order of their names.
    pub by_key: bool,
}

impl Layout {
    /// The columns of pieces of both; what stands against it where there are none.
    pub fn with(&self, other: &Self) -> Result<Self, String> {
        if self == other {
            return Ok(self.clone());
        }
        let names =
            |layout: &Self| layout.fields.iter().map(|field| field.name().as_str()).collect::<Vec<_>>().join(", ");
        let by_key = self.by_key && other.by_key;
        if !by_key && !same_names(&self.fields, &other.fields) {
            return Err(format!("some have the fields ({}) and others ({})", names(self), names(other)));
        }
        let mut fields: Vec<Field> = Vec::with_capacity(self.fields.len());
        for (i, field) in self.fields.iter().enumerate() {
            let there =
                if by_key { other.fields.find(field.name()).map(|(_, field)| field) } else { other.fields.get(i) };
            let kind = match there {
                Some(there) => common(field.data_type(), there.data_type()).ok_or_else(|| {
                    format!(
                        "the field {} is {} in some and {} in others",
                        field.name(),
                        field.data_type(),
                        there.data_type()
                    )
                })?,
                None => field.data_type().clone(),
            };
            fields.push(Field::new(field.name(), kind, true));
        }
        if by_key {
            let more = other.fields.iter().filter(|field| self.fields.find(field.name()).is_none());
            fields.extend(more.map(|field| field.as_ref().clone()));
            fields.sort_by(|left, right| left.name().cmp(right.name()));
        }
        Ok(Self { fields: fields.into(), by_key })
    }

    /// Whether a piece to come may say more about a column's type.
    pub fn is_vague(&self) -> bool {
        self.fields.iter().any(|field| is_vague(field.data_type()))
    }

    /// The table's schema.
    pub fn schema(&self) -> SchemaRef {
        Arc::new(Schema::new(self.fields.clone()))
    }

    /// A piece under this layout, which has all its columns.
    pub fn batch(&self, piece: &StructArray) -> Result<RecordBatch, ArrowError> {
        let column = |(i, field): (usize, &Arc<Field>)| {
            let column = if self.by_key { piece.column_by_name(field.name()) } else { piece.columns().get(i) };
            column.map_or_else(
                || Ok(new_null_array(field.data_type(), piece.len())),
                |column| fit(column, field.data_type()),
            )
        };
        let columns = self.fields.iter().enumerate().map(column).collect::<Result<Vec<_>, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(piece.len()));
        RecordBatch::try_new_with_options(self.schema(), columns, &options)
    }
}

fn same_names(left: &Fields, right: &Fields) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(left, right)| left.name() == right.name())
}

fn is_vague(kind: &DataType) -> bool {
    match kind {
        DataType::Null => true,
        DataType::Struct(fields) => fields.iter().any(|field| is_vague(field.data_type())),
        DataType::List(field) | DataType::Map(field, _) => is_vague(field.data_type()),
        _ => false,
    }
}

/// The type that has the values of both.
fn common(left: &DataType, right: &DataType) -> Option<DataType> {
    let both = |left: &Arc<Field>, right: &Arc<Field>| {
        let kind = common(left.data_type(), right.data_type())?;
        Some(Arc::new(left.as_ref().clone().with_data_type(kind)))
    };
    Some(match (left, right) {
        (left, right) if left == right => left.clone(),
        (DataType::Null, other) | (other, DataType::Null) => other.clone(),
        (DataType::List(left), DataType::List(right)) => DataType::List(both(left, right)?),
        (DataType::Map(left, sorted), DataType::Map(right, _)) => DataType::Map(both(left, right)?, *sorted),
        (DataType::Struct(left), DataType::Struct(right)) if same_names(left, right) => {
            DataType::Struct(left.iter().zip(right).map(|(left, right)| both(left, right)).collect::<Option<_>>()?)
        }
        _ => {
            let ((digits, scale), (more, other)) = (decimal(left)?, decimal(right)?);
            let (scale, whole) = (scale.max(other), (digits as i8 - scale).max(more as i8 - other));
            decimal_type(whole as u8 + scale as u8, scale)?
        }
    })
}

fn decimal(kind: &DataType) -> Option<(u8, i8)> {
    match kind {
        DataType::Decimal128(digits, scale) | DataType::Decimal256(digits, scale) => Some((*digits, *scale)),
        _ => None,
    }
}

/// The type of numbers of so many digits, if there is one.
pub fn decimal_type(digits: u8, scale: i8) -> Option<DataType> {
    match digits {
        0..=38 => Some(DataType::Decimal128(digits.max(1), scale)),
        39..=76 => Some(DataType::Decimal256(digits, scale)),
        _ => None,
    }
}

/// The rows under a type that has their values: one that `Layout::with` found, or another kind of text. An error where it
/// hasn't.
pub fn fit(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, ArrowError> {
    if array.data_type() == to {
        return Ok(array.clone());
    }
    Ok(match (array.data_type(), to) {
        (DataType::Null, _) => new_null_array(to, array.len()),
        (DataType::Struct(_), DataType::Struct(fields)) if fields.len() == array.as_struct().num_columns() => {
            let from = array.as_struct();
            let items = from.columns().iter().zip(fields).map(|(item, field)| fit(item, field.data_type()));
            let items = items.collect::<Result<_, _>>()?;
            Arc::new(StructArray::try_new_with_length(fields.clone(), items, from.nulls().cloned(), from.len())?)
        }
        (DataType::List(_), DataType::List(field)) => {
            let from = array.as_list::<i32>();
            let items = fit(from.values(), field.data_type())?;
            Arc::new(ListArray::try_new(field.clone(), from.offsets().clone(), items, from.nulls().cloned())?)
        }
        (DataType::Map(..), DataType::Map(field, sorted)) => {
            let from = array.as_map();
            let entries: ArrayRef = Arc::new(from.entries().clone());
            let entries = fit(&entries, field.data_type())?.as_struct().clone();
            let (offsets, nulls) = (from.offsets().clone(), from.nulls().cloned());
            Arc::new(MapArray::try_new(field.clone(), offsets, entries, nulls, *sorted)?)
        }
        (DataType::Decimal128(..) | DataType::Decimal256(..), DataType::Decimal128(digits, scale)) => {
            Arc::new(narrow(array, *digits, *scale)?)
        }
        (DataType::Decimal128(..) | DataType::Decimal256(..), DataType::Decimal256(digits, scale)) => {
            let numbers = scaled(array, *scale)?;
            Arc::new(Decimal256Array::from(numbers).with_precision_and_scale(*digits, *scale)?)
        }
        (DataType::Utf8, DataType::Utf8View) => Arc::new(StringViewArray::from(array.as_string::<i32>())),
        (DataType::Utf8, DataType::LargeUtf8) => {
            Arc::new(array.as_string::<i32>().iter().collect::<LargeStringArray>())
        }
        (DataType::Utf8View, DataType::LargeUtf8) => {
            Arc::new(array.as_string_view().iter().collect::<LargeStringArray>())
        }
        (DataType::Utf8View, DataType::Utf8) => Arc::new(array.as_string_view().iter().collect::<StringArray>()),
        (DataType::Binary, DataType::BinaryView) => Arc::new(BinaryViewArray::from(array.as_binary::<i32>())),
        (DataType::Binary, DataType::LargeBinary) => {
            Arc::new(array.as_binary::<i32>().iter().collect::<LargeBinaryArray>())
        }
        (DataType::BinaryView, DataType::LargeBinary) => {
            Arc::new(array.as_binary_view().iter().collect::<LargeBinaryArray>())
        }
        (DataType::BinaryView, DataType::Binary) => Arc::new(array.as_binary_view().iter().collect::<BinaryArray>()),
        (from, to) => return Err(ArrowError::CastError(format!("{from} can't be given as {to}"))),
    })
}

/// Decimal numbers with more digits behind the point.
fn scaled(array: &ArrayRef, scale: i8) -> Result<Vec<Option<i256>>, ArrowError> {
    let too_long = || ArrowError::InvalidArgumentError("a Decimal of more than 76 digits".to_owned());
    let (_, from) = decimal(array.data_type()).ok_or_else(too_long)?;
    let shift = i256::from_i128(10).checked_pow((scale - from) as u32).ok_or_else(too_long)?;
    let up = |number: Option<i256>| match number {
        Some(number) => number.checked_mul(shift).ok_or_else(too_long).map(Some),
        None => Ok(None),
    };
    match array.data_type() {
        DataType::Decimal128(..) => {
            array.as_primitive::<Decimal128Type>().iter().map(|number| up(number.map(i256::from_i128))).collect()
        }
        _ => array.as_primitive::<Decimal256Type>().iter().map(up).collect(),
    }
}

fn narrow(array: &ArrayRef, digits: u8, scale: i8) -> Result<Decimal128Array, ArrowError> {
    let numbers = scaled(array, scale)?.into_iter().map(|number| number.and_then(i256::to_i128));
    numbers.collect::<Decimal128Array>().with_precision_and_scale(digits, scale)
}
