//! The panes of a window put together beforehand, where regrouping is exact: two stacks. Those at the front are reduced
//! from each pane to the newest of the front, those at the back from the oldest of the back on, so that a slide that takes
//! one pane and brings one costs two merges. Keys come in the order in which the panes brought them, as in one fold.

use std::ops::Range;

use crate::chunk::Columns;
use crate::error::Decline;
use crate::lambda::Reducer;
use crate::shuffle::NativeTable;

/// Panes are named by numbers, each of one pane for ever.
pub struct Panes {
    reducer: Reducer,
    /// The newest first: each pane with all that are newer, up to the first.
    front: Vec<(u64, Columns)>,
    back: Vec<u64>,
    /// The back, reduced.
    sums: NativeTable,
}

/// What is to be done for a window.
struct Move {
    /// So many of the oldest panes go.
    gone: usize,
    /// From this one of the wanted panes on they are new.
    from: usize,
    /// All are put together anew.
    turn: bool,
}

impl Panes {
    /// No panes.
    pub fn new(reducer: Reducer) -> Self {
        let sums = NativeTable::new(reducer.clone());
        Self { reducer, front: Vec::new(), back: Vec::new(), sums }
    }

    /// Which of the wanted panes, oldest first, `advance` has to see.
    pub fn unseen(&self, wanted: &[u64]) -> Range<usize> {
        let next = self.next(wanted);
        if next.turn { 0..wanted.len() } else { next.from..wanted.len() }
    }

    /// The reduced values of the wanted panes, whose rows that `unseen` named are given. Declines where another grouping
    /// might show; then it is unfit.
    pub fn advance(&mut self, wanted: &[u64], rows: &[Vec<Columns>]) -> Result<Columns, Decline> {
        let next = self.next(wanted);
        if next.turn {
            self.turn(wanted, rows)?;
        } else {
            if next.from == 0 {
                *self = Self::new(self.reducer.clone());
            }
            let gone = next.gone.min(self.front.len());
            self.front.truncate(self.front.len() - gone);
            for (pane, rows) in wanted[next.from..].iter().zip(rows) {
                self.back.push(*pane);
                merge(&mut self.sums, rows)?;
            }
        }
        let Some((_, oldest)) = self.front.last() else { return Ok(self.sums.to_columns()) };
        if self.sums.is_empty() {
            return Ok(oldest.clone());
        }
        let mut all = NativeTable::new(self.reducer.clone());
        merge(&mut all, &[oldest.clone(), self.sums.to_columns()])?;
        Ok(all.drain())
    }

    /// About how many bytes they take.
    pub fn weight(&self) -> usize {
        self.front.iter().map(|(_, rows)| rows.weight()).sum::<usize>() + self.sums.weight()
    }

    fn next(&self, wanted: &[u64]) -> Move {
        let held: Vec<u64> = self.front.iter().rev().map(|(pane, _)| *pane).chain(self.back.iter().copied()).collect();
        let gone = wanted.first().and_then(|first| held.iter().position(|pane| pane == first));
        match gone {
            Some(gone) if wanted.starts_with(&held[gone..]) => {
                Move { gone, from: held.len() - gone, turn: gone > self.front.len() }
            }
            _ => Move { gone: held.len(), from: 0, turn: false },
        }
    }

    /// All panes become the front.
    fn turn(&mut self, wanted: &[u64], rows: &[Vec<Columns>]) -> Result<(), Decline> {
        *self = Self::new(self.reducer.clone());
        let mut newer: Option<Columns> = None;
        for (pane, rows) in wanted.iter().zip(rows).rev() {
            let mut table = NativeTable::new(self.reducer.clone());
            merge(&mut table, rows)?;
            merge(&mut table, newer.as_slice())?;
            let reduced = table.drain();
            self.front.push((*pane, reduced.clone()));
            newer = Some(reduced);
        }
        Ok(())
    }
}

fn merge(table: &mut NativeTable, rows: &[Columns]) -> Result<(), Decline> {
    for rows in rows {
        table.merge(rows)?;
        if !table.is_empty() && !table.is_exact() {
            return Err(Decline::new("values whose grouping shows"));
        }
    }
    Ok(())
}
