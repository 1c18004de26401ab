//! Narrow operations, one after the other, as one chain: how far it is native is said here.

use crate::chunk::BoxStream;
use crate::error::{Error, Kind, Result};
use crate::plan::{FunctionKind, Narrow, Op, PlanRef};
use crate::stage::{Step, Task};

use super::chain::{NativeChain, interpreted};
use super::leaving::Leaving;
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
        let task = task.clone();
        if native == steps.len() {
            return Ok(Box::new(NativeChain::new(input, steps, task)));
        }
        if steps.iter().all(|step| step.frozen.native.is_ok()) {
            return Ok(Box::new(Leaving::new(input, steps, native, task)));
        }
        interpreted(input, &steps, native, &task)
    }
}

/// How many steps run natively, from the first. Those at their end that make a dict of every row don't: no column holds
/// dicts, so the interpreter would have to do them again.
fn native_steps(steps: &[Step]) -> usize {
    let mut native = 0;
    for (i, step) in steps.iter().enumerate() {
        let Ok(compiled) = &step.frozen.native else { break };
        // `CPython` makes a dict of a row sooner, but where there is a document to be loaded first.
        let of_documents = steps[..i].iter().any(|step| step.frozen.native.as_ref().is_ok_and(|n| n.gives_documents()));
        if compiled.gives_maps() && !of_documents {
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
