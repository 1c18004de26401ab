//! The seam to the interpreter: what the engine asks of whoever can run user functions on opaque rows. `objects/`
//! implements it for Python; a test does for plain Rust values.
//! One trait a concern, so that who sorts can't run functions, and who waits can't touch rows.

use std::sync::Arc;
use std::time::Duration;

use crate::chunk::{BoxStream, Chunk, Columns, ObjectsRef};
use crate::error::{Error, Kind, Result};
use crate::plan::{JoinKind, Opaque};
use crate::state::ObjectIndex;
use crate::store::StoredRef;
use crate::time::Time;

use super::{Aggregate, Frozen, Step, Task, TaskContext};

/// Gives a chain its input: chunks, each with the index of the first step that its rows still have to take.
pub trait RowInput: Send {
    /// The next chunk, or the end.
    fn next(&mut self) -> Result<Option<(Chunk, usize)>>;

    /// Whether it is in memory: to get it nothing is computed, read or waited for.
    fn is_at_hand(&self) -> bool {
        false
    }

    /// So many more rows of what it gave were worked on, in so much time.
    fn worked(&mut self, _rows: usize, _time: Duration) {}
}

/// Which half of a combine a table serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Values come in; combiners go out.
    Map,
    /// Combiners come in and go out.
    Reduce,
}

/// A hash table of opaque keys and combiners in first-seen order.
pub trait ObjectTable: Send {
    /// Takes in a chunk of pairs.
    fn merge(&mut self, chunk: &Chunk, task: &Task) -> Result<()>;
    /// Takes in a whole stream of pairs; says how many.
    fn consume(&mut self, mut stream: BoxStream, task: &Task) -> Result<usize> {
        let mut rows = 0;
        while let Some(chunk) = stream.next(usize::MAX)? {
            task.cancel.check()?;
            rows += chunk.len();
            self.merge(&chunk, task)?;
        }
        Ok(rows)
    }
    /// Takes in pairs of a stream until it ends or what the table holds is too much: `full` says so of a number of bytes.
    /// Says how many pairs, and whether the stream has ended.
    fn consume_until(
        &mut self,
        stream: &mut BoxStream,
        task: &Task,
        full: &mut dyn FnMut(usize) -> Result<bool>,
    ) -> Result<(usize, bool)>;
    /// The pairs so far, keys in first-seen order; the table goes on empty.
    fn hand_out(&mut self) -> Result<Chunk>;
    /// Takes in pairs whose second item is already a combiner: what a native table held when it gave up.
    fn seed(&mut self, chunk: &Chunk) -> Result<()>;
    /// What it holds in the end will be laid out by `portable_hash` for `n` output partitions, two or more.
    fn spread_over(&mut self, _n: usize) {}
    /// The pairs for each of those partitions, where they are laid out already: there is nothing to drain then.
    fn parts(&mut self) -> Option<Vec<Chunk>> {
        None
    }
    /// How long its functions took since this was last asked.
    fn busy(&mut self) -> Duration {
        Duration::ZERO
    }
    /// The pairs, keys in first-seen order.
    fn drain(self: Box<Self>) -> Result<Chunk>;
}

/// Opaque keys by number, in the order of their first appearance.
pub trait ObjectNumbers: Send {
    /// Each pair's key number, and how many items its value has: one, or as many as the list that it is.
    fn add(&mut self, pairs: &Chunk, lists: bool, task: &Task) -> Result<(Vec<u32>, Vec<u32>)>;
    /// Takes in keys that are all new.
    fn seed(&mut self, keys: &Chunk) -> Result<()>;
    /// The key with this number, as one row.
    fn key(&self, number: usize) -> Result<Chunk>;
}

/// All that the engine asks of an interpreter. Who needs one part of it takes that part.
///
/// Methods of all parts are called detached and attach by themselves, once.
pub trait Interpreter: Calls + Tables + Sorting + Rows + States + Lifecycle {}

impl<T: Calls + Tables + Sorting + Rows + States + Lifecycle> Interpreter for T {}

