//! Combining by key: a native table that is converted in place when a chunk comes that it can't take.

use std::sync::Arc;

use crate::chunk::{BoxStream, Chunk, ChunkStream, InMemory};
use crate::error::{Decline, Result};
use crate::lambda::Reducer;
use crate::plan::FunctionRef;
use crate::shuffle::NativeTable;

use super::{FrozenAggregator, ObjectTable, Side, Task};

/// A hash table in first-seen order: native while every chunk allows it, then the interpreter's.
pub(super) struct Table {
    aggregator: FrozenAggregator,
    side: Side,
    name: Arc<str>,
    state: State,
}

enum State {
    Native(Box<NativeTable>),
    Object(Box<dyn ObjectTable>),
}

impl Table {
    pub(super) fn new(aggregator: FrozenAggregator, side: Side, name: &Arc<str>, task: &Task) -> Result<Self> {
        let state = match &aggregator {
            FrozenAggregator::Reduce { reducer: Ok(reducer), .. } => {
                State::Native(Box::new(NativeTable::new(reducer.clone())))
            }
            FrozenAggregator::Group => {
                // Lists are made on the map side and joined, in the partitions' order, on the reduce side.
                let reducer = if side == Side::Map { Reducer::Collect } else { Reducer::Sum };
                State::Native(Box::new(NativeTable::new(reducer)))
            }
            other => State::Object(task.prepared.interpreter.table(other, side, name)?),
        };
        Ok(Self { aggregator, side, name: name.clone(), state })
    }

    pub(super) fn merge(&mut self, chunk: &Chunk, task: &Task) -> Result<()> {
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
    pub(super) fn consume(&mut self, mut stream: BoxStream, task: &Task) -> Result<()> {
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
        match &self.aggregator {
            FrozenAggregator::Reduce { function, .. } => Some(function.clone()),
            _ => None,
        }
    }

    fn convert(&mut self, task: &Task) -> Result<()> {
        let mut table = task.prepared.interpreter.table(&self.aggregator, self.side, &self.name)?;
        let empty = Box::new(NativeTable::new(Reducer::First));
        if let State::Native(native) = std::mem::replace(&mut self.state, State::Native(empty))
            && !native.is_empty()
        {
            table.seed(&Chunk::Columns(native.drain()))?;
        }
        self.state = State::Object(table);
        Ok(())
    }

    pub(super) fn drain(self) -> Result<Chunk> {
        match self.state {
            State::Native(table) => Ok(Chunk::Columns(table.drain())),
            State::Object(table) => table.drain(),
        }
    }
}

fn native_merge(table: &mut NativeTable, chunk: &Chunk) -> Result<(), Decline> {
    match chunk {
        Chunk::Columns(c) => table.merge(c),
        Chunk::Objects(o) => {
            let columns = o.try_columns().ok_or_else(|| Decline::new("rows of mixed or unknown types"))?;
            table.merge(&columns)
        }
    }
}

/// The reduce side of a combine: the map sides' results in the order of their partitions.
pub(super) struct CombineStream {
    name: Arc<str>,
    aggregator: FrozenAggregator,
    input: Option<Vec<Chunk>>,
    ready: InMemory,
    task: Task,
}

impl CombineStream {
    pub(super) fn new(name: Arc<str>, aggregator: FrozenAggregator, input: Vec<Chunk>, task: Task) -> Self {
        Self { name, aggregator, input: Some(input), ready: InMemory::new(Vec::new()), task }
    }
}

impl ChunkStream for CombineStream {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        if let Some(input) = self.input.take()
            && !input.is_empty()
        {
            let mut table = Table::new(self.aggregator.clone(), Side::Reduce, &self.name, &self.task)?;
            table.consume(Box::new(InMemory::new(input)), &self.task)?;
            let rows = table.drain()?;
            if !rows.is_empty() {
                self.ready = InMemory::new(vec![rows]);
            }
        }
        self.ready.next(want)
    }
}
