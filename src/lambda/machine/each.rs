//! What is gone through: ranges, texts, lists, and what is made of them as they are gone through.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};

use super::bail::{Stop, Unsupported};
use super::build::Build;
use super::made::site;
use super::value::{One, Tag, Val};
use crate::lambda::cells::cell::Cell;
use crate::lambda::tree::Tree;
use crate::lambda::tree::expr::BinaryOp;
use crate::lambda::tree::functions::Function;

/// A tuple's items are chosen one by one, so there must be few.
const MOST_ITEMS: usize = 24;

/// What a loop goes through.
pub enum Each {
    /// A `while` asks.
    Asked,
    /// Start and step; the count is a variable's end.
    Range(Value, Value),
    /// The characters of a text.
    Text(Value),
    /// The items of an input's list.
    List(usize, Value),
    /// The items of a tuple.
    Items(Vec<Val>),
    /// The items of a list that the code makes.
    Made(Value, usize),
    /// Of such items, tuples, one part.
    Part(Value, usize, usize),
    /// From the last of so many.
    Reversed(Box<Each>, Value),
    /// Numbers and items.
    Counted(Value, Box<Each>),
    /// Tuples of the items of each.
    Together(Vec<Each>),
}

impl Each {
    /// Whether its items stay the same though something is changed while they are gone through.
    fn stays(&self) -> bool {
        match self {
            Self::Asked | Self::Range(..) | Self::Text(_) | Self::List(..) | Self::Items(_) => true,
            Self::Made(..) | Self::Part(..) => false,
            Self::Reversed(each, _) | Self::Counted(_, each) => each.stays(),
            Self::Together(each) => each.iter().all(Self::stays),
        }
    }
}

impl Build<'_, '_> {
    /// What a value is gone through as, and how many turns there are.
    pub fn each_of(&mut self, val: &Val) -> Result<(Each, Value), Unsupported> {
        match &self.one_text(val)? {
            Val::List(input, start, len) => Ok((Each::List(*input, *start), *len)),
            Val::Made(list, number) => Ok((Each::Made(*list, *number), self.count(*list))),
            Val::One(one) if one.tag.is_text() => {
                let (address, len) = self.as_text(one);
                Ok((Each::Text(address), len))
            }
            Val::Tuple(items) if items.len() <= MOST_ITEMS => {
                let count = self.int(items.len() as i64);
                Ok((Each::Items(items.clone()), count))
            }
            Val::Never => Ok((Each::Items(Vec::new()), self.int(0))),
            _ => Err(Unsupported),
        }
    }

    /// The same of a tree's value, which needn't be made if nobody else has it.
    pub fn each_in(&mut self, tree: &Tree) -> Result<(Each, Value), Unsupported> {
        let tree = if let Tree::Unsure(of) = tree { of } else { tree };
        let Tree::Call(function, args) = tree else {
            let val = self.value(tree)?;
            return self.each_of(&val);
        };
        match (function, args.as_slice()) {
            (Function::Range, ends) if (1..=3).contains(&ends.len()) => self.range(ends),
            (Function::Enumerate, [of, start]) => {
                let (each, count) = self.each_in(of)?;
                match self.value(start)? {
                    Val::One(One { tag: Tag::Int, value, .. }) => Ok((Each::Counted(value, Box::new(each)), count)),
                    _ => Err(Unsupported),
                }
            }
            (Function::Zip, args) if !args.is_empty() => {
                let each = args.iter().map(|arg| self.each_in(arg)).collect::<Result<Vec<_>, _>>()?;
                let mut counts = each.iter().map(|(_, count)| *count);
                let first = counts.next().ok_or(Unsupported)?;
                let counts: Vec<Value> = counts.collect();
                let count = counts.into_iter().fold(first, |least, count| self.f.ins().umin(least, count));
                Ok((Each::Together(each.into_iter().map(|(each, _)| each).collect()), count))
            }
            (Function::Reversed, [of]) => {
                let (each, count) = self.each_in(of)?;
                Ok((Each::Reversed(Box::new(each), count), count))
            }
            (Function::DictKeys | Function::DictValues, [of]) => {
                let part = usize::from(*function == Function::DictValues);
                match self.value(of)? {
                    Val::Made(list, number) => Ok((Each::Part(list, number, part), self.count(list))),
                    val => {
                        let (each, count) = self.each_of(&val)?;
                        if let Each::Items(items) = &each {
                            let parts = items.iter().map(|item| match item {
                                Val::Tuple(pair) => pair.get(part).cloned().ok_or(Unsupported),
                                Val::Never => Ok(Val::Never),
                                _ => Err(Unsupported),
                            });
                            return Ok((Each::Items(parts.collect::<Result<_, _>>()?), count));
                        }
                        Err(Unsupported)
                    }
                }
            }
            (Function::List, [of]) => {
                let (each, count) = self.each_in(of)?;
                if each.stays() {
                    return Ok((each, count));
                }
                let made = self.new_list(site(tree, 0), 0);
                self.extend(&made, &each, count)?;
                self.each_of(&made)
            }
            _ => {
                let val = self.value(tree)?;
                self.each_of(&val)
            }
        }
    }

