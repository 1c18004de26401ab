//! The rows of a checkpoint: a directory with a file for each partition. Spark's `ReliableCheckpointRDD`.

use std::any::Any;
use std::path::{Path, PathBuf};

use crate::chunk::{BoxStream, Cancel, Decode};
use crate::error::Result;
use crate::plan::Scan;
use crate::store::open_part;

/// Rows that were saved.
pub struct SavedRows {
    directory: PathBuf,
    partitions: usize,
    decode: Decode,
}

impl SavedRows {
    /// So many partitions in this directory.
    pub fn new(directory: PathBuf, partitions: usize, decode: Decode) -> Self {
        Self { directory, partitions, decode }
    }

    /// The file of a partition.
    pub fn part(directory: &Path, partition: usize) -> PathBuf {
        directory.join(format!("part-{partition:05}"))
    }
}

impl Scan for SavedRows {
    fn partitions(&self) -> Result<usize> {
        Ok(self.partitions)
    }

    fn open(&self, partition: usize, cancel: &Cancel) -> Result<BoxStream> {
        open_part(&Self::part(&self.directory, partition), self.decode, cancel)
    }

    fn describe(&self) -> String {
        format!("of {} partitions in {}", self.partitions, self.directory.display())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
