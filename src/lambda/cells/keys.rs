//! What is the same for values that are equal and may be keys, and which of many values are equal.

use hashbrown::HashMap;

use super::cell::Cell;
use crate::error::{Decline, Exception};

/// What is the same for values that are equal and may be keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key<'k> {
    /// `None`
    None,
    /// An int, a bool or a float that is whole.
    Int(i64),
    /// Another float, by its bits.
    Float(u64),
    /// A str.
    Str(&'k str),
    /// A date.
    Date(i32),
    /// A time.
    DateTime(i64),
    /// A difference.
    Delta(i64),
    /// A tuple.
    Tuple(Vec<Key<'k>>),
}

/// The key that a value is.
pub fn key<'k>(cell: &'k Cell<'_>) -> Result<Key<'k>, Decline> {
    Ok(match cell {
        Cell::None => Key::None,
        Cell::Bool(b) => Key::Int(i64::from(*b)),
        Cell::Int(i) => Key::Int(*i),
        // A nan is equal to nothing, but the same object is found again.
        Cell::Float(f) if f.is_nan() => return Err(Decline::new("a nan as a key")),
        Cell::Float(f)
            if f.fract() == 0.0 && *f >= -9_223_372_036_854_775_808.0 && *f < 9_223_372_036_854_775_808.0 =>
        {
            Key::Int(*f as i64)
        }
        Cell::Float(f) => Key::Float(f.to_bits()),
        Cell::Str(s) => Key::Str(s),
        Cell::Bytes(_) => return Err(Decline::new("a bytes as a key")),
        Cell::Date(day) => Key::Date(*day),
        Cell::DateTime(time) => Key::DateTime(*time),
        Cell::Delta(of) => Key::Delta(*of),
        Cell::Record(class, items) if class.is_tuple() => Key::Tuple(items.iter().map(key).collect::<Result<_, _>>()?),
        Cell::Tuple(items) => Key::Tuple(items.iter().map(key).collect::<Result<_, _>>()?),
        // The translator's dicts and sets are lists, too: none of them is a key.
        Cell::List(_) => return Err(Decline::raises(Exception::TypeError, "a list as a key")),
        other => return Err(other.unsupported("a key")),
    })
}

/// Whether a value is the key.
pub fn is_key(cell: &Cell<'_>, wanted: &Key<'_>) -> Result<bool, Decline> {
    match (cell, wanted) {
        (Cell::Str(known), Key::Str(wanted)) => Ok(**known == **wanted),
        (Cell::Int(known), Key::Int(wanted)) => Ok(known == wanted),
        (Cell::Str(_), _) | (Cell::Int(_), Key::Str(_)) => Ok(false),
        _ => Ok(key(cell)? == *wanted),
    }
}

/// So few are compared with each other.
const FEW: usize = 12;

/// Keys, each with the place where it came first.
pub enum Places<'k> {
    /// One after the other.
    Few(Vec<Key<'k>>),
    /// By their hashes.
    Many(HashMap<Key<'k>, usize, foldhash::fast::RandomState>),
}

impl<'k> Places<'k> {
    /// No keys yet, of which there will be so many.
    pub fn new(len: usize) -> Self {
        if len <= FEW {
            Self::Few(Vec::with_capacity(len))
        } else {
            Self::Many(HashMap::with_capacity_and_hasher(len, foldhash::fast::RandomState::default()))
        }
    }

    /// Of values that are all different.
    pub fn of<'c: 'k>(cells: impl ExactSizeIterator<Item = &'k Cell<'c>>) -> Result<Self, Decline> {
        let mut places = Self::new(cells.len());
        for cell in cells {
            places.put(key(cell)?);
        }
        Ok(places)
    }

    /// Adds a key, if it is new; its place among the different ones.
    pub fn put(&mut self, key: Key<'k>) -> usize {
        match self {
            Self::Few(keys) => keys.iter().position(|known| *known == key).unwrap_or_else(|| {
                keys.push(key);
                keys.len() - 1
            }),
            Self::Many(keys) => {
                let next = keys.len();
                *keys.entry(key).or_insert(next)
            }
        }
    }

    /// The place of a key.
    pub fn get(&self, key: &Key<'_>) -> Option<usize> {
        match self {
            Self::Few(keys) => keys.iter().position(|known| known == key),
            Self::Many(keys) => keys.get(key).copied(),
        }
    }
}

/// For each value, where the first that is equal to it stands among the different ones.
pub fn places<'k, 'c: 'k>(cells: impl ExactSizeIterator<Item = &'k Cell<'c>>) -> Result<Vec<usize>, Decline> {
    let mut known = Places::new(cells.len());
    let mut all = Vec::with_capacity(cells.len());
    for cell in cells {
        all.push(known.put(key(cell)?));
    }
    Ok(all)
}
