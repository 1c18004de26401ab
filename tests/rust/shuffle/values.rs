//! Random rows as plain Rust values, and as columns.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, DurationMicrosecondType, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{
    Array, ArrayRef, BinaryViewArray, BooleanArray, Date32Array, DurationMicrosecondArray, Float64Array, Int64Array,
    LargeBinaryArray, ListArray, NullArray, StringViewArray, StructArray, TimestampMicrosecondArray,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::DataType;
use pyrite::chunk::{Columns, Token, Type};

/// A Python value.
#[derive(Clone, Debug)]
pub enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    Bytes(Vec<u8>),
    Tuple(Vec<Value>),
    List(Vec<Value>),
}

impl Value {
    /// Python's `==` between values of one type.
    #[expect(clippy::float_cmp, reason = "as Python compares")]
    pub fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a == b,
            (Self::Str(a), Self::Str(b)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::Tuple(a), Self::Tuple(b)) | (Self::List(a), Self::List(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.equals(b))
            }
            _ => false,
        }
    }

    /// Python's `<` between values of one type without `None`.
    pub fn less(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a < b,
            (Self::Int(a), Self::Int(b)) => a < b,
            (Self::Float(a), Self::Float(b)) => a < b,
            (Self::Str(a), Self::Str(b)) => a < b,
            (Self::Bytes(a), Self::Bytes(b)) => a < b,
            (Self::Tuple(a), Self::Tuple(b)) => {
                a.iter().zip(b).find(|(a, b)| !a.equals(b)).is_some_and(|(a, b)| a.less(b))
            }
            _ => panic!("not compared"),
        }
    }
}

/// The text of a value: tells 0.0 from -0.0.
pub fn text(values: &[Value]) -> String {
    format!("{values:?}")
}

/// A small generator; the tests must not depend on anything.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33) as usize % n
    }

    /// A type that can be a key; `orderable` leaves `None` out.
    pub fn kind(&mut self, depth: usize, orderable: bool) -> Type {
        match self.below(if depth > 0 { 10 } else { 6 }) {
            0 => Type::Bool,
            1 => Type::Int,
            2 => Type::Float,
            3 => Type::Bytes,
            4 | 5 => Type::Str,
            6 if !orderable => Type::Optional(Box::new(match self.kind(depth - 1, orderable) {
                Type::Optional(_) | Type::Null => Type::Int,
                kind => kind,
            })),
            7 if !orderable => Type::Null,
            _ => Type::Tuple((0..self.below(4)).map(|_| self.kind(depth - 1, orderable)).collect()),
        }
    }

    /// A value from a small domain, so that keys repeat.
    pub fn value(&mut self, kind: &Type) -> Value {
        match kind {
            Type::Null => Value::None,
            Type::Bool => Value::Bool(self.below(2) == 1),
            Type::Int => Value::Int([0, 1, -1, 2, 7, -2, i64::MAX / 1000, i64::MIN / 1000][self.below(8)]),
            Type::Float => Value::Float([0.0, -0.0, 1.5, -1.5, f64::INFINITY, f64::NEG_INFINITY, 1e300][self.below(7)]),
            Type::Str => Value::Str(
                [
                    "",
                    "a",
                    "b",
                    "a\0",
                    "a\0b",
                    "twelve bytes",
                    "thirteen byte",
                    "thirteen bytf",
                    "é",
                    "日本語の文字列です",
                    "😀",
                ][self.below(11)]
                .to_owned(),
            ),
            Type::Bytes => Value::Bytes(
                [&b""[..], b"\0", b"\0\0", b"\0\xff", b"a", b"\xff", b"a long run of bytes", b"a long run of bytez"]
                    [self.below(8)]
                .to_vec(),
            ),
            Type::Tuple(kinds) | Type::Record(_, kinds) => {
                Value::Tuple(kinds.iter().map(|kind| self.value(kind)).collect())
            }
            Type::Optional(inner) => {
                if self.below(4) == 0 {
                    Value::None
                } else {
                    self.value(inner)
                }
            }
            Type::List(item) | Type::Group(item) => Value::List((0..self.below(4)).map(|_| self.value(item)).collect()),
            Type::Vector => self.value(&Type::List(Box::new(Type::Float))),
            Type::Real => self.value(&Type::Float),
            Type::Date | Type::DateTime | Type::Delta => Value::Int(self.below(9) as i64 - 4),
            // Small ints, as they are encoded.
            Type::Mixed => Value::Bytes(vec![32 + self.below(9) as u8]),
        }
    }

    /// A type that a value can have: a key's, or lists.
    pub fn value_kind(&mut self, depth: usize) -> Type {
        match self.below(4) {
            0 => Type::List(Box::new(self.kind(depth, false))),
            1 => Type::Tuple(vec![self.kind(depth, false), Type::List(Box::new(self.kind(depth, false)))]),
            _ => self.kind(depth, false),
        }
    }

    pub fn rows(&mut self, kind: &Type, len: usize) -> Vec<Value> {
        (0..len).map(|_| self.value(kind)).collect()
    }
}

