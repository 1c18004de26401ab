//! The state after a batch. Update functions that compile run over columns, those that don't as Spark's do: a cogroup
//! and a flat map. `mapWithState` looks up only the keys that came.

mod map;
mod mapped;
mod update;

use std::sync::Arc;

use arrow_array::Array;

use crate::chunk::{BoxStream, Cancel, Chunk, ChunkStream, Columns, InMemory, drain};
use crate::error::{Decline, Error, Kind, Result};
use crate::plan::{Before, Op, PlanRef, StateHow, StateOp, StateView};
use crate::shuffle::concat_widened;
use crate::stage::{Interpreter, Task};
use crate::state::{Change, Held, Index, ObjectIndex, Opener, Pairs, Snapshot, gather_columns};

use super::chain::{pair, to_columns};
use super::{Operator, open};

impl Operator for StateOp {
    /// Computes the state, which the op keeps, and gives what the batch's pairs were mapped to. The plan keeps these rows:
    /// a partition is computed once.
    fn open(&self, plan: &PlanRef, task: &Task) -> Result<BoxStream> {
        if let Some(restored) = self.held(task.partition).filter(|_| plan.inputs().is_empty()) {
            drop(restored);
            return Ok(Box::new(InMemory::new(Vec::new())));
        }
        let before = before(self, plan, task)?;
        let batch = batch(plan, task)?;
        let (held, mapped) = match &self.how {
            StateHow::Update { .. } => (update::after(plan, before, batch, task)?, Vec::new()),
            StateHow::Map { time, timeout_ms, .. } => map::after(plan, before, &batch, (*time, *timeout_ms), task)?,
        };
        self.keep(task.partition, held);
        Ok(Box::new(InMemory::new(mapped)))
    }
}

impl Operator for StateView {
    fn open(&self, plan: &PlanRef, task: &Task) -> Result<BoxStream> {
        let state = input_of(plan, 0)?;
        match self {
            Self::Mapped => open(&state, &task.below(task.partition)?),
            Self::Pairs => Ok(pairs_of(held(&state, task)?, task)),
        }
    }
}

/// What a state's partition holds; computed now, if nobody has done so.
fn held(state: &PlanRef, task: &Task) -> Result<Held> {
    // Where batches fail for hours, there are thousands of states between this one and the last that is there: the oldest
    // of them is computed first, so that none waits for those before it on one stack.
    let mut late = vec![state.clone()];
    while let Some(before) = late.last().and_then(|state| late_before(state, task)) {
        late.push(before);
    }
    while late.len() > 1 {
        late.pop().map(|state| computed(&state, task)).transpose()?;
    }
    computed(state, task)
}

/// The state before a state, where neither has been computed.
fn late_before(state: &PlanRef, task: &Task) -> Option<PlanRef> {
    let late = |plan: &PlanRef| match plan.op() {
        Op::State(op) => op.held(task.partition).is_none().then_some(op.before),
        _ => None,
    };
    if late(state)? != Before::State {
        return None;
    }
    let before = state.inputs().first()?.plan.clone();
    late(&before)?;
    Some(before)
}

fn computed(state: &PlanRef, task: &Task) -> Result<Held> {
    let Op::State(op) = state.op() else { return Err(strange(state)) };
    if let Some(held) = op.held(task.partition) {
        return Ok(held);
    }
    let mut mapped = open(state, &task.below(task.partition)?)?;
    while mapped.next(usize::MAX)?.is_some() {
        task.cancel.check()?;
    }
    op.held(task.partition).ok_or_else(|| strange(state))
}

/// The state before the batch.
fn before(op: &StateOp, plan: &PlanRef, task: &Task) -> Result<Option<Held>> {
    Ok(match op.before {
        Before::Nothing => None,
        Before::State => Some(held(&input_of(plan, 0)?, task)?),
        Before::Pairs => {
            let mut rows = task.input(plan, 0, task.partition)?;
            let rows = drain(rows.as_mut(), usize::MAX, &task.cancel)?;
            Some(held_rows(rows, task)?)
        }
    })
}

