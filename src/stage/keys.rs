//! What a function that isn't compiled says of each row of a stream: the keys of a sort, or where a partition function sends
//! rows. It runs as the last step of a chain, so that a worker process may have it as any other function.
//!
//! Behind a chain of the interpreter's it is that chain's last step. Otherwise the rows stay here, and only keys come
//! back, unless the function could change what its rows hold.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::chunk::{BoxStream, Chunk, Columns};
use crate::error::{Error, Kind, Result};
use crate::plan::{FunctionKind, Gives, Seen};
use crate::sync::Mutex;

use super::op::pair;
use super::{Frozen, Keyed, RowInput, Step, Task};

/// Rows with what the function says of them.
pub(super) struct Keys {
    source: Source,
    /// Keys of rows of another chunk than those before them.
    behind: Option<Chunk>,
    task: Task,
}

enum Source {
    /// A chain that gives pairs of key and row.
    Chain(BoxStream),
    /// Rows, and the chain that is at work on some of them.
    Beside { waiting: Arc<Waiting>, seen: Seen, function: Frozen, run: Option<(BoxStream, Gives)> },
}

impl Keys {
    /// Over the rows of `stream`, which comes back where no worker could have the function.
    pub(super) fn open(
        mut stream: BoxStream,
        seen: Seen,
        function: &Frozen,
        task: &Task,
    ) -> Result<Result<Self, BoxStream>> {
        let interpreter = &task.prepared.interpreter;
        if !interpreter.has_workers() {
            return Ok(Err(stream));
        }
        let source = if interpreter.lengthen(&mut stream, &step(seen, Gives::Beside, function))? {
            Source::Chain(stream)
        } else {
            Source::Beside { waiting: Arc::new(Waiting::new(stream)), seen, function: function.clone(), run: None }
        };
        Ok(Ok(Self { source, behind: None, task: task.clone() }))
    }

    /// The keys of the next rows, and those rows, unless the keys have them beside them.
    pub(super) fn next(&mut self) -> Result<Option<(Keyed, Chunk)>> {
        let interpreter = self.task.prepared.interpreter.clone();
        loop {
            let (waiting, seen, function, run) = match &mut self.source {
                Source::Chain(chain) => {
                    let Some(pairs) = chain.next(usize::MAX)? else { return Ok(None) };
                    return apart(pairs, &self.task).map(Some);
                }
                Source::Beside { waiting, seen, function, run } => (waiting, *seen, function, run),
            };
            if let Some((chain, gives)) = run {
                let made = match self.behind.take() {
                    Some(keys) => Some(keys),
                    None => chain.next(usize::MAX)?,
                };
                match (made, gives) {
                    (Some(pairs), Gives::Beside) => return apart(pairs, &self.task).map(Some),
                    (Some(keys), Gives::Alone) => {
                        let rows = waiting.given(keys.len())?;
                        let now = rows.len();
                        self.behind = (now < keys.len()).then(|| keys.slice(now, keys.len() - now));
                        return Ok(Some((beside(&keys.slice(0, now), &rows, &self.task)?, rows)));
                    }
                    (None, _) => *run = None,
                }
            }
            let Some(gives) = waiting.what(seen)? else { return Ok(None) };
            let input = Box::new(Run { waiting: waiting.clone(), seen, gives });
            *run = Some((interpreter.chain(&[step(seen, gives, function)], input, &self.task)?, gives));
        }
    }
}

fn step(seen: Seen, gives: Gives, function: &Frozen) -> Step {
    let Frozen { name, function, frozen } = function.clone();
    Step { kind: FunctionKind::Key(seen, gives), name, function, frozen }
}

/// Pairs of key and row as keys and rows.
fn apart(pairs: Chunk, task: &Task) -> Result<(Keyed, Chunk)> {
    if let Chunk::Columns(columns) = &pairs
        && let Ok([keys, rows]) = pair(columns)
    {
        let rows = Chunk::Columns(rows);
        return Ok((Keyed::Columns(keys, Some(rows.clone())), rows));
    }
    let (keys, rows) = task.prepared.interpreter.unpair(&pairs)?;
    Ok(match columns(&keys) {
        Some(keys) => (Keyed::Columns(keys, Some(rows.clone())), rows),
        None => (Keyed::Pairs(pairs), rows),
    })
}

