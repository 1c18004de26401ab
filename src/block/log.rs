//! The write-ahead log of one receiver: its blocks and which batch took which, in files that outlive the process. Spark's
//! `FileBasedWriteAheadLog` and `ReceivedBlockTracker`, both in one log: what is behind a block in it came later.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::Config;
use crate::disk;
use crate::error::{Error, Kind, Result};
use crate::frame::{self, Broken};
use crate::sync::Mutex;
use crate::time::{Clock, Time};

use super::logged::{COLUMNS, LogFile, Logged, OPAQUE, Payload};

/// What our files are, in their headers.
const TAG: u16 = 8;
/// A batch took blocks: its time, the first block's number, the number behind the last one's.
const TAKEN: u8 = 3;
/// A batch was done: its time.
const DONE: u8 = 4;
/// A file that is longer gets no more frames: a file goes when the last of its blocks is needed no more.
const FULL: u64 = 64 << 20;
const PREFIX: &str = "log-";

/// How a log is written: `spark.streaming.receiver.writeAheadLog.*`, and `driver.writeAheadLog.*`, whose log is the same.
#[derive(Clone, Debug)]
pub struct Rules {
    /// A file is written to for so long.
    pub roll_ms: i64,
    /// How often a write is tried, each time in a new file.
    pub tries: usize,
    /// Each write has a file of its own.
    pub close: bool,
    /// Blocks that wait together are made durable together.
    pub batching: bool,
}

/// The log of one receiver. Written by one thread at a time.
pub struct BlockLog {
    dir: PathBuf,
    rules: Rules,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

/// What an earlier process has left.
#[derive(Default)]
pub struct Recovered {
    /// The blocks of each batch that was done; a checkpoint may want them again.
    pub done: BTreeMap<Time, Vec<Logged>>,
    /// The blocks of each batch that took some and wasn't done.
    pub taken: BTreeMap<Time, Vec<Logged>>,
    /// Blocks that no batch took.
    pub free: Vec<Logged>,
    /// The number of the next block.
    pub next: u64,
}

#[derive(Default)]
struct State {
    /// The file that is written to; taken out while somebody does.
    current: Option<Current>,
    files: VecDeque<Written>,
    next_file: u64,
    /// Which number is behind the last block of each batch.
    taken: BTreeMap<Time, u64>,
    done: Vec<Time>,
}

struct Current {
    writer: frame::Writer<File>,
    path: PathBuf,
    opened: Time,
}

/// A file of the log.
struct Written {
    path: PathBuf,
    /// The highest number of a block in it.
    last: Option<u64>,
    /// The last batch it speaks of.
    time: Option<Time>,
}

impl Rules {
    /// As the program's settings say; `None` when there is to be no log.
    pub fn of(config: &Config) -> Result<Option<Self>> {
        if !config.flag("spark.streaming.receiver.writeAheadLog.enable", false)? {
            return Ok(None);
        }
        let (mut roll_ms, mut tries, mut close) = (i64::MAX, 1, false);
        for side in ["receiver", "driver"] {
            let key = |name: &str| format!("spark.streaming.{side}.writeAheadLog.{name}");
            roll_ms = roll_ms.min(config.duration(&key("rollingIntervalSecs"), 1000)?.unwrap_or(60_000).max(1));
            tries = tries.max(config.number(&key("maxFailures"), 3)?);
            close |= config.flag(&key("closeFileAfterWrite"), false)?;
        }
        let batching = config.flag("spark.streaming.driver.writeAheadLog.allowBatching", true)?;
        Ok(Some(Self { roll_ms, tries: tries.max(1) as usize, close, batching }))
    }
}

impl BlockLog {
    /// The log in `dir`, which is made where it isn't there, and what was left in it.
    pub fn open(dir: &Path, rules: Rules, clock: Arc<dyn Clock>) -> Result<(Self, Recovered)> {
        disk::private_directory(dir).map_err(|e| failed(dir, "made", &e))?;
        let mut names: Vec<(u64, PathBuf)> = Vec::new();
        for entry in fs::read_dir(dir).map_err(|e| failed(dir, "read", &e))? {
            let path = entry.map_err(|e| failed(dir, "read", &e))?.path();
            let name = path.file_name().and_then(|n| n.to_str()).and_then(|n| n.strip_prefix(PREFIX));
            if let Some(number) = name.and_then(|n| n.parse().ok()) {
                names.push((number, path));
            }
        }
        names.sort();
        let mut state = State { next_file: names.last().map_or(0, |(n, _)| n + 1), ..State::default() };
        let mut left = Left::default();
        for (_, path) in names {
            let written = left.read(&path)?;
            state.files.push_back(written);
        }
        state.taken = left.taken.iter().map(|(number, time)| (*time, number + 1)).collect();
        let log = Self { dir: dir.to_owned(), rules, clock, state: Mutex::new(state) };
        log.probe()?;
        Ok((log, left.sort()))
    }

