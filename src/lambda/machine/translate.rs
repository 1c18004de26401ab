//! Trees as code: what each construct gives.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, Value, types};

use super::bail::{Stop, Unsupported};
use super::build::Build;
use super::each::Each;
use super::index::stride;
use super::made::site;
use super::names::{Name, Path, path};
use super::value::{One, Tag, Val};
use super::{whole, words};
use crate::lambda::cells::cell::Cell;
use crate::lambda::tree::Tree;
use crate::lambda::tree::expr::{CompareOp, UnaryOp};
use crate::lambda::tree::functions::Function;

impl Build<'_, '_> {
    /// The value of a tree.
    pub fn value(&mut self, tree: &Tree) -> Result<Val, Unsupported> {
        if let Some(number) = self.number(tree) {
            return self.input(&Path { name: Name::Before(number), items: Vec::new() }).ok_or(Unsupported);
        }
        if let Some(path) = path(tree) {
            match (tree, path.name) {
                (Tree::Local(slot), _) if self.locals.contains_key(slot) => return Ok(self.locals[slot].clone()),
                (_, Name::Local(slot)) if self.locals.contains_key(&slot) => {}
                _ => {
                    if let Some(val) = self.input(&path) {
                        return Ok(val);
                    }
                }
            }
        }
        match tree {
            Tree::Const(cell) => self.cell(cell),
            Tree::Tuple(items) => Ok(Val::Tuple(self.values(items)?)),
            Tree::Item(of, index) => {
                let (of, index) = (self.value(of)?, self.value(index)?);
                self.item(&of, &index)
            }
            Tree::List(items) => self.display(tree, items),
            Tree::Comprehension(slot, source, conditions, item) => {
                self.comprehension(tree, *slot, source, conditions, item)
            }
            Tree::Format(parts) => self.format(parts),
            Tree::Slice(of, [None, None, Some(by)]) if matches!(&**by, Tree::Const(Cell::Int(-1))) => {
                let of = self.value(of)?;
                self.turned(tree, &of)
            }
            Tree::Slice(of, [start, stop, None]) => {
                let of = self.value(of)?;
                let mut bounds = [None, None];
                for (bound, tree) in bounds.iter_mut().zip([start, stop]) {
                    *bound = tree.as_ref().map(|tree| self.value(tree)).transpose()?;
                }
                self.slice(&of, &bounds)
            }
            Tree::Unary(UnaryOp::Not, _) | Tree::Compare(..) => self.as_bool(tree),
            Tree::Unary(op, of) => {
                let of = self.value(of)?;
                self.unary(*op, &of)
            }
            Tree::Binary(op, left, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                match self.lists(tree, *op, &left, &right)? {
                    Some(made) => Ok(made),
                    None => self.binary(*op, &left, &right),
                }
            }
            Tree::And(items) | Tree::Or(items) => self.last_value(items, matches!(tree, Tree::Or(_))),
            Tree::If(parts) => {
                let (yes, no) = (self.f.create_block(), self.f.create_block());
                self.branch(&parts[0], yes, no)?;
                let mut ends = Vec::new();
                for (block, part) in [(yes, &parts[1]), (no, &parts[2])] {
                    self.f.switch_to_block(block);
                    let val = self.value(part)?;
                    ends.push(self.end(val));
                }
                self.meet(&ends)
            }
            Tree::Let(slot, value, body) => {
                let value = self.value(value)?;
                self.locals.insert(*slot, value);
                self.value(body)
            }
            Tree::Call(Function::Bool, args) if args.len() == 1 => self.as_bool(&args[0]),
            Tree::Call(Function::Str, args) if args.len() == 1 => {
                let of = self.value(&args[0])?;
                self.spelled(&of)
            }
            Tree::Call(function, args) => {
                if let Some(made) = self.collection(tree, *function, args)? {
                    return Ok(made);
                }
                let args = self.values(args)?;
                self.function(*function, &args)
            }
            Tree::Method(method, of, args) => {
                let of = self.value(of)?;
                match self.text_method(tree, *method, &of, args)? {
                    Some(found) => Ok(found),
                    None if args.is_empty() => self.method(*method, &of),
                    None => Err(Unsupported),
                }
            }
            Tree::Loop(of) => {
                self.turns(of)?;
                self.value(&of.body)
            }
            Tree::Unsure(of) => self.value(of),
            Tree::Raises(_) => Ok(self.stop(Stop::Other)),
            _ => Err(Unsupported),
        }
    }

    /// `[a, b]`
    fn display(&mut self, tree: &Tree, items: &[Tree]) -> Result<Val, Unsupported> {
        let made = self.new_list(site(tree, 0), items.len() as i64);
        if let Val::Made(list, number) = made {
            for item in items {
                let item = self.value(item)?;
                self.push(list, number, &item)?;
            }
        }
        Ok(made)
    }

    /// The values of trees, in order.
    pub fn values(&mut self, trees: &[Tree]) -> Result<Vec<Val>, Unsupported> {
        trees.iter().map(|tree| self.value(tree)).collect()
    }

