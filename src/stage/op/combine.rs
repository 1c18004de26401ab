//! Combining by key: a native table that is converted in place when a chunk comes that it can't take.

use std::sync::Arc;

use crate::chunk::{BoxStream, Chunk, ChunkStream, InMemory};
use crate::error::{Decline, Result};
use crate::lambda::Reducer;
use crate::plan::{Aggregator, Dependency, FunctionRef, PlanRef};
use crate::shuffle::NativeTable;
use crate::stage::{Aggregate, ObjectTable, Side, Task};

use super::Operator;
use super::chain::to_columns;

/// A hash table in first-seen order: native while every chunk allows it, then the interpreter's.
pub(in crate::stage) struct Table {
    aggregate: Aggregate,
    side: Side,
    name: Arc<str>,
    state: State,
}

enum State {
    Native(Box<NativeTable>),
    Object(Box<dyn ObjectTable>),
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
            other => State::Object(task.prepared.interpreter.table(other, side, name)?),
        };
        Ok(Self { aggregate, side, name: name.clone(), state })
    }

    pub(in crate::stage) fn merge(&mut self, chunk: &Chunk, task: &Task) -> Result<()> {
        let counters = self.counters();
        match &mut self.state {
            State::Native(table) => match native_merge(table, chunk) {
                Ok(()) => {
                    if let Some(function) = counters {
                        function.counters().add_native(chunk.len());
                    }
                    Ok(())
                }
                Err(decline) => {
                    if let Some(function) = counters {
                        function.counters().add_declined(chunk.len(), &decline);
                    }
                    self.convert(task)?;
                    self.merge(chunk, task)
                }
            },
            State::Object(table) => {
                table.merge(chunk, task)?;
                if let Some(function) = counters {
                    function.counters().add_python(chunk.len());
                }
                Ok(())
            }
        }
    }

    /// Takes in a whole stream.
    pub(in crate::stage) fn consume(&mut self, mut stream: BoxStream, task: &Task) -> Result<()> {
        loop {
            if let State::Object(table) = &mut self.state {
                let rows = table.consume(stream, task)?;
                if let Some(function) = self.counters() {
                    function.counters().add_python(rows);
                }
                return Ok(());
            }
            let Some(chunk) = stream.next(usize::MAX)? else { return Ok(()) };
            task.cancel.check()?;
            self.merge(&chunk, task)?;
        }
    }

    fn counters(&self) -> Option<FunctionRef> {
        match &self.aggregate {
            Aggregate::Reduce { merge, .. } => Some(merge.function.clone()),
            _ => None,
        }
    }

    fn convert(&mut self, task: &Task) -> Result<()> {
        let mut table = task.prepared.interpreter.table(&self.aggregate, self.side, &self.name)?;
        let empty = Box::new(NativeTable::new(Reducer::First));
        if let State::Native(native) = std::mem::replace(&mut self.state, State::Native(empty))
            && !native.is_empty()
        {
            table.seed(&Chunk::Columns(native.drain()))?;
        }
        self.state = State::Object(table);
        Ok(())
    }

    pub(in crate::stage) fn drain(self) -> Result<Chunk> {
        match self.state {
            State::Native(table) => Ok(Chunk::Columns(table.drain())),
            State::Object(table) => table.drain(),
        }
    }
}

fn native_merge(table: &mut NativeTable, chunk: &Chunk) -> Result<(), Decline> {
    table.merge(&to_columns(chunk)?)
}

impl Operator for Aggregator {
    fn open(&self, plan: &PlanRef, task: &Task) -> Result<BoxStream> {
        let aligned = plan.inputs().first().is_some_and(|input| matches!(input.how, Dependency::Aligned));
        Ok(Box::new(CombineStream {
            name: plan.name().into(),
            aggregate: task.prepared.aggregate(plan)?,
            // Keys that are where they belong were not combined on the way.
            side: if aligned { Side::Map } else { Side::Reduce },
            input: Some(task.input(plan, 0, task.partition)?),
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
    input: Option<BoxStream>,
    ready: InMemory,
    task: Task,
}

impl ChunkStream for CombineStream {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        if let Some(input) = self.input.take() {
            let mut table = Table::new(self.aggregate.clone(), self.side, &self.name, &self.task)?;
            table.consume(input, &self.task)?;
            let rows = table.drain()?;
            if !rows.is_empty() {
                self.ready = InMemory::new(vec![rows]);
            }
        }
        self.ready.next(want)
    }
}
