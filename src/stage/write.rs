//! The map side of a shuffle: one task drains its partition and lays the rows out by output partition, or, for a sort,
//! puts them in order.

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, Int64Array};

use crate::chunk::{BoxStream, Chunk, Columns, InMemory, Type};
use crate::error::{Decline, Result};
use crate::fault::declining;
use crate::lambda::Compiled;
use crate::plan::{Aggregator, By, Op, PlanRef, Role, Seen, Shuffle};
use crate::shuffle::repartition::Lumps;
use crate::shuffle::{Scatterer, partition_ids, portable_hash};
use crate::store::{Level, StoredRef, Writer};

use super::keys::Keys;
use super::op::{Drained, Pieces, Table, open, pair, short_lists, split_by_weight, to_columns};
use super::runs::{Run, Runs};
use super::{Aggregate, Frozen, Keyed, Side, Task};

/// What one map task leaves.
pub enum Written {
    /// The rows for each output partition.
    Parts(Vec<StoredRef>),
    /// The partition in order.
    Runs(Vec<Run>),
}

impl Written {
    /// How many rows and bytes.
    pub fn size(&self) -> (u64, u64) {
        match self {
            Self::Parts(parts) => {
                (parts.iter().map(|part| part.rows() as u64).sum(), parts.iter().map(|part| part.bytes() as u64).sum())
            }
            // What a run weighs isn't counted.
            Self::Runs(runs) => (runs.iter().map(|run| run.rows() as u64).sum(), 0),
        }
    }
}

/// Runs a partition of `reader`'s input and splits its rows for the shuffle's partitions.
pub fn write_partition(input: &PlanRef, shuffle: &Shuffle, reader: &PlanRef, task: &Task) -> Result<Written> {
    let n = shuffle.partitions;
    let mut stream = open(input, task)?;
    if let (By::Range, Op::Sort(order)) = (&shuffle.by, reader.op()) {
        let mut runs = Runs::new(reader, order, task);
        runs.take_in(stream)?;
        return Ok(Written::Runs(runs.finish()?));
    }
    let mut layout = Layout::new(n, task);
    let function = task.prepared.optional(reader, Role::Partition);
    match &shuffle.by {
        By::Key(_) if shuffle.combines => {
            let mut table = Table::new(task.prepared.aggregate(reader)?, Side::Map, &reader.name().into(), task)?;
            let lists = matches!(reader.op(), Op::Combine(Aggregator::Group));
            if function.is_none() && n > 1 {
                table.spread_over(n);
            }
            let mut combined = Combined { layout, lists, function, name: reader.name(), pieces: 0 };
            table.consume_by_pieces(stream, task, &mut combined)?;
            match table.drain_parts()? {
                Drained::Pairs(pairs) => combined.put(&pairs)?,
                Drained::Parts(parts) => combined.put_parts(&parts)?,
            }
            return Ok(Written::Parts(combined.finish(reader, task)?));
        }
        By::Key(_) | By::Range => {
            layout.all_by_key(stream, function, reader.name())?;
        }
        By::Lumps => {
            let mut lumps = Lumps::new(task.partition, n);
            while let Some(chunk) = stream.next(usize::MAX)? {
                task.cancel.check()?;
                layout.by_ids(&chunk, &lumps.next(chunk.len()))?;
            }
        }
    }
    Ok(Written::Parts(layout.finish()?))
}

/// What a table has combined, on its way to the output partitions.
struct Combined<'a> {
    layout: Layout<'a>,
    function: Option<&'a Frozen>,
    name: &'a str,
    /// Whether what it has of a key is a list that may come in several rows.
    lists: bool,
    /// How often the table handed out what it had.
    pieces: usize,
}

