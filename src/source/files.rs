//! New files of a directory: `textFileStream`. Spark's `FileInputDStream`, whose rule of modification times
//! `pyrite.files.strict` restores; without it a file that appears is taken whatever its time says.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use crate::error::{Error, Kind, Result};
use crate::log::{Level, LogRef};
use crate::plan::PlanRef;
use crate::sync::Mutex;
use crate::time::{Clock, Time};

use super::place::Place;
use super::record_files::{self, RecordFiles};
use super::slicing::mixed_file_splits;
use super::taken;
use super::text_files::{TextFiles, files_in, is_hidden};
use super::text_reader::FileSplit;
use super::watch::{Changes, Watches};
use super::{Condition, Environment, Input, InputReport};

const LOGGER: &str = "streaming.files";

/// Messages that are remembered so as not to be said again; a stream may run for months.
const MOST_TOLD: usize = 10_000;

/// In records: an entry of a directory, a file that is read.
const ENTRY: i64 = 0;
const FILE: i64 = 1;

/// In the memory: it was there when the stream was made.
const BEFORE: i64 = i64::MIN;

/// The files that appear in the directories a pattern names.
pub struct FileInput {
    pattern: String,
    /// Bytes of a record; `None` for lines of text.
    record: Option<usize>,
    batch_ms: i64,
    remember_ms: i64,
    strict: bool,
    clock: Arc<dyn Clock>,
    log: LogRef,
    state: Mutex<State>,
    listing: Mutex<Listing>,
}

/// What is known of the directories from one listing to the next.
#[derive(Default)]
struct Listing {
    watches: Watches,
    /// Entries that may be taken yet, by directory: those too new for the last batch, and directories, whose own entries
    /// nobody watches.
    candidates: HashMap<PathBuf, HashSet<PathBuf>>,
}

#[derive(Default)]
struct State {
    created: Time,
    /// How many files were there at creation, until that is told.
    left_out: usize,
    /// Every entry that was there at creation or was taken, with the batch that took it.
    seen: HashMap<PathBuf, Option<Time>>,
    /// What batches took.
    selected: BTreeMap<Time, Taken>,
    /// What batches took before a restart: they read it again.
    recorded: BTreeMap<Time, Taken>,
    /// What was said already.
    told: HashSet<String>,
    /// When `seen` was last looked through for paths that are gone.
    pruned: Time,
}

/// What the batch of one time took.
#[derive(Clone, Default)]
struct Taken {
    entries: Vec<PathBuf>,
    /// The entries that are files, and the files in those that are directories.
    files: Vec<PathBuf>,
}

/// An entry of a directory.
struct Entry {
    path: PathBuf,
    modified: Time,
    is_dir: bool,
}

impl FileInput {
    /// A stream of the lines of the files that appear from now on in the directories that `pattern` names.
    pub fn new(env: &Environment, pattern: &str) -> Result<Self> {
        Self::make(env, pattern, None)
    }

    /// The same of records of `length` bytes: `binaryRecordsStream`.
    pub fn of_records(env: &Environment, pattern: &str, length: usize) -> Result<Self> {
        if length == 0 {
            let message = "requirement failed: a record must have at least one byte: binaryRecordsStream(directory, 4)";
            return Err(Error::new(Kind::IllegalArgument, message));
        }
        Self::make(env, pattern, Some(length))
    }

    fn make(env: &Environment, pattern: &str, record: Option<usize>) -> Result<Self> {
        let remember = match env.config.duration("spark.streaming.fileStream.minRememberDuration", 1000)? {
            Some(ms) => ms,
            None => env.config.duration("spark.streaming.minRememberDuration", 1000)?.unwrap_or(60_000),
        };
        let batch = env.batch_ms.max(1);
        let path = pattern.strip_prefix("file://").or_else(|| pattern.strip_prefix("file:")).unwrap_or(pattern);
        let input = Self {
            pattern: path.to_owned(),
            record,
            batch_ms: batch,
            remember_ms: batch.saturating_mul((remember + batch - 1) / batch),
            strict: env.config.flag("pyrite.files.strict", false)?,
            clock: env.clock.clone(),
            log: env.log.clone(),
            listing: Mutex::default(),
            state: Mutex::new(State { created: env.clock.now(), ..State::default() }),
        };
        input.note_existing();
        Ok(input)
    }