    fn input(&self, path: &Path) -> Option<Val> {
        self.inputs.iter().find(|(known, _)| known.path == *path).map(|(_, val)| val.clone())
    }

    /// A constant.
    pub fn cell(&mut self, cell: &Cell<'_>) -> Result<Val, Unsupported> {
        Ok(match cell {
            Cell::None => Val::one(Tag::None, self.bool(false)),
            Cell::Bool(value) => Val::one(Tag::Bool, self.bool(*value)),
            Cell::Int(value) => Val::one(Tag::Int, self.int(*value)),
            Cell::Float(value) => Val::one(Tag::Float, self.f.ins().f64const(*value)),
            Cell::Str(text) => self.constant_text(text)?,
            Cell::Tuple(cells) => Val::Tuple(cells.iter().map(|cell| self.cell(cell)).collect::<Result<_, _>>()?),
            _ => return Err(Unsupported),
        })
    }

    fn as_bool(&mut self, tree: &Tree) -> Result<Val, Unsupported> {
        if let Tree::Compare(first, rest) = tree
            && let [(op, right)] = rest.as_slice()
        {
            let first = self.value(first)?;
            let found = self.compare_with(*op, &first, right)?.0;
            return Ok(Val::one(Tag::Bool, found));
        }
        let (yes, no) = (self.f.create_block(), self.f.create_block());
        self.branch(tree, yes, no)?;
        let mut ends = Vec::new();
        for (block, answer) in [(yes, true), (no, false)] {
            self.f.switch_to_block(block);
            let answer = Val::one(Tag::Bool, self.bool(answer));
            ends.push(self.end(answer));
        }
        self.meet(&ends)
    }

    /// Whether a comparison with a tree holds, and the tree's value, where it has one.
    fn compare_with(&mut self, op: CompareOp, left: &Val, right: &Tree) -> Result<(Value, Val), Unsupported> {
        if let Tree::Const(cell) = right
            && let Some(found) = self.compare_constant(op, left, cell)?
        {
            return Ok((found, Val::Never));
        }
        let right = self.value(right)?;
        Ok((self.compare(op, left, &right)?, right))
    }

    /// Goes to one of two blocks by the truth of a tree.
    pub fn branch(&mut self, tree: &Tree, yes: Block, no: Block) -> Result<(), Unsupported> {
        match tree {
            Tree::Unary(UnaryOp::Not, of) => self.branch(of, no, yes),
            Tree::Call(Function::Bool, args) if args.len() == 1 => self.branch(&args[0], yes, no),
            Tree::And(items) | Tree::Or(items) => {
                let or = matches!(tree, Tree::Or(_));
                let Some((last, others)) = items.split_last() else { return Err(Unsupported) };
                for item in others {
                    let next = self.f.create_block();
                    if or {
                        self.branch(item, yes, next)?;
                    } else {
                        self.branch(item, next, no)?;
                    }
                    self.f.switch_to_block(next);
                }
                self.branch(last, yes, no)
            }
            Tree::Compare(first, rest) => {
                let mut left = self.value(first)?;
                for (at, (op, right)) in rest.iter().enumerate() {
                    let last = at + 1 == rest.len();
                    if !last && matches!(op, CompareOp::In | CompareOp::NotIn) {
                        return Err(Unsupported);
                    }
                    let (holds, right) = self.compare_with(*op, &left, right)?;
                    let next = if last { yes } else { self.f.create_block() };
                    self.f.ins().brif(holds, next, &[], no, &[]);
                    if !last {
                        self.f.switch_to_block(next);
                    }
                    left = right;
                }
                Ok(())
            }
            _ => {
                let val = self.value(tree)?;
                let truth = self.truth_of(&val)?;
                self.f.ins().brif(truth, yes, &[], no, &[]);
                Ok(())
            }
        }
    }

    /// `and` and `or` as values.
    fn last_value(&mut self, items: &[Tree], or: bool) -> Result<Val, Unsupported> {
        let Some((last, others)) = items.split_last() else { return Err(Unsupported) };
        let mut ends = Vec::new();
        for item in others {
            let val = self.value(item)?;
            let truth = self.truth_of(&val)?;
            let (stays, next) = (self.f.create_block(), self.f.create_block());
            let (yes, no) = if or { (stays, next) } else { (next, stays) };
            self.f.ins().brif(truth, yes, &[], no, &[]);
            ends.push((stays, val));
            self.f.switch_to_block(next);
        }
        let val = self.value(last)?;
        ends.push(self.end(val));
        self.meet(&ends)
    }

