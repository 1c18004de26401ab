//! A block in a write-ahead log: how it is written and how it comes back.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::sync::Arc;

use crate::chunk::{Chunk, Decode, compact, ipc};
use crate::error::{Error, Kind, Result};
use crate::frame::{self, Broken};

/// A block of Arrow columns.
pub(super) const COLUMNS: u8 = 1;
/// A block of rows that only the receiver's `decode` understands.
pub(super) const OPAQUE: u8 = 2;

/// Bytes before a block's rows: its number, how many rows, what they weigh.
const HEAD: usize = 24;

/// A block on its way into a log.
pub(super) struct Payload {
    pub number: u64,
    pub bytes: Vec<u8>,
    rows: usize,
    weight: usize,
    decode: Option<Decode>,
}

impl Payload {
    /// The bytes of a block's rows.
    pub fn new(number: u64, chunk: &Chunk, weight: usize) -> Result<Self> {
        let rows = chunk.len();
        let (bytes, decode) = match &chunk.opened()? {
            Chunk::Columns(columns) => {
                let bytes = ipc::encode(&compact(columns), Vec::new());
                (bytes.map_err(|e| Error::new(Kind::Spark, format!("a bug in Pyrite's block log: {e}")))?, None)
            }
            Chunk::Objects(objects) => {
                let encoded = objects.encode()?;
                (encoded.bytes, Some(encoded.decode))
            }
        };
        Ok(Self { number, bytes, rows, weight, decode })
    }

    pub fn opaque(&self) -> bool {
        self.decode.is_some()
    }

    pub fn head(&self) -> [u8; HEAD] {
        let mut head = [0; HEAD];
        for (room, word) in head.chunks_exact_mut(8).zip([self.number, self.rows as u64, self.weight as u64]) {
            room.copy_from_slice(&word.to_le_bytes());
        }
        head
    }
}

/// A file of a log.
#[derive(Debug)]
pub(super) struct LogFile {
    pub path: PathBuf,
}

/// A block that lies in a log.
#[derive(Clone, Debug)]
pub struct Logged {
    file: Arc<LogFile>,
    at: u64,
    /// Its number among the receiver's blocks.
    pub number: u64,
    /// How many rows it has.
    pub rows: usize,
    /// What they weigh in memory.
    pub weight: usize,
    opaque: bool,
}

impl Logged {
    pub(super) fn new(file: Arc<LogFile>, at: u64, number: u64, size: (u64, u64), opaque: bool) -> Self {
        Self { file, at, number, rows: size.0 as usize, weight: size.1 as usize, opaque }
    }

    /// The rows, read now. `decode` makes rows that the engine can't look into.
    pub fn read(&self, decode: Option<Decode>) -> Result<Chunk> {
        let path = self.file.path.display();
        let damaged = |what: &dyn std::fmt::Display| {
            Error::new(Kind::Io, format!("block {} of the write-ahead log {path} can't be read: {what}", self.number))
        };
        let file = File::open(&self.file.path).map_err(|e| damaged(&e))?;
        let frame = frame::Reader::at(BufReader::new(file), 0).read_at(self.at).map_err(|e: Broken| damaged(&e))?;
        let rows = frame.payload.get(HEAD..).unwrap_or_default();
        match (self.opaque, decode) {
            (false, _) => ipc::decode(rows).map(Chunk::Columns).map_err(|e| damaged(&e)),
            (true, Some(decode)) => decode(rows, self.rows),
            (true, None) => Err(damaged(&"it holds Python objects, but the stream that reads it gets text")),
        }
    }
}