    /// What is there when the stream is made is not new.
    fn note_existing(&self) {
        let existing = self.entries(self.clock.now());
        let mut state = self.state.lock();
        state.left_out = existing.iter().filter(|e| !is_hidden(&e.path)).count();
        state.seen.extend(existing.into_iter().map(|e| (e.path, None)));
    }

    /// The directories that the pattern names now.
    fn directories(&self) -> Vec<PathBuf> {
        let plain = PathBuf::from(&self.pattern);
        if plain.exists() || !self.pattern.contains(['*', '?', '[']) {
            return vec![plain];
        }
        glob::glob(&self.pattern).map(|found| found.filter_map(std::result::Result::ok).collect()).unwrap_or_default()
    }

    /// Every entry of the directories that the batch of `time` may take, oldest first, then by name. Where the system says
    /// what changes in them, those that were judged are not looked at again.
    fn entries(&self, time: Time) -> Vec<Entry> {
        let (mut entries, mut said) = (Vec::new(), Vec::new());
        let mut listing = self.listing.lock();
        let directories = self.directories();
        listing.candidates.retain(|directory, _| directories.contains(directory));
        for directory in directories {
            if let Changes::Paths(changed) = listing.watches.changes(&directory) {
                let candidates = listing.candidates.entry(directory).or_default();
                candidates.extend(changed);
                let looked_at: Vec<Entry> = candidates.iter().filter_map(|path| entry(path.clone())).collect();
                self.keep_candidates(candidates, &looked_at, time);
                entries.extend(looked_at);
                continue;
            }
            match fs::read_dir(&directory) {
                Ok(found) => {
                    let paths = found.filter_map(std::result::Result::ok).map(|found| found.path());
                    let listed: Vec<Entry> = paths.filter_map(entry).collect();
                    self.keep_candidates(listing.candidates.entry(directory).or_default(), &listed, time);
                    entries.extend(listed);
                }
                Err(_) if directory.is_file() => {
                    said.push(format!("{} is a file. textFileStream reads a directory.", directory.display()));
                }
                Err(_) if !directory.exists() => {
                    let d = directory.display();
                    said.push(format!("There is no directory {d} yet; files are read once it is there."));
                }
                Err(error) => said.push(format!("Can't list {}: {error}", directory.display())),
            }
        }
        drop(listing);
        for message in said {
            self.tell_once(message);
        }
        entries.sort_by(|a, b| a.modified.cmp(&b.modified).then_with(|| a.path.cmp(&b.path)));
        entries
    }

    /// What a later batch may take although it doesn't change again: what is too new for this one, and what was changed
    /// after it was taken.
    fn keep_candidates(&self, candidates: &mut HashSet<PathBuf>, looked_at: &[Entry], time: Time) {
        let horizon = time.plus(-self.remember_ms);
        let state = self.state.lock();
        let may_be_taken = |entry: &&Entry| {
            let taken = state.seen.get(&entry.path).copied().flatten();
            let changed = taken.is_some_and(|taken| entry.modified > taken && entry.modified > horizon);
            entry.is_dir || entry.modified > time || changed
        };
        *candidates = looked_at.iter().filter(may_be_taken).map(|entry| entry.path.clone()).collect();
    }

    fn tell_once(&self, message: String) {
        let mut state = self.state.lock();
        if state.told.len() >= MOST_TOLD {
            state.told.clear();
        }
        let is_new = state.told.insert(message.clone());
        drop(state);
        if is_new {
            self.log.write(Level::Warning, LOGGER, message);
        }
    }