    /// A `range`.
    pub fn range(&mut self, ends: &[Tree]) -> Result<(Each, Value), Unsupported> {
        let mut values = Vec::new();
        for end in ends {
            let end = self.value(end)?;
            let end = self.split(&end, &mut |this, one| {
                Ok(if one.tag == Tag::Int { Val::One(*one) } else { this.stop(Stop::Other) })
            })?;
            values.push(match end {
                Val::One(One { tag: Tag::Int, value, .. }) => value,
                Val::Never => self.int(1),
                _ => return Err(Unsupported),
            });
        }
        let (start, stop, by) = match values[..] {
            [stop] => (self.int(0), stop, self.int(1)),
            [start, stop] => (start, stop, self.int(1)),
            [start, stop, by] => (start, stop, by),
            _ => return Err(Unsupported),
        };
        let count = self.range_len(start, stop, by);
        Ok((Each::Range(start, by), count))
    }

    /// The item of a turn.
    pub fn item_of(&mut self, each: &Each, at: Value) -> Result<Val, Unsupported> {
        Ok(match each {
            Each::Asked => Val::Never,
            Each::Range(start, by) => {
                let far = if self.constant(*by) == Some(1) { at } else { self.f.ins().imul(*by, at) };
                Val::one(Tag::Int, self.f.ins().iadd(*start, far))
            }
            Each::Text(address) => Val::one(Tag::Char, self.character(*address, at)),
            Each::List(input, start) => self.list_item(*input, *start, at)?,
            Each::Made(list, number) => self.made_item(*list, *number, at)?,
            Each::Part(list, number, part) => match self.made_item(*list, *number, at)? {
                Val::Tuple(pair) => pair.get(*part).cloned().ok_or(Unsupported)?,
                Val::Never => Val::Never,
                _ => return Err(Unsupported),
            },
            Each::Reversed(each, count) => {
                let behind = self.f.ins().isub(*count, at);
                let at = self.f.ins().iadd_imm(behind, -1);
                self.item_of(each, at)?
            }
            Each::Counted(start, each) => {
                let Val::One(number) =
                    self.binary(BinaryOp::Add, &Val::one(Tag::Int, *start), &Val::one(Tag::Int, at))?
                else {
                    return Err(Unsupported);
                };
                Val::Tuple(vec![Val::One(number), self.item_of(each, at)?])
            }
            Each::Together(each) => {
                Val::Tuple(each.iter().map(|each| self.item_of(each, at)).collect::<Result<_, _>>()?)
            }
            Each::Items(items) => {
                let Some((last, others)) = items.split_last() else { return Ok(Val::Never) };
                let mut found = last.clone();
                for (number, item) in others.iter().enumerate().rev() {
                    let is = self.f.ins().icmp_imm(IntCC::Equal, at, number as i64);
                    found = self.choose(is, item, &found)?;
                }
                found
            }
        })
    }

    /// Adds all items to a list.
    pub fn extend(&mut self, made: &Val, each: &Each, count: Value) -> Result<(), Unsupported> {
        let Val::Made(list, number) = made else { return Ok(()) };
        self.repeat(count, &mut |this, at| {
            let item = this.item_of(each, at)?;
            this.push(*list, *number, &item)
        })
    }

    /// A new list of all of them.
    pub fn gathered(&mut self, tree: &Tree, place: &Tree, number: usize) -> Result<Val, Unsupported> {
        let (each, count) = self.each_in(tree)?;
        let made = self.new_list(site(place, number), 0);
        self.extend(&made, &each, count)?;
        Ok(made)
    }

    /// `[item for slot in source if conditions]`
    pub fn comprehension(
        &mut self,
        tree: &Tree,
        slot: usize,
        source: &Tree,
        conditions: &[Tree],
        item: &Tree,
    ) -> Result<Val, Unsupported> {
        let (each, count) = self.each_in(source)?;
        let made = self.new_list(site(tree, 0), 0);
        let Val::Made(list, number) = made else { return Err(Unsupported) };
        self.repeat(count, &mut |this, at| {
            let element = this.item_of(&each, at)?;
            this.locals.insert(slot, element);
            let skip = this.f.create_block();
            for condition in conditions {
                let next = this.f.create_block();
                this.branch(condition, next, skip)?;
                this.f.switch_to_block(next);
            }
            let val = this.value(item)?;
            this.push(list, number, &val)?;
            this.f.ins().jump(skip, &[]);
            this.f.switch_to_block(skip);
            Ok(())
        })?;
        Ok(made)
    }

    /// `sum`, of ints only, whose order makes no difference.
    pub fn sum(&mut self, of: &Tree, start: Option<&Tree>) -> Result<Val, Unsupported> {
        let first = match start {
            None => self.int(0),
            Some(Tree::Const(Cell::Int(first))) => self.int(*first),
            Some(_) => return Err(Unsupported),
        };
        let total = self.f.declare_var(types::I64);
        self.f.def_var(total, first);
        let (each, count) = self.each_in(of)?;
        self.repeat(count, &mut |this, at| {
            let item = this.item_of(&each, at)?;
            let whole = match &item {
                Val::One(one) => this.whole(one).ok_or(Unsupported)?,
                Val::Never => this.int(0),
                _ => return Err(Unsupported),
            };
            let so_far = this.f.use_var(total);
            match this.binary(BinaryOp::Add, &Val::one(Tag::Int, so_far), &Val::one(Tag::Int, whole))? {
                Val::One(one) => this.f.def_var(total, one.value),
                _ => return Err(Unsupported),
            }
            Ok(())
        })?;
        let total = self.f.use_var(total);
        Ok(Val::one(Tag::Int, total))
    }
}
