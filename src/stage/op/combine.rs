//! Combining by key: a native table that is converted in place when a chunk comes that it can't take.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::chunk::{BoxStream, Chunk, ChunkStream, Columns, InMemory, Type};
use crate::error::{Decline, Result};
use crate::lambda::Reducer;
use crate::plan::{Aggregator, Counters, Dependency, PlanRef};
use crate::shuffle::{NativeTable, cut_lists};
use crate::stage::{Aggregate, ObjectTable, Side, Task};
use crate::store::{Level, StoredRef, Writer};

use super::Operator;
use super::chain::to_columns;
use super::heavy;
use super::split;

/// Where a table's pieces go.
pub(in crate::stage) trait Pieces {
    /// Takes a piece.
    fn put(&mut self, rows: &Chunk) -> Result<()>;
    /// Gives back all that was put, a key's pieces in their order.
    fn take_back(&mut self, task: &Task) -> Result<Vec<BoxStream>>;
}

/// What a table has held.
pub(in crate::stage) enum Drained {
    /// Pairs, keys in first-seen order.
    Pairs(Chunk),
    /// The pairs for each output partition.
    Parts(Vec<Chunk>),
}

/// A hash table in first-seen order: native while every chunk allows it, then the interpreter's.
pub(in crate::stage) struct Table {
    aggregate: Aggregate,
    side: Side,
    name: Arc<str>,
    state: State,
    /// Keys that were there when the interpreter took over, and the rows that it has taken in since.
    seeded: usize,
    interpreted: usize,
    /// Output partitions, where keys alone say which.
    spread: usize,
}

enum State {
    Native(Box<NativeTable>),
    Object(Box<dyn ObjectTable>),
}

impl State {
    fn empty() -> Self {
        Self::Native(Box::new(NativeTable::new(Reducer::First)))
    }
}

impl Table {
    pub(in crate::stage) fn new(aggregate: Aggregate, side: Side, name: &Arc<str>, task: &Task) -> Result<Self> {
        let state = match &aggregate {
            Aggregate::Reduce { reducer: Ok(reducer), .. } => {
                State::Native(Box::new(NativeTable::new(reducer.clone())))
            }
            Aggregate::Group => {
                // Lists are made on the map side and joined, in the partitions' order, on the reduce side.
                let reducer = if side == Side::Map { Reducer::Collect } else { Reducer::Sum };
                State::Native(Box::new(NativeTable::new(reducer)))
            }
            Aggregate::Combine { native: Ok(aggregator), .. } => State::Native(Box::new(match side {
                Side::Map => NativeTable::aggregating(aggregator.clone()),
                Side::Reduce => NativeTable::new(aggregator.merge().clone()),
            })),
            other => State::Object(task.prepared.interpreter.table(other, side, name)?),
        };
        Ok(Self { aggregate, side, name: name.clone(), state, seeded: 0, interpreted: 0, spread: 0 })
    }

    /// What it holds will be laid out by `portable_hash` for `n` partitions.
    pub(in crate::stage) fn spread_over(&mut self, n: usize) {
        self.spread = n;
        if let State::Object(table) = &mut self.state {
            table.spread_over(n);
        }
    }

    pub(in crate::stage) fn merge(&mut self, chunk: &Chunk, task: &Task) -> Result<()> {
        if chunk.is_empty() {
            return Ok(());
        }
        if let State::Native(table) = &mut self.state {
            let (keys, began) = (table.len(), Instant::now());
            match native_merge(table, chunk) {
                Ok(()) => {
                    let fresh = table.len() - keys;
                    self.count(fresh, chunk.len(), Counters::add_native);
                    self.time(began.elapsed(), Counters::add_native_time);
                    return Ok(());
                }
                Err(decline) => {
                    // Which rows would have made a combiner is not known.
                    self.count(chunk.len(), chunk.len(), |counters, _| counters.add_declined(chunk.len(), &decline));
                    self.convert(task)?;
                }
            }
        }
        if let State::Object(table) = &mut self.state {
            table.merge(chunk, task)?;
            self.interpreted += chunk.len();
        }
        self.time_interpreted();
        Ok(())
    }

    /// Takes in a whole stream.
    pub(in crate::stage) fn consume(&mut self, mut stream: BoxStream, task: &Task) -> Result<()> {
        loop {
            if let State::Object(table) = &mut self.state {
                self.interpreted += table.consume(stream, task)?;
                self.time_interpreted();
                return Ok(());
            }
            let Some(chunk) = stream.next(usize::MAX)? else { return Ok(()) };
            task.cancel.check()?;
            self.merge(&chunk, task)?;
        }
    }

