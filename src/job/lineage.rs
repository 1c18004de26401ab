//! What a stage is made of, for who follows jobs: its plans, what they keep, and what its tasks read of shuffles.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Weak};

use crate::id::StageId;
use crate::plan::{Dependency, Op, OutputRef, Plan, PlanRef};
use crate::store::{Level, Slots};

/// A partition that is kept.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    /// The number of its plan.
    pub plan: u64,
    /// Which.
    pub partition: usize,
    /// Bytes in memory.
    pub memory: usize,
    /// Bytes in files.
    pub disk: usize,
}

impl Block {
    /// Those of a plan.
    pub fn all(plan: u64, slots: &Slots) -> impl Iterator<Item = Self> {
        (0..slots.partitions()).filter_map(move |partition| {
            let rows = slots.get(partition)?;
            let memory = rows.weight();
            Some(Self { plan, partition, memory, disk: rows.bytes().saturating_sub(memory) })
        })
    }
}

/// How many rows and bytes the tasks of a stage that ends in `plan` read of shuffles that have run, each the partition of
/// its own number. Where an operator picks partitions, it isn't known which.
pub fn fetched(plan: &PlanRef, partitions: &[usize]) -> Vec<(u64, u64)> {
    let mut outputs: Vec<OutputRef> = Vec::new();
    let (mut seen, mut open) = (HashSet::from([plan.id()]), vec![plan.clone()]);
    while let Some(plan) = open.pop() {
        if seen.len() > MOST || plan.slots().all_ready().is_some() {
            continue;
        }
        for input in plan.inputs().iter() {
            match &input.how {
                Dependency::Shuffle(shuffle) => outputs.extend(shuffle.output.get()),
                Dependency::Aligned if seen.insert(input.plan.id()) => open.push(input.plan.clone()),
                Dependency::Aligned | Dependency::Partitions => {}
            }
        }
    }
    let size = |partition: &usize| {
        let known = outputs.iter().filter_map(|output| output.fetched(*partition));
        known.fold((0, 0), |sum, (rows, bytes)| (sum.0 + rows as u64, sum.1 + bytes as u64))
    };
    partitions.iter().map(size).collect()
}

/// What a stage is made of.
#[derive(Clone, Debug, Default)]
pub struct Lineage {
    /// Its plans, the last one first.
    pub plans: Vec<Node>,
    /// The stages whose shuffles it reads.
    pub parents: Vec<StageId>,
    /// Whether it writes a shuffle.
    pub shuffles: bool,
}

/// A plan as a stage has it.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its number.
    pub id: u64,
    /// The operation that made it: `map at word_count.py:3`.
    pub name: String,
    /// The plans it reads, those of other stages too.
    pub parents: Vec<u64>,
    /// Number of partitions.
    pub partitions: usize,
    /// Whether its tasks run all at once or not at all.
    pub barrier: bool,
    /// Where its rows are kept, if they are.
    pub kept: Option<Level>,
    /// How many of its partitions are there.
    pub ready: usize,
    slots: Weak<Slots>,
}

/// So many plans of a stage are told: a loop may have made a chain of many thousand.
const MOST: usize = 500;

impl Lineage {
    /// The plans that the stage ending in `plan` computes: up to the shuffles that it reads.
    pub fn of(plan: &PlanRef, parents: Vec<StageId>, shuffles: bool) -> Self {
        let mut plans: Vec<Node> = Vec::new();
        let mut seen = HashSet::from([plan.id()]);
        let mut open = VecDeque::from([(plan.clone(), None)]);
        while let Some((plan, partitions)) = open.pop_front() {
            if plans.len() == MOST {
                break;
            }
            // One whose files can't be listed fails by itself.
            let partitions = partitions.unwrap_or_else(|| plan.partitions().unwrap_or(0));
            plans.push(Node::of(&plan, partitions));
            for input in plan.inputs().iter().filter(|input| input.shuffle().is_none()) {
                if seen.insert(input.plan.id()) {
                    let same = matches!(input.how, Dependency::Aligned).then_some(partitions);
                    open.push_back((input.plan.clone(), same));
                }
            }
        }
        Self { plans, parents, shuffles }
    }

    /// What is kept of its plans now.
    pub fn blocks(&self) -> Vec<Block> {
        let kept = self.plans.iter().filter_map(|node| Some((node.id, node.slots.upgrade()?)));
        kept.flat_map(|(plan, slots)| Block::all(plan, &slots).collect::<Vec<_>>()).collect()
    }
}

impl Node {
    fn of(plan: &Plan, partitions: usize) -> Self {
        let slots = plan.slots();
        let kept = slots.is_enabled().then(|| slots.level());
        Self {
            id: plan.id(),
            name: plan.name().to_owned(),
            parents: plan.inputs().iter().map(|input| input.plan.id()).collect(),
            partitions,
            barrier: matches!(plan.op(), Op::Narrow(narrow) if narrow.barrier),
            kept,
            ready: kept.map_or(0, |_| slots.ready()),
            slots: kept.map_or_else(Weak::new, |_| Arc::downgrade(slots)),
        }
    }
}
