//! Between a sort's map and reduce sides: where the runs are cut into ranges. What the reduce side then reads.

use std::sync::Arc;

use crate::chunk::{BoxStream, CHUNK_ROWS, Cancel, Chunk, Columns};
use crate::error::{Decline, Error, Kind, Result};
use crate::fault::declining;
use crate::memory::Reservation;
use crate::plan::{Laid, Order, OutputRef, Plan, ShuffleOutput, Size};
use crate::shuffle::sort::{Merge, RunReader, SortedRun, cut_runs, position};
use crate::store::{Level, Writer};

use super::runs::{FiledRun, Run, gatherer, sampled, with_keys};
use super::{Rows, Task};

/// Sorted ranges of runs in memory, cut exactly.
struct InMemory {
    runs: Vec<(SortedRun, Vec<usize>)>,
    ascending: bool,
    held: Vec<Reservation>,
    rows: Arc<dyn Rows>,
}

/// Sorted ranges of runs of which some lie in files, cut at keys of a sample.
struct InFiles {
    runs: Vec<Either>,
    /// The key that ends each range but the last.
    bounds: Columns,
    ascending: bool,
    held: Vec<Reservation>,
    rows: Arc<dyn Rows>,
}

enum Either {
    Memory(SortedRun),
    File(FiledRun),
}

/// Cuts the runs of all map tasks, which come in the order of the input partitions, into `n` ranges by `PySpark`'s rule,
/// with every key in the sample; rows with equal keys share a range. Gives the runs back where that takes a task: keys
/// that the interpreter compares, rows in files.
pub fn cut_in_memory(runs: Vec<Run>, order: &Order, n: usize, rows: Arc<dyn Rows>) -> Result<OutputRef, Vec<Run>> {
    let mut keys: Vec<Vec<Columns>> = Vec::with_capacity(runs.len());
    for run in &runs {
        match run {
            Run::Memory(run, _) => keys.push(run.keys()),
            Run::File(_) | Run::Pairs(_) => return Err(runs),
        }
    }
    if n == 0 {
        return Err(runs);
    }
    let Ok(cuts) = declining(|| cut_runs(&keys, n, order.ascending)) else { return Err(runs) };
    let (mut cut, mut held) = (Vec::with_capacity(runs.len()), Vec::with_capacity(runs.len()));
    for (run, cuts) in runs.into_iter().zip(cuts) {
        if let Run::Memory(run, reservation) = run {
            cut.push((run, cuts));
            held.push(reservation);
        }
    }
    Ok(Arc::new(InMemory { runs: cut, ascending: order.ascending, held, rows }))
}

/// Cuts those runs that `cut_in_memory` gave back, by a sample of the keys where some lie in files.
pub fn cut(runs: Vec<Run>, order: &Order, n: usize, plan: &Plan, task: &Task) -> Result<OutputRef> {
    let (mut compared, mut files) = (true, false);
    for run in &runs {
        compared &= !matches!(run, Run::Pairs(_));
        files |= matches!(run, Run::File(_));
    }
    // Python compares even a single key with the bounds of the ranges.
    let single = runs.iter().map(Run::rows).sum::<usize>() <= 1;
    if n == 0 || !compared || !files || single {
        return by_interpreter(runs, order, n, plan, task);
    }
    let rows: Arc<dyn Rows> = task.prepared.interpreter.clone();
    match declining(|| sampled_bounds(&runs, n, order.ascending)) {
        Ok(bounds) => {
            let (mut both, mut held) = (Vec::with_capacity(runs.len()), Vec::new());
            for run in runs {
                match run {
                    Run::Memory(run, reservation) => {
                        both.push(Either::Memory(run));
                        held.push(reservation);
                    }
                    Run::File(run) => both.push(Either::File(run)),
                    Run::Pairs(_) => {}
                }
            }
            Ok(Arc::new(InFiles { runs: both, bounds, ascending: order.ascending, held, rows }))
        }
        Err(_) => by_interpreter(runs, order, n, plan, task),
    }
}

