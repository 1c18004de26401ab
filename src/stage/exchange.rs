//! The map side of a shuffle: one task drains its partition and lays the rows out by output partition.

use std::any::Any;
use std::sync::Arc;

use crate::chunk::{Chunk, Columns, drain};
use crate::error::{Error, Kind, Result};
use crate::fault::declining;
use crate::plan::PlanRef;
use crate::shuffle::{partition_ids, portable_hash, repartition};

use super::cached::shareable;
use super::chain::pair;
use super::combine::Table;
use super::{FrozenExchange, Side, Task, open};

/// Runs `parent`'s partition and splits its rows for `n` output partitions: one chunk list for each.
/// A sort's rows all go to list 0: its ranges are cut once every partition is there.
pub fn write_partition(parent: &PlanRef, exchange: &FrozenExchange, n: usize, task: &Task) -> Result<Vec<Vec<Chunk>>> {
    let mut outputs: Vec<Vec<Chunk>> = vec![Vec::new(); n.max(1)];
    let mut stream = open(parent, task)?;
    match exchange {
        FrozenExchange::Combine { name, aggregator, partition_function } => {
            let mut table = Table::new(aggregator.clone(), Side::Map, name, task)?;
            table.consume(stream, task)?;
            let rows = table.drain()?;
            if n == 1 && partition_function.is_none() {
                // The table has hashed its keys already: there is nothing to ask them.
                if !rows.is_empty() {
                    outputs[0].push(shareable(&rows, task)?);
                }
                return Ok(outputs);
            }
            distribute(&rows, partition_function.as_ref(), n, name, task, &mut outputs)?;
        }
        FrozenExchange::PartitionBy { name, partition_function } => {
            while let Some(chunk) = stream.next(usize::MAX)? {
                task.cancel.check()?;
                distribute(&chunk, partition_function.as_ref(), n, name, task, &mut outputs)?;
            }
        }
        FrozenExchange::Repartition => {
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
        FrozenExchange::Sort { .. } => {
            for chunk in drain(stream.as_mut(), usize::MAX, &task.cancel)? {
                outputs[0].push(chunk);
            }
        }
    }
    Ok(outputs)
}

fn distribute(
    rows: &Chunk,
    function: Option<&Arc<dyn Any + Send + Sync>>,
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
    let mut indices: Vec<Vec<u32>> = vec![Vec::new(); n];
    for (row, id) in ids.iter().enumerate() {
        indices[*id as usize].push(row as u32);
    }
    for (output, indices) in outputs.iter_mut().zip(indices) {
        if !indices.is_empty() {
            // No row is taken twice, so this doesn't decline.
            let taken = rows.take(&indices).map_err(|e| Error::new(Kind::Spark, format!("a shuffle: {e}")))?;
            output.push(shareable(&taken, task)?);
        }
    }
    Ok(())
}