    /// As `consume`; a table that has grown beyond the task's share is handed out, and another begun, where several tables'
    /// results are put together as if it were one: lists are, others once `Pieces` has.
    pub(in crate::stage) fn consume_by_pieces(
        &mut self,
        mut stream: BoxStream,
        task: &Task,
        pieces: &mut dyn Pieces,
    ) -> Result<()> {
        let mut share = task.share();
        let lists = matches!(self.aggregate, Aggregate::Group);
        let mut handed_out = false;
        let mut repeats = Repeats::new(&self.aggregate);
        while let State::Native(table) = &mut self.state {
            let full = share.hold(split::SPREAD * table.weight())? && (lists || table.is_exact());
            if full || repeats.are_few(table.len()) {
                let full = if lists {
                    std::mem::replace(&mut **table, NativeTable::new(Reducer::Collect))
                } else {
                    table.hand_out()
                };
                pieces.put(&Chunk::Columns(full.drain()))?;
                handed_out = true;
                repeats.rows = 0;
                share.hold(0)?;
            }
            let Some(chunk) = stream.next(usize::MAX)? else { return Ok(()) };
            task.cancel.check()?;
            if repeats.passes(&chunk, table) {
                self.count(chunk.len(), chunk.len(), Counters::add_native);
                pieces.put(&chunk)?;
                continue;
            }
            repeats.rows += chunk.len();
            if handed_out && !lists {
                // What the kernels decline is folded by another rule (ints, and then floats): in the order of all rows.
                let State::Native(table) = &mut self.state else { continue };
                let (keys, began) = (table.len(), Instant::now());
                if native_merge(table, &chunk).is_ok() {
                    let fresh = table.len() - keys;
                    self.count(fresh, chunk.len(), Counters::add_native);
                    self.time(began.elapsed(), Counters::add_native_time);
                    continue;
                }
                self.take_back(pieces, task)?;
                handed_out = false;
            }
            self.merge(&chunk, task)?;
        }
        if lists && let State::Object(table) = &mut self.state {
            loop {
                let mut full = |bytes| share.hold(bytes);
                let (rows, ended) = table.consume_until(&mut stream, task, &mut full)?;
                self.interpreted += rows;
                if ended {
                    self.time_interpreted();
                    return Ok(());
                }
                pieces.put(&table.hand_out()?)?;
                share.hold(0)?;
            }
        }
        self.consume(stream, task)
    }

    /// Makes one table of what was handed out and of what is here.
    fn take_back(&mut self, pieces: &mut dyn Pieces, task: &Task) -> Result<()> {
        let State::Native(last) = &mut self.state else { return Ok(()) };
        let last = Chunk::Columns(last.hand_out().drain());
        for mut rows in pieces.take_back(task)? {
            while let Some(chunk) = rows.next(usize::MAX)? {
                task.cancel.check()?;
                self.merge(&chunk, task)?;
            }
        }
        if last.is_empty() { Ok(()) } else { self.merge(&last, task) }
    }

    /// Counts rows of which `fresh` brought new keys, with the functions that took them.
    fn count(&self, fresh: usize, rows: usize, add: impl Fn(&Counters, usize)) {
        match (&self.aggregate, self.side) {
            (Aggregate::Reduce { merge, .. }, _) => add(merge.function.counters(), rows),
            (Aggregate::Combine { functions: [create, merge_value, _], .. }, Side::Map) => {
                add(create.function.counters(), fresh);
                add(merge_value.function.counters(), rows - fresh);
            }
            (Aggregate::Combine { functions: [_, _, merge_combiners], .. }, Side::Reduce) => {
                add(merge_combiners.function.counters(), rows - fresh);
            }
            (Aggregate::Whole(fold), _) => add(fold.function.counters(), rows),
            (Aggregate::Group, _) => {}
        }
    }

    /// Counts the time of the function that takes most rows.
    fn time(&self, took: Duration, add: impl Fn(&Counters, Duration)) {
        let of = match (&self.aggregate, self.side) {
            (Aggregate::Reduce { merge: of, .. } | Aggregate::Whole(of), _)
            | (Aggregate::Combine { functions: [_, of, _], .. }, Side::Map)
            | (Aggregate::Combine { functions: [_, _, of], .. }, Side::Reduce) => of,
            (Aggregate::Group, _) => return,
        };
        add(of.function.counters(), took);
    }

    fn time_interpreted(&mut self) {
        if let State::Object(table) = &mut self.state {
            let took = table.busy();
            self.time(took, Counters::add_python_time);
        }
    }

    fn convert(&mut self, task: &Task) -> Result<()> {
        let mut table = task.prepared.interpreter.table(&self.aggregate, self.side, &self.name)?;
        if self.spread > 1 {
            table.spread_over(self.spread);
        }
        if let State::Native(native) = std::mem::replace(&mut self.state, State::empty())
            && !native.is_empty()
        {
            self.seeded = native.len();
            table.seed(&Chunk::Columns(native.drain()))?;
        }
        self.state = State::Object(table);
        Ok(())
    }

