//! A sort's map side: a task puts its partition in order, in runs that fit into its share of the memory. A run beyond
//! that lies in a file, with one key of every chunk in memory to find ranges by.

use std::mem;
use std::sync::Arc;
use std::time::Instant;

use crate::chunk::{BoxStream, CHUNK_ROWS, Chunk, Columns, compact};
use crate::error::{Decline, Error, Kind, Result};
use crate::fault::declining;
use crate::memory::{Reservation, Share};
use crate::plan::{Order, Plan, Role, Seen};
use crate::shuffle::sort::{Gather, SortedRun};
use crate::store::{Level, StoredRef, Writer};

use super::keys::Keys;
use super::op::{pair, to_columns};
use super::{Keyed, ObjectOrder, Rows, Task};

/// What a map task of a sort leaves.
pub enum Run {
    /// Sorted rows in memory.
    Memory(SortedRun, Reservation),
    /// Sorted rows in a file.
    File(FiledRun),
    /// Pairs of key and row as they came: keys that only the interpreter compares.
    Pairs(StoredRef),
}

impl Run {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        match self {
            Self::Memory(run, _) => run.len(),
            Self::File(run) => run.rows.rows(),
            Self::Pairs(rows) => rows.rows(),
        }
    }
}

impl Run {
    /// Rows and bytes.
    pub fn size(&self) -> (u64, u64) {
        let bytes = match self {
            Self::Memory(_, held) => held.bytes(),
            Self::File(run) => run.rows.bytes(),
            Self::Pairs(rows) => rows.bytes(),
        };
        (self.rows() as u64, bytes as u64)
    }
}

/// A sorted run in a file.
pub struct FiledRun {
    /// The rows.
    pub rows: StoredRef,
    /// Their keys, as many.
    pub keys: StoredRef,
    /// The first key of every `CHUNK_ROWS` rows: where a reader may begin.
    pub marks: Columns,
    /// One key of every `SAMPLED` rows, for the bounds of the ranges.
    pub sample: Columns,
}

/// Of so many rows one says where ranges end. All runs count by their length then, short ones too.
const SAMPLED: usize = 64;

/// The middle key of every `SAMPLED` ones, in storage of its own.
pub(super) fn sampled(keys: &Columns) -> Result<Columns, Decline> {
    let middle = |from: usize| (from + SAMPLED.min(keys.len() - from) / 2) as u32;
    let rows: Vec<u32> = (0..keys.len()).step_by(SAMPLED).map(middle).collect();
    keys.take(&rows).map(|sample| compact(&sample))
}

/// Collects a partition's chunks and their keys.
pub(super) struct Runs<'a> {
    plan: &'a Plan,
    order: &'a Order,
    task: &'a Task,
    chunks: Vec<Chunk>,
    keys: Vec<Columns>,
    weight: usize,
    share: Share,
    done: Vec<Run>,
    /// Once keys came that are not compared natively.
    pairs: Option<Writer>,
}

impl<'a> Runs<'a> {
    pub(super) fn new(plan: &'a Plan, order: &'a Order, task: &'a Task) -> Self {
        let (share, chunks, keys, done) = (task.share(), Vec::new(), Vec::new(), Vec::new());
        Self { plan, order, task, chunks, keys, weight: 0, share, done, pairs: None }
    }

    /// Takes all rows of a stream in.
    pub(super) fn take_in(&mut self, mut stream: BoxStream) -> Result<()> {
        if let Some(key) = self.task.prepared.optional(self.plan, Role::Key).filter(|key| key.frozen.native.is_err()) {
            match Keys::open(stream, self.seen()?, key, self.task)? {
                Ok(mut keys) => {
                    while let Some((keyed, rows)) = keys.next()? {
                        self.task.cancel.check()?;
                        self.push_keyed(keyed, &rows)?;
                    }
                    return Ok(());
                }
                Err(back) => stream = back,
            }
        }
        while let Some(chunk) = stream.next(usize::MAX)? {
            self.task.cancel.check()?;
            self.push(&chunk)?;
        }
        Ok(())
    }

    /// What keys are made of. One range needs no shuffle in `PySpark`: rows need not be pairs there.
    fn seen(&self) -> Result<Seen> {
        Ok(match (self.order.by_key, self.plan.partitions()? > 1) {
            (false, _) => Seen::Row,
            (true, false) => Seen::First,
            (true, true) => Seen::Key,
        })
    }

    fn push(&mut self, chunk: &Chunk) -> Result<()> {
        if chunk.is_empty() {
            return Ok(());
        }
        self.push_keyed(self.keys_of(chunk)?, chunk)
    }

    fn push_keyed(&mut self, keyed: Keyed, chunk: &Chunk) -> Result<()> {
        match (keyed, &mut self.pairs) {
            (Keyed::Columns(keys, rows), None) => {
                let chunk = self.task.shareable(rows.as_ref().unwrap_or(chunk))?;
                self.weight += chunk.weight() + keys.weight();
                self.chunks.push(chunk);
                self.keys.push(keys);
                // Sorting takes the rows a second time, and their order.
                if self.share.hold(3 * self.weight)? {
                    self.end_run(true)?;
                    self.share.hold(0)?;
                }
                Ok(())
            }
            (Keyed::Columns(keys, rows), Some(pairs)) => {
                pairs.push(with_keys(&keys, rows.as_ref().unwrap_or(chunk), self.task)?)
            }
            (Keyed::Pairs(rows), Some(pairs)) => pairs.push(self.task.shareable(&rows)?),
            (Keyed::Pairs(rows), None) => {
                let rows = self.task.shareable(&rows)?;
                self.give_up()?.push(rows)
            }
        }
    }

