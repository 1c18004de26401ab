//! Rows of one input kept or dropped by whether another has their key: `subtractByKey`, `subtract`, `intersection`.

use super::numbers::Numbers;
use super::side::{Grouped, Side};
use crate::chunk::{CHUNK_ROWS, Columns, Type};
use crate::error::Decline;
use crate::shuffle::table::{split, without_optional};

/// What comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectKind {
    /// The left pairs whose key the right input lacks, by key.
    SubtractByKey,
    /// The left rows that the right input lacks, equal ones together.
    Subtract,
    /// The distinct rows that both inputs have.
    Intersection,
}

/// Selects rows of the left input, 0, by the keys of the right one, 1. Invariant: a declined `add` leaves it as it was.
pub struct NativeSelect {
    kind: SelectKind,
    numbers: Numbers,
    left: Side,
    /// Whether the right input has the key of each number.
    right: Vec<bool>,
    slots: Vec<u32>,
    right_came: bool,
}

impl NativeSelect {
    /// Waits for the rows of both inputs.
    pub fn new(kind: SelectKind) -> Self {
        let (numbers, left) = (Numbers::default(), Side::default());
        Self { kind, numbers, left, right: Vec::new(), slots: Vec::new(), right_came: false }
    }

    /// Takes rows of an input in, all of the left one first: pairs for `SubtractByKey`, else any that can be hashed.
    pub fn add(&mut self, side: usize, rows: &Columns) -> Result<(), Decline> {
        if rows.is_empty() {
            return Ok(());
        }
        let (keys, values) = match self.kind {
            SelectKind::SubtractByKey => split(rows)?,
            _ => (without_optional(rows), Columns::tuple(Vec::new(), rows.len())),
        };
        match side {
            0 if !self.right_came => {
                let kind = self.left.admit(&values)?;
                self.numbers.add(&keys, &mut self.left.slots)?;
                self.left.push(values, kind);
            }
            1 => {
                self.slots.clear();
                self.numbers.add(&keys, &mut self.slots)?;
                self.right.resize(self.numbers.len(), false);
                for slot in &self.slots {
                    self.right[*slot as usize] = true;
                }
                self.right_came = true;
            }
            _ => return Err(Decline::new("the inputs of a join out of their order")),
        }
        Ok(())
    }

    /// Bytes that are held, approximately.
    pub fn weight(&self) -> usize {
        self.numbers.weight() + self.left.weight() + self.right.len() + 4 * self.slots.len()
    }

    /// The selected rows, chunk by chunk.
    pub fn finish(mut self) -> Result<Selected, Decline> {
        let keys = self.numbers.into_columns().unwrap_or_else(|| Columns::empty(Type::Null));
        self.right.resize(keys.len(), false);
        let left = self.left.grouped(keys.len())?;
        let most = left.chunk_rows();
        Ok(Selected { kind: self.kind, keys, left, right: self.right, most, key: 0, done: 0 })
    }
}

/// Chunks of the selected rows, all of one type. No chunk is expected to decline.
pub struct Selected {
    kind: SelectKind,
    keys: Columns,
    left: Grouped,
    right: Vec<bool>,
    most: usize,
    key: usize,
    done: usize,
}

impl Selected {
    fn chunk(&mut self) -> Result<Columns, Decline> {
        let (mut keys, mut rows) = (Vec::with_capacity(CHUNK_ROWS), Vec::with_capacity(CHUNK_ROWS));
        while self.key < self.keys.len() && keys.len() < self.most {
            let places = self.left.places(self.key);
            let len = match self.kind {
                SelectKind::Intersection => usize::from(self.right[self.key] && !places.is_empty()),
                _ if self.right[self.key] => 0,
                _ => places.len(),
            };
            let some = (len - self.done).min(self.most - keys.len());
            for place in self.done..self.done + some {
                keys.push(self.key as u32);
                rows.push(self.left.row(places.start + place));
            }
            self.done += some;
            if self.done < len {
                break;
            }
            self.key += 1;
            self.done = 0;
        }
        let taken = self.keys.take(&keys)?;
        match self.kind {
            SelectKind::SubtractByKey => Ok(Columns::tuple(vec![taken, self.left.take(&rows)?], keys.len())),
            _ => Ok(taken),
        }
    }
}

impl Iterator for Selected {
    type Item = Result<Columns, Decline>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.chunk() {
            Ok(chunk) if chunk.is_empty() => None,
            chunk => Some(chunk),
        }
    }
}
