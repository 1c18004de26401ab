//! The types of inputs.

use super::names::Path;
use crate::chunk::Type;

/// The types of columns that machine code reads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `None`
    None,
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `float`
    Float,
    /// `str`
    Text,
    /// A scalar or `None`.
    Optional(Box<Kind>),
    /// `tuple`
    Tuple(Vec<Kind>),
    /// `list`, or a group, which has no items by number.
    List(Box<Kind>, bool),
    /// A `list` that is empty in all rows.
    Empty,
}

impl Kind {
    /// Of a column's type, if it is one of those.
    pub fn of(kind: &Type) -> Option<Self> {
        Some(match kind {
            Type::Null => Self::None,
            Type::Bool => Self::Bool,
            Type::Int => Self::Int,
            Type::Float => Self::Float,
            Type::Str => Self::Text,
            Type::Optional(inner) => match Self::of(inner)? {
                Self::Tuple(_) | Self::List(..) => return None,
                scalar => Self::Optional(Box::new(scalar)),
            },
            Type::Tuple(items) => Self::Tuple(items.iter().map(Self::of).collect::<Option<_>>()?),
            Type::List(item) => Self::List(Box::new(Self::of(item)?), false),
            Type::Group(item) => Self::List(Box::new(Self::of(item)?), true),
            Type::Bytes
            | Type::Vector
            | Type::Record(..)
            | Type::Real
            | Type::Date
            | Type::DateTime
            | Type::Delta
            | Type::Mixed => {
                return None;
            }
        })
    }

    /// Number of arrays that a column of it is read from.
    pub fn arrays(&self) -> usize {
        match self {
            Self::None | Self::Empty => 0,
            Self::Bool | Self::Int | Self::Float | Self::Text => 1,
            Self::Optional(inner) | Self::List(inner, _) => 1 + inner.arrays(),
            Self::Tuple(items) => items.iter().map(Self::arrays).sum(),
        }
    }
}

/// What is known of an input when code is made.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Known {
    /// What it is.
    pub path: Path,
    /// Its type.
    pub kind: Kind,
    /// Whether there is one row of it for all rows.
    pub constant: bool,
}
