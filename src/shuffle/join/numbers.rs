//! The keys of all inputs, numbered by first appearance whatever input they come from.

use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::shuffle::table::keys::Keys;
use crate::shuffle::table::split;
use crate::shuffle::widen::{common_type, widen};

/// Bytes of the index that a key takes: the key or its view, its number, and the room that a hash table leaves.
const INDEXED: usize = 60;

/// Numbers of keys whose types may differ in where `None` stands.
#[derive(Default)]
pub struct Numbers {
    keys: Option<Keys>,
    fresh: Vec<u32>,
    /// Bytes of the distinct keys that were added.
    weight: usize,
}

impl Numbers {
    pub(super) fn len(&self) -> usize {
        self.keys.as_ref().map_or(0, Keys::len)
    }

    pub(super) fn weight(&self) -> usize {
        self.weight + INDEXED * self.len()
    }

    /// The number of each pair's key, and the values. A decline changes nothing.
    pub fn number(&mut self, pairs: &Columns) -> Result<(Vec<u32>, Columns), Decline> {
        let (keys, values) = split(pairs)?;
        let mut slots = Vec::with_capacity(keys.len());
        self.add(&keys, &mut slots)?;
        Ok((slots, values))
    }

    /// All keys so far in the order of their numbers; nothing where there are none.
    pub fn to_columns(&self) -> Option<Columns> {
        self.keys.as_ref().map(Keys::to_columns)
    }

    /// Appends the number of each key to `slots`. A decline changes nothing.
    pub(super) fn add(&mut self, keys: &Columns, slots: &mut Vec<u32>) -> Result<(), Decline> {
        let known = self.keys.as_ref().map_or_else(|| keys.kind().clone(), |known| known.kind().clone());
        let kind = common_type(&known, keys.kind())
            .ok_or_else(|| Decline::new(format!("keys of {} after keys of {known}", keys.kind())))?;
        let coming = widen(keys, &kind);
        self.fresh.clear();
        let before = slots.len();
        let mut wider = if kind == known && self.keys.is_some() { None } else { Some(self.widened(&kind)?) };
        let Some(all) = wider.as_mut().or(self.keys.as_mut()) else { return Ok(()) };
        all.slots(&coming, slots, &mut self.fresh).inspect_err(|_| slots.truncate(before))?;
        if wider.is_some() {
            self.keys = wider;
        }
        // Keys of a chunk are alike: what the new ones weigh is their share.
        self.weight += keys.weight() * self.fresh.len() / keys.len().max(1);
        Ok(())
    }

    /// The keys known so far under a type that `common_type` made of theirs, with the same numbers.
    fn widened(&self, kind: &Type) -> Result<Keys, Decline> {
        let mut wider = Keys::new(kind);
        if let Some(keys) = &self.keys {
            wider.slots(&widen(&keys.to_columns(), kind), &mut Vec::new(), &mut Vec::new())?;
        }
        Ok(wider)
    }

    /// All keys in the order of their numbers; nothing where there are none.
    pub(super) fn into_columns(self) -> Option<Columns> {
        self.keys.map(Keys::into_columns)
    }
}
