//! A run of rows that moves from memory to a file while others read it.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use crate::chunk::{Chunk, Decode, compact, ipc};
use crate::error::{Error, Kind, Result};
use crate::frame::{self, Broken};
use crate::memory::{Memory, Registration, Reservation, Spill, SpillFile};
use crate::sync::{Guard, Mutex};

/// What our spill files are, in their headers.
const TAG: u16 = 1;
/// Frames of Arrow columns.
const COLUMNS: u8 = 1;
/// Frames of rows that only `decode` understands.
const OPAQUE: u8 = 2;

/// Rows in one place. They stay the same, the place changes from memory to file, once.
pub(super) struct Segment {
    rows: usize,
    weight: usize,
    memory: Option<Arc<Memory>>,
    place: Mutex<Place>,
    /// A thread is at moving it.
    moving: AtomicBool,
}

enum Place {
    Memory(Held),
    File(Filed),
}

/// Rows in memory, with what has to end when they no longer are.
struct Held {
    chunks: Arc<Vec<Chunk>>,
    _reservation: Option<Reservation>,
    registration: Option<Registration>,
}

/// Rows in a file, one frame a chunk.
#[derive(Clone)]
struct Filed {
    file: Arc<SpillFile>,
    pieces: Arc<Vec<Piece>>,
}

struct Piece {
    at: u64,
    rows: usize,
    /// How opaque rows come back.
    decode: Option<Decode>,
}

impl Segment {
    /// Rows that nobody counts and that stay in memory.
    pub(super) fn uncounted(chunks: Vec<Chunk>) -> Arc<Self> {
        let held = Held { chunks: Arc::new(chunks), _reservation: None, registration: None };
        Arc::new(Self::new(held, None))
    }

    /// Rows that `reservation` counts. Others may ask to have them moved if they are `movable`.
    pub(super) fn counted(
        chunks: Vec<Chunk>,
        reservation: Reservation,
        memory: &Arc<Memory>,
        movable: bool,
    ) -> Arc<Self> {
        Arc::new_cyclic(|segment: &Weak<Self>| {
            let registration = movable.then(|| memory.budget.register(segment.clone()));
            let held = Held { chunks: Arc::new(chunks), _reservation: Some(reservation), registration };
            Self::new(held, Some(memory.clone()))
        })
    }

    fn new(held: Held, memory: Option<Arc<Memory>>) -> Self {
        let rows = held.chunks.iter().map(Chunk::len).sum();
        let weight = held.chunks.iter().map(Chunk::weight).sum();
        Self { rows, weight, memory, place: Mutex::new(Place::Memory(held)), moving: AtomicBool::new(false) }
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes of the rows, wherever they are: what they were in memory.
    pub(super) fn bytes(&self) -> usize {
        self.weight
    }

    pub(super) fn is_in_memory(&self) -> bool {
        matches!(&*self.lock(), Place::Memory(_))
    }

    /// The rows: shared if they are in memory, else read from the file.
    pub(super) fn load(&self) -> Result<Vec<Chunk>> {
        let filed = match &*self.lock() {
            Place::Memory(held) => {
                if let Some(registration) = &held.registration {
                    registration.touch();
                }
                return Ok(held.chunks.to_vec());
            }
            Place::File(filed) => filed.clone(),
        };
        filed.pieces.iter().map(|piece| filed.read(piece)).collect()
    }

    /// One chunk of the rows; `None` behind the last. Read from the file alone: who merges many segments has no room for
    /// all of each.
    pub(super) fn piece(&self, number: usize) -> Result<Option<Chunk>> {
        let filed = match &*self.lock() {
            Place::Memory(held) => {
                if let Some(registration) = &held.registration {
                    registration.touch();
                }
                return Ok(held.chunks.get(number).cloned());
            }
            Place::File(filed) => filed.clone(),
        };
        filed.pieces.get(number).map(|piece| filed.read(piece)).transpose()
    }

    /// Moves the rows to a file.
    fn write(&self, memory: &Memory, chunks: &[Chunk]) -> Result<Filed> {
        let mut encoded = Vec::with_capacity(chunks.len());
        for chunk in chunks {
            encoded.push(match chunk {
                Chunk::Columns(columns) => {
                    (ipc::pack(&compact(columns), memory.compress).map_err(|e| broken(&e))?, None)
                }
                Chunk::Objects(objects) => {
                    let encoded = objects.encode()?;
                    (encoded.bytes, Some(encoded.decode))
                }
            });
        }
        let sink = memory.dir.sink()?;
        let file = sink.file().clone();
        let failed = |e: std::io::Error| file.error(&format!("write {} of rows", size(self.weight)), &e);
        let at = sink.position();
        let mut writer = match at {
            0 => frame::Writer::create(sink, TAG).map_err(failed)?,
            at => frame::Writer::resume(sink, at),
        };
        let mut pieces = Vec::with_capacity(chunks.len());
        for (chunk, (bytes, decode)) in chunks.iter().zip(encoded) {
            let kind = if decode.is_none() { COLUMNS } else { OPAQUE };
            pieces.push(Piece { at: writer.append(kind, &bytes).map_err(failed)?, rows: chunk.len(), decode });
        }
        memory.dir.give_back(writer.into_inner());
        Ok(Filed { file, pieces: Arc::new(pieces) })
    }

    #[track_caller]
    fn lock(&self) -> Guard<'_, Place> {
        self.place.lock()
    }
}

