//! What a context must be able to say of its past: which batches ended how, what they read, what inputs and streams know.
//! From it a checkpoint is written, and into it one is read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::id::{InputId, StreamId};
use crate::time::Time;

use super::super::events::Outcome;
use super::content::{Content, Head, Record};
use super::log::Entry;

/// Batches that failed are run again after a restart; so many are remembered.
const MOST_AGAIN: usize = 100;

/// An input's memory is written again when the records since are larger than it, and than this.
const SMALL_MEMORY: usize = 64 << 10;

/// The past.
#[derive(Default)]
pub(super) struct Kept {
    pub zero: Time,
    /// The newest batch that has ended; all before it have, too.
    pub settled: Time,
    /// The newest batch that was committed.
    pub committed: Option<Time>,
    /// Whether a stream has a state.
    pub stateful: bool,
    /// Batches that ended without being committed.
    again: BTreeSet<Time>,
    records: BTreeMap<InputId, BTreeMap<Time, Arc<[u8]>>>,
    memories: BTreeMap<InputId, Memory>,
    /// How far back each input's records are needed.
    back: BTreeMap<InputId, i64>,
    pub saved: Option<Saved>,
}

/// What an input knew at a time.
struct Memory {
    time: Time,
    file: String,
    size: usize,
    since: usize,
}

/// What the streams with a state have saved.
#[derive(Clone, Debug, Default)]
pub(super) struct Saved {
    pub time: Time,
    pub states: Vec<(StreamId, Vec<u8>)>,
    /// Plans of theirs that later batches ask for.
    pub plans: Vec<(StreamId, Time, Vec<u8>)>,
    pub files: BTreeSet<String>,
}

impl Kept {
    /// The past of a context that begins.
    pub fn begin(zero: Time, stateful: bool) -> Self {
        Self { zero, settled: zero, stateful, ..Self::default() }
    }

    /// The past that a checkpoint tells, without its memories and states.
    pub fn from(content: &Content, log: Vec<Entry>) -> Self {
        let head = &content.head;
        let mut kept = Self::begin(Time(head.zero), head.stateful);
        kept.settled = Time(head.time);
        kept.again = head.again.iter().copied().map(Time).collect();
        for record in &content.records {
            kept.record(record);
        }
        for entry in log {
            match entry {
                Entry::Record(record) => kept.record(&record),
                Entry::Settled(time, outcome) => kept.end(time, outcome),
            }
        }
        kept
    }

    /// How long an input's records are needed.
    pub fn remember(&mut self, input: InputId, ms: i64) {
        self.back.insert(input, ms);
    }

    /// What a batch reads.
    pub fn record(&mut self, record: &Record) {
        if let Some(memory) = self.memories.get_mut(&record.input) {
            memory.since += record.bytes.len() + 64;
        }
        self.records.entry(record.input).or_default().insert(record.time, record.bytes.clone());
    }

    /// Whether it is known what a batch reads.
    pub fn has_record(&self, input: InputId, time: Time) -> bool {
        self.records.get(&input).is_some_and(|records| records.contains_key(&time))
    }

    /// Every record, oldest first.
    pub fn records(&self) -> Vec<Record> {
        let all = self.records.iter().flat_map(|(input, records)| {
            records.iter().map(|(time, bytes)| Record { input: *input, time: *time, bytes: bytes.clone() })
        });
        let mut all: Vec<Record> = all.collect();
        all.sort_by_key(|record| record.time);
        all
    }

    /// A batch has ended.
    pub fn end(&mut self, time: Time, outcome: Outcome) {
        self.settled = self.settled.max(time);
        if outcome == Outcome::Committed {
            self.again.remove(&time);
            self.committed = self.committed.max(Some(time));
        } else {
            self.again.insert(time);
            while self.again.len() > MOST_AGAIN {
                self.again.pop_first();
            }
        }
    }

    /// Whether an input's memory is to be written.
    pub fn wants_memory(&self, input: InputId) -> bool {
        self.memories.get(&input).is_none_or(|memory| memory.since > memory.size.max(SMALL_MEMORY))
    }

    /// An input's memory was written.
    pub fn memorised(&mut self, input: InputId, time: Time, file: String, size: usize) {
        self.memories.insert(input, Memory { time, file, size, since: 0 });
    }

    /// The batch behind which a restart goes on: that of the states, or the newest that has ended.
    fn base(&self) -> Time {
        match (self.stateful, &self.saved) {
            (true, Some(saved)) => saved.time,
            (true, None) => self.zero,
            (false, _) => self.settled,
        }
    }

    /// The batches that a restart runs again, before `restart`.
    pub fn rerun(&self, interval_ms: i64, restart: Time) -> Vec<Time> {
        let base = self.base();
        let mut times: Vec<Time> =
            if self.stateful { Vec::new() } else { self.again.iter().copied().filter(|t| *t <= base).collect() };
        let mut time = base.plus(interval_ms);
        while time < restart {
            times.push(time);
            time = time.plus(interval_ms);
        }
        times
    }

    /// Forgets what no restart asks for; the newest time whose records are gone.
    fn forget(&mut self) -> Time {
        let base = self.base();
        if self.stateful {
            self.again.retain(|time| *time > base);
        }
        let mut floor = base;
        for (input, records) in &mut self.records {
            let back = self.back.get(input).copied().unwrap_or(0);
            let needed = base.plus(-back);
            // A memory is completed by what was read since.
            let known = self.memories.get(input).map_or(needed, |memory| memory.time);
            let again = &self.again;
            let wanted = |time: Time| again.range(time..time.plus(back.max(1))).next().is_some();
            records.retain(|time, bytes| *time > needed || (*time > known && !bytes.is_empty()) || wanted(*time));
            floor = floor.min(records.keys().next().map_or(needed, |first| first.plus(-1)).min(needed));
        }
        floor
    }

    /// What a checkpoint says now; `log` is where the log goes on.
    pub fn content(&mut self, program: Arc<[u8]>, interval_ms: i64, log: (u64, u64)) -> Content {
        let floor = self.forget();
        let saved = self.saved.clone().unwrap_or_default();
        let mut files = saved.files;
        files.extend(self.memories.values().map(|memory| memory.file.clone()));
        let memories = self.memories.iter().map(|(input, m)| (input.0, m.time.0, m.file.clone())).collect();
        let head = Head {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            time: self.settled.0,
            zero: self.zero.0,
            interval_ms,
            states_at: self.saved.as_ref().map(|saved| saved.time.0),
            stateful: self.stateful,
            again: self.again.iter().map(|time| time.0).collect(),
            log,
            floor: floor.0,
            files: files.into_iter().collect(),
            memories,
        };
        Content { head, program, records: self.records(), states: saved.states, plans: saved.plans }
    }
}
