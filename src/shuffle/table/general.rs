//! Any pure function of two values, evaluated by rounds: in round k every slot that has a k-th value takes it, all
//! slots at once. What the hottest slots have left when few are busy is folded pair by pair.

use std::sync::Arc;

use super::rows::Rows;
use super::values::{Batch, Fold};
use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::lambda::BinaryFn;
use crate::shuffle::widen::fit;

/// A round of fewer slots costs more than its pairs one by one.
const FEW: usize = 32;
const NONE: u32 = u32::MAX;

/// The folded value of each slot.
pub(super) struct General {
    kind: Type,
    rows: Rows,
    function: Arc<dyn BinaryFn>,
    /// By slot, its place among the slots of a batch; `NONE` outside a merge.
    places: Vec<u32>,
}

/// The rows of a batch by slot, but the first rows of new slots. Slots with more rows come first, so that those still
/// busy in round k are a prefix.
struct Rounds {
    slots: Vec<u32>,
    /// Where the rows of each of `slots` begin in `rows`, and the end.
    starts: Vec<usize>,
    rows: Vec<u32>,
}

impl General {
    pub(super) fn new(kind: &Type, function: Arc<dyn BinaryFn>) -> Self {
        Self { kind: kind.clone(), rows: Rows::new(kind), function, places: Vec::new() }
    }

    /// Folds a batch in; `first` is what the first rows of new slots make of them.
    pub(super) fn fold_in(&mut self, batch: &Batch<'_>, first: &Columns, values: &Columns) -> Result<(), Decline> {
        self.rows.begin();
        self.rows.put(batch.before as u32..batch.after as u32, first)?;
        let rounds = Rounds::new(batch, &mut self.places);
        if rounds.slots.is_empty() {
            return Ok(());
        }
        let folded = self.fold(&rounds, values);
        let put = folded.and_then(|folded| self.rows.put(rounds.slots.iter().copied(), &folded));
        put.inspect_err(|_| self.rows.rollback(batch.before))
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
            left = left.slice(0, busy);
            if busy < FEW {
                done.push(self.checked(&self.function.fold(&left, values, &rounds.left(round, busy))?, busy)?);
                break;
            }
            let right: Vec<u32> = rounds.starts[..busy].iter().map(|start| rounds.rows[start + round]).collect();
            left = self.checked(&self.function.apply(&left, &values.take(&right)?)?, busy)?;
        }
        done.reverse();
        // At least one slot was busy in round 0, and all parts have this kind.
        Columns::concat(&done).ok_or(Decline::new("lists of more than 2^31 items in all"))
    }

    fn checked(&self, folded: &Columns, len: usize) -> Result<Columns, Decline> {
        fit(folded, &self.kind)
            .filter(|folded| folded.len() == len)
            .ok_or_else(|| Decline::new(format!("the function makes {} of {}", folded.kind(), self.kind)))
    }
}

impl Rounds {
    /// The cost follows the rows of the batch, not the slots there are: `places` is only ever as it was.
    fn new(batch: &Batch<'_>, places: &mut Vec<u32>) -> Self {
        places.resize(batch.after.max(places.len()), NONE);
        let (mut slots, mut counts) = (Vec::new(), Vec::new());
        for (_, slot) in others(batch) {
            let place = &mut places[slot as usize];
            if *place == NONE {
                *place = slots.len() as u32;
                slots.push(slot);
                counts.push(0_usize);
            }
            counts[*place as usize] += 1;
        }
        let mut order: Vec<u32> = (0..slots.len() as u32).collect();
        order.sort_by_key(|place| std::cmp::Reverse(counts[*place as usize]));
        let mut starts = Vec::with_capacity(slots.len() + 1);
        let mut next = vec![0; slots.len()];
        let mut total = 0;
        for place in &order {
            starts.push(total);
            next[*place as usize] = total;
            total += counts[*place as usize];
        }
        starts.push(total);
        let mut rows = vec![0; total];
        for (row, slot) in others(batch) {
            let next = &mut next[places[slot as usize] as usize];
            rows[*next] = row;
            *next += 1;
        }
        for slot in &slots {
            places[*slot as usize] = NONE;
        }
        Self { slots: order.into_iter().map(|place| slots[place as usize]).collect(), starts, rows }
    }

    /// How many slots have a value for this round.
    fn busy(&self, round: usize) -> usize {
        self.starts.windows(2).take_while(|pair| pair[1] - pair[0] > round).count()
    }

    /// The rows of the first `busy` slots from a round on.
    fn left(&self, round: usize, busy: usize) -> Vec<&[u32]> {
        self.starts.windows(2).take(busy).map(|pair| &self.rows[pair[0] + round..pair[1]]).collect()
    }
}

/// The rows that are not the first of a new slot, with their slots.
pub(super) fn others<'a>(batch: &'a Batch<'_>) -> impl Iterator<Item = (u32, u32)> + 'a {
    let mut fresh = batch.fresh.iter().peekable();
    batch.slots.iter().enumerate().filter_map(move |(row, slot)| {
        let is_first = fresh.next_if(|first| **first as usize == row).is_some();
        (!is_first).then_some((row as u32, *slot))
    })
}

impl Fold for General {
    fn merge(&mut self, batch: &Batch<'_>, values: &Columns) -> Result<(), Decline> {
        self.fold_in(batch, &values.take(batch.fresh)?, values)
    }

    fn undo(&mut self, batch: &Batch<'_>, _: &Columns) {
        self.rows.rollback(batch.before);
    }

    fn to_columns(&self) -> Columns {
        self.rows.to_columns()
    }

    fn weight(&self) -> usize {
        self.rows.weight() + 4 * self.places.len()
    }
}
