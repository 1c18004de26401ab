//! The text of a lineage: stages cut at shuffles, and for every function how it runs and what became of its rows.

use std::fmt::Write;

use crate::error::Result;

use super::{Aggregator, Exchange, FunctionRef, Node, Plan, PlanRef};

/// The lineage of `plan`, newest first, as `explain()` prints it. With `compile` off nothing is said to be native.
pub fn describe(plan: &PlanRef, compile: bool) -> Result<String> {
    let mut out = String::new();
    let stages = count_stages(plan);
    let mut writer = Writer { out: &mut out, compile, next_stage: stages };
    writer.stage(plan, 0)?;
    Ok(out)
}

fn count_stages(plan: &Plan) -> usize {
    let mut total = 1;
    let mut pending = vec![plan];
    while let Some(p) = pending.pop() {
        if matches!(p.node(), Node::Exchange { .. }) {
            total += 1;
        }
        pending.extend(p.parents().iter().map(AsRef::as_ref));
    }
    total
}

struct Writer<'a> {
    out: &'a mut String,
    compile: bool,
    next_stage: usize,
}

impl Writer<'_> {
    fn stage(&mut self, plan: &PlanRef, depth: usize) -> Result<()> {
        self.next_stage = self.next_stage.saturating_sub(1);
        let tasks = plan.partitions()?;
        let _ = writeln!(
            self.out,
            "{}Stage {} ({tasks} {})",
            "  ".repeat(depth),
            self.next_stage,
            if tasks == 1 { "task" } else { "tasks" }
        );
        self.node(plan, depth + 1)
    }

    /// A plan and what it reads. Long chains don't nest: they may have many thousand steps.
    fn node(&mut self, plan: &PlanRef, depth: usize) -> Result<()> {
        let mut at = plan;
        while let Some(parent) = self.one(at, depth)? {
            at = parent;
        }
        Ok(())
    }

    /// One plan, and where a chain goes on.
    fn one<'p>(&mut self, plan: &'p PlanRef, depth: usize) -> Result<Option<&'p PlanRef>> {
        let pad = "  ".repeat(depth);
        let cached = if plan.cache().is_enabled() { " [cached]" } else { "" };
        match plan.node() {
            Node::Chunks(parts) => {
                let rows: usize = parts.iter().flatten().map(crate::chunk::Chunk::len).sum();
                let _ = writeln!(self.out, "{pad}{} {rows} rows in {} partitions{cached}", plan.name(), parts.len());
                Ok(None)
            }
            Node::Text(files) => {
                let _ = writeln!(self.out, "{pad}{} {}{cached}", plan.name(), files.pattern());
                Ok(None)
            }
            Node::Narrow { parent, kind, function } => {
                let how = if kind.takes_iterator() {
                    "Python: it takes an iterator".to_owned()
                } else {
                    how(function, self.compile)?
                };
                let _ = writeln!(self.out, "{pad}{} {}{cached}", plan.name(), function.describe());
                self.function(function, &how, &pad);
                Ok(Some(parent))
            }
            Node::Union(parents) | Node::CoUnion(parents) => {
                let _ = writeln!(self.out, "{pad}{} of {}{cached}", plan.name(), parents.len());
                parents.iter().try_for_each(|p| self.node(p, depth + 1))?;
                Ok(None)
            }
            Node::Coalesce { parent } => {
                let _ = writeln!(self.out, "{pad}{}{cached}", plan.name());
                Ok(Some(parent))
            }
            Node::Exchange { parent, exchange, cell } => {
                let done = if cell.get().is_some() { " [shuffle done]" } else { "" };
                let _ = writeln!(self.out, "{pad}{} into {} partitions{cached}{done}", plan.name(), plan.partitions()?);
                for (role, function) in functions(exchange) {
                    let _ = writeln!(self.out, "{pad}  {role} {}", function.describe());
                    let how = how(&function, self.compile)?;
                    self.function(&function, &how, &pad);
                }
                self.stage(parent, depth)?;
                Ok(None)
            }
        }
    }

    fn function(&mut self, function: &FunctionRef, how: &str, pad: &str) {
        let (native, declined, python, reason) = function.counters().read();
        let mut line = format!("{pad}    {how}");
        if native + declined + python > 0 {
            let _ = write!(line, "; rows: {native} native, {declined} declined, {python} Python");
        }
        let away = function.counters().away();
        if away > 0 {
            let _ = write!(line, " ({away} of them in worker processes)");
        }
        if let Some(reason) = reason {
            let _ = write!(line, " (last decline: {reason})");
        }
        let _ = writeln!(self.out, "{line}");
    }
}

fn how(function: &FunctionRef, compile: bool) -> Result<String> {
    Ok(match function.freeze(compile)?.native {
        Ok(_) => "native".to_owned(),
        Err(decline) => format!("Python: {decline}"),
    })
}

fn functions(exchange: &Exchange) -> Vec<(&'static str, FunctionRef)> {
    let mut all: Vec<(&'static str, FunctionRef)> = Vec::new();
    match exchange {
        Exchange::Combine { aggregator, partition_function } => {
            match aggregator {
                Aggregator::Reduce(f) => all.push(("merge", f.clone())),
                Aggregator::Combine { create, merge_value, merge_combiners } => {
                    all.push(("create", create.clone()));
                    all.push(("merge value", merge_value.clone()));
                    all.push(("merge combiners", merge_combiners.clone()));
                }
                Aggregator::Group => {}
            }
            all.extend(partition_function.iter().map(|f| ("partition", f.clone())));
        }
        Exchange::PartitionBy { partition_function } => {
            all.extend(partition_function.iter().map(|f| ("partition", f.clone())));
        }
        Exchange::Repartition => {}
        Exchange::Sort { key, .. } => all.extend(key.iter().map(|f| ("key", f.clone()))),
    }
    all
}