impl Pieces for Combined<'_> {
    fn put(&mut self, rows: &Chunk) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        self.pieces += 1;
        let cut = if self.lists { short_lists(rows) } else { None };
        let rows = cut.as_ref().unwrap_or(rows);
        if self.layout.outputs.len() == 1 && self.function.is_none() {
            // The table has hashed its keys already: there is nothing to ask them.
            return self.layout.put(0, rows);
        }
        self.layout.all_by_key(Box::new(InMemory::new(vec![rows.clone()])), self.function, self.name)
    }

    fn take_back(&mut self, task: &Task) -> Result<Vec<BoxStream>> {
        self.pieces = 0;
        let empty = Layout::new(self.layout.outputs.len(), self.layout.task);
        let outputs = std::mem::replace(&mut self.layout, empty).finish()?;
        Ok(outputs.iter().map(|rows| rows.open(&task.cancel)).collect())
    }
}

impl Combined<'_> {
    /// As `put` for rows that are laid out by partition.
    fn put_parts(&mut self, parts: &[Chunk]) -> Result<()> {
        self.pieces += 1;
        for (output, rows) in parts.iter().enumerate() {
            let cut = if self.lists { short_lists(rows) } else { None };
            self.layout.put(output, cut.as_ref().unwrap_or(rows))?;
        }
        Ok(())
    }

    /// The rows for each output partition: each key once, whatever the number of pieces, as the reading side folds
    /// what each map task has made of a key. (Lists are joined there; the first or last of some needs no more either.)
    fn finish(self, reader: &PlanRef, task: &Task) -> Result<Vec<StoredRef>> {
        let (pieces, outputs) = (self.pieces, self.layout.finish()?);
        let aggregate = task.prepared.aggregate(reader)?;
        if pieces < 2 || !is_regrouped(&aggregate) {
            return Ok(outputs);
        }
        let (n, name) = (outputs.len(), reader.name().into());
        let merged = outputs.into_iter().map(|rows| {
            let mut writer = Writer::new(&task.prepared.memory, Level::MemoryAndDisk);
            for part in split_by_weight(rows, n, reader.name(), task)? {
                let mut table = Table::new(aggregate.clone(), Side::Reduce, &name, task)?;
                table.consume(part.open(&task.cancel), task)?;
                writer.push(task.shareable(&table.drain()?)?)?;
            }
            writer.finish()
        });
        merged.collect()
    }
}

/// Whether it shows that the pieces of a key are folded one by one: with floats of other map tasks before them.
fn is_regrouped(aggregate: &Aggregate) -> bool {
    match aggregate {
        Aggregate::Reduce { reducer: Ok(reducer), .. } => !reducer.keeps_one(),
        _ => false,
    }
}

/// Rows on their way to the output partitions.
struct Layout<'a> {
    task: &'a Task,
    columns: Scatterer,
    outputs: Vec<Writer>,
}

impl<'a> Layout<'a> {
    fn new(n: usize, task: &'a Task) -> Self {
        let writer = |_| Writer::new(&task.prepared.memory, Level::MemoryAndDisk);
        Self { task, columns: Scatterer::new(n), outputs: (0..n).map(writer).collect() }
    }

    /// All pairs of a stream by the partition of their key.
    fn all_by_key(&mut self, mut stream: BoxStream, function: Option<&Frozen>, name: &str) -> Result<()> {
        let task = self.task;
        if let Some(frozen) = function
            && frozen.frozen.native.is_err()
        {
            match Keys::open(stream, Seen::Key, frozen, task)? {
                Ok(mut keys) => {
                    while let Some((keyed, rows)) = keys.next()? {
                        task.cancel.check()?;
                        self.by_said(keyed, &rows, name)?;
                    }
                    return Ok(());
                }
                Err(back) => stream = back,
            }
        }
        while let Some(chunk) = stream.next(usize::MAX)? {
            task.cancel.check()?;
            self.by_key(&chunk, function, name)?;
        }
        Ok(())
    }

    /// Pairs by the partition of their key.
    fn by_key(&mut self, rows: &Chunk, function: Option<&Frozen>, name: &str) -> Result<()> {
        let n = self.outputs.len();
        if rows.is_empty() || n == 0 {
            return Ok(());
        }
        let tuples = as_tuples(rows);
        let rows = tuples.as_ref().unwrap_or(rows);
        if let Some(ids) = native_ids(rows, function, n) {
            return self.by_ids(rows, &ids);
        }
        let function = function.map(|function| &function.frozen.object);
        let (ids, pairs) = self.task.prepared.interpreter.partition_ids(rows, function, n, name, self.task)?;
        self.by_ids(&pairs, &ids)
    }

