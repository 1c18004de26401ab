//! The columnar side of a fused chain: compiled steps over columns, and the way out to the interpreter, chunk by chunk.

use std::any::Any;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use crate::chunk::{BoxStream, CHUNK_ROWS, Cancel, Chunk, ChunkStream, Columns, InMemory, Type};
use crate::error::{Decline, Error, Result};
use crate::fault;
use crate::kernel::unicode;
use crate::lambda::{Compiled, Passing};
use crate::plan::FunctionKind;
use crate::stage::{RowInput, Step, Task};
use crate::sync::Mutex;

use super::demand::{Demand, Demanding};
use super::skipping::Dropped;

/// A chain whose last steps are the interpreter's.
pub(super) fn interpreted(input: BoxStream, steps: &[Step], native: usize, task: &Task) -> Result<BoxStream> {
    let demand = Demand::new(steps);
    let prefix = NativePrefix {
        input,
        steps: steps.to_vec(),
        native,
        demand: demand.clone(),
        task: task.clone(),
        is_idle: native == 0,
        declined: 0,
    };
    let rows = task.prepared.interpreter.chain(steps, Box::new(prefix), task)?;
    Ok(Box::new(Demanding { rows, demand }))
}

/// A chain whose steps all compiled. A chunk that declines is run again, whole, by the interpreter.
pub(super) struct NativeChain {
    input: BoxStream,
    steps: Vec<Step>,
    demand: Demand,
    task: Task,
    /// Chunks that were worked on ahead, with what came of each.
    ahead: VecDeque<(Chunk, Result<Made, Decline>)>,
    /// What the input failed with after those.
    failed: Option<Error>,
    /// A declined chunk in the interpreter's hands.
    fallback: Option<BoxStream>,
    /// All that comes after it is, too.
    for_good: bool,
    /// How many chunks in a row were declined.
    declined: usize,
    /// After how many the rest is the interpreter's.
    most_declined: usize,
    end: End,
    /// What the input has dropped for its first step, which the interpreter's step drops again.
    dropped: Option<Arc<Mutex<Dropped>>>,
}

/// The rows of a chunk, and what its functions add to accumulators, by their numbers.
pub(super) type Made = (Columns, Vec<(i64, i64)>);

/// What is wanted of a chain's rows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The rows.
    Rows,
    /// How many there are.
    Number,
}

/// After so many chunks that were all declined, those that follow are tried only now and then.
const MOST_DECLINED: usize = 4;
/// The same where one had been done before.
const MOST_DECLINED_LATER: usize = 16;
/// How often: one of so many.
const TRIED: usize = 16;

impl NativeChain {
    pub(super) fn new(input: BoxStream, steps: Vec<Step>, task: Task) -> Self {
        let demand = Demand::new(&steps);
        Self {
            input,
            steps,
            demand,
            task,
            ahead: VecDeque::new(),
            failed: None,
            fallback: None,
            for_good: false,
            declined: 0,
            most_declined: MOST_DECLINED,
            end: End::Rows,
            dropped: None,
        }
    }

    /// The same behind rows that were dropped.
    pub(super) fn behind(input: BoxStream, steps: Vec<Step>, task: Task, dropped: Arc<Mutex<Dropped>>) -> Self {
        Self { dropped: Some(dropped), ..Self::new(input, steps, task) }
    }

    /// The same of which only the number of rows is asked.
    pub(super) fn counting(input: BoxStream, steps: Vec<Step>, task: Task) -> Self {
        Self { end: End::Number, ..Self::new(input, steps, task) }
    }