impl Filed {
    fn read(&self, piece: &Piece) -> Result<Chunk> {
        let frame = frame::Reader::at(self.file.reader(piece.at), piece.at).next();
        let frame = frame.and_then(|frame| frame.ok_or(Broken::Torn { at: piece.at }));
        let frame = frame.map_err(|e| self.file.damaged(&e))?;
        match piece.decode {
            Some(decode) => decode(&frame.payload, piece.rows),
            // SAFETY: this process packed them: the file is private to it and the frame's checksum holds.
            None => Ok(Chunk::Columns(unsafe { ipc::unpack(frame.payload) }.map_err(|e| broken(&e))?)),
        }
    }
}

impl Spill for Segment {
    fn weight(&self) -> usize {
        if self.memory.is_some() && self.is_in_memory() { self.weight } else { 0 }
    }

    fn spill(&self) -> Result<usize> {
        let Some(memory) = &self.memory else { return Ok(0) };
        if self.moving.swap(true, Ordering::Acquire) {
            return Ok(0);
        }
        let _moving = Moving(&self.moving);
        let chunks = match &*self.lock() {
            Place::Memory(held) => held.chunks.clone(),
            Place::File(_) => return Ok(0),
        };
        let filed = match self.write(memory, &chunks) {
            Ok(filed) => filed,
            // Rows that can't be pickled stay, and nobody asks for them again.
            Err(Error::User(_)) => {
                let registration = match &mut *self.lock() {
                    Place::Memory(held) => held.registration.take(),
                    Place::File(_) => None,
                };
                drop(registration);
                return Ok(0);
            }
            Err(e) => return Err(e),
        };
        let old = mem::replace(&mut *self.lock(), Place::File(filed));
        // The rows go without the lock: they may be the last of much.
        drop((old, chunks));
        Ok(self.weight)
    }
}

/// Whatever way the move ended.
struct Moving<'a>(&'a AtomicBool);

impl Drop for Moving<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

fn broken(what: &dyn std::fmt::Display) -> Error {
    Error::new(Kind::Spark, format!("a bug in Pyrite's stored rows: {what}; please report it"))
}

fn size(bytes: usize) -> String {
    if bytes >= 1 << 20 { format!("{} MB", bytes >> 20) } else { format!("{} KB", bytes.div_ceil(1024)) }
}
