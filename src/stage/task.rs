//! What a running task knows, and how it reads what its operators ask for.

use std::sync::Arc;

use crate::chunk::{BoxStream, Cancel, Chunk, Columns, compact};
use crate::error::{Error, Kind, Result};
use crate::memory::Share;
use crate::plan::{Dependency, Input, Plan};

use super::{Prepared, TaskContext, open};

/// What a running task knows.
#[derive(Clone)]
pub struct Task {
    /// The job as it was prepared.
    pub prepared: Arc<Prepared>,
    /// Which task it is.
    pub context: Arc<TaskContext>,
    /// Which partition it reads: its stage's, or another one further up.
    pub partition: usize,
    /// Set when the job ends early.
    pub cancel: Cancel,
    /// How many streams it is below: each pulls the next one on the same stack.
    pub depth: usize,
}

/// Streams one below the other. The stack of a thread is 8 MB on Linux, 16 on macOS and 1 or 2 on Windows, and the
/// interpreter's streams use up to 4 KB each.
const DEEPEST: usize = if cfg!(windows) { 200 } else { 1000 };

impl Task {
    /// The task that reads a partition of what is below.
    pub(crate) fn below(&self, partition: usize) -> Result<Self> {
        if self.depth >= DEEPEST {
            let message = format!(
                "java.lang.StackOverflowError: the lineage has more than {DEEPEST} unions, coalesces or persisted RDDs one \
                 below the other. Call persist() and then count() on an RDD on the way, so that the later ones begin there."
            );
            return Err(Error::new(Kind::Spark, message));
        }
        Ok(Self { partition, depth: self.depth + 1, ..self.clone() })
    }

    /// Rows of a plan's input: a partition of the input itself, or what its shuffle has laid there.
    pub(super) fn input(&self, plan: &Plan, index: usize, partition: usize) -> Result<BoxStream> {
        match plan.inputs().get(index) {
            Some(input) => self.read(input, partition),
            None => Err(Error::new(Kind::Spark, format!("{} has no input {index}", plan.name()))),
        }
    }

    /// The same of an input.
    pub(super) fn read(&self, input: &Input, partition: usize) -> Result<BoxStream> {
        match &input.how {
            Dependency::Shuffle(shuffle) => {
                let output = shuffle.output.get();
                let output = output.ok_or_else(|| Error::new(Kind::Spark, "a shuffle was read before it ran"))?;
                output.open(partition, &self.cancel)
            }
            Dependency::Aligned | Dependency::Partitions => open(&input.plan, &self.below(partition)?),
        }
    }

    /// What one of the operators of this task may hold in memory.
    pub fn share(&self) -> Share {
        Share::new(&self.prepared.memory.budget, self.prepared.cores.count())
    }

    /// Pairs of a left and a right row.
    pub(super) fn pair(&self, left: &Chunk, right: &Chunk) -> Result<Chunk> {
        if let (Chunk::Columns(left), Chunk::Columns(right)) = (left, right) {
            return Ok(Chunk::Columns(Columns::tuple(vec![left.clone(), right.clone()], left.len())));
        }
        self.prepared.interpreter.pair(left, right)
    }

    /// A chunk in a form that several readers can have: columns compacted, objects immutable or pickled.
    pub(super) fn shareable(&self, chunk: &Chunk) -> Result<Chunk> {
        Ok(match chunk {
            Chunk::Columns(c) => Chunk::Columns(compact(c)),
            Chunk::Objects(o) => self.prepared.interpreter.shareable(o)?,
        })
    }
}
