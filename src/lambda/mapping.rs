//! Compiled functions of `mapWithState`, as `python/pyrite/_lambda/states.py` translates them. Goes in: what is known of
//! each row's state, its key and its value. Comes out: tuples of the result, the change (`UPDATED`, `REMOVED` or none),
//! the state then, and whether the result is a row.

use std::sync::Arc;

use arrow_array::BooleanArray;

use super::Compiled;
use super::cells::cell::Cell;
use crate::chunk::{Columns, Type};
use crate::error::Decline;

/// The key's state was updated.
pub const UPDATED: i64 = 1;
/// The key's state was removed.
pub const REMOVED: i64 = 2;

/// The states of some keys, one a row.
pub struct States<'a> {
    /// Whether there are states; else the values are all `None`.
    pub exist: bool,
    /// The states.
    pub values: &'a Columns,
    /// Whether they are timing out.
    pub ending: bool,
}

impl States<'_> {
    fn column(&self) -> Columns {
        let len = self.values.len();
        let each = |truth: bool| Columns::new(Arc::new(BooleanArray::from(vec![truth; len])), Type::Bool);
        Columns::tuple(vec![each(self.exist), self.values.clone(), each(self.ending)], len)
    }
}

impl Compiled {
    /// Each row with the state of its key, which no other row has.
    pub fn with_states(&self, states: &States<'_>, keys: Columns, values: Columns) -> Result<Columns, Decline> {
        self.map(&[states.column(), keys, values])
    }

    /// The rows of each run in turn, which have one state. What is given for the first run comes first.
    pub fn with_shared_states(
        &self,
        states: &States<'_>,
        keys: &Columns,
        values: &Columns,
        runs: &[&[u32]],
    ) -> Result<Columns, Decline> {
        self.scan(&states.column(), &[keys.clone(), values.clone()], runs, next)
    }
}

/// The state that the next row of the same key finds.
fn next<'a>(given: &Cell<'a>, state: Cell<'a>) -> Cell<'a> {
    let made = |exists, value| Cell::Tuple(vec![Cell::Bool(exists), value, Cell::Bool(false)]);
    match given {
        Cell::Tuple(parts) => match parts.as_slice() {
            [_, Cell::Int(UPDATED), value, _] => made(true, value.clone()),
            [_, Cell::Int(REMOVED), ..] => made(false, Cell::None),
            _ => state,
        },
        _ => state,
    }
}
