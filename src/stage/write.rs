//! The map side of a shuffle: one task drains its partition and lays the rows out by output partition, or, for a sort,
//! puts them in order.

use crate::chunk::{Chunk, Columns, drain};
use crate::error::Result;
use crate::fault::declining;
use crate::plan::{By, Op, Opaque, PlanRef, Shuffle};
use crate::shuffle::{Scatterer, partition_ids, portable_hash, repartition};
use crate::store::{Level, StoredRef, Writer};

use super::op::{Table, open, pair};
use super::runs::{Run, Runs};
use super::{Side, Task};

/// What one map task leaves.
pub enum Written {
    /// The rows for each output partition.
    Parts(Vec<StoredRef>),
    /// The partition in order.
    Runs(Vec<Run>),
}

/// Runs a partition of `reader`'s input and splits its rows for the shuffle's partitions.
pub fn write_partition(input: &PlanRef, shuffle: &Shuffle, reader: &PlanRef, task: &Task) -> Result<Written> {
    let n = shuffle.partitions;
    let mut stream = open(input, task)?;
    if let (By::Range, Op::Sort(order)) = (&shuffle.by, reader.op()) {
        let mut runs = Runs::new(reader, order, task);
        while let Some(chunk) = stream.next(usize::MAX)? {
            task.cancel.check()?;
            runs.push(&chunk)?;
        }
        return Ok(Written::Runs(runs.finish()?));
    }
    let mut layout = Layout::new(n, task);
    let function = task.prepared.partition_function(reader);
    match &shuffle.by {
        By::Key(_) if shuffle.combines => {
            let mut table = Table::new(task.prepared.aggregate(reader)?, Side::Map, &reader.name().into(), task)?;
            let mut put = |rows: &Chunk| {
                if n == 1 && function.is_none() {
                    // The table has hashed its keys already: there is nothing to ask them.
                    return layout.put(0, rows);
                }
                layout.by_key(rows, function, reader.name())
            };
            table.consume_by_pieces(stream, task, &mut put)?;
            put(&table.drain()?)?;
        }
        By::Key(_) | By::Range => {
            while let Some(chunk) = stream.next(usize::MAX)? {
                task.cancel.check()?;
                layout.by_key(&chunk, function, reader.name())?;
            }
        }
        By::Lumps => {
            let chunks = drain(stream.as_mut(), usize::MAX, &task.cancel)?;
            let rows: usize = chunks.iter().map(Chunk::len).sum();
            let positions = repartition::positions(task.partition, n, rows);
            let mut from = 0;
            for chunk in chunks {
                let ids = &positions[from..from + chunk.len()];
                from += chunk.len();
                layout.by_ids(&chunk, ids)?;
            }
        }
    }
    Ok(Written::Parts(layout.finish()?))
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

    /// Pairs by the partition of their key.
    fn by_key(&mut self, rows: &Chunk, function: Option<&Opaque>, name: &str) -> Result<()> {
        let n = self.outputs.len();
        if rows.is_empty() || n == 0 {
            return Ok(());
        }
        let native = if function.is_none() { native_ids(rows, n) } else { None };
        if let Some(ids) = native {
            return self.by_ids(rows, &ids);
        }
        let (ids, pairs) = self.task.prepared.interpreter.partition_ids(rows, function, n, name, self.task)?;
        self.by_ids(&pairs, &ids)
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

fn native_ids(rows: &Chunk, n: usize) -> Option<Vec<u32>> {
    let Chunk::Columns(columns) = rows else { return None };
    let ids = declining(|| {
        let [key, _]: [Columns; 2] = pair(columns)?;
        Ok(partition_ids(&portable_hash(&key)?, n))
    });
    ids.ok()
}