/// Values as a column.
pub fn columns(values: &[Value], kind: &Type) -> Columns {
    Columns::new(array(values, kind), kind.clone())
}

/// Pairs as a column.
pub fn pairs(keys: &[Value], key: &Type, values: &[Value], value: &Type) -> Columns {
    Columns::tuple(vec![columns(keys, key), columns(values, value)], keys.len())
}

fn int(value: &Value) -> Option<i64> {
    if let Value::Int(i) = value { Some(*i) } else { None }
}

fn array(values: &[Value], kind: &Type) -> ArrayRef {
    match kind {
        Type::Null => Arc::new(NullArray::new(values.len())),
        Type::Bool => Arc::new(
            values.iter().map(|v| if let Value::Bool(b) = v { Some(*b) } else { None }).collect::<BooleanArray>(),
        ),
        Type::Int => {
            Arc::new(values.iter().map(|v| if let Value::Int(i) = v { Some(*i) } else { None }).collect::<Int64Array>())
        }
        Type::Date => Arc::new(values.iter().map(|v| int(v).map(|day| day as i32)).collect::<Date32Array>()),
        Type::DateTime => Arc::new(values.iter().map(int).collect::<TimestampMicrosecondArray>()),
        Type::Delta => Arc::new(values.iter().map(int).collect::<DurationMicrosecondArray>()),
        Type::Float | Type::Real => Arc::new(
            values.iter().map(|v| if let Value::Float(f) = v { Some(*f) } else { None }).collect::<Float64Array>(),
        ),
        Type::Str => Arc::new(
            values.iter().map(|v| if let Value::Str(s) = v { Some(s) } else { None }).collect::<StringViewArray>(),
        ),
        Type::Bytes => Arc::new(
            values.iter().map(|v| if let Value::Bytes(b) = v { Some(b) } else { None }).collect::<BinaryViewArray>(),
        ),
        Type::Mixed => Arc::new(
            values.iter().map(|v| if let Value::Bytes(b) = v { Some(b) } else { None }).collect::<LargeBinaryArray>(),
        ),
        Type::Tuple(kinds) | Type::Record(_, kinds) => {
            let nulls: NullBuffer = values.iter().map(|v| !matches!(v, Value::None)).collect();
            let nulls = Some(nulls).filter(|n| n.null_count() > 0);
            if kinds.is_empty() {
                return Arc::new(StructArray::new_empty_fields(values.len(), nulls));
            }
            let items = (0..kinds.len()).map(|i| {
                let item: Vec<Value> = values
                    .iter()
                    .map(|v| if let Value::Tuple(items) = v { items[i].clone() } else { filler(&kinds[i]) })
                    .collect();
                array(&item, &kinds[i])
            });
            let items = items.collect();
            let fields = match kind.data_type() {
                DataType::Struct(fields) => fields,
                other => panic!("{other} for {kind}"),
            };
            Arc::new(StructArray::new(fields, items, nulls))
        }
        Type::Optional(inner) => array(values, inner),
        Type::Vector => {
            let vectors = columns(values, &Type::List(Box::new(Type::Float))).list_as_vector();
            vectors.expect("lists of floats are vectors").array().clone()
        }
        Type::List(item) | Type::Group(item) => {
            let lists: Vec<&[Value]> =
                values.iter().map(|v| if let Value::List(items) = v { &items[..] } else { &[] }).collect();
            let nulls: NullBuffer = values.iter().map(|v| !matches!(v, Value::None)).collect();
            let offsets = OffsetBuffer::from_lengths(lists.iter().map(|list| list.len()));
            let nulls = Some(nulls).filter(|n| n.null_count() > 0);
            Arc::new(ListArray::new(Arc::new(item.field("item")), offsets, array(&lists.concat(), item), nulls))
        }
    }
}