    /// Whether files can be made: who starts is to hear of it, not of the first block that isn't durable.
    fn probe(&self) -> Result<()> {
        let Current { writer, path, .. } = self.current()?;
        drop(writer);
        self.discard_useless(&path);
        self.state.lock().next_file -= 1;
        Ok(())
    }

    /// Makes blocks durable, and that the batch of a time takes those of these numbers. All or nothing counts; what an
    /// attempt that failed has left is found twice and counts once.
    pub(super) fn write(&self, blocks: &[Payload], taken: Option<(Time, &[Range<u64>])>) -> Result<()> {
        let done = std::mem::take(&mut self.state.lock().done);
        let mut tries = self.rules.tries;
        loop {
            match self.attempt(blocks, taken, &done) {
                Ok(()) => return Ok(()),
                Err(error) => {
                    tries -= 1;
                    if tries == 0 {
                        let mut state = self.state.lock();
                        state.done.extend(done);
                        if let Some((time, _)) = taken {
                            // It goes on without them, whatever an earlier process has noted of it.
                            state.taken.remove(&time);
                        }
                        return Err(error);
                    }
                }
            }
        }
    }

    fn attempt(&self, blocks: &[Payload], taken: Option<(Time, &[Range<u64>])>, done: &[Time]) -> Result<()> {
        let mut current = self.current()?;
        let path = current.path.clone();
        let mut append = || -> io::Result<()> {
            disk::reached("received.write.before");
            let writer = &mut current.writer;
            for time in done {
                writer.append(DONE, &time.0.to_le_bytes())?;
            }
            for block in blocks {
                let head = block.head();
                writer.append_parts(if block.opaque() { OPAQUE } else { COLUMNS }, &[&head, &block.bytes])?;
                if !self.rules.batching {
                    writer.sync()?;
                }
            }
            if let Some((time, numbers)) = taken {
                for Range { start, end } in numbers {
                    let words = [time.0.to_le_bytes(), start.to_le_bytes(), end.to_le_bytes()];
                    writer.append(TAKEN, words.as_flattened())?;
                }
            }
            disk::reached("received.sync.before");
            writer.sync()
        };
        if let Err(error) = append() {
            // Its end is unknown: it gets no more frames.
            drop(current);
            self.discard_useless(&path);
            return Err(failed(&path, "written", &error));
        }
        disk::reached("received.sync.after");
        let mut state = self.state.lock();
        if let Some(file) = state.files.iter_mut().rfind(|file| file.path == path) {
            file.last = file.last.max(blocks.iter().map(|block| block.number).max());
            file.time = file.time.max(taken.map(|(time, ..)| time)).max(done.iter().max().copied());
        }
        if let Some((time, numbers)) = taken
            && let Some(to) = numbers.iter().map(|range| range.end).max()
        {
            state.taken.insert(time, to);
        }
        if !self.rules.close {
            state.current = Some(current);
        }
        Ok(())
    }

    /// The file to write to, out of the state: nobody waits for a disk with the lock held.
    fn current(&self) -> Result<Current> {
        let now = self.clock.now();
        let (old, number) = {
            let mut state = self.state.lock();
            let is_good = |c: &Current| now.since(c.opened) < self.rules.roll_ms && c.writer.position() < FULL;
            if state.current.as_ref().is_some_and(is_good)
                && let Some(current) = state.current.take()
            {
                return Ok(current);
            }
            state.next_file += 1;
            (state.current.take(), state.next_file - 1)
        };
        drop(old);
        let path = self.dir.join(format!("{PREFIX}{number:08}"));
        let file = private_file(&path).map_err(|e| failed(&path, "made", &e))?;
        self.state.lock().files.push_back(Written { path: path.clone(), last: None, time: None });
        disk::reached("received.create.after");
        let begun = frame::Writer::create(file, TAG).and_then(|writer| {
            disk::sync_directory(&self.dir)?;
            Ok(writer)
        });
        match begun {
            Ok(writer) => Ok(Current { writer, path, opened: now }),
            Err(error) => {
                self.discard_useless(&path);
                Err(failed(&path, "made", &error))
            }
        }
    }

    /// Removes a file that nothing good was written to: while a disk is full there would be more and more of them.
    fn discard_useless(&self, path: &Path) {
        let is_useless = {
            let mut state = self.state.lock();
            let before = state.files.len();
            state.files.retain(|file| file.path != path || file.last.is_some() || file.time.is_some());
            state.files.len() < before
        };
        if is_useless {
            // It hurts nobody.
            let _ = fs::remove_file(path);
        }
    }

    /// The batch of `time` was done: its blocks need not come again. Written with what is written next.
    pub fn done(&self, time: Time) {
        let mut state = self.state.lock();
        if state.taken.contains_key(&time) {
            state.done.push(time);
        }
    }

