//! Everything of the engine that knows Python: rows that are Python objects, calls of user functions, conversion.
//! The core's seams (`stage::Interpreter`, `plan::UserFunction`, `chunk::Objects`) are implemented here.

pub mod arrow;
mod call;
mod captured;
mod chain;
pub mod collector;
pub mod context;
pub mod convert;
mod dates;
pub mod function;
mod fused;
pub mod gate;
pub mod inside;
mod instances;
mod join;
mod machine;
mod meet;
pub mod messages;
mod mixed;
mod numbers;
mod order;
pub mod owned;
mod partition;
pub mod portable_hash;
pub mod program;
pub mod raised;
pub mod receiver;
pub mod recorder;
pub mod records;
pub mod release;
pub mod rows;
mod slices;
pub mod state;
pub mod storage;
pub mod stored;
mod table;
pub mod tally;
mod unicode;
mod vectors;
pub mod worker;

use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;

use crate::chunk::{BoxStream, Chunk, Columns, ObjectsRef, Type};
use crate::error::Result;
use crate::plan::{JoinKind, Opaque};
use crate::stage::{
    Aggregate, Calls, Keyed, Lifecycle, ObjectNumbers, ObjectOrder, ObjectTable, RowInput, Rows, Side, Sorting,
    StateAnswer, StateCall, States, Step, Tables, Task, TaskContext,
};
use crate::state::ObjectIndex;
use crate::store::StoredRef;

use raised::user_error;
use worker::{Split, Workers};

pub use captured::PyCaptured;
pub use unicode::install as install_tables;

/// Says to the engine how columns of records become objects.
pub fn install_records() {
    crate::chunk::open_records_by(rows::opened);
}

/// `CPython`, in this process and perhaps in others.
pub struct CPython {
    workers: Workers,
    split: Split,
}

impl CPython {
    /// The interpreter, whose functions may run in workers, and whose tasks idle slots may help.
    pub fn new(workers: Workers, split: Split) -> Self {
        Self { workers, split }
    }
}

