//! The stages of a job as data: cut once, run by the job, shown by `explain`.

use std::collections::{HashMap, HashSet};

use crate::error::Result;
use crate::plan::{Plan, PlanRef};

/// A run of operators without a shuffle between, one task a partition.
pub struct Stage {
    /// Its number in the graph: those it reads from have lower ones.
    pub id: usize,
    /// The plan whose partitions its tasks compute.
    pub plan: PlanRef,
    /// The shuffle that it writes; the last stage has none.
    pub writes: Option<Writes>,
    /// The stages whose shuffles it reads.
    pub reads: Vec<usize>,
}

/// A shuffle, by the plan that reads it and which of its inputs that is.
#[derive(Clone)]
pub struct Writes {
    /// The plan that reads it.
    pub reader: PlanRef,
    /// Which of that plan's inputs.
    pub input: usize,
}

/// All stages, each behind those it reads; the last one is the answer.
pub struct Graph {
    /// The stages in the order in which they run.
    pub stages: Vec<Stage>,
}

/// One stage on its way into the graph.
struct Pending {
    plan: PlanRef,
    writes: Option<Writes>,
    shuffles: Vec<Writes>,
    /// How many of `shuffles` have been followed.
    followed: usize,
    reads: Vec<usize>,
}

impl Graph {
    /// Cuts the lineage of `plan` at its shuffles. What `ready` says needs no stage: a plan whose rows are there, or (with
    /// the index of an input) a shuffle that has run.
    pub fn cut(plan: &PlanRef, ready: &dyn Fn(&Plan, Option<usize>) -> bool) -> Self {
        let mut stages: Vec<Stage> = Vec::new();
        let mut known: HashMap<(u64, usize), usize> = HashMap::new();
        let mut open = vec![Pending::new(plan.clone(), None, ready)];
        while let Some(top) = open.last_mut() {
            if let Some(next) = top.shuffles.get(top.followed).cloned() {
                top.followed += 1;
                let name = (next.reader.id(), next.input);
                if let Some(id) = known.get(&name) {
                    top.reads.push(*id);
                } else if let Some(input) = next.reader.inputs().get(next.input) {
                    // It is followed once it has a number.
                    top.followed -= 1;
                    open.push(Pending::new(input.plan.clone(), Some(next), ready));
                }
                continue;
            }
            let Some(done) = open.pop() else { break };
            let id = stages.len();
            if let Some(writes) = &done.writes {
                known.insert((writes.reader.id(), writes.input), id);
            }
            stages.push(Stage { id, plan: done.plan, writes: done.writes, reads: done.reads });
        }
        Self { stages }
    }

    /// The stage that writes this shuffle.
    pub fn writer(&self, reader: &Plan, input: usize) -> Option<&Stage> {
        self.stages.iter().find(|stage| {
            stage.writes.as_ref().is_some_and(|writes| writes.reader.id() == reader.id() && writes.input == input)
        })
    }

    /// Number of tasks of all stages.
    pub fn tasks(&self) -> Result<usize> {
        self.stages.iter().map(|stage| stage.plan.partitions()).sum()
    }
}

impl Pending {
    /// Finds the shuffles that the stage ending in `plan` reads, in the order of the inputs.
    fn new(plan: PlanRef, writes: Option<Writes>, ready: &dyn Fn(&Plan, Option<usize>) -> bool) -> Self {
        let mut shuffles = Vec::new();
        let mut seen = HashSet::new();
        let mut pending = vec![plan.clone()];
        while let Some(at) = pending.pop() {
            if !seen.insert(at.id()) || ready(&at, None) {
                continue;
            }
            let inputs = at.inputs();
            for (i, input) in inputs.iter().enumerate() {
                if input.shuffle().is_some() && !ready(&at, Some(i)) {
                    shuffles.push(Writes { reader: at.clone(), input: i });
                }
            }
            pending.extend(inputs.iter().rev().filter(|i| i.shuffle().is_none()).map(|i| i.plan.clone()));
        }
        Self { plan, writes, shuffles, followed: 0, reads: Vec::new() }
    }
}
