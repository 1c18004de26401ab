//! Files of records that all have the same number of bytes: `binaryRecordsStream`. Spark's `FixedLengthBinaryInputFormat`.

use std::any::Any;
use std::io::Read;
use std::sync::Arc;

use arrow_array::{Array, BinaryViewArray};

use crate::chunk::{BoxStream, Cancel, Chunk, ChunkStream, Columns, Type};
use crate::error::{Error, Kind, Result};
use crate::metrics::Usage;
use crate::plan::{Plan, PlanRef, Scan};

use super::place::{Bytes, Place, StorageRef};
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
    pub fn of_paths(pattern: &str, length: usize, storage: Option<StorageRef>) -> Result<PlanRef> {
        let files = TextFiles::new(pattern, 1, storage).files().map_err(of_new_interface)?;
        let splits = files.iter().flat_map(|file| splits_of(&file.place, file.len, length)).collect();
        Ok(Self::of_splits(splits, length).plan())
    }

    /// The records as a plan, a split a partition.
    pub fn plan(self) -> PlanRef {
        Plan::scan(Arc::new(self), "binaryRecords")
    }
}

/// The splits of a file of `len` bytes; an empty file has none. A split ends where a record does.
pub(super) fn splits_of(place: &Place, len: u64, length: usize) -> Vec<FileSplit> {
    let cuts = record_splits(len, length as u64, place.can_be_cut());
    cuts.into_iter().map(|(start, len)| FileSplit { place: place.clone(), start, len }).collect()
}

impl Scan for RecordFiles {
    fn partitions(&self) -> Result<usize> {
        Ok(self.splits.len())
    }

    fn open(&self, partition: usize, _: &Cancel) -> Result<BoxStream> {
        let missing = || Error::new(Kind::IllegalArgument, format!("binaryRecords has no partition {partition}"));
        let split = self.splits.get(partition).ok_or_else(missing)?.clone();
        if split.place.is_compressed() {
            let message =
                format!("{}: FixedLengthRecordReader does not support reading compressed files", split.place.name());
            return Err(Error::new(Kind::Io, message));
        }
        // A file that can't be read from its middle may be of unknown length: it ends where its bytes do.
        let left = if split.place.has_ranges() { Some(split.len) } else { None };
        Ok(Box::new(Records { left, split, length: self.length, file: None }))
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
    file: Option<Bytes>,
    left: Option<u64>,
}

impl ChunkStream for Records {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        let FileSplit { place, start, len } = &self.split;
        if self.left == Some(0) {
            return Ok(None);
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(place.open(*start, start + len)?),
        };
        let whole = ((BLOCK / self.length).min(want).max(1) * self.length) as u64;
        let wanted = self.left.map_or(whole, |left| whole.min(left));
        let mut bytes = Vec::new();
        file.take(wanted).read_to_end(&mut bytes).map_err(|e| Error::io(place.name(), &e))?;
        let records = bytes.chunks_exact(self.length);
        let ended = (bytes.len() as u64) < wanted;
        if self.left.is_none() && ended && records.remainder().is_empty() {
            self.left = Some(0);
            if records.len() == 0 {
                return Ok(None);
            }
        } else if ended || !records.remainder().is_empty() {
            // The whole records before it come first.
            self.left = Some(if records.len() == 0 { 0 } else { (bytes.len() % self.length).max(1) as u64 });
            if records.len() == 0 {
                let message = format!(
                    "{}: the file ends within a record (java.io.EOFException): its size is no multiple of {} bytes",
                    place.name(),
                    self.length
                );
                return Err(Error::new(Kind::Io, message));
            }
        } else if let Some(left) = &mut self.left {
            *left -= wanted;
        }
        let array = BinaryViewArray::from_iter_values(records);
        Usage::note_rows(array.len());
        Ok(Some(Chunk::Columns(Columns::new(Arc::new(array), Type::Bytes))))
    }
}
