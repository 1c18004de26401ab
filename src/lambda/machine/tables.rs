//! Dicts: lists of pairs whose keys are found.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlags, Value, types};

use super::arena::place;
use super::bail::{Stop, Unsupported};
use super::build::Build;
use super::index::{self, stride};
use super::made::site;
use super::value::{Shape, Tag, Tags, Val};
use super::whole;
use crate::lambda::tree::Tree;

/// A dict, and what its pairs are.
struct Table {
    list: Value,
    key: Shape,
    item: Shape,
    pair: Shape,
}

impl Build<'_, '_> {
    /// A dict for which a key, and perhaps an item, of these values is known; nothing where it can't have any yet.
    fn table(&mut self, of: &Val, key: &Val, item: &Val) -> Result<Option<Table>, Unsupported> {
        let Val::Made(list, number) = of else {
            return if matches!(of, Val::Never) { Ok(None) } else { Err(Unsupported) };
        };
        let pair = Shape::Tuple(vec![key.shape(), item.shape()]);
        let pair = self.sites.include(*number, &pair).ok_or(Unsupported)?;
        let Shape::Tuple(parts) = &pair else { return Err(Unsupported) };
        let [key, item] = parts.as_slice() else { return Err(Unsupported) };
        if *key == Shape::Nothing {
            return Ok(None);
        }
        Ok(Some(Table { list: *list, key: key.clone(), item: item.clone(), pair: pair.clone() }))
    }

    /// The address of the pair of a key: the helper says what happens where there is none.
    fn pair_of(&mut self, table: &Table, key: &Val, helper: super::build::Maker) -> Result<Value, Unsupported> {
        let key = self.as_item(key, &table.key)?;
        let layout = self.keys(&table.key, &table.pair)?;
        let (key, none) = (self.key(&key, &table.key)?, self.int(0));
        Ok(self.make(helper, [table.list, key, layout, none], types::I64))
    }

    /// `of[key] = item`
    pub fn dict_set(&mut self, tree: &Tree, of: &Tree, key: &Tree, item: &Tree) -> Result<Val, Unsupported> {
        let of = self.value(of)?;
        let of = self.ours(of, site(tree, 0))?;
        let (key, item) = (self.value(key)?, self.value(item)?);
        if let Some(table) = self.table(&of, &key, &item)? {
            let item = self.as_item(&item, &table.item)?;
            let pair = self.pair_of(&table, &key, index::slot)?;
            self.write(&item, &table.item, pair, stride(&table.key))?;
        }
        Ok(of)
    }

    /// `of[key]`, or `of.get(key, default)`.
    pub fn dict_get(&mut self, of: &Tree, key: &Tree, default: Option<&Tree>) -> Result<Val, Unsupported> {
        let (of, key) = (self.value(of)?, self.value(key)?);
        let Some(table) = self.table(&of, &key, &Val::Never)? else {
            return match default {
                Some(default) => self.value(default),
                None => Ok(self.stop(Stop::Key)),
            };
        };
        let pair = self.pair_of(&table, &key, index::find)?;
        let none = self.f.ins().icmp_imm(IntCC::Equal, pair, 0);
        let Some(default) = default else {
            self.stop_if(none, Stop::Key);
            return self.read_at(&table.item, pair, stride(&table.key));
        };
        let (there, missing) = (self.f.create_block(), self.f.create_block());
        self.f.ins().brif(none, missing, &[], there, &[]);
        self.f.switch_to_block(missing);
        let default = self.value(default)?;
        let mut ends = vec![self.end(default)];
        self.f.switch_to_block(there);
        let found = self.read_at(&table.item, pair, stride(&table.key))?;
        ends.push(self.end(found));
        self.meet(&ends)
    }

