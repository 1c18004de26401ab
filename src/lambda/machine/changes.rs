//! Functions that make lists, sets and dicts or change them, as the translator sends them.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlags, Value, types};

use super::arena::place;
use super::bail::{Stop, Unsupported};
use super::build::Build;
use super::index::{self, stride};
use super::made::site;
use super::value::{One, Shape, Tag, Val};
use super::whole;
use crate::lambda::tree::Tree;
use crate::lambda::tree::expr::{BinaryOp, CompareOp};
use crate::lambda::tree::functions::Function;

impl Build<'_, '_> {
    /// A call of such a function, which is what `tree` is; nothing for others.
    pub fn collection(&mut self, tree: &Tree, function: Function, args: &[Tree]) -> Result<Option<Val>, Unsupported> {
        Ok(Some(match (function, args) {
            (Function::Append, [of, item]) => {
                let of = self.changing(of, tree)?;
                let item = self.value(item)?;
                if let Val::Made(list, number) = of {
                    self.push(list, number, &item)?;
                }
                of
            }
            (Function::Extend, [of, items]) => {
                let of = self.changing(of, tree)?;
                let (each, count) = self.each_in(items)?;
                self.extend(&of, &each, count)?;
                of
            }
            (Function::SetItem, [of, index, item]) => {
                let of = self.changing(of, tree)?;
                let (index, item) = (self.value(index)?, self.value(item)?);
                self.set_item(&of, &index, &item)?;
                of
            }
            (Function::DelItem, [of, index]) => {
                let of = self.changing(of, tree)?;
                let index = self.value(index)?;
                self.delete(&of, &index)?;
                of
            }
            (Function::Insert, [of, index, item]) => {
                let of = self.changing(of, tree)?;
                let (index, item) = (self.value(index)?, self.value(item)?);
                self.insert(&of, &index, &item)?;
                of
            }
            (Function::DictSet, [of, key, item]) => self.dict_set(tree, of, key, item)?,
            (Function::DictGet, [of, key, default]) => self.dict_get(of, key, Some(default))?,
            (Function::DictItem, [of, key]) => self.dict_get(of, key, None)?,
            (Function::DictHas | Function::SetHas, [of, key]) => self.has(of, key, function == Function::DictHas)?,
            (Function::DictOf, [pairs]) => self.dict_of(tree, pairs)?,
            (Function::Counts, [of]) => self.counts(tree, of)?,
            (Function::DictDel, [of, key]) => self.dict_delete(tree, of, key)?,
            (Function::SetOr, [of, more]) => self.set_or(tree, of, more)?,
            (Function::Distinct, [of]) => self.distinct(tree, of)?,
            (Function::DictKeys | Function::DictValues | Function::Reversed, [_])
            | (Function::Enumerate, [_, _])
            | (Function::Zip, [_, ..])
            | (Function::Range, [_] | [_, _] | [_, _, _]) => self.gathered(tree, tree, 0)?,
            (Function::Flatten, [of]) => self.flattened(tree, of)?,
            (Function::List, [of]) => self.gathered(of, tree, 0)?,
            (Function::Sum, [of]) => self.sum(of, None)?,
            (Function::Sum, [of, start]) => self.sum(of, Some(start))?,
            (Function::Sorted, [of]) => self.sorted(tree, of, None)?,
            (Function::Sorted, [of, reverse]) => self.sorted(tree, of, Some(reverse))?,
            (Function::SortedBy, [pairs, reverse]) => self.sorted_by(tree, pairs, reverse)?,
            (Function::Min | Function::Max, [of]) => self.extreme(function == Function::Max, of, false)?,
            (Function::MinBy | Function::MaxBy, [of]) => self.extreme(function == Function::MaxBy, of, true)?,
            _ => return Ok(None),
        }))
    }

    /// `a + b` and `a * n` of lists; nothing for other operands.
    pub fn lists(&mut self, tree: &Tree, op: BinaryOp, a: &Val, b: &Val) -> Result<Option<Val>, Unsupported> {
        let is_list = |val: &Val| matches!(val, Val::List(..) | Val::Made(..));
        if !is_list(a) && !is_list(b) {
            return Ok(None);
        }
        let (of, times) = if is_list(a) { (a, b) } else { (b, a) };
        match op {
            BinaryOp::Add if is_list(times) => {
                let made = self.copy(site(tree, 0), a)?;
                let (each, count) = self.each_of(b)?;
                self.extend(&made, &each, count)?;
                Ok(Some(made))
            }
            BinaryOp::Mul => {
                let of = self.ours(of.clone(), site(tree, 1))?;
                let times = self.index(times)?;
                let Val::Made(list, number) = of else { return Ok(Some(of)) };
                let words = stride(&self.sites.item(number)) as i64;
                let (words, none) = (self.int(words), self.int(0));
                Ok(Some(Val::Made(self.make(whole::repeat, [list, times, words, none], types::I64), number)))
            }
            _ => Err(Unsupported),
        }
    }

