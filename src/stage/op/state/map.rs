//! `mapWithState`: a function is called for each pair that came, and sees and changes the state of its key.

use crate::chunk::Chunk;
use crate::error::{Decline, Error, Kind, Result};
use crate::plan::{PlanRef, Role};
use crate::stage::{StateCall, Task};
use crate::state::{Change, Held, Index, Opener, Snapshot};
use crate::time::Time;

use super::{Grouped, TaskOpener, gather, keyed, pairs_of, unpair};

/// The state after the batch, and what the function returned.
pub(super) fn after(
    plan: &PlanRef,
    before: Option<Held>,
    batch: &[Chunk],
    (time, timeout_ms): (Time, Option<i64>),
    task: &Task,
) -> Result<(Held, Vec<Chunk>)> {
    let opener = TaskOpener(task);
    let mut before = found_by_key(before, timeout_ms.map(|_| time.0), task)?;
    let split: Vec<(Chunk, Chunk)> = batch.iter().map(|chunk| unpair(chunk, task)).collect::<Result<_>>()?;
    let keys: Vec<Chunk> = split.into_iter().map(|(keys, _)| keys).collect();
    let grouped = if let Ok(grouped) = group(&before, &keys)? {
        grouped
    } else {
        before = before.reindexed(Index::Object(opener.index()?), &opener)?;
        group(&before, &keys)?.map_err(|decline| Error::new(Kind::Spark, decline.to_string()))?
    };
    let has: Vec<bool> = grouped.slots.iter().map(|slot| before.has(*slot)).collect();
    let known: Vec<u32> = grouped.slots.iter().copied().filter(|slot| before.has(*slot)).collect();
    let states = before.values_of(&known, &opener)?;
    let expired: Vec<u32> = match timeout_ms {
        None => Vec::new(),
        Some(ms) => {
            let out = before.timed_out(time.0 - ms);
            let came: std::collections::HashSet<u32> = grouped.slots.iter().copied().collect();
            out.into_iter().filter(|slot| !came.contains(slot)).collect()
        }
    };
    let gone = (before.keys_of(&expired, &opener)?, before.values_of(&expired, &opener)?);
    let function = task.prepared.function(plan, Role::WithState)?;
    let call = StateCall {
        function,
        time,
        touches: timeout_ms.is_some(),
        pairs: batch,
        numbers: &grouped.numbers,
        has: &has,
        states: &states,
        expired: (&gone.0, &gone.1),
    };
    let answer = task.prepared.interpreter.map_with_state(&call, task)?;
    function.function.counters().add_python(grouped.numbers.len() + expired.len());
    let slot = |number: &u32| grouped.slots[*number as usize];
    let mut change = Change {
        fresh: fresh_keys(&before, &grouped, &keys, &opener)?,
        slots: answer.updated.iter().map(slot).collect(),
        values: answer.states,
        removed: answer.removed.iter().map(slot).filter(|slot| before.has(*slot)).collect(),
        time: timeout_ms.map(|_| time.0),
    };
    change.removed.extend(expired);
    Ok((Held::Keyed(before.with(change, &opener)?), answer.mapped))
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
