//! Files as one row each, beside where they are: `wholeTextFiles` and `binaryFiles`. How files share partitions is Hadoop's
//! `CombineFileInputFormat`, with the limits that Spark gives it.

use std::any::Any;
use std::io::Read;
use std::sync::Arc;

use arrow_array::{BinaryViewArray, StringViewArray};

use crate::chunk::{BoxStream, Cancel, Chunk, ChunkStream, Columns, Type, Utf8};
use crate::error::{Error, Kind, Result};
use crate::metrics::Usage;
use crate::plan::{Plan, PlanRef, Scan};
use crate::sync::Mutex;

use super::place::{Bytes, Place, StorageRef};
use super::text_files::TextFiles;
use super::text_reader::FileSplit;

/// Spark's `spark.files.maxPartitionBytes` and `spark.files.openCostInBytes`.
const MOST: u64 = 128 << 20;
const OPENING: u64 = 4 << 20;

/// What a file's row holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whole {
    /// Its text, unpacked where its name says so.
    Text,
    /// The same text's bytes.
    TextBytes,
    /// Its bytes.
    Bytes,
}

/// Files of some paths, listed when their partitions are first asked for.
pub struct WholeFiles {
    files: TextFiles,
    what: Whole,
    min_partitions: usize,
    parallelism: usize,
    groups: Mutex<Option<Arc<Vec<Vec<FileSplit>>>>>,
}

impl WholeFiles {
    /// The rows of the files that `pattern` names. `parallelism` is the context's default.
    pub fn plan(
        pattern: &str,
        what: Whole,
        min_partitions: usize,
        parallelism: usize,
        storage: Option<StorageRef>,
    ) -> PlanRef {
        let name = if what == Whole::Bytes { "binaryFiles" } else { "wholeTextFiles" };
        let files = TextFiles::new(pattern, 1, storage);
        Plan::scan(Arc::new(Self { files, what, min_partitions, parallelism, groups: Mutex::default() }), name)
    }

    fn groups(&self) -> Result<Arc<Vec<Vec<FileSplit>>>> {
        let known = self.groups.lock().clone();
        if let Some(known) = known {
            return Ok(known);
        }
        let files = self.files.files().map_err(of_new_interface)?;
        let total: u64 = files.iter().map(|file| file.len).sum();
        let limit = if self.what == Whole::Bytes {
            let cost = total + files.len() as u64 * OPENING;
            let each = cost / self.parallelism.max(self.min_partitions).max(1) as u64;
            MOST.min(OPENING.max(each))
        } else {
            total.div_ceil(self.min_partitions.max(1) as u64)
        };
        let groups = Arc::new(grouped(&files, limit));
        *self.groups.lock() = Some(groups.clone());
        Ok(groups)
    }
}

/// Files one after the other, a group until its size reaches the limit; what is left then goes through once more, with the
/// empty files, which Hadoop finds on no machine. A limit of 0 is none.
fn grouped(files: &[FileSplit], limit: u64) -> Vec<Vec<FileSplit>> {
    let mut groups = Vec::new();
    let mut left = (0..files.len()).collect::<Vec<_>>();
    for with_empty in [false, true] {
        let (mut group, mut size) = (Vec::new(), 0);
        for index in std::mem::take(&mut left) {
            let len = files[index].len;
            if len == 0 && !with_empty {
                left.push(index);
                continue;
            }
            size += len;
            group.push(index);
            if limit != 0 && size >= limit {
                groups.push(std::mem::take(&mut group));
                size = 0;
            }
        }
        left.append(&mut group);
        left.sort_unstable();
    }
    if !left.is_empty() {
        groups.push(left);
    }
    groups.into_iter().map(|group| group.into_iter().map(|index| files[index].clone()).collect()).collect()
}

impl Scan for WholeFiles {
    fn partitions(&self) -> Result<usize> {
        Ok(self.groups()?.len())
    }

    fn open(&self, partition: usize, _: &Cancel) -> Result<BoxStream> {
        let groups = self.groups()?;
        let missing =
            || Error::new(Kind::IllegalArgument, format!("{} has no partition {partition}", self.files.describe()));
        let files = groups.get(partition).ok_or_else(missing)?.clone();
        Ok(Box::new(Rows { files: files.into_iter(), what: self.what }))
    }

    fn describe(&self) -> String {
        self.files.describe()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

struct Rows {
    files: std::vec::IntoIter<FileSplit>,
    what: Whole,
}

impl ChunkStream for Rows {
    fn next(&mut self, _want: usize) -> Result<Option<Chunk>> {
        let Some(file) = self.files.next() else { return Ok(None) };
        let place = &file.place;
        let mut bytes = Vec::with_capacity(file.len as usize);
        let mut read = |mut from: Bytes| from.read_to_end(&mut bytes).map_err(|e| Error::io(place.name(), &e));
        if self.what == Whole::Bytes {
            read(place.open(0, u64::MAX)?)?;
        } else {
            read(place.unpacked()?)?;
            let mut text = Vec::with_capacity(bytes.len());
            let mut decoder = Utf8::default();
            decoder.decode(&bytes, &mut text);
            decoder.finish(&mut text);
            bytes = text;
        }
        let place = address(place);
        let of_bytes = |bytes: &[u8]| Columns::new(Arc::new(BinaryViewArray::from_iter_values([bytes])), Type::Bytes);
        let of_text = |text: &str| Columns::new(Arc::new(StringViewArray::from_iter_values([text])), Type::Str);
        let items = match self.what {
            Whole::Text => vec![of_text(&place), of_text(&String::from_utf8_lossy(&bytes))],
            Whole::TextBytes => vec![of_bytes(place.as_bytes()), of_bytes(&bytes)],
            Whole::Bytes => vec![of_text(&place), of_bytes(&bytes)],
        };
        Usage::note_rows(1);
        Ok(Some(Chunk::Columns(Columns::tuple(items, 1))))
    }
}

/// `file:/directory/name`
fn address(place: &Place) -> String {
    let path = match place {
        Place::Local(path) => path,
        Place::Remote(_, file) => return file.address.clone(),
    };
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.clone());
    let text = absolute.to_string_lossy().replace('\\', "/");
    format!("file:{}{text}", if text.starts_with('/') { "" } else { "/" })
}

/// Hadoop's newer interface has an exception of its own for paths that aren't there.
pub(super) fn of_new_interface(error: Error) -> Error {
    match error {
        Error::Engine { kind: Kind::InvalidInput, message } => Error::new(Kind::NoInput, message),
        other => other,
    }
}
