//! One Python value of a type that columns have, for constants and for work row by row.

use std::borrow::Cow;
use std::sync::Arc;

use crate::chunk::{Class, ClassKind, DictKind};
use crate::error::{Decline, Exception};
use crate::kernel::json;

/// A value. Numbers are exact Python ints of 64 bits and floats; text borrows from its column where it can.
#[derive(Clone, Debug)]
pub enum Cell<'a> {
    /// `None`
    None,
    /// `True`, `False`
    Bool(bool),
    /// An int within 64 bits.
    Int(i64),
    /// A float.
    Float(f64),
    /// A str without lone surrogates.
    Str(Cow<'a, str>),
    /// A bytes.
    Bytes(Cow<'a, [u8]>),
    /// A date, by its day since 1970.
    Date(i32),
    /// A naive time, by its microseconds since 1970.
    DateTime(i64),
    /// A difference of times, in microseconds.
    Delta(i64),
    /// A tuple.
    Tuple(Vec<Cell<'a>>),
    /// An instance of a class, by the values of its names.
    Record(Arc<Class>, Vec<Cell<'a>>),
    /// A list.
    List(Vec<Cell<'a>>),
    /// A dict, as the text of the JSON object that it was loaded from, which was checked. In a
    /// column it is a `Map`.
    Dict(Cow<'a, str>),
    /// A dict, by its pairs in order; keys are unique.
    Map(DictKind, Vec<(Cell<'a>, Cell<'a>)>),
    /// A set: its elements, and whether it is what `set()` is once they were added in this order. If not, nobody knows the
    /// order that it has.
    Set(Vec<Cell<'a>>, bool),
    /// The values of one key, a `ResultIterable`: it has a length and can be iterated, and that is all.
    Group(Vec<Cell<'a>>),
    /// A `numpy.ndarray` of one dimension and type float64.
    Vector(Cow<'a, [f64]>),
    /// A `numpy.float64`, or a float: which isn't known.
    Real(f64),
    /// A match of a pattern, by its groups; it can be tested and asked, but is no column's value. Every use of a local
    /// that holds it is a clone.
    Match(Arc<[Option<Cow<'a, str>>]>),
}

impl<'a> Cell<'a> {
    /// The same value, borrowing its text.
    pub fn borrowed(&'a self) -> Cell<'a> {
        match self {
            Self::None => Cell::None,
            Self::Bool(b) => Cell::Bool(*b),
            Self::Int(i) => Cell::Int(*i),
            Self::Float(f) => Cell::Float(*f),
            Self::Str(s) => Cell::Str(Cow::Borrowed(s)),
            Self::Bytes(b) => Cell::Bytes(Cow::Borrowed(b)),
            Self::Date(day) => Cell::Date(*day),
            Self::DateTime(time) => Cell::DateTime(*time),
            Self::Delta(micros) => Cell::Delta(*micros),
            Self::Tuple(items) => Cell::Tuple(items.iter().map(Cell::borrowed).collect()),
            Self::Record(class, items) => Cell::Record(class.clone(), items.iter().map(Cell::borrowed).collect()),
            Self::List(items) => Cell::List(items.iter().map(Cell::borrowed).collect()),
            Self::Dict(text) => Cell::Dict(Cow::Borrowed(text)),
            Self::Map(kind, pairs) => {
                Cell::Map(*kind, pairs.iter().map(|(k, v)| (k.borrowed(), v.borrowed())).collect())
            }
            Self::Set(items, as_added) => Cell::Set(items.iter().map(Cell::borrowed).collect(), *as_added),
            Self::Group(items) => Cell::Group(items.iter().map(Cell::borrowed).collect()),
            Self::Vector(elements) => Cell::Vector(Cow::Borrowed(elements)),
            Self::Real(f) => Cell::Real(*f),
            Self::Match(groups) => {
                Cell::Match(groups.iter().map(|g| g.as_ref().map(|s| Cow::Borrowed(&**s))).collect())
            }
        }
    }

    /// An int, or a bool as the int that it is.
    pub fn whole(&self) -> Option<i64> {
        match self {
            Self::Int(i) => Some(*i),
            Self::Bool(b) => Some(i64::from(*b)),
            _ => None,
        }
    }

    /// A borrowed text.
    pub fn text(text: &'a str) -> Self {
        Self::Str(Cow::Borrowed(text))
    }

    /// An owned text.
    pub fn owned(text: String) -> Self {
        Self::Str(Cow::Owned(text))
    }

    /// `bool(value)`; of a vector Python raises.
    pub fn truth(&self) -> Result<bool, Decline> {
        Ok(match self {
            Self::None => false,
            Self::Bool(b) => *b,
            Self::Int(i) => *i != 0,
            Self::Float(f) | Self::Real(f) => *f != 0.0,
            Self::Str(s) => !s.is_empty(),
            Self::Bytes(b) => !b.is_empty(),
            Self::Tuple(items) | Self::List(items) | Self::Group(items) | Self::Set(items, _) => !items.is_empty(),
            Self::Dict(text) => !json::is_empty(text),
            Self::Map(_, pairs) => !pairs.is_empty(),
            Self::Delta(micros) => *micros != 0,
            // Every record has a value, and no class here says otherwise of its instances.
            Self::Match(_) | Self::Date(_) | Self::DateTime(_) | Self::Record(..) => true,
            Self::Vector(_) => return Err(self.unsupported("the truth")),
        })
    }

    /// Whether there is a scalar in it that may be numpy's.
    pub fn holds_reals(&self) -> bool {
        match self {
            Self::Real(_) => true,
            Self::Tuple(items)
            | Self::List(items)
            | Self::Group(items)
            | Self::Record(_, items)
            | Self::Set(items, _) => items.iter().any(Cell::holds_reals),
            Self::Map(_, pairs) => pairs.iter().any(|(key, value)| key.holds_reals() || value.holds_reals()),
            _ => false,
        }
    }

    /// The name of the value's Python type.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::None => "NoneType",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Str(_) => "str",
            Self::Bytes(_) => "bytes",
            Self::Date(_) => "date",
            Self::DateTime(_) => "datetime",
            Self::Delta(_) => "timedelta",
            Self::Tuple(_) => "tuple",
            Self::Record(class, _) => match class.kind {
                ClassKind::Named => "namedtuple",
                ClassKind::Row => "Row",
                ClassKind::Dict => "dict",
                ClassKind::Object => "record",
            },
            Self::List(_) => "list",
            Self::Dict(_) | Self::Map(..) => "dict",
            Self::Set(..) => "set",
            Self::Group(_) => "ResultIterable",
            Self::Vector(_) => "numpy.ndarray",
            Self::Real(_) => "numpy.float64",
            Self::Match(_) => "Match",
        }
    }

    /// Whether it is a value of a column, of which all is known that Python does with it.
    pub fn is_plain(&self) -> bool {
        !matches!(
            self,
            Self::Dict(_)
                | Self::Map(..)
                | Self::Set(..)
                | Self::Group(_)
                | Self::Match(_)
                | Self::Real(_)
                | Self::Vector(_)
                | Self::Record(..)
        )
    }

    /// Why an operation declines that no value of this one's type allows: `CPython` raises.
    pub fn refuses(&self, exception: Exception, what: &str) -> Decline {
        let decline = self.unsupported(what);
        if self.is_plain() { Decline::raises(exception, decline.to_string()) } else { decline }
    }

    /// Why an operation on this value declines.
    pub fn unsupported(&self, what: &str) -> Decline {
        Decline::new(format!("{what} of a {}", self.type_name()))
    }
}
