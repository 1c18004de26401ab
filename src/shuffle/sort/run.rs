//! One partition's rows in order.

use std::collections::VecDeque;
use std::sync::Arc;

use super::gather::{Gather, Stretch, alike, gather};
use super::merge::RunReader;
use super::order::order;
use crate::chunk::compact;
use crate::chunk::{CHUNK_ROWS, Chunk, Columns, Type};
use crate::error::{Decline, Result};
use crate::shuffle::widen::{common_type, widen};

/// Sorted rows, each with its key, in chunks that kernels like and that share no storage with what came in.
#[derive(Clone, Default)]
pub struct SortedRun {
    chunks: Vec<(Columns, Chunk)>,
}

/// Where the keys are found again among sorted rows, so that they are not stored twice.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// The rows are the keys.
    Rows,
    /// The first items of pairs.
    First,
    Apart,
}

impl SortedRun {
    /// Sorts a partition's rows stably by `keys`, one column for each chunk. Declines keys that Python can't compare, nan,
    /// and keys of several types; the rows are the caller's still.
    pub fn new(chunks: &[Chunk], keys: &[Columns], ascending: bool, with: Option<&Gather>) -> Result<Self, Decline> {
        let fits = chunks.len() == keys.len() && chunks.iter().zip(keys).all(|(chunk, keys)| chunk.len() == keys.len());
        if !fits {
            return Err(Decline::new("rows and their keys don't match"));
        }
        let (chunks, keys): (Vec<&Chunk>, Vec<&Columns>) =
            chunks.iter().zip(keys).filter(|(chunk, _)| !chunk.is_empty()).unzip();
        if chunks.is_empty() {
            return Ok(Self::default());
        }
        let place = place(&chunks, &keys);
        let chunks: Vec<Chunk> = chunks.into_iter().cloned().collect();
        let rows = alike(&chunks).and_then(|parts| Columns::concat(&parts));
        let keys = match (place, &rows) {
            (Place::Rows, Some(rows)) => rows.clone(),
            (Place::First, Some(rows)) => first(rows).ok_or(Decline::new("rows that are not pairs"))?,
            _ => joined(&keys)?,
        };
        let order = order(&keys, ascending)?;
        let Some(rows) = rows else { return mixed(&chunks, &keys, &order, with) };
        let chunks = order.chunks(CHUNK_ROWS).map(|order| {
            let rows = compact(&rows.take(order)?);
            let keys = match place {
                Place::Rows => rows.clone(),
                Place::First => first(&rows).ok_or(Decline::new("rows that are not pairs"))?,
                Place::Apart => compact(&keys.take(order)?),
            };
            Ok((keys, Chunk::Columns(rows)))
        });
        Ok(Self { chunks: chunks.collect::<Result<_, Decline>>()? })
    }

    /// A run whose chunks, keys and rows, are in order already.
    pub fn from_sorted(chunks: Vec<(Columns, Chunk)>) -> Self {
        Self { chunks }
    }

    /// The chunks: keys and rows.
    pub fn chunks(&self) -> &[(Columns, Chunk)] {
        &self.chunks
    }

    /// The chunks, taken out: to be written to a file, say.
    pub fn into_chunks(self) -> Vec<(Columns, Chunk)> {
        self.chunks
    }

    /// The keys, as `cut_runs` wants them. They share storage with the rows where those hold them.
    pub fn keys(&self) -> Vec<Columns> {
        self.chunks.iter().map(|(keys, _)| keys.clone()).collect()
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.chunks.iter().map(|(keys, _)| keys.len()).sum()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Reads rows `from .. to`.
    pub fn reader(&self, from: usize, to: usize) -> MemoryRun {
        let mut chunks = VecDeque::new();
        let mut at = 0;
        for (keys, rows) in &self.chunks {
            let (begin, end) = (from.max(at), to.min(at + keys.len()));
            if begin < end {
                chunks.push_back((keys.slice(begin - at, end - begin), rows.slice(begin - at, end - begin)));
            }
            at += keys.len();
        }
        MemoryRun { chunks }
    }
}

/// Reads a part of a run that is in memory.
pub struct MemoryRun {
    chunks: VecDeque<(Columns, Chunk)>,
}

impl RunReader for MemoryRun {
    fn next(&mut self) -> Result<Option<(Columns, Chunk)>> {
        Ok(self.chunks.pop_front())
    }
}

/// Sorts rows that are no columns of one type; their keys are.
fn mixed(chunks: &[Chunk], keys: &Columns, order: &[u32], with: Option<&Gather>) -> Result<SortedRun, Decline> {
    let mut starts = Vec::with_capacity(chunks.len());
    let mut sum = 0;
    for chunk in chunks {
        starts.push(sum);
        sum += chunk.len();
    }
    let mut sorted = Vec::new();
    for order in order.chunks(CHUNK_ROWS) {
        let stretches: Vec<Stretch> = order
            .iter()
            .map(|row| {
                let chunk = starts.partition_point(|start| *start <= *row as usize) - 1;
                let row = *row as usize - starts[chunk];
                Stretch { chunk, rows: row..row + 1 }
            })
            .collect();
        let parts = gather(chunks, &stretches, with).map_err(|error| Decline::new(error.to_string()))?;
        let mut from = 0;
        for part in parts {
            let len = part.len();
            sorted.push((compact(&keys.take(&order[from..from + len])?), part));
            from += len;
        }
    }
    Ok(SortedRun { chunks: sorted })
}

/// All keys as one column.
fn joined(keys: &[&Columns]) -> Result<Columns, Decline> {
    let mut kind: Type = keys.first().map_or(Type::Null, |keys| keys.kind().clone());
    for part in keys {
        kind = common_type(&kind, part.kind())
            .ok_or_else(|| Decline::new(format!("keys of {} after keys of {kind}", part.kind())))?;
    }
    let parts: Vec<Columns> = keys.iter().map(|part| widen(part, &kind)).collect();
    Columns::concat(&parts).ok_or(Decline::new("lists of more than 2^31 items in all"))
}

fn first(rows: &Columns) -> Option<Columns> {
    rows.items()?.into_iter().next()
}

fn place(chunks: &[&Chunk], keys: &[&Columns]) -> Place {
    let place = |chunk: &Chunk, keys: &Columns| {
        let Chunk::Columns(rows) = chunk else { return Place::Apart };
        if Arc::ptr_eq(rows.array(), keys.array()) {
            return Place::Rows;
        }
        match first(rows) {
            Some(first) if Arc::ptr_eq(first.array(), keys.array()) => Place::First,
            _ => Place::Apart,
        }
    };
    let mut places = chunks.iter().zip(keys).map(|(chunk, keys)| place(chunk, keys));
    let one = places.next().unwrap_or(Place::Apart);
    if places.all(|place| place == one) { one } else { Place::Apart }
}
