//! Stages whose tasks must all run at once, because they wait for each other: Spark's barrier execution mode.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use crate::error::{Error, Kind, Result};
use crate::plan::{Op, Plan, PlanRef};
use crate::stage::Prepared;

use super::Engine;
use super::tasks::Current;

/// How long a stage sleeps that waits for another one to end.
const SLICE: Duration = Duration::from_millis(5);

const PATTERN: &str = "[SPARK-24820][SPARK-24821]: Barrier execution mode does not allow the following pattern of RDD \
    chain within a barrier stage:\n1. Ancestor RDDs that have different number of partitions from the resulting RDD (e.g. \
    union()/coalesce()/first()/take()/PartitionPruningRDD). A workaround for first()/take() can be \
    barrierRdd.collect().head (scala) or barrierRdd.collect()[0] (python).\n2. An RDD that depends on multiple barrier \
    RDDs (e.g. barrierRdd1.zip(barrierRdd2)).";

const SLOTS: &str = "[SPARK-24819]: Barrier execution mode does not allow run a barrier stage that requires more slots \
    than the total number of slots in the cluster currently. Please init a new cluster with more resources(e.g. CPU, GPU) \
    or repartition the input RDD(s) to reduce the number of slots required to run this barrier stage.";

/// One barrier stage at a time has the pool: two of them could wait for each other's threads.
#[derive(Default)]
pub(super) struct Gate(AtomicBool);

/// The pool is a barrier stage's while this lives.
pub(super) struct Passed<'a>(&'a Gate);

impl Drop for Passed<'_> {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::Release);
    }
}

impl Engine {
    /// Lets a stage of so many tasks begin, one of barriers when no other such stage runs.
    pub(super) fn admit(
        &self,
        plan: &PlanRef,
        tasks: usize,
        prepared: &Prepared,
        job: &Current<'_>,
    ) -> Result<Option<Passed<'_>>> {
        if !Plan::any_barrier() || !has_barrier(plan, tasks, self.pool.threads(), prepared)? {
            return Ok(None);
        }
        while self.barriers.0.swap(true, Ordering::Acquire) {
            job.waits()?;
            sleep(SLICE);
        }
        Ok(Some(Passed(&self.barriers)))
    }
}

/// Whether the stage that ends in `plan` has a barrier; tasks that don't suit it are an error.
fn has_barrier(plan: &PlanRef, tasks: usize, threads: usize, prepared: &Prepared) -> Result<bool> {
    let (mut stage, mut seen, mut pending) = (Vec::new(), HashSet::new(), vec![plan.clone()]);
    while let Some(at) = pending.pop() {
        if prepared.kept(&at).is_some() || at.saved().is_some() || !seen.insert(at.id()) {
            continue;
        }
        pending.extend(inputs_of(&at));
        stage.push(at);
    }
    let barrier = |plan: &PlanRef| matches!(plan.op(), Op::Narrow(narrow) if narrow.barrier);
    let mut waiting: HashSet<u64> = stage.iter().filter(|plan| barrier(plan)).map(|plan| plan.id()).collect();
    if waiting.is_empty() {
        return Ok(false);
    }
    // What reads of such a plan is one itself. Inputs come behind their readers, mostly.
    loop {
        let before = waiting.len();
        for plan in stage.iter().rev() {
            if inputs_of(plan).iter().any(|input| waiting.contains(&input.id())) {
                waiting.insert(plan.id());
            }
        }
        if waiting.len() == before {
            break;
        }
    }
    if plan.partitions()? > threads {
        return Err(Error::new(Kind::BarrierSlots, SLOTS));
    }
    for plan in &stage {
        let read = inputs_of(plan).iter().filter(|input| waiting.contains(&input.id())).count();
        if read > 1 || plan.partitions()? != tasks {
            return Err(Error::new(Kind::BarrierChain, PATTERN));
        }
    }
    // Where not all partitions are kept none is read: all tasks must come to wait for each other.
    stage.iter().filter(|plan| waiting.contains(&plan.id())).for_each(|plan| plan.slots().clear());
    Ok(true)
}

/// The inputs within the stage.
fn inputs_of(plan: &PlanRef) -> Vec<PlanRef> {
    plan.inputs().iter().filter(|input| input.shuffle().is_none()).map(|input| input.plan.clone()).collect()
}