    /// Nobody asks for the blocks of batches up to this one again: files that have no others are removed.
    pub fn release(&self, up_to: Time) {
        let mut gone = Vec::new();
        {
            let mut state = self.state.lock();
            let open = state.current.as_ref().map(|current| current.path.clone());
            let Some(to) = state.taken.range(..=up_to).map(|(_, to)| *to).max() else { return };
            while let Some(file) = state.files.front() {
                let is_old = file.last.is_none_or(|n| n < to) && file.time.is_none_or(|t| t <= up_to);
                // The last file may be out with who writes to it.
                if !is_old || state.files.len() == 1 || open.as_ref() == Some(&file.path) {
                    break;
                }
                gone.extend(state.files.pop_front());
            }
            if !gone.is_empty() {
                // The newest stays: it says up to which number blocks need not be kept.
                let mut kept = state.taken.split_off(&up_to);
                std::mem::swap(&mut state.taken, &mut kept);
                if let Some((time, to)) = kept.pop_last() {
                    state.taken.entry(time).or_insert(to);
                }
            }
        }
        for file in gone {
            disk::reached("received.remove.before");
            // What can't be removed is found by the next start.
            let _ = fs::remove_file(&file.path);
        }
    }

    /// The files that there are.
    pub fn files(&self) -> Vec<PathBuf> {
        self.state.lock().files.iter().map(|file| file.path.clone()).collect()
    }
}

impl Drop for BlockLog {
    /// What is known to be done shall not come again.
    fn drop(&mut self) {
        if !self.state.lock().done.is_empty() {
            // Else it comes once more: that is what is promised.
            let _ = self.write(&[], None);
        }
    }
}

/// What is read from the files of an earlier process.
#[derive(Default)]
struct Left {
    blocks: BTreeMap<u64, Logged>,
    /// Who took each block last.
    taken: BTreeMap<u64, Time>,
    done: BTreeSet<Time>,
    next: u64,
}

impl Left {
    fn read(&mut self, path: &Path) -> Result<Written> {
        let damaged = |what: &dyn std::fmt::Display| {
            let message = format!(
                "the write-ahead log {} can't be read: {what}. Move it away to go on without the records in it.",
                path.display()
            );
            Error::new(Kind::Io, message)
        };
        let mut written = Written { path: path.to_owned(), last: None, time: None };
        let file = File::open(path).map_err(|e| damaged(&e))?;
        let shared = Arc::new(LogFile { path: path.to_owned() });
        let mut reader = match frame::Reader::open(io::BufReader::new(file), TAG) {
            Ok(reader) => reader,
            // The process ended when it had just made the file.
            Err(Broken::Torn { .. }) => return Ok(written),
            Err(e) => return Err(damaged(&e)),
        };
        loop {
            let frame = match reader.next() {
                Ok(Some(frame)) => frame,
                // What was being written when the process ended counts for nothing: nobody was told that it is there.
                Ok(None) | Err(Broken::Torn { .. }) => return Ok(written),
                Err(e) => return Err(damaged(&e)),
            };
            let words: Vec<u64> = frame
                .payload
                .chunks_exact(8)
                .take(3)
                .map(|w| u64::from_le_bytes(w.try_into().unwrap_or_default()))
                .collect();
            match (frame.kind, words.as_slice()) {
                (COLUMNS | OPAQUE, &[number, rows, weight]) => {
                    let opaque = frame.kind == OPAQUE;
                    let block = Logged::new(shared.clone(), frame.at, number, (rows, weight), opaque);
                    self.blocks.insert(number, block);
                    self.next = self.next.max(number + 1);
                    written.last = written.last.max(Some(number));
                }
                (TAKEN, &[time, from, to]) => {
                    self.next = self.next.max(to);
                    self.taken.extend((from..to).map(|number| (number, Time(time as i64))));
                    written.time = written.time.max(Some(Time(time as i64)));
                }
                (DONE, &[time]) => {
                    self.done.insert(Time(time as i64));
                    written.time = written.time.max(Some(Time(time as i64)));
                }
                _ => return Err(damaged(&"a frame of a kind that this version doesn't know")),
            }
        }
    }

    fn sort(self) -> Recovered {
        let mut recovered = Recovered { next: self.next, ..Recovered::default() };
        for (number, block) in self.blocks {
            match self.taken.get(&number) {
                None => recovered.free.push(block),
                Some(time) if self.done.contains(time) => recovered.done.entry(*time).or_default().push(block),
                Some(time) => recovered.taken.entry(*time).or_default().push(block),
            }
        }
        recovered
    }
}

fn failed(path: &Path, what: &str, error: &io::Error) -> Error {
    let remedy = "Is there room on its disk, and may the program write there?";
    Error::new(Kind::Io, format!("the write-ahead log {} can't be {what}: {error}. {remedy}", path.display()))
}

#[cfg(unix)]
fn private_file(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    File::options().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn private_file(path: &Path) -> io::Result<File> {
    File::options().write(true).create_new(true).open(path)
}
