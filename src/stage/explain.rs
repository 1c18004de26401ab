//! The text of a lineage: the stages, newest first, and for every function how it runs and what became of its rows.
//! Nothing recurses: a lineage may be many thousand plans deep. What was shown before is named by its number.

use std::collections::HashSet;
use std::fmt::Write;

use crate::error::Result;
use crate::lambda;
use crate::plan::{Aggregator, FunctionKind, FunctionRef, Op, PlanRef, Role};

use super::{Graph, Stage};

/// Deeper plans stand no further to the right.
const DEEPEST: usize = 40;

/// The lineage of `plan`, as `explain()` prints it. With `compile` off nothing is said to be native.
pub fn describe(plan: &PlanRef, compile: bool) -> Result<String> {
    let graph = Graph::cut(plan, &|_, _| false);
    let mut writer = Writer { out: String::new(), compile, graph: &graph, shown: HashSet::new(), left: Vec::new() };
    writer.run(plan)?;
    Ok(writer.out)
}

/// What is still to be written.
enum Left<'a> {
    Stage(&'a Stage, usize),
    Plan(PlanRef, usize),
}

struct Writer<'a> {
    out: String,
    compile: bool,
    graph: &'a Graph,
    shown: HashSet<u64>,
    /// The next one is last.
    left: Vec<Left<'a>>,
}

