//! Files of records that all have the same number of bytes: `binaryRecordsStream`. Spark's `FixedLengthBinaryInputFormat`.

use std::any::Any;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use arrow_array::BinaryViewArray;

use crate::chunk::{BoxStream, Cancel, Chunk, ChunkStream, Columns, Type};
use crate::error::{Error, Kind, Result};
use crate::plan::{Plan, PlanRef, Scan};

use super::packed::is_compressed;
use super::slicing::record_splits;
use super::text_files::TextFiles;
use super::text_reader::FileSplit;
use super::whole_files::of_new_interface;

/// Bytes that make one chunk of records, if a record isn't longer.
const BLOCK: usize = 512 * 1024;

/// Records of a length, of splits that are known.
pub struct RecordFiles {
    splits: Vec<FileSplit>,
    length: usize,
}

impl RecordFiles {
    pub(super) fn of_splits(splits: Vec<FileSplit>, length: usize) -> Self {
        Self { splits, length }
    }

    /// The records of files that are there.
    pub fn of_paths(pattern: &str, length: usize) -> Result<PlanRef> {
        let files = TextFiles::new(pattern, 1).files().map_err(of_new_interface)?;
        let splits = files.iter().flat_map(|file| splits_of(&file.path, file.len, length)).collect();
        Ok(Self::of_splits(splits, length).plan())
    }

    /// The records as a plan, a split a partition.
    pub fn plan(self) -> PlanRef {
        Plan::scan(Arc::new(self), "binaryRecords")
    }
}

/// The splits of a file of `len` bytes; an empty file has none. A split ends where a record does.
pub(super) fn splits_of(path: &Path, len: u64, length: usize) -> Vec<FileSplit> {
    let cuts = record_splits(len, length as u64, !is_compressed(path));
    cuts.into_iter().map(|(start, len)| FileSplit { path: path.to_owned(), start, len }).collect()
}

impl Scan for RecordFiles {
    fn partitions(&self) -> Result<usize> {
        Ok(self.splits.len())
    }

    fn open(&self, partition: usize, _: &Cancel) -> Result<BoxStream> {
        let missing = || Error::new(Kind::IllegalArgument, format!("binaryRecords has no partition {partition}"));
        let split = self.splits.get(partition).ok_or_else(missing)?.clone();
        if is_compressed(&split.path) {
            let message =
                format!("{}: FixedLengthRecordReader does not support reading compressed files", split.path.display());
            return Err(Error::new(Kind::Io, message));
        }
        Ok(Box::new(Records { left: split.len, split, length: self.length, file: None }))
    }

    fn describe(&self) -> String {
        format!("records of {} bytes", self.length)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

struct Records {
    split: FileSplit,
    length: usize,
    file: Option<File>,
    left: u64,
}

impl ChunkStream for Records {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        let path = self.split.path.display();
        let failed = |e: std::io::Error| Error::io(path.to_string(), &e);
        if self.left == 0 {
            return Ok(None);
        }
        let short = || {
            let message = format!(
                "{path}: the file ends within a record (java.io.EOFException): its size is no multiple of {} bytes",
                self.length
            );
            Err(Error::new(Kind::Io, message))
        };
        let file = match &mut self.file {
            Some(file) => file,
            none => {
                let mut file = File::open(&self.split.path).map_err(failed)?;
                file.seek(SeekFrom::Start(self.split.start)).map_err(failed)?;
                none.insert(file)
            }
        };
        let whole = (BLOCK / self.length).min(want).max(1) * self.length;
        let wanted = (whole as u64).min(self.left);
        let mut bytes = Vec::new();
        file.take(wanted).read_to_end(&mut bytes).map_err(failed)?;
        let records = bytes.chunks_exact(self.length);
        if (bytes.len() as u64) < wanted || !records.remainder().is_empty() {
            // The whole records before it come first.
            self.left = if records.len() == 0 { 0 } else { (bytes.len() % self.length).max(1) as u64 };
            if records.len() == 0 {
                return short();
            }
        } else {
            self.left -= wanted;
        }
        let array = BinaryViewArray::from_iter_values(records);
        Ok(Some(Chunk::Columns(Columns::new(Arc::new(array), Type::Bytes))))
    }
}
