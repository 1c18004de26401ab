//! How plans are made: one constructor an operation, each with its rule for partitions and partitioner.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::chunk::Chunk;
use crate::error::Result;
use crate::store::StoredRef;

use super::{
    Aggregator, By, Dependency, FunctionKind, FunctionRef, Input, JoinKind, Narrow, Numbers, Op, Order, Partitioner,
    Partitions, Parts, Plan, PlanRef, Sample, Scan, Shuffle, Slide, StoredRows,
};

/// Mostly there are none, and then no job looks for them.
static BARRIERS: AtomicBool = AtomicBool::new(false);

pub(super) fn aligned(plan: PlanRef) -> Input {
    Input { plan, how: Dependency::Aligned }
}

fn shuffled(plan: PlanRef, partitions: usize, by: By, combines: bool) -> Input {
    Input { plan, how: Dependency::Shuffle(Shuffle::new(partitions, by, combines)) }
}

/// Pairs by key; rows that are where the partitioner wants them needn't move.
pub(super) fn keyed(plan: PlanRef, partitioner: &Partitioner, combines: bool) -> Input {
    if plan.partitioner() == Some(partitioner) {
        return aligned(plan);
    }
    shuffled(plan, partitioner.partitions, By::Key(partitioner.function.clone()), combines)
}

impl Partitions {
    /// Of a plan that reads each partition of this one.
    pub(super) fn above(self) -> Self {
        match self {
            Self::Known(n) => Self::Known(n),
            Self::OfScan | Self::OfInput => Self::OfInput,
        }
    }
}

impl Plan {
    /// Rows in memory, one list of chunks a partition.
    pub fn chunks(partitions: Vec<Vec<Chunk>>) -> PlanRef {
        let n = partitions.len();
        let scan = Op::Scan(Arc::new(Parts::new(partitions)));
        Self::make("parallelize", scan, Vec::new(), Partitions::Known(n), None)
    }

    /// Rows that somebody reads.
    pub fn scan(scan: Arc<dyn Scan>, name: &str) -> PlanRef {
        Self::make(name, Op::Scan(scan), Vec::new(), Partitions::OfScan, None)
    }

    /// Stored partitions, with the places of keys where they are known.
    pub fn stored(partitions: Vec<StoredRef>, partitioner: Option<Partitioner>, name: &str) -> PlanRef {
        let n = partitions.len();
        let scan = Op::Scan(Arc::new(StoredRows::new(partitions)));
        Self::make(name, scan, Vec::new(), Partitions::Known(n), partitioner)
    }

    /// A function over the parent's rows. The partitioner stays where `preserves` says so.
    pub fn narrow(parent: PlanRef, kind: FunctionKind, function: FunctionRef, preserves: bool, name: &str) -> PlanRef {
        Self::fused(parent, Narrow { kind, function, barrier: false }, preserves, name)
    }

    /// The same of partitions whose tasks wait for each other.
    pub fn barrier(parent: PlanRef, kind: FunctionKind, function: FunctionRef, preserves: bool, name: &str) -> PlanRef {
        BARRIERS.store(true, Ordering::Relaxed);
        Self::fused(parent, Narrow { kind, function, barrier: true }, preserves, name)
    }

    fn fused(parent: PlanRef, narrow: Narrow, preserves: bool, name: &str) -> PlanRef {
        let partitioner = if preserves { parent.partitioner.clone() } else { None };
        let partitions = parent.partitions.above();
        Self::make(name, Op::Narrow(narrow), vec![aligned(parent)], partitions, partitioner)
    }

    /// Whether there ever was such a plan.
    pub fn any_barrier() -> bool {
        BARRIERS.load(Ordering::Relaxed)
    }

    /// Pairs of a row and its number.
    pub fn numbered(parent: PlanRef, numbers: Numbers, name: &str) -> PlanRef {
        let partitions = parent.partitions.above();
        Self::make(name, Op::Numbered(numbers), vec![aligned(parent)], partitions, None)
    }

    /// Rows drawn at random.
    pub fn sampled(parent: PlanRef, sample: Sample, preserves: bool, name: &str) -> PlanRef {
        let partitioner = if preserves { parent.partitioner.clone() } else { None };
        let partitions = parent.partitions.above();
        Self::make(name, Op::Sampled(sample), vec![aligned(parent)], partitions, partitioner)
    }

