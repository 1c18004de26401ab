//! What a plan does with its inputs' rows, and how it reads them. Only data: `stage/op/` has a file for each that runs it.

use std::sync::Arc;

use super::function::{FunctionKind, FunctionRef, Role};
use super::scan::Scan;
use super::shuffle::Shuffle;
use super::slide::Slide;
use super::state::{StateOp, StateView};
use super::{Plan, PlanRef};

/// What a plan does.
pub enum Op {
    /// Rows that no other plan makes.
    Scan(Arc<dyn Scan>),
    /// A function over rows or partitions.
    Narrow(Narrow),
    /// The inputs' partitions, one after the other.
    Union,
    /// Inputs with one partitioner: partition i is all their i-th partitions. Spark's `PartitionerAwareUnionRDD`.
    CoUnion,
    /// Neighbouring partitions made one, without a shuffle.
    Coalesce,
    /// Rows as a shuffle has laid them out.
    Shuffled,
    /// Values of one key become one.
    Combine(Aggregator),
    /// Rows in order.
    Sort(Order),
    /// Rows of several inputs with equal keys meet.
    Join(JoinKind),
    /// Each row beside its number.
    Numbered(Numbers),
    /// Rows drawn at random.
    Sampled(Sample),
    /// Rows of two inputs side by side: pairs.
    Zip,
    /// Every row of one input with every row of another: partition i * m + j has the left i-th and the right j-th.
    Cartesian,
    /// Pairs where the partitioner wants their keys, each partition in order.
    SortWithin(Order),
    /// What a stream remembers by key after a batch; its rows are what the batch's pairs were mapped to.
    State(Box<StateOp>),
    /// What is read of a state.
    StateView(StateView),
    /// A window's values by key, by what came and went.
    Slide(Slide),
}

/// A function over an input's rows or partitions.
pub struct Narrow {
    /// What the function does.
    pub kind: FunctionKind,
    /// The function.
    pub function: FunctionRef,
    /// Whether its tasks wait for each other, so that all must run at once.
    pub barrier: bool,
}

/// How the rows of a partition are numbered.
pub enum Numbers {
    /// On from the partition's first number.
    From(Vec<i64>),
    /// From the partition's index on by so many.
    By(i64),
}

impl Numbers {
    /// A partition's first number, and from each to the next.
    pub fn of(&self, partition: usize) -> (i64, i64) {
        match self {
            Self::From(starts) => (starts.get(partition).copied().unwrap_or_default(), 1),
            Self::By(step) => (partition as i64, *step),
        }
    }
}

/// Which rows are drawn. Partition p's generator is Python's, seeded with the exclusive or of `seed` and p.
pub struct Sample {
    /// The seed.
    pub seed: i64,
    /// How rows are drawn.
    pub draw: Draw,
}

/// How rows are drawn.
#[derive(Clone, Copy, Debug)]
pub enum Draw {
    /// Each row whose number, between 0 and 1, is at least the first and below the second.
    Within(f64, f64),
    /// Each row as often as a Poisson distribution with this mean says.
    Times(f64),
}

/// How values of one key become one value. Spark's `Aggregator`.
#[derive(Clone)]
pub enum Aggregator {
    /// One function is value merger and combiner merger: `reduceByKey`.
    Reduce(FunctionRef),
    /// Spark's three functions: `combineByKey`.
    Combine {
        /// The first value of a key in a partition becomes a combiner.
        create: FunctionRef,
        /// A further value joins the partition's combiner.
        merge_value: FunctionRef,
        /// Two partitions' combiners become one.
        merge_combiners: FunctionRef,
    },
    /// Values are gathered in a list: `groupByKey`.
    Group,
}

/// How rows are compared.
#[derive(Clone)]
pub struct Order {
    /// What is compared: `key(row)`, or `key(row[0])` with `by_key`; `None` is the identity.
    pub key: Option<FunctionRef>,
    /// Whether rows are pairs compared by their first item.
    pub by_key: bool,
    /// Smallest first.
    pub ascending: bool,
}

/// What comes of the values that the inputs have for one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    /// Pairs of the keys that both sides have.
    Inner,
    /// Every left value, with `None` where the right side lacks the key.
    LeftOuter,
    /// Every right value, with `None` where the left side lacks the key.
    RightOuter,
    /// Every value of either side.
    FullOuter,
    /// A tuple of each input's values.
    Cogroup,
    /// The left rows whose key the right side lacks.
    Subtract,
    /// The keys that both sides have.
    Intersect,
}

impl JoinKind {
    /// From the name that the Python API uses.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "inner" => Self::Inner,
            "left_outer" => Self::LeftOuter,
            "right_outer" => Self::RightOuter,
            "full_outer" => Self::FullOuter,
            "cogroup" => Self::Cogroup,
            "subtract" => Self::Subtract,
            "intersect" => Self::Intersect,
            _ => return None,
        })
    }
}

/// Another plan whose rows a plan reads.
pub struct Input {
    /// The other plan.
    pub plan: PlanRef,
    /// Which of its rows.
    pub how: Dependency,
}

/// How partitions depend on an input's.
#[derive(Clone)]
pub enum Dependency {
    /// Partition i on partition i.
    Aligned,
    /// As the operator says, on whole partitions.
    Partitions,
    /// On rows of every partition.
    Shuffle(Arc<Shuffle>),
}

impl Input {
    /// The shuffle between, if there is one.
    pub fn shuffle(&self) -> Option<&Arc<Shuffle>> {
        match &self.how {
            Dependency::Shuffle(shuffle) => Some(shuffle),
            _ => None,
        }
    }
}

impl Op {
    /// The user's functions that it runs.
    pub fn functions(&self) -> Vec<(Role, FunctionRef)> {
        match self {
            Self::Narrow(Narrow { kind, function, .. }) => vec![(Role::Step(*kind), function.clone())],
            Self::Combine(Aggregator::Reduce(f)) => vec![(Role::Merge, f.clone())],
            Self::Combine(Aggregator::Combine { create, merge_value, merge_combiners }) => vec![
                (Role::Create, create.clone()),
                (Role::MergeValue, merge_value.clone()),
                (Role::MergeCombiners, merge_combiners.clone()),
            ],
            Self::Slide(slide) => slide.functions(),
            Self::Sort(order) | Self::SortWithin(order) => {
                order.key.iter().map(|key| (Role::Key, key.clone())).collect()
            }
            Self::State(state) => state.functions(),
            _ => Vec::new(),
        }
    }
}

impl Plan {
    /// What `explain` says behind the plan's name; function lines follow on their own.
    pub fn describe(&self) -> crate::error::Result<String> {
        Ok(match self.op() {
            Op::Scan(scan) => scan.describe(),
            Op::Narrow(narrow) => narrow.function.describe(),
            _ if self.inputs().iter().any(|input| input.shuffle().is_some()) => {
                format!("into {} partitions", self.partitions()?)
            }
            Op::Union | Op::CoUnion => format!("of {}", self.inputs().len()),
            Op::Slide(slide) => slide.describe(),
            _ => String::new(),
        })
    }
}
