//! `updateStateByKey`: every key's state becomes what the function makes of its new values and its state.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ListArray, NullArray};
use arrow_buffer::OffsetBuffer;

use crate::chunk::{Chunk, Columns, InMemory, Type};
use crate::error::{Decline, Result};
use crate::fault::declining;
use crate::lambda::{Compiled, Expr};
use crate::plan::{Before, FunctionKind, JoinKind, Op, PlanRef, Role};
use crate::stage::{Frozen, RowInput, Step, Task};
use crate::state::{Change, Held, Index, Rows, Snapshot};
use crate::store::{Level, Writer};

use super::super::chain::{pair, to_columns};
use super::{Grouped, TaskOpener, columns_of, columns_or_shareable, keyed, pairs_of, without_nulls};

/// The state after the batch.
pub(super) fn after(plan: &PlanRef, before: Option<Held>, batch: Vec<Chunk>, task: &Task) -> Result<Held> {
    let update = task.prepared.function(plan, Role::Update)?;
    let rows: usize = batch.iter().map(Chunk::len).sum();
    let began = Instant::now();
    let declined = match &update.frozen.native {
        Ok(compiled) => match native(before.as_ref(), &batch, compiled, task)? {
            Ok(snapshot) => {
                update.function.counters().add_native(rows);
                update.function.counters().add_native_time(began.elapsed());
                return Ok(Held::Keyed(snapshot));
            }
            Err(decline) => Some(decline),
        },
        Err(_) => None,
    };
    if let Some(decline) = declined {
        update.function.counters().add_declined(rows, &decline);
    }
    interpreted(plan, update, before, batch, task)
}

/// As Spark does it: the states and the values of each key meet, and the function says what becomes of them. Where no key
/// comes twice among the states, they pass by the batch: they may be larger than memory.
fn interpreted(plan: &PlanRef, update: &Frozen, before: Option<Held>, batch: Vec<Chunk>, task: &Task) -> Result<Held> {
    let interpreter = &task.prepared.interpreter;
    let states = match before {
        Some(held) => pairs_of(held, task),
        None => Box::new(InMemory::new(Vec::new())),
    };
    let batch = Box::new(InMemory::new(batch));
    // What is there at first may have a key twice.
    let once = matches!(plan.op(), Op::State(op) if op.before != Before::Pairs);
    let met = if once {
        interpreter.meet(states, batch, &plan.name().into(), task)?
    } else {
        interpreter.join(JoinKind::Cogroup, vec![states, batch], &plan.name().into(), task)?
    };
    let Frozen { name, function, frozen } = task.prepared.function(plan, Role::UpdateAll)?.clone();
    let step = Step { kind: FunctionKind::FlatMap, name, function, frozen };
    let began = Instant::now();
    let mut states = interpreter.chain(&[step], Box::new(Met(met)), task)?;
    let mut writer = Writer::new(&task.prepared.memory, Level::MemoryAndDisk);
    while let Some(chunk) = states.next(usize::MAX)? {
        task.cancel.check()?;
        writer.push(columns_or_shareable(&chunk, task)?)?;
    }
    update.function.counters().add_python(writer.rows());
    update.function.counters().add_python_time(began.elapsed());
    Ok(Held::Rows(Rows::new(writer.finish()?)))
}

struct Met(crate::chunk::BoxStream);

impl RowInput for Met {
    fn next(&mut self) -> Result<Option<(Chunk, usize)>> {
        Ok(self.0.next(usize::MAX)?.map(|chunk| (chunk, 0)))
    }
}

