//! Lists that the code makes: their items, and what other lists become where they are changed.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlags, StackSlotData, StackSlotKind, Value, types};

use super::arena::{self, place};
use super::bail::{Stop, Unsupported};
use super::build::Build;
use super::index::{self, Layout, stride};
use super::kind::Kind;
use super::sites::COPIES;
use super::value::{One, Shape, Tag, Tags, Val};
use crate::lambda::tree::Tree;

/// The place of a tree that makes a list; there may be more than one.
pub fn site(tree: &Tree, number: usize) -> (usize, usize) {
    (std::ptr::from_ref(tree).addr(), number)
}

impl Build<'_, '_> {
    /// A new list of a place.
    pub fn new_list(&mut self, key: (usize, usize), room: i64) -> Val {
        let number = self.sites.of(key);
        let words = stride(&self.sites.item(number)) as i64;
        let (room, words, none) = (self.int(room), self.int(words), self.int(0));
        Val::Made(self.make(arena::list, [room, words, none, none], types::I64), number)
    }

    /// A part of a list's header.
    pub fn part(&mut self, list: Value, at: i32) -> Value {
        self.f.ins().load(types::I64, MemFlags::trusted(), list, at)
    }

    /// The number of items.
    pub fn count(&mut self, list: Value) -> Value {
        self.part(list, place::LEN)
    }

    /// The shape in which a value is an item of a list of this number.
    pub fn room_for(&mut self, number: usize, val: &Val) -> Result<Shape, Unsupported> {
        self.sites.include(number, &val.shape()).ok_or(Unsupported)
    }

    /// A value as an item of a list: every str has an address, and every list is one of ours.
    pub fn as_item(&mut self, val: &Val, shape: &Shape) -> Result<Val, Unsupported> {
        Ok(match (val, shape) {
            (Val::One(one @ One { tag: Tag::Char, .. }), _) => {
                let (address, len) = self.lasting(one.value);
                Val::text(address, len)
            }
            (Val::Any { tags, .. }, _) if tags.has(Tag::Char) => self.split(val, &mut |this, one| {
                if one.tag != Tag::Char {
                    return Ok(Val::One(*one));
                }
                let (address, len) = this.lasting(one.value);
                Ok(Val::text(address, len))
            })?,
            (Val::Tuple(vals), Shape::Tuple(shapes)) if vals.len() == shapes.len() => {
                let items = vals.iter().zip(shapes).map(|(val, shape)| self.as_item(val, shape));
                Val::Tuple(items.collect::<Result<_, _>>()?)
            }
            (Val::List(input, ..), Shape::Made(_)) => {
                let input = *input;
                self.copy((COPIES, input), val)?
            }
            _ => val.clone(),
        })
    }

    /// A str of one character or none, with an address that stays.
    pub fn lasting(&mut self, code: Value) -> (Value, Value) {
        let some = self.f.ins().icmp_imm(IntCC::NotEqual, code, -1);
        let len = self.f.ins().uextend(types::I64, some);
        if self.wide {
            let none = self.int(0);
            return (self.make(super::words::character, [code, none, none, none], types::I64), len);
        }
        let beyond = self.f.ins().icmp_imm(IntCC::SignedGreaterThan, code, 127);
        self.stop_if(beyond, Stop::Other);
        let first = self.int(super::words::CHARACTERS.as_ptr().addr() as i64);
        // Of none the address is one in front, at which nobody looks.
        (self.f.ins().iadd(first, code), len)
    }

    /// Writes an item's parts.
    pub fn write(&mut self, val: &Val, shape: &Shape, address: Value, from: usize) -> Result<(), Unsupported> {
        let val = self.as_item(val, shape)?;
        let mut parts = Vec::new();
        self.parts(&val, shape, &mut parts)?;
        for (at, part) in parts.into_iter().enumerate() {
            self.f.ins().store(MemFlags::trusted(), part, address, ((from + at) * 8) as i32);
        }
        Ok(())
    }

    /// Reads an item's parts.
    pub fn read_at(&mut self, shape: &Shape, address: Value, from: usize) -> Result<Val, Unsupported> {
        let mut kinds = Vec::new();
        shape.parts(&mut kinds);
        let parts: Vec<Value> = kinds
            .into_iter()
            .enumerate()
            .map(|(at, kind)| self.f.ins().load(kind, MemFlags::trusted(), address, ((from + at) * 8) as i32))
            .collect();
        self.of_parts(shape, &mut parts.into_iter())
    }

    /// The address of the item of a number.
    pub fn item_address(&mut self, list: Value, shape: &Shape, at: Value) -> Value {
        let items = self.part(list, place::ITEMS);
        let by = match stride(shape) {
            1 => self.f.ins().ishl_imm(at, 3),
            words => self.f.ins().imul_imm(at, words as i64 * 8),
        };
        self.f.ins().iadd(items, by)
    }

    /// The item of a number, which the list has.
    pub fn made_item(&mut self, list: Value, number: usize, at: Value) -> Result<Val, Unsupported> {
        let shape = self.sites.item(number);
        let address = self.item_address(list, &shape, at);
        self.read_at(&shape, address, 0)
    }

