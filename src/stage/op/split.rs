//! Keys that together are too many for a task's share of the memory are worked on in parts: a second hash of the key says
//! which. Each part's keys come out together, as `PySpark`'s do where it spills.

use crate::chunk::{BoxStream, Chunk, Columns};
use crate::error::Result;
use crate::fault::declining;
use crate::plan::{Dependency, Input};
use crate::shuffle::{Scatterer, partition_ids, portable_hash};
use crate::stage::Task;
use crate::store::{Level, StoredRef, Writer};

use super::chain::pair;

/// A table takes about this many times what its rows weigh: the rows, the index, and what is drained.
pub(super) const SPREAD: usize = 3;

/// More parts than this are too many files for what they save.
const MOST: usize = 256;

/// How many parts the keys of this task's partition are worked on in: one where all fit.
pub(super) fn parts(inputs: &[Input], task: &Task) -> usize {
    let weight = |input: &Input| match &input.how {
        Dependency::Shuffle(shuffle) => shuffle.output.get().map_or(0, |output| output.weight(task.partition)),
        Dependency::Aligned | Dependency::Partitions => 0,
    };
    let bytes: usize = inputs.iter().map(weight).sum();
    parts_of(bytes, task)
}

/// In how many parts so many bytes are worked on.
fn parts_of(bytes: usize, task: &Task) -> usize {
    bytes.saturating_mul(SPREAD).div_ceil(task.share().fair().max(1)).clamp(1, MOST)
}

/// Stored pairs in as many parts as their weight asks for.
pub(in crate::stage) fn split_by_weight(
    rows: StoredRef,
    partitions: usize,
    name: &str,
    task: &Task,
) -> Result<Vec<StoredRef>> {
    match parts_of(rows.bytes(), task) {
        1 => Ok(vec![rows]),
        parts => split(rows.open(&task.cancel), partitions, parts, name, task),
    }
}

/// The rows of an input that is read through a shuffle into `partitions`, by part, each in their order.
pub(super) fn split(
    mut input: BoxStream,
    partitions: usize,
    parts: usize,
    name: &str,
    task: &Task,
) -> Result<Vec<StoredRef>> {
    let mut writers: Vec<Writer> =
        (0..parts).map(|_| Writer::new(&task.prepared.memory, Level::MemoryAndDisk)).collect();
    let mut columns = Scatterer::new(parts);
    // Keys that are here agree in their hash modulo `partitions`: what is left of it tells them apart.
    let modulus = partitions.max(1) * parts;
    while let Some(chunk) = input.next(usize::MAX)? {
        task.cancel.check()?;
        let ids = match &chunk {
            Chunk::Columns(rows) => native_ids(rows, modulus),
            Chunk::Objects(_) => None,
        };
        let (ids, chunk) = match ids {
            Some(ids) => (ids, chunk),
            None => task.prepared.interpreter.partition_ids(&chunk, None, modulus, name, task)?,
        };
        let ids: Vec<u32> = ids.iter().map(|id| *id / partitions.max(1) as u32 % parts as u32).collect();
        match &chunk {
            Chunk::Columns(rows) => columns.push(rows, &ids, |part, rows| writers[part].push(Chunk::Columns(rows)))?,
            Chunk::Objects(rows) => {
                columns.flush(|part, rows| writers[part].push(Chunk::Columns(rows)))?;
                let split = task.prepared.interpreter.scatter(rows, &ids, parts)?;
                writers.iter_mut().zip(split).try_for_each(|(writer, part)| writer.push(part))?;
            }
        }
    }
    columns.flush(|part, rows| writers[part].push(Chunk::Columns(rows)))?;
    writers.into_iter().map(Writer::finish).collect()
}

fn native_ids(rows: &Columns, modulus: usize) -> Option<Vec<u32>> {
    declining(|| Ok(partition_ids(&portable_hash(&pair(rows)?[0])?, modulus))).ok()
}
