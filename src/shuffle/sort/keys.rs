//! Keys in a form that compares fast: chosen once for a column.

use std::cmp::Ordering;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{BinaryViewArray, StringViewArray};

use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::shuffle::encode::{EncodedRows, check_order, ordered_float, ordered_int};

/// Rows that can be put in order.
pub(in crate::shuffle) enum SortKeys<'a> {
    /// Numbers, as integers of the same order.
    Words(Vec<u64>),
    /// Code point order is UTF-8's byte order.
    Str(&'a StringViewArray),
    Bytes(&'a BinaryViewArray),
    /// Tuples.
    Encoded(EncodedRows),
}

impl<'a> SortKeys<'a> {
    /// Declines what Python would refuse to compare, and nan, which makes the order depend on the algorithm.
    pub(in crate::shuffle) fn new(keys: &'a Columns) -> Result<Self, Decline> {
        let array = keys.array();
        check_order(array, keys.kind())?;
        Ok(match keys.kind().split_optional().0 {
            Type::Bool => Self::Words(array.as_boolean().values().iter().map(u64::from).collect()),
            Type::Int => {
                Self::Words(array.as_primitive::<Int64Type>().values().iter().map(|v| ordered_int(*v)).collect())
            }
            Type::Float => {
                let floats = array.as_primitive::<Float64Type>().values();
                if floats.iter().any(|v| v.is_nan()) {
                    return Err(Decline::new("nan among the keys"));
                }
                Self::Words(floats.iter().map(|v| ordered_float(*v)).collect())
            }
            Type::Str => Self::Str(array.as_string_view()),
            Type::Bytes => Self::Bytes(array.as_binary_view()),
            _ => Self::Encoded(EncodedRows::new(keys)?),
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

    /// How two rows compare.
    pub(in crate::shuffle) fn compare(&self, left: usize, right: usize) -> Ordering {
        match self {
            Self::Words(words) => words[left].cmp(&words[right]),
            _ => self.bytes(left).cmp(self.bytes(right)),
        }
    }
}