/// Attaches once and takes exceptions into the engine.
fn attached<T>(work: impl FnOnce(Python<'_>) -> PyResult<T>) -> Result<T> {
    gate::attached(|py| work(py).map_err(|e| user_error(py, &e)))
}

impl Calls for CPython {
    fn chain(&self, steps: &[Step], input: Box<dyn RowInput>, task: &Task) -> Result<BoxStream> {
        attached(|py| chain::open(py, steps, input, task, &self.workers, self.split))
    }

    fn resume(&self, step: &Step, input: Box<dyn RowInput>, task: &Task) -> Result<BoxStream> {
        attached(|py| chain::open(py, std::slice::from_ref(step), input, task, &Workers::None, Split::Off))
    }

    fn has_workers(&self) -> bool {
        self.workers != Workers::None
    }

    fn lengthen(&self, stream: &mut BoxStream, step: &Step) -> Result<bool> {
        attached(|py| chain::lengthen(py, stream, step))
    }

    fn add_up(&self, sums: &[(i64, i64)]) -> Result<()> {
        attached(|py| {
            let module = py.import(intern!(py, "pyrite.accumulators"))?;
            module.call_method1(intern!(py, "add_up"), (sums.to_vec(),)).map(drop)
        })
    }
}

impl Tables for CPython {
    fn table(&self, aggregate: &Aggregate, side: Side, name: &Arc<str>) -> Result<Box<dyn ObjectTable>> {
        attached(|py| {
            Ok(Box::new(table::PyTable::new(py, aggregate, side, name, self.workers)?) as Box<dyn ObjectTable>)
        })
    }

    fn groups(&self, pairs: &Chunk) -> Result<Chunk> {
        table::groups(pairs)
    }

    fn numbers(&self) -> Result<Box<dyn ObjectNumbers>> {
        attached(|py| Ok(Box::new(numbers::PyNumbers::new(py)) as Box<dyn ObjectNumbers>))
    }

    fn values(&self, pairs: &Chunk, lists: bool) -> Result<Chunk> {
        gate::give_way();
        attached(|py| stored::values(py, pairs, lists))
    }

    fn stored_groups(&self, key: &Chunk, sides: &[StoredRef], tuple: bool, task: &Task) -> Result<Chunk> {
        attached(|py| stored::groups(py, key, sides, tuple, task))
    }

    fn partition_ids(
        &self,
        chunk: &Chunk,
        function: Option<&Opaque>,
        n: usize,
        name: &str,
        task: &Task,
    ) -> Result<(Vec<u32>, Chunk)> {
        attached(|py| table::partition_ids(py, chunk, function, n, name, task))
    }

    fn remainders(&self, keys: &Chunk, rows: &Chunk, n: usize, name: &str, task: &Task) -> Result<Vec<u32>> {
        attached(|py| table::remainders(py, keys, rows, n, name, task))
    }

    fn join(&self, kind: JoinKind, sides: Vec<BoxStream>, name: &Arc<str>, task: &Task) -> Result<BoxStream> {
        join::open(kind, sides, name, task)
    }

    fn meet(&self, first: BoxStream, second: BoxStream, name: &Arc<str>, task: &Task) -> Result<BoxStream> {
        meet::open(first, second, name, task)
    }
}

impl Sorting for CPython {
    fn keyed(&self, rows: &Chunk, by: &ObjectOrder, task: &Task) -> Result<Keyed> {
        gate::give_way();
        attached(|py| order::keyed(py, rows, by, task))
    }

    fn sort(&self, pairs: Vec<Chunk>, ascending: bool, n: usize, name: &Arc<str>, task: &Task) -> Result<Vec<Chunk>> {
        order::sort(&pairs, ascending, n, name, task)
    }
}

impl Rows for CPython {
    fn beside(&self, objects: &ObjectsRef, numbers: &Columns) -> Result<Chunk> {
        attached(|py| rows::beside(py, objects, numbers))
    }

    fn pair(&self, left: &Chunk, right: &Chunk) -> Result<Chunk> {
        attached(|py| rows::pair(py, left, right))
    }

    fn scatter(&self, objects: &ObjectsRef, ids: &[u32], n: usize) -> Result<Vec<Chunk>> {
        attached(|py| rows::scatter(py, objects, ids, n))
    }

    fn gather(&self, chunks: &[Chunk], places: &[(usize, usize)]) -> Result<Chunk> {
        attached(|py| rows::gather(py, chunks, places))
    }

    fn live(&self, rows: &Chunk) -> Result<Chunk> {
        match rows {
            Chunk::Columns(_) => Ok(rows.clone()),
            Chunk::Objects(_) => attached(|py| rows::live(py, rows)),
        }
    }

    fn shareable(&self, objects: &ObjectsRef) -> Result<Chunk> {
        let Some(live) = objects.as_any().downcast_ref::<rows::PyRows>() else {
            return Ok(Chunk::Objects(objects.slice(0, objects.len())));
        };
        attached(|py| rows::shareable_objects(py, &rows::bound(py, live.as_slice())))
    }

    fn texts(&self, chunk: &Chunk) -> Result<Columns> {
        attached(|py| {
            convert::to_columns(py, &rows::bound(py, &rows::load(py, chunk)?))
                .filter(|c| *c.kind() == Type::Str)
                .ok_or_else(|| {
                    PyValueError::new_err("a row's text holds a lone surrogate and can't be written as UTF-8")
                })
        })
    }

    fn messages(&self, chunk: &Chunk) -> Result<Columns> {
        attached(|py| {
            let rows = rows::load(py, chunk)?;
            let pairs = py.import(intern!(py, "pyrite._runtime"))?.call_method1(intern!(py, "messages"), (rows,))?;
            let pairs: Vec<Bound<'_, PyAny>> = pairs.extract()?;
            let unknown = || PyValueError::new_err("rows of many kinds can't become messages of Kafka");
            convert::to_columns(py, &pairs).ok_or_else(unknown)
        })
    }
}

impl States for CPython {
    fn key_index(&self) -> Result<Arc<dyn ObjectIndex>> {
        state::index()
    }

    fn unpair(&self, pairs: &Chunk) -> Result<(Chunk, Chunk)> {
        attached(|py| state::unpair(py, pairs))
    }

    fn map_with_state(&self, call: &StateCall<'_>, task: &Task) -> Result<StateAnswer> {
        gate::give_way();
        attached(|py| state::map(py, call, task))
    }
}

impl Lifecycle for CPython {
    fn apply(&self, task: &TaskContext) -> Result<()> {
        context::apply(task)
    }

    fn check_interrupt(&self) -> Result<()> {
        let asking = gate::Asking::in_turn();
        gate::attached(|py| {
            drop(asking);
            py.check_signals().map_err(|e| raised::driver_error(py, &e))
        })
    }
}
