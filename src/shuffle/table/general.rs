//! Any pure function of two values, evaluated by rounds: in round k every slot that has a k-th value takes it, all
//! slots at once.

use std::sync::Arc;

use super::rows::Rows;
use super::values::{Batch, Fold};
use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::lambda::BinaryFn;

/// The folded value of each slot.
pub(super) struct General {
    kind: Type,
    rows: Rows,
    function: Arc<dyn BinaryFn>,
}

/// The rows of a batch by slot. Slots with more rows come first, so that those still busy in round k are a prefix.
struct Rounds {
    slots: Vec<u32>,
    /// Where the rows of each of `slots` begin in `rows`, and the end.
    starts: Vec<usize>,
    rows: Vec<u32>,
}

impl General {
    pub(super) fn new(kind: &Type, function: Arc<dyn BinaryFn>) -> Self {
        Self { kind: kind.clone(), rows: Rows::new(kind), function }
    }

    /// The final values of `rounds.slots`, nothing stored yet.
    fn fold(&self, rounds: &Rounds, values: &Columns) -> Result<Columns, Decline> {
        let mut left = self.rows.gather(&rounds.slots)?;
        let mut done = Vec::new();
        for round in 0.. {
            let busy = rounds.busy(round);
            if busy < left.len() {
                done.push(left.slice(busy, left.len() - busy));
            }
            if busy == 0 {
                break;
            }
            let right: Vec<u32> = rounds.starts[..busy].iter().map(|start| rounds.rows[start + round]).collect();
            left = self.function.apply(&left.slice(0, busy), &values.take(&right)?)?;
            if *left.kind() != self.kind || left.len() != busy {
                return Err(Decline::new(format!("the function makes {} of {}", left.kind(), self.kind)));
            }
        }
        done.reverse();
        // At least one slot was busy in round 0, and all parts have this kind.
        Columns::concat(&done).ok_or(Decline::new("lists of more than 2^31 items in all"))
    }
}

impl Rounds {
    /// Leaves out the first rows of new slots: those are the slots' values already.
    fn new(batch: &Batch<'_>) -> Self {
        let mut counts = vec![0_u32; batch.after];
        for slot in batch.slots {
            counts[*slot as usize] += 1;
        }
        for slot in &mut counts[batch.before..] {
            *slot -= 1;
        }
        let mut slots: Vec<u32> = (0..batch.after as u32).filter(|slot| counts[*slot as usize] > 0).collect();
        slots.sort_by_key(|slot| std::cmp::Reverse(counts[*slot as usize]));
        let mut starts = Vec::with_capacity(slots.len() + 1);
        let mut next = vec![0; batch.after];
        let mut total = 0;
        for slot in &slots {
            starts.push(total);
            next[*slot as usize] = total;
            total += counts[*slot as usize] as usize;
        }
        starts.push(total);
        let mut rows = vec![0; total];
        let mut fresh = batch.fresh.iter().peekable();
        for (row, slot) in batch.slots.iter().enumerate() {
            if fresh.next_if(|first| **first as usize == row).is_none() {
                rows[next[*slot as usize]] = row as u32;
                next[*slot as usize] += 1;
            }
        }
        Self { slots, starts, rows }
    }

    /// How many slots have a value for this round.
    fn busy(&self, round: usize) -> usize {
        self.starts.windows(2).take_while(|pair| pair[1] - pair[0] > round).count()
    }
}

impl Fold for General {
    fn merge(&mut self, batch: &Batch<'_>, values: &Columns) -> Result<(), Decline> {
        self.rows.begin();
        self.rows.put(batch.before as u32..batch.after as u32, &values.take(batch.fresh)?)?;
        let rounds = Rounds::new(batch);
        if rounds.slots.is_empty() {
            return Ok(());
        }
        let folded = self.fold(&rounds, values);
        let put = folded.and_then(|folded| self.rows.put(rounds.slots.iter().copied(), &folded));
        put.inspect_err(|_| self.rows.rollback(batch.before))
    }

    fn undo(&mut self, batch: &Batch<'_>, _: &Columns) {
        self.rows.rollback(batch.before);
    }

    fn to_columns(&self) -> Columns {
        self.rows.to_columns()
    }
}