/// Keys that came without their rows, with them.
fn beside(keys: &Chunk, rows: &Chunk, task: &Task) -> Result<Keyed> {
    Ok(match columns(keys) {
        Some(keys) => Keyed::Columns(keys, None),
        None => Keyed::Pairs(task.prepared.interpreter.pair(keys, rows)?),
    })
}

fn columns(keys: &Chunk) -> Option<Columns> {
    match keys {
        Chunk::Columns(keys) => Some(keys.clone()),
        Chunk::Objects(keys) => keys.try_columns(),
    }
}

/// The rows of a stream, on their way to the function and waiting for what it says of them.
struct Waiting {
    /// The stream, while nobody reads it: no lock is held while it computes.
    stream: Mutex<Option<BoxStream>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What was read and not sent yet.
    next: Option<Chunk>,
    /// Rows that wait for their keys.
    sent: VecDeque<Chunk>,
}

impl Waiting {
    fn new(stream: BoxStream) -> Self {
        Self { stream: Mutex::new(Some(stream)), state: Mutex::default() }
    }

    /// The next rows; some, if there are any.
    fn read(&self) -> Result<Option<Chunk>> {
        if let Some(chunk) = self.state.lock().next.take() {
            return Ok(Some(chunk));
        }
        let Some(mut stream) = self.stream.lock().take() else { return Ok(None) };
        let chunk = loop {
            match stream.next(usize::MAX) {
                Ok(Some(chunk)) if chunk.is_empty() => {}
                chunk => break chunk,
            }
        };
        if matches!(chunk, Ok(Some(_))) {
            *self.stream.lock() = Some(stream);
        }
        chunk
    }

    /// What the function is to give for the next rows: they wait here, unless it could change what they hold. Nothing at
    /// the end.
    fn what(&self, seen: Seen) -> Result<Option<Gives>> {
        let Some(chunk) = self.read()? else { return Ok(None) };
        let gives = gives(&chunk, seen);
        self.state.lock().next = Some(chunk);
        Ok(Some(gives))
    }

    /// Of the rows that wait, as many of the first `len` as stand in one chunk.
    fn given(&self, len: usize) -> Result<Chunk> {
        let mut state = self.state.lock();
        let Some(chunk) = state.sent.pop_front() else {
            return Err(Error::new(Kind::Spark, "a bug in Pyrite's engine: keys without rows; please report it"));
        };
        let now = len.min(chunk.len());
        if now < chunk.len() {
            state.sent.push_front(chunk.slice(now, chunk.len() - now));
        }
        Ok(chunk.slice(0, now))
    }
}

fn gives(chunk: &Chunk, seen: Seen) -> Gives {
    match chunk {
        // Pairs that are no plain tuples become such.
        Chunk::Columns(rows)
            if !rows.kind().holds_mutable() && (seen != Seen::Key || (pair(rows).is_ok() && rows.held().is_none())) =>
        {
            Gives::Alone
        }
        _ => Gives::Beside,
    }
}

/// Those rows that go to one chain: it ends before the first for which another is needed.
struct Run {
    waiting: Arc<Waiting>,
    seen: Seen,
    gives: Gives,
}

impl RowInput for Run {
    fn next(&mut self) -> Result<Option<(Chunk, usize)>> {
        let Some(chunk) = self.waiting.read()? else { return Ok(None) };
        let mut state = self.waiting.state.lock();
        if gives(&chunk, self.seen) != self.gives {
            state.next = Some(chunk);
            return Ok(None);
        }
        if self.gives == Gives::Alone {
            state.sent.push_back(chunk.clone());
        }
        Ok(Some((chunk, 0)))
    }

    fn is_at_hand(&self) -> bool {
        self.waiting.state.lock().next.is_some()
            || self.waiting.stream.lock().as_ref().is_some_and(|stream| stream.is_at_hand())
    }
}
