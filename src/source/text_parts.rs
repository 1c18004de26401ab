//! Lines of files whose splits the caller has laid out, several to a partition where files are small: Spark SQL's reader
//! of text.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use crate::chunk::{BoxStream, Cancel, Chunk, ChunkStream};
use crate::error::{Error, Kind, Result};
use crate::plan::{Plan, PlanRef, Scan};

use super::place::{Found, Place, StorageRef};
use super::text_reader::{FileSplit, TextStream};

/// The splits of each partition, in order.
pub struct TextParts {
    pattern: String,
    parts: Vec<Vec<FileSplit>>,
}

impl TextParts {
    /// The lines as a plan. A split is its path, its first byte and its length; `pattern` is what `explain` shows, and
    /// `elsewhere` are the files that aren't on this machine.
    pub fn plan(
        pattern: &str,
        parts: Vec<Vec<(String, u64, u64)>>,
        elsewhere: Option<(StorageRef, Vec<Found>)>,
    ) -> PlanRef {
        let (storage, files) = elsewhere.map_or((None, Vec::new()), |(storage, files)| (Some(storage), files));
        let known: HashMap<String, Arc<Found>> =
            files.into_iter().map(|file| (file.address.clone(), Arc::new(file))).collect();
        let place = |path: String| match (&storage, known.get(&path)) {
            (Some(storage), Some(file)) => Place::Remote(storage.clone(), file.clone()),
            _ => Place::Local(path.into()),
        };
        let split = |(path, start, len)| FileSplit { place: place(path), start, len };
        let parts = parts.into_iter().map(|part| part.into_iter().map(split).collect()).collect();
        Plan::scan(Arc::new(Self { pattern: pattern.to_owned(), parts }), "text")
    }
}

impl Scan for TextParts {
    fn partitions(&self) -> Result<usize> {
        Ok(self.parts.len())
    }

    fn open(&self, partition: usize, _: &Cancel) -> Result<BoxStream> {
        let missing = || Error::new(Kind::IllegalArgument, format!("text has no partition {partition}"));
        let splits = self.parts.get(partition).ok_or_else(missing)?.clone();
        Ok(Box::new(OneAfterAnother { rest: splits.into_iter(), open: None }))
    }

    fn describe(&self) -> String {
        self.pattern.clone()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The lines of one split after those of another.
struct OneAfterAnother {
    rest: std::vec::IntoIter<FileSplit>,
    open: Option<TextStream>,
}

impl ChunkStream for OneAfterAnother {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        loop {
            if let Some(open) = &mut self.open
                && let Some(rows) = open.next(want)?
            {
                return Ok(Some(rows));
            }
            match self.rest.next() {
                Some(split) => self.open = Some(TextStream::new(split)),
                None => return Ok(None),
            }
        }
    }
}
