//! Operators of numbers: ints are checked, and stop where 64 bits don't hold the result.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, Value, types};

use super::bail::{Stop, Unsupported};
use super::build::Build;
use super::helpers;
use super::value::{One, Tag, Val};
use crate::lambda::tree::expr::{BinaryOp, UnaryOp};

/// So far ints are exact as floats.
const EXACT: i64 = 1 << 53;

impl Build<'_, '_> {
    /// A number as an int, where it is no float.
    pub fn whole(&mut self, one: &One) -> Option<Value> {
        match one.tag {
            Tag::Int => Some(one.value),
            Tag::Bool => Some(self.f.ins().uextend(types::I64, one.value)),
            _ => None,
        }
    }

    /// A number as a float.
    pub fn real(&mut self, one: &One) -> Option<Value> {
        if one.tag == Tag::Float {
            return Some(one.value);
        }
        let whole = self.whole(one)?;
        Some(match self.constant(whole) {
            Some(constant) => self.f.ins().f64const(constant as f64),
            None => self.f.ins().fcvt_from_sint(types::F64, whole),
        })
    }

    /// A binary operator.
    pub fn binary(&mut self, op: BinaryOp, left: &Val, right: &Val) -> Result<Val, Unsupported> {
        if let (Val::List(..) | Val::Tuple(_) | Val::Made(..), _) | (_, Val::List(..) | Val::Tuple(_) | Val::Made(..)) =
            (left, right)
        {
            return Err(Unsupported);
        }
        self.split(left, &mut |this, l| this.split(right, &mut |this, r| this.binary_of(op, l, r)))
    }

    fn binary_of(&mut self, op: BinaryOp, l: &One, r: &One) -> Result<Val, Unsupported> {
        if l.tag.is_text() && r.tag.is_text() && op == BinaryOp::Add {
            return Ok(self.concat(l, r));
        }
        if l.tag.is_text() || r.tag.is_text() {
            // Other texts that are made have no place here; what no type allows is no matter.
            return Ok(self.stop(Stop::Other));
        }
        if !l.tag.is_number() || !r.tag.is_number() {
            return Ok(self.stop(Stop::Type));
        }
        if l.tag == Tag::Bool && r.tag == Tag::Bool {
            let bits = match op {
                BinaryOp::And => Some(self.f.ins().band(l.value, r.value)),
                BinaryOp::Or => Some(self.f.ins().bor(l.value, r.value)),
                BinaryOp::Xor => Some(self.f.ins().bxor(l.value, r.value)),
                _ => None,
            };
            if let Some(bits) = bits {
                return Ok(Val::one(Tag::Bool, bits));
            }
        }
        if let (Some(a), Some(b)) = (self.whole(l), self.whole(r)) {
            return self.ints(op, a, b);
        }
        match (self.real(l), self.real(r)) {
            (Some(a), Some(b)) => Ok(self.floats(op, a, b)),
            _ => Err(Unsupported),
        }
    }

    fn ints(&mut self, op: BinaryOp, a: Value, b: Value) -> Result<Val, Unsupported> {
        let value = match op {
            BinaryOp::Add => match (self.constant(a), self.constant(b)) {
                (_, Some(by)) => self.moved(a, by),
                (Some(by), None) => self.moved(b, by),
                _ => {
                    let (value, over) = self.f.ins().sadd_overflow(a, b);
                    self.stop_if(over, Stop::Large);
                    value
                }
            },
            BinaryOp::Sub => {
                if let Some(by) = self.constant(b).and_then(i64::checked_neg) {
                    return Ok(Val::one(Tag::Int, self.moved(a, by)));
                }
                let (value, over) = self.f.ins().ssub_overflow(a, b);
                self.stop_if(over, Stop::Large);
                value
            }
            BinaryOp::Mul => {
                let (value, over) = self.f.ins().smul_overflow(a, b);
                self.stop_if(over, Stop::Large);
                value
            }
            BinaryOp::FloorDiv => self.divided(a, b, true),
            BinaryOp::Mod => self.divided(a, b, false),
            BinaryOp::And => self.f.ins().band(a, b),
            BinaryOp::Or => self.f.ins().bor(a, b),
            BinaryOp::Xor => self.f.ins().bxor(a, b),
            BinaryOp::LShift => self.shifted(a, b),
            BinaryOp::RShift => {
                self.stop_if_negative(b, Stop::Value);
                let most = self.int(63);
                let by = self.f.ins().umin(b, most);
                self.f.ins().sshr(a, by)
            }
            BinaryOp::Pow if self.constant(b) == Some(2) => return self.ints(BinaryOp::Mul, a, a),
            BinaryOp::Pow => {
                let none = self.int(0);
                self.call(helpers::power, [a, b, none], types::I64)
            }
            BinaryOp::TrueDiv => {
                let zero = self.f.ins().icmp_imm(IntCC::Equal, b, 0);
                self.stop_if(zero, Stop::Zero);
                for operand in [a, b] {
                    self.exact(operand);
                }
                let (a, b) = (self.f.ins().fcvt_from_sint(types::F64, a), self.f.ins().fcvt_from_sint(types::F64, b));
                return Ok(Val::one(Tag::Float, self.f.ins().fdiv(a, b)));
            }
        };
        Ok(Val::one(Tag::Int, value))
    }

