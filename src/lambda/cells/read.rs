//! From a column to values, row by row, with the array's type found once.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::{
    Array, BinaryViewArray, BooleanArray, Date32Array, DurationMicrosecondArray, Float64Array, Int64Array,
    LargeBinaryArray, ListArray, StringViewArray, StructArray, TimestampMicrosecondArray,
};
use arrow_buffer::NullBuffer;

use super::cell::Cell;
use super::encoded;
use crate::chunk::{Class, Columns, Type};

/// Reads a column's rows.
pub enum Reader<'a> {
    /// Only `None`.
    Null,
    /// `bool`
    Bool(&'a BooleanArray),
    /// `int`
    Int(&'a [i64]),
    /// `float`
    Float(&'a [f64]),
    /// `str`
    Str(&'a StringViewArray),
    /// `bytes`
    Bytes(&'a BinaryViewArray),
    /// `date`
    Date(&'a [i32]),
    /// `datetime`
    DateTime(&'a [i64]),
    /// `timedelta`
    Delta(&'a [i64]),
    /// `tuple`
    Tuple(Vec<Reader<'a>>),
    /// Instances of a class.
    Record(&'a Arc<Class>, Vec<Reader<'a>>),
    /// `list`
    List(&'a [i32], Box<Reader<'a>>),
    /// `numpy.ndarray`
    Vector(&'a [i32], &'a [f64]),
    /// `numpy.float64`, perhaps
    Real(&'a [f64]),
    /// Of any type.
    Mixed(&'a LargeBinaryArray),
    /// `ResultIterable`
    Group(&'a [i32], Box<Reader<'a>>),
    /// Perhaps `None`; without nulls no row is.
    Optional(Option<&'a NullBuffer>, Box<Reader<'a>>),
}

impl<'a> Reader<'a> {
    /// For the column; nothing when the array is not what the type says.
    pub fn new(column: &'a Columns) -> Option<Self> {
        Self::of(column.array().as_ref(), column.kind())
    }

    fn of(array: &'a dyn Array, kind: &'a Type) -> Option<Self> {
        let any = array.as_any();
        Some(match kind {
            Type::Null => Self::Null,
            Type::Bool => Self::Bool(any.downcast_ref()?),
            Type::Int => Self::Int(any.downcast_ref::<Int64Array>()?.values()),
            Type::Float => Self::Float(any.downcast_ref::<Float64Array>()?.values()),
            Type::Str => Self::Str(any.downcast_ref()?),
            Type::Bytes => Self::Bytes(any.downcast_ref()?),
            Type::Date => Self::Date(any.downcast_ref::<Date32Array>()?.values()),
            Type::DateTime => Self::DateTime(any.downcast_ref::<TimestampMicrosecondArray>()?.values()),
            Type::Delta => Self::Delta(any.downcast_ref::<DurationMicrosecondArray>()?.values()),
            Type::Tuple(kinds) => {
                let items = any.downcast_ref::<StructArray>()?.columns();
                Self::Tuple(kinds.iter().zip(items).map(|(k, a)| Self::of(a.as_ref(), k)).collect::<Option<_>>()?)
            }
            Type::Record(class, kinds) => {
                let items = any.downcast_ref::<StructArray>()?.columns();
                let items = kinds.iter().zip(items).map(|(k, a)| Self::of(a.as_ref(), k));
                Self::Record(class, items.collect::<Option<_>>()?)
            }
            Type::List(item) => {
                let list = any.downcast_ref::<ListArray>()?;
                Self::List(list.value_offsets(), Box::new(Self::of(list.values().as_ref(), item)?))
            }
            Type::Group(item) => {
                let list = any.downcast_ref::<ListArray>()?;
                Self::Group(list.value_offsets(), Box::new(Self::of(list.values().as_ref(), item)?))
            }
            Type::Vector => {
                let list = any.downcast_ref::<ListArray>()?;
                Self::Vector(list.value_offsets(), list.values().as_any().downcast_ref::<Float64Array>()?.values())
            }
            Type::Mixed => Self::Mixed(any.downcast_ref()?),
            Type::Real => Self::Real(any.downcast_ref::<Float64Array>()?.values()),
            Type::Optional(inner) => Self::Optional(array.nulls(), Box::new(Self::of(array, inner)?)),
        })
    }

    /// The value of a row, which must exist.
    pub fn get(&self, row: usize) -> Cell<'a> {
        match self {
            Self::Null => Cell::None,
            Self::Bool(a) => Cell::Bool(a.value(row)),
            Self::Int(v) => Cell::Int(v[row]),
            Self::Float(v) => Cell::Float(v[row]),
            Self::Str(a) => Cell::text(a.value(row)),
            Self::Bytes(a) => Cell::Bytes(a.value(row).into()),
            Self::Date(days) => Cell::Date(days[row]),
            Self::DateTime(times) => Cell::DateTime(times[row]),
            Self::Delta(micros) => Cell::Delta(micros[row]),
            Self::Tuple(items) => Cell::Tuple(items.iter().map(|item| item.get(row)).collect()),
            Self::Record(class, items) => {
                Cell::Record((*class).clone(), items.iter().map(|item| item.get(row)).collect())
            }
            Self::List(offsets, values) => Cell::List(items(offsets, values, row)),
            Self::Group(offsets, values) => Cell::Group(items(offsets, values, row)),
            Self::Vector(offsets, values) => {
                Cell::Vector(Cow::Borrowed(&values[offsets[row] as usize..offsets[row + 1] as usize]))
            }
            Self::Real(values) => Cell::Real(values[row]),
            // A writer made the bytes.
            Self::Mixed(values) => encoded::read(&mut values.value(row)).unwrap_or(Cell::None),
            Self::Optional(nulls, values) => {
                if nulls.is_some_and(|nulls| nulls.is_null(row)) {
                    Cell::None
                } else {
                    values.get(row)
                }
            }
        }
    }
}

fn items<'a>(offsets: &[i32], values: &Reader<'a>, row: usize) -> Vec<Cell<'a>> {
    (offsets[row]..offsets[row + 1]).map(|i| values.get(i as usize)).collect()
}
