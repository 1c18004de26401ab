//! The types a column can have. A column holds only values whose Python `type()` is exactly the one named.

use std::fmt;

use arrow_schema::{DataType, Field, Fields};
use std::sync::Arc;

/// What the items of a list are called, and those of a group, which are stored alike.
const ITEM: &str = "item";
const GROUPED: &str = "value";
/// And those of a vector.
const ELEMENT: &str = "element";

/// The type of a column's rows, after Python's own types.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// Only `None`.
    Null,
    /// `bool`
    Bool,
    /// `int` within 64 bits
    Int,
    /// `float`
    Float,
    /// `str` without lone surrogates: Arrow `Utf8View`
    Str,
    /// `bytes`: Arrow `BinaryView`
    Bytes,
    /// `tuple` of fixed length: Arrow `Struct` with fields named "0", "1", ...
    Tuple(Vec<Type>),
    /// `list` of one type: Arrow `List` with 32-bit offsets
    List(Box<Type>),
    /// `pyrite.resultiterable.ResultIterable`, the values of one key: stored as `List`, with items named otherwise. Rows
    /// of the interpreter never become one.
    Group(Box<Type>),
    /// `numpy.ndarray` of one dimension and type float64: stored as `List` of `Float`, with items named otherwise.
    Vector,
    /// `float` or `numpy.float64`, which isn't known. Only within a compiled function: no column that leaves one has it, and
    /// no Arrow field tells it from `Float`.
    Real,
    /// Values of any of these types, dicts and sets: Arrow `LargeBinary`, each value as the tokens of `mixed.rs` say. `None`
    /// is none of them: such a column is `Optional`.
    Mixed,
    /// The inner type or `None`. Never nested, never around `Null`.
    Optional(Box<Type>),
}

impl Type {
    /// The Arrow type of the storage.
    pub fn data_type(&self) -> DataType {
        match self {
            Self::Null => DataType::Null,
            Self::Bool => DataType::Boolean,
            Self::Int => DataType::Int64,
            Self::Float | Self::Real => DataType::Float64,
            Self::Str => DataType::Utf8View,
            Self::Bytes => DataType::BinaryView,
            Self::Mixed => DataType::LargeBinary,
            Self::Tuple(items) => DataType::Struct(tuple_fields(items)),
            Self::List(item) => DataType::List(Arc::new(item.field(ITEM))),
            Self::Group(item) => DataType::List(Arc::new(item.field(GROUPED))),
            Self::Vector => DataType::List(Arc::new(Self::Float.field(ELEMENT))),
            Self::Optional(inner) => inner.data_type(),
        }
    }

    /// An Arrow field of this type; nullable when values can be `None`.
    pub fn field(&self, name: &str) -> Field {
        Field::new(name, self.data_type(), matches!(self, Self::Optional(_) | Self::Null))
    }

    /// The type that `field` gave this field; `None` when it was another's.
    pub fn of(field: &Field) -> Option<Self> {
        let kind = match field.data_type() {
            DataType::Null => return Some(Self::Null),
            DataType::Boolean => Self::Bool,
            DataType::Int64 => Self::Int,
            DataType::Float64 => Self::Float,
            DataType::Utf8View => Self::Str,
            DataType::BinaryView => Self::Bytes,
            DataType::LargeBinary => Self::Mixed,
            DataType::Struct(fields) => Self::Tuple(fields.iter().map(|f| Self::of(f)).collect::<Option<_>>()?),
            DataType::List(item) if item.name() == GROUPED => Self::Group(Box::new(Self::of(item)?)),
            DataType::List(item) if item.name() == ELEMENT => Self::Vector,
            DataType::List(item) => Self::List(Box::new(Self::of(item)?)),
            _ => return None,
        };
        Some(if field.is_nullable() { Self::Optional(Box::new(kind)) } else { kind })
    }

    /// The Arrow field of the items of a column of lists or groups.
    pub fn item_field(&self) -> Option<Arc<Field>> {
        match self.data_type() {
            DataType::List(field) => Some(field),
            _ => None,
        }
    }

    /// Whether the type of some values isn't known as Python's own or another's.
    pub fn holds_reals(&self) -> bool {
        match self {
            Self::Real => true,
            Self::Tuple(items) => items.iter().any(Self::holds_reals),
            Self::List(inner) | Self::Group(inner) | Self::Optional(inner) => inner.holds_reals(),
            _ => false,
        }
    }

    /// Whether every value has a place in an Arrow array of its own type: other libraries know such columns, and keys are
    /// of such. Others only carry their values along.
    pub fn is_plain(&self) -> bool {
        match self {
            Self::Mixed => false,
            Self::Tuple(items) => items.iter().all(Self::is_plain),
            Self::List(inner) | Self::Group(inner) | Self::Optional(inner) => inner.is_plain(),
            _ => true,
        }
    }

    /// The type without `Optional`, and whether `None` is possible.
    pub fn split_optional(&self) -> (&Self, bool) {
        match self {
            Self::Optional(inner) => (inner, true),
            other => (other, false),
        }
    }
}

/// Fields "0", "1", ... for the items of a tuple.
pub fn tuple_fields(items: &[Type]) -> Fields {
    items.iter().enumerate().map(|(i, t)| t.field(&i.to_string())).collect()
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("None"),
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Float => f.write_str("float"),
            Self::Str => f.write_str("str"),
            Self::Bytes => f.write_str("bytes"),
            Self::Tuple(items) => {
                f.write_str("(")?;
                for (i, t) in items.iter().enumerate() {
                    write!(f, "{}{t}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str(if items.len() == 1 { ",)" } else { ")" })
            }
            Self::List(t) => write!(f, "list[{t}]"),
            Self::Group(t) => write!(f, "ResultIterable[{t}]"),
            Self::Vector => f.write_str("numpy.ndarray"),
            Self::Real => f.write_str("numpy.float64"),
            Self::Mixed => f.write_str("object"),
            Self::Optional(t) => write!(f, "{t} | None"),
        }
    }
}