    /// Whether the batch of `time` takes an entry; else why not, where that is worth saying.
    fn judge(&self, entry: &Entry, time: Time, state: &State) -> std::result::Result<(), Option<String>> {
        let shown = entry.path.display();
        if is_hidden(&entry.path) {
            let name = entry.path.file_name().unwrap_or_default().to_string_lossy();
            let said =
                name.starts_with('_').then(|| format!("{shown} is not read: a name that starts with _ is hidden."));
            return Err(said);
        }
        if entry.modified > time {
            return Err(None);
        }
        let threshold = state.created.max(time.plus(-self.remember_ms));
        match state.seen.get(&entry.path) {
            None if !self.strict || entry.modified > threshold => Ok(()),
            None => Err(Some(format!(
                "{shown} is not read: it was modified before the stream began to look ({} ms too early), and \
                 pyrite.files.strict is set.",
                threshold.since(entry.modified)
            ))),
            Some(Some(taken)) if time.since(*taken) < self.remember_ms => {
                let newer = entry.modified > *taken;
                Err(newer.then(|| format!("{shown} changed after it was read: a file is read once, write a new one.")))
            }
            Some(_) if entry.modified > threshold => Ok(()),
            Some(_) => Err(None),
        }
    }

    /// Picks the entries that the batch takes.
    fn select(&self, time: Time) -> Vec<Entry> {
        let started = self.clock.now();
        let entries = self.entries(time);
        let mut reasons = Vec::new();
        let mut taken = Vec::new();
        let mut state = self.state.lock();
        for entry in entries {
            match self.judge(&entry, time, &state) {
                Ok(()) => {
                    state.seen.insert(entry.path.clone(), Some(time));
                    taken.push(entry);
                }
                Err(reason) => reasons.extend(reason),
            }
        }
        drop(state);
        for reason in reasons {
            self.tell_once(reason);
        }
        let took = self.clock.now().since(started);
        if took > self.batch_ms {
            self.tell_once(format!("Listing {} takes {took} ms, longer than the batches are apart.", self.pattern));
        }
        taken
    }
}

impl FileInput {
    /// The splits of one file; an empty file has none.
    fn splits_of(&self, path: &Path, len: u64) -> Vec<FileSplit> {
        if let Some(length) = self.record {
            return record_files::splits_of(&Place::Local(path.to_owned()), len, length);
        }
        if len == 0 {
            return Vec::new();
        }
        let place = Place::Local(path.to_owned());
        let cuts = mixed_file_splits(&[(len, place.can_be_cut())], 1);
        cuts.into_iter().map(|(_, start, len)| FileSplit { place: place.clone(), start, len }).collect()
    }

    /// What the batch takes, and what lies in the directories among it.
    fn take(&self, time: Time) -> Taken {
        let mut taken = Taken::default();
        for entry in self.select(time) {
            taken.entries.push(entry.path.clone());
            if entry.is_dir {
                match files_in(&entry.path) {
                    Ok(files) => taken.files.extend(files),
                    Err(error) => self.tell_once(format!("Can't list {}: {error}", entry.path.display())),
                }
            } else {
                taken.files.push(entry.path);
            }
        }
        taken
    }
}

impl Input for FileInput {
    fn condition(&self) -> Condition {
        Condition { place: self.pattern.clone(), ..Condition::default() }
    }

    fn start(&self) -> Result<()> {
        let shown = std::mem::take(&mut self.state.lock().left_out);
        if shown > 0 {
            let were = if shown == 1 { "file was".to_owned() } else { format!("files were ({shown})") };
            let message = format!("The {were} in {} before the stream was made: only new ones are read.", self.pattern);
            self.log.write(Level::Info, LOGGER, message);
        }
        Ok(())
    }

