//! Who follows jobs from their beginning to their end, as the event log does, and the lineage of stages that it is told.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::id::{JobId, StageId, TaskId};
use crate::metrics::Outcome;
use crate::plan::{Dependency, Op, OutputRef, Plan, PlanRef};
use crate::store::Level;
use crate::time::Time;

use super::registry::{End, Job, StageRun};

/// Something that a follower is told, with all that it needs to tell it on.
pub enum Step {
    /// A job begins; its stages are known.
    JobBegan(Arc<Job>),
    /// A stage's tasks are going to run.
    StageBegan(Arc<Job>, Arc<StageRun>),
    /// An attempt at a task begins.
    TaskBegan(Trial),
    /// It ended.
    TaskEnded(Trial, Gave),
    /// A stage ended, and with what if not well.
    StageEnded(Arc<StageRun>, Time, Option<String>),
    /// A job ended.
    JobEnded(JobId, End),
}

/// An attempt at a task.
#[derive(Clone, Copy, Debug)]
pub struct Trial {
    /// Its number.
    pub task: TaskId,
    /// Of which stage.
    pub stage: StageId,
    /// Whether the stage writes a shuffle.
    pub shuffles: bool,
    /// Its place among the stage's tasks.
    pub index: usize,
    /// Which partition it computes.
    pub partition: usize,
    /// How often it was tried before.
    pub attempt: usize,
    /// When it began.
    pub launched: Time,
    /// Rows and bytes that it reads of shuffles.
    pub fetches: (u64, u64),
}

/// What became of an attempt.
#[derive(Clone, Debug)]
pub struct Gave {
    /// How it ended.
    pub outcome: Outcome,
    /// When.
    pub time: Time,
    /// How long it took.
    pub busy: Duration,
    /// Rows and bytes.
    pub rows: Rows,
    /// What went wrong.
    pub failure: Option<Failure>,
}

/// Why an attempt failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The exception's class.
    pub class: String,
    /// In one line.
    pub line: String,
    /// All there is to know.
    pub report: String,
}

/// Rows that a task gave.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rows {
    /// To the answer.
    pub answered: u64,
    /// To a shuffle.
    pub shuffled: u64,
    /// Bytes of those.
    pub shuffled_bytes: u64,
}

/// Follows jobs. Told on the jobs' own threads: it must not wait, and never enters foreign code.
pub trait Follow: Send + Sync {
    /// Takes a step. What begins may be refused, by `false`: then nothing more is told of it.
    fn take(&self, step: Step) -> bool;
}

/// What the tasks of a stage read of shuffles that have run, each the partition of its own number.
#[derive(Default)]
pub struct Fetches(Vec<OutputRef>);

impl Fetches {
    /// Of the stage ending in `plan`. Where an operator picks partitions, it isn't known which.
    pub fn of(plan: &PlanRef) -> Self {
        let mut outputs = Vec::new();
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
        Self(outputs)
    }

    /// Rows and bytes for a partition.
    pub fn size(&self, partition: usize) -> (u64, u64) {
        let known = self.0.iter().filter_map(|output| output.fetched(partition));
        known.fold((0, 0), |sum, (rows, bytes)| (sum.0 + rows as u64, sum.1 + bytes as u64))
    }
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
        }
    }
}
