//! Aggregates without a key, a partition at a time: a native total takes the stream's chunks; from the first chunk on that
//! it declines, the interpreter goes on from its state with what is left of the stream.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::chunk::{BoxStream, Chunk, Columns, Type, drain};
use crate::error::{Decline, Result};
use crate::lambda::{Compiled, Expr};
use crate::plan::{FunctionKind, FunctionRef, NativeMode, PlanRef};
use crate::shuffle::total::{Buckets, Extreme, Reduced, Stats, Sum, Tally, Top, Total};

use super::op::{open, to_columns};
use super::prepared::reducer_of;
use super::{Aggregate, Frozen, RowInput, Side, Step, Task};

/// What a partition's rows come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TotalKind {
    /// The built-in sum.
    Sum,
    /// Count, mean, variance, largest and smallest.
    Stats,
    /// How often each row occurs.
    Tally,
    /// The smallest row, perhaps by a key.
    Min,
    /// The largest row, perhaps by a key.
    Max,
    /// The so many largest rows, perhaps by a key.
    Largest(usize),
    /// The so many smallest rows, perhaps by a key.
    Smallest(usize),
    /// A function folds the rows.
    Reduce,
    /// A function folds the rows into a start value.
    Fold,
    /// How many numbers are in each of so many buckets of one width. The start value says which.
    Even(usize),
    /// How many numbers are between borders, which are the start value.
    Between,
}

impl TotalKind {
    /// From the name that the Python API uses.
    pub fn parse(name: &str, count: usize) -> Option<Self> {
        Some(match name {
            "sum" => Self::Sum,
            "stats" => Self::Stats,
            "tally" => Self::Tally,
            "min" => Self::Min,
            "max" => Self::Max,
            "largest" => Self::Largest(count),
            "smallest" => Self::Smallest(count),
            "reduce" => Self::Reduce,
            "fold" => Self::Fold,
            "even" => Self::Even(count),
            "between" => Self::Between,
            _ => return None,
        })
    }
}

/// A total as an action asks for it.
pub struct TotalOf {
    /// What the rows come to.
    pub kind: TotalKind,
    /// The key by which rows are compared, or what folds them.
    pub function: Option<FunctionRef>,
    /// What folds two rows into one, where that is all that a partition comes to: what the interpreter runs, in a worker
    /// perhaps, where `function` doesn't compile.
    pub fold: Option<FunctionRef>,
    /// The start value of a fold, a constant; a histogram's borders.
    pub zero: Option<Expr>,
    /// What the interpreter goes on with, a partition function: it gets the number of rows that the state has, those
    /// rows, then the rows that are left.
    pub rest: FunctionRef,
    /// The operation's name, for notes on errors.
    pub name: Arc<str>,
}

/// A total made ready for a job.
pub enum PreparedTotal {
    /// As far as kernels go.
    Native(NativeTotal),
    /// All rows folded by the interpreter.
    Interpreted(Frozen),
}

/// A total whose function compiled, if it has one.
pub struct NativeTotal {
    kind: TotalKind,
    function: Option<Arc<Compiled>>,
    zero: Option<Expr>,
    rest: Step,
}

/// What a partition came to.
pub enum Partial {
    /// A native total's value: no row where there is none.
    Native(Columns),
    /// What the interpreter made of it.
    Interpreted(Vec<Chunk>),
}

impl PreparedTotal {
    /// Freezes the functions. Nothing where the total is a partition function like any other: what it takes doesn't
    /// compile, nor is it a mere fold.
    pub fn new(total: &TotalOf, mode: NativeMode) -> Result<Option<Self>> {
        if let Some(native) = NativeTotal::new(total, mode)? {
            return Ok(Some(Self::Native(native)));
        }
        let Some(function) = total.fold.clone() else { return Ok(None) };
        let frozen = function.freeze(false)?;
        Ok(Some(Self::Interpreted(Frozen { name: total.name.clone(), function, frozen })))
    }

    /// The partition `task.partition` of `plan`.
    pub fn run(&self, plan: &PlanRef, task: &Task) -> Result<Partial> {
        match self {
            Self::Native(total) => total.run(plan, task),
            Self::Interpreted(fold) => {
                let stream = open(plan, task)?;
                let whole = Aggregate::Whole(fold.clone());
                let mut table = task.prepared.interpreter.table(&whole, Side::Map, &fold.name)?;
                table.consume(stream, task)?;
                Ok(Partial::Interpreted(vec![table.drain()?]))
            }
        }
    }
}

