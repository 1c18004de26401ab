//! State in files: a run is a file that is written once, a manifest says of which runs each partition consists.

use std::io::{Read, Write};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::chunk::{Chunk, Decode, compact, ipc};
use crate::error::{Error, Kind, Result};
use crate::frame;
use crate::memory::Memory;
use crate::store::StoredRef;

use super::index::Index;
use super::run::Run;
use super::snapshot::stored;
use super::{Held, Opener, Rows, Snapshot};

/// What our files are, in their headers.
const TAG: u16 = 83;
/// Of a run: its slots and times.
const ABOUT: u8 = 1;
/// Rows as columns, and rows that only their maker understands, with their number before them.
const KEYS: [u8; 2] = [2, 3];
const VALUES: [u8; 2] = [4, 5];

/// Where files go.
pub trait Saver {
    /// Whether a file is there, whole.
    fn has(&self, name: &str) -> bool;
    /// Writes one, all of it or nothing.
    fn put(&self, name: &str, write: &mut dyn FnMut(&mut dyn Write) -> Result<()>) -> Result<()>;
}

/// Where files come from.
pub trait FileSource {
    /// Reads a file.
    fn open(&self, name: &str) -> Result<Box<dyn Read + Send>>;
}

/// All partitions of a state at one time, as files.
#[derive(Serialize, Deserialize, Debug, Default)]
pub struct Manifest {
    /// The partitions in their order.
    pub partitions: Vec<Saved>,
}

/// One partition as files.
#[derive(Serialize, Deserialize, Debug)]
pub enum Saved {
    /// Found by key.
    Keyed {
        /// The files of its runs, oldest first.
        runs: Vec<String>,
        /// Keys that came again.
        moved: Vec<(u32, u32)>,
        /// Whether its keys are columns.
        native: bool,
    },
    /// Read in order.
    Rows(String),
}

impl Manifest {
    /// Writes the files of these partitions that aren't there yet.
    pub fn save(partitions: &[Held], saver: &dyn Saver) -> Result<Self> {
        let partitions = partitions.iter().map(|held| save(held, saver)).collect::<Result<_>>()?;
        Ok(Self { partitions })
    }
}

fn save(held: &Held, saver: &dyn Saver) -> Result<Saved> {
    Ok(match held {
        Held::Rows(Rows { name, rows }) => {
            if !saver.has(name) {
                saver.put(name, &mut |sink| {
                    let mut writer = frame::Writer::create(sink, TAG).map_err(|e| Error::io("writing state", &e))?;
                    write_rows(&mut writer, rows, VALUES)
                })?;
            }
            Saved::Rows(name.to_string())
        }
        Held::Keyed(snapshot) => {
            for run in &snapshot.runs {
                if !saver.has(&run.name) {
                    saver.put(&run.name, &mut |sink| write_run(sink, run))?;
                }
            }
            Saved::Keyed {
                runs: snapshot.runs.iter().map(|run| run.name.clone()).collect(),
                moved: snapshot.moved.to_vec(),
                native: snapshot.index.is_of_columns_in_files(),
            }
        }
    })
}

fn write_run(sink: &mut dyn Write, run: &Run) -> Result<()> {
    let mut about = Vec::new();
    for number in [run.first as usize, run.slots.len(), run.removed.len(), run.times.len()] {
        about.extend((number as u64).to_le_bytes());
    }
    about.extend(run.slots.iter().chain(&run.removed).flat_map(|slot| slot.to_le_bytes()));
    about.extend(run.times.iter().flat_map(|time| time.to_le_bytes()));
    let failed = |e| Error::io("writing state", &e);
    let mut writer = frame::Writer::create(sink, TAG).map_err(failed)?;
    writer.append(ABOUT, &about).map_err(failed)?;
    write_rows(&mut writer, &run.keys, KEYS)?;
    write_rows(&mut writer, &run.values, VALUES)
}

fn write_rows(writer: &mut frame::Writer<&mut dyn Write>, rows: &StoredRef, [columns, opaque]: [u8; 2]) -> Result<()> {
    for chunk in rows.chunks()? {
        let written = match &chunk.opened()? {
            Chunk::Columns(rows) => {
                let bytes = ipc::encode(&compact(rows), Vec::new());
                writer.append(columns, &bytes.map_err(|e| Error::new(Kind::Spark, format!("writing state: {e}")))?)
            }
            Chunk::Objects(rows) => {
                writer.append_parts(opaque, &[&(rows.len() as u64).to_le_bytes(), &rows.encode_lasting()?])
            }
        };
        written.map_err(|e| Error::io("writing state", &e))?;
    }
    Ok(())
}

/// The partitions of a manifest. `decode` makes opaque rows of what their `encode` wrote.
pub fn restore(
    manifest: &Manifest,
    source: &dyn FileSource,
    decode: Decode,
    opener: &dyn Opener,
    memory: &Arc<Memory>,
) -> Result<Vec<Held>> {
    manifest.partitions.iter().map(|saved| restore_one(saved, source, decode, opener, memory)).collect()
}

