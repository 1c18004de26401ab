//! `mapWithState`: a function is called for each pair that came, and sees and changes the state of its key.

use std::collections::HashSet;
use std::time::Instant;

use crate::chunk::Chunk;
use crate::error::{Decline, Error, Kind, Result};
use crate::fault::declining;
use crate::plan::{PlanRef, Role};
use crate::stage::{Frozen, StateAnswer, StateCall, Task};
use crate::state::{Change, Held, Index, Opener, Snapshot};
use crate::time::Time;

use super::mapped::Batch;
use super::{Grouped, TaskOpener, columns_of, gather, keyed, keys_of, pairs_of};

/// The state after the batch, and what the function returned.
pub(super) fn after(
    plan: &PlanRef,
    before: Option<Held>,
    batch: &[Chunk],
    (time, timeout_ms): (Time, Option<i64>),
    task: &Task,
) -> Result<(Held, Vec<Chunk>)> {
    let opener = TaskOpener(task);
    let touched = timeout_ms.map(|_| time.0);
    let mut before = found_by_key(before, touched, task)?;
    let keys: Vec<Chunk> = batch.iter().map(|chunk| keys_of(chunk, task)).collect::<Result<_>>()?;
    let grouped = if let Ok(grouped) = group(&before, &keys)? {
        grouped
    } else {
        before = before.reindexed(Index::Object(opener.index()?), &opener)?;
        group(&before, &keys)?.map_err(|decline| Error::new(Kind::Spark, decline.to_string()))?
    };
    let expired = timeout_ms.map_or_else(Vec::new, |ms| expired(&mut before, time.0 - ms, &grouped));
    let (has, states) = before.found(&grouped.slots, &opener)?;
    let call = StateCall {
        function: task.prepared.function(plan, Role::WithState)?,
        time,
        touches: touched.is_some(),
        pairs: batch,
        numbers: &grouped.numbers,
        has: &has,
        states: &states,
        expired: (&before.keys_of(&expired, &opener)?, &before.values_of(&expired, &opener)?),
    };
    let answer = called(&call, &grouped, expired.len(), task)?;
    let slot = |number: &u32| grouped.slots[*number as usize];
    let mut change = Change {
        fresh: fresh_keys(&before, &grouped, &keys, &opener)?,
        slots: answer.updated.iter().map(slot).collect(),
        values: answer.states,
        removed: answer.removed.iter().filter(|number| has[**number as usize]).map(slot).collect(),
        time: touched,
    };
    change.removed.extend(expired);
    Ok((Held::Keyed(before.with(change, &opener)?), answer.mapped))
}

/// What the function says, compiled where it can be.
fn called(call: &StateCall<'_>, grouped: &Grouped, expired: usize, task: &Task) -> Result<StateAnswer> {
    let Frozen { function, frozen, .. } = call.function;
    let (counters, rows) = (function.counters(), call.numbers.len() + expired);
    let began = Instant::now();
    if let Ok(compiled) = &frozen.native {
        match declining(|| Batch { compiled, grouped, call, pairs: columns_of(call.pairs)? }.answer()) {
            Ok(answer) => {
                counters.add_native(rows);
                counters.add_native_time(began.elapsed());
                return Ok(answer);
            }
            Err(decline) => counters.add_declined(rows, &decline),
        }
    }
    counters.add_python(rows);
    let began = Instant::now();
    let answer = task.prepared.interpreter.map_with_state(call, task);
    counters.add_python_time(began.elapsed());
    answer
}

/// The keys that got nothing since `threshold`, nor in this batch.
fn expired(before: &mut Snapshot, threshold: i64, grouped: &Grouped) -> Vec<u32> {
    let mut out = before.timed_out(threshold);
    if !out.is_empty() {
        let came: HashSet<u32, foldhash::fast::RandomState> = grouped.slots.iter().copied().collect();
        out.retain(|slot| !came.contains(slot));
    }
    out
}

fn group(before: &Snapshot, keys: &[Chunk]) -> Result<Result<Grouped, Decline>> {
    let mut slots = Vec::new();
    for chunk in keys {
        match before.index().slots(chunk)? {
            Ok(more) => slots.extend(more),
            Err(decline) => return Ok(Err(decline)),
        }
    }
    Ok(Grouped::new(&slots, before.slots()))
}

/// The state in the form that keys are looked up in. What was there before the first batch is touched in that batch.
fn found_by_key(before: Option<Held>, touched: Option<i64>, task: &Task) -> Result<Snapshot> {
    let chunks = match before {
        Some(Held::Keyed(snapshot)) => return Ok(snapshot),
        Some(held) => crate::chunk::drain(pairs_of(held, task).as_mut(), usize::MAX, &task.cancel)?,
        None => return Ok(Snapshot::new(Index::native(), &task.prepared.memory)),
    };
    let snapshot = match keyed(&chunks, Index::native(), task)? {
        Ok(snapshot) => snapshot,
        Err(_) => objects(&chunks, task)?,
    };
    match touched {
        Some(time) => snapshot.touched(time, &TaskOpener(task)),
        None => Ok(snapshot),
    }
}

fn objects(pairs: &[Chunk], task: &Task) -> Result<Snapshot> {
    let index = Index::Object(task.prepared.interpreter.key_index()?);
    keyed(pairs, index, task)?.map_err(|decline| Error::new(Kind::Spark, decline.to_string()))
}

/// The keys that are new, in order of appearance.
fn fresh_keys(before: &Snapshot, grouped: &Grouped, keys: &[Chunk], opener: &TaskOpener<'_>) -> Result<Vec<Chunk>> {
    let rows = grouped.slots.iter().zip(&grouped.first).filter(|(slot, _)| **slot as usize >= before.slots());
    let (mut places, mut chunk, mut start) = (Vec::new(), 0, 0);
    for (_, row) in rows {
        while *row as usize >= start + keys[chunk].len() {
            start += keys[chunk].len();
            chunk += 1;
        }
        places.push((chunk, *row as usize - start));
    }
    if places.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![gather(opener.0.prepared.interpreter.as_ref(), keys, &places)?])
}
