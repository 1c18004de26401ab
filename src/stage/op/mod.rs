//! Operators: one file each, from a plan to the stream of one partition.

mod cached;
mod cartesian;
mod chain;
mod combine;
mod demand;
mod ending;
mod heavy;
mod join;
mod leaving;
mod narrow;
mod numbered;
mod numbering;
mod product;
mod sample;
mod scan;
mod several;
mod shuffled;
mod skipping;
mod slide;
mod split;
mod state;
mod whole;
mod within;
mod zip;

use std::sync::Arc;

use crate::chunk::{BoxStream, InMemory};
use crate::error::Result;
use crate::plan::{Op, PlanRef};

use super::Task;

pub(super) use chain::{pair, to_columns};
pub(super) use combine::{Drained, Pieces, Table, short_lists};
pub(super) use split::split_by_weight;
pub use state::gather as gather_rows;

/// What a plan does, as its tasks run it.
trait Operator {
    /// The rows of `plan`'s partition `task.partition`.
    fn open(&self, plan: &PlanRef, task: &Task) -> Result<BoxStream>;
}

fn operator(op: &Op) -> &dyn Operator {
    match op {
        Op::Scan(scan) => scan,
        Op::Narrow(narrow) => narrow,
        Op::Union => &several::Union,
        Op::CoUnion => &several::CoUnion,
        Op::Coalesce => &several::Coalesce,
        Op::Shuffled | Op::Sort(_) => &shuffled::Shuffled,
        Op::Combine(aggregator) => aggregator,
        Op::Join(kind) => kind,
        Op::Numbered(numbers) => numbers,
        Op::Sampled(sample) => sample,
        Op::Zip => &zip::Zip,
        Op::Cartesian => &cartesian::Cartesian,
        Op::SortWithin(order) => order,
        Op::State(state) => &**state,
        Op::StateView(view) => view,
        Op::Slide(slide) => slide,
    }
}

/// The rows of `plan`'s partition `task.partition`.
pub fn open(plan: &PlanRef, task: &Task) -> Result<BoxStream> {
    if let Some(partitions) = task.prepared.kept(plan) {
        return Ok(match partitions.get(task.partition) {
            Some(rows) => cached::found(rows).open(&task.cancel),
            None => Box::new(InMemory::new(Vec::new())),
        });
    }
    if plan.slots().is_enabled() {
        let cached = cached::CachedStream::new(plan.clone(), task.below(task.partition)?);
        return Ok(Box::new(ending::Ending::new(cached)));
    }
    open_uncached(plan, task)
}

fn open_uncached(plan: &PlanRef, task: &Task) -> Result<BoxStream> {
    let from = |saved: &PlanRef| operator(saved.op()).open(saved, task);
    if let Some(saved) = plan.saved() {
        return from(saved);
    }
    let opened = operator(plan.op()).open(plan, task);
    // Another job may have ended in saving it: what is saved is said before the inputs change, so that who has seen changed
    // inputs hears of it here.
    plan.saved().map_or(opened, from)
}

/// Whether a plan's rows come from its cache or a checkpoint.
fn is_kept(plan: &PlanRef, task: &Task) -> bool {
    plan.slots().is_enabled() || plan.saved().is_some() || task.prepared.kept(plan).is_some()
}

impl<T: Operator + ?Sized> Operator for Arc<T> {
    fn open(&self, plan: &PlanRef, task: &Task) -> Result<BoxStream> {
        (**self).open(plan, task)
    }
}