    /// Adds an item.
    pub fn push(&mut self, list: Value, number: usize, val: &Val) -> Result<(), Unsupported> {
        let shape = self.room_for(number, val)?;
        let val = self.as_item(val, &shape)?;
        let len = self.count(list);
        let room = self.part(list, place::ROOM);
        let full = self.f.ins().icmp(IntCC::SignedGreaterThanOrEqual, len, room);
        let (more, next) = (self.f.create_block(), self.f.create_block());
        self.f.set_cold_block(more);
        self.f.ins().brif(full, more, &[], next, &[]);
        self.f.switch_to_block(more);
        let (one, words, none) = (self.int(1), self.int(stride(&shape) as i64), self.int(0));
        self.make(arena::grow, [list, one, words, none], types::I64);
        self.f.ins().jump(next, &[]);
        self.f.switch_to_block(next);
        let address = self.item_address(list, &shape, len);
        self.write(&val, &shape, address, 0)?;
        let longer = self.f.ins().iadd_imm(len, 1);
        self.f.ins().store(MemFlags::trusted(), longer, list, place::LEN);
        Ok(())
    }

    /// A new list of the items of another one.
    pub fn copy(&mut self, key: (usize, usize), of: &Val) -> Result<Val, Unsupported> {
        if matches!(of, Val::Never) {
            return Ok(Val::Never);
        }
        let (each, count) = self.each_of(of)?;
        let made = self.new_list(key, 0);
        self.extend(&made, &each, count)?;
        Ok(made)
    }

    /// What a list becomes before it is changed: one that the code makes.
    pub fn ours(&mut self, of: Val, key: (usize, usize)) -> Result<Val, Unsupported> {
        match of {
            Val::Made(..) | Val::Never => Ok(of),
            Val::List(input, ..) if !self.is_group(input) => self.copy(key, &of),
            _ => Err(Unsupported),
        }
    }

    /// A result in which every list is one of ours.
    pub fn owned(&mut self, of: &Val) -> Result<Val, Unsupported> {
        Ok(match of {
            Val::List(input, ..) if !self.is_group(*input) => self.copy((COPIES, *input), of)?,
            Val::Tuple(items) => Val::Tuple(items.iter().map(|item| self.owned(item)).collect::<Result<_, _>>()?),
            other => other.clone(),
        })
    }

    /// Code that runs for each number below `count`.
    pub fn repeat(
        &mut self,
        count: Value,
        body: &mut dyn FnMut(&mut Self, Value) -> Result<(), Unsupported>,
    ) -> Result<(), Unsupported> {
        let number = self.f.declare_var(types::I64);
        let zero = self.int(0);
        self.f.def_var(number, zero);
        let [head, inside, exit] = [(); 3].map(|()| self.f.create_block());
        self.f.ins().jump(head, &[]);
        self.f.switch_to_block(head);
        let at = self.f.use_var(number);
        let goes_on = self.f.ins().icmp(IntCC::UnsignedLessThan, at, count);
        self.f.ins().brif(goes_on, inside, &[], exit, &[]);
        self.f.switch_to_block(inside);
        body(self, at)?;
        self.turn();
        let following = self.f.ins().iadd_imm(at, 1);
        self.f.def_var(number, following);
        self.f.ins().jump(head, &[]);
        self.f.switch_to_block(exit);
        Ok(())
    }

    /// What helpers need to know of items which begin with a key, as far as it has an order.
    pub fn layout(&mut self, key: &Shape, item: &Shape) -> Result<Value, Unsupported> {
        let mut words = Vec::new();
        let partly = index::words(key, &mut words).is_none();
        if partly && words.is_empty() {
            return Err(Unsupported);
        }
        let layout = Box::new(Layout { key: words, len: stride(key), stride: stride(item), wide: self.wide, partly });
        let address = self.int(std::ptr::from_ref(&*layout).addr() as i64);
        self.kept.layouts.push(layout);
        Ok(address)
    }

    /// A place in the frame where a key's words are.
    pub fn key(&mut self, val: &Val, shape: &Shape) -> Result<Value, Unsupported> {
        let bytes = (stride(shape).max(1) * 8) as u32;
        let slot = self.f.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, bytes, 3));
        let address = self.f.ins().stack_addr(types::I64, slot, 0);
        self.write(val, shape, address, 0)?;
        Ok(address)
    }

    /// The shape of an input's values.
    pub fn shape_of(&mut self, kind: &Kind, base: usize) -> Shape {
        let one = |tag| Shape::Scalar(Tags::one(tag));
        match kind {
            Kind::None => one(Tag::None),
            Kind::Bool => one(Tag::Bool),
            Kind::Int => one(Tag::Int),
            Kind::Float => one(Tag::Float),
            Kind::Text => one(Tag::Text),
            Kind::Optional(inner) => match self.shape_of(inner, base + 1) {
                Shape::Scalar(tags) => Shape::Scalar(Tags(tags.0 | Tags::one(Tag::None).0)),
                other => other,
            },
            Kind::Tuple(items) => {
                let mut from = base;
                let shapes = items.iter().map(|item| {
                    let shape = self.shape_of(item, from);
                    from += item.arrays();
                    shape
                });
                Shape::Tuple(shapes.collect())
            }
            Kind::List(item, _) => {
                let item = self.shape_of(item, base + 1);
                self.sites.inputs.insert(base, item);
                Shape::List(base)
            }
            Kind::Empty => Shape::Nothing,
        }
    }
}