    /// `key in of`
    pub fn has(&mut self, of: &Tree, key: &Tree, dict: bool) -> Result<Val, Unsupported> {
        let (of, key) = (self.value(of)?, self.value(key)?);
        let Val::Made(list, number) = of else {
            return if matches!(of, Val::Never) { Ok(Val::Never) } else { Err(Unsupported) };
        };
        let known = self.sites.item(number);
        let none = self.int(0);
        let shape = self.sites.stored(&key.shape()).ok_or(Unsupported)?;
        if known == Shape::Nothing || shape == Shape::Nothing {
            return Ok(Val::one(Tag::Bool, self.bool(false)));
        }
        let keys = match (dict, &known) {
            (false, item) => item,
            (true, Shape::Tuple(pair)) => pair.first().ok_or(Unsupported)?,
            _ => return Err(Unsupported),
        };
        if *keys == Shape::Nothing {
            return Ok(Val::one(Tag::Bool, self.bool(false)));
        }
        if *keys != shape {
            // It may be equal to a key of another type.
            return Err(Unsupported);
        }
        let key = self.as_item(&key, &shape)?;
        let (layout, place) = (self.keys(&shape, &known)?, self.key(&key, &shape)?);
        let found = self.make(index::find, [list, place, layout, none], types::I64);
        Ok(Val::one(Tag::Bool, self.f.ins().icmp_imm(IntCC::NotEqual, found, 0)))
    }

    /// `del of[key]`
    pub fn dict_delete(&mut self, tree: &Tree, of: &Tree, key: &Tree) -> Result<Val, Unsupported> {
        let of = self.value(of)?;
        let of = self.ours(of, site(tree, 0))?;
        let key = self.value(key)?;
        let Some(table) = self.table(&of, &key, &Val::Never)? else { return Ok(of) };
        let pair = self.pair_of(&table, &key, index::find)?;
        let missing = self.f.ins().icmp_imm(IntCC::Equal, pair, 0);
        self.stop_if(missing, Stop::Key);
        let items = self.part(table.list, place::ITEMS);
        let far = self.f.ins().isub(pair, items);
        let words = self.int(stride(&table.pair) as i64);
        let bytes = self.f.ins().imul_imm(words, 8);
        let at = self.f.ins().udiv(far, bytes);
        let none = self.int(0);
        self.make(whole::remove, [table.list, at, words, none], types::I64);
        Ok(of)
    }

    /// `dict(pairs)`
    pub fn dict_of(&mut self, tree: &Tree, pairs: &Tree) -> Result<Val, Unsupported> {
        let (each, count) = self.each_in(pairs)?;
        let made = self.new_list(site(tree, 0), 0);
        self.repeat(count, &mut |this, at| {
            match this.item_of(&each, at)? {
                Val::Tuple(pair) => {
                    let [key, item] = pair.as_slice() else { return Err(Unsupported) };
                    if let Some(table) = this.table(&made, key, item)? {
                        let item = this.as_item(item, &table.item)?;
                        let pair = this.pair_of(&table, key, index::slot)?;
                        this.write(&item, &table.item, pair, stride(&table.key))?;
                    }
                }
                Val::Never => {}
                _ => return Err(Unsupported),
            }
            Ok(())
        })?;
        Ok(made)
    }

    /// `Counter(items)`
    pub fn counts(&mut self, tree: &Tree, of: &Tree) -> Result<Val, Unsupported> {
        let (each, count) = self.each_in(of)?;
        let made = self.new_list(site(tree, 0), 0);
        let one = Val::one(Tag::Int, self.int(1));
        self.repeat(count, &mut |this, at| {
            let key = this.item_of(&each, at)?;
            let Some(table) = this.table(&made, &key, &one)? else { return Ok(()) };
            if table.item != Shape::Scalar(Tags::one(Tag::Int)) {
                return Err(Unsupported);
            }
            let pair = this.pair_of(&table, &key, index::slot)?;
            let known = this.second();
            let far = (stride(&table.key) * 8) as i32;
            let before = this.f.ins().load(types::I64, MemFlags::trusted(), pair, far);
            let zero = this.int(0);
            let before = this.f.ins().select(known, before, zero);
            let more = this.f.ins().iadd_imm(before, 1);
            this.f.ins().store(MemFlags::trusted(), more, pair, far);
            Ok(())
        })?;
        Ok(made)
    }
}
