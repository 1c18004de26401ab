//! Loops: locals that each turn gives new values.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};

use crate::chunk::Cancel;
use crate::error::Decline;

/// After so many turns it is asked whether anybody still waits for them.
const LOOK: usize = 256;

/// A `for` or a `while`, of expressions or of trees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Loop<T> {
    /// The locals that turns change, each with its value before the first.
    pub carried: Vec<(usize, T)>,
    /// What there is a turn for.
    pub over: Over<T>,
    /// What the carried locals are after a turn: a tuple of them all.
    pub turn: T,
    /// Whether the first of them says how a turn ended: anything but 0 was the last turn.
    pub exits: bool,
    /// What follows; it sees the carried locals as they were last.
    pub body: T,
}

/// What a loop has a turn for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Over<T> {
    /// `for slot in range(start, stop, step)`
    Range {
        /// The loop variable.
        slot: usize,
        /// Start, stop and step.
        ends: [T; 3],
    },
    /// `for slot in of`
    Items {
        /// The loop variable.
        slot: usize,
        /// What is gone through.
        of: T,
    },
    /// `while`: its truth is asked before each turn.
    While(T),
}

impl<T> Loop<T> {
    /// The locals that it binds.
    pub fn slots(&self) -> impl Iterator<Item = usize> {
        let each = match &self.over {
            Over::Range { slot, .. } | Over::Items { slot, .. } => Some(*slot),
            Over::While(_) => None,
        };
        self.carried.iter().map(|(slot, _)| *slot).chain(each)
    }

    /// The same loop of other parts.
    pub fn map<U>(&self, each: &mut impl FnMut(&T) -> U) -> Loop<U> {
        let Ok(made) = self.try_map(&mut |part| Ok::<U, Infallible>(each(part)));
        made
    }

    /// The same, of parts that may not be had.
    pub fn try_map<U, E>(&self, each: &mut impl FnMut(&T) -> Result<U, E>) -> Result<Loop<U>, E> {
        let carried = self.carried.iter().map(|(slot, part)| Ok((*slot, each(part)?))).collect::<Result<_, E>>()?;
        let over = match &self.over {
            Over::Range { slot, ends: [from, to, by] } => {
                Over::Range { slot: *slot, ends: [each(from)?, each(to)?, each(by)?] }
            }
            Over::Items { slot, of } => Over::Items { slot: *slot, of: each(of)? },
            Over::While(test) => Over::While(each(test)?),
        };
        Ok(Loop { carried, over, turn: each(&self.turn)?, exits: self.exits, body: each(&self.body)? })
    }
}

/// Declines now and then, once the job was cancelled: a loop may have no end.
pub fn look(turn: usize) -> Result<(), Decline> {
    if turn.is_multiple_of(LOOK) && Cancel::current().is_some_and(|cancel| cancel.is_set()) {
        return Err(Decline::new("the job was cancelled"));
    }
    Ok(())
}

/// How many items a `range` has.
pub fn range_len(start: i64, stop: i64, by: i64) -> Result<u64, Decline> {
    let (distance, by) = match by {
        0 => return Err(Decline::new("a range of step 0")),
        1.. => (i128::from(stop) - i128::from(start), i128::from(by)),
        _ => (i128::from(start) - i128::from(stop), -i128::from(by)),
    };
    Ok(u64::try_from((distance + by - 1) / by).unwrap_or(0))
}

/// An item of a `range` that has it.
pub fn range_item(start: i64, step: i64, at: u64) -> i64 {
    start.wrapping_add(step.wrapping_mul(at as i64))
}
