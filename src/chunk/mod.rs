//! The unit that moves between operators: a run of rows, as Arrow columns or as opaque objects.

mod columns;
mod compact;
pub mod foreign;
pub mod ipc;
mod kind;
mod lines;
mod mixed;
mod objects;
mod opened;
mod progression;
mod record;
mod stream;
mod utf8;
mod weight;

pub use columns::{Columns, MOST_LIST_ITEMS, rows};
pub use compact::compact;
pub use kind::{Type, record_fields, tuple_fields};
pub use lines::{LineCutter, complete_prefix, lines};
pub use mixed::{DictKind, Token};
pub use objects::{Decode, Encoded, Objects, ObjectsRef};
pub use opened::open_records_by;
pub use progression::Progression;
pub use record::{Class, ClassKind};
pub use stream::{BoxStream, CHUNK_ROWS, Cancel, ChunkStream, Entered, InMemory, drain};
pub use utf8::Utf8;

use crate::error::Decline;

/// A run of rows in order. Cloning is cheap: the rows are shared.
#[derive(Clone, Debug)]
pub enum Chunk {
    /// Rows of one type in an Arrow array; kernels can work on them.
    Columns(Columns),
    /// Rows the engine can't look into; only user code can.
    Objects(ObjectsRef),
}

impl Chunk {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Columns(c) => c.len(),
            Self::Objects(o) => o.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Rows `from .. from + len`, sharing storage. The range must be within the chunk.
    #[must_use]
    pub fn slice(&self, from: usize, len: usize) -> Self {
        match self {
            Self::Columns(c) => Self::Columns(c.slice(from, len)),
            Self::Objects(o) => Self::Objects(o.slice(from, len)),
        }
    }

    /// The rows at `indices`, in that order; see `Columns::take` for the decline.
    pub fn take(&self, indices: &[u32]) -> Result<Self, Decline> {
        Ok(match self {
            Self::Columns(c) => Self::Columns(c.take(indices)?),
            Self::Objects(o) => Self::Objects(o.take(indices)),
        })
    }

    /// Bytes that keeping this chunk keeps alive, approximately.
    pub fn weight(&self) -> usize {
        match self {
            Self::Columns(c) => c.weight(),
            Self::Objects(o) => o.weight(),
        }
    }

    /// The same rows in order, with neighbours that are small columns of one type put together.
    pub fn join_small(chunks: Vec<Self>) -> Vec<Self> {
        let mut joined = Vec::with_capacity(chunks.len());
        let mut run: Vec<Columns> = Vec::new();
        for chunk in chunks {
            match chunk {
                Self::Columns(c) if c.len() < CHUNK_ROWS && run.last().is_none_or(|last| last.kind() == c.kind()) => {
                    run.push(c);
                }
                other => {
                    end_run(&mut run, &mut joined);
                    match other {
                        Self::Columns(c) if c.len() < CHUNK_ROWS => run.push(c),
                        other => joined.push(other),
                    }
                }
            }
        }
        end_run(&mut run, &mut joined);
        joined
    }
}

/// Lists with too many items for one column stay apart.
fn end_run(run: &mut Vec<Columns>, joined: &mut Vec<Chunk>) {
    match Columns::concat(run) {
        Some(one) => joined.push(Chunk::Columns(one)),
        None => joined.extend(run.iter().cloned().map(Chunk::Columns)),
    }
    run.clear();
}