    /// What a statement changes.
    fn changing(&mut self, of: &Tree, tree: &Tree) -> Result<Val, Unsupported> {
        let of = self.value(of)?;
        self.ours(of, site(tree, 0))
    }

    /// An int that is an index, and a list's length.
    fn index(&mut self, index: &Val) -> Result<Value, Unsupported> {
        match index {
            Val::One(one) => {
                if let Some(at) = self.whole(one) {
                    return Ok(at);
                }
                self.stop(Stop::Type);
                Ok(self.int(0))
            }
            Val::Never => Ok(self.int(0)),
            _ => Err(Unsupported),
        }
    }

    fn set_item(&mut self, of: &Val, index: &Val, item: &Val) -> Result<(), Unsupported> {
        let at = self.index(index)?;
        let Val::Made(list, number) = of else { return Ok(()) };
        let shape = self.room_for(*number, item)?;
        let len = self.count(*list);
        let at = self.place(at, len);
        self.within(at, len);
        let item = self.as_item(item, &shape)?;
        let address = self.item_address(*list, &shape, at);
        self.write(&item, &shape, address, 0)
    }

    fn delete(&mut self, of: &Val, index: &Val) -> Result<(), Unsupported> {
        let at = self.index(index)?;
        let Val::Made(list, number) = of else { return Ok(()) };
        let len = self.count(*list);
        if self.constant(at) == Some(-1) {
            let shorter = self.f.ins().iadd_imm(len, -1);
            let none = self.f.ins().icmp_imm(IntCC::Equal, len, 0);
            self.stop_if(none, Stop::Index);
            self.f.ins().store(MemFlags::trusted(), shorter, *list, place::LEN);
            return Ok(());
        }
        let at = self.place(at, len);
        self.within(at, len);
        let words = stride(&self.sites.item(*number)) as i64;
        let (words, none) = (self.int(words), self.int(0));
        self.make(whole::remove, [*list, at, words, none], types::I64);
        Ok(())
    }

    fn insert(&mut self, of: &Val, index: &Val, item: &Val) -> Result<(), Unsupported> {
        let at = self.index(index)?;
        let Val::Made(list, number) = of else { return Ok(()) };
        let shape = self.room_for(*number, item)?;
        let item = self.as_item(item, &shape)?;
        let (len, zero) = (self.count(*list), self.int(0));
        let at = self.place(at, len);
        let at = self.f.ins().smax(at, zero);
        let at = self.f.ins().smin(at, len);
        let words = self.int(stride(&shape) as i64);
        let address = self.make(whole::insert, [*list, at, words, zero], types::I64);
        self.write(&item, &shape, address, 0)
    }

    /// A new list of all items of all lists.
    fn flattened(&mut self, tree: &Tree, of: &Tree) -> Result<Val, Unsupported> {
        if let Tree::List(parts) = of {
            let made = self.new_list(site(tree, 0), 0);
            for part in parts {
                let (each, count) = self.each_in(part)?;
                self.extend(&made, &each, count)?;
            }
            return Ok(made);
        }
        let (each, count) = self.each_in(of)?;
        let made = self.new_list(site(tree, 0), 0);
        self.repeat(count, &mut |this, at| {
            let part = this.item_of(&each, at)?;
            let (each, count) = this.each_of(&part)?;
            this.extend(&made, &each, count)
        })?;
        Ok(made)
    }

    /// A new list of which everything is in order.
    fn sorted(&mut self, tree: &Tree, of: &Tree, reverse: Option<&Tree>) -> Result<Val, Unsupported> {
        let made = self.gathered(of, tree, 0)?;
        let Val::Made(list, number) = made else { return Ok(made) };
        let reverse = self.reverse(reverse)?;
        let item = self.sites.item(number);
        if item != Shape::Nothing {
            let (layout, none) = (self.layout(&item, &item)?, self.int(0));
            self.make(whole::sort, [list, layout, reverse, none], types::I64);
        }
        Ok(made)
    }

    fn reverse(&mut self, reverse: Option<&Tree>) -> Result<Value, Unsupported> {
        let Some(reverse) = reverse else { return Ok(self.int(0)) };
        match self.value(reverse)? {
            Val::One(one @ One { tag: Tag::Bool | Tag::Int, .. }) => self.whole(&one).ok_or(Unsupported),
            _ => Err(Unsupported),
        }
    }