impl NativeTotal {
    fn new(total: &TotalOf, mode: NativeMode) -> Result<Option<Self>> {
        let function = match &total.function {
            None => None,
            Some(_) if mode == NativeMode::Off => return Ok(None),
            Some(function) => {
                let folds = matches!(total.kind, TotalKind::Reduce | TotalKind::Fold);
                let frozen = function.freeze(true)?;
                match if folds { frozen.native_fold() } else { frozen.native_for(1) } {
                    Ok(compiled) => Some(compiled),
                    Err(_) => return Ok(None),
                }
            }
        };
        let frozen = total.rest.freeze(false)?;
        let kind = FunctionKind::Partitions;
        let rest = Step { kind, name: total.name.clone(), function: total.rest.clone(), frozen };
        let ready = Self { kind: total.kind, function, zero: total.zero.clone(), rest };
        Ok(ready.begin().is_ok().then_some(ready))
    }

    /// The total before the first row.
    fn begin(&self) -> Result<Box<dyn Total>, Decline> {
        let function = || self.function.as_ref().ok_or(Decline::new("a fold without a function"));
        let zero = || self.zero.as_ref().ok_or(Decline::new("a fold without a start value"));
        Ok(match self.kind {
            TotalKind::Sum => Box::new(Sum::new()),
            TotalKind::Stats => Box::new(Stats::new()),
            TotalKind::Tally => Box::new(Tally::new()),
            TotalKind::Min => Box::new(Extreme::min()),
            TotalKind::Max => Box::new(Extreme::max()),
            TotalKind::Largest(count) => Box::new(Top::largest(count)),
            TotalKind::Smallest(count) => Box::new(Top::smallest(count)),
            TotalKind::Reduce => Box::new(Reduced::new(reducer_of(function()?.clone()))),
            TotalKind::Fold => Box::new(Reduced::from_zero(zero()?, function()?)?),
            TotalKind::Even(count) => Box::new(Buckets::new(Some(count), zero()?)?),
            TotalKind::Between => Box::new(Buckets::new(None, zero()?)?),
        })
    }

    fn run(&self, plan: &PlanRef, task: &Task) -> Result<Partial> {
        let mut stream = open(plan, task)?;
        let Ok(mut total) = self.begin() else { return self.resume(None, None, stream, task) };
        while let Some(chunk) = stream.next(usize::MAX)? {
            task.cancel.check()?;
            if !chunk.is_empty() && self.take(total.as_mut(), &chunk).is_err() {
                return self.resume(total.state(), Some(chunk), stream, task);
            }
        }
        Ok(Partial::Native(total.value().unwrap_or_else(|| Columns::empty(Type::Null))))
    }

    fn take(&self, total: &mut dyn Total, chunk: &Chunk) -> Result<(), Decline> {
        let rows = to_columns(chunk)?;
        match &self.function {
            Some(key) if !matches!(self.kind, TotalKind::Reduce | TotalKind::Fold) => {
                let keys = key.map(std::slice::from_ref(&rows))?;
                total.update_by(&rows, &keys)
            }
            _ => total.update(&rows),
        }
    }

    fn resume(&self, state: Option<Columns>, chunk: Option<Chunk>, rest: BoxStream, task: &Task) -> Result<Partial> {
        let count = state.as_ref().map_or(0, Columns::len) as i64;
        let count = Columns::ints(vec![count]);
        let state = state.filter(|state| !state.is_empty());
        let head = [Some(count), state].into_iter().flatten().map(Chunk::Columns).chain(chunk).collect();
        let input = Box::new(Resumed { head, rest });
        let mut rows = task.prepared.interpreter.resume(&self.rest, input, task)?;
        drain(rows.as_mut(), usize::MAX, &task.cancel).map(Partial::Interpreted)
    }
}

/// What comes before the rest of a stream, then that.
struct Resumed {
    head: VecDeque<Chunk>,
    rest: BoxStream,
}

impl RowInput for Resumed {
    fn next(&mut self) -> Result<Option<(Chunk, usize)>> {
        let next = match self.head.pop_front() {
            Some(chunk) => Some(chunk),
            None => self.rest.next(usize::MAX)?,
        };
        Ok(next.map(|chunk| (chunk, 0)))
    }

    fn is_at_hand(&self) -> bool {
        !self.head.is_empty() || self.rest.is_at_hand()
    }
}