/// The state where keys, values and states are columns that the function can take.
fn native(
    before: Option<&Held>,
    batch: &[Chunk],
    compiled: &Arc<Compiled>,
    task: &Task,
) -> Result<Result<Snapshot, Decline>> {
    let before = match before {
        Some(Held::Keyed(snapshot)) if snapshot.index().is_native() => Ok(snapshot.clone()),
        Some(held) => {
            let mut pairs = pairs_of(held.clone(), task);
            let mut chunks = Vec::new();
            while let Some(chunk) = pairs.next(usize::MAX)? {
                match to_columns(&chunk).and_then(|columns| pair(&columns).map(|_| columns)) {
                    Ok(columns) => chunks.push(columns),
                    Err(decline) => return Ok(Err(decline)),
                }
            }
            let states = chunks.iter().filter_map(|chunk| pair(chunk).ok());
            if let Err(decline) = same_kinds(states) {
                return Ok(Err(decline));
            }
            let chunks: Vec<Chunk> = chunks.into_iter().map(Chunk::Columns).collect();
            keyed(&chunks, Index::native(), task)?
        }
        None => Ok(Snapshot::new(Index::native(), &task.prepared.memory)),
    };
    match before.and_then(|before| Ok((columns_of(batch)?, before))) {
        Ok((pairs, before)) => updated(&before, pairs.as_ref(), compiled, task),
        Err(decline) => Ok(Err(decline)),
    }
}

fn same_kinds(pairs: impl Iterator<Item = [Columns; 2]>) -> Result<(), Decline> {
    let mut kinds = pairs.map(|[keys, states]| (keys.kind().clone(), states.kind().clone()));
    let first = kinds.next();
    if kinds.any(|kind| Some(kind) != first) {
        return Err(Decline::new("states of several types"));
    }
    Ok(())
}

/// What the function says of some slots.
struct Said {
    slots: Vec<u32>,
    /// `None` where the key goes.
    states: Columns,
}

fn updated(
    before: &Snapshot,
    pairs: Option<&[Columns; 2]>,
    compiled: &Arc<Compiled>,
    task: &Task,
) -> Result<Result<Snapshot, Decline>> {
    let opener = TaskOpener(task);
    let slots = match pairs {
        Some([keys, _]) => before.index().slots(&Chunk::Columns(keys.clone()))?,
        None => Ok(Vec::new()),
    };
    let grouped = match slots.and_then(|slots| Grouped::new(&slots, before.slots())) {
        Ok(grouped) => grouped,
        Err(decline) => return Ok(Err(decline)),
    };
    let (mut known, mut new): (Vec<u32>, Vec<u32>) = Default::default();
    for (number, slot) in grouped.slots.iter().enumerate() {
        let part = if before.has(*slot) { &mut known } else { &mut new };
        part.push(number as u32);
    }
    let slots_of = |numbers: &[u32]| numbers.iter().map(|n| grouped.slots[*n as usize]).collect::<Vec<_>>();
    let kind = match before.some_slot() {
        Some(slot) => match before.columns_of(&[slot], &opener)? {
            Some(one) => Some(one.kind().clone()),
            None => return Ok(Err(Decline::new("states of several types"))),
        },
        None => None,
    };
    let keeps = kind.as_ref().is_some_and(|kind| compiled.expr().keeps_idle(kind));
    let known_slots = slots_of(&known);
    let known_states = if known.is_empty() { None } else { before.columns_of(&known_slots, &opener)? };
    let idle: Vec<u32> = if keeps || before.is_empty() {
        Vec::new()
    } else {
        let came: HashSet<u32, foldhash::fast::RandomState> = known_slots.iter().copied().collect();
        before.order().into_iter().filter(|slot| !came.contains(slot)).collect()
    };
    let idle_states = if idle.is_empty() { None } else { before.columns_of(&idle, &opener)? };
    let said = declining(|| {
        let mut said = Vec::new();
        if let Some([_, values]) = pairs {
            let lists = lists_of(values, &grouped)?;
            if !known.is_empty() {
                let states = known_states.clone().ok_or_else(|| Decline::new("states of several types"))?;
                let states = compiled.map(&[lists.take(&known)?, states])?;
                said.push(Said { slots: known_slots.clone(), states });
            }
            if !new.is_empty() {
                let nothing = Columns::new(Arc::new(NullArray::new(new.len())), Type::Null);
                said.push(Said { slots: slots_of(&new), states: compiled.map(&[lists.take(&new)?, nothing])? });
            }
        }
        if !idle.is_empty() {
            let states = idle_states.clone().ok_or_else(|| Decline::new("states of several types"))?;
            let nothing = Columns::new(Arc::new(NullArray::new(states.len())), Type::Null);
            let alone =
                compiled.expr().with_params(&mut |i| if i == 0 { Expr::List(Vec::new()) } else { Expr::Param(i) });
            let becomes = compiled.derive(alone)?.map(&[nothing, states])?;
            said.push(Said { slots: idle.clone(), states: becomes });
        }
        change_of(before, said, idle_states.as_ref(), if keeps { kind.as_ref() } else { None })
    });
    let mut change = match said {
        Ok(change) => change,
        Err(decline) => return Ok(Err(decline)),
    };
    if let Some([keys, _]) = pairs {
        let fresh = grouped.slots.iter().zip(&grouped.first).filter(|(slot, _)| **slot as usize >= before.slots());
        let rows: Vec<u32> = fresh.map(|(_, row)| *row).collect();
        match keys.take(&rows) {
            Ok(keys) => change.fresh.push(Chunk::Columns(keys)),
            Err(decline) => return Ok(Err(decline)),
        }
    }
    before.with(change, &opener).map(Ok)
}