fn restore_one(
    saved: &Saved,
    source: &dyn FileSource,
    decode: Decode,
    opener: &dyn Opener,
    memory: &Arc<Memory>,
) -> Result<Held> {
    let (runs, moved, native) = match saved {
        Saved::Rows(name) => {
            let file = read(name, source, decode, opener)?;
            return Ok(Held::Rows(Rows { name: name.as_str().into(), rows: stored(file.values, memory)? }));
        }
        Saved::Keyed { runs, moved, native } => (runs, moved, *native),
    };
    let index = if native { Index::native() } else { Index::Object(opener.index()?) };
    let mut snapshot = Snapshot::new(index, memory);
    for name in runs {
        let file = read(name, source, decode, opener)?;
        let number = snapshot.runs.len() as u32;
        for chunk in &file.keys {
            let from = snapshot.places.len();
            let slots = snapshot.index.slots(chunk)?.map_err(|e| damaged(name, &e.to_string()))?;
            if slots.iter().enumerate().any(|(i, slot)| *slot as usize != from + i) {
                return Err(damaged(name, "a key comes twice"));
            }
            snapshot.places.grow(from + chunk.len());
        }
        for slot in &file.removed {
            snapshot.live -= usize::from(snapshot.places.set(*slot, None));
        }
        for (row, slot) in file.slots.iter().enumerate() {
            snapshot.live += usize::from(!snapshot.places.set(*slot, Some((number, row as u32))));
        }
        let (keys, values) = (stored(file.keys, memory)?, stored(file.values, memory)?);
        if values.rows() != file.slots.len() || snapshot.places.len() < file.first as usize {
            return Err(damaged(name, "its parts don't fit together"));
        }
        snapshot.runs.push(Arc::new(Run {
            name: name.clone(),
            keys,
            first: file.first,
            slots: file.slots,
            values,
            times: file.times,
            removed: file.removed,
        }));
        snapshot.looked.push(0);
    }
    snapshot.moved = Arc::new(moved.clone());
    Ok(Held::Keyed(snapshot))
}

#[derive(Default)]
struct File {
    first: u32,
    slots: Vec<u32>,
    removed: Vec<u32>,
    times: Vec<i64>,
    keys: Vec<Chunk>,
    values: Vec<Chunk>,
}

fn read(name: &str, source: &dyn FileSource, decode: Decode, opener: &dyn Opener) -> Result<File> {
    let broken = |e: frame::Broken| damaged(name, &e.to_string());
    let mut reader = frame::Reader::open(source.open(name)?, TAG).map_err(broken)?;
    let (mut file, mut tried) = (File::default(), false);
    while let Some(frame) = reader.next().map_err(broken)? {
        let columns = frame.kind == KEYS[0] || frame.kind == VALUES[0];
        if frame.kind == ABOUT {
            about(&frame.payload, &mut file).ok_or_else(|| damaged(name, "its first part is cut off"))?;
            continue;
        }
        let chunk = if columns {
            Chunk::Columns(ipc::decode(&frame.payload).map_err(|e| damaged(name, &e.to_string()))?)
        } else {
            let (rows, bytes) =
                frame.payload.split_first_chunk::<8>().ok_or_else(|| damaged(name, "rows without number"))?;
            let chunk = decode(bytes, u64::from_le_bytes(*rows) as usize)?;
            if !tried && !chunk.is_empty() {
                // A class that is gone is to be told now, not in a batch.
                opener.gather(&[chunk.slice(0, 1)], &[(0, 0)])?;
                tried = true;
            }
            chunk
        };
        let part = if KEYS.contains(&frame.kind) { &mut file.keys } else { &mut file.values };
        part.push(chunk);
    }
    Ok(file)
}

fn about(bytes: &[u8], file: &mut File) -> Option<()> {
    let (numbers, rest) = bytes.split_at_checked(32)?;
    let number = |i: usize| Some(u64::from_le_bytes(numbers.get(8 * i..8 * i + 8)?.try_into().ok()?) as usize);
    let (slots, rest) = rest.split_at_checked(number(1)?.checked_mul(4)?)?;
    let (removed, times) = rest.split_at_checked(number(2)?.checked_mul(4)?)?;
    let words = |bytes: &[u8]| {
        let (words, _) = bytes.as_chunks::<4>();
        words.iter().map(|word| u32::from_le_bytes(*word)).collect()
    };
    file.first = u32::try_from(number(0)?).ok()?;
    (file.slots, file.removed) = (words(slots), words(removed));
    let (times, left) = times.as_chunks::<8>();
    file.times = times.iter().map(|time| i64::from_le_bytes(*time)).collect();
    (left.is_empty() && file.times.len() == number(3)?).then_some(())
}

fn damaged(name: &str, why: &str) -> Error {
    Error::new(Kind::Spark, format!("the state's file {name} is damaged: {why}. An older checkpoint may be whole."))
}
