//! The types a column can have. A column holds only values whose Python `type()` is exactly the one named.

use std::fmt;

use arrow_schema::{DataType, Field, Fields, TimeUnit};
use std::sync::Arc;

use super::record::Class;

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
    /// `datetime.date`: Arrow `Date32`
    Date,
    /// `datetime.datetime` without a zone and with fold 0: Arrow `Timestamp` in microseconds
    DateTime,
    /// `datetime.timedelta` within 64 bits of microseconds: Arrow `Duration`
    Delta,
    /// `tuple` of fixed length: Arrow `Struct` with fields named "0", "1", ...
    Tuple(Vec<Type>),
    /// Instances of one class that hold values by name: Arrow `Struct` with fields that name the class.
    Record(Arc<Class>, Vec<Type>),
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
            Self::Date => DataType::Date32,
            Self::DateTime => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::Delta => DataType::Duration(TimeUnit::Microsecond),
            Self::Mixed => DataType::LargeBinary,
            Self::Tuple(items) => DataType::Struct(tuple_fields(items)),
            Self::Record(class, items) => DataType::Struct(record_fields(class, items)),
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
            DataType::Date32 => Self::Date,
            DataType::Timestamp(TimeUnit::Microsecond, None) => Self::DateTime,
            DataType::Duration(TimeUnit::Microsecond) => Self::Delta,
            DataType::Struct(fields) => {
                let items = fields.iter().map(|f| Self::of(f)).collect::<Option<_>>()?;
                match Class::of(fields) {
                    Some(class) => Self::Record(class, items),
                    None => Self::Tuple(items),
                }
            }
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

    /// Whether something holds of the type or of one in it.
    pub fn any<'t>(&'t self, holds: &mut dyn FnMut(&'t Self) -> bool) -> bool {
        holds(self)
            || match self {
                Self::Tuple(items) | Self::Record(_, items) => items.iter().any(|item| item.any(holds)),
                Self::List(inner) | Self::Group(inner) | Self::Optional(inner) => inner.any(holds),
                _ => false,
            }
    }

    /// Whether the type of some values isn't known as Python's own or another's.
    pub fn holds_reals(&self) -> bool {
        self.any(&mut |kind| *kind == Self::Real)
    }

    /// Whether there are records among the values.
    pub fn holds_records(&self) -> bool {
        self.any(&mut |kind| matches!(kind, Self::Record(..)))
    }

    /// Whether there are objects that can be changed, lists apart, among the values.
    pub fn holds_objects(&self) -> bool {
        self.any(&mut |kind| match kind {
            Self::Record(class, _) => class.is_mutable(),
            Self::Mixed => true,
            _ => false,
        })
    }

    /// Whether a function that is given a value can change what it holds.
    pub fn holds_mutable(&self) -> bool {
        self.holds_objects() || self.any(&mut |kind| matches!(kind, Self::List(_) | Self::Group(_) | Self::Vector))
    }

    /// Whether one object that can be changed, lists apart, may stand in a value twice.
    pub fn may_repeat_objects(&self) -> bool {
        self.find_twice(false, &mut Vec::new())
    }

    fn find_twice<'t>(&'t self, in_list: bool, found: &mut Vec<&'t Arc<Class>>) -> bool {
        match self {
            Self::Mixed => true,
            Self::Record(class, items) => {
                // What it holds may have a wider type at one of its places.
                let twice = class.is_mutable() && (in_list || found.contains(&class));
                if class.is_mutable() {
                    found.push(class);
                }
                twice || items.iter().any(|item| item.find_twice(in_list, found))
            }
            Self::Tuple(items) => items.iter().any(|item| item.find_twice(in_list, found)),
            Self::List(inner) | Self::Group(inner) => inner.find_twice(true, found),
            Self::Optional(inner) => inner.find_twice(in_list, found),
            _ => false,
        }
    }

    /// Whether all objects among the values that can be changed, lists apart, are values of any type.
    pub fn is_all_mixed(&self) -> bool {
        self.holds_mixed() && !self.holds_records()
    }

    /// Whether values of any type are items of lists.
    pub fn mixes_in_lists(&self) -> bool {
        self.any(&mut |kind| matches!(kind, Self::List(inner) | Self::Group(inner) if inner.holds_mixed()))
    }

    /// Whether there are values of any type among the values.
    pub fn holds_mixed(&self) -> bool {
        self.any(&mut |kind| *kind == Self::Mixed)
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

/// Fields "n3:name", ... for what instances of a class hold. The names of a tuple's fields have no colon.
pub fn record_fields(class: &Class, kinds: &[Type]) -> Fields {
    let mark = class.mark();
    class.names.iter().zip(kinds).map(|(name, kind)| kind.field(&format!("{mark}:{name}"))).collect()
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
            Self::Date => f.write_str("datetime.date"),
            Self::DateTime => f.write_str("datetime.datetime"),
            Self::Delta => f.write_str("datetime.timedelta"),
            Self::Tuple(items) => {
                f.write_str("(")?;
                for (i, t) in items.iter().enumerate() {
                    write!(f, "{}{t}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str(if items.len() == 1 { ",)" } else { ")" })
            }
            Self::Record(class, items) => {
                write!(f, "{class}(")?;
                for (i, (name, t)) in class.names.iter().zip(items).enumerate() {
                    write!(f, "{}{name}: {t}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str(")")
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
