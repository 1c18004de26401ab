//! Inner and outer joins: for each key every left value with every right one, never more than a chunk at once.

use super::cogroup::NativeCogroup;
use super::side::{Grouped, NONE};
use crate::chunk::Columns;
use crate::error::Decline;

/// Which keys come out that one input lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    /// None.
    Inner,
    /// Those of the left input.
    LeftOuter,
    /// Those of the right input.
    RightOuter,
    /// All.
    FullOuter,
}

impl JoinKind {
    /// Whether the left value can be missing.
    fn pads_left(self) -> bool {
        matches!(self, Self::RightOuter | Self::FullOuter)
    }

    fn pads_right(self) -> bool {
        matches!(self, Self::LeftOuter | Self::FullOuter)
    }
}

/// Joins two inputs by key. Invariant: a declined `add` leaves it as it was.
pub struct NativeJoin {
    kind: JoinKind,
    rows: NativeCogroup,
}

impl NativeJoin {
    /// Waits for the rows of the left input, 0, and of the right one, 1.
    pub fn new(kind: JoinKind) -> Self {
        Self { kind, rows: NativeCogroup::new(2) }
    }

    /// Takes pairs of an input in, all of the left one first.
    pub fn add(&mut self, side: usize, pairs: &Columns) -> Result<(), Decline> {
        self.rows.add(side, pairs)
    }

    /// Bytes that are held, approximately.
    pub fn weight(&self) -> usize {
        self.rows.weight()
    }

    /// The joined rows, chunk by chunk.
    pub fn finish(self) -> Result<Joined, Decline> {
        let (keys, sides) = self.rows.grouped()?;
        let sides: [Grouped; 2] = sides.try_into().map_err(|_| Decline::new("a join of other than two inputs"))?;
        let [left, right] = sides;
        let both = || (0..keys.len()).map(|key| (left.places(key).len(), right.places(key).len()));
        if left.kind().holds_objects() && both().any(|(left, right)| left > 0 && right > 1)
            || right.kind().holds_objects() && both().any(|(left, right)| left > 1 && right > 0)
        {
            return Err(Decline::new("a join that has one object in several rows"));
        }
        let most = left.chunk_rows().min(right.chunk_rows());
        Ok(Joined { kind: self.kind, keys, left, right, most, key: 0, done: 0 })
    }
}

/// Chunks of `(key, (left, right))`. All have one type: a side that the kind of join may pad is `Optional` in each, or
/// `None` where it has no rows at all. No chunk is expected to decline.
pub struct Joined {
    kind: JoinKind,
    keys: Columns,
    left: Grouped,
    right: Grouped,
    most: usize,
    /// The key whose rows come next, and how many of them have come.
    key: usize,
    done: usize,
}

/// Where the rows of a chunk come from.
#[derive(Default)]
struct Origins {
    keys: Vec<u32>,
    left: Vec<u32>,
    right: Vec<u32>,
}

impl Joined {
    /// The next rows, at most `most`.
    fn origins(&mut self) -> Origins {
        let mut out = Origins::default();
        for list in [&mut out.keys, &mut out.left, &mut out.right] {
            list.reserve(self.most);
        }
        while self.key < self.keys.len() && out.keys.len() < self.most {
            let (left, right) = (self.left.places(self.key), self.right.places(self.key));
            let dropped = left.is_empty() && !self.kind.pads_left() || right.is_empty() && !self.kind.pads_right();
            let (lefts, rights) = (left.len().max(1), right.len().max(1));
            if !dropped {
                let key = self.key as u32;
                while self.done < lefts * rights && out.keys.len() < self.most {
                    let (l, r) = (self.done / rights, self.done % rights);
                    let some = (rights - r).min(self.most - out.keys.len());
                    let left_row = if left.is_empty() { NONE } else { self.left.row(left.start + l) };
                    for place in r..r + some {
                        out.keys.push(key);
                        out.left.push(left_row);
                        out.right.push(if right.is_empty() { NONE } else { self.right.row(right.start + place) });
                    }
                    self.done += some;
                }
                if self.done < lefts * rights {
                    break;
                }
            }
            self.key += 1;
            self.done = 0;
        }
        out
    }

    fn chunk(&self, from: Origins) -> Result<Columns, Decline> {
        let len = from.keys.len();
        let keys = self.keys.take(&from.keys)?;
        let left =
            if self.kind.pads_left() { self.left.take_or_none(from.left)? } else { self.left.take(&from.left)? };
        let right =
            if self.kind.pads_right() { self.right.take_or_none(from.right)? } else { self.right.take(&from.right)? };
        Ok(Columns::tuple(vec![keys, Columns::tuple(vec![left, right], len)], len))
    }
}

impl Iterator for Joined {
    type Item = Result<Columns, Decline>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = (self.key, self.done);
        let from = self.origins();
        if from.keys.is_empty() {
            return None;
        }
        let chunk = self.chunk(from);
        if chunk.is_err() && self.most > 1 {
            // Lists longer than the average: fewer rows at once.
            (self.key, self.done) = start;
            self.most = self.most.div_ceil(2);
            return self.next();
        }
        Some(chunk)
    }
}
