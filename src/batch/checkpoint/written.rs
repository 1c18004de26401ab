//! The checkpoints of one context: its batches are logged, and from time to time everything is written down.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::error::{Error, Result};
use crate::fault::guarded;
use crate::id::{InputId, StreamId};
use crate::log::{Level, LogRef};
use crate::source::Input;
use crate::sync::{Mutex, entering_foreign};
use crate::time::Time;

use super::super::events::Outcome;
use super::super::stateful::Files;
use super::super::stream::StreamRef;
use super::content::{Content, Record};
use super::directory::{Directory, find};
use super::done::{Checkpoint, Written};
use super::kept::{Kept, Saved};
use super::log::{Log, read};
use super::pieces::Pieces;

const LOGGER: &str = "streaming.checkpoint";

/// A disk that stays full is told of once in this time.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// The program's settings and functions as bytes: its own language writes and reads them.
pub trait Program: Send + Sync {
    /// As they are now.
    fn record(&self) -> Result<Vec<u8>>;
}

/// A checkpoint that was found.
pub struct Found {
    path: PathBuf,
    content: Content,
    kept: Kept,
}

/// What is written to a directory.
pub struct Checkpoints {
    path: PathBuf,
    program: Arc<dyn Program>,
    log: LogRef,
    interval_ms: i64,
    pieces: Pieces,
    kept: Mutex<Kept>,
    batches: Mutex<Log>,
    directory: Mutex<Directory>,
    /// The program as it was written last.
    recorded: Mutex<Arc<[u8]>>,
    /// Records that are not in the log yet.
    unlogged: Mutex<Vec<Record>>,
    trouble: Mutex<Option<Instant>>,
    /// The last ones, for who shows them.
    done: Written,
}

impl Found {
    /// The newest readable checkpoint of a directory, older than `before` if that is given; `None` where there is none.
    pub fn newest(directory: &Path, before: Option<Time>, log: &LogRef) -> Result<Option<Self>> {
        let Some((path, content)) = find(directory, before.map(|t| t.0), log)? else { return Ok(None) };
        let (entries, damage) = read(directory, content.head.log);
        if let Some((segment, broken)) = damage {
            let (segment, what) = (segment.display(), "what it says of the newest batches is lost: they run again");
            log.write(Level::Warning, LOGGER, format!("The log of batches {segment} can't be read: {broken}; {what}."));
        }
        let kept = Kept::from(&content, entries);
        Ok(Some(Self { path, content, kept }))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The batch that it is named after.
    pub fn time(&self) -> Time {
        Time(self.content.head.time)
    }

    /// The newest batch that had ended, as far as is known.
    pub fn settled(&self) -> Time {
        self.kept.settled
    }

    /// The time before the first batch.
    pub fn zero(&self) -> Time {
        self.kept.zero
    }

    /// Milliseconds between batches.
    pub fn interval_ms(&self) -> i64 {
        self.content.head.interval_ms
    }

    /// What `Program::record` gave.
    pub fn program(&self) -> &[u8] {
        &self.content.program
    }
}

impl Checkpoints {
    /// The directory they are written to.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Checkpoints in a directory, which is made; `found` is where they go on from.
    pub fn new(
        path: &Path,
        program: Arc<dyn Program>,
        interval_ms: i64,
        log: LogRef,
        found: Option<&Found>,
    ) -> Result<Self> {
        let directory = Directory::new(path)?;
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() as u64;
        let run = format!("{since:x}-{}", std::process::id());
        let inherited = found.map_or(&[][..], |found| &found.content.head.files);
        Ok(Self {
            path: path.to_owned(),
            program,
            log,
            interval_ms,
            pieces: Pieces::new(path, run, inherited),
            kept: Mutex::default(),
            batches: Mutex::new(Log::new(path)),
            directory: Mutex::new(directory),
            recorded: Mutex::new(Arc::default()),
            unlogged: Mutex::default(),
            trouble: Mutex::default(),
            done: Written::default(),
        })
    }

    /// Nothing has happened yet; `inputs` with how long what they read is needed.
    pub fn begin(&self, zero: Time, inputs: &[(InputId, i64)], stateful: bool) {
        let mut kept = Kept::begin(zero, stateful);
        for (input, ms) in inputs {
            kept.remember(*input, *ms);
        }
        *self.kept.lock() = kept;
    }