/// What stands under a `None` tuple.
fn filler(kind: &Type) -> Value {
    match kind {
        Type::Null | Type::Optional(_) => Value::None,
        Type::Bool => Value::Bool(false),
        Type::Int | Type::Date | Type::DateTime | Type::Delta => Value::Int(0),
        Type::Float | Type::Real => Value::Float(0.0),
        Type::Str => Value::Str(String::new()),
        Type::Bytes => Value::Bytes(Vec::new()),
        Type::Mixed => Value::Bytes(vec![0]),
        Type::Tuple(kinds) | Type::Record(_, kinds) => Value::Tuple(kinds.iter().map(filler).collect()),
        Type::List(_) | Type::Group(_) | Type::Vector => Value::List(Vec::new()),
    }
}

/// A column's rows as values.
pub fn values(columns: &Columns) -> Vec<Value> {
    read(columns.array(), columns.kind())
}

/// A number as it is encoded; others as their bytes.
fn token(bytes: &[u8]) -> Value {
    match Token::take(&mut &*bytes) {
        Some(Token::Int(i)) => Value::Int(i),
        Some(Token::Float(f)) => Value::Float(f),
        _ => Value::Bytes(bytes.to_vec()),
    }
}

fn read(array: &ArrayRef, kind: &Type) -> Vec<Value> {
    let len = array.len();
    let rows: Vec<Value> = match kind {
        Type::Null => vec![Value::None; len],
        Type::Bool => array.as_boolean().values().iter().map(Value::Bool).collect(),
        Type::Int => array.as_primitive::<Int64Type>().values().iter().map(|v| Value::Int(*v)).collect(),
        Type::Date => array.as_primitive::<Date32Type>().values().iter().map(|v| Value::Int((*v).into())).collect(),
        Type::DateTime => {
            array.as_primitive::<TimestampMicrosecondType>().values().iter().map(|v| Value::Int(*v)).collect()
        }
        Type::Delta => {
            array.as_primitive::<DurationMicrosecondType>().values().iter().map(|v| Value::Int(*v)).collect()
        }
        Type::Float | Type::Real => {
            array.as_primitive::<Float64Type>().values().iter().map(|v| Value::Float(*v)).collect()
        }
        Type::Str => array.as_string_view().iter().map(|s| Value::Str(s.unwrap_or("").to_owned())).collect(),
        Type::Bytes => array.as_binary_view().iter().map(|b| Value::Bytes(b.unwrap_or(b"").to_vec())).collect(),
        Type::Mixed => array.as_binary::<i64>().iter().map(|b| token(b.unwrap_or(b""))).collect(),
        Type::Tuple(kinds) | Type::Record(_, kinds) => {
            let items: Vec<Vec<Value>> =
                array.as_struct().columns().iter().zip(kinds).map(|(item, kind)| read(item, kind)).collect();
            (0..len).map(|row| Value::Tuple(items.iter().map(|item| item[row].clone()).collect())).collect()
        }
        Type::Optional(inner) => read(array, inner),
        Type::Vector => read(array, &Type::List(Box::new(Type::Float))),
        Type::List(item) | Type::Group(item) => {
            let lists = array.as_list::<i32>();
            (0..len).map(|row| Value::List(read(&lists.value(row), item))).collect()
        }
    };
    rows.into_iter().enumerate().map(|(i, v)| if array.is_null(i) { Value::None } else { v }).collect()
}
