//! Generators over all rows whose turns hand locals on: machine code, or nothing.

use std::sync::Arc;

use serde::Deserialize;

use super::captured::Captured;
use super::cells::cell::Cell;
use super::columns::frame::{Frame, Held, Value};
use super::columns::machines;
use super::columns::vector;
use super::machine::{Machines, Unit, most_out};
use super::tree::expr::LookupKind;
use super::tree::lower::Lowering;
use super::tree::turns::{Loop, Over};
use super::tree::{Expr, Tree};
use crate::chunk::Columns;
use crate::error::Decline;

/// As it is written.
#[derive(Debug, Deserialize)]
pub(super) struct Written {
    /// Locals that are bound before the loop.
    before: Vec<(usize, Expr)>,
    /// The loop. A turn ends in a tuple of the carried locals and of what it puts out; what follows is a list.
    turns: Loop<Expr>,
}

/// A generator over all rows.
#[derive(Debug)]
pub(super) struct Scan {
    program: Arc<Program>,
    captured: Arc<[Arc<Captured>]>,
}

#[derive(Debug)]
struct Program {
    before: Vec<(usize, Tree)>,
    of: Loop<Tree>,
    /// The local that a row is.
    row: usize,
    /// How much a turn puts out at most.
    most: usize,
    locals: usize,
    captured: Vec<(usize, Option<LookupKind>)>,
    machines: Machines,
}

impl Scan {
    pub fn new(written: &Written) -> Result<Self, Decline> {
        let mut lowering = Lowering::default();
        let before = written.before.iter().map(|(slot, expr)| Ok((*slot, lowering.tree(expr)?)));
        let before: Vec<(usize, Tree)> = before.collect::<Result<_, Decline>>()?;
        let of = written.turns.try_map(&mut |expr| lowering.tree(expr))?;
        let slots = of.slots().chain(before.iter().map(|(slot, _)| *slot)).map(|slot| slot + 1);
        let locals = slots.fold(lowering.locals, usize::max);
        let Over::Items { slot: row, of: Tree::Param(0) } = &of.over else {
            return Err(Decline::new("a loop over something else than all rows"));
        };
        let machines = Machines::default();
        let most = most_out(&of.turn, of.carried.len());
        let (Some(most), Some(_), false) = (most, machines.paths(&Unit::Scan(&of, Vec::new())), lowering.reals) else {
            return Err(Decline::new("a loop over all rows that is no machine code, which CPython does faster"));
        };
        let (row, captured) = (*row, lowering.captured);
        // What was found of the loop is known by its address.
        let program = Program { before, of, row, most, locals, captured, machines: Machines::default() };
        Ok(Self { program: Arc::new(program), captured: Arc::from([]) })
    }

    /// The same with what it captures now.
    pub fn with(&self, captured: &[Arc<Captured>]) -> Result<Self, Decline> {
        for (i, how) in &self.program.captured {
            captured.get(*i).ok_or(Decline::new("a captured value that isn't there"))?.check(*how)?;
        }
        Ok(Self { program: self.program.clone(), captured: captured.into() })
    }

    /// What is put out of all rows, and what follows.
    pub fn run(&self, rows: &Columns, index: Held) -> Result<Vec<Columns>, Decline> {
        let Program { before, of, row, most, locals, captured, machines } = &*self.program;
        if captured.iter().any(|(i, _)| *i >= self.captured.len()) {
            return Err(Decline::new("a captured value that isn't there"));
        }
        let args = [Held::Value(Value::One(Cell::None)), index];
        let frame = Frame::new(&args, 1, *locals, &self.captured, Some(machines));
        for (slot, tree) in before {
            frame.bind(*slot, vector::eval(tree, &frame)?);
        }
        let first = of.carried.iter().map(|(_, tree)| Ok((tree, vector::eval(tree, &frame)?)));
        let first = first.collect::<Result<Vec<_>, Decline>>()?;
        let mut made = Vec::new();
        if rows.is_empty() {
            of.carried.iter().zip(first).for_each(|((slot, _), (_, value))| frame.bind(*slot, value));
        } else {
            let found = machines::scan(of, *row, *most, &frame, rows, first);
            let [put, last] = found.ok_or(Decline::new("a loop over all rows that is no machine code"))??;
            let last = last.items().ok_or(Decline::fixed("carried locals that are no tuple"))?;
            of.carried.iter().zip(last).for_each(|((slot, _), value)| frame.bind(*slot, Value::Each(value)));
            made.push(put);
        }
        made.push(vector::flat(&of.body, &frame)?.into_columns(0)?);
        made.retain(|columns| !columns.is_empty());
        Ok(made)
    }
}