    /// Rows by what a partition function has said of each.
    fn by_said(&mut self, keyed: Keyed, rows: &Chunk, name: &str) -> Result<()> {
        let n = self.outputs.len();
        if rows.is_empty() || n == 0 {
            return Ok(());
        }
        let (keys, rows) = match keyed {
            Keyed::Columns(keys, of_keys) => (Chunk::Columns(keys), of_keys.unwrap_or_else(|| rows.clone())),
            Keyed::Pairs(pairs) => self.task.prepared.interpreter.unpair(&pairs)?,
        };
        let ids = match &keys {
            Chunk::Columns(keys) if *keys.kind() == Type::Int => {
                partition_ids(keys.array().as_primitive::<Int64Type>().values(), n)
            }
            keys => self.task.prepared.interpreter.remainders(keys, &rows, n, name, self.task)?,
        };
        self.by_ids(&rows, &ids)
    }

    /// Rows whose partitions are known.
    fn by_ids(&mut self, rows: &Chunk, ids: &[u32]) -> Result<()> {
        let Self { task, columns, outputs } = self;
        match rows {
            Chunk::Columns(rows) => columns.push(rows, ids, |output, rows| outputs[output].push(Chunk::Columns(rows))),
            Chunk::Objects(rows) => {
                columns.flush(|output, rows| outputs[output].push(Chunk::Columns(rows)))?;
                let parts = task.prepared.interpreter.scatter(rows, ids, outputs.len())?;
                outputs.iter_mut().zip(parts).try_for_each(|(output, part)| output.push(part))
            }
        }
    }

    /// Rows of one partition.
    fn put(&mut self, output: usize, rows: &Chunk) -> Result<()> {
        match self.outputs.get_mut(output) {
            Some(writer) if !rows.is_empty() => writer.push(self.task.shareable(rows)?),
            _ => Ok(()),
        }
    }

    fn finish(mut self) -> Result<Vec<StoredRef>> {
        let outputs = &mut self.outputs;
        self.columns.flush(|output, rows| outputs[output].push(Chunk::Columns(rows)))?;
        self.outputs.into_iter().map(Writer::finish).collect()
    }
}

/// Pairs that are named tuples as tuples: where they move, `PySpark` takes them apart.
fn as_tuples(rows: &Chunk) -> Option<Chunk> {
    let Chunk::Columns(columns) = rows else { return None };
    let (class, items) = columns.held()?;
    class.is_tuple().then(|| Chunk::Columns(Columns::tuple(items, columns.len())))
}

fn native_ids(rows: &Chunk, function: Option<&Frozen>, n: usize) -> Option<Vec<u32>> {
    let hashed = |columns: &Columns| {
        let [key, _]: [Columns; 2] = pair(columns)?;
        Ok(partition_ids(&portable_hash(&key)?, n))
    };
    let Some(Frozen { function, frozen, .. }) = function else {
        let Chunk::Columns(columns) = rows else { return None };
        return declining(|| hashed(columns)).ok();
    };
    let Ok(compiled) = &frozen.native else { return None };
    let ids = to_columns(rows).and_then(|columns| declining(|| chosen(&columns, compiled, n)));
    match &ids {
        Ok(_) => function.counters().add_native(rows.len()),
        Err(why) => function.counters().add_declined(rows.len(), why),
    }
    ids.ok()
}

/// What a partition function of the program says of each key.
fn chosen(rows: &Columns, function: &Compiled, n: usize) -> Result<Vec<u32>, Decline> {
    let [key, _]: [Columns; 2] = pair(rows)?;
    let chosen = function.map(&[key])?;
    match chosen.array().as_any().downcast_ref::<Int64Array>() {
        Some(ints) if ints.null_count() == 0 => Ok(partition_ids(ints.values(), n)),
        _ => Err(Decline::new("a partition function that gives no int")),
    }
}
