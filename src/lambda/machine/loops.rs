//! Loops: blocks that lead back, with variables for the carried locals.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, Value, types};
use cranelift_frontend::Variable;

use super::bail::{Stop, Unsupported};
use super::build::Build;
use super::each::Each;
use super::kind::Kind;
use super::value::{One, Shape, Tag, Val};
use crate::lambda::tree::Tree;
use crate::lambda::tree::turns::{Loop, Over};

/// Where the turns of a loop lead.
pub struct Turns<'t> {
    /// The loop.
    pub of: &'t Loop<Tree>,
    /// What its carried locals can hold,
    pub shapes: Vec<Shape>,
    /// and where they are.
    pub variables: Vec<Vec<Variable>>,
    /// Where the next turn begins.
    pub next: Block,
    /// Where there is none any more.
    pub exit: Block,
}

impl Build<'_, '_> {
    /// All turns; the carried locals are bound to what they are in the end.
    pub fn turns(&mut self, of: &Loop<Tree>) -> Result<Vec<Val>, Unsupported> {
        let first = of.carried.iter().map(|(_, tree)| self.value(tree)).collect::<Result<Vec<_>, _>>()?;
        let (each, count) = self.each(&of.over)?;
        let turns = self.begin(of, &first)?;
        let (next, exit) = (turns.next, turns.exit);
        let number = self.f.declare_var(types::I64);
        let zero = self.int(0);
        self.f.def_var(number, zero);
        let [head, body] = [(); 2].map(|()| self.f.create_block());
        self.f.ins().jump(head, &[]);
        self.f.switch_to_block(head);
        let at = self.f.use_var(number);
        self.bind(&turns)?;
        match &of.over {
            Over::While(test) => self.branch(test, body, exit)?,
            Over::Range { .. } | Over::Items { .. } => {
                let goes_on = self.f.ins().icmp(IntCC::UnsignedLessThan, at, count);
                self.f.ins().brif(goes_on, body, &[], exit, &[]);
            }
        }
        self.f.switch_to_block(body);
        if let Over::Range { slot, .. } | Over::Items { slot, .. } = &of.over {
            let item = self.item_of(&each, at)?;
            self.locals.insert(*slot, item);
        }
        self.tail(&of.turn, &turns)?;
        self.f.switch_to_block(next);
        self.turn();
        if !matches!(each, Each::Asked) {
            let following = self.f.ins().iadd_imm(at, 1);
            self.f.def_var(number, following);
        }
        self.f.ins().jump(head, &[]);
        self.f.switch_to_block(exit);
        self.bind(&turns)
    }