    /// Goes on from a checkpoint: inputs and streams learn what they knew. The batches to run again before `restart`.
    pub fn resume(
        &self,
        found: Found,
        inputs: &[(InputId, i64, Arc<dyn Input>)],
        states: &[StreamRef],
        restart: impl FnOnce(Time) -> Time,
    ) -> Result<Vec<Time>> {
        let Found { content, mut kept, .. } = found;
        kept.stateful = !states.is_empty();
        entering_foreign("a source");
        for (input, time, file) in &content.head.memories {
            let (id, name) = (InputId(*input), file.split_once('.').map_or(file.as_str(), |(_, name)| name));
            let mut memory = Vec::new();
            self.pieces.open(name)?.read_to_end(&mut memory).map_err(|e| Error::io(file, &e))?;
            if let Some((_, _, input)) = inputs.iter().find(|(known, _, _)| *known == id) {
                input.recall(&memory)?;
                kept.memorised(id, Time(*time), file.clone(), memory.len());
            }
        }
        for record in kept.records() {
            if let Some((_, _, input)) = inputs.iter().find(|(known, _, _)| *known == record.input) {
                input.restore(record.time, &record.bytes)?;
            }
        }
        self.pieces.begin();
        if let Some(at) = content.head.states_at {
            let known = |id: &StreamId| states.iter().find(|stream| stream.id() == *id);
            for (id, saved) in &content.states {
                if let Some(memory) = known(id).and_then(|stream| stream.memory()) {
                    memory.restore(Time(at), saved, &self.pieces)?;
                }
            }
            for (id, time, saved) in &content.plans {
                if let Some((stream, memory)) = known(id).and_then(|stream| Some((stream, stream.memory()?)))
                    && let Some(plan) = memory.load_plan(*time, saved, &self.pieces)?
                {
                    stream.brought(*time, plan);
                }
            }
            let owned: Vec<&String> = content.head.memories.iter().map(|(_, _, file)| file).collect();
            let files = content.head.files.iter().filter(|file| !owned.contains(file)).cloned().collect();
            kept.saved = Some(Saved { time: Time(at), states: content.states, plans: content.plans, files });
        }
        if kept.stateful {
            // What was committed behind the states is to be done again.
            kept.committed = kept.saved.as_ref().map(|saved| saved.time);
        }
        for (input, ms, _) in inputs {
            kept.remember(*input, *ms);
        }
        let times = kept.rerun(self.interval_ms, restart(kept.settled));
        *self.kept.lock() = kept;
        Ok(times)
    }

    /// What batches up to `time` read, as far as it is decided and not yet logged, goes into the log.
    pub fn log_records(&self, time: Time, inputs: &[(InputId, i64, Arc<dyn Input>)]) -> Result<()> {
        let zero = self.kept.lock().zero;
        entering_foreign("a source");
        for (id, ms, input) in inputs {
            // A window that slides by several batches asks for those before, too.
            let mut at = time;
            while at > zero && time.since(at) < (*ms).max(self.interval_ms) && !self.kept.lock().has_record(*id, at) {
                match input.record(at)? {
                    Some(bytes) => {
                        let record = Record { input: *id, time: at, bytes: bytes.into() };
                        self.kept.lock().record(&record);
                        self.unlogged.lock().push(record);
                    }
                    None if at == time => break,
                    None => {}
                }
                at = at.plus(-self.interval_ms);
            }
        }
        let mut unlogged = self.unlogged.lock();
        if !unlogged.is_empty() {
            let logged = self.batches.lock().records(&unlogged);
            match logged {
                Ok(()) => unlogged.clear(),
                Err(error) => {
                    drop(unlogged);
                    self.tell(&Error::io("the log of batches", &error));
                }
            }
        }
        Ok(())
    }

    /// A batch has ended.
    pub fn log_settled(&self, time: Time, outcome: Outcome) {
        self.kept.lock().end(time, outcome);
        let logged = self.batches.lock().settled(time, outcome);
        if let Err(error) = logged {
            self.tell(&Error::io("the log of batches", &error));
        }
    }

    /// The newest batch that was committed, if the states are to be saved behind it: they were last saved `every_ms` or
    /// longer before it. With `now` in any case.
    pub fn states_due(&self, every_ms: i64, now: bool) -> Option<Time> {
        let kept = self.kept.lock();
        let committed = kept.committed?;
        let last = kept.saved.as_ref().map_or(kept.zero, |saved| saved.time);
        let wait = if now { 1 } else { every_ms };
        (committed.since(last) >= wait).then_some(committed)
    }

