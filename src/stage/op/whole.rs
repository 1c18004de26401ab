//! Compiled functions of a partition's iterator that aren't a step of a chain: those that need all rows together, those that
//! drop rows at the beginning, and those that make all their rows before the first is there.

use std::collections::VecDeque;
use std::time::Instant;

use crate::chunk::{BoxStream, Cancel, Chunk, ChunkStream, Columns, InMemory, Type};
use crate::error::{Error, Result};
use crate::fault::declining;
use crate::lambda::{Compiled, Partition};
use crate::memory::Share;
use crate::shuffle::concat_widened;
use crate::stage::{RowInput, Step, Task};

use super::chain::{NativeChain, interpreted, to_columns};
use super::skipping::Skipping;

/// Whether the function is like one of rows: it may be a step of a chain.
pub(super) fn is_like_flat_map(of: &Partition, index: usize) -> bool {
    of.is_row_wise() && of.is_lazy() && of.skipped(index).0 == 0 && of.most().is_none()
}

/// What such a function makes of a partition, whatever it is like.
pub(super) fn alone(input: BoxStream, step: &Step, compiled: &Compiled, task: &Task) -> BoxStream {
    let Some(of) = compiled.partition().filter(|of| of.is_row_wise()) else {
        return Box::new(Whole { state: State::Waiting(input), step: step.clone(), task: task.clone() });
    };
    let skipped = of.skipped(task.partition);
    let steps = vec![step.clone()];
    let rows: BoxStream = if skipped.0 == 0 && of.most().is_none() {
        Box::new(NativeChain::new(input, steps, task.clone()))
    } else {
        let input = Skipping::new(input, skipped, of.most());
        let dropped = input.dropped();
        Box::new(NativeChain::behind(Box::new(input), steps, task.clone(), dropped))
    };
    if of.is_lazy() { rows } else { Box::new(AtOnce { rows: Some(rows), made: InMemory::new(Vec::new()) }) }
}

/// Rows that are all made before the first is there, as those of a list: what is raised for the last is raised at once.
struct AtOnce {
    rows: Option<BoxStream>,
    made: InMemory,
}

impl AtOnce {
    fn make(&mut self) -> Result<()> {
        if let Some(mut rows) = self.rows.take() {
            let mut made = Vec::new();
            while let Some(chunk) = rows.next(usize::MAX)? {
                made.push(chunk);
            }
            self.made = InMemory::new(made);
        }
        Ok(())
    }
}

impl ChunkStream for AtOnce {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        self.make()?;
        self.made.next(want)
    }

    fn count(&mut self, cancel: &Cancel) -> Result<u64> {
        match self.rows.take() {
            Some(mut rows) => rows.count(cancel),
            None => self.made.count(cancel),
        }
    }
}

/// A function of all rows together. What it can't do natively it does in the interpreter, from the first row on.
struct Whole {
    state: State,
    step: Step,
    task: Task,
}

enum State {
    /// Nobody has asked for a row.
    Waiting(BoxStream),
    Made(InMemory),
    Interpreted(BoxStream),
    Failed(Option<Error>),
}

impl Whole {
    /// Makes its rows, or has the interpreter make them as somebody asks for `want`.
    fn settle(&mut self, want: usize) {
        let State::Waiting(_) = &self.state else { return };
        let State::Waiting(input) = std::mem::replace(&mut self.state, State::Failed(None)) else { return };
        self.state = self.made(input, want).unwrap_or_else(|error| State::Failed(Some(error)));
    }

