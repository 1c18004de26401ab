//! Truth and comparisons.

use cranelift_codegen::ir::condcodes::{CondCode, FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, MemFlags, Value, types};

use super::bail::{Stop, Unsupported};
use super::build::Build;
use super::helpers;
use super::value::{One, Shape, Tag, Val};
use crate::lambda::cells::cell::Cell;
use crate::lambda::tree::expr::CompareOp;

/// Larger ints may not be exact as floats.
const EXACT: u64 = 1 << 53;

impl Build<'_, '_> {
    /// Python's truth, as 0 or 1.
    pub fn truth_of(&mut self, val: &Val) -> Result<Value, Unsupported> {
        let truth = match val {
            Val::Tuple(items) => Val::one(Tag::Bool, self.bool(!items.is_empty())),
            Val::List(_, _, len) => Val::one(Tag::Bool, self.f.ins().icmp_imm(IntCC::NotEqual, *len, 0)),
            Val::Made(list, _) => {
                let len = self.count(*list);
                Val::one(Tag::Bool, self.f.ins().icmp_imm(IntCC::NotEqual, len, 0))
            }
            val => self.split(val, &mut |this, one| {
                let truth = match one.tag {
                    Tag::None => this.bool(false),
                    Tag::Bool => one.value,
                    Tag::Int => this.f.ins().icmp_imm(IntCC::NotEqual, one.value, 0),
                    Tag::Float => {
                        let zero = this.f.ins().f64const(0.0);
                        this.f.ins().fcmp(FloatCC::NotEqual, one.value, zero)
                    }
                    Tag::Char => this.f.ins().icmp_imm(IntCC::NotEqual, one.value, -1),
                    Tag::Text => {
                        let len = one.len.ok_or(Unsupported)?;
                        this.f.ins().icmp_imm(IntCC::NotEqual, len, 0)
                    }
                };
                Ok(Val::one(Tag::Bool, truth))
            })?,
        };
        self.answer(&truth)
    }

    /// A bool that was found, or anything where the code never gets.
    pub fn answer(&mut self, val: &Val) -> Result<Value, Unsupported> {
        match val {
            Val::One(One { tag: Tag::Bool, value, .. }) => Ok(*value),
            Val::Never => Ok(self.bool(false)),
            _ => Err(Unsupported),
        }
    }

    /// A comparison.
    pub fn compare(&mut self, op: CompareOp, left: &Val, right: &Val) -> Result<Value, Unsupported> {
        let found = match (left, right) {
            (Val::Never, _) | (_, Val::Never) => return Ok(self.bool(false)),
            (Val::Tuple(a), Val::Tuple(b)) if !matches!(op, CompareOp::In | CompareOp::NotIn) => {
                return self.tuples(op, a, b);
            }
            (Val::Tuple(_) | Val::List(..) | Val::Made(..), _) | (_, Val::Tuple(_) | Val::List(..) | Val::Made(..)) => {
                let none = |val: &Val| matches!(val, Val::One(One { tag: Tag::None, .. }));
                match op {
                    // What is a tuple or a list is not None.
                    CompareOp::Is if none(left) || none(right) => return Ok(self.bool(false)),
                    CompareOp::IsNot if none(left) || none(right) => return Ok(self.bool(true)),
                    CompareOp::In | CompareOp::NotIn => {
                        let not = op == CompareOp::NotIn;
                        return match right {
                            Val::Tuple(items) => self.among(left, items, not),
                            Val::List(..) | Val::Made(..) => self.in_list(left, right, not),
                            _ => Err(Unsupported),
                        };
                    }
                    _ => return Err(Unsupported),
                }
            }
            _ => self.split(left, &mut |this, l| this.split(right, &mut |this, r| this.compare_of(op, l, r)))?,
        };
        self.answer(&found)
    }

    /// Whether a value equals one of these.
    fn among(&mut self, left: &Val, items: &[Val], not: bool) -> Result<Value, Unsupported> {
        let mut any = self.bool(false);
        for item in items {
            let float = |val: &Val| matches!(val.shape(), Shape::Scalar(tags) if tags.has(Tag::Float));
            if float(left) && float(item) {
                // Of a nan it isn't known which one it is.
                return Err(Unsupported);
            }
            let equal = self.compare(CompareOp::Eq, left, item)?;
            any = self.f.ins().bor(any, equal);
        }
        Ok(if not { self.f.ins().bxor_imm(any, 1) } else { any })
    }

