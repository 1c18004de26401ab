//! One partition as a file of frames, a chunk each, which is read chunk by chunk: a part of a checkpointed RDD.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};

use crate::chunk::{BoxStream, Cancel, Chunk, ChunkStream, Decode, InMemory, compact, ipc};
use crate::error::{Error, Kind, Result};
use crate::frame::{Reader, Writer};

const TAG: u16 = 11;
const COLUMNS: u8 = 1;
const OPAQUE: u8 = 2;
/// The last frame: a file without it isn't whole.
const END: u8 = 3;
/// Bytes before opaque rows: their number.
const COUNT: usize = 8;

/// Writes a part beside its place. Dropped unfinished, it leaves nothing there.
pub struct PartWriter {
    frames: Writer<BufWriter<File>>,
    path: PathBuf,
    beside: PathBuf,
}

impl PartWriter {
    /// Begins the part `path`; `attempt` is a number that no other writer of the same part has.
    pub fn create(path: PathBuf, attempt: u64) -> Result<Self> {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let beside = path.with_file_name(format!(".{name}-attempt-{attempt}"));
        let begun = File::create(&beside).and_then(|file| Writer::create(BufWriter::new(file), TAG));
        let frames = begun.map_err(|e| Error::io(beside.display(), &e))?;
        Ok(Self { frames, path, beside })
    }

    /// Appends rows.
    pub fn push(&mut self, chunk: &Chunk) -> Result<()> {
        if chunk.is_empty() {
            return Ok(());
        }
        let written = match &chunk.opened()? {
            Chunk::Columns(columns) => {
                let bytes = ipc::encode(&compact(columns), Vec::new())
                    .map_err(|e| Error::new(Kind::Spark, format!("rows that can't be saved: {e}")))?;
                self.frames.append(COLUMNS, &bytes)
            }
            Chunk::Objects(objects) => {
                let bytes = objects.encode()?.bytes;
                self.frames.append_parts(OPAQUE, &[&(chunk.len() as u64).to_le_bytes(), &bytes])
            }
        };
        written.map(drop).map_err(|e| Error::io(self.beside.display(), &e))
    }

    /// Puts it on the disk and in its place.
    pub fn finish(mut self) -> Result<()> {
        let done = self.frames.append(END, &[]).and_then(|_| self.frames.sync());
        done.and_then(|()| fs::rename(&self.beside, &self.path)).map_err(|e| Error::io(self.path.display(), &e))
    }
}

impl Drop for PartWriter {
    fn drop(&mut self) {
        // In its place already, mostly.
        let _ = fs::remove_file(&self.beside);
    }
}

/// The rows of a part. `decode` makes rows of the bytes of opaque ones.
pub fn open_part(path: &Path, decode: Decode, cancel: &Cancel) -> Result<BoxStream> {
    let file = File::open(path).map_err(|e| Error::io(path.display(), &e))?;
    let frames = Reader::open(BufReader::new(file), TAG).map_err(|e| broken(path, &e))?;
    let ready = InMemory::new(Vec::new());
    Ok(Box::new(Part { frames, path: path.to_owned(), decode, ready, ended: false, cancel: cancel.clone() }))
}

struct Part {
    frames: Reader<BufReader<File>>,
    path: PathBuf,
    decode: Decode,
    ready: InMemory,
    ended: bool,
    cancel: Cancel,
}

impl ChunkStream for Part {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        loop {
            if let Some(chunk) = self.ready.next(want)? {
                return Ok(Some(chunk));
            }
            if self.ended {
                return Ok(None);
            }
            self.cancel.check()?;
            let frame = self.frames.next().map_err(|e| broken(&self.path, &e))?;
            let Some(frame) = frame else { return Err(broken(&self.path, &"it ends too early")) };
            let chunk = match (frame.kind, frame.payload.split_first_chunk::<COUNT>()) {
                (END, _) => {
                    self.ended = true;
                    continue;
                }
                (COLUMNS, _) => Chunk::Columns(ipc::decode(&frame.payload).map_err(|e| broken(&self.path, &e))?),
                (OPAQUE, Some((count, bytes))) => (self.decode)(bytes, u64::from_le_bytes(*count) as usize)?,
                (kind, _) => return Err(broken(&self.path, &format!("rows of kind {kind}"))),
            };
            self.ready = InMemory::new(vec![chunk]);
        }
    }
}

fn broken(path: &Path, what: &dyn std::fmt::Display) -> Error {
    Error::new(Kind::Spark, format!("checkpointed rows can't be read from {}: {what}", path.display()))
}