    /// A loop whose carried locals are these values at first.
    pub fn begin<'l>(&mut self, of: &'l Loop<Tree>, first: &[Val]) -> Result<Turns<'l>, Unsupported> {
        let key = std::ptr::from_ref(of).addr();
        let mut shapes = self.shapes.get(&key).cloned().unwrap_or_else(|| vec![Shape::Nothing; first.len()]);
        for (shape, val) in shapes.iter_mut().zip(first) {
            *shape = self.sites.join(shape, &val.shape()).ok_or(Unsupported)?;
        }
        self.shapes.insert(key, shapes.clone());
        let variables: Vec<Vec<Variable>> = shapes.iter().map(|shape| self.variables(shape)).collect();
        for ((val, shape), variables) in first.iter().zip(&shapes).zip(&variables) {
            self.assign(variables, shape, val)?;
        }
        let [next, exit] = [(); 2].map(|()| self.f.create_block());
        Ok(Turns { of, shapes, variables, next, exit })
    }

    /// Binds the carried locals to what they are here.
    pub fn bind(&mut self, turns: &Turns<'_>) -> Result<Vec<Val>, Unsupported> {
        let mut vals = Vec::new();
        for (((slot, _), shape), variables) in turns.of.carried.iter().zip(&turns.shapes).zip(&turns.variables) {
            let val = self.read(variables, shape)?;
            self.locals.insert(*slot, val.clone());
            vals.push(val);
        }
        Ok(vals)
    }

    /// What there is a turn for, and how many there are.
    fn each(&mut self, over: &Over<Tree>) -> Result<(Each, Value), Unsupported> {
        match over {
            Over::While(_) => Ok((Each::Asked, self.int(0))),
            Over::Range { ends, .. } => self.range(ends),
            Over::Items { of, .. } => self.each_in(of),
        }
    }

    /// The number of items of a range, which has 64 bits without a sign.
    pub fn range_len(&mut self, start: Value, stop: Value, by: Value) -> Value {
        let zero = self.int(0);
        let up = match self.constant(by) {
            Some(0) => {
                let always = self.bool(true);
                self.stop_if(always, Stop::Other);
                return zero;
            }
            Some(1) => {
                let some = self.f.ins().icmp(IntCC::SignedLessThan, start, stop);
                let distance = self.f.ins().isub(stop, start);
                return self.f.ins().select(some, distance, zero);
            }
            _ => {
                let none = self.f.ins().icmp_imm(IntCC::Equal, by, 0);
                self.stop_if(none, Stop::Other);
                self.f.ins().icmp_imm(IntCC::SignedGreaterThan, by, 0)
            }
        };
        let forth = self.f.ins().isub(stop, start);
        let back = self.f.ins().isub(start, stop);
        let distance = self.f.ins().select(up, forth, back);
        let least = self.f.ins().select(up, start, stop);
        let most = self.f.ins().select(up, stop, start);
        let some = self.f.ins().icmp(IntCC::SignedLessThan, least, most);
        let opposite = self.f.ins().ineg(by);
        let size = self.f.ins().select(up, by, opposite);
        // (distance - 1) / step + 1, of a distance of at least 1.
        let before = self.f.ins().iadd_imm(distance, -1);
        let whole = self.f.ins().udiv(before, size);
        let count = self.f.ins().iadd_imm(whole, 1);
        self.f.ins().select(some, count, zero)
    }

    /// An item of a list of an input's.
    pub fn list_item(&mut self, input: usize, start: Value, at: Value) -> Result<Val, Unsupported> {
        let item = self.item_kind(input).ok_or(Unsupported)?;
        let row = self.f.ins().iadd(start, at);
        self.load(&item, input + 1, row)
    }

    fn item_kind(&self, base: usize) -> Option<Kind> {
        fn find(kind: &Kind, from: usize, base: usize) -> Option<Kind> {
            match kind {
                Kind::List(item, _) if from == base => Some((**item).clone()),
                Kind::List(item, _) => find(item, from + 1, base),
                Kind::Tuple(items) => {
                    let mut from = from;
                    items.iter().find_map(|item| {
                        let found = find(item, from, base);
                        from += item.arrays();
                        found
                    })
                }
                _ => None,
            }
        }
        let mut from = 0;
        self.inputs.iter().find_map(|(known, _)| {
            let found = find(&known.kind, from, base);
            from += known.kind.arrays();
            found
        })
    }

    /// Whether the rows of a list are a group's, which have no numbers.
    pub fn is_group(&self, base: usize) -> bool {
        let mut from = 0;
        self.inputs.iter().any(|(known, _)| {
            let here = from == base && matches!(known.kind, Kind::List(_, true));
            from += known.kind.arrays();
            here
        })
    }

    /// A turn: at each of its ends the carried locals get their values.
    pub fn tail(&mut self, tree: &Tree, turns: &Turns<'_>) -> Result<(), Unsupported> {
        match tree {
            Tree::If(parts) => {
                let (yes, no) = (self.f.create_block(), self.f.create_block());
                self.branch(&parts[0], yes, no)?;
                self.f.switch_to_block(yes);
                self.tail(&parts[1], turns)?;
                self.f.switch_to_block(no);
                self.tail(&parts[2], turns)
            }
            Tree::Let(slot, value, body) => {
                let value = self.value(value)?;
                self.locals.insert(*slot, value);
                self.tail(body, turns)
            }
            Tree::Loop(inner) => {
                self.turns(inner)?;
                self.tail(&inner.body, turns)
            }
            _ => match self.value(tree)? {
                Val::Tuple(vals) if vals.len() == turns.shapes.len() => self.leaf(&vals, turns),
                Val::Tuple(vals) if vals.len() > turns.shapes.len() && self.puts_out(turns) => {
                    let (carried, put) = vals.split_at(turns.shapes.len());
                    self.put_out(put)?;
                    self.leaf(carried, turns)
                }
                Val::Never => {
                    self.trap();
                    Ok(())
                }
                _ => Err(Unsupported),
            },
        }
    }

    fn puts_out(&self, turns: &Turns<'_>) -> bool {
        self.out.as_ref().is_some_and(|out| out.key == std::ptr::from_ref(turns.of).addr())
    }

    fn leaf(&mut self, vals: &[Val], turns: &Turns<'_>) -> Result<(), Unsupported> {
        let key = std::ptr::from_ref(turns.of).addr();
        for (at, ((val, shape), variables)) in vals.iter().zip(&turns.shapes).zip(&turns.variables).enumerate() {
            let joined = self.sites.join(shape, &val.shape()).ok_or(Unsupported)?;
            if joined == *shape {
                self.assign(variables, shape, val)?;
                continue;
            }
            // It was assumed to hold less.
            self.again = true;
            if let Some(known) = self.shapes.get_mut(&key) {
                known[at] = self.sites.join(&known[at], &joined).ok_or(Unsupported)?;
            }
        }
        let how = match vals.first() {
            Some(Val::One(One { tag: Tag::Int, value, .. })) if turns.of.exits => Some(*value),
            _ if turns.of.exits => return Err(Unsupported),
            _ => None,
        };
        match how.map(|how| (how, self.constant(how))) {
            None | Some((_, Some(0))) => self.f.ins().jump(turns.next, &[]),
            Some((_, Some(_))) => self.f.ins().jump(turns.exit, &[]),
            Some((how, None)) => self.f.ins().brif(how, turns.exit, &[], turns.next, &[]),
        };
        Ok(())
    }
}