/// The keys at which ranges end, from a sample of all runs' keys.
fn sampled_bounds(runs: &[Run], n: usize, ascending: bool) -> Result<Columns, Decline> {
    let mut samples = Vec::with_capacity(runs.len());
    for run in runs {
        match run {
            Run::Memory(run, _) => {
                for keys in run.keys().iter().filter(|keys| !keys.is_empty()) {
                    samples.push(sampled(keys)?);
                }
            }
            Run::File(run) => samples.push(run.sample.clone()),
            Run::Pairs(_) => {}
        }
    }
    let sample = crate::shuffle::concat_widened(&samples)?;
    let order = crate::shuffle::sort::order(&sample, ascending)?;
    let ranks = (1..n).map(|i| order[(order.len() * i / n).min(order.len() - 1)]);
    sample.take(&ranks.collect::<Vec<_>>())
}

/// All rows sorted in one task by Python's own comparisons.
fn by_interpreter(runs: Vec<Run>, order: &Order, n: usize, plan: &Plan, task: &Task) -> Result<OutputRef> {
    let mut pairs: Vec<Chunk> = Vec::new();
    for run in runs {
        match run {
            Run::Memory(run, _) => {
                for (keys, rows) in run.into_chunks() {
                    pairs.push(with_keys(&keys, &rows, task)?);
                }
            }
            Run::File(run) => {
                let mut reader = run.reader(0, &task.cancel);
                while let Some((keys, rows)) = reader.next()? {
                    pairs.push(with_keys(&keys, &rows, task)?);
                }
            }
            Run::Pairs(rows) => pairs.extend(rows.chunks()?),
        }
    }
    let name = plan.name().into();
    let parts = task.prepared.interpreter.sort(pairs, order.ascending, n, &name, task)?;
    let mut stored = Vec::with_capacity(parts.len());
    for part in parts {
        let mut writer = Writer::new(&task.prepared.memory, Level::MemoryAndDisk);
        writer.push(task.shareable(&part)?)?;
        stored.push(writer.finish()?);
    }
    Ok(Arc::new(Laid(stored)))
}

impl ShuffleOutput for InMemory {
    fn open(&self, partition: usize, _: &Cancel) -> Result<BoxStream> {
        let readers = self.runs.iter().map(|(run, cuts)| {
            let reader = Box::new(run.reader(cuts[partition], cuts[partition + 1]));
            Box::new(Live { reader, rows: self.rows.clone() }) as Box<dyn RunReader>
        });
        Ok(Box::new(Merge::new(readers.collect(), self.ascending, Some(gatherer(self.rows.clone())))))
    }

    fn weight(&self, _: usize) -> usize {
        self.held.iter().map(Reservation::bytes).sum()
    }

    fn fetched(&self, partition: usize) -> Option<(usize, usize)> {
        let all = self.size()?;
        let of = |cuts: &[usize]| Some(cuts.get(partition + 1)? - cuts.get(partition)?);
        let rows = self.runs.iter().map(|(_, cuts)| of(cuts)).sum::<Option<usize>>()?;
        Some((rows, all.bytes.saturating_mul(rows) / all.rows.max(1)))
    }

    fn size(&self) -> Option<Size> {
        let rows = self.runs.iter().map(|(run, _)| run.len()).sum();
        Some(Size { rows, bytes: self.held.iter().map(Reservation::bytes).sum() })
    }
}

impl ShuffleOutput for InFiles {
    fn open(&self, partition: usize, cancel: &Cancel) -> Result<BoxStream> {
        let bound = |i: usize| (i < self.bounds.len()).then(|| self.bounds.slice(i, 1));
        let after = partition.checked_sub(1).and_then(bound);
        let through = bound(partition);
        let readers = self.runs.iter().map(|run| {
            let reader: Box<dyn RunReader> = match run {
                Either::Memory(run) => Box::new(run.reader(0, run.len())),
                Either::File(run) => {
                    let first = match &after {
                        // Rows behind the bound may begin in the chunk whose first key comes last before it.
                        Some(bound) => {
                            declined(position(&run.marks, bound, self.ascending, false))?.saturating_sub(1) * CHUNK_ROWS
                        }
                        None => 0,
                    };
                    Box::new(run.reader(first, cancel))
                }
            };
            let between = Box::new(Between {
                reader,
                after: after.clone(),
                through: through.clone(),
                ascending: self.ascending,
                ended: false,
            });
            Ok(Box::new(Live { reader: between, rows: self.rows.clone() }) as Box<dyn RunReader>)
        });
        let gather = gatherer(self.rows.clone());
        Ok(Box::new(Merge::new(readers.collect::<Result<_>>()?, self.ascending, Some(gather))))
    }

