//! The joined rows of one key with too many values: for each left value every right one, a piece of either side at a time.

use crate::chunk::{BoxStream, Chunk, ChunkStream, InMemory};
use crate::error::{Error, Kind, Result};
use crate::plan::JoinKind;
use crate::stage::Task;
use crate::store::StoredRef;

use super::heavy::Heavy;
use super::split::SPREAD;

/// What is to be joined, one piece after the other: both inputs of each.
pub(super) struct Product {
    /// The key, as one row.
    key: Chunk,
    sides: [StoredRef; 2],
    how: How,
    task: Task,
}

/// How pieces are made.
enum How {
    /// Of this input, each beside all that the other one has.
    OfOne(usize, BoxStream),
    /// Each left row beside pieces of the right input, which is too large to be there as a whole.
    Nested { left: BoxStream, rest: Option<Chunk>, row: Option<Chunk>, right: Option<BoxStream> },
}

impl Product {
    /// Of a key's values in two inputs; nothing where no row comes of them.
    pub(super) fn new(kind: JoinKind, key: Heavy, task: &Task) -> Option<Self> {
        let Heavy { key, sides, .. } = key;
        let sides: [StoredRef; 2] = sides.try_into().ok()?;
        let [left, right] = &sides;
        let one = |side: usize| How::OfOne(side, sides[side].open(&task.cancel));
        let how = match (left.rows() > 0, right.rows() > 0) {
            (true, false) if matches!(kind, JoinKind::Inner | JoinKind::RightOuter) => return None,
            (true, false) => one(0),
            (false, true) if matches!(kind, JoinKind::RightOuter | JoinKind::FullOuter) => one(1),
            (false, _) => return None,
            (true, true) if kind == JoinKind::Subtract => return None,
            (true, true) if right.bytes().saturating_mul(SPREAD) <= task.share().fair() => one(0),
            (true, true) => How::Nested { left: left.open(&task.cancel), rest: None, row: None, right: None },
        };
        Some(Self { key, sides, how, task: task.clone() })
    }

    /// The inputs of the next join.
    pub(super) fn next(&mut self) -> Result<Option<Vec<BoxStream>>> {
        self.task.cancel.check()?;
        let Self { key, sides, how, task } = self;
        match how {
            How::OfOne(side, rows) => {
                let Some(piece) = rows.next(usize::MAX)? else { return Ok(None) };
                let piece = pairs(key, &piece, task)?;
                let other = sides[1 - *side].open(&task.cancel);
                let other = Box::new(Pairs { key: key.clone(), values: other, task: task.clone() });
                Ok(Some(if *side == 0 { vec![piece, other] } else { vec![other, piece] }))
            }
            How::Nested { left, rest, row, right } => loop {
                if let (Some(row), Some(pieces)) = (&row, right.as_mut())
                    && let Some(piece) = pieces.next(usize::MAX)?
                {
                    return Ok(Some(vec![pairs(key, row, task)?, pairs(key, &piece, task)?]));
                }
                let rows = match rest.take() {
                    Some(rows) => Some(rows),
                    None => left.next(usize::MAX)?,
                };
                let Some(rows) = rows else { return Ok(None) };
                if rows.len() > 1 {
                    *rest = Some(rows.slice(1, rows.len() - 1));
                }
                *row = Some(rows.slice(0, 1));
                *right = Some(sides[1].open(&task.cancel));
            },
        }
    }
}

/// Pairs of the key and each value.
fn pairs(key: &Chunk, values: &Chunk, task: &Task) -> Result<BoxStream> {
    Ok(Box::new(InMemory::new(vec![paired(key, values, task)?])))
}

fn paired(key: &Chunk, values: &Chunk, task: &Task) -> Result<Chunk> {
    let keys = key.take(&vec![0; values.len()]).map_err(|e| Error::new(Kind::Spark, format!("a join: {e}")))?;
    task.pair(&keys, values)
}

/// Values as pairs of the key and each.
struct Pairs {
    key: Chunk,
    values: BoxStream,
    task: Task,
}

impl ChunkStream for Pairs {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        let values = self.values.next(want)?;
        values.map(|values| paired(&self.key, &values, &self.task)).transpose()
    }
}