/// Runs the functions of a chain.
pub trait Calls: Send + Sync {
    /// A lazy run of a fused chain over one partition's rows, row by row.
    fn chain(&self, steps: &[Step], input: Box<dyn RowInput>, task: &Task) -> Result<BoxStream>;
    /// As `chain` of one partition function, here and now: no worker is asked.
    fn resume(&self, step: &Step, input: Box<dyn RowInput>, task: &Task) -> Result<BoxStream>;
    /// Whether the functions of a chain may run in another process, beside those of other tasks.
    fn has_workers(&self) -> bool {
        false
    }
    /// Takes one step more behind a stream that is a chain and hasn't begun; false where it is none.
    fn lengthen(&self, _stream: &mut BoxStream, _step: &Step) -> Result<bool> {
        Ok(false)
    }
    /// Adds to the accumulators of the task that the calling thread runs, by their numbers.
    fn add_up(&self, _sums: &[(i64, i64)]) -> Result<()> {
        Ok(())
    }
}

/// Hashes keys and compares them for equality: what brings rows of one key together.
pub trait Tables: Send + Sync {
    /// An empty table for the operation `name`.
    fn table(&self, aggregate: &Aggregate, side: Side, name: &Arc<str>) -> Result<Box<dyn ObjectTable>>;
    /// Pairs of a key and its list of values, the lists as `groupByKey` hands them out.
    fn groups(&self, pairs: &Chunk) -> Result<Chunk>;
    /// A numbering without keys.
    fn numbers(&self) -> Result<Box<dyn ObjectNumbers>>;
    /// The values of pairs, or the items of the lists that they are, in a form that several readers can have.
    fn values(&self, pairs: &Chunk, lists: bool) -> Result<Chunk>;
    /// The pair of one key and its values, which are read from where they are stored; `tuple`: a tuple of each side's.
    fn stored_groups(&self, key: &Chunk, sides: &[StoredRef], tuple: bool, task: &Task) -> Result<Chunk>;
    /// For each pair the output partition that `function` (or `portable_hash`) of its key says, and the pairs as tuples.
    fn partition_ids(
        &self,
        chunk: &Chunk,
        function: Option<&Opaque>,
        n: usize,
        name: &str,
        task: &Task,
    ) -> Result<(Vec<u32>, Chunk)>;
    /// The output partition of each row for which a partition function has said its key.
    fn remainders(&self, _keys: &Chunk, _rows: &Chunk, _n: usize, _name: &str, _task: &Task) -> Result<Vec<u32>> {
        Err(unsupported("numbers of its own"))
    }
    /// What `kind` makes of the values that each of `sides` has for a key: pairs, keys in first-seen order.
    fn join(&self, kind: JoinKind, sides: Vec<BoxStream>, name: &Arc<str>, task: &Task) -> Result<BoxStream>;
    /// A cogroup of two sides, of which no key comes twice in the first: that one isn't kept.
    fn meet(&self, first: BoxStream, second: BoxStream, name: &Arc<str>, task: &Task) -> Result<BoxStream> {
        self.join(JoinKind::Cogroup, vec![first, second], name, task)
    }
}

/// Tells which key comes first.
pub trait Sorting: Send + Sync {
    /// The key that each row is compared by.
    fn keyed(&self, rows: &Chunk, by: &ObjectOrder, task: &Task) -> Result<Keyed>;
    /// The rows of pairs of key and row, sorted stably and cut into `n` ranges by `PySpark`'s rule (`shuffle::sort::cuts`).
    fn sort(&self, pairs: Vec<Chunk>, ascending: bool, n: usize, name: &Arc<str>, task: &Task) -> Result<Vec<Chunk>>;
}