/// The values of each key.
fn lists_of(values: &Columns, grouped: &Grouped) -> Result<Columns, Decline> {
    let (lens, order) = grouped.by_key();
    let items = values.take(&order)?;
    let item = values.kind().clone();
    let lists =
        ListArray::try_new(Arc::new(item.field("item")), OffsetBuffer::from_lengths(lens), items.array().clone(), None)
            .map_err(|e| Decline::new(e.to_string()))?;
    Ok(Columns::new(Arc::new(lists), Type::List(Box::new(item))))
}

/// What the said states change: `None` removes, and what is as it was is left alone. The states that stay must have one
/// type; `kept` is the type of those that nothing was said of.
fn change_of(
    before: &Snapshot,
    said: Vec<Said>,
    idle: Option<&Columns>,
    kept: Option<&Type>,
) -> Result<Change, Decline> {
    let mut change = Change::default();
    let (mut parts, mut kind) = (Vec::new(), kept.cloned());
    let last = said.len();
    for (number, Said { slots, states }) in said.into_iter().enumerate() {
        let nulls: Vec<bool> =
            (0..states.len()).map(|row| *states.kind() == Type::Null || states.array().is_null(row)).collect();
        let old = if number + 1 == last { idle } else { None };
        let same = old.map_or_else(|| vec![false; slots.len()], |old| unchanged(old, &states));
        let mut rows = Vec::with_capacity(slots.len());
        for (row, slot) in slots.iter().enumerate() {
            if nulls[row] {
                change.removed.extend(before.has(*slot).then_some(*slot));
            } else if !same[row] {
                rows.push(row as u32);
                change.slots.push(*slot);
            }
        }
        // The type of what was left alone counts, too.
        if nulls.iter().all(|null| *null) {
            continue;
        }
        let states = Columns::new(states.array().clone(), states.kind().split_optional().0.clone());
        match &kind {
            Some(kind) if kind != states.kind() => {
                return Err(Decline::new(format!("states of {} beside states of {kind}", states.kind())));
            }
            _ => kind = Some(states.kind().clone()),
        }
        if !rows.is_empty() {
            parts.push(Chunk::Columns(without_nulls(&states.take(&rows)?)));
        }
    }
    change.values = parts;
    Ok(change)
}

/// Where a state is what it was, as far as that is found out quickly.
fn unchanged(old: &Columns, new: &Columns) -> Vec<bool> {
    let kind = new.kind().split_optional().0;
    if old.kind() != kind || old.len() != new.len() {
        return vec![false; new.len()];
    }
    match kind {
        Type::Int => {
            let (old, new) = (old.array().as_primitive::<Int64Type>(), new.array().as_primitive::<Int64Type>());
            old.values().iter().zip(new.values()).map(|(a, b)| a == b).collect()
        }
        Type::Float => {
            let (old, new) = (old.array().as_primitive::<Float64Type>(), new.array().as_primitive::<Float64Type>());
            old.values().iter().zip(new.values()).map(|(a, b)| a.to_bits() == b.to_bits()).collect()
        }
        Type::Str => {
            let (old, new) = (old.array().as_string_view(), new.array().as_string_view());
            (0..old.len()).map(|row| old.value(row) == new.value(row)).collect()
        }
        _ => vec![false; new.len()],
    }
}