    /// Whether a value equals an item of a list.
    fn in_list(&mut self, left: &Val, list: &Val, not: bool) -> Result<Value, Unsupported> {
        let float = |val: &Val| matches!(val.shape(), Shape::Scalar(tags) if tags.has(Tag::Float));
        let (each, count) = self.each_of(list)?;
        let found = self.f.declare_var(types::I8);
        let answer = self.bool(not);
        self.f.def_var(found, answer);
        let done = self.f.create_block();
        self.repeat(count, &mut |this, at| {
            let item = this.item_of(&each, at)?;
            if float(left) && float(&item) {
                // Of a nan it isn't known which one it is.
                return Err(Unsupported);
            }
            let equal = this.compare(CompareOp::Eq, left, &item)?;
            let (yes, next) = (this.f.create_block(), this.f.create_block());
            this.f.ins().brif(equal, yes, &[], next, &[]);
            this.f.switch_to_block(yes);
            let answer = this.bool(!not);
            this.f.def_var(found, answer);
            this.f.ins().jump(done, &[]);
            this.f.switch_to_block(next);
            Ok(())
        })?;
        self.f.ins().jump(done, &[]);
        self.f.switch_to_block(done);
        Ok(self.f.use_var(found))
    }

    /// A comparison of tuples: by the first items that differ.
    fn tuples(&mut self, op: CompareOp, a: &[Val], b: &[Val]) -> Result<Value, Unsupported> {
        if matches!(op, CompareOp::Is | CompareOp::IsNot) {
            return Err(Unsupported);
        }
        let done = self.f.create_block();
        self.f.append_block_param(done, types::I8);
        for (a, b) in a.iter().zip(b) {
            let float = |val: &Val| matches!(val.shape(), Shape::Scalar(tags) if tags.has(Tag::Float));
            if float(a) && float(b) {
                // The same nan is equal to itself there.
                return Err(Unsupported);
            }
            let equal = self.compare(CompareOp::Eq, a, b)?;
            let (next, differ) = (self.f.create_block(), self.f.create_block());
            self.f.ins().brif(equal, next, &[], differ, &[]);
            self.f.switch_to_block(differ);
            let answer = match op {
                CompareOp::Eq => self.bool(false),
                CompareOp::Ne => self.bool(true),
                _ => self.compare(op, a, b)?,
            };
            self.f.ins().jump(done, &[answer.into()]);
            self.f.switch_to_block(next);
        }
        let (a, b) = (self.int(a.len() as i64), self.int(b.len() as i64));
        let rest = self.f.ins().icmp(int_condition(op)?, a, b);
        self.f.ins().jump(done, &[rest.into()]);
        self.f.switch_to_block(done);
        Ok(self.f.block_params(done)[0])
    }

    fn compare_of(&mut self, op: CompareOp, l: &One, r: &One) -> Result<Val, Unsupported> {
        if let CompareOp::Is | CompareOp::IsNot = op {
            let same = match (l.tag, r.tag) {
                (Tag::None, other) | (other, Tag::None) => self.bool(other == Tag::None),
                (Tag::Bool, Tag::Bool) => self.f.ins().icmp(IntCC::Equal, l.value, r.value),
                (Tag::Bool, _) | (_, Tag::Bool) => self.bool(false),
                _ => return Ok(self.stop(Stop::Other)),
            };
            let same = if op == CompareOp::IsNot { self.f.ins().bxor_imm(same, 1) } else { same };
            return Ok(Val::one(Tag::Bool, same));
        }
        if let CompareOp::In | CompareOp::NotIn = op {
            if !l.tag.is_text() || !r.tag.is_text() {
                return Ok(self.stop(Stop::Type));
            }
            let found = self.within_text(l, r);
            let found = if op == CompareOp::NotIn { self.f.ins().bxor_imm(found, 1) } else { found };
            return Ok(Val::one(Tag::Bool, found));
        }
        let found = match (l.tag, r.tag) {
            (Tag::Char, Tag::Char) => self.f.ins().icmp(int_condition(op)?, l.value, r.value),
            (a, b) if a.is_text() && b.is_text() => self.texts(op, l, r)?,
            (a, b) if a.is_number() && b.is_number() => self.numbers(op, l, r)?,
            (Tag::None, Tag::None) if matches!(op, CompareOp::Eq | CompareOp::Ne) => self.bool(op == CompareOp::Eq),
            // Values of other types are not equal.
            _ => match op {
                CompareOp::Eq => self.bool(false),
                CompareOp::Ne => self.bool(true),
                _ => return Ok(self.stop(Stop::Type)),
            },
        };
        Ok(Val::one(Tag::Bool, found))
    }