/// The batch's pairs, in the order in which they came.
fn batch(plan: &PlanRef, task: &Task) -> Result<Vec<Chunk>> {
    let last = plan.inputs().len().checked_sub(1).ok_or_else(|| strange(plan))?;
    let mut rows = task.input(plan, last, task.partition)?;
    drain(rows.as_mut(), usize::MAX, &task.cancel)
}

fn input_of(plan: &PlanRef, index: usize) -> Result<PlanRef> {
    plan.inputs().get(index).map(|input| input.plan.clone()).ok_or_else(|| strange(plan))
}

fn strange(plan: &PlanRef) -> Error {
    Error::new(Kind::Spark, format!("a bug in Pyrite's engine: {} has no state; please report it", plan.name()))
}

/// Pairs that are read in order only.
fn held_rows(chunks: Vec<Chunk>, task: &Task) -> Result<Held> {
    let mut writer = crate::store::Writer::new(&task.prepared.memory, crate::store::Level::MemoryAndDisk);
    for chunk in chunks {
        writer.push(task.shareable(&chunk)?)?;
    }
    Ok(Held::Rows(crate::state::Rows::new(writer.finish()?)))
}

/// A state's pairs.
fn pairs_of(held: Held, task: &Task) -> BoxStream {
    match held {
        Held::Rows(rows) => rows.rows.open(&task.cancel),
        Held::Keyed(snapshot) => Box::new(PairStream { pairs: Pairs::new(snapshot), task: task.clone() }),
    }
}

struct PairStream {
    pairs: Pairs,
    task: Task,
}

impl ChunkStream for PairStream {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        self.task.cancel.check()?;
        let opener = TaskOpener(&self.task);
        let Some((keys, values)) = self.pairs.next(want, &opener)? else { return Ok(None) };
        self.task.pair(&keys, &values).map(Some)
    }

    fn count(&mut self, cancel: &Cancel) -> Result<u64> {
        Ok(self.pairs.count(cancel))
    }
}

/// A task looks into opaque rows through its interpreter.
struct TaskOpener<'a>(&'a Task);

impl Opener for TaskOpener<'_> {
    fn gather(&self, chunks: &[Chunk], places: &[(usize, usize)]) -> Result<Chunk> {
        gather(self.0.prepared.interpreter.as_ref(), chunks, places)
    }

    fn index(&self) -> Result<Arc<dyn ObjectIndex>> {
        self.0.prepared.interpreter.key_index()
    }
}

/// Rows put together by an interpreter, in a form that several readers can have.
pub fn gather(interpreter: &dyn Interpreter, chunks: &[Chunk], places: &[(usize, usize)]) -> Result<Chunk> {
    match gather_columns(chunks, places) {
        Some(columns) => Ok(Chunk::Columns(columns)),
        None => match interpreter.gather(chunks, places)? {
            Chunk::Objects(rows) => interpreter.shareable(&rows),
            columns @ Chunk::Columns(_) => Ok(columns),
        },
    }
}

/// Keys and values of pairs.
fn unpair(chunk: &Chunk, task: &Task) -> Result<(Chunk, Chunk)> {
    if let Chunk::Columns(columns) = chunk
        && let Ok([keys, values]) = pair(columns)
    {
        return Ok((Chunk::Columns(keys), Chunk::Columns(values)));
    }
    let (keys, values) = task.prepared.interpreter.unpair(chunk)?;
    Ok((columns_or_shareable(&keys, task)?, columns_or_shareable(&values, task)?))
}

/// The keys alone.
fn keys_of(pairs: &Chunk, task: &Task) -> Result<Chunk> {
    if let Chunk::Columns(columns) = pairs
        && let Ok([keys, _]) = pair(columns)
    {
        return Ok(Chunk::Columns(keys));
    }
    columns_or_shareable(&task.prepared.interpreter.unpair(pairs)?.0, task)
}

fn columns_or_shareable(rows: &Chunk, task: &Task) -> Result<Chunk> {
    match to_columns(rows) {
        Ok(columns) => Ok(Chunk::Columns(columns)),
        Err(_) => task.shareable(rows),
    }
}

