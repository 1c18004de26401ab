//! The map side of a shuffle: one task drains its partition and lays the rows out by output partition.

use crate::chunk::{Chunk, Columns, drain};
use crate::error::{Error, Kind, Result};
use crate::fault::declining;
use crate::plan::{By, Opaque, PlanRef, Shuffle};
use crate::shuffle::{partition_ids, portable_hash, repartition};

use super::op::{Table, open, pair};
use super::{Side, Task};

/// Runs a partition of `reader`'s input and splits its rows for the shuffle's partitions: one chunk list for each.
/// A sort's rows all go to list 0: its ranges are cut once every partition is there.
pub fn write_partition(input: &PlanRef, shuffle: &Shuffle, reader: &PlanRef, task: &Task) -> Result<Vec<Vec<Chunk>>> {
    let n = shuffle.partitions;
    let mut outputs: Vec<Vec<Chunk>> = vec![Vec::new(); n.max(1)];
    let mut stream = open(input, task)?;
    match &shuffle.by {
        By::Key(_) => {
            let function = task.prepared.partition_function(reader);
            if shuffle.combines {
                let mut table = Table::new(task.prepared.aggregate(reader)?, Side::Map, &reader.name().into(), task)?;
                table.consume(stream, task)?;
                let rows = table.drain()?;
                if n == 1 && function.is_none() {
                    // The table has hashed its keys already: there is nothing to ask them.
                    if !rows.is_empty() {
                        outputs[0].push(task.shareable(&rows)?);
                    }
                    return Ok(outputs);
                }
                distribute(&rows, function, n, reader.name(), task, &mut outputs)?;
            } else {
                while let Some(chunk) = stream.next(usize::MAX)? {
                    task.cancel.check()?;
                    distribute(&chunk, function, n, reader.name(), task, &mut outputs)?;
                }
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
                lay_out(&chunk, ids, n, task, &mut outputs)?;
            }
        }
        By::Range => {
            for chunk in drain(stream.as_mut(), usize::MAX, &task.cancel)? {
                outputs[0].push(chunk);
            }
        }
    }
    Ok(outputs)
}

fn distribute(
    rows: &Chunk,
    function: Option<&Opaque>,
    n: usize,
    name: &str,
    task: &Task,
    outputs: &mut [Vec<Chunk>],
) -> Result<()> {
    if rows.is_empty() || n == 0 {
        return Ok(());
    }
    let native = if function.is_none() { native_ids(rows, n) } else { None };
    let (ids, pairs) = match native {
        Some(ids) => (ids, rows.clone()),
        None => task.prepared.interpreter.partition_ids(rows, function, n, name, task)?,
    };
    lay_out(&pairs, &ids, n, task, outputs)
}

fn native_ids(rows: &Chunk, n: usize) -> Option<Vec<u32>> {
    let Chunk::Columns(columns) = rows else { return None };
    let ids = declining(|| {
        let [key, _]: [Columns; 2] = pair(columns)?;
        Ok(partition_ids(&portable_hash(&key)?, n))
    });
    ids.ok()
}

fn lay_out(rows: &Chunk, ids: &[u32], n: usize, task: &Task, outputs: &mut [Vec<Chunk>]) -> Result<()> {
    let columns = match rows {
        Chunk::Columns(columns) => columns,
        Chunk::Objects(objects) => {
            let parts = task.prepared.interpreter.scatter(objects, ids, n)?;
            for (output, part) in outputs.iter_mut().zip(parts) {
                if !part.is_empty() {
                    output.push(part);
                }
            }
            return Ok(());
        }
    };
    let mut indices: Vec<Vec<u32>> = vec![Vec::new(); n];
    for (row, id) in ids.iter().enumerate() {
        indices[*id as usize].push(row as u32);
    }
    for (output, indices) in outputs.iter_mut().zip(indices) {
        if !indices.is_empty() {
            // No row is taken twice, so this doesn't decline.
            let taken = columns.take(&indices).map_err(|e| Error::new(Kind::Spark, format!("a shuffle: {e}")))?;
            output.push(task.shareable(&Chunk::Columns(taken))?);
        }
    }
    Ok(())
}