    /// The sum with a constant, which is on one side of the int unless 64 bits don't hold it.
    fn moved(&mut self, int: Value, by: i64) -> Value {
        if by == 0 {
            return int;
        }
        let sum = self.f.ins().iadd_imm(int, by);
        let other = if by > 0 { IntCC::SignedLessThan } else { IntCC::SignedGreaterThan };
        let over = self.f.ins().icmp(other, sum, int);
        self.stop_if(over, Stop::Large);
        sum
    }

    /// Stops unless an int is exact as a float.
    fn exact(&mut self, int: Value) {
        if self.constant(int).is_some_and(|int| int.unsigned_abs() <= EXACT as u64) {
            return;
        }
        let moved = self.f.ins().iadd_imm(int, EXACT);
        let out = self.f.ins().icmp_imm(IntCC::UnsignedGreaterThan, moved, EXACT << 1);
        self.stop_if(out, Stop::Large);
    }

    fn stop_if_negative(&mut self, int: Value, why: Stop) {
        if self.constant(int).is_some_and(|int| int >= 0) {
            return;
        }
        let negative = self.f.ins().icmp_imm(IntCC::SignedLessThan, int, 0);
        self.stop_if(negative, why);
    }

    fn shifted(&mut self, a: Value, b: Value) -> Value {
        self.stop_if_negative(b, Stop::Value);
        let far = self.f.ins().icmp_imm(IntCC::SignedGreaterThan, b, 62);
        let some = self.f.ins().icmp_imm(IntCC::NotEqual, a, 0);
        let lost = self.f.ins().band(far, some);
        self.stop_if(lost, Stop::Large);
        let most = self.int(62);
        let by = self.f.ins().umin(b, most);
        let shifted = self.f.ins().ishl(a, by);
        let back = self.f.ins().sshr(shifted, by);
        let lost = self.f.ins().icmp(IntCC::NotEqual, back, a);
        self.stop_if(lost, Stop::Large);
        shifted
    }

    /// `a // b` or `a % b`: rounded down, the rest with the divisor's sign.
    pub fn divided(&mut self, a: Value, b: Value, quotient: bool) -> Value {
        match self.constant(b) {
            Some(0) => {
                let always = self.bool(true);
                self.stop_if(always, Stop::Zero);
                return a;
            }
            Some(by) if by > 0 && (by as u64).is_power_of_two() => {
                return if quotient {
                    self.f.ins().sshr_imm(a, i64::from(by.trailing_zeros()))
                } else {
                    self.f.ins().band_imm(a, by - 1)
                };
            }
            Some(by) if by > 0 => return self.divided_by(a, b, quotient),
            _ => {}
        }
        let zero = self.f.ins().icmp_imm(IntCC::Equal, b, 0);
        self.stop_if(zero, Stop::Zero);
        let both = self.f.ins().bor(a, b);
        let high = self.f.ins().ushr_imm(both, 32);
        let (short, long, done) = (self.f.create_block(), self.f.create_block(), self.f.create_block());
        self.f.append_block_param(done, types::I64);
        // Most ints are short, and a division of short ones takes less.
        self.f.ins().brif(high, long, &[], short, &[]);
        self.f.switch_to_block(short);
        let (a32, b32) = (self.f.ins().ireduce(types::I32, a), self.f.ins().ireduce(types::I32, b));
        let found = if quotient { self.f.ins().udiv(a32, b32) } else { self.f.ins().urem(a32, b32) };
        let found = self.f.ins().uextend(types::I64, found);
        self.f.ins().jump(done, &[found.into()]);
        self.f.switch_to_block(long);
        let found = self.long_divided(a, b, quotient);
        self.f.ins().jump(done, &[found.into()]);
        self.f.switch_to_block(done);
        self.f.block_params(done)[0]
    }

    /// By a constant of more than 0, which takes no division; what isn't negative needs no correction either.
    fn divided_by(&mut self, a: Value, b: Value, quotient: bool) -> Value {
        let [below, above, done] = [(); 3].map(|()| self.f.create_block());
        self.f.append_block_param(done, types::I64);
        let negative = self.f.ins().icmp_imm(IntCC::SignedLessThan, a, 0);
        self.f.ins().brif(negative, below, &[], above, &[]);
        self.f.switch_to_block(above);
        let found = if quotient { self.f.ins().udiv(a, b) } else { self.f.ins().urem(a, b) };
        self.f.ins().jump(done, &[found.into()]);
        self.f.switch_to_block(below);
        // -1 - a isn't negative, and a // b is -1 - (-1 - a) // b.
        let mirrored = self.f.ins().bnot(a);
        let found = if quotient {
            let quotient = self.f.ins().udiv(mirrored, b);
            self.f.ins().bnot(quotient)
        } else {
            let rest = self.f.ins().urem(mirrored, b);
            let last = self.f.ins().iadd_imm(b, -1);
            self.f.ins().isub(last, rest)
        };
        self.f.ins().jump(done, &[found.into()]);
        self.f.switch_to_block(done);
        self.f.block_params(done)[0]
    }