/// Pairs as a state that is found by key; of a key that comes twice the first counts. Declines what the index can't take.
fn keyed(pairs: &[Chunk], index: Index, task: &Task) -> Result<Result<Snapshot, Decline>> {
    let snapshot = Snapshot::new(index, &task.prepared.memory);
    let mut change = Change::default();
    let mut next = 0_u32;
    for chunk in pairs {
        let (keys, values) = unpair(chunk, task)?;
        let slots = match snapshot.index().slots(&keys)? {
            Ok(slots) => slots,
            Err(decline) => return Ok(Err(decline)),
        };
        let mut rows = Vec::with_capacity(slots.len());
        for (row, slot) in slots.iter().enumerate() {
            if *slot == next {
                rows.push(row as u32);
                next += 1;
            }
        }
        let (keys, values) = if rows.len() == slots.len() {
            (keys, values)
        } else {
            match (keys.take(&rows), values.take(&rows)) {
                (Ok(keys), Ok(values)) => (keys, values),
                (Err(decline), _) | (_, Err(decline)) => return Ok(Err(decline)),
            }
        };
        change.fresh.push(keys);
        change.values.push(values);
    }
    change.slots = (0..next).collect();
    snapshot.with(change, &TaskOpener(task)).map(Ok)
}

/// Keys and values of a batch.
fn columns_of(batch: &[Chunk]) -> Result<Option<[Columns; 2]>, Decline> {
    let chunks: Vec<Columns> = batch.iter().map(to_columns).collect::<Result<_, _>>()?;
    if chunks.is_empty() {
        return Ok(None);
    }
    pair(&concat_widened(&chunks)?).map(Some)
}

/// The same rows, of which none is `None`, in an array that says so.
fn without_nulls(rows: &Columns) -> Columns {
    if rows.array().nulls().is_none() || rows.array().null_count() > 0 {
        return rows.clone();
    }
    let data = rows.array().to_data().into_builder().nulls(None).build();
    match data {
        Ok(data) => Columns::new(arrow_array::make_array(data), rows.kind().clone()),
        Err(_) => rows.clone(),
    }
}

/// A batch's pairs by key.
struct Grouped {
    /// The slots of the distinct keys, in order of appearance.
    slots: Vec<u32>,
    /// The row where each appeared.
    first: Vec<u32>,
    /// For each row the number of its key among the distinct ones.
    numbers: Vec<u32>,
}

impl Grouped {
    /// Declines where new keys have other numbers than the next ones: somebody else had them numbered.
    fn new(slots: &[u32], known: usize) -> Result<Self, Decline> {
        let mut seen =
            std::collections::HashMap::with_capacity_and_hasher(slots.len(), foldhash::fast::RandomState::default());
        let mut grouped = Self { slots: Vec::new(), first: Vec::new(), numbers: Vec::with_capacity(slots.len()) };
        let mut next = known as u32;
        for (row, slot) in slots.iter().enumerate() {
            let number = *seen.entry(*slot).or_insert_with(|| {
                grouped.slots.push(*slot);
                grouped.first.push(row as u32);
                grouped.slots.len() as u32 - 1
            });
            grouped.numbers.push(number);
        }
        for slot in grouped.slots.iter().filter(|slot| **slot as usize >= known) {
            if *slot != next {
                return Err(Decline::new("keys that were numbered by a batch that was given up"));
            }
            next += 1;
        }
        Ok(grouped)
    }

    /// How many rows each key has, and the rows key by key.
    fn by_key(&self) -> (Vec<usize>, Vec<u32>) {
        let mut lens = vec![0_usize; self.slots.len()];
        self.numbers.iter().for_each(|number| lens[*number as usize] += 1);
        let mut next = Vec::with_capacity(lens.len());
        let mut total = 0;
        for len in &lens {
            next.push(total);
            total += len;
        }
        let mut order = vec![0; total];
        for (row, number) in self.numbers.iter().enumerate() {
            let at = &mut next[*number as usize];
            order[*at] = row as u32;
            *at += 1;
        }
        (lens, order)
    }
}
