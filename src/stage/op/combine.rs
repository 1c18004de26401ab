//! Combining by key: a native table that is converted in place when a chunk comes that it can't take.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::chunk::{BoxStream, Chunk, ChunkStream, Columns, InMemory};
use crate::error::{Decline, Result};
use crate::lambda::Reducer;
use crate::plan::{Aggregator, Counters, Dependency, PlanRef};
use crate::shuffle::NativeTable;
use crate::stage::{Aggregate, ObjectTable, Side, Task};

use super::Operator;
use super::chain::to_columns;
use super::split;

/// A hash table in first-seen order: native while every chunk allows it, then the interpreter's.
pub(in crate::stage) struct Table {
    aggregate: Aggregate,
    side: Side,
    name: Arc<str>,
    state: State,
    /// Keys that were there when the interpreter took over, and the rows that it has taken in since.
    seeded: usize,
    interpreted: usize,
}

enum State {
    Native(Box<NativeTable>),
    Object(Box<dyn ObjectTable>),
}

impl State {
    fn empty() -> Self {
        Self::Native(Box::new(NativeTable::new(Reducer::First)))
    }
}

impl Table {
    pub(in crate::stage) fn new(aggregate: Aggregate, side: Side, name: &Arc<str>, task: &Task) -> Result<Self> {
        let state = match &aggregate {
            Aggregate::Reduce { reducer: Ok(reducer), .. } => {
                State::Native(Box::new(NativeTable::new(reducer.clone())))
            }
            Aggregate::Group => {
                // Lists are made on the map side and joined, in the partitions' order, on the reduce side.
                let reducer = if side == Side::Map { Reducer::Collect } else { Reducer::Sum };
                State::Native(Box::new(NativeTable::new(reducer)))
            }
            Aggregate::Combine { native: Ok(aggregator), .. } => State::Native(Box::new(match side {
                Side::Map => NativeTable::aggregating(aggregator.clone()),
                Side::Reduce => NativeTable::new(aggregator.merge().clone()),
            })),
            other => State::Object(task.prepared.interpreter.table(other, side, name)?),
        };
        Ok(Self { aggregate, side, name: name.clone(), state, seeded: 0, interpreted: 0 })
    }

    pub(in crate::stage) fn merge(&mut self, chunk: &Chunk, task: &Task) -> Result<()> {
        if let State::Native(table) = &mut self.state {
            let keys = table.len();
            match native_merge(table, chunk) {
                Ok(()) => {
                    let fresh = table.len() - keys;
                    self.count(fresh, chunk.len(), Counters::add_native);
                    return Ok(());
                }
                Err(decline) => {
                    // Which rows would have made a combiner is not known.
                    self.count(chunk.len(), chunk.len(), |counters, _| counters.add_declined(chunk.len(), &decline));
                    self.convert(task)?;
                }
            }
        }
        if let State::Object(table) = &mut self.state {
            table.merge(chunk, task)?;
            self.interpreted += chunk.len();
        }
        Ok(())
    }

    /// Takes in a whole stream.
    pub(in crate::stage) fn consume(&mut self, mut stream: BoxStream, task: &Task) -> Result<()> {
        loop {
            if let State::Object(table) = &mut self.state {
                self.interpreted += table.consume(stream, task)?;
                return Ok(());
            }
            let Some(chunk) = stream.next(usize::MAX)? else { return Ok(()) };
            task.cancel.check()?;
            self.merge(&chunk, task)?;
        }
    }

    /// As `consume`; a table that has grown beyond the task's share is handed out, and another begun, where several tables'
    /// results are put together as if it were one.
    pub(in crate::stage) fn consume_by_pieces(
        &mut self,
        mut stream: BoxStream,
        task: &Task,
        put: &mut dyn FnMut(&Chunk) -> Result<()>,
    ) -> Result<()> {
        let mut share = task.share();
        while let State::Native(table) = &self.state {
            if share.hold(split::SPREAD * table.weight())?
                && (matches!(self.aggregate, Aggregate::Group) || table.is_exact())
            {
                let full = std::mem::replace(self, Self::new(self.aggregate.clone(), self.side, &self.name, task)?);
                put(&full.drain()?)?;
                share.hold(0)?;
            }
            let Some(chunk) = stream.next(usize::MAX)? else { return Ok(()) };
            task.cancel.check()?;
            self.merge(&chunk, task)?;
        }
        self.consume(stream, task)
    }

