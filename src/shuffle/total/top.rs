//! The n largest or smallest rows, perhaps by a key.

use std::cmp::Ordering;

use super::Total;
use crate::chunk::compact;
use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::shuffle::sort::{SortKeys, order};
use crate::shuffle::table::without_optional;
use crate::shuffle::widen::{common_type, widen};

/// `heapq.nlargest(n, rows, key)` or `heapq.nsmallest`: equal rows keep their order. Never holds more than about twice
/// `n` rows. The state is the rows in the answer's order; with the rest behind them they give the whole's answer.
pub struct Top {
    count: usize,
    largest: bool,
    held: Vec<Rows>,
    /// Once there are enough: only rows that are better than this key can still come in.
    limit: Option<Columns>,
}

/// Rows and their keys.
#[derive(Clone)]
struct Rows {
    rows: Columns,
    keys: Columns,
}

impl Top {
    /// The `count` largest rows, largest first.
    pub fn largest(count: usize) -> Self {
        Self { count, largest: true, held: Vec::new(), limit: None }
    }

    /// The `count` smallest rows, smallest first.
    pub fn smallest(count: usize) -> Self {
        Self { count, largest: false, held: Vec::new(), limit: None }
    }

    fn direction(&self, order: Ordering) -> Ordering {
        if self.largest { order.reverse() } else { order }
    }

    /// The rows of a chunk that may be in the answer, in their order.
    fn candidates(&self, keys: &Columns) -> Result<Vec<u32>, Decline> {
        let keys_of = SortKeys::new(keys)?;
        let mut rows: Vec<u32> = match &self.limit {
            None => (0..keys.len() as u32).collect(),
            Some(limit) => match (&keys_of, SortKeys::new(limit)?) {
                (SortKeys::Words(words), SortKeys::Words(limit)) => {
                    let better = |word: u64| if self.largest { word > limit[0] } else { word < limit[0] };
                    (0..words.len() as u32).filter(|row| better(words[*row as usize])).collect()
                }
                (keys_of, limit) => (0..keys.len() as u32)
                    .filter(|row| self.direction(keys_of.bytes(*row as usize).cmp(limit.bytes(0))) == Ordering::Less)
                    .collect(),
            },
        };
        if rows.len() > self.count {
            rows.select_nth_unstable_by(self.count - 1, |a, b| {
                self.direction(keys_of.compare(*a as usize, *b as usize)).then(a.cmp(b))
            });
            rows.truncate(self.count);
            rows.sort_unstable();
        }
        Ok(rows)
    }

    /// The answer of what is held.
    fn sorted(&self, held: &[Rows]) -> Result<Rows, Decline> {
        let all = |part: fn(&Rows) -> Columns| {
            Columns::concat(&held.iter().map(part).collect::<Vec<_>>()).ok_or(Decline::new("rows of several types"))
        };
        let (rows, keys) = (all(|h| h.rows.clone())?, all(|h| h.keys.clone())?);
        let mut order = order(&keys, !self.largest)?;
        order.truncate(self.count);
        Ok(Rows { rows: compact(&rows.take(&order)?), keys: compact(&keys.take(&order)?) })
    }
}

impl Total for Top {
    fn update(&mut self, rows: &Columns) -> Result<(), Decline> {
        self.update_by(rows, rows)
    }

    fn update_by(&mut self, rows: &Columns, keys: &Columns) -> Result<(), Decline> {
        if rows.is_empty() || self.count == 0 {
            return Ok(());
        }
        let (rows, keys) = (without_optional(rows), without_optional(keys));
        let known = self.held.first().map_or((rows.kind(), keys.kind()), |held| (held.rows.kind(), held.keys.kind()));
        let kind = common_type(known.0, rows.kind()).filter(|_| known.1 == keys.kind());
        let kind = kind.ok_or_else(|| Decline::new(format!("rows of {} after rows of {}", rows.kind(), known.0)))?;
        let candidates = self.candidates(&keys)?;
        if candidates.is_empty() {
            return Ok(());
        }
        let mut held = self.held.clone();
        held.push(Rows { rows: compact(&rows.take(&candidates)?), keys: compact(&keys.take(&candidates)?) });
        for part in &mut held {
            part.rows = widen(&part.rows, &kind);
        }
        let total: usize = held.iter().map(|h| h.rows.len()).sum();
        // Whether rows of these types can be put in order at all shows when they are.
        let sure = matches!(
            keys.kind(),
            Type::Bool | Type::Int | Type::Float | Type::Str | Type::Bytes | Type::Date | Type::DateTime | Type::Delta
        );
        let full = total >= self.count.saturating_mul(2) || (self.limit.is_none() && total >= self.count);
        if full || !sure || held.len() > 64 {
            let sorted = self.sorted(&held)?;
            let enough = sorted.keys.len() == self.count;
            self.limit = if enough { Some(compact(&sorted.keys.take(&[self.count as u32 - 1])?)) } else { None };
            held = vec![sorted];
        }
        self.held = held;
        Ok(())
    }

    fn state(&self) -> Option<Columns> {
        // What is held could be put in order when it came.
        self.sorted(&self.held).ok().map(|sorted| sorted.rows)
    }
}