    /// Of pairs of keys and items the items, in the order of the keys, which are asked for once.
    fn sorted_by(&mut self, tree: &Tree, pairs: &Tree, reverse: &Tree) -> Result<Val, Unsupported> {
        let made = self.gathered(pairs, tree, 0)?;
        let reverse = self.reverse(Some(reverse))?;
        let Val::Made(list, number) = made else { return Ok(made) };
        let pair = self.sites.item(number);
        let none = self.int(0);
        let Shape::Tuple(parts) = &pair else {
            return if pair == Shape::Nothing { Ok(self.new_list(site(tree, 1), 0)) } else { Err(Unsupported) };
        };
        let [key, item] = parts.as_slice() else { return Err(Unsupported) };
        let layout = self.layout(key, &pair)?;
        self.make(whole::sort, [list, layout, reverse, none], types::I64);
        self.projected(tree, list, &pair, stride(key), item)
    }

    /// A new list of a part of each item.
    fn projected(
        &mut self,
        tree: &Tree,
        list: Value,
        whole: &Shape,
        from: usize,
        part: &Shape,
    ) -> Result<Val, Unsupported> {
        let number = self.sites.of(site(tree, 1));
        if self.sites.include(number, part).ok_or(Unsupported)? != *part {
            // What is put into it later is wider.
            return Err(Unsupported);
        }
        let (words, from, count) =
            (self.int(stride(whole) as i64), self.int(from as i64), self.int(stride(part) as i64));
        Ok(Val::Made(self.make(whole::project, [list, words, from, count], types::I64), number))
    }

    /// `min` or `max` of what is gone through: the first of equals. Where there are `keys`, of pairs with them.
    fn extreme(&mut self, most: bool, of: &Tree, keys: bool) -> Result<Val, Unsupported> {
        let (each, count) = self.each_in(of)?;
        let none = self.f.ins().icmp_imm(IntCC::Equal, count, 0);
        self.stop_if(none, Stop::Value);
        let first = self.int(0);
        let first = self.item_of(&each, first)?;
        let shape = first.shape();
        let variables = self.variables(&shape);
        self.assign(&variables, &shape, &first)?;
        let better = if most { CompareOp::Gt } else { CompareOp::Lt };
        let rest = self.f.ins().iadd_imm(count, -1);
        self.repeat(rest, &mut |this, at| {
            let at = this.f.ins().iadd_imm(at, 1);
            let item = this.item_of(&each, at)?;
            if item.shape() != shape {
                return Err(Unsupported);
            }
            let best = this.read(&variables, &shape)?;
            let found = match (keys, &item, &best) {
                (true, Val::Tuple(item), Val::Tuple(best)) => this.compare(better, &item[0], &best[0])?,
                (_, Val::Never, _) => this.bool(false),
                (false, ..) => this.compare(better, &item, &best)?,
                _ => return Err(Unsupported),
            };
            let best = this.choose(found, &item, &best)?;
            this.assign(&variables, &shape, &best)
        })?;
        let best = self.read(&variables, &shape)?;
        match (keys, best) {
            (true, Val::Tuple(mut pair)) => pair.pop().ok_or(Unsupported),
            (_, best) => Ok(best),
        }
    }

    fn set_or(&mut self, tree: &Tree, of: &Tree, more: &Tree) -> Result<Val, Unsupported> {
        if let Tree::List(items) = more
            && let [item] = items.as_slice()
        {
            // `add`, of which nobody has the set.
            let of = self.changing(of, tree)?;
            let item = self.value(item)?;
            if let Val::Made(list, number) = of {
                self.add(list, number, &item)?;
            }
            return Ok(of);
        }
        let made = self.gathered(of, tree, 0)?;
        let (each, count) = self.each_in(more)?;
        self.add_all(&made, &each, count)?;
        Ok(made)
    }

    fn distinct(&mut self, tree: &Tree, of: &Tree) -> Result<Val, Unsupported> {
        let (each, count) = self.each_in(of)?;
        let made = self.new_list(site(tree, 0), 0);
        self.add_all(&made, &each, count)?;
        Ok(made)
    }

    fn add_all(&mut self, made: &Val, each: &super::each::Each, count: Value) -> Result<(), Unsupported> {
        let Val::Made(list, number) = made else { return Ok(()) };
        self.repeat(count, &mut |this, at| {
            let item = this.item_of(each, at)?;
            this.add(*list, *number, &item)
        })
    }

    /// Adds an element to a set.
    fn add(&mut self, list: Value, number: usize, item: &Val) -> Result<(), Unsupported> {
        let shape = self.room_for(number, item)?;
        if shape == Shape::Nothing {
            return Ok(());
        }
        let item = self.as_item(item, &shape)?;
        let (layout, key) = (self.keys(&shape, &shape)?, self.key(&item, &shape)?);
        let none = self.int(0);
        self.make(index::slot, [list, key, layout, none], types::I64);
        Ok(())
    }

    /// The layout of what may be a key: no float, of which -0.0 and nan are odd.
    pub fn keys(&mut self, key: &Shape, item: &Shape) -> Result<Value, Unsupported> {
        let mut words = Vec::new();
        index::words(key, &mut words).ok_or(Unsupported)?;
        if words.contains(&index::Word::Float) {
            return Err(Unsupported);
        }
        self.layout(key, item)
    }
}
