//! The rows of one partition, complete and shared.

use std::sync::Arc;

use crate::chunk::{BoxStream, Cancel, Chunk, ChunkStream, InMemory};
use crate::error::Result;
use crate::memory::{Memory, Spill};

use super::segment::Segment;

/// A shared stored partition.
pub type StoredRef = Arc<Stored>;

/// Rows in order, in memory or in files, for any number of readers. Their number and order never change.
#[derive(Default)]
pub struct Stored {
    segments: Vec<Arc<Segment>>,
    rows: usize,
    memory: Option<Arc<Memory>>,
}

impl Stored {
    pub(super) fn new(segments: Vec<Arc<Segment>>, memory: Option<Arc<Memory>>) -> StoredRef {
        let rows = segments.iter().map(|s| s.rows()).sum();
        Arc::new(Self { segments, rows, memory })
    }

    /// Rows that the program or a test has anyway: not counted, never in a file.
    pub fn of(chunks: Vec<Chunk>) -> StoredRef {
        Self::new(vec![Segment::uncounted(chunks)], None)
    }

    /// The rows of all parts, one after the other. They are shared, so a part that moves to a file does so for both.
    pub fn concat(parts: &[StoredRef]) -> StoredRef {
        let segments = parts.iter().flat_map(|part| part.segments.iter().cloned()).collect();
        Self::new(segments, parts.iter().find_map(|part| part.memory.clone()))
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes that it takes in memory now.
    pub fn weight(&self) -> usize {
        self.segments.iter().filter(|s| s.is_in_memory()).map(|s| s.bytes()).sum()
    }

    /// Bytes that it would take if all of it were in memory.
    pub fn bytes(&self) -> usize {
        self.segments.iter().map(|s| s.bytes()).sum()
    }

    /// Whether reading it needs no file.
    pub fn is_in_memory(&self) -> bool {
        self.segments.iter().all(|s| s.is_in_memory())
    }

    /// Moves all of it to files: how many bytes came back.
    pub fn spill(&self) -> Result<usize> {
        self.segments.iter().map(|s| s.spill()).sum()
    }

    /// The rows from the first. Of a file no more than one segment is in memory at a time.
    pub fn open(self: &Arc<Self>, cancel: &Cancel) -> BoxStream {
        self.open_at(0, cancel)
    }

    /// The rows from number `from` on.
    pub fn open_at(self: &Arc<Self>, from: usize, cancel: &Cancel) -> BoxStream {
        let (mut at, mut skip) = (0, from);
        while let Some(segment) = self.segments.get(at).filter(|segment| segment.rows() <= skip) {
            skip -= segment.rows();
            at += 1;
        }
        let ready = InMemory::new(Vec::new());
        Box::new(StoredStream { stored: self.clone(), at, piece: 0, taken: 0, skip, ready, cancel: cancel.clone() })
    }

    /// The number of the first row of each segment: what is in a file is read by segments.
    pub fn starts(&self) -> Vec<usize> {
        let before = |next: &mut usize, segment: &Arc<Segment>| {
            *next += segment.rows();
            Some(*next - segment.rows())
        };
        self.segments.iter().scan(0, before).collect()
    }

    /// The rows of a segment.
    pub fn segment(&self, number: usize) -> Result<Vec<Chunk>> {
        self.segments.get(number).map_or(Ok(Vec::new()), |segment| segment.load())
    }

    /// All rows in memory.
    pub fn chunks(&self) -> Result<Vec<Chunk>> {
        let mut chunks = Vec::new();
        for segment in &self.segments {
            chunks.extend(segment.load()?);
        }
        Ok(chunks)
    }

    pub(super) fn memory(&self) -> Option<&Arc<Memory>> {
        self.memory.as_ref()
    }
}

struct StoredStream {
    stored: StoredRef,
    /// The segment that is being read, how many of its chunks have been, and their rows.
    at: usize,
    piece: usize,
    taken: usize,
    /// Rows behind those to leave out.
    skip: usize,
    ready: InMemory,
    cancel: Cancel,
}

impl ChunkStream for StoredStream {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        loop {
            if let Some(chunk) = self.ready.next(want)? {
                return Ok(Some(chunk));
            }
            self.cancel.check()?;
            let Some(segment) = self.stored.segments.get(self.at) else { return Ok(None) };
            let Some(chunk) = segment.piece(self.piece)? else {
                (self.at, self.piece, self.taken) = (self.at + 1, 0, 0);
                continue;
            };
            self.piece += 1;
            self.taken += chunk.len();
            let gone = self.skip.min(chunk.len());
            self.skip -= gone;
            if gone < chunk.len() {
                self.ready = InMemory::new(vec![chunk.slice(gone, chunk.len() - gone)]);
            }
        }
    }

    fn is_at_hand(&self) -> bool {
        // Behind the last chunk of a segment comes the next one's first.
        self.stored.segments.iter().skip(self.at).take(2).all(|segment| segment.is_in_memory())
    }

    fn count(&mut self, cancel: &Cancel) -> Result<u64> {
        let ready = self.ready.count(cancel)?;
        let rest = &self.stored.segments[self.at..];
        (self.at, self.piece) = (self.stored.segments.len(), 0);
        let gone = (std::mem::take(&mut self.skip) + std::mem::take(&mut self.taken)) as u64;
        Ok(ready + rest.iter().map(|s| s.rows() as u64).sum::<u64>() - gone)
    }
}