    pub(in crate::stage) fn drain(mut self) -> Result<Chunk> {
        match std::mem::replace(&mut self.state, State::empty()) {
            State::Native(table) => Ok(Chunk::Columns(table.drain())),
            State::Object(table) => {
                let pairs = table.drain()?;
                self.count_interpreted(pairs.len());
                Ok(pairs)
            }
        }
    }

    /// As `drain`, by output partition where that is done.
    pub(in crate::stage) fn drain_parts(mut self) -> Result<Drained> {
        if let State::Object(table) = &mut self.state
            && let Some(parts) = table.parts()
        {
            self.count_interpreted(parts.iter().map(Chunk::len).sum());
            return Ok(Drained::Parts(parts));
        }
        self.drain().map(Drained::Pairs)
    }

    /// Counts the rows that the interpreter has taken in; there are `keys` keys in the end.
    fn count_interpreted(&self, keys: usize) {
        let fresh = keys.saturating_sub(self.seeded).min(self.interpreted);
        self.count(fresh, self.interpreted, Counters::add_python);
    }
}

/// How often keys come again, where it shows nothing when a table hands a key out twice: one that has seen next to no key
/// again is only work, for the reading side has to look each of them up too.
struct Repeats {
    asked: bool,
    /// Rows that the table has taken in since it was empty.
    rows: usize,
    /// Rows that may pass it by now.
    pass: usize,
}

impl Repeats {
    /// A table with fewer keys is kept: it is small, and they may come again yet.
    const KEYS: usize = 1 << 16;
    /// So many rows pass a table by before another is tried.
    const PASS: usize = 16 * Self::KEYS;

    fn new(aggregate: &Aggregate) -> Self {
        let asked = matches!(aggregate, Aggregate::Reduce { reducer: Ok(reducer), .. } if reducer.keeps_one());
        Self { asked, rows: 0, pass: 0 }
    }

    /// Whether a table of so many keys is to be handed out; then rows pass it by.
    fn are_few(&mut self, keys: usize) -> bool {
        if !self.asked || keys < Self::KEYS {
            return false;
        }
        let few = keys >= self.rows / 4 * 3;
        if few {
            self.pass = Self::PASS;
        }
        few
    }

    /// Whether the rows go on as they are: pairs of the table's own types.
    fn passes(&mut self, chunk: &Chunk, table: &NativeTable) -> bool {
        let passes = matches!(chunk, Chunk::Columns(rows) if self.pass > 0 && table.is_of(rows.kind()));
        self.pass = if passes { self.pass.saturating_sub(chunk.len()) } else { 0 };
        passes
    }
}

/// A row with a longer list is cut: it is stored and read as a whole.
const LIST: usize = 1 << 20;

/// Pairs of a key and a list with no long list; nothing where there is none.
pub(in crate::stage) fn short_lists(pairs: &Chunk) -> Option<Chunk> {
    match pairs {
        Chunk::Columns(pairs) => cut_lists(pairs, LIST).map(Chunk::Columns),
        Chunk::Objects(_) => None,
    }
}

/// Lists of values as the groups of `groupByKey`.
fn grouped(pairs: &Chunk, task: &Task) -> Result<Chunk> {
    let columns = match pairs {
        Chunk::Columns(columns) => columns.items().and_then(|items| <[Columns; 2]>::try_from(items).ok()),
        Chunk::Objects(_) => None,
    };
    let native = columns.and_then(|[keys, lists]| Some([keys, lists.list_as_group()?]));
    match native {
        Some([keys, groups]) => {
            let len = keys.len();
            Ok(Chunk::Columns(Columns::tuple(vec![keys, groups], len)))
        }
        None => task.prepared.interpreter.groups(pairs),
    }
}

fn native_merge(table: &mut NativeTable, chunk: &Chunk) -> Result<(), Decline> {
    table.merge(&to_columns(chunk)?)
}

/// A part of the keys.
enum Part {
    /// All there are, of which no one knows how much they weigh.
    Whole(BoxStream),
    /// All there are, where they are: values that were not combined on the way.
    Aligned(BoxStream),
    /// Some of them.
    Stored(StoredRef),
}

