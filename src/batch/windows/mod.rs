//! Values by key over a window of reduced panes, as `PySpark` makes them: with an inverse function and from five slides on
//! from the window before, else from all panes.

mod carried;

use std::sync::Arc;

use crate::chunk::Decode;
use crate::error::Result;
use crate::job::Engine;
use crate::plan::{Aggregator, FunctionKind, FunctionRef, Partitioner, Plan, PlanRef, Slide, Sliding};
use crate::shuffle::slide::Carry;
use crate::time::Time;

use super::DriverFn;

pub(super) use carried::CarriedWindow;

/// What a window does with its panes.
#[derive(Clone)]
pub struct Reducing {
    /// What the program called, and where.
    pub name: String,
    /// How far it looks back.
    pub window_ms: i64,
    /// Two values of a key become one. The panes are reduced by it.
    pub merge: FunctionRef,
    /// Number of partitions, by `portable_hash`.
    pub partitions: usize,
    /// How what has left is taken away.
    pub inverse: Option<Inverse>,
}

/// The functions of a window that is carried on.
#[derive(Clone)]
pub struct Inverse {
    /// `inverse(value, gone)`
    pub inverse: FunctionRef,
    /// The same of a pair whose second item is `None` where nothing has left.
    pub subtract: FunctionRef,
    /// Which pairs stay.
    pub filter: Option<FunctionRef>,
    /// How opaque rows come back from a checkpoint.
    pub decode: Option<Decode>,
    /// Runs the jobs that complete a window of which only a part was read.
    pub engine: Arc<Engine>,
}

impl Reducing {
    fn partitioner(&self) -> Partitioner {
        Partitioner::hash(self.partitions)
    }

    fn reduce(&self, plan: PlanRef) -> PlanRef {
        Plan::combine(plan, Aggregator::Reduce(self.merge.clone()), self.partitioner(), &self.name)
    }

    fn keep(&self, plan: PlanRef) -> PlanRef {
        match self.inverse.as_ref().and_then(|inverse| inverse.filter.as_ref()) {
            Some(filter) => Plan::narrow(plan, FunctionKind::Filter, filter.clone(), true, &self.name),
            None => plan,
        }
    }

    /// A window of its panes alone.
    fn in_full(&self, panes: Vec<PlanRef>, carry: &Arc<Carry>) -> Result<PlanRef> {
        let reduced = self.reduce(Plan::union(panes.clone())?);
        if panes.len() < 2 {
            return Ok(self.keep(reduced));
        }
        let slide = Slide { merge: self.merge.clone(), how: Sliding::Panes, carry: carry.clone() };
        Ok(self.keep(Plan::slide(reduced, panes, slide, &self.name)))
    }
}

/// Reduces a window without an inverse: its plan is the union of its panes.
pub(super) struct InFull {
    reducing: Reducing,
    carry: Arc<Carry>,
}

impl InFull {
    pub(super) fn new(reducing: Reducing) -> Self {
        Self { reducing, carry: Arc::default() }
    }
}

impl DriverFn for InFull {
    fn call(&self, _: Time, parents: &[PlanRef]) -> Result<Option<PlanRef>> {
        let Some(window) = parents.first() else { return Ok(None) };
        let panes: Vec<PlanRef> = window.inputs().iter().map(|pane| pane.plan.clone()).collect();
        self.reducing.in_full(panes, &self.carry).map(Some)
    }
}
