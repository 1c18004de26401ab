//! Rows as byte strings that are equal, and compare, as Python compares the rows. Hash tables and sorts of keys that
//! are not one plain array work on these.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};

use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::lambda::Reader;

/// The encoded rows, one after the other.
pub struct EncodedRows {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl EncodedRows {
    /// Encodes every row. Declines nan, which equals nothing, and lists.
    pub fn new(rows: &Columns) -> Result<Self, Decline> {
        let reader = Reader::new(rows).ok_or(Decline::new("a column whose array is of another type"))?;
        check_keys(&reader)?;
        Self::encode(&reader, rows.len())
    }

    fn encode(reader: &Reader<'_>, len: usize) -> Result<Self, Decline> {
        let mut bytes = Vec::with_capacity(len * 16);
        let mut ends = Vec::with_capacity(len);
        for row in 0..len {
            write(reader, row, &mut bytes);
            ends.push(u32::try_from(bytes.len()).map_err(|_| Decline::new("the keys of one chunk exceed 4 GiB"))?);
        }
        Ok(Self { bytes, ends })
    }

    /// The same of rows that `check_order` has passed: no row is `None`, so types that differ only there are encoded alike.
    pub fn ordered(rows: &Columns) -> Result<Self, Decline> {
        let reader = Reader::new(rows).ok_or(Decline::new("a column whose array is of another type"))?;
        check_keys(&reader)?;
        Self::encode(&without_optional(reader), rows.len())
    }

    /// Where row `i` lies in `bytes`.
    pub fn span(&self, i: usize) -> (u32, u32) {
        (if i == 0 { 0 } else { self.ends[i - 1] }, self.ends[i])
    }

    /// The bytes of row `i`.
    pub fn row(&self, i: usize) -> &[u8] {
        let (from, to) = self.span(i);
        &self.bytes[from as usize..to as usize]
    }

    /// All rows' bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.ends.len()
    }
}

/// Declines rows that Python can't, or might not, put in order: where `None` or a list would be compared.
pub fn check_order(array: &ArrayRef, kind: &Type) -> Result<(), Decline> {
    check_order_among(array, kind, array.len())
}

/// The same of rows that are some of `total`.
pub fn check_order_among(array: &ArrayRef, kind: &Type, total: usize) -> Result<(), Decline> {
    match kind {
        Type::Null if total > 1 => Err(Decline::new("None can't be compared")),
        Type::Optional(_) if array.null_count() > 0 => Err(Decline::new("None can't be compared")),
        Type::Optional(inner) => check_order_among(array, inner, total),
        Type::Record(class, _) if !class.is_tuple() => Err(Decline::new("objects are compared by Python")),
        Type::List(_) | Type::Group(_) | Type::Vector => Err(Decline::new("lists are compared by Python")),
        Type::Mixed => Err(Decline::new("values of several types are compared by Python")),
        Type::Tuple(kinds) | Type::Record(_, kinds) => {
            let mut items = array.as_struct().columns().iter().zip(kinds);
            items.try_for_each(|(item, kind)| check_order_among(item, kind, total))
        }
        _ => Ok(()),
    }
}

/// A float as an integer of the same order; 0.0 and -0.0 are equal.
pub fn ordered_float(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | (1 << 63) }
}

/// An int as an unsigned one of the same order.
pub fn ordered_int(value: i64) -> u64 {
    (value as u64) ^ (1 << 63)
}

/// Declines what has no place in an order or equals nothing: lists, which Python compares, and nan.
fn check_keys(reader: &Reader<'_>) -> Result<(), Decline> {
    match reader {
        // A nan where a row is `None` declines too: Python is right about every column.
        Reader::Float(values) if values.iter().any(|v| v.is_nan()) => Err(Decline::new("nan among the keys")),
        Reader::List(..) | Reader::Group(..) | Reader::Vector(..) => Err(Decline::new("a list among the keys")),
        Reader::Record(class, _) if !class.is_tuple() => Err(Decline::new("an object among the keys")),
        Reader::Mixed(_) => Err(Decline::new("keys of several types")),
        Reader::Real(_) => Err(Decline::new("a numpy.float64 among the keys")),
        Reader::Tuple(items) | Reader::Record(_, items) => items.iter().try_for_each(check_keys),
        Reader::Optional(_, inner) => check_keys(inner),
        _ => Ok(()),
    }
}

fn without_optional(reader: Reader<'_>) -> Reader<'_> {
    match reader {
        Reader::Optional(_, inner) => without_optional(*inner),
        Reader::Tuple(items) => Reader::Tuple(items.into_iter().map(without_optional).collect()),
        Reader::Record(class, items) => Reader::Record(class, items.into_iter().map(without_optional).collect()),
        other => other,
    }
}

fn write(reader: &Reader<'_>, row: usize, out: &mut Vec<u8>) {
    match reader {
        Reader::Mixed(_)
        | Reader::Null
        | Reader::List(..)
        | Reader::Group(..)
        | Reader::Vector(..)
        | Reader::Real(_) => {}
        Reader::Bool(values) => out.push(u8::from(values.value(row))),
        Reader::Int(values) => out.extend_from_slice(&ordered_int(values[row]).to_be_bytes()),
        Reader::Date(days) => out.extend_from_slice(&ordered_int(i64::from(days[row])).to_be_bytes()),
        Reader::DateTime(of) | Reader::Delta(of) => out.extend_from_slice(&ordered_int(of[row]).to_be_bytes()),
        Reader::Float(values) => out.extend_from_slice(&ordered_float(values[row]).to_be_bytes()),
        Reader::Str(values) => write_text(values.value(row).as_bytes(), out),
        Reader::Bytes(values) => write_text(values.value(row), out),
        Reader::Tuple(items) | Reader::Record(_, items) => items.iter().for_each(|item| write(item, row, out)),
        // Chunks with and without `None` write a row alike.
        Reader::Optional(nulls, inner) => {
            let valid = nulls.is_none_or(|nulls| nulls.is_valid(row));
            out.push(u8::from(valid));
            if valid {
                write(inner, row, out);
            }
        }
    }
}

/// Text that may be followed by another field: a zero byte is escaped, so that the end sorts before every byte.
fn write_text(mut text: &[u8], out: &mut Vec<u8>) {
    while let Some(zero) = memchr::memchr(0, text) {
        out.extend_from_slice(&text[..zero]);
        out.extend_from_slice(&[0, 0xff]);
        text = &text[zero + 1..];
    }
    out.extend_from_slice(text);
    out.extend_from_slice(&[0, 0]);
}