    /// Counts rows of which `fresh` brought new keys, with the functions that took them.
    fn count(&self, fresh: usize, rows: usize, add: impl Fn(&Counters, usize)) {
        match (&self.aggregate, self.side) {
            (Aggregate::Reduce { merge, .. }, _) => add(merge.function.counters(), rows),
            (Aggregate::Combine { functions: [create, merge_value, _], .. }, Side::Map) => {
                add(create.function.counters(), fresh);
                add(merge_value.function.counters(), rows - fresh);
            }
            (Aggregate::Combine { functions: [_, _, merge_combiners], .. }, Side::Reduce) => {
                add(merge_combiners.function.counters(), rows - fresh);
            }
            (Aggregate::Whole(fold), _) => add(fold.function.counters(), rows),
            (Aggregate::Group, _) => {}
        }
    }

    fn convert(&mut self, task: &Task) -> Result<()> {
        let mut table = task.prepared.interpreter.table(&self.aggregate, self.side, &self.name)?;
        if let State::Native(native) = std::mem::replace(&mut self.state, State::empty())
            && !native.is_empty()
        {
            self.seeded = native.len();
            table.seed(&Chunk::Columns(native.drain()))?;
        }
        self.state = State::Object(table);
        Ok(())
    }

    pub(in crate::stage) fn drain(mut self) -> Result<Chunk> {
        match std::mem::replace(&mut self.state, State::empty()) {
            State::Native(table) => Ok(Chunk::Columns(table.drain())),
            State::Object(table) => {
                let pairs = table.drain()?;
                let fresh = pairs.len().saturating_sub(self.seeded).min(self.interpreted);
                self.count(fresh, self.interpreted, Counters::add_python);
                Ok(pairs)
            }
        }
    }
}

/// Lists of values as the groups of `groupByKey`.
fn grouped(pairs: &Chunk, task: &Task) -> Result<Chunk> {
    let columns = match pairs {
        Chunk::Columns(columns) => columns.items().and_then(|items| <[Columns; 2]>::try_from(items).ok()),
        Chunk::Objects(_) => None,
    };
    let native = columns.and_then(|[keys, lists]| Some([keys, lists.list_as_group()?]));
    match native {
        Some([keys, groups]) => {
            let len = keys.len();
            Ok(Chunk::Columns(Columns::tuple(vec![keys, groups], len)))
        }
        None => task.prepared.interpreter.groups(pairs),
    }
}

fn native_merge(table: &mut NativeTable, chunk: &Chunk) -> Result<(), Decline> {
    table.merge(&to_columns(chunk)?)
}

impl Operator for Aggregator {
    fn open(&self, plan: &PlanRef, task: &Task) -> Result<BoxStream> {
        let aligned = plan.inputs().first().is_some_and(|input| matches!(input.how, Dependency::Aligned));
        let input = task.input(plan, 0, task.partition)?;
        let parts = split::parts(plan, task);
        let inputs: VecDeque<BoxStream> = if parts == 1 {
            VecDeque::from([input])
        } else {
            let stored = split::split(input, plan.partitions()?, parts, plan.name(), task)?;
            stored.iter().map(|part| part.open(&task.cancel)).collect()
        };
        Ok(Box::new(CombineStream {
            name: plan.name().into(),
            aggregate: task.prepared.aggregate(plan)?,
            // Keys that are where they belong were not combined on the way.
            side: if aligned { Side::Map } else { Side::Reduce },
            inputs,
            ready: InMemory::new(Vec::new()),
            task: task.clone(),
        }))
    }
}

/// The reduce side of a combine: the map sides' results in the order of their partitions.
struct CombineStream {
    name: Arc<str>,
    aggregate: Aggregate,
    side: Side,
    /// One, or one for each part of the keys.
    inputs: VecDeque<BoxStream>,
    ready: InMemory,
    task: Task,
}

impl ChunkStream for CombineStream {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        loop {
            if let Some(chunk) = self.ready.next(want)? {
                return Ok(Some(chunk));
            }
            let Some(input) = self.inputs.pop_front() else { return Ok(None) };
            let mut table = Table::new(self.aggregate.clone(), self.side, &self.name, &self.task)?;
            table.consume(input, &self.task)?;
            let rows = table.drain()?;
            if !rows.is_empty() {
                let rows = if matches!(self.aggregate, Aggregate::Group) { grouped(&rows, &self.task)? } else { rows };
                self.ready = InMemory::new(vec![rows]);
            }
        }
    }
}