    fn compute(&self, time: Time) -> Result<Option<PlanRef>> {
        let recorded = self.state.lock().recorded.get(&time).cloned();
        let mut taken = recorded.unwrap_or_else(|| self.take(time));
        let mut splits = Vec::new();
        // An editor's or a copy's temporary file may be gone already: that is no reason to lose the others.
        taken.files.retain(|path| match fs::metadata(path) {
            Ok(metadata) => {
                splits.extend(self.splits_of(path, metadata.len()));
                true
            }
            Err(error) => {
                self.tell_once(format!("{} is not read: {error}", path.display()));
                false
            }
        });
        self.state.lock().selected.insert(time, taken);
        Ok(Some(match self.record {
            None => TextFiles::of_splits(splits).plan(),
            Some(length) => RecordFiles::of_splits(splits, length).plan(),
        }))
    }

    fn record(&self, time: Time) -> Result<Option<Vec<u8>>> {
        let state = self.state.lock();
        let Some(taken) = state.selected.get(&time) else { return Ok(None) };
        let mut bytes = Vec::new();
        for path in &taken.entries {
            taken::write(&mut bytes, ENTRY, path);
        }
        for path in &taken.files {
            taken::write(&mut bytes, FILE, path);
        }
        Ok(Some(bytes))
    }

    fn restore(&self, time: Time, record: &[u8]) -> Result<()> {
        let mut taken = Taken::default();
        for (what, path) in taken::read(record)? {
            if what == FILE { taken.files.push(path) } else { taken.entries.push(path) }
        }
        let mut state = self.state.lock();
        for entry in &taken.entries {
            state.seen.insert(entry.clone(), Some(time));
        }
        state.recorded.insert(time, taken);
        Ok(())
    }

    /// Every path that isn't new, with the batch that took it.
    fn memory(&self) -> Result<Option<Vec<u8>>> {
        let state = self.state.lock();
        let mut bytes = Vec::new();
        taken::write(&mut bytes, state.created.0, Path::new(""));
        for (path, time) in &state.seen {
            taken::write(&mut bytes, time.map_or(BEFORE, |time| time.0), path);
        }
        Ok(Some(bytes))
    }

    fn recall(&self, memory: &[u8]) -> Result<()> {
        let mut known = taken::read(memory)?.into_iter();
        // What came since is found by a whole listing.
        self.listing.lock().watches.clear();
        let mut state = self.state.lock();
        // Those that a restart finds are judged as if it hadn't been.
        state.left_out = 0;
        if let Some((created, _)) = known.next() {
            state.created = Time(created);
        }
        state.seen = known.map(|(time, path)| (path, (time != BEFORE).then_some(Time(time)))).collect();
        Ok(())
    }

    /// Spark counts no records of files.
    fn report(&self, time: Time) -> Option<InputReport> {
        let state = self.state.lock();
        let taken = state.selected.get(&time)?;
        let lines: Vec<String> = taken.files.iter().map(|p| format!("file:{}", p.display())).collect();
        Some(InputReport { records: 0, description: Some(lines.join("\n")) })
    }

    fn forget(&self, up_to: Time) {
        let mut state = self.state.lock();
        state.selected = state.selected.split_off(&up_to.plus(1));
        state.recorded = state.recorded.split_off(&up_to.plus(1));
        // A path that is gone may come again as a new file once nobody remembers it.
        if up_to.since(state.pruned) < self.remember_ms {
            return;
        }
        state.pruned = up_to;
        let horizon = up_to.plus(-self.remember_ms);
        let old: Vec<PathBuf> = state
            .seen
            .iter()
            .filter(|(_, taken)| taken.is_some_and(|t| t <= horizon))
            .map(|(p, _)| p.clone())
            .collect();
        drop(state);
        // Asking a file system may take long.
        let gone: Vec<PathBuf> = old.into_iter().filter(|path| !path.exists()).collect();
        let mut state = self.state.lock();
        for path in &gone {
            state.seen.remove(path);
        }
    }
}

fn entry(path: PathBuf) -> Option<Entry> {
    // Follows links; an entry that vanished meanwhile is no entry.
    let metadata = fs::metadata(&path).ok()?;
    let modified = metadata.modified().ok()?;
    let modified = match modified.duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_millis() as i64,
        Err(before) => -(before.duration().as_millis() as i64),
    };
    Some(Entry { path, modified: Time(modified), is_dir: metadata.is_dir() })
}