impl Writer<'_> {
    fn run(&mut self, plan: &PlanRef) -> Result<()> {
        match self.graph.stages.last() {
            Some(last) => self.left.push(Left::Stage(last, 0)),
            None => self.left.push(Left::Plan(plan.clone(), 0)),
        }
        while let Some(next) = self.left.pop() {
            match next {
                Left::Stage(stage, depth) => {
                    let tasks = stage.plan.partitions()?;
                    let unit = if tasks == 1 { "task" } else { "tasks" };
                    let _ = writeln!(self.out, "{}Stage {} ({tasks} {unit})", pad(depth), stage.id);
                    self.left.push(Left::Plan(stage.plan.clone(), depth + 1));
                }
                Left::Plan(plan, depth) => self.plan(&plan, depth)?,
            }
        }
        Ok(())
    }

    fn plan(&mut self, plan: &PlanRef, depth: usize) -> Result<()> {
        let pad = pad(depth);
        let _ = write!(self.out, "{pad}{}", plan.name());
        if !self.shown.insert(plan.id()) {
            let _ = writeln!(self.out, " (plan {}, shown above)", plan.id());
            return Ok(());
        }
        let mut inputs = inputs_of(plan);
        if matches!(plan.op(), Op::Slide(_)) && !inputs.is_empty() {
            // How it is made in full is its own affair; it has let go of all inputs once its rows are there.
            inputs.remove(0);
        }
        let described = match plan.op() {
            Op::Union => format!("of {}", inputs.len()),
            _ => plan.describe()?,
        };
        if !described.is_empty() {
            let _ = write!(self.out, " {described}");
        }
        if plan.slots().is_enabled() {
            self.out.push_str(" [cached]");
        }
        let reads = plan.inputs();
        if !reads.is_empty() && reads.iter().any(|i| i.shuffle().is_some()) {
            let done = reads.iter().all(|i| i.shuffle().is_none_or(|s| s.output.get().is_some()));
            self.out.push_str(if done { " [shuffle done]" } else { "" });
        }
        self.out.push('\n');
        let other = self.interpreted_together(plan)?;
        for (role, function) in plan.functions() {
            if !matches!(role, Role::Step(_)) {
                let _ = writeln!(self.out, "{pad}  {} {}", role.name(), function.describe());
            }
            self.function(role, &function, &pad, other.as_deref())?;
        }
        // A chain goes on at the same depth.
        let below = depth + usize::from(matches!(plan.op(), Op::Union) || reads.len() > 1);
        inputs.reverse();
        for (input, index) in inputs {
            let stage = index.and_then(|index| self.graph.writer(plan, index));
            self.left.push(match stage {
                Some(stage) => Left::Stage(stage, below),
                None => Left::Plan(input, below),
            });
        }
        Ok(())
    }

    /// Why a combine's functions that compile don't run natively: they do that all together or not at all.
    fn interpreted_together(&self, plan: &PlanRef) -> Result<Option<String>> {
        let Op::Combine(Aggregator::Combine { .. }) = plan.op() else { return Ok(None) };
        let mut compiled = Vec::new();
        for (role, function) in plan.op().functions() {
            if let Err(decline) = role.arguments() {
                return Ok(Some(decline.to_string()));
            }
            match function.outlook_as(role, self.compile)?.map(|frozen| frozen.native_in(role)) {
                Ok(Ok(native)) => compiled.push(native),
                _ => return Ok(Some(format!("its {} function is not compiled", role.name()))),
            }
        }
        let [create, merge_value, merge_combiners] = compiled.as_slice() else { return Ok(None) };
        let together = lambda::Aggregator::new(create.clone(), merge_value.clone(), merge_combiners);
        Ok(together.err().map(|decline| decline.to_string()))
    }

    fn function(&mut self, role: Role, function: &FunctionRef, pad: &str, other: Option<&str>) -> Result<()> {
        let how = match role.arguments() {
            Ok(_) => match function.outlook_as(role, self.compile)?.map(|frozen| frozen.native_in(role)) {
                Ok(Ok(native)) => match other {
                    Some(other) => format!("Python: {other}"),
                    None if role == Role::Step(FunctionKind::Map)
                        && (native.gives_documents() || native.gives_maps()) =>
                    {
                        "native together with a native function of its documents".to_owned()
                    }
                    None if native.is_machine_code() => "native, as machine code".to_owned(),
                    None => "native".to_owned(),
                },
                Ok(Err(decline)) => format!("Python: {decline}"),
                Err(why) => format!("not at all: {why}"),
            },
            Err(decline) => format!("Python: {decline}"),
        };
        let (native, declined, python, reason) = function.counters().read();
        let _ = write!(self.out, "{pad}    {how}");
        if native + declined + python > 0 {
            let _ = write!(self.out, "; rows: {native} native, {declined} declined, {python} Python");
        }
        let away = function.counters().away();
        if away > 0 {
            let _ = write!(self.out, " ({away} of them in worker processes)");
        }
        if let Some(why) = function.counters().stays() {
            let _ = write!(self.out, " (in this process only: {why})");
        }
        if let Some(reason) = reason {
            let rested = if function.counters().rested() { "; after many, few chunks are tried" } else { "" };
            let _ = write!(self.out, " (last decline: {reason}{rested})");
        }
        self.out.push('\n');
        Ok(())
    }
}

/// The inputs to show, each with its index where it is read through a shuffle. Unions of unions, as loops make them, are
/// one.
fn inputs_of(plan: &PlanRef) -> Vec<(PlanRef, Option<usize>)> {
    let direct = |plan: &PlanRef| -> Vec<(PlanRef, Option<usize>)> {
        let inputs = plan.inputs();
        let all = inputs.iter().enumerate();
        all.map(|(i, input)| (input.plan.clone(), input.shuffle().map(|_| i))).collect()
    };
    if !matches!(plan.op(), Op::Union) {
        return direct(plan);
    }
    let mut flat = Vec::new();
    let mut seen = HashSet::new();
    let mut pending = direct(plan);
    pending.reverse();
    while let Some((input, index)) = pending.pop() {
        // A union that is there twice is named the second time.
        if matches!(input.op(), Op::Union) && !input.slots().is_enabled() && seen.insert(input.id()) {
            pending.extend(direct(&input).into_iter().rev());
        } else {
            flat.push((input, index));
        }
    }
    flat
}

fn pad(depth: usize) -> String {
    "  ".repeat(depth.min(DEEPEST))
}