    /// The next chunk and what came of it. Where cores are idle and all rows are wanted, they work ahead.
    fn advance(&mut self, want: usize) -> Result<Option<(Chunk, Result<Made, Decline>)>> {
        if let Some(next) = self.ahead.pop_front() {
            return Ok(Some(next));
        }
        let cores = self.task.prepared.cores.clone();
        let idle = if want == usize::MAX { cores.idle() } else { 0 };
        let most = if idle == 0 { 1 } else { 2 * (idle + 1) };
        let mut chunks = Vec::with_capacity(most);
        while chunks.len() < most && self.failed.is_none() {
            match self.input.next(self.demand.next()) {
                // Of no type that a kernel knows, perhaps: the interpreter would be asked for nothing.
                Ok(Some(chunk)) if chunk.is_empty() => {}
                Ok(Some(chunk)) => chunks.push(chunk),
                Ok(None) => break,
                Err(error) => self.failed = Some(error),
            }
        }
        if chunks.is_empty()
            && let Some(error) = self.failed.take()
        {
            return Err(error);
        }
        if chunks.len() == 1
            && let Some(chunk) = chunks.pop()
        {
            // Of some rows only the interpreter counts no more than those.
            let done = if want != usize::MAX && counts(&self.steps) {
                Err(Decline::new("an accumulator of some of the rows"))
            } else {
                run_native(&self.steps, &chunk, self.end, self.task.partition)
            };
            return Ok(Some((chunk, done)));
        }
        let (steps, end, index) = (&self.steps, self.end, self.task.partition);
        if chunks.iter().map(Chunk::len).sum::<usize>() < CHUNK_ROWS {
            // Done before another thread has woken.
            let done = |chunk: Chunk| (run_native(steps, &chunk, end, index), chunk);
            self.ahead = chunks.into_iter().map(done).map(|(done, chunk)| (chunk, done)).collect();
            return Ok(self.ahead.pop_front());
        }
        // A helper must not attach: objects become columns here.
        let chunks = chunks.into_iter().map(|chunk| (to_columns(&chunk), chunk)).collect();
        let mut done = cores.map(chunks, |(columns, chunk): (Result<Columns, Decline>, Chunk)| {
            let done = run_columns(steps, columns, chunk.len(), end, index);
            (chunk, done)
        });
        // A helper can't fetch the interpreter's tables; this thread can.
        for (chunk, done) in &mut done {
            if done.as_ref().is_err_and(unicode::is_missing) {
                *done = run_native(steps, chunk, end, index);
            }
        }
        self.ahead = done.into();
        Ok(self.ahead.pop_front())
    }
}

impl NativeChain {
    /// From this chunk on all rows are the interpreter's; those of later chunks have passed the steps where they can.
    // Chains stand one below the other on the stack: theirs is to stay small.
    #[cold]
    #[inline(never)]
    fn give_up(&mut self, chunk: Chunk) -> Result<()> {
        let Self { steps, demand, task, .. } = &*self;
        let (steps, demand, task) = (steps.clone(), demand.clone(), task.clone());
        // Rows enter the interpreter's chain before a function of its iterator, not behind it.
        let native = if steps.iter().any(|step| step.kind.takes_iterator()) { 0 } else { steps.len() };
        let mut first: VecDeque<_> = self.dropped().into_iter().map(|chunk| (chunk, 0)).collect();
        first.push_back((chunk, 0));
        first.extend(self.ahead.drain(..).filter_map(|(chunk, done)| match done {
            Ok((columns, sums)) if columns.is_empty() && sums.is_empty() => None,
            // What is done again has added nothing yet.
            Ok((columns, sums)) if native > 0 && sums.is_empty() => Some((Chunk::Columns(columns), native)),
            _ => Some((chunk, 0)),
        }));
        let input = std::mem::replace(&mut self.input, Box::new(InMemory::new(Vec::new())));
        let rest = NativePrefix { input, steps, native, demand, task, is_idle: true, declined: MOST_DECLINED };
        let input = Box::new(Behind { first, failed: self.failed.take(), rest });
        self.fallback = Some(self.task.prepared.interpreter.chain(&self.steps, input, &self.task)?);
        self.for_good = true;
        Ok(())
    }

