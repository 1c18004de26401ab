//! Rows as byte strings that are equal, and compare, as Python compares the rows. Hash tables and sorts of keys that
//! are not one plain array work on these.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, BinaryViewArray, BooleanArray, StringViewArray};
use arrow_buffer::NullBuffer;

use crate::chunk::{Columns, Type};
use crate::error::Decline;

/// The encoded rows, one after the other.
pub struct EncodedRows {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl EncodedRows {
    /// Encodes every row. Declines nan, which equals nothing, and lists.
    pub fn new(rows: &Columns) -> Result<Self, Decline> {
        let field = Field::new(rows.array(), rows.kind())?;
        let mut bytes = Vec::with_capacity(rows.len() * 16);
        let mut ends = Vec::with_capacity(rows.len());
        for row in 0..rows.len() {
            field.write(row, &mut bytes);
            ends.push(u32::try_from(bytes.len()).map_err(|_| Decline::new("the keys of one chunk exceed 4 GiB"))?);
        }
        Ok(Self { bytes, ends })
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
    match kind {
        Type::Null if array.len() > 1 => Err(Decline::new("None can't be compared")),
        Type::Optional(_) if array.null_count() > 0 => Err(Decline::new("None can't be compared")),
        Type::Optional(inner) => check_order(array, inner),
        Type::List(_) => Err(Decline::new("lists are compared by Python")),
        Type::Tuple(kinds) => {
            array.as_struct().columns().iter().zip(kinds).try_for_each(|(item, kind)| check_order(item, kind))
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

/// A column that rows are written from: the array's type is looked at once, not once a row.
enum Field<'a> {
    Null,
    Bool(&'a BooleanArray),
    Int(&'a [i64]),
    Float(&'a [f64]),
    Str(&'a StringViewArray),
    Bytes(&'a BinaryViewArray),
    Tuple(Vec<Field<'a>>),
    Optional(Option<&'a NullBuffer>, Box<Field<'a>>),
}

impl<'a> Field<'a> {
    fn new(array: &'a ArrayRef, kind: &Type) -> Result<Self, Decline> {
        Ok(match kind {
            Type::Null => Self::Null,
            Type::Bool => Self::Bool(array.as_boolean()),
            Type::Int => Self::Int(array.as_primitive::<Int64Type>().values()),
            Type::Float => {
                let floats = array.as_primitive::<Float64Type>();
                if floats.iter().flatten().any(f64::is_nan) {
                    return Err(Decline::new("nan among the keys"));
                }
                Self::Float(floats.values())
            }
            Type::Str => Self::Str(array.as_string_view()),
            Type::Bytes => Self::Bytes(array.as_binary_view()),
            Type::Tuple(kinds) => {
                let items = array.as_struct().columns().iter().zip(kinds);
                Self::Tuple(items.map(|(item, kind)| Self::new(item, kind)).collect::<Result<_, _>>()?)
            }
            Type::List(_) => return Err(Decline::new("a list among the keys")),
            Type::Optional(inner) => Self::Optional(array.nulls(), Box::new(Self::new(array, inner)?)),
        })
    }

    fn write(&self, row: usize, out: &mut Vec<u8>) {
        match self {
            Self::Null => {}
            Self::Bool(values) => out.push(u8::from(values.value(row))),
            Self::Int(values) => out.extend_from_slice(&ordered_int(values[row]).to_be_bytes()),
            Self::Float(values) => out.extend_from_slice(&ordered_float(values[row]).to_be_bytes()),
            Self::Str(values) => write_text(values.value(row).as_bytes(), out),
            Self::Bytes(values) => write_text(values.value(row), out),
            Self::Tuple(items) => items.iter().for_each(|item| item.write(row, out)),
            Self::Optional(nulls, inner) => {
                let valid = nulls.is_none_or(|nulls| nulls.is_valid(row));
                out.push(u8::from(valid));
                if valid {
                    inner.write(row, out);
                }
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