    fn weight(&self, _: usize) -> usize {
        self.held.iter().map(Reservation::bytes).sum()
    }
}

/// Rows of a run, loaded: a merge takes them one by one.
struct Live {
    reader: Box<dyn RunReader>,
    rows: Arc<dyn Rows>,
}

impl RunReader for Live {
    fn next(&mut self) -> Result<Option<(Columns, Chunk)>> {
        let Some((keys, rows)) = self.reader.next()? else { return Ok(None) };
        Ok(Some((keys, self.rows.live(&rows)?)))
    }
}

/// Keys that were compared once are compared again.
fn declined<T>(answer: Result<T, Decline>) -> Result<T> {
    answer.map_err(|decline| Error::new(Kind::Spark, format!("a sort: {decline}")))
}

/// The rows of a run behind one key, up to and with another.
struct Between {
    reader: Box<dyn RunReader>,
    after: Option<Columns>,
    through: Option<Columns>,
    ascending: bool,
    ended: bool,
}

impl RunReader for Between {
    fn next(&mut self) -> Result<Option<(Columns, Chunk)>> {
        while !self.ended {
            let Some((keys, rows)) = self.reader.next()? else { break };
            let from = match &self.after {
                Some(bound) => declined(position(&keys, bound, self.ascending, self.ascending))?,
                None => 0,
            };
            let to = match &self.through {
                Some(bound) => declined(position(&keys, bound, self.ascending, self.ascending))?,
                None => keys.len(),
            };
            if from < keys.len() {
                self.after = None;
            }
            self.ended = to < keys.len();
            if from < to {
                return Ok(Some((keys.slice(from, to - from), rows.slice(from, to - from))));
            }
        }
        Ok(None)
    }
}

impl FiledRun {
    /// The rows from number `from` on, with their keys.
    fn reader(&self, from: usize, cancel: &Cancel) -> FileRun {
        FileRun {
            keys: Side { stream: self.keys.open_at(from, cancel), rest: None },
            rows: Side { stream: self.rows.open_at(from, cancel), rest: None },
        }
    }
}

/// Reads keys and rows, whose chunks may end at different places.
struct FileRun {
    keys: Side,
    rows: Side,
}

struct Side {
    stream: BoxStream,
    rest: Option<Chunk>,
}

impl Side {
    fn fill(&mut self) -> Result<usize> {
        while self.rest.as_ref().is_none_or(Chunk::is_empty) {
            match self.stream.next(CHUNK_ROWS)? {
                Some(chunk) => self.rest = Some(chunk),
                None => return Ok(0),
            }
        }
        Ok(self.rest.as_ref().map_or(0, Chunk::len))
    }

    fn take(&mut self, len: usize) -> Option<Chunk> {
        let rest = self.rest.take()?;
        if len < rest.len() {
            self.rest = Some(rest.slice(len, rest.len() - len));
        }
        Some(rest.slice(0, len))
    }
}

impl RunReader for FileRun {
    fn next(&mut self) -> Result<Option<(Columns, Chunk)>> {
        let len = self.keys.fill()?.min(self.rows.fill()?);
        if len == 0 {
            return Ok(None);
        }
        match (self.keys.take(len), self.rows.take(len)) {
            (Some(Chunk::Columns(keys)), Some(rows)) => Ok(Some((keys, rows))),
            _ => Err(Error::new(Kind::Spark, "a sorted run's keys are no columns")),
        }
    }
}