impl Operator for Aggregator {
    fn open(&self, plan: &PlanRef, task: &Task) -> Result<BoxStream> {
        let inputs = plan.inputs();
        let aligned = inputs.first().is_some_and(|input| matches!(input.how, Dependency::Aligned));
        let input = task.input(plan, 0, task.partition)?;
        let parts = split::parts(&inputs, task);
        let parts: VecDeque<Part> = if parts == 1 {
            VecDeque::from([if aligned { Part::Aligned(input) } else { Part::Whole(input) }])
        } else {
            let stored = split::split(input, plan.partitions()?, parts, plan.name(), task)?;
            stored.into_iter().map(Part::Stored).collect()
        };
        Ok(Box::new(CombineStream {
            name: plan.name().into(),
            aggregate: task.prepared.aggregate(plan)?,
            partitions: plan.partitions()?,
            parts,
            ready: InMemory::new(Vec::new()),
            task: task.clone(),
        }))
    }
}

/// The reduce side of a combine: the map sides' results in the order of their partitions.
struct CombineStream {
    name: Arc<str>,
    aggregate: Aggregate,
    partitions: usize,
    parts: VecDeque<Part>,
    ready: InMemory,
    task: Task,
}

impl ChunkStream for CombineStream {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        loop {
            if let Some(chunk) = self.ready.next(want)? {
                return Ok(Some(chunk));
            }
            let Some(part) = self.parts.pop_front() else { return Ok(None) };
            let is_group = matches!(self.aggregate, Aggregate::Group);
            let rows = match part {
                Part::Aligned(rows) if is_group => self.gathered(rows)?,
                Part::Aligned(rows) => vec![self.combined(rows, Side::Map)?],
                Part::Whole(rows) => vec![self.combined(rows, Side::Reduce)?],
                Part::Stored(rows) if is_group && heavy::is_heavy(std::slice::from_ref(&rows), &self.task) => {
                    self.told_apart(&rows)?
                }
                Part::Stored(rows) => vec![self.combined(rows.open(&self.task.cancel), Side::Reduce)?],
            };
            self.ready = InMemory::new(rows.into_iter().filter(|rows| !rows.is_empty()).collect());
        }
    }
}

impl CombineStream {
    fn table(&self, side: Side) -> Result<Table> {
        Table::new(self.aggregate.clone(), side, &self.name, &self.task)
    }

    fn combined(&self, rows: BoxStream, side: Side) -> Result<Chunk> {
        let mut table = self.table(side)?;
        table.consume(rows, &self.task)?;
        self.finished(table.drain()?)
    }

    fn finished(&self, rows: Chunk) -> Result<Chunk> {
        if matches!(self.aggregate, Aggregate::Group) && !rows.is_empty() {
            grouped(&rows, &self.task)
        } else {
            Ok(rows)
        }
    }

    /// Groups of values as they come. Where they are too many for a table they are parts like others from then on.
    fn gathered(&mut self, rows: BoxStream) -> Result<Vec<Chunk>> {
        let mut table = self.table(Side::Map)?;
        let mut lists = Lists { rows: Writer::new(&self.task.prepared.memory, Level::MemoryAndDisk) };
        table.consume_by_pieces(rows, &self.task, &mut lists)?;
        let last = table.drain()?;
        if lists.rows.rows() == 0 {
            return Ok(vec![self.finished(last)?]);
        }
        lists.put(&self.task.shareable(&last)?)?;
        let lists = lists.rows.finish()?;
        let stored = split::split_by_weight(lists, self.partitions, &self.name, &self.task)?;
        stored.into_iter().rev().for_each(|part| self.parts.push_front(Part::Stored(part)));
        Ok(Vec::new())
    }

    /// The groups of a part some of whose keys have too many values: those read them from where they are stored.
    fn told_apart(&self, rows: &StoredRef) -> Result<Vec<Chunk>> {
        let apart = heavy::apart(std::slice::from_ref(rows), true, &self.task)?;
        let light = apart.light.first().map(|rows| self.combined(rows.open(&self.task.cancel), Side::Reduce));
        let light = light.transpose()?.unwrap_or_else(|| Chunk::Columns(Columns::empty(Type::Null)));
        let mut all = Vec::with_capacity(2 * apart.heavy.len() + 1);
        let mut done = 0;
        for (before, key) in apart.heavy.iter().enumerate() {
            let next = (key.number - before).min(light.len());
            all.push(light.slice(done, next - done));
            done = next;
            all.push(self.task.prepared.interpreter.stored_groups(&key.key, &key.sides, false, &self.task)?);
        }
        all.push(light.slice(done, light.len() - done));
        Ok(all)
    }
}

/// A table's pieces in one store.
struct Lists {
    rows: Writer,
}

impl Pieces for Lists {
    fn put(&mut self, rows: &Chunk) -> Result<()> {
        self.rows.push(short_lists(rows).unwrap_or_else(|| rows.clone()))
    }

    fn take_back(&mut self, _: &Task) -> Result<Vec<BoxStream>> {
        // Lists are put together in any case.
        Ok(Vec::new())
    }
}