    /// This chunk and the declined ones right behind it are the interpreter's.
    #[cold]
    #[inline(never)]
    fn fall_back(&mut self, chunk: Chunk) -> Result<()> {
        let mut declined = VecDeque::from([chunk]);
        let mut before = self.dropped();
        while let Some((_, Err(_))) = self.ahead.front()
            && let Some((chunk, _)) = self.ahead.pop_front()
        {
            declined.push_back(chunk);
        }
        self.declined += declined.len();
        before.extend(declined);
        let input = Box::new(Declined(before.into()));
        self.fallback = Some(self.task.prepared.interpreter.chain(&self.steps, input, &self.task)?);
        Ok(())
    }
}

impl NativeChain {
    fn dropped(&self) -> Vec<Chunk> {
        self.dropped.as_ref().map_or_else(Vec::new, |dropped| dropped.lock().chunks.clone())
    }

    /// Whether the input has ended too early for the first step, which then is to raise.
    fn has_too_few(&self) -> bool {
        self.dropped.as_ref().is_some_and(|dropped| std::mem::take(&mut dropped.lock().too_few))
    }
}

/// What was worked on ahead, and then the rest.
struct Behind {
    first: VecDeque<(Chunk, usize)>,
    failed: Option<Error>,
    rest: NativePrefix,
}

impl RowInput for Behind {
    fn next(&mut self) -> Result<Option<(Chunk, usize)>> {
        match (self.first.pop_front(), self.failed.take()) {
            (Some(first), failed) => {
                self.failed = failed;
                Ok(Some(first))
            }
            (None, Some(error)) => Err(error),
            (None, None) => self.rest.next(),
        }
    }

    fn is_at_hand(&self) -> bool {
        !self.first.is_empty() || self.rest.is_at_hand()
    }
}

impl ChunkStream for NativeChain {
    fn as_any(&mut self) -> Option<&mut dyn Any> {
        if !self.for_good {
            return None;
        }
        self.demand.set(usize::MAX);
        self.fallback.as_mut().and_then(|rows| rows.as_any())
    }

    fn count(&mut self, cancel: &Cancel) -> Result<u64> {
        let mut rows = 0;
        loop {
            cancel.check()?;
            if self.for_good
                && let Some(rest) = &mut self.fallback
            {
                self.demand.set(usize::MAX);
                return Ok(rows + rest.count(cancel)?);
            }
            match self.next(usize::MAX)? {
                Some(chunk) => rows += chunk.len() as u64,
                None => return Ok(rows),
            }
        }
    }

    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        self.demand.set(want);
        loop {
            self.task.cancel.check()?;
            if let Some(run) = &mut self.fallback {
                if let Some(rows) = run.next(want)? {
                    return Ok(Some(rows));
                }
                self.fallback = None;
            }
            let Some((chunk, done)) = self.advance(want)? else {
                if !self.has_too_few() {
                    return Ok(None);
                }
                let input = Box::new(Declined(self.dropped().into()));
                self.fallback = Some(self.task.prepared.interpreter.chain(&self.steps, input, &self.task)?);
                continue;
            };
            match done {
                Ok((columns, sums)) => {
                    if !sums.is_empty() {
                        self.task.prepared.interpreter.add_up(&sums)?;
                    }
                    (self.declined, self.most_declined) = (0, MOST_DECLINED_LATER);
                    if !columns.is_empty() {
                        return Ok(Some(Chunk::Columns(columns)));
                    }
                }
                // One chain, which knows what its functions cost and can move with them, not one for each chunk.
                Err(_) if is_encoded(&chunk) || self.declined >= self.most_declined => {
                    self.give_up(chunk)?;
                }
                Err(_) => self.fall_back(chunk)?,
            }
        }
    }
}

/// The input of a chain that needs the interpreter: rows go natively through the first `native` steps where they can.
pub(super) struct NativePrefix {
    pub input: BoxStream,
    pub steps: Vec<Step>,
    pub native: usize,
    pub demand: Demand,
    pub task: Task,
    /// Whether the last chunk was of no use to kernels, and the next one likely won't be either.
    pub is_idle: bool,
    /// How many chunks in a row were declined, or would have been.
    pub declined: usize,
}

