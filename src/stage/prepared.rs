//! A job's frozen functions: captures are read once, when the job is made.

use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::chunk::Chunk;
use crate::error::{Decline, Error, Kind, Result};
use crate::lambda::{Compiled, Reducer};
use crate::plan::{Aggregator, Exchange, FrozenFunction, FunctionKind, FunctionRef, NativeMode, Node, Plan, PlanRef};

use super::{Cores, Interpreter};

/// One narrow operation, frozen.
#[derive(Clone)]
pub struct Step {
    /// What it does to rows.
    pub kind: FunctionKind,
    /// The operation's name, for notes on errors.
    pub name: Arc<str>,
    /// The function in the lineage: its counters.
    pub function: FunctionRef,
    /// The function as this job sees it.
    pub frozen: FrozenFunction,
}

/// How values of one key become one, frozen.
#[derive(Clone)]
pub enum FrozenAggregator {
    /// `reduceByKey`
    Reduce {
        /// The native form or the reason for none.
        reducer: Result<Reducer, Decline>,
        /// The function in the lineage: its counters.
        function: FunctionRef,
        /// The interpreter's form.
        object: Arc<dyn Any + Send + Sync>,
    },
    /// `combineByKey`: create, merge value, merge combiners.
    Combine([Arc<dyn Any + Send + Sync>; 3]),
    /// `groupByKey`
    Group,
}

/// A shuffle's functions, frozen.
#[derive(Clone)]
pub enum FrozenExchange {
    /// Combine by key.
    Combine {
        /// The operation's name, for notes on errors.
        name: Arc<str>,
        /// How values meet.
        aggregator: FrozenAggregator,
        /// The user's partition function.
        partition_function: Option<Arc<dyn Any + Send + Sync>>,
    },
    /// Pairs go where the function of their key says.
    PartitionBy {
        /// The operation's name, for notes on errors.
        name: Arc<str>,
        /// The user's partition function.
        partition_function: Option<Arc<dyn Any + Send + Sync>>,
    },
    /// Lumps of ten go round.
    Repartition,
    /// Range partitions.
    Sort {
        /// The operation's name, for notes on errors.
        name: Arc<str>,
        /// The key function.
        key: Option<FrozenFunction>,
        /// The function in the lineage: its counters.
        function: Option<FunctionRef>,
        /// Whether rows are pairs sorted by their first item.
        by_key: bool,
        /// Smallest first.
        ascending: bool,
    },
}

/// A job made ready: what its tasks share.
pub struct Prepared {
    steps: HashMap<u64, Step>,
    exchanges: HashMap<u64, FrozenExchange>,
    kept: HashMap<u64, Vec<Vec<Chunk>>>,
    /// Who runs user functions.
    pub interpreter: Arc<dyn Interpreter>,
    /// Cores that tasks may use beside their own.
    pub cores: Arc<Cores>,
}

impl Prepared {
    /// Freezes every function that `plan` still has to run, and holds on to caches that are full: what lies above them
    /// isn't prepared, so that this job needs them even when they are dropped meanwhile.
    pub fn new(plan: &PlanRef, interpreter: Arc<dyn Interpreter>, mode: NativeMode, cores: Arc<Cores>) -> Result<Self> {
        let (steps, exchanges, kept) = (HashMap::new(), HashMap::new(), HashMap::new());
        let mut prepared = Self { steps, exchanges, kept, interpreter, cores };
        let mut seen = HashSet::new();
        let mut pending: Vec<&Plan> = vec![plan];
        while let Some(plan) = pending.pop() {
            if !seen.insert(plan.id()) {
                continue;
            }
            if let Some(partitions) = plan.cache().all() {
                prepared.kept.insert(plan.id(), partitions);
                continue;
            }
            match plan.node() {
                Node::Narrow { kind, function, .. } => {
                    let frozen = freeze(function, mode, *kind)?;
                    let step = Step { kind: *kind, name: plan.name().into(), function: function.clone(), frozen };
                    prepared.steps.insert(plan.id(), step);
                }
                Node::Exchange { exchange, cell, .. } => {
                    prepared.exchanges.insert(plan.id(), freeze_exchange(exchange, plan.name().into(), mode)?);
                    if cell.get().is_some() {
                        continue;
                    }
                }
                _ => {}
            }
            pending.extend(plan.parents().iter().map(AsRef::as_ref));
        }
        Ok(prepared)
    }

