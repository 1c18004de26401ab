//! From a plan to the stream of one partition: narrow chains are fused, shuffles and caches are read.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::chunk::{BoxStream, Cancel, Chunk, ChunkStream, InMemory};
use crate::error::{Error, Kind, Result};
use crate::plan::{Node, Plan, PlanRef};

use super::cached::CachedStream;
use super::chain::{NativeChain, NativePrefix};
use super::combine::CombineStream;
use super::demand::{Demand, Demanding};
use super::text::TextStream;
use super::{FrozenExchange, Step, Task};

/// The rows of `plan`'s partition `task.partition`.
pub fn open(plan: &PlanRef, task: &Task) -> Result<BoxStream> {
    if let Some(partitions) = task.prepared.kept(plan) {
        return Ok(Box::new(InMemory::new(partitions.get(task.partition).cloned().unwrap_or_default())));
    }
    if plan.cache().is_enabled() {
        return Ok(Box::new(CachedStream::new(plan.clone(), task.below(task.partition)?)));
    }
    open_uncached(plan, task)
}

pub(super) fn open_uncached(plan: &PlanRef, task: &Task) -> Result<BoxStream> {
    match plan.node() {
        Node::Chunks(partitions) => {
            Ok(Box::new(InMemory::new(partitions.get(task.partition).cloned().unwrap_or_default())))
        }
        Node::Text(files) => {
            let splits = files.splits()?;
            let split = splits.get(task.partition).ok_or_else(|| no_partition(plan, task.partition))?;
            Ok(Box::new(TextStream::new(split.clone())))
        }
        Node::Narrow { .. } => open_chain(plan, task),
        Node::Union(_) => {
            let (parent, partition) = below_unions(plan, task)?;
            open(parent, &task.below(partition)?)
        }
        Node::CoUnion(parents) => {
            let parts = parents.iter().map(|p| (p.clone(), task.partition)).collect();
            Ok(Box::new(Concatenated { parts, current: None, task: task.clone() }))
        }
        Node::Coalesce { parent } => {
            let (n, groups) = (parent.partitions()?, plan.partitions()?);
            let (from, to) = (task.partition * n / groups, (task.partition + 1) * n / groups);
            let parts = (from..to).map(|p| (parent.clone(), p)).collect();
            Ok(Box::new(Concatenated { parts, current: None, task: task.clone() }))
        }
        Node::Exchange { cell, .. } => {
            let output = cell.get().ok_or_else(|| Error::new(Kind::Spark, "a shuffle was read before it ran"))?;
            let chunks = output.get(task.partition).cloned().unwrap_or_default();
            match task.prepared.exchange(plan)? {
                FrozenExchange::Combine { name, aggregator, .. } => {
                    Ok(Box::new(CombineStream::new(name.clone(), aggregator.clone(), chunks, task.clone())))
                }
                _ => Ok(Box::new(InMemory::new(chunks))),
            }
        }
    }
}

/// Which partition of which parent a union's partition is. A loop that unions nests many thousand deep.
fn below_unions<'a>(plan: &'a PlanRef, task: &Task) -> Result<(&'a PlanRef, usize)> {
    let (mut at, mut index) = (plan, task.partition);
    'unions: while let Node::Union(parents) = at.node() {
        if !Arc::ptr_eq(at, plan) && is_kept(at, task) {
            break;
        }
        for parent in parents {
            let n = parent.partitions()?;
            if index < n {
                at = parent;
                continue 'unions;
            }
            index -= n;
        }
        return Err(no_partition(plan, task.partition));
    }
    Ok((at, index))
}

/// Whether a plan's rows come from its cache.
fn is_kept(plan: &PlanRef, task: &Task) -> bool {
    plan.cache().is_enabled() || task.prepared.kept(plan).is_some()
}

fn no_partition(plan: &Plan, index: usize) -> Error {
    Error::new(Kind::IllegalArgument, format!("{} has no partition {index}", plan.name()))
}

/// Fuses the narrow operations that end in `plan` and begin at the nearest source, shuffle or cache.
fn open_chain(plan: &PlanRef, task: &Task) -> Result<BoxStream> {
    let mut steps: Vec<Step> = Vec::new();
    let mut at = plan;
    while let Node::Narrow { parent, .. } = at.node() {
        if !Arc::ptr_eq(at, plan) && is_kept(at, task) {
            break;
        }
        steps.push(task.prepared.step(at)?.clone());
        at = parent;
    }
    steps.reverse();
    let input = open(at, task)?;
    let native = steps.iter().take_while(|s| s.frozen.native.is_ok()).count();
    let task = task.clone();
    if native == steps.len() {
        return Ok(Box::new(NativeChain::new(input, steps, task)));
    }
    let demand = Demand::new(&steps);
    let prefix = NativePrefix { input, steps: steps.clone(), native, demand: demand.clone(), task: task.clone() };
    let rows = task.prepared.interpreter.chain(&steps, Box::new(prefix), &task)?;
    Ok(Box::new(Demanding { rows, demand }))
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
