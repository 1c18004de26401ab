//! Native aggregation by key. Chunks of pairs come in, one folded value a key goes out, keys in first-seen order.

mod concat;
mod extreme;
mod general;
mod index;
mod ints;
pub(in crate::shuffle) mod keys;
mod lists;
mod picked;
mod rows;
mod slot;
mod states;
mod sums;
mod values;
mod vectors;

use std::sync::Arc;

use arrow_array::NullArray;

use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::lambda::{Aggregator, Reducer};

use super::widen::{common_type, widen};
use keys::Keys;
pub(super) use slot::Slot;
use values::{Batch, Values};

/// An insertion-ordered hash table from keys to folded values. Invariant: a declined call leaves it as it was, so the
/// caller can always go on in Python with `to_columns`.
pub struct NativeTable {
    how: How,
    contents: Option<Contents>,
    slots: Vec<u32>,
    fresh: Vec<u32>,
}

/// What becomes of the values.
#[derive(Clone)]
pub(super) enum How {
    /// They are folded as they are.
    Reduce(Reducer),
    /// States are made of them.
    Aggregate(Arc<Aggregator>),
}

/// What is there once the first row has told the types.
struct Contents {
    keys: Keys,
    values: Values,
}

impl NativeTable {
    /// An empty table; the first merge decides its types.
    pub fn new(reducer: Reducer) -> Self {
        Self::with(How::Reduce(reducer))
    }

    /// An empty table of states: the map side of an aggregate. Its reduce side is a table of `Aggregator::merge`.
    pub fn aggregating(aggregator: Arc<Aggregator>) -> Self {
        Self::with(How::Aggregate(aggregator))
    }

    fn with(how: How) -> Self {
        Self { how, contents: None, slots: Vec::new(), fresh: Vec::new() }
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        self.contents.as_ref().map_or(0, |c| c.keys.len())
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Folds pairs in, in row order: the left operand is what the table has, the right one what comes.
    pub fn merge(&mut self, pairs: &Columns) -> Result<(), Decline> {
        if pairs.is_empty() {
            return Ok(());
        }
        let (keys, values) = split(pairs)?;
        self.take_in(&keys, &values)
    }

    /// As `merge`, of keys alone: for a table of `Reducer::Count`.
    pub fn count(&mut self, keys: &Columns) -> Result<(), Decline> {
        if keys.is_empty() {
            return Ok(());
        }
        let nothing = Columns::new(Arc::new(NullArray::new(keys.len())), Type::Null);
        self.take_in(&without_optional(keys), &nothing)
    }

    fn take_in(&mut self, keys: &Columns, values: &Columns) -> Result<(), Decline> {
        let Some(contents) = &mut self.contents else {
            let mut contents = Contents::new(&self.how, keys.kind(), values.kind())?;
            contents.merge(keys, values, &mut self.slots, &mut self.fresh)?;
            self.contents = Some(contents);
            return Ok(());
        };
        let known = contents.values.kind().unwrap_or(values.kind());
        if keys.kind() == contents.keys.kind() && values.kind() == known {
            return contents.merge(keys, values, &mut self.slots, &mut self.fresh);
        }
        let key = joined("keys", contents.keys.kind(), keys.kind())?;
        let value = joined("values", known, values.kind())?;
        let (keys, values) = (widen(keys, &key), widen(values, &value));
        if key == *contents.keys.kind() && value == *known {
            return contents.merge(&keys, &values, &mut self.slots, &mut self.fresh);
        }
        // `None` came where none was before: the table is laid out anew for the wider types.
        let mut wider = Contents::new(&self.how, &key, &value)?;
        wider.seed(contents, &mut self.slots, &mut self.fresh)?;
        wider.merge(&keys, &values, &mut self.slots, &mut self.fresh)?;
        self.contents = Some(wider);
        Ok(())
    }

    /// The table as it is; an empty one of the same types is left, so that it declines what this would have declined.
    #[must_use]
    pub fn hand_out(&mut self) -> Self {
        let kinds = self.contents.as_ref().map(|c| (c.keys.kind().clone(), c.values.kind().cloned()));
        let contents = kinds.and_then(|(key, value)| Contents::new(&self.how, &key, &value?).ok());
        Self { contents: std::mem::replace(&mut self.contents, contents), ..Self::with(self.how.clone()) }
    }

    /// Whether pairs of this type are such as the table gives.
    pub fn is_of(&self, pairs: &Type) -> bool {
        match (&self.contents, pairs) {
            (Some(Contents { keys, values }), Type::Tuple(kinds)) => {
                matches!(kinds.as_slice(), [key, value] if key == keys.kind() && Some(value) == values.kind())
            }
            _ => false,
        }
    }

    /// Whether tables of parts of the rows, merged in order, hold what one table of all rows would.
    pub fn is_exact(&self) -> bool {
        let kind = self.contents.as_ref().and_then(|contents| contents.values.kind());
        match (&self.how, kind) {
            (How::Reduce(reducer), Some(kind)) => reducer.is_exact(kind),
            _ => false,
        }
    }

    /// About how many bytes the table takes, kept up to date: asking costs next to nothing.
    pub fn weight(&self) -> usize {
        let contents = self.contents.as_ref().map_or(0, |c| c.keys.weight() + c.values.weight());
        contents + 4 * (self.slots.len() + self.fresh.len())
    }

    /// Folds a later table in, its keys in their order. Equal to having merged its input here only where
    /// `Reducer::is_exact`.
    pub fn absorb(&mut self, later: &Self) -> Result<(), Decline> {
        self.merge(&later.to_columns())
    }

    /// The pairs, keys in first-seen order, in storage of their own.
    pub fn to_columns(&self) -> Columns {
        let Some(contents) = &self.contents else {
            return Columns::empty(Type::Tuple(vec![Type::Null, Type::Null]));
        };
        Columns::tuple(vec![contents.keys.to_columns(), contents.values.to_columns()], contents.keys.len())
    }

    /// The pairs, and the table is gone.
    pub fn drain(self) -> Columns {
        let Some(contents) = self.contents else {
            return Columns::empty(Type::Tuple(vec![Type::Null, Type::Null]));
        };
        let len = contents.keys.len();
        Columns::tuple(vec![contents.keys.into_columns(), contents.values.to_columns()], len)
    }

    /// The pairs by at most `rows` at a time, and the table is gone. The pieces share storage.
    pub fn drain_chunks(self, rows: usize) -> impl Iterator<Item = Columns> {
        let pairs = self.drain();
        let len = pairs.len();
        let rows = rows.max(1);
        (0..len).step_by(rows).map(move |from| pairs.slice(from, rows.min(len - from)))
    }
}

impl Contents {
    fn new(how: &How, key: &Type, value: &Type) -> Result<Self, Decline> {
        Ok(Self { keys: Keys::new(key), values: Values::new(how, value)? })
    }