    /// A plan's partitions, where all were kept when the job was made.
    pub fn kept(&self, plan: &Plan) -> Option<&[Vec<Chunk>]> {
        self.kept.get(&plan.id()).map(Vec::as_slice)
    }

    /// The frozen narrow operation of a plan.
    pub fn step(&self, plan: &Plan) -> Result<&Step> {
        self.steps.get(&plan.id()).ok_or_else(|| unprepared(plan))
    }

    /// The frozen shuffle of a plan.
    pub fn exchange(&self, plan: &Plan) -> Result<&FrozenExchange> {
        self.exchanges.get(&plan.id()).ok_or_else(|| unprepared(plan))
    }
}

/// Whatever a task opens was prepared, so this is a fault of the engine.
fn unprepared(plan: &Plan) -> Error {
    Error::new(Kind::Spark, format!("a bug in Pyrite's engine: {} was not prepared; please report it", plan.name()))
}

fn freeze(function: &FunctionRef, mode: NativeMode, kind: FunctionKind) -> Result<FrozenFunction> {
    let mut frozen = function.freeze(mode != NativeMode::Off && !kind.takes_iterator())?;
    frozen.native = frozen.native_for(1);
    if kind.takes_iterator() {
        frozen.native = Err(Decline::new("it takes an iterator"));
    } else if let (NativeMode::Require, Err(decline)) = (mode, &frozen.native) {
        return Err(required(function, decline));
    }
    Ok(frozen)
}

/// The native form of a reduce function: by its shape, else as it stands.
fn reducer(compiled: Arc<Compiled>) -> Reducer {
    Reducer::from_expr(compiled.expr()).unwrap_or(Reducer::General(compiled))
}

fn required(function: &FunctionRef, decline: &Decline) -> Error {
    let message = format!(
        "pyrite.native is \"require\", but {} does not compile: {decline}. Change the function, or set pyrite.native to \"auto\".",
        function.describe()
    );
    Error::new(Kind::Spark, message)
}

fn freeze_exchange(exchange: &Exchange, name: Arc<str>, mode: NativeMode) -> Result<FrozenExchange> {
    let object = |f: &Option<FunctionRef>| f.as_ref().map(|f| Ok(f.freeze(false)?.object)).transpose();
    Ok(match exchange {
        Exchange::Combine { aggregator, partition_function } => {
            let aggregator = match aggregator {
                Aggregator::Reduce(function) => {
                    let frozen = function.freeze(mode != NativeMode::Off)?;
                    if let (NativeMode::Require, Err(decline)) = (mode, &frozen.native_for(2)) {
                        return Err(required(function, decline));
                    }
                    let reducer = frozen.native_for(2).map(reducer);
                    FrozenAggregator::Reduce { reducer, function: function.clone(), object: frozen.object }
                }
                Aggregator::Combine { create, merge_value, merge_combiners } => FrozenAggregator::Combine([
                    create.freeze(false)?.object,
                    merge_value.freeze(false)?.object,
                    merge_combiners.freeze(false)?.object,
                ]),
                Aggregator::Group => FrozenAggregator::Group,
            };
            FrozenExchange::Combine { name, aggregator, partition_function: object(partition_function)? }
        }
        Exchange::PartitionBy { partition_function } => {
            FrozenExchange::PartitionBy { name, partition_function: object(partition_function)? }
        }
        Exchange::Repartition => FrozenExchange::Repartition,
        Exchange::Sort { key, by_key, ascending } => FrozenExchange::Sort {
            name,
            key: key.as_ref().map(|k| freeze(k, mode, FunctionKind::Map)).transpose()?,
            function: key.clone(),
            by_key: *by_key,
            ascending: *ascending,
        },
    })
}
