//! Narrow operations, one after the other, as one chain: how far it is native is said here.

use crate::chunk::BoxStream;
use crate::error::{Error, Kind, Result};
use crate::plan::{FunctionKind, Narrow, Op, PlanRef};
use crate::stage::{Step, Task};

use super::chain::{NativeChain, counts, interpreted};
use super::leaving::Leaving;
use super::whole::{alone, is_like_flat_map};
use super::{Operator, is_kept, open};

impl Operator for Narrow {
    /// Fuses the narrow operations that end in `plan` and begin at the nearest source, shuffle or cache.
    fn open(&self, plan: &PlanRef, task: &Task) -> Result<BoxStream> {
        let mut steps: Vec<Step> = vec![task.prepared.step(plan, self.kind)?];
        let mut at = input_of(plan)?;
        while let Op::Narrow(narrow) = at.op() {
            // Taken before the look: a job that saves the rows says so before it changes the input.
            let below = input_of(&at);
            if is_kept(&at, task) {
                break;
            }
            steps.push(task.prepared.step(&at, narrow.kind)?);
            at = below?;
        }
        steps.reverse();
        let input = open(&at, task)?;
        let native = native_steps(&steps);
        let (input, done) = partitions(input, &steps, native, task);
        if done == steps.len() {
            return Ok(input);
        }
        let (steps, native) = (steps.split_off(done), native - done);
        let task = task.clone();
        if native == steps.len() {
            return Ok(Box::new(NativeChain::new(input, steps, task)));
        }
        if steps.iter().all(|step| step.frozen.native.is_ok()) && !counts(&steps) {
            return Ok(Box::new(Leaving::new(input, steps, native, task)));
        }
        interpreted(input, &steps, native, &task)
    }
}

/// The native steps as far as functions of an iterator stand among them that are no steps of the chain that follows; says how
/// many they are.
#[inline(never)]
fn partitions(mut input: BoxStream, steps: &[Step], native: usize, task: &Task) -> (BoxStream, usize) {
    let mut done = 0;
    let chain = |input: BoxStream, steps: &[Step]| -> BoxStream {
        if steps.is_empty() { input } else { Box::new(NativeChain::new(input, steps.to_vec(), task.clone())) }
    };
    let mut last = None;
    for (at, step) in steps[..native].iter().enumerate().filter(|(_, step)| step.kind.takes_iterator()) {
        let Ok(compiled) = &step.frozen.native else { continue };
        last = Some(at + 1);
        if compiled.partition().is_some_and(|of| is_like_flat_map(of, task.partition)) {
            continue;
        }
        input = alone(chain(input, &steps[done..at]), step, compiled, task);
        done = at + 1;
    }
    // Rows that have passed such a function can't enter the interpreter's chain behind it.
    if let Some(last) = last
        && native < steps.len()
        && done < last
    {
        return (chain(input, &steps[done..last]), last);
    }
    (input, done)
}

/// How many steps run natively, from the first. Those at their end that make a dict of every row don't: no column holds
/// dicts sooner than `CPython` makes them.
fn native_steps(steps: &[Step]) -> usize {
    let mut native = 0;
    for (i, step) in steps.iter().enumerate() {
        let Ok(compiled) = &step.frozen.native else { break };
        // A function of an iterator may leave rows alone, which then are not to be counted.
        if compiled.counts() && steps[i..].iter().any(|step| step.kind.takes_iterator()) {
            break;
        }
        // `CPython` makes a dict of a row sooner, but where there is a document to be loaded first.
        let of_documents = steps[..i].iter().any(|step| step.frozen.native.as_ref().is_ok_and(|n| n.gives_documents()));
        let is_flat = matches!(step.kind, FunctionKind::FlatMap | FunctionKind::FlatMapValues);
        if compiled.gives_maps() && (is_flat || !of_documents) {
            break;
        }
        match step.kind {
            FunctionKind::Map if compiled.gives_documents() || compiled.gives_maps() => {}
            FunctionKind::Filter if native < i => {}
            _ => native = i + 1,
        }
    }
    native
}

fn input_of(plan: &PlanRef) -> Result<PlanRef> {
    let missing = || Error::new(Kind::Spark, format!("a bug in Pyrite's engine: {} has no input", plan.name()));
    plan.inputs().first().map(|input| input.plan.clone()).ok_or_else(missing)
}
