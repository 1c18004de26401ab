//! Keys in a form that compares fast: chosen once for a column.

use std::cmp::Ordering;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, DurationMicrosecondType, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{BinaryViewArray, StringViewArray};

use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::shuffle::encode::{EncodedRows, check_order, ordered_float, ordered_int};

/// Rows that can be put in order. Columns whose types differ only in where `None` could stand get the same form.
pub(in crate::shuffle) enum SortKeys {
    /// Numbers, as integers of the same order.
    Words(Vec<u64>),
    /// Code point order is UTF-8's byte order.
    Str(StringViewArray),
    Bytes(BinaryViewArray),
    /// Tuples.
    Encoded(EncodedRows),
}

impl SortKeys {
    /// Declines what Python would refuse to compare, and nan, which makes the order depend on the algorithm.
    pub(in crate::shuffle) fn new(keys: &Columns) -> Result<Self, Decline> {
        let array = keys.array();
        check_order(array, keys.kind())?;
        Ok(match keys.kind().split_optional().0 {
            Type::Bool => Self::Words(array.as_boolean().values().iter().map(u64::from).collect()),
            Type::Int => {
                Self::Words(array.as_primitive::<Int64Type>().values().iter().map(|v| ordered_int(*v)).collect())
            }
            Type::Date => {
                let days = array.as_primitive::<Date32Type>().values();
                Self::Words(days.iter().map(|day| ordered_int(i64::from(*day))).collect())
            }
            Type::DateTime => Self::Words(
                array.as_primitive::<TimestampMicrosecondType>().values().iter().map(|v| ordered_int(*v)).collect(),
            ),
            Type::Delta => Self::Words(
                array.as_primitive::<DurationMicrosecondType>().values().iter().map(|v| ordered_int(*v)).collect(),
            ),
            Type::Float => {
                let floats = array.as_primitive::<Float64Type>().values();
                if floats.iter().any(|v| v.is_nan()) {
                    return Err(Decline::new("nan among the keys"));
                }
                Self::Words(floats.iter().map(|v| ordered_float(*v)).collect())
            }
            Type::Str => Self::Str(array.as_string_view().clone()),
            Type::Bytes => Self::Bytes(array.as_binary_view().clone()),
            _ => Self::Encoded(EncodedRows::ordered(keys)?),
        })
    }

    /// The bytes of a row that is not a number.
    pub(in crate::shuffle) fn bytes(&self, row: usize) -> &[u8] {
        match self {
            Self::Words(_) => &[],
            Self::Str(array) => array.value(row).as_bytes(),
            Self::Bytes(array) => array.value(row),
            Self::Encoded(rows) => rows.row(row),
        }
    }

    /// A number for a row that is never in another order than the row: the number itself, or its first bytes from
    /// `skip` on, which all rows must have in common.
    pub(in crate::shuffle) fn word(&self, row: usize, skip: usize) -> u64 {
        match self {
            Self::Words(words) => words[row],
            _ => prefix(&self.bytes(row)[skip..]),
        }
    }

    /// Whether rows of equal words are equal.
    pub(in crate::shuffle) fn are_words(&self) -> bool {
        matches!(self, Self::Words(_))
    }

    /// How two rows compare.
    pub(in crate::shuffle) fn compare(&self, left: usize, right: usize) -> Ordering {
        self.compare_with(left, self, right)
    }

    /// How a row compares with one of other keys of the same form.
    pub(in crate::shuffle) fn compare_with(&self, left: usize, other: &Self, right: usize) -> Ordering {
        match (self, other) {
            (Self::Words(words), Self::Words(others)) => words[left].cmp(&others[right]),
            _ => self.bytes(left).cmp(other.bytes(right)),
        }
    }
}

fn prefix(bytes: &[u8]) -> u64 {
    if let Some(first) = bytes.first_chunk::<8>() {
        return u64::from_be_bytes(*first);
    }
    let mut first = [0; 8];
    first[..bytes.len()].copy_from_slice(bytes);
    u64::from_be_bytes(first)
}
