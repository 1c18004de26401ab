//! The columnar side of a fused chain: compiled steps over columns, and the way out to the interpreter, chunk by chunk.

use std::any::Any;
use std::collections::VecDeque;

use crate::chunk::{BoxStream, CHUNK_ROWS, Cancel, Chunk, ChunkStream, Columns, InMemory, Type};
use crate::error::{Decline, Error, Result};
use crate::fault;
use crate::kernel::unicode;
use crate::lambda::{Compiled, Passing};
use crate::plan::FunctionKind;
use crate::stage::{RowInput, Step, Task};

use super::demand::{Demand, Demanding};

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
    ahead: VecDeque<(Chunk, Result<Columns, Decline>)>,
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
}

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
        }
    }

    /// The same of which only the number of rows is asked.
    pub(super) fn counting(input: BoxStream, steps: Vec<Step>, task: Task) -> Self {
        Self { end: End::Number, ..Self::new(input, steps, task) }
    }

    /// The next chunk and what came of it. Where cores are idle and all rows are wanted, they work ahead.
    fn advance(&mut self, want: usize) -> Result<Option<(Chunk, Result<Columns, Decline>)>> {
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
            let done = run_native(&self.steps, &chunk, self.end);
            return Ok(Some((chunk, done)));
        }
        let (steps, end) = (&self.steps, self.end);
        if chunks.iter().map(Chunk::len).sum::<usize>() < CHUNK_ROWS {
            // Done before another thread has woken.
            let done = |chunk: Chunk| (run_native(steps, &chunk, end), chunk);
            self.ahead = chunks.into_iter().map(done).map(|(done, chunk)| (chunk, done)).collect();
            return Ok(self.ahead.pop_front());
        }
        // A helper must not attach: objects become columns here.
        let chunks = chunks.into_iter().map(|chunk| (to_mixed_columns(&chunk), chunk)).collect();
        let mut done = cores.map(chunks, |(columns, chunk): (Result<Columns, Decline>, Chunk)| {
            let done = run_columns(steps, columns, chunk.len(), end);
            (chunk, done)
        });
        // A helper can't fetch the interpreter's tables; this thread can.
        for (chunk, done) in &mut done {
            if done.as_ref().is_err_and(unicode::is_missing) {
                *done = run_native(steps, chunk, end);
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
        let native = steps.len();
        let mut first = VecDeque::from([(chunk, 0)]);
        first.extend(self.ahead.drain(..).filter_map(|(chunk, done)| match done {
            Ok(columns) if columns.is_empty() => None,
            Ok(columns) => Some((Chunk::Columns(columns), native)),
            Err(_) => Some((chunk, 0)),
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
        while let Some((_, Err(_))) = self.ahead.front()
            && let Some((chunk, _)) = self.ahead.pop_front()
        {
            declined.push_back(chunk);
        }
        self.declined += declined.len();
        let input = Box::new(Declined(declined));
        self.fallback = Some(self.task.prepared.interpreter.chain(&self.steps, input, &self.task)?);
        Ok(())
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
            let Some((chunk, done)) = self.advance(want)? else { return Ok(None) };
            match done {
                Ok(columns) => {
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
            let Some(chunk) = self.input.next(self.demand.next())? else { return Ok(None) };
            if self.native == 0 {
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
            let Ok(columns) = run_native(&self.steps[..self.native], &chunk, End::Rows) else {
                self.declined += 1;
                return Ok(Some((chunk, 0)));
            };
            self.declined = 0;
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

/// The same, where rows of several types, dicts and sets have a place too.
fn to_mixed_columns(chunk: &Chunk) -> Result<Columns, Decline> {
    match chunk {
        Chunk::Columns(c) => Ok(c.clone()),
        Chunk::Objects(o) => o.try_mixed_columns().ok_or_else(|| Decline::new("rows of mixed or unknown types")),
    }
}

/// All steps on one chunk, or the decline. Counts the rows.
fn run_native(steps: &[Step], chunk: &Chunk, end: End) -> Result<Columns, Decline> {
    run_columns(steps, to_mixed_columns(chunk), chunk.len(), end)
}

fn run_columns(steps: &[Step], rows: Result<Columns, Decline>, len: usize, end: End) -> Result<Columns, Decline> {
    let mut rows = match rows {
        Ok(rows) => Passing::new(rows),
        Err(decline) => return Err(count_declined(steps.first(), len, decline)),
    };
    let mut counts = Vec::with_capacity(steps.len());
    for step in steps {
        let count = rows.len();
        counts.push(count);
        let done = match &step.frozen.native {
            Ok(compiled) => fault::declining(|| run_step(step.kind, compiled, rows)),
            Err(decline) => Err(decline.clone()),
        };
        rows = done.map_err(|decline| count_declined(Some(step), count, decline))?;
    }
    let count = rows.len();
    let last = || if end == End::Number { Ok(rows.counted()) } else { rows.into_columns() };
    let rows = fault::declining(last).map_err(|decline| count_declined(steps.last(), count, decline))?;
    for (step, count) in steps.iter().zip(counts) {
        step.function.counters().add_native(count);
    }
    Ok(rows)
}

fn count_declined(step: Option<&Step>, rows: usize, decline: Decline) -> Decline {
    if let Some(step) = step {
        step.function.counters().add_declined(rows, &decline);
    }
    decline
}

fn run_step(kind: FunctionKind, compiled: &Compiled, rows: Passing) -> Result<Passing, Decline> {
    if rows.is_empty() {
        return Ok(rows);
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
            let [key, value] = first_two(&rows.into_columns()?)?;
            let value = compiled.map(&[value])?;
            Ok(Passing::new(Columns::tuple(vec![key, value], len)))
        }
        FunctionKind::FlatMapValues => flat_values(compiled, &rows.into_columns()?).map(Passing::new),
        FunctionKind::Partitions | FunctionKind::PartitionsWithIndex => Err(Decline::new("it takes an iterator")),
    }
}

/// Key and value of a column of pairs.
pub(in crate::stage) fn pair(rows: &Columns) -> Result<[Columns; 2], Decline> {
    let items = rows.items().ok_or_else(|| Decline::new("rows that are not pairs"))?;
    <[Columns; 2]>::try_from(items).map_err(|_| Decline::new("rows that are not pairs"))
}

/// The first two items of a column of tuples.
fn first_two(rows: &Columns) -> Result<[Columns; 2], Decline> {
    let mut items = rows.items().unwrap_or_default();
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
