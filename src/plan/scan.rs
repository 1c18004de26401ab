//! Where rows come from that no other plan makes: a trait, and its simplest kind, rows in memory.

use std::any::Any;

use crate::chunk::{BoxStream, Cancel, Chunk, InMemory};
use crate::error::Result;
use crate::store::StoredRef;

/// Rows that are there, or are read by each task that wants them. `source/` has the readers.
pub trait Scan: Any + Send + Sync {
    /// Number of partitions. May look at the file system, which can fail.
    fn partitions(&self) -> Result<usize>;
    /// The rows of a partition that exists.
    fn open(&self, partition: usize, cancel: &Cancel) -> Result<BoxStream>;
    /// How much there is, where that is known and no file is read for it.
    fn size(&self) -> Option<Size> {
        None
    }
    /// What `explain` says behind the name of the operation.
    fn describe(&self) -> String;
    /// For the layer that made it to take it back.
    fn as_any(&self) -> &dyn Any;
}

/// How much something is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Rows.
    pub rows: usize,
    /// Bytes of them, about.
    pub bytes: usize,
}

impl Size {
    /// Of rows in memory. What opaque rows weigh isn't asked.
    pub fn of_chunks<'a>(chunks: impl IntoIterator<Item = &'a Chunk>) -> Option<Self> {
        let of = |chunk: &Chunk| match chunk {
            Chunk::Columns(columns) => Some(Self { rows: columns.len(), bytes: columns.weight() }),
            Chunk::Objects(rows) => rows.is_empty().then(Self::default),
        };
        chunks.into_iter().map(of).sum()
    }

    /// Of stored rows.
    pub fn of_stored(rows: &[StoredRef]) -> Self {
        rows.iter().map(|rows| Self { rows: rows.rows(), bytes: rows.bytes() }).sum()
    }
}

impl std::iter::Sum for Size {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self { rows: sum.rows + one.rows, bytes: sum.bytes + one.bytes })
    }
}

/// Stored partitions.
pub struct StoredRows(Vec<StoredRef>);

impl StoredRows {
    /// One stored partition each.
    pub fn new(partitions: Vec<StoredRef>) -> Self {
        Self(partitions)
    }
}

impl Scan for StoredRows {
    fn partitions(&self) -> Result<usize> {
        Ok(self.0.len())
    }

    fn open(&self, partition: usize, cancel: &Cancel) -> Result<BoxStream> {
        Ok(match self.0.get(partition) {
            Some(rows) => rows.open(cancel),
            None => Box::new(InMemory::new(Vec::new())),
        })
    }

    fn size(&self) -> Option<Size> {
        Some(Size::of_stored(&self.0))
    }

    fn describe(&self) -> String {
        let rows: usize = self.0.iter().map(|rows| rows.rows()).sum();
        format!("{rows} rows that were kept in {} partitions", self.0.len())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Rows in memory: a parallelized list, a receiver's blocks.
pub struct Parts(Vec<Vec<Chunk>>);

impl Parts {
    /// One list of chunks a partition.
    pub fn new(partitions: Vec<Vec<Chunk>>) -> Self {
        Self(partitions)
    }
}

impl Scan for Parts {
    fn partitions(&self) -> Result<usize> {
        Ok(self.0.len())
    }

    fn open(&self, partition: usize, _: &Cancel) -> Result<BoxStream> {
        Ok(Box::new(InMemory::new(self.0.get(partition).cloned().unwrap_or_default())))
    }

    fn size(&self) -> Option<Size> {
        Size::of_chunks(self.0.iter().flatten())
    }

    fn describe(&self) -> String {
        let rows: usize = self.0.iter().flatten().map(Chunk::len).sum();
        format!("{rows} rows in {} partitions", self.0.len())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
