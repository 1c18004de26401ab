//! Why machine code stops at a row.

use crate::error::{Decline, Exception};

/// What the code returns; 0 is that all rows are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i64)]
pub enum Stop {
    /// An int that leaves 64 bits, or what the trees don't do either.
    Large = 1,
    /// A division by zero.
    Zero = 2,
    /// Operands of types that don't go together.
    Type = 3,
    /// An index out of range.
    Index = 4,
    /// A value that a function doesn't take.
    Value = 5,
    /// The job was cancelled.
    Cancelled = 6,
    /// What the trees may know how to do.
    Other = 7,
    /// A key that a dict hasn't.
    Key = 8,
}

impl Stop {
    /// All of them, by their numbers.
    pub const ALL: [Self; 8] =
        [Self::Large, Self::Zero, Self::Type, Self::Index, Self::Value, Self::Cancelled, Self::Other, Self::Key];

    /// From what the code returned.
    pub fn of(code: i64) -> Option<Self> {
        Some(match code {
            0 => return None,
            1 => Self::Large,
            2 => Self::Zero,
            3 => Self::Type,
            4 => Self::Index,
            5 => Self::Value,
            6 => Self::Cancelled,
            8 => Self::Key,
            _ => Self::Other,
        })
    }

    /// The decline of the whole call; nothing where the trees may do it.
    pub fn decline(self) -> Option<Decline> {
        Some(match self {
            Self::Large => Decline::fixed("int arithmetic that raises or leaves 64 bits"),
            Self::Zero => Decline::raises(Exception::ZeroDivisionError, "a division by zero"),
            Self::Type => Decline::raises(Exception::TypeError, "operands that don't go together"),
            Self::Index => Decline::raises(Exception::IndexError, "an index out of range"),
            Self::Value => Decline::raises(Exception::ValueError, "a value that a function doesn't take"),
            Self::Key => Decline::raises(Exception::KeyError, "a key that a dict has not"),
            Self::Cancelled => Decline::fixed("the job was cancelled"),
            Self::Other => return None,
        })
    }
}

/// No translation is known: no error, the trees are evaluated then.
#[derive(Debug)]
pub struct Unsupported;