    /// Takes over what a table of narrower types holds; there is nothing here yet.
    fn seed(&mut self, narrow: &Self, slots: &mut Vec<u32>, fresh: &mut Vec<u32>) -> Result<(), Decline> {
        slots.clear();
        fresh.clear();
        self.keys.slots(&widen(&narrow.keys.to_columns(), self.keys.kind()), slots, fresh)?;
        self.values.seed(&Batch { slots, fresh, before: 0, after: self.keys.len() }, &narrow.values.to_columns())
    }

    /// Folds rows of exactly the table's types in.
    fn merge(
        &mut self,
        keys: &Columns,
        values: &Columns,
        slots: &mut Vec<u32>,
        fresh: &mut Vec<u32>,
    ) -> Result<(), Decline> {
        let before = self.keys.len();
        slots.clear();
        fresh.clear();
        self.keys.slots(keys, slots, fresh)?;
        let batch = Batch { slots, fresh, before, after: self.keys.len() };
        self.values.merge(&batch, values).inspect_err(|_| self.keys.truncate(before))
    }
}

/// The type that has both the table's and the coming rows.
fn joined(what: &str, known: &Type, coming: &Type) -> Result<Type, Decline> {
    common_type(known, coming).ok_or_else(|| Decline::new(format!("{what} of {coming} after {what} of {known}")))
}

/// Keys and values of a column of pairs.
pub(in crate::shuffle) fn split(pairs: &Columns) -> Result<(Columns, Columns), Decline> {
    let pairs = without_optional(pairs);
    let [keys, values] = pairs.pair().ok_or_else(|| Decline::new(format!("rows of {} are not pairs", pairs.kind())))?;
    Ok((without_optional(&keys), without_optional(&values)))
}

/// The same rows under their plain type where no row is `None`.
pub(in crate::shuffle) fn without_optional(rows: &Columns) -> Columns {
    match rows.kind() {
        Type::Optional(inner) if rows.array().null_count() == 0 => {
            Columns::new(rows.array().clone(), (**inner).clone())
        }
        _ => rows.clone(),
    }
}