    fn made(&self, input: BoxStream, want: usize) -> Result<State> {
        let of = self.step.frozen.native.as_ref().ok().and_then(|compiled| compiled.partition());
        let Some(of) = of.filter(|of| want == usize::MAX || !of.is_lazy()) else {
            // Of some rows only the interpreter makes no more than those.
            let steps = std::slice::from_ref(&self.step);
            return interpreted(input, steps, 0, &self.task).map(State::Interpreted);
        };
        let input = Skipping::new(input, of.skipped(self.task.partition), of.most());
        let dropped = input.dropped();
        let mut all = Gathered { chunks: VecDeque::new(), failed: None, rest: Some(Box::new(input)) };
        let mut share = self.task.share();
        let gathered = all.gather(&mut share, &self.task)?;
        let rows = all.chunks.iter().map(Chunk::len).sum();
        let dropped = std::mem::take(&mut *dropped.lock());
        dropped.chunks.into_iter().rev().for_each(|chunk| all.chunks.push_front(chunk));
        let began = Instant::now();
        let done = match gathered.filter(|_| !dropped.too_few) {
            Some(parts) => declining(|| {
                let rows = if parts.is_empty() { Columns::empty(Type::Null) } else { concat_widened(&parts)? };
                of.all(rows, self.task.partition)
            }),
            None => return self.interpreted(all),
        };
        let counters = self.step.function.counters();
        match done {
            Ok(made) => {
                counters.add_native(rows);
                counters.add_native_time(began.elapsed());
                Ok(State::Made(InMemory::new(made.into_iter().map(Chunk::Columns).collect())))
            }
            Err(decline) => {
                counters.add_declined(rows, &decline);
                self.interpreted(all)
            }
        }
    }

    fn interpreted(&self, rows: Gathered) -> Result<State> {
        let steps = std::slice::from_ref(&self.step);
        self.task.prepared.interpreter.chain(steps, Box::new(rows), &self.task).map(State::Interpreted)
    }
}

impl ChunkStream for Whole {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        self.settle(want);
        match &mut self.state {
            State::Made(rows) => rows.next(want),
            State::Interpreted(rows) => rows.next(want),
            State::Failed(error) => error.take().map_or(Ok(None), Err),
            State::Waiting(_) => Ok(None),
        }
    }

    fn count(&mut self, cancel: &Cancel) -> Result<u64> {
        self.settle(usize::MAX);
        match &mut self.state {
            State::Made(rows) => rows.count(cancel),
            State::Interpreted(rows) => rows.count(cancel),
            State::Failed(error) => error.take().map_or(Ok(0), Err),
            State::Waiting(_) => Ok(0),
        }
    }
}

/// A partition's rows as far as they were read, and then the rest.
struct Gathered {
    chunks: VecDeque<Chunk>,
    failed: Option<Error>,
    rest: Option<BoxStream>,
}

impl Gathered {
    /// Reads all rows; nothing where they are too many, of no type that kernels know, or not to be had.
    fn gather(&mut self, share: &mut Share, task: &Task) -> Result<Option<Vec<Columns>>> {
        let mut parts = Vec::new();
        let mut weight = 0;
        let Some(mut input) = self.rest.take() else { return Ok(None) };
        loop {
            task.cancel.check()?;
            let chunk = match input.next(usize::MAX) {
                Ok(Some(chunk)) if chunk.is_empty() => continue,
                Ok(Some(chunk)) => chunk,
                Ok(None) => return Ok(Some(parts)),
                Err(error) => {
                    self.failed = Some(error);
                    return Ok(None);
                }
            };
            weight += chunk.weight();
            let columns = to_columns(&chunk);
            self.chunks.push_back(chunk);
            // The list of all rows is as large again.
            let is_too_much = share.hold(2 * weight)? || 2 * weight > share.fair();
            match columns {
                Ok(columns) if !is_too_much => parts.push(columns),
                _ => {
                    self.rest = Some(input);
                    return Ok(None);
                }
            }
        }
    }
}

impl RowInput for Gathered {
    fn next(&mut self) -> Result<Option<(Chunk, usize)>> {
        if let Some(chunk) = self.chunks.pop_front() {
            return Ok(Some((chunk, 0)));
        }
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        match &mut self.rest {
            // What Python's iterator reads is read a piece at a time.
            Some(rest) => Ok(rest.next(usize::MAX)?.map(|chunk| (chunk, 0))),
            None => Ok(None),
        }
    }

    fn is_at_hand(&self) -> bool {
        !self.chunks.is_empty() || self.rest.as_ref().is_some_and(|rest| rest.is_at_hand())
    }
}
