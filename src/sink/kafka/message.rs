//! Keys and values of rows that are str, bytes or None, or pairs of them, read from columns.

use arrow_array::cast::AsArray;
use arrow_array::{Array as _, ArrayRef};

use crate::chunk::{Columns, Type};

/// The messages that a column of rows is.
pub struct Message {
    key: Text,
    value: Text,
    len: usize,
}

/// Bytes or none of each row.
enum Text {
    Nothing,
    Str(ArrayRef),
    Bytes(ArrayRef),
}

impl Text {
    /// `None` where the column holds something else.
    fn of(column: &Columns) -> Option<Self> {
        let array = column.array().clone();
        match column.kind().split_optional().0 {
            Type::Null => Some(Self::Nothing),
            Type::Str => Some(Self::Str(array)),
            Type::Bytes => Some(Self::Bytes(array)),
            _ => None,
        }
    }

    fn get(&self, row: usize) -> Option<&[u8]> {
        match self {
            Self::Nothing => None,
            Self::Str(array) => (!array.is_null(row)).then(|| array.as_string_view().value(row).as_bytes()),
            Self::Bytes(array) => (!array.is_null(row)).then(|| array.as_binary_view().value(row)),
        }
    }
}

impl Message {
    /// `None` where rows are something else.
    pub fn of(rows: &Columns) -> Option<Self> {
        let len = rows.len();
        if let Some(value) = Text::of(rows) {
            return Some(Self { key: Text::Nothing, value, len });
        }
        match rows.items()?.as_slice() {
            [key, value] if matches!(rows.kind(), Type::Tuple(_)) => {
                Some(Self { key: Text::of(key)?, value: Text::of(value)?, len })
            }
            _ => None,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The key and the value of a row.
    pub fn get(&self, row: usize) -> (Option<&[u8]>, Option<&[u8]>) {
        (self.key.get(row), self.value.get(row))
    }
}