    /// All rows of the parents. Parents without partitions vanish; parents that share a partitioner keep it.
    pub fn union(parents: Vec<PlanRef>) -> Result<PlanRef> {
        let mut kept = Vec::with_capacity(parents.len());
        let mut total = 0;
        for parent in parents {
            let n = parent.partitions()?;
            if n > 0 {
                total += n;
                kept.push(parent);
            }
        }
        let shared = kept.first().and_then(|p| p.partitioner.clone());
        if let Some(shared) = shared.filter(|s| kept.iter().all(|p| p.partitioner.as_ref() == Some(s))) {
            let n = shared.partitions;
            let inputs = kept.into_iter().map(aligned).collect();
            return Ok(Self::make("union", Op::CoUnion, inputs, Partitions::Known(n), Some(shared)));
        }
        let inputs = kept.into_iter().map(|plan| Input { plan, how: Dependency::Partitions }).collect();
        Ok(Self::make("union", Op::Union, inputs, Partitions::Known(total), None))
    }

    /// `n` partitions of neighbouring parents' partitions; never more than there are.
    pub fn coalesce(parent: PlanRef, n: usize) -> Result<PlanRef> {
        let n = n.min(parent.partitions()?);
        let input = Input { plan: parent, how: Dependency::Partitions };
        Ok(Self::make("coalesce", Op::Coalesce, vec![input], Partitions::Known(n), None))
    }

    /// `n` partitions, rows spread in lumps.
    pub fn repartition(parent: PlanRef, n: usize) -> PlanRef {
        let input = shuffled(parent, n, By::Lumps, false);
        Self::make("repartition", Op::Shuffled, vec![input], Partitions::Known(n), None)
    }

    /// Pairs where the partitioner wants their keys.
    pub fn partition_by(parent: PlanRef, partitioner: Partitioner, name: &str) -> PlanRef {
        let n = partitioner.partitions;
        let input = shuffled(parent, n, By::Key(partitioner.function.clone()), false);
        Self::make(name, Op::Shuffled, vec![input], Partitions::Known(n), Some(partitioner))
    }

    /// One value a key.
    pub fn combine(parent: PlanRef, aggregator: Aggregator, partitioner: Partitioner, name: &str) -> PlanRef {
        let n = partitioner.partitions;
        let input = keyed(parent, &partitioner, true);
        Self::make(name, Op::Combine(aggregator), vec![input], Partitions::Known(n), Some(partitioner))
    }

    /// A window's values by key: what `in_full` makes, whose partitions are those of all parts.
    pub fn slide(in_full: PlanRef, parts: Vec<PlanRef>, slide: Slide, name: &str) -> PlanRef {
        let (partitions, partitioner) = (in_full.partitions, in_full.partitioner.clone());
        let inputs = std::iter::once(in_full).chain(parts).map(aligned).collect();
        Self::make(name, Op::Slide(slide), inputs, partitions, partitioner)
    }

    /// Rows in `n` range partitions, sorted.
    pub fn sort(parent: PlanRef, order: Order, n: usize, name: &str) -> PlanRef {
        let input = shuffled(parent, n, By::Range, false);
        Self::make(name, Op::Sort(order), vec![input], Partitions::Known(n), None)
    }

    /// Pairs of the rows that stand side by side. The plans have equally many partitions.
    pub fn zip(left: PlanRef, right: PlanRef) -> PlanRef {
        let partitions = left.partitions.above();
        Self::make("zip", Op::Zip, vec![aligned(left), aligned(right)], partitions, None)
    }

    /// Every row of `left` with every row of `right`.
    pub fn cartesian(left: PlanRef, right: PlanRef) -> Result<PlanRef> {
        let n = left.partitions()? * right.partitions()?;
        let inputs = [left, right].map(|plan| Input { plan, how: Dependency::Partitions });
        Ok(Self::make("cartesian", Op::Cartesian, inputs.into(), Partitions::Known(n), None))
    }

    /// Pairs where the partitioner wants their keys, each partition sorted.
    pub fn sort_within(parent: PlanRef, order: Order, partitioner: Partitioner, name: &str) -> PlanRef {
        let n = partitioner.partitions;
        let input = keyed(parent, &partitioner, false);
        Self::make(name, Op::SortWithin(order), vec![input], Partitions::Known(n), Some(partitioner))
    }

    /// Rows of several plans with equal keys.
    pub fn join(parents: Vec<PlanRef>, kind: JoinKind, partitioner: Partitioner, name: &str) -> PlanRef {
        let n = partitioner.partitions;
        let inputs = parents.into_iter().map(|parent| keyed(parent, &partitioner, false)).collect();
        // Intersected rows are keys that stand alone.
        let keeps = (kind != JoinKind::Intersect).then_some(partitioner);
        Self::make(name, Op::Join(kind), inputs, Partitions::Known(n), keeps)
    }
}
