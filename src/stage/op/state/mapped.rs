//! What a compiled mapping function makes of a batch: rows whose key came once are done as columns, those of keys that
//! came more often one after the other. It answers as the interpreter does, or declines.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, BooleanArray, NullArray};

use crate::chunk::{Chunk, Columns, Type};
use crate::error::Decline;
use crate::kernel::filter::filter;
use crate::lambda::{Compiled, REMOVED, States, UPDATED};
use crate::shuffle::concat_widened;
use crate::stage::{StateAnswer, StateCall};

use super::super::chain::to_columns;
use super::{Grouped, without_nulls};

/// What is asked of the function.
pub(super) struct Batch<'a> {
    /// The function.
    pub compiled: &'a Compiled,
    /// The keys that came.
    pub grouped: &'a Grouped,
    /// The same as the interpreter is asked.
    pub call: &'a StateCall<'a>,
    /// Keys and values that came.
    pub pairs: Option<[Columns; 2]>,
}

impl Batch<'_> {
    /// The same as `Interpreter::map_with_state` says.
    pub fn answer(&self) -> Result<StateAnswer, Decline> {
        let mut answer = StateAnswer::default();
        if let Some([keys, values]) = &self.pairs
            && !keys.is_empty()
        {
            let given = Given::new(&self.given(keys, values)?)?;
            self.note_changes(&given, &mut answer)?;
            answer.mapped.extend(given.rows()?);
        }
        if let ([keys], [values]) = self.call.expired {
            let states = States { exist: true, values: &to_columns(values)?, ending: true };
            let nothing = nulls(keys.len());
            let given = Given::new(&self.compiled.with_states(&states, to_columns(keys)?, nothing)?)?;
            if given.changes().iter().any(|change| *change != 0) {
                return Err(Decline::new("a state that times out is changed"));
            }
            answer.mapped.extend(given.rows()?);
        }
        Ok(answer)
    }

    /// What the function gives for each row.
    fn given(&self, keys: &Columns, values: &Columns) -> Result<Columns, Decline> {
        let grouped = self.grouped;
        let (lens, by_key) = grouped.by_key();
        let mut at = 0;
        let mut known = 0;
        // Of keys with a state, and of those without: those that came once, and the others.
        let mut parts = [Part::default(), Part::default()];
        for (number, has) in self.call.has.iter().enumerate() {
            let part = &mut parts[usize::from(!has)];
            let run = &by_key[at..at + lens[number]];
            at += run.len();
            if run.len() == 1 {
                part.single.push(grouped.first[number]);
                part.single_states.push(known);
            } else {
                part.runs.push(run);
                part.run_states.push(known);
            }
            known += u32::from(*has);
        }
        let states = match self.call.states {
            [] => None,
            [one] => Some(to_columns(one)?),
            _ => return Err(Decline::new("states in several pieces")),
        };
        let (mut given, mut order) = (Vec::new(), Vec::with_capacity(keys.len()));
        for (part, exist) in parts.iter().zip([true, false]) {
            let states_of = |which: &[u32]| match &states {
                Some(states) if exist => picked(states, which),
                _ => Ok(nulls(which.len())),
            };
            if !part.single.is_empty() {
                let states = States { exist, values: &states_of(&part.single_states)?, ending: false };
                let (keys, values) = (picked(keys, &part.single)?, picked(values, &part.single)?);
                given.push(self.compiled.with_states(&states, keys, values)?);
                order.extend_from_slice(&part.single);
            }
            if !part.runs.is_empty() {
                let states = States { exist, values: &states_of(&part.run_states)?, ending: false };
                given.push(self.compiled.with_shared_states(&states, keys, values, &part.runs)?);
                part.runs.iter().for_each(|run| order.extend_from_slice(run));
            }
        }
        let given = if given.len() == 1 { given.remove(0) } else { concat_widened(&given)? };
        let mut places = vec![0; order.len()];
        for (place, row) in order.iter().enumerate() {
            places[*row as usize] = place as u32;
        }
        picked(&given, &places)
    }

    /// Which keys have another state after the batch, in the order in which they were first changed.
    fn note_changes(&self, given: &Given, answer: &mut StateAnswer) -> Result<(), Decline> {
        const NEVER: u32 = u32::MAX;
        let mut exists = self.call.has.to_vec();
        let mut last = vec![NEVER; exists.len()];
        let mut changed = Vec::with_capacity(exists.len());
        for (row, (change, number)) in given.changes().iter().zip(&self.grouped.numbers).enumerate() {
            let at = *number as usize;
            match *change {
                UPDATED => exists[at] = true,
                REMOVED => exists[at] = false,
                _ if self.call.touches && exists[at] => {}
                _ => continue,
            }
            if last[at] == NEVER {
                changed.push(*number);
            }
            last[at] = row as u32;
        }
        (answer.updated, answer.removed) = changed.into_iter().partition(|number| exists[*number as usize]);
        let rows: Vec<u32> = answer.updated.iter().map(|number| last[*number as usize]).collect();
        if !rows.is_empty() {
            let states = picked(&given.states, &rows)?;
            let states = if let Type::Optional(inner) = states.kind()
                && states.array().null_count() == 0
            {
                without_nulls(&Columns::new(states.array().clone(), (**inner).clone()))
            } else {
                states
            };
            answer.states.push(Chunk::Columns(states));
        }
        Ok(())
    }
}

/// Keys that are alike: rows of those that came once, runs of rows of the others, and where their states are.
#[derive(Default)]
struct Part<'a> {
    single: Vec<u32>,
    single_states: Vec<u32>,
    runs: Vec<&'a [u32]>,
    run_states: Vec<u32>,
}

/// What the function gave, taken apart.
struct Given {
    results: Columns,
    changes: Columns,
    states: Columns,
    kept: Columns,
}

impl Given {
    fn new(given: &Columns) -> Result<Self, Decline> {
        let strange = || Decline::new("a mapping function that doesn't say what becomes of the state");
        let parts = <[Columns; 4]>::try_from(given.items().ok_or_else(strange)?).map_err(|_| strange())?;
        let [results, changes, states, kept] = parts;
        if (changes.kind(), kept.kind()) != (&Type::Int, &Type::Bool) {
            return Err(strange());
        }
        Ok(Self { results, changes, states, kept })
    }

    fn changes(&self) -> &[i64] {
        self.changes.array().as_primitive::<Int64Type>().values()
    }

    /// The results that are rows.
    fn rows(self) -> Result<Option<Chunk>, Decline> {
        let kept: &BooleanArray = self.kept.array().as_boolean();
        let rows = match kept.true_count() {
            0 => return Ok(None),
            all if all == kept.len() => self.results,
            _ => Columns::new(filter(self.results.array(), kept)?, self.results.kind().clone()),
        };
        Ok(Some(Chunk::Columns(rows)))
    }
}

fn nulls(len: usize) -> Columns {
    Columns::new(Arc::new(NullArray::new(len)), Type::Null)
}

/// The rows at `which`; they are most often all.
fn picked(rows: &Columns, which: &[u32]) -> Result<Columns, Decline> {
    if which.len() == rows.len() && which.iter().enumerate().all(|(i, row)| i == *row as usize) {
        return Ok(rows.clone());
    }
    rows.take(which)
}