impl RowInput for NativePrefix {
    fn next(&mut self) -> Result<Option<(Chunk, usize)>> {
        loop {
            self.task.cancel.check()?;
            let is_at_hand = self.is_at_hand();
            let ask = self.demand.next();
            let Some(chunk) = self.input.next(ask)? else { return Ok(None) };
            if self.native == 0 || (ask != usize::MAX && counts(&self.steps[..self.native])) {
                return Ok(Some((chunk, 0)));
            }
            self.is_idle = is_encoded(&chunk);
            // Whoever heard so may hold the interpreter: no kernel runs meanwhile.
            if is_at_hand && !self.is_idle {
                return Ok(Some((chunk, 0)));
            }
            if self.declined >= MOST_DECLINED && !self.declined.is_multiple_of(TRIED) {
                self.declined += 1;
                self.steps[..self.native].iter().for_each(|step| step.function.counters().note_rested());
                return Ok(Some((chunk, 0)));
            }
            let made = run_native(&self.steps[..self.native], &chunk, End::Rows, self.task.partition);
            let Ok((columns, sums)) = made else {
                self.declined += 1;
                return Ok(Some((chunk, 0)));
            };
            self.declined = 0;
            if !sums.is_empty() {
                self.task.prepared.interpreter.add_up(&sums)?;
            }
            if !columns.is_empty() {
                return Ok(Some((Chunk::Columns(columns), self.native)));
            }
        }
    }

    fn is_at_hand(&self) -> bool {
        self.is_idle && self.input.is_at_hand()
    }
}

/// Chunks that start at the first step.
struct Declined(VecDeque<Chunk>);

impl RowInput for Declined {
    fn next(&mut self) -> Result<Option<(Chunk, usize)>> {
        Ok(self.0.pop_front().map(|chunk| (chunk, 0)))
    }

    fn is_at_hand(&self) -> bool {
        true
    }
}

/// Rows that only the interpreter can read.
fn is_encoded(chunk: &Chunk) -> bool {
    matches!(chunk, Chunk::Objects(rows) if rows.is_encoded())
}

/// A chunk's rows as columns.
pub(in crate::stage) fn to_columns(chunk: &Chunk) -> Result<Columns, Decline> {
    match chunk {
        Chunk::Columns(c) => Ok(c.clone()),
        Chunk::Objects(o) => o.try_columns().ok_or_else(|| Decline::new("rows of mixed or unknown types")),
    }
}

/// All steps on one chunk, or the decline. Counts the rows. Streams one below the other stand on one stack: not this one's
/// frame in each.
#[inline(never)]
fn run_native(steps: &[Step], chunk: &Chunk, end: End, index: usize) -> Result<Made, Decline> {
    run_columns(steps, to_columns(chunk), chunk.len(), end, index)
}

/// `index` is the partition's.
#[inline(never)]
fn run_columns(
    steps: &[Step],
    rows: Result<Columns, Decline>,
    len: usize,
    end: End,
    index: usize,
) -> Result<Made, Decline> {
    let mut rows = match rows {
        Ok(rows) => Passing::new(rows),
        Err(decline) => return Err(count_declined(steps.first(), len, decline)),
    };
    let mut counts = Vec::with_capacity(steps.len());
    let mut sums = Vec::new();
    let mut began = Instant::now();
    for step in steps {
        let count = rows.len();
        let done = match &step.frozen.native {
            Ok(compiled) => fault::declining(|| run_step(step.kind, compiled, rows, index, &mut sums)),
            Err(decline) => Err(decline.clone()),
        };
        rows = done.map_err(|decline| count_declined(Some(step), count, decline))?;
        let now = Instant::now();
        counts.push((count, now - began));
        began = now;
    }
    let count = rows.len();
    let last = || if end == End::Number { Ok(rows.counted()) } else { rows.into_columns() };
    let rows = fault::declining(last).map_err(|decline| count_declined(steps.last(), count, decline))?;
    // What the steps have put off is done for the last one.
    if let Some((_, took)) = counts.last_mut() {
        *took += began.elapsed();
    }
    for (step, (count, took)) in steps.iter().zip(counts) {
        let counters = step.function.counters();
        counters.add_native(count);
        counters.add_native_time(took);
    }
    Ok((rows, sums))
}