    /// All runs, in the order in which their rows came.
    pub(super) fn finish(mut self) -> Result<Vec<Run>> {
        if !self.chunks.is_empty() {
            let spilled = self.done.iter().any(|run| matches!(run, Run::File(_)));
            self.end_run(spilled)?;
        }
        if let Some(pairs) = self.pairs.take() {
            self.done.push(Run::Pairs(pairs.finish()?));
        }
        Ok(self.done)
    }

    fn keys_of(&self, chunk: &Chunk) -> Result<Keyed> {
        let key = self.task.prepared.optional(self.plan, Role::Key);
        let seen = self.seen()?;
        let began = Instant::now();
        let native = declining(|| {
            let compiled = key.map(|key| key.frozen.native.as_ref().map_err(Clone::clone)).transpose()?;
            let rows = to_columns(chunk)?;
            let keys = match seen {
                // Where they move, PySpark takes them apart: they become tuples.
                Seen::Key if rows.held().is_some() => return Err(Decline::new("pairs that are no tuples")),
                Seen::Key => pair(&rows)?[0].clone(),
                Seen::First => {
                    let first = rows.items().and_then(|items| items.into_iter().next());
                    first.ok_or(Decline::new("rows that are not tuples"))?
                }
                Seen::Row => rows,
            };
            compiled.map_or_else(|| Ok(keys.clone()), |compiled| compiled.map(std::slice::from_ref(&keys)))
        });
        if let Some(key) = key {
            let counters = key.function.counters();
            match &native {
                Ok(_) => {
                    counters.add_native(chunk.len());
                    counters.add_native_time(began.elapsed());
                }
                Err(decline) => {
                    if key.frozen.native.is_ok() {
                        counters.add_declined(chunk.len(), decline);
                    }
                    counters.add_python(chunk.len());
                }
            }
        }
        if let Ok(keys) = native {
            return Ok(Keyed::Columns(keys, None));
        }
        let order = ObjectOrder {
            key: key.map(|key| key.frozen.object.clone()),
            by_key: self.order.by_key,
            pairs: seen != Seen::First,
            name: self.plan.name().into(),
        };
        self.task.prepared.interpreter.keyed(chunk, &order, self.task)
    }

    fn end_run(&mut self, to_file: bool) -> Result<()> {
        // Each row comes from another place: pickles are loaded once, not once a row.
        let rows: Arc<dyn Rows> = self.task.prepared.interpreter.clone();
        let chunks = self.chunks.iter().map(|chunk| rows.live(chunk)).collect::<Result<Vec<_>>>()?;
        let gather = gatherer(rows);
        let sorted = declining(|| SortedRun::new(&chunks, &self.keys, self.order.ascending, Some(&gather)));
        drop(chunks);
        self.task.cancel.check()?;
        match sorted {
            Ok(run) => {
                let run = self.shareable(run)?;
                (self.chunks, self.keys) = (Vec::new(), Vec::new());
                let weight = mem::take(&mut self.weight);
                self.done.push(if to_file {
                    Run::File(self.file(run)?)
                } else {
                    Run::Memory(run, self.task.prepared.memory.budget.reserve(weight))
                });
            }
            Err(_) => {
                self.give_up()?;
            }
        }
        Ok(())
    }

    /// Several ranges are read of it, each by a reader with its own objects.
    fn shareable(&self, run: SortedRun) -> Result<SortedRun> {
        let chunks = run.into_chunks().into_iter();
        let chunks = chunks.map(|(keys, rows)| Ok((keys, self.task.shareable(&rows)?)));
        chunks.collect::<Result<_>>().map(SortedRun::from_sorted)
    }

    fn file(&self, run: SortedRun) -> Result<FiledRun> {
        let memory = &self.task.prepared.memory;
        let (mut rows, mut keys) = (Writer::new(memory, Level::Disk), Writer::new(memory, Level::Disk));
        let (mut marks, mut samples): (Vec<Columns>, Vec<Columns>) = (Vec::new(), Vec::new());
        let mut at = 0_usize;
        for (of_chunk, chunk) in run.into_chunks() {
            let first = at.next_multiple_of(CHUNK_ROWS) - at;
            marks.extend((first..of_chunk.len()).step_by(CHUNK_ROWS).map(|row| compact(&of_chunk.slice(row, 1))));
            at += of_chunk.len();
            samples.push(sampled(&of_chunk).map_err(|e| Error::new(Kind::Spark, format!("a sort: {e}")))?);
            keys.push(Chunk::Columns(of_chunk))?;
            rows.push(chunk)?;
        }
        let (Some(marks), Some(sample)) = (Columns::concat(&marks), Columns::concat(&samples)) else {
            return Err(Error::new(Kind::Spark, "a sorted run without keys"));
        };
        Ok(FiledRun { rows: rows.finish()?, keys: keys.finish()?, marks, sample })
    }

    /// From now on rows are kept with their keys as they come.
    fn give_up(&mut self) -> Result<&mut Writer> {
        let mut writer = Writer::new(&self.task.prepared.memory, Level::MemoryAndDisk);
        for (chunk, keys) in mem::take(&mut self.chunks).iter().zip(mem::take(&mut self.keys)) {
            writer.push(with_keys(&keys, chunk, self.task)?)?;
        }
        self.weight = 0;
        self.share.hold(0)?;
        Ok(self.pairs.insert(writer))
    }
}

/// Puts rows together that are no columns of one type.
pub(super) fn gatherer(rows: Arc<dyn Rows>) -> Gather {
    Arc::new(move |chunks, places| rows.gather(chunks, places))
}

/// Pairs of key and row, for the interpreter to sort.
pub(super) fn with_keys(keys: &Columns, rows: &Chunk, task: &Task) -> Result<Chunk> {
    task.shareable(&task.prepared.interpreter.pair(&Chunk::Columns(keys.clone()), rows)?)
}