    fn long_divided(&mut self, a: Value, b: Value, quotient: bool) -> Value {
        // The quotient of the least int by -1 has 65 bits, and its rest is 0.
        let minus = self.f.ins().icmp_imm(IntCC::Equal, b, -1);
        let one = self.int(1);
        let safe = self.f.ins().select(minus, one, b);
        if quotient {
            let least = self.f.ins().icmp_imm(IntCC::Equal, a, i64::MIN);
            let over = self.f.ins().band(minus, least);
            self.stop_if(over, Stop::Large);
            let near = self.f.ins().sdiv(a, safe);
            let whole = self.f.ins().imul(near, safe);
            let rest = self.f.ins().isub(a, whole);
            let less = self.below(rest, safe);
            let less = self.f.ins().uextend(types::I64, less);
            let floor = self.f.ins().isub(near, less);
            let opposite = self.f.ins().ineg(a);
            self.f.ins().select(minus, opposite, floor)
        } else {
            let rest = self.f.ins().srem(a, safe);
            let other = self.below(rest, safe);
            let added = self.f.ins().iadd(rest, safe);
            self.f.ins().select(other, added, rest)
        }
    }

    /// Whether a rest has another sign than its divisor.
    fn below(&mut self, rest: Value, by: Value) -> Value {
        let some = self.f.ins().icmp_imm(IntCC::NotEqual, rest, 0);
        let signs = self.f.ins().bxor(rest, by);
        let differ = self.f.ins().icmp_imm(IntCC::SignedLessThan, signs, 0);
        self.f.ins().band(some, differ)
    }

    fn floats(&mut self, op: BinaryOp, a: Value, b: Value) -> Val {
        let value = match op {
            BinaryOp::Add => self.f.ins().fadd(a, b),
            BinaryOp::Sub => self.f.ins().fsub(a, b),
            BinaryOp::Mul => self.f.ins().fmul(a, b),
            BinaryOp::TrueDiv => {
                if let Some(by) = self.reciprocal(b) {
                    return Val::one(Tag::Float, self.f.ins().fmul(a, by));
                }
                let nothing = self.f.ins().f64const(0.0);
                let zero = self.f.ins().fcmp(FloatCC::Equal, b, nothing);
                self.stop_if(zero, Stop::Zero);
                self.f.ins().fdiv(a, b)
            }
            BinaryOp::FloorDiv | BinaryOp::Mod | BinaryOp::Pow => {
                let helper: helpers::Helper = match op {
                    BinaryOp::FloorDiv => helpers::float_floor_div,
                    BinaryOp::Mod => helpers::float_mod,
                    _ => helpers::float_power,
                };
                let (a, b, none) = (self.bits(a), self.bits(b), self.int(0));
                self.call(helper, [a, b, none], types::F64)
            }
            _ => return self.stop(Stop::Type),
        };
        Val::one(Tag::Float, value)
    }

    /// What to multiply with instead of a division, where that is exactly the same: by a constant power of two.
    fn reciprocal(&mut self, by: Value) -> Option<Value> {
        const FRACTION: u64 = (1 << (f64::MANTISSA_DIGITS - 1)) - 1;
        let by = self.constant_float(by)?;
        let other = 1.0 / by;
        let power = by.is_normal() && other.is_normal() && by.to_bits() & FRACTION == 0;
        power.then(|| self.f.ins().f64const(other))
    }

    /// `-x`, `+x`, `~x`
    pub fn unary(&mut self, op: UnaryOp, of: &Val) -> Result<Val, Unsupported> {
        self.split(of, &mut |this, one| {
            Ok(match (op, one.tag) {
                (UnaryOp::Neg, Tag::Float) => Val::one(Tag::Float, this.f.ins().fneg(one.value)),
                (UnaryOp::Pos, Tag::Float) => Val::One(*one),
                (UnaryOp::Invert, Tag::Int) => Val::one(Tag::Int, this.f.ins().bnot(one.value)),
                (UnaryOp::Neg | UnaryOp::Pos, Tag::Int | Tag::Bool) => {
                    let int = this.whole(one).ok_or(Unsupported)?;
                    if op == UnaryOp::Pos {
                        return Ok(Val::one(Tag::Int, int));
                    }
                    let zero = this.int(0);
                    return this.ints(BinaryOp::Sub, zero, int);
                }
                (_, Tag::Bool) | (UnaryOp::Not, _) => this.stop(Stop::Other),
                _ => this.stop(Stop::Type),
            })
        })
    }

    /// `abs(x)` of a number.
    pub fn absolute(&mut self, one: &One) -> Val {
        if one.tag == Tag::Float {
            return Val::one(Tag::Float, self.f.ins().fabs(one.value));
        }
        let Some(int) = self.whole(one) else { return self.stop(Stop::Type) };
        let least = self.f.ins().icmp_imm(IntCC::Equal, int, i64::MIN);
        self.stop_if(least, Stop::Large);
        Val::one(Tag::Int, self.f.ins().iabs(int))
    }
}
