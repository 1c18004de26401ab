//! Rows of stored ones by place. Of what lies in files only the segments with wanted rows are read, one at a time: a state
//! may be larger than memory.

use std::collections::HashMap;
use std::sync::Arc;

use crate::chunk::{CHUNK_ROWS, Chunk};
use crate::error::Result;
use crate::memory::Memory;
use crate::store::{Level, StoredRef, Writer};

use super::{Opener, broken, gather_columns};

/// Rows `(stored, row)` of stored rows, as one chunk; none for none.
pub(super) fn select(
    stored: &[&StoredRef],
    mut places: Vec<(usize, usize)>,
    opener: &dyn Opener,
) -> Result<Vec<Chunk>> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let mut used = vec![false; stored.len()];
    for (piece, _) in &places {
        used[*piece] = true;
    }
    let (mut chunks, mut sources) = (Vec::new(), Vec::with_capacity(stored.len()));
    for (piece, used) in stored.iter().zip(used) {
        sources.push(match used {
            false => Source::Unused,
            true if piece.is_in_memory() => Source::Chunks(all_of(piece, &mut chunks)?),
            true => Source::Segments(piece.starts()),
        });
    }
    let mut filed: HashMap<(usize, usize), Vec<usize>> = HashMap::new();
    for (number, (piece, row)) in places.iter_mut().enumerate() {
        match &sources[*piece] {
            Source::Chunks(own) => {
                let (from, chunk) = found(own, *row)?;
                (*piece, *row) = (chunk, *row - from);
            }
            Source::Segments(starts) => {
                let segment = starts.partition_point(|from| *from <= *row).checked_sub(1);
                let segment = segment.ok_or_else(|| broken("a place outside its run"))?;
                *row -= starts[segment];
                filed.entry((*piece, segment)).or_default().push(number);
            }
            Source::Unused => return Err(broken("a place in no run")),
        }
    }
    for ((piece, segment), numbers) in filed {
        let (mut loaded, mut own, mut at) = (Vec::new(), Vec::new(), 0);
        for chunk in stored[piece].segment(segment)? {
            own.push((at, loaded.len()));
            at += chunk.len();
            loaded.push(chunk);
        }
        let mut rows = Vec::with_capacity(numbers.len());
        for number in &numbers {
            let row = places[*number].1;
            let (from, chunk) = found(&own, row)?;
            rows.push((chunk, row - from));
        }
        for (row, number) in numbers.into_iter().enumerate() {
            places[number] = (chunks.len(), row);
        }
        chunks.push(gather(&loaded, &rows, opener)?);
    }
    Ok(vec![gather(&chunks, &places, opener)?])
}

/// What `some` gives for a few thousand of `all` at a time, stored.
pub(super) fn stored_anew<T>(
    all: &[T],
    memory: &Arc<Memory>,
    mut some: impl FnMut(&[T]) -> Result<Vec<Chunk>>,
) -> Result<StoredRef> {
    let mut writer = Writer::new(memory, Level::MemoryAndDisk);
    for few in all.chunks(CHUNK_ROWS) {
        for chunk in some(few)? {
            writer.push(chunk)?;
        }
    }
    writer.finish()
}

/// Where the rows of a stored partition are.
enum Source {
    Unused,
    /// The first row of each chunk, and its number among all.
    Chunks(Vec<(usize, usize)>),
    /// The first row of each segment.
    Segments(Vec<usize>),
}

fn all_of(piece: &StoredRef, chunks: &mut Vec<Chunk>) -> Result<Vec<(usize, usize)>> {
    let (mut at, mut own) = (0, Vec::new());
    for chunk in piece.chunks()? {
        own.push((at, chunks.len()));
        at += chunk.len();
        chunks.push(chunk);
    }
    Ok(own)
}

fn found(own: &[(usize, usize)], row: usize) -> Result<(usize, usize)> {
    if let [only] = own {
        return Ok(*only);
    }
    let at = own.partition_point(|(from, _)| *from <= row).checked_sub(1);
    at.and_then(|at| own.get(at)).copied().ok_or_else(|| broken("a place outside its run"))
}

fn gather(chunks: &[Chunk], places: &[(usize, usize)], opener: &dyn Opener) -> Result<Chunk> {
    match gather_columns(chunks, places) {
        Some(columns) => Ok(Chunk::Columns(columns)),
        None => opener.gather(chunks, places),
    }
}
