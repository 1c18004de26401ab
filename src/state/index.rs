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
    if known.kind() != keys.kind() || holds_floats(keys.kind()) {
        return Err(Decline::new(format!("keys of {} after keys of {}", keys.kind(), known.kind())));
    }
    let (mut slots, mut fresh) = (Vec::with_capacity(keys.len()), Vec::new());
    known.slots(keys, &mut slots, &mut fresh)?;
    Ok(slots)
}

/// A NaN is found again only where it is the same object, which columns don't know.
fn holds_floats(kind: &Type) -> bool {
    match kind {
        Type::Float => true,
        Type::Tuple(items) | Type::Record(_, items) => items.iter().any(holds_floats),
        Type::Optional(inner) | Type::List(inner) | Type::Group(inner) => holds_floats(inner),
        _ => false,
    }
}