/// Whether one of the functions adds to accumulators.
pub(super) fn counts(steps: &[Step]) -> bool {
    steps.iter().any(|step| step.frozen.native.as_ref().is_ok_and(|compiled| compiled.counts()))
}

fn count_declined(step: Option<&Step>, rows: usize, decline: Decline) -> Decline {
    if let Some(step) = step {
        step.function.counters().add_declined(rows, &decline);
    }
    decline
}

fn run_step(
    kind: FunctionKind,
    compiled: &Compiled,
    rows: Passing,
    index: usize,
    sums: &mut Vec<(i64, i64)>,
) -> Result<Passing, Decline> {
    if rows.is_empty() {
        return Ok(rows);
    }
    if compiled.counts() {
        let (values, more) = compiled.count(&rows)?;
        sums.extend(more);
        let values = Passing::new(values);
        return match kind {
            FunctionKind::Map => Ok(values),
            FunctionKind::FlatMap => values.flat(),
            FunctionKind::Filter => rows.filter(&values.truth()?),
            _ => Err(Decline::new("adds to an accumulator")),
        };
    }
    match kind {
        FunctionKind::Map => compiled.pass(&rows),
        FunctionKind::FlatMap => compiled.pass_flat(&rows),
        FunctionKind::Filter => {
            let keep = compiled.truth_of(&rows)?;
            if keep.true_count() == keep.len() {
                return Ok(rows);
            }
            rows.filter(&keep)
        }
        FunctionKind::MapValues => {
            let len = rows.len();
            let [key, value] = first_two(&rows.on_their_way()?)?;
            let value = compiled.pass(&Passing::new(value))?.on_their_way()?;
            Ok(Passing::new(Columns::tuple(vec![key, value], len)))
        }
        FunctionKind::FlatMapValues => flat_values(compiled, &rows.on_their_way()?).map(Passing::new),
        FunctionKind::Partitions | FunctionKind::PartitionsWithIndex => match compiled.partition() {
            Some(of) => of.pass(rows, index),
            None => Err(Decline::new("it takes an iterator")),
        },
        FunctionKind::Key(..) => Err(Decline::new("what it says of a row is for the interpreter")),
    }
}

/// Key and value of a column of pairs.
pub(in crate::stage) fn pair(rows: &Columns) -> Result<[Columns; 2], Decline> {
    rows.pair().ok_or_else(|| Decline::new("rows that are not pairs"))
}

/// The first two items of a column of tuples.
fn first_two(rows: &Columns) -> Result<[Columns; 2], Decline> {
    let mut items = rows.items().unwrap_or_default();
    if items.len() < 2 {
        return pair(rows);
    }
    items.truncate(2);
    <[Columns; 2]>::try_from(items).map_err(|_| Decline::new("rows that are not pairs"))
}

fn flat_values(compiled: &Compiled, rows: &Columns) -> Result<Columns, Decline> {
    use arrow_array::cast::AsArray;
    let [key, value] = first_two(rows)?;
    let lists = compiled.map(&[value])?;
    let (Type::List(item) | Type::Group(item)) = lists.kind().clone() else {
        return Err(Decline::new("flatMapValues over something that is not a list"));
    };
    let array = lists.array().as_list::<i32>();
    let offsets = array.value_offsets();
    let (first, last) = (offsets[0] as usize, offsets[offsets.len() - 1] as usize);
    let values = Columns::new(array.values().slice(first, last - first), *item);
    let mut indices = Vec::with_capacity(values.len());
    for (row, bounds) in offsets.windows(2).enumerate() {
        indices.extend(std::iter::repeat_n(row as u32, (bounds[1] - bounds[0]) as usize));
    }
    let len = values.len();
    Ok(Columns::tuple(vec![key.take(&indices)?, values], len))
}
