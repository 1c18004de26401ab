//! Partitions of several inputs, or of one, one after the other.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::chunk::{BoxStream, Cancel, Chunk, ChunkStream};
use crate::error::{Error, Kind, Result};
use crate::plan::{Op, Plan, PlanRef};
use crate::stage::Task;

use super::{Operator, is_kept, open};

/// The inputs' partitions, one after the other.
pub(super) struct Union;

/// Partition i is all the inputs' i-th partitions.
pub(super) struct CoUnion;

/// Neighbouring partitions made one.
pub(super) struct Coalesce;

impl Operator for Union {
    fn open(&self, plan: &PlanRef, task: &Task) -> Result<BoxStream> {
        let (below, partition) = below_unions(plan, task)?;
        open(&below, &task.below(partition)?)
    }
}

impl Operator for CoUnion {
    fn open(&self, plan: &PlanRef, task: &Task) -> Result<BoxStream> {
        let parts = plan.inputs().iter().map(|input| (input.plan.clone(), task.partition)).collect();
        Ok(Box::new(Concatenated { parts, current: None, task: task.clone() }))
    }
}

impl Operator for Coalesce {
    fn open(&self, plan: &PlanRef, task: &Task) -> Result<BoxStream> {
        let inputs = plan.inputs();
        let Some(input) = inputs.first() else { return Err(no_partition(plan, task.partition)) };
        let (n, groups) = (input.plan.partitions()?, plan.partitions()?);
        let (from, to) = (task.partition * n / groups, (task.partition + 1) * n / groups);
        let parts = (from..to).map(|partition| (input.plan.clone(), partition)).collect();
        Ok(Box::new(Concatenated { parts, current: None, task: task.clone() }))
    }
}

/// Which partition of which input a union's partition is. A loop that unions nests many thousand deep.
fn below_unions(plan: &PlanRef, task: &Task) -> Result<(PlanRef, usize)> {
    let (mut at, mut index) = (plan.clone(), task.partition);
    'unions: while let Op::Union = at.op() {
        if !Arc::ptr_eq(&at, plan) && is_kept(&at, task) {
            break;
        }
        for input in at.inputs().iter() {
            let n = input.plan.partitions()?;
            if index < n {
                at = input.plan.clone();
                continue 'unions;
            }
            index -= n;
        }
        return Err(no_partition(plan, task.partition));
    }
    Ok((at, index))
}

fn no_partition(plan: &Plan, index: usize) -> Error {
    Error::new(Kind::IllegalArgument, format!("{} has no partition {index}", plan.name()))
}

/// Several partitions one after the other, each opened when the one before has ended.
struct Concatenated {
    parts: VecDeque<(PlanRef, usize)>,
    current: Option<BoxStream>,
    task: Task,
}

impl ChunkStream for Concatenated {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        loop {
            if let Some(stream) = &mut self.current {
                if let Some(chunk) = stream.next(want)? {
                    return Ok(Some(chunk));
                }
                self.current = None;
            }
            let Some((plan, partition)) = self.parts.pop_front() else { return Ok(None) };
            self.current = Some(open(&plan, &self.task.below(partition)?)?);
        }
    }

    fn count(&mut self, cancel: &Cancel) -> Result<u64> {
        let mut rows = self.current.take().map_or(Ok(0), |mut stream| stream.count(cancel))?;
        while let Some((plan, partition)) = self.parts.pop_front() {
            rows += open(&plan, &self.task.below(partition)?)?.count(cancel)?;
        }
        Ok(rows)
    }
}
