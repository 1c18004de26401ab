//! What a stream remembers by key. A partition's state at a time is a `Snapshot` and never changes: the next one shares
//! with it all that the batch left alone. Keys are numbered (their slots) and stand in the order in which they came;
//! values lie in runs, one a batch, that are put together as they pile up.

mod index;
mod places;
mod read;
mod run;
mod save;
mod select;
mod snapshot;

use std::sync::Arc;

use crate::chunk::{Chunk, Columns};
use crate::error::{Error, Kind, Result};
use crate::store::StoredRef;

pub use index::{Index, ObjectIndex};
pub use read::Pairs;
pub use run::Run;
pub use save::{FileSource, Manifest, Saved, Saver, restore};
pub use snapshot::{Change, Snapshot};

/// What state asks of whoever can look into opaque rows.
pub trait Opener: Send + Sync {
    /// Rows `(chunk, row)` of several chunks put together, in a form that several readers can have.
    fn gather(&self, chunks: &[Chunk], places: &[(usize, usize)]) -> Result<Chunk>;
    /// An empty index of opaque keys.
    fn index(&self) -> Result<Arc<dyn ObjectIndex>>;
}

/// A partition's state.
#[derive(Clone)]
pub enum Held {
    /// Found by key, and changed key by key.
    Keyed(Snapshot),
    /// Pairs that are read from the first to the last, and replaced as a whole.
    Rows(Rows),
}

/// Pairs of key and state that are read in order only.
#[derive(Clone)]
pub struct Rows {
    /// The file that a checkpoint keeps them in.
    pub name: Arc<str>,
    /// The pairs.
    pub rows: StoredRef,
}

impl Rows {
    /// These pairs under a name of their own.
    pub fn new(rows: StoredRef) -> Self {
        Self { name: run::fresh_name().into(), rows }
    }
}

impl Held {
    /// Number of keys.
    pub fn keys(&self) -> usize {
        match self {
            Self::Keyed(snapshot) => snapshot.len(),
            Self::Rows(rows) => rows.rows.rows(),
        }
    }

    /// Bytes that it takes, in memory and in files.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Keyed(snapshot) => snapshot.bytes(),
            Self::Rows(rows) => rows.rows.bytes(),
        }
    }
}

/// Rows `(chunk, row)` as one column, where all of those that are meant are columns of one type.
pub fn gather_columns(chunks: &[Chunk], places: &[(usize, usize)]) -> Option<Columns> {
    let mut used = vec![false; chunks.len()];
    for (chunk, _) in places {
        used[*chunk] = true;
    }
    let mut wanted: Vec<Columns> = Vec::new();
    let mut number = vec![0; chunks.len()];
    for (i, chunk) in chunks.iter().enumerate().filter(|(i, _)| used[*i]) {
        let Chunk::Columns(columns) = chunk else { return None };
        if wanted.first().is_some_and(|first| first.kind() != columns.kind()) {
            return None;
        }
        number[i] = wanted.len();
        wanted.push(columns.clone());
    }
    match wanted.as_slice() {
        [] => None,
        [one] => one.take(&places.iter().map(|(_, row)| *row as u32).collect::<Vec<_>>()).ok(),
        all => {
            let arrays: Vec<&dyn arrow_array::Array> = all.iter().map(|c| c.array().as_ref()).collect();
            let places: Vec<(usize, usize)> = places.iter().map(|(chunk, row)| (number[*chunk], *row)).collect();
            let rows = arrow_select::interleave::interleave(&arrays, &places).ok()?;
            Some(Columns::new(rows, all[0].kind().clone()))
        }
    }
}

fn broken(what: &str) -> Error {
    Error::new(Kind::Spark, format!("a bug in Pyrite's state: {what}; please report it"))
}
