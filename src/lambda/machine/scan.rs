//! Rows that are gone through with locals that each turn hands on to the next, and what turns put out: the code of a
//! generator over all rows. The rows are the loop's items, so its locals live as long as the call.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlags, Value, types};
use cranelift_frontend::Variable;

use super::arena;
use super::bail::Unsupported;
use super::build::Build;
use super::kind::Known;
use super::loops::Turns;
use super::value::{Shape, Val};
use crate::lambda::cells::cell::Cell;
use crate::lambda::tree::Tree;
use crate::lambda::tree::turns::Loop;

/// What turns put out.
pub struct Out {
    /// Of which loop, by its address.
    pub key: usize,
    /// Where the parts of what is put out begin.
    bases: Vec<Value>,
    /// What that was assumed to be, and what it is found to be.
    shape: Shape,
    found: Shape,
    /// How much there is so far.
    count: Variable,
}

impl Build<'_, '_> {
    /// All turns, with what is known of the inputs. `results`: the parts of what is put out, of what the locals are in the
    /// end, and the number of the former, all of which was found to be of `shape` before: that of the two together.
    pub fn scan(
        &mut self,
        of: &Loop<Tree>,
        known: &[Known],
        rows: Value,
        results: Value,
        shape: &Shape,
    ) -> Result<Shape, Unsupported> {
        let (item, last) = match shape {
            Shape::Tuple(parts) => match parts.as_slice() {
                [item, last] => (item.clone(), last.clone()),
                _ => return Err(Unsupported),
            },
            _ => (Shape::Nothing, Shape::Nothing),
        };
        let mut kinds = Vec::new();
        item.parts(&mut kinds);
        let items = kinds.len();
        last.parts(&mut kinds);
        let flags = MemFlags::trusted().with_readonly().with_can_move();
        let load = |this: &mut Self, at: usize| this.f.ins().load(types::I64, flags, results, (at * 8) as i32);
        let bases: Vec<Value> = (0..=kinds.len()).map(|at| load(self, at)).collect();
        // Arrays are numbered by the places of the inputs.
        self.inputs = known.iter().map(|known| (known.clone(), Val::Never)).collect();
        self.load_inputs(true, rows)?;
        let first = of.carried.iter().map(|(_, tree)| self.value(tree)).collect::<Result<Vec<_>, _>>()?;
        let turns = self.begin(of, &first)?;
        let (next, exit) = (turns.next, turns.exit);
        let zero = self.int(0);
        let [number, count] = [(); 2].map(|()| self.f.declare_var(types::I64));
        self.f.def_var(number, zero);
        self.f.def_var(count, zero);
        let key = std::ptr::from_ref(of).addr();
        self.out = Some(Out { key, bases: bases[..items].to_vec(), shape: item.clone(), found: item, count });
        let [head, body] = [(); 2].map(|()| self.f.create_block());
        self.f.ins().jump(head, &[]);
        self.f.switch_to_block(head);
        let row = self.f.use_var(number);
        let goes_on = self.f.ins().icmp(IntCC::SignedLessThan, row, rows);
        self.f.ins().brif(goes_on, body, &[], exit, &[]);
        self.f.switch_to_block(body);
        self.bind(&turns)?;
        self.load_inputs(false, row)?;
        self.tail(&of.turn, &turns)?;
        self.f.switch_to_block(next);
        if self.makes {
            self.begin_anew(&turns)?;
        }
        self.turn();
        let following = self.f.ins().iadd_imm(row, 1);
        self.f.def_var(number, following);
        self.f.ins().jump(head, &[]);
        self.f.switch_to_block(exit);
        let ends = Val::Tuple(self.bind(&turns)?);
        let found = self.out.as_ref().map_or(Shape::Nothing, |out| out.found.clone());
        if ends.shape() == last {
            self.store(&ends, &last, &bases[items..kinds.len()], zero)?;
        }
        let count = self.f.use_var(count);
        self.f.ins().store(MemFlags::trusted(), count, bases[kinds.len()], 0);
        let done = self.int(0);
        self.f.ins().return_(&[done]);
        Ok(Shape::Tuple(vec![found, ends.shape()]))
    }

    /// The arena begins anew: what is put out was kept, and of the rest only texts of the carried locals outlive their row.
    fn begin_anew(&mut self, turns: &Turns<'_>) -> Result<(), Unsupported> {
        let none = self.int(0);
        if !turns.shapes.iter().any(Shape::has_address) {
            self.make(arena::reset, [none; 4], types::I64);
            return Ok(());
        }
        let full = self.make(arena::is_full, [none; 4], types::I64);
        let [keep, on] = [(); 2].map(|()| self.f.create_block());
        self.f.set_cold_block(keep);
        self.f.ins().brif(full, keep, &[], on, &[]);
        self.f.switch_to_block(keep);
        for (val, (shape, variables)) in self.bind(turns)?.iter().zip(turns.shapes.iter().zip(&turns.variables)) {
            let kept = self.given(val, &mut 0)?;
            self.assign(variables, shape, &kept)?;
        }
        self.make(arena::begin_anew, [none; 4], types::I64);
        self.f.ins().jump(on, &[]);
        self.f.switch_to_block(on);
        Ok(())
    }

    /// Those that are the same for all rows, or the others at a row.
    fn load_inputs(&mut self, constant: bool, row: Value) -> Result<(), Unsupported> {
        let mut from = 0;
        for number in 0..self.inputs.len() {
            let known = self.inputs[number].0.clone();
            if known.constant == constant {
                let at = if constant { self.int(0) } else { row };
                self.inputs[number].1 = self.load(&known.kind, from, at)?;
            }
            from += known.kind.arrays();
        }
        Ok(())
    }

    /// Puts out what a turn ends with.
    pub fn put_out(&mut self, vals: &[Val]) -> Result<(), Unsupported> {
        for val in vals {
            let Some(out) = &mut self.out else { return Err(Unsupported) };
            let joined = self.sites.join(&out.shape, &val.shape()).ok_or(Unsupported)?;
            out.found = self.sites.join(&out.found, &joined).ok_or(Unsupported)?;
            if joined != out.shape {
                // It was assumed to be less.
                self.again = true;
                continue;
            }
            let (bases, shape, variable) = (out.bases.clone(), out.shape.clone(), out.count);
            let count = self.f.use_var(variable);
            self.store(val, &shape, &bases, count)?;
            let more = self.f.ins().iadd_imm(count, 1);
            self.f.def_var(variable, more);
        }
        Ok(())
    }
}

/// How much a turn puts out at most: what its ends have beside the carried locals.
pub fn most_out(tree: &Tree, carried: usize) -> Option<usize> {
    match tree {
        Tree::If(parts) => Some(most_out(&parts[1], carried)?.max(most_out(&parts[2], carried)?)),
        Tree::Let(_, _, body) => most_out(body, carried),
        Tree::Loop(inner) => most_out(&inner.body, carried),
        Tree::Tuple(items) => items.len().checked_sub(carried),
        Tree::Const(Cell::Tuple(cells)) => cells.len().checked_sub(carried),
        Tree::Raises(_) => Some(0),
        _ => None,
    }
}
