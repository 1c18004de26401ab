//! Rows of several chunks put together.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::Array;
use arrow_select::interleave::interleave;

use crate::chunk::{Chunk, Columns, Type};
use crate::error::{Error, Kind, Result};
use crate::shuffle::widen::{common_type, widen};

/// Puts rows `(chunk, row)` of several chunks together where they are not columns of one type: only the interpreter
/// can.
pub type Gather = Arc<dyn Fn(&[Chunk], &[(usize, usize)]) -> Result<Chunk> + Send + Sync>;

/// Rows that lie side by side in one chunk.
pub(super) struct Stretch {
    pub(super) chunk: usize,
    pub(super) rows: Range<usize>,
}

/// The rows of the stretches in order: one chunk where that can be, else as many as it takes.
pub(super) fn gather(chunks: &[Chunk], stretches: &[Stretch], with: Option<&Gather>) -> Result<Vec<Chunk>> {
    if let [stretch] = stretches {
        return Ok(vec![slice(chunks, stretch)]);
    }
    let Some(parts) = alike(chunks) else {
        return match with {
            Some(with) => Ok(vec![with(chunks, &places(stretches))?]),
            None => apart(chunks, stretches),
        };
    };
    let arrays: Vec<&dyn Array> = parts.iter().map(|part| part.array().as_ref()).collect();
    let kind = parts.first().map_or(Type::Null, |part| part.kind().clone());
    match interleave(&arrays, &places(stretches)) {
        Ok(rows) => Ok(vec![Chunk::Columns(Columns::new(rows, kind))]),
        // Lists with more items together than one column can have.
        Err(_) => Ok(stretches.iter().map(|stretch| slice(chunks, stretch)).collect()),
    }
}

fn slice(chunks: &[Chunk], stretch: &Stretch) -> Chunk {
    chunks[stretch.chunk].slice(stretch.rows.start, stretch.rows.len())
}

fn places(stretches: &[Stretch]) -> Vec<(usize, usize)> {
    let mut places = Vec::with_capacity(stretches.iter().map(|stretch| stretch.rows.len()).sum());
    for stretch in stretches {
        places.extend(stretch.rows.clone().map(|row| (stretch.chunk, row)));
    }
    places
}

/// All chunks as columns of one type.
pub(super) fn alike(chunks: &[Chunk]) -> Option<Vec<Columns>> {
    let mut kind: Option<Type> = None;
    for chunk in chunks {
        let Chunk::Columns(columns) = chunk else { return None };
        kind = Some(match &kind {
            Some(kind) => common_type(kind, columns.kind())?,
            None => columns.kind().clone(),
        });
    }
    let kind = kind?;
    let columns = chunks.iter().filter_map(|chunk| match chunk {
        Chunk::Columns(columns) => Some(widen(columns, &kind)),
        Chunk::Objects(_) => None,
    });
    Some(columns.collect())
}

/// One chunk for each run of rows that come from one chunk.
fn apart(chunks: &[Chunk], stretches: &[Stretch]) -> Result<Vec<Chunk>> {
    let runs = stretches.chunk_by(|a, b| a.chunk == b.chunk);
    let rows = runs.map(|run| {
        if let [stretch] = run {
            return Ok(slice(chunks, stretch));
        }
        let rows: Vec<u32> = run.iter().flat_map(|stretch| stretch.rows.clone()).map(|row| row as u32).collect();
        // No row is taken twice, so this doesn't decline.
        chunks[run[0].chunk].take(&rows).map_err(|e| Error::new(Kind::Spark, format!("a sort: {e}")))
    });
    rows.collect()
}