    /// `of[index]`
    fn item(&mut self, of: &Val, index: &Val) -> Result<Val, Unsupported> {
        if let (Val::Never, _) | (_, Val::Never) = (of, index) {
            return Ok(Val::Never);
        }
        if let (Val::Tuple(items), Val::One(One { tag: Tag::Int, value, .. })) = (of, index) {
            let Some(at) = self.constant(*value) else { return Err(Unsupported) };
            let at = if at < 0 { at + items.len() as i64 } else { at };
            let item = usize::try_from(at).ok().and_then(|at| items.get(at)).cloned();
            return Ok(item.unwrap_or_else(|| self.stop(Stop::Index)));
        }
        self.split(index, &mut |this, one| {
            let Some(at) = this.whole(one) else { return Ok(this.stop(Stop::Type)) };
            match of {
                Val::Made(list, number) => {
                    let len = this.count(*list);
                    let at = this.place(at, len);
                    this.within(at, len);
                    this.made_item(*list, *number, at)
                }
                Val::List(input, start, len) if !this.is_group(*input) => {
                    let at = this.place(at, *len);
                    this.within(at, *len);
                    this.list_item(*input, *start, at)
                }
                Val::One(_) | Val::Any { .. } => this.split(of, &mut |this, text| {
                    if !text.tag.is_text() {
                        return Ok(this.stop(Stop::Type));
                    }
                    if text.tag == Tag::Char {
                        // One character, or none.
                        let some = this.f.ins().icmp_imm(IntCC::NotEqual, text.value, -1);
                        let len = this.f.ins().uextend(types::I64, some);
                        let at = this.place(at, len);
                        this.within(at, len);
                        return Ok(Val::One(*text));
                    }
                    let len = text.len.ok_or(Unsupported)?;
                    let at = this.place(at, len);
                    this.within(at, len);
                    Ok(Val::one(Tag::Char, this.character(text.value, at)))
                }),
                _ => Err(Unsupported),
            }
        })
    }

    /// An index that may count from the end.
    pub fn place(&mut self, at: Value, len: Value) -> Value {
        if self.constant(at).is_some_and(|at| at >= 0) {
            return at;
        }
        let back = self.f.ins().iadd(at, len);
        let negative = self.f.ins().icmp_imm(IntCC::SignedLessThan, at, 0);
        self.f.ins().select(negative, back, at)
    }

    /// `of[start:stop]` of a text or a list.
    fn slice(&mut self, of: &Val, bounds: &[Option<Val>; 2]) -> Result<Val, Unsupported> {
        let of = &self.one_text(of)?;
        let len = match of {
            Val::Never => return Ok(Val::Never),
            Val::Made(list, _) => self.count(*list),
            Val::One(one @ One { tag: Tag::Char, .. }) => {
                let (address, len) = self.kept_text(one);
                return self.slice(&Val::text(address, len), bounds);
            }
            Val::List(input, _, len) if !self.is_group(*input) => *len,
            Val::One(One { tag: Tag::Text, len: Some(len), .. }) => *len,
            _ => return Err(Unsupported),
        };
        let zero = self.int(0);
        let mut places = [zero, len];
        for (place, bound) in places.iter_mut().zip(bounds) {
            match bound {
                None | Some(Val::One(One { tag: Tag::None, .. })) => {}
                Some(Val::One(one @ One { tag: Tag::Int | Tag::Bool, .. })) => {
                    let at = self.whole(one).ok_or(Unsupported)?;
                    let at = self.place(at, len);
                    let at = self.f.ins().smax(at, zero);
                    *place = self.f.ins().smin(at, len);
                }
                _ => return Err(Unsupported),
            }
        }
        let [start, stop] = places;
        let count = self.f.ins().isub(stop, start);
        let count = self.f.ins().smax(count, zero);
        Ok(match of {
            Val::Made(list, number) => self.part_of(*list, *number, [start, count], 1),
            Val::List(input, first, _) => {
                let from = self.f.ins().iadd(*first, start);
                Val::List(*input, from, count)
            }
            Val::One(text) => {
                let address = self.address(text.value, start);
                Val::text(address, count)
            }
            _ => return Err(Unsupported),
        })
    }

    /// Some items of a list of ours, in a new one.
    fn part_of(&mut self, list: Value, number: usize, [start, count]: [Value; 2], step: i64) -> Val {
        let packed = self.int(step << 32 | stride(&self.sites.item(number)) as i64);
        Val::Made(self.make(whole::slice, [list, start, count, packed], types::I64), number)
    }

    /// `of[::-1]`
    fn turned(&mut self, tree: &Tree, of: &Val) -> Result<Val, Unsupported> {
        let of = &self.one_text(of)?;
        match of {
            Val::Made(list, number) => {
                let count = self.count(*list);
                let start = self.f.ins().iadd_imm(count, -1);
                Ok(self.part_of(*list, *number, [start, count], -1))
            }
            Val::List(input, ..) if !self.is_group(*input) => {
                let (each, count) = self.each_of(of)?;
                let made = self.new_list(site(tree, 0), 0);
                self.extend(&made, &Each::Reversed(Box::new(each), count), count)?;
                Ok(made)
            }
            Val::One(one @ One { tag: Tag::Text, len: Some(len), .. }) => {
                let (how, none) = (self.int(5), self.int(0));
                let found = self.make(words::changed, [one.value, *len, how, none], types::I64);
                Ok(Val::text(found, *len))
            }
            Val::One(One { tag: Tag::Char, .. }) | Val::Never => Ok(of.clone()),
            _ => Err(Unsupported),
        }
    }
}