    fn numbers(&mut self, op: CompareOp, l: &One, r: &One) -> Result<Value, Unsupported> {
        let condition = int_condition(op)?;
        match (self.whole(l), self.whole(r)) {
            (Some(a), Some(b)) => return Ok(self.f.ins().icmp(condition, a, b)),
            (Some(int), None) if !self.is_exact(int) => {
                return Ok(self.mixed(int, r.value, condition, op == CompareOp::Ne));
            }
            (None, Some(int)) if !self.is_exact(int) => {
                return Ok(self.mixed(int, l.value, condition.swap_args(), op == CompareOp::Ne));
            }
            _ => {}
        }
        let (Some(a), Some(b)) = (self.real(l), self.real(r)) else { return Err(Unsupported) };
        let condition = match op {
            CompareOp::Lt => FloatCC::LessThan,
            CompareOp::Le => FloatCC::LessThanOrEqual,
            CompareOp::Gt => FloatCC::GreaterThan,
            CompareOp::Ge => FloatCC::GreaterThanOrEqual,
            CompareOp::Eq => FloatCC::Equal,
            _ => FloatCC::NotEqual,
        };
        Ok(self.f.ins().fcmp(condition, a, b))
    }

    fn is_exact(&self, int: Value) -> bool {
        self.constant(int).is_some_and(|int| int.unsigned_abs() <= EXACT)
    }

    /// An int against a float, exactly.
    fn mixed(&mut self, int: Value, float: Value, condition: IntCC, differ: bool) -> Value {
        let (float, none) = (self.bits(float), self.int(0));
        let order = self.call(helpers::order_int_float, [int, float, none], types::I64);
        let holds = self.f.ins().icmp_imm(condition, order, 0);
        let known = self.f.ins().icmp_imm(IntCC::NotEqual, order, 2);
        // With a nan nothing holds but that they differ.
        if differ { holds } else { self.f.ins().band(holds, known) }
    }

    /// Whether a str of one character or none is in a constant text.
    pub fn character_in(&mut self, code: Value, text: &str) -> Value {
        let (low, high): (Vec<char>, Vec<char>) = text.chars().partition(char::is_ascii);
        let mut found = if low.len() > 2 {
            self.of_class(code, true, &|byte| low.contains(&char::from(byte)))
        } else {
            let mut found = self.f.ins().icmp_imm(IntCC::Equal, code, -1);
            for c in low {
                let equal = self.f.ins().icmp_imm(IntCC::Equal, code, i64::from(u32::from(c)));
                found = self.f.ins().bor(found, equal);
            }
            found
        };
        for c in high {
            let equal = self.f.ins().icmp_imm(IntCC::Equal, code, i64::from(u32::from(c)));
            found = self.f.ins().bor(found, equal);
        }
        found
    }

    /// Whether a code point is one of some of ASCII; `none` is the answer for a str without a character.
    pub fn of_class(&mut self, code: Value, none: bool, class: &dyn Fn(u8) -> bool) -> Value {
        // By the code point and 1: none, those of ASCII, and all others.
        let mut table = [0u8; 132];
        table[0] = u8::from(none);
        for (place, byte) in table[1..].iter_mut().zip(0..128) {
            *place = u8::from(class(byte));
        }
        let words: Box<[u32]> =
            table.chunks_exact(4).map(|word| u32::from_ne_bytes([word[0], word[1], word[2], word[3]])).collect();
        let first = self.int(words.as_ptr().addr() as i64);
        self.kept.texts.push(words);
        let mut at = self.f.ins().iadd_imm(code, 1);
        if !self.ascii.contains(&code) {
            let last = self.int(129);
            at = self.f.ins().umin(at, last);
        }
        let address = self.f.ins().iadd(first, at);
        self.f.ins().load(types::I8, MemFlags::trusted().with_readonly().with_can_move(), address, 0)
    }

    /// A comparison with a constant that needn't be a value first: membership in a text or a tuple.
    pub fn compare_constant(
        &mut self,
        op: CompareOp,
        left: &Val,
        right: &Cell<'_>,
    ) -> Result<Option<Value>, Unsupported> {
        let (CompareOp::In | CompareOp::NotIn, Cell::Str(text)) = (op, right) else { return Ok(None) };
        let found = self.split(left, &mut |this, one| {
            Ok(match one.tag {
                Tag::Char => Val::one(Tag::Bool, this.character_in(one.value, text)),
                Tag::Text => {
                    let Val::One(whole) = this.constant_text(text)? else { return Err(Unsupported) };
                    Val::one(Tag::Bool, this.within_text(one, &whole))
                }
                _ => this.stop(Stop::Type),
            })
        })?;
        let found = self.answer(&found)?;
        Ok(Some(if op == CompareOp::NotIn { self.f.ins().bxor_imm(found, 1) } else { found }))
    }
}

/// How two ints, or an order and 0, are compared.
pub fn int_condition(op: CompareOp) -> Result<IntCC, Unsupported> {
    Ok(match op {
        CompareOp::Lt => IntCC::SignedLessThan,
        CompareOp::Le => IntCC::SignedLessThanOrEqual,
        CompareOp::Gt => IntCC::SignedGreaterThan,
        CompareOp::Ge => IntCC::SignedGreaterThanOrEqual,
        CompareOp::Eq => IntCC::Equal,
        CompareOp::Ne => IntCC::NotEqual,
        _ => return Err(Unsupported),
    })
}
