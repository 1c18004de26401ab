//! For each key the list of its values in each input.

use std::sync::Arc;

use arrow_array::ListArray;
use arrow_buffer::OffsetBuffer;

use super::numbers::Numbers;
use super::side::{Grouped, Side};
use crate::chunk::{CHUNK_ROWS, Columns, Type};
use crate::error::Decline;
use crate::shuffle::table::split;

/// Matches the keys of several inputs. Invariant: a declined `add` leaves it as it was.
pub struct NativeCogroup {
    numbers: Numbers,
    sides: Vec<Side>,
    /// The input that came last.
    at: usize,
}

impl NativeCogroup {
    /// Waits for the rows of `n` inputs.
    pub fn new(n: usize) -> Self {
        Self { numbers: Numbers::default(), sides: (0..n).map(|_| Side::default()).collect(), at: 0 }
    }

    /// Takes pairs of an input in. Inputs come one after the other, as that is the order of the keys.
    pub fn add(&mut self, side: usize, pairs: &Columns) -> Result<(), Decline> {
        if pairs.is_empty() {
            return Ok(());
        }
        let (keys, values) = split(pairs)?;
        if side < self.at || side >= self.sides.len() {
            return Err(Decline::new("the inputs of a join out of their order"));
        }
        let rows = &mut self.sides[side];
        let kind = rows.admit(&values)?;
        self.numbers.add(&keys, &mut rows.slots)?;
        rows.push(values, kind);
        self.at = side;
        Ok(())
    }

    /// Number of distinct keys so far.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether no row has come.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes that are held, approximately.
    pub fn weight(&self) -> usize {
        self.numbers.weight() + self.sides.iter().map(Side::weight).sum::<usize>()
    }

    /// The groups, chunk by chunk.
    pub fn finish(self) -> Result<Cogrouped, Decline> {
        let (keys, sides) = self.grouped()?;
        Ok(Cogrouped { keys, sides, next: 0 })
    }

    /// The keys, and each input's rows by key.
    pub(super) fn grouped(self) -> Result<(Columns, Vec<Grouped>), Decline> {
        let keys = self.numbers.into_columns().unwrap_or_else(|| Columns::empty(Type::Null));
        let sides = self.sides.into_iter().map(|side| side.grouped(keys.len())).collect::<Result<_, _>>()?;
        Ok((keys, sides))
    }
}

/// Chunks of `(key, (list, list, ...))`. All have one type; an input without rows has lists of `None`. No chunk is
/// expected to decline.
pub struct Cogrouped {
    keys: Columns,
    sides: Vec<Grouped>,
    next: usize,
}

impl Cogrouped {
    /// How many of the next keys make a chunk: those whose values are few enough, at least one.
    fn length(&self) -> usize {
        let keys = CHUNK_ROWS.min(self.keys.len() - self.next);
        let begins: Vec<usize> = self.sides.iter().map(|side| side.places(self.next).start).collect();
        let values = |key: usize| {
            let ends = self.sides.iter().map(|side| side.places(key).end);
            ends.zip(&begins).map(|(end, begin)| end - begin).sum::<usize>()
        };
        let most = CHUNK_ROWS * self.sides.len();
        (1..keys).find(|more| values(self.next + more) > most).unwrap_or(keys)
    }

    fn chunk(&self, len: usize) -> Result<Columns, Decline> {
        let keys = self.next..self.next + len;
        let lists = self.sides.iter().map(|side| {
            let item = side.kind();
            let offsets = OffsetBuffer::from_lengths(side.lengths(keys.clone()));
            let items = side.of_keys(keys.clone())?;
            let lists = ListArray::new(Arc::new(item.field("item")), offsets, items.array().clone(), None);
            Ok(Columns::new(Arc::new(lists), Type::List(Box::new(item.clone()))))
        });
        let lists = Columns::tuple(lists.collect::<Result<_, Decline>>()?, len);
        Ok(Columns::tuple(vec![self.keys.slice(self.next, len), lists], len))
    }
}

impl Iterator for Cogrouped {
    type Item = Result<Columns, Decline>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.keys.len() {
            return None;
        }
        let len = self.length();
        let chunk = self.chunk(len);
        self.next += len;
        Some(chunk)
    }
}
