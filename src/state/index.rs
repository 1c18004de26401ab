//! From keys to slots: numbers by first appearance. Versions of one partition share it; each knows how many it has.

use std::sync::Arc;

use crate::chunk::{Chunk, Columns, Type};
use crate::error::{Decline, Result};
use crate::shuffle::Keys;
use crate::sync::Mutex;

/// Numbers opaque keys by first appearance.
pub trait ObjectIndex: Send + Sync {
    /// The number of each key; new ones get the next numbers.
    fn slots(&self, keys: &Chunk) -> Result<Vec<u32>>;
}

/// The slots of keys.
pub enum Index {
    /// Of columns of one type; the first ones say of which.
    Native(Box<Mutex<Option<Keys>>>),
    /// Of keys that the engine can't look into.
    Object(Arc<dyn ObjectIndex>),
}

impl Index {
    /// An index of columns.
    pub fn native() -> Self {
        Self::Native(Box::default())
    }

    /// Whether it is one of columns.
    pub fn is_native(&self) -> bool {
        matches!(self, Self::Native(_))
    }

    /// Whether it is one of columns that a file has as such. Records are objects there.
    pub fn is_of_columns_in_files(&self) -> bool {
        match self {
            Self::Native(known) => known.lock().as_ref().is_none_or(|known| !known.kind().holds_records()),
            Self::Object(_) => false,
        }
    }

    /// The slot of each key; new keys get the next ones. Declines keys of another type than it has.
    pub fn slots(&self, keys: &Chunk) -> Result<Result<Vec<u32>, Decline>> {
        match (self, keys) {
            (Self::Object(index), keys) => index.slots(keys).map(Ok),
            (Self::Native(known), Chunk::Columns(columns)) => Ok(number(&mut known.lock(), columns)),
            (Self::Native(_), Chunk::Objects(_)) => Ok(Err(Decline::new("keys of mixed or unknown types"))),
        }
    }
}

fn number(known: &mut Option<Keys>, keys: &Columns) -> Result<Vec<u32>, Decline> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let known = known.get_or_insert_with(|| Keys::new(keys.kind()));
    // A NaN is found again only where it is the same object, which columns don't know.
    if known.kind() != keys.kind() || known.kind().any(&mut |kind| *kind == Type::Float) {
        return Err(Decline::new(format!("keys of {} after keys of {}", keys.kind(), known.kind())));
    }
    let (mut slots, mut fresh) = (Vec::with_capacity(keys.len()), Vec::new());
    known.slots(keys, &mut slots, &mut fresh)?;
    Ok(slots)
}