    /// Has the states saved behind `time`, while no further batch is settled.
    pub fn save_states(&self, time: Time, states: &[StreamRef]) -> Result<()> {
        self.pieces.begin();
        let mut saved = Saved { time, ..Saved::default() };
        for (stream, memory) in states.iter().filter_map(|stream| Some((stream, stream.memory()?))) {
            saved.states.push((stream.id(), guarded(|| memory.save(time, &self.pieces))?));
            for (at, plan) in stream.looked_back_on(time) {
                let written = guarded(|| memory.save_plan(at, &plan, &self.pieces))?;
                saved.plans.extend(written.map(|written| (stream.id(), at, written)));
            }
        }
        saved.files = self.pieces.touched();
        let before = self.kept.lock().saved.replace(saved);
        drop(before);
        Ok(())
    }

    /// Has the program recorded; its error is the program's own.
    pub fn record_program(&self) -> Result<()> {
        entering_foreign("the program's own language");
        let recorded: Arc<[u8]> = self.program.record()?.into();
        let before = std::mem::replace(&mut *self.recorded.lock(), recorded);
        drop(before);
        Ok(())
    }

    /// Writes a checkpoint with the program as it was recorded last; the whole of it was begun then.
    pub fn write(&self, inputs: &[(InputId, i64, Arc<dyn Input>)], begun: Instant) -> Result<()> {
        for (id, _, input) in inputs {
            let (time, wanted) = {
                let kept = self.kept.lock();
                (kept.settled, kept.wants_memory(*id))
            };
            if wanted {
                self.write_memory(*id, time, input.as_ref())?;
            }
        }
        let program = self.recorded.lock().clone();
        let position = self.batches.lock().position();
        let content = self.kept.lock().content(program, self.interval_ms, position);
        let mut directory = self.directory.lock();
        let bytes = directory.write(&content, &self.pieces)?;
        let floor = directory.floor();
        drop(directory);
        entering_foreign("a source");
        for (_, _, input) in inputs {
            input.unrecorded(Time(floor.unwrap_or(content.head.floor)));
        }
        self.fine(begun);
        let (batch, at) = (Time(content.head.time), Time::wall());
        let bytes = bytes + self.pieces.take_written();
        self.done.add(Checkpoint { batch, at, took: begun.elapsed(), bytes });
        Ok(())
    }

    /// How many were written, and the last ones, oldest first.
    pub fn written(&self) -> (u64, Vec<Checkpoint>) {
        self.done.read()
    }

    fn write_memory(&self, id: InputId, time: Time, input: &dyn Input) -> Result<()> {
        entering_foreign("a source");
        let Some(memory) = input.memory()? else { return Ok(()) };
        self.pieces.begin();
        self.pieces.put(&format!("input-{}-{}", id.0, time.0), &mut |sink| {
            sink.write_all(&memory).map_err(|error| Error::io("an input's memory", &error))
        })?;
        if let Some(file) = self.pieces.touched().pop_first() {
            self.kept.lock().memorised(id, time, file, memory.len());
        }
        Ok(())
    }

    /// Says calmly that something wasn't written; the stream goes on.
    pub fn tell(&self, error: &Error) {
        let mut trouble = self.trouble.lock();
        if trouble.is_some_and(|told| told.elapsed() < TOLD_EVERY) {
            return;
        }
        *trouble = Some(Instant::now());
        drop(trouble);
        let what = match error {
            Error::Engine { message, .. } => message.clone(),
            other => other.to_string(),
        };
        let path = self.path.display();
        let text = format!(
            "No checkpoint could be written to {path}: {what}. The stream goes on and tries again with the next batch; \
             should the program end before one is written, batches since the last one run again."
        );
        self.log.write(Level::Warning, LOGGER, text);
    }

    /// A checkpoint that was begun then is written: trouble since isn't over.
    fn fine(&self, begun: Instant) {
        let over = self.trouble.lock().take_if(|told| *told < begun).is_some();
        if over {
            let path = self.path.display();
            self.log.write(Level::Info, LOGGER, format!("Checkpoints are written to {path} again."));
        }
    }
}
