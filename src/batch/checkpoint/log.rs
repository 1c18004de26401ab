//! The log of batches below a checkpoint directory: what each batch reads, before its jobs run, and what became of it, when
//! it is settled. It fills the gap between the newest checkpoint and a crash.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::disk::reached;
use crate::frame::{Broken, Reader, Writer};
use crate::time::Time;

use super::super::events::Outcome;
use super::content::Record;

/// What segments of the log are, in their headers.
const TAG: u16 = 3;

const RECORD: u8 = 1;
const SETTLED: u8 = 2;

const PREFIX: &str = "batches-";

/// A segment that has grown to this is followed by another, so that old ones can go.
const SEGMENT: u64 = 1 << 20;

/// Appends. After an error the rest goes to a new segment: where the old one ends isn't known.
pub(super) struct Log {
    directory: PathBuf,
    segment: u64,
    file: Option<Writer<File>>,
}

/// What the log says.
pub(super) enum Entry {
    /// What a batch reads.
    Record(Record),
    /// What became of a batch.
    Settled(Time, Outcome),
}

impl Log {
    /// A log behind the segments that are there.
    pub fn new(directory: &Path) -> Self {
        let last = segments(directory).last().copied().unwrap_or(0);
        Self { directory: directory.to_owned(), segment: last + 1, file: None }
    }

    /// Where the next entry will be.
    pub fn position(&self) -> (u64, u64) {
        (self.segment, self.file.as_ref().map_or(0, Writer::position))
    }

    /// Writes what batches read; it is on the disk then.
    pub fn records(&mut self, records: &[Record]) -> io::Result<()> {
        self.append("log.record", |file| {
            for record in records {
                file.append(RECORD, &record.encode())?;
            }
            reached("log.record.write.after");
            if records.iter().any(|record| !record.bytes.is_empty()) { file.get_ref().sync_data() } else { Ok(()) }
        })
    }

    /// Writes what became of a batch. Should the machine lose power before that is on the disk, the batch runs again.
    pub fn settled(&mut self, time: Time, outcome: Outcome) -> io::Result<()> {
        let outcome = match outcome {
            Outcome::Committed => 0,
            Outcome::Failed => 1,
            Outcome::Dropped => 2,
        };
        self.append("log.settled", |file| file.append_parts(SETTLED, &[&time.0.to_le_bytes(), &[outcome]]).map(drop))
    }

    fn append(&mut self, place: &str, write: impl FnOnce(&mut Writer<File>) -> io::Result<()>) -> io::Result<()> {
        if self.file.as_ref().is_some_and(|file| file.position() > SEGMENT) {
            self.next_segment();
        }
        reached(&format!("{place}.before"));
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(Writer::create(File::create(path(&self.directory, self.segment))?, TAG)?),
        };
        let written = write(file);
        if written.is_err() {
            self.next_segment();
        }
        reached(&format!("{place}.after"));
        written
    }

    fn next_segment(&mut self) {
        self.file = None;
        self.segment += 1;
    }
}

/// Reads what was logged from a position on. A segment whose end was not written is read up to there, and so is one that is
/// damaged: that is told by the second part.
pub(super) fn read(directory: &Path, from: (u64, u64)) -> (Vec<Entry>, Option<(PathBuf, Broken)>) {
    let (mut entries, mut damage) = (Vec::new(), None);
    for segment in segments(directory).into_iter().filter(|n| *n >= from.0) {
        let path = path(directory, segment);
        let start = if segment == from.0 { from.1 } else { 0 };
        match read_segment(&path, start, &mut entries) {
            Ok(()) | Err(Broken::Torn { .. }) => {}
            Err(broken) => damage = Some((path, broken)),
        }
    }
    (entries, damage)
}

fn read_segment(path: &Path, start: u64, entries: &mut Vec<Entry>) -> Result<(), Broken> {
    let mut reader = Reader::open(io::BufReader::new(File::open(path)?), TAG)?;
    while let Some(frame) = reader.next()? {
        if frame.at < start {
            continue;
        }
        let corrupt = || Broken::Corrupt { at: frame.at };
        match frame.kind {
            RECORD => entries.push(Entry::Record(Record::decode(&frame.payload).ok_or_else(corrupt)?)),
            SETTLED => {
                let (time, outcome) = frame.payload.split_first_chunk::<8>().ok_or_else(corrupt)?;
                let outcome = match outcome {
                    [0] => Outcome::Committed,
                    [1] => Outcome::Failed,
                    [2] => Outcome::Dropped,
                    _ => return Err(corrupt()),
                };
                entries.push(Entry::Settled(Time(i64::from_le_bytes(*time)), outcome));
            }
            _ => return Err(corrupt()),
        }
    }
    Ok(())
}

/// Removes the segments before this one.
pub(super) fn remove_before(directory: &Path, segment: u64) {
    for old in segments(directory).into_iter().filter(|n| *n < segment) {
        // What can't be removed hurts nobody.
        let _ = fs::remove_file(path(directory, old));
    }
}

/// The segments that are there, in order.
fn segments(directory: &Path) -> Vec<u64> {
    let Ok(found) = fs::read_dir(directory) else { return Vec::new() };
    let names = found.filter_map(Result::ok).filter_map(|entry| entry.file_name().into_string().ok());
    let mut segments: Vec<u64> = names.filter_map(|name| name.strip_prefix(PREFIX)?.parse().ok()).collect();
    segments.sort_unstable();
    segments
}

fn path(directory: &Path, segment: u64) -> PathBuf {
    directory.join(format!("{PREFIX}{segment}"))
}