/// Takes rows apart, puts them together and makes copies of them; no function of the program is called.
pub trait Rows: Send + Sync {
    /// Pairs of a row and a number.
    fn beside(&self, rows: &ObjectsRef, numbers: &Columns) -> Result<Chunk>;
    /// Pairs of a left and a right row; there are equally many.
    fn pair(&self, left: &Chunk, right: &Chunk) -> Result<Chunk>;
    /// Rows split by `ids`, one chunk for each of `n` outputs (empty ones too) in a form that several readers can have.
    fn scatter(&self, rows: &ObjectsRef, ids: &[u32], n: usize) -> Result<Vec<Chunk>>;
    /// Rows `(chunk, row)` of several chunks put together. A chunk's rows come in their order.
    fn gather(&self, chunks: &[Chunk], places: &[(usize, usize)]) -> Result<Chunk>;
    /// The same rows as objects that are loaded: a row is taken out without unpickling those around it. Columns stay.
    fn live(&self, rows: &Chunk) -> Result<Chunk>;
    /// The same rows in a form that several readers can have, each its own objects.
    fn shareable(&self, rows: &ObjectsRef) -> Result<Chunk>;
    /// Each row's text as `saveAsTextFile` writes it, as a column of str.
    fn texts(&self, rows: &Chunk) -> Result<Columns>;
    /// Each row as a message of Kafka: a pair of bytes or None. Fails for rows that are none.
    fn messages(&self, _rows: &Chunk) -> Result<Columns> {
        Err(unsupported("messages"))
    }
}

/// Finds state by key, and runs the functions that change it.
pub trait States: Send + Sync {
    /// An empty index of opaque keys.
    fn key_index(&self) -> Result<Arc<dyn ObjectIndex>> {
        Err(unsupported("keys of its own"))
    }
    /// The keys and the values of pairs.
    fn unpair(&self, _pairs: &Chunk) -> Result<(Chunk, Chunk)> {
        Err(unsupported("pairs of its own"))
    }
    /// Calls a function for each pair, with the state of its key, which it may change.
    fn map_with_state(&self, _call: &StateCall<'_>, _task: &Task) -> Result<StateAnswer> {
        Err(unsupported("functions of a state"))
    }
}

/// Stands between jobs and the program that waits for them.
pub trait Lifecycle: Send + Sync {
    /// Takes over what a task that succeeded has gathered beside its result (`TaskContext::local`).
    fn apply(&self, _task: &TaskContext) -> Result<()> {
        Ok(())
    }
    /// Whether the thread that waits was interrupted: an error ends the wait.
    fn check_interrupt(&self) -> Result<()>;
}

fn unsupported(what: &str) -> Error {
    Error::new(Kind::Spark, format!("this interpreter has no {what}"))
}

/// What `map_with_state` is asked.
pub struct StateCall<'a> {
    /// The function.
    pub function: &'a Frozen,
    /// The batch.
    pub time: Time,
    /// Whether a key's state counts as touched when its key came.
    pub touches: bool,
    /// The batch's pairs.
    pub pairs: &'a [Chunk],
    /// Which of the batch's distinct keys each pair has, in order of appearance.
    pub numbers: &'a [u32],
    /// Which of the distinct keys have a state.
    pub has: &'a [bool],
    /// The states of those, in their order.
    pub states: &'a [Chunk],
    /// Keys that have timed out, and their states.
    pub expired: (&'a [Chunk], &'a [Chunk]),
}

/// What `map_with_state` gives: what the function returned, and which of the distinct keys have which state now.
#[derive(Default)]
pub struct StateAnswer {
    /// What the function returned.
    pub mapped: Vec<Chunk>,
    /// The keys whose state is to be kept anew.
    pub updated: Vec<u32>,
    /// Their states, in a form that several readers can have.
    pub states: Vec<Chunk>,
    /// The keys that have no state any more.
    pub removed: Vec<u32>,
}

/// Keys of rows.
pub enum Keyed {
    /// All of one type that columns have, and the rows where they are not those that were given: a key function may change
    /// what its row holds.
    Columns(Columns, Option<Chunk>),
    /// Others: pairs of key and row.
    Pairs(Chunk),
}

/// How opaque rows are compared.
#[derive(Clone)]
pub struct ObjectOrder {
    /// The key function's interpreter form; `None` is the identity.
    pub key: Option<Opaque>,
    /// Whether rows are compared by their first item.
    pub by_key: bool,
    /// Whether those rows must be pairs, and become tuples: `PySpark` takes them apart where they move.
    pub pairs: bool,
    /// The operation's name, for notes on errors.
    pub name: Arc<str>,
}
