//! Built-in functions.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, types};

use super::bail::{Stop, Unsupported};
use super::build::Build;
use super::helpers::{self, ONE_FLOAT};
use super::value::{One, Tag, Val};
use crate::lambda::tree::expr::{BinaryOp, CompareOp};
use crate::lambda::tree::functions::Function;

impl Build<'_, '_> {
    /// A call of a built-in or of a function of `math`.
    pub fn function(&mut self, function: Function, args: &[Val]) -> Result<Val, Unsupported> {
        if args.iter().any(|arg| matches!(arg, Val::Never)) {
            return Ok(Val::Never);
        }
        match (function, args) {
            (Function::Len, [of]) => self.len(of),
            (Function::NoList, [of]) => match of {
                Val::List(..) | Val::Made(..) => Ok(self.stop(Stop::Other)),
                of => Ok(of.clone()),
            },
            (Function::Unpack, [of, Val::One(One { tag: Tag::Int, value, .. })]) => {
                let count = self.constant(*value).and_then(|count| usize::try_from(count).ok()).ok_or(Unsupported)?;
                self.unpack(of, count)
            }
            (Function::Min | Function::Max, [first, rest @ ..]) if !rest.is_empty() => {
                let better = if function == Function::Min { CompareOp::Lt } else { CompareOp::Gt };
                let mut best = first.clone();
                for item in rest {
                    let found = self.compare(better, item, &best)?;
                    best = self.choose(found, item, &best)?;
                }
                Ok(best)
            }
            (Function::Divmod, [left, right]) => {
                let quotient = self.binary(BinaryOp::FloorDiv, left, right)?;
                Ok(Val::Tuple(vec![quotient, self.binary(BinaryOp::Mod, left, right)?]))
            }
            (Function::Pow, [left, right]) => self.binary(BinaryOp::Pow, left, right),
            (Function::Gcd, [Val::One(a @ One { tag: Tag::Int, .. }), Val::One(b @ One { tag: Tag::Int, .. })]) => {
                let none = self.int(0);
                Ok(Val::one(Tag::Int, self.call(helpers::gcd, [a.value, b.value, none], types::I64)))
            }
            (Function::Round, [Val::One(value @ One { tag: Tag::Float, .. }), Val::One(digits)])
                if digits.tag == Tag::Int =>
            {
                let (bits, none) = (self.bits(value.value), self.int(0));
                Ok(Val::one(Tag::Float, self.call(helpers::round_to, [bits, digits.value, none], types::F64)))
            }
            (
                Function::Abs | Function::Int | Function::Float | Function::Round | Function::Ord | Function::Chr,
                [of],
            ) => self.split(of, &mut |this, one| this.converted(function, one)),
            (_, [of]) if ONE_FLOAT.contains(&function) => self.split(of, &mut |this, one| this.of_float(function, one)),
            _ => Err(Unsupported),
        }
    }

    fn len(&mut self, of: &Val) -> Result<Val, Unsupported> {
        match of {
            Val::List(_, _, len) => Ok(Val::one(Tag::Int, *len)),
            Val::Made(list, _) => Ok(Val::one(Tag::Int, self.count(*list))),
            Val::Tuple(items) => Ok(Val::one(Tag::Int, self.int(items.len() as i64))),
            of => self.split(of, &mut |this, one| {
                Ok(match (one.tag, one.len) {
                    (Tag::Text, Some(len)) => Val::one(Tag::Int, len),
                    (Tag::Char, _) => {
                        let some = this.f.ins().icmp_imm(IntCC::NotEqual, one.value, -1);
                        Val::one(Tag::Int, this.f.ins().uextend(types::I64, some))
                    }
                    _ => this.stop(Stop::Type),
                })
            }),
        }
    }

    fn unpack(&mut self, of: &Val, count: usize) -> Result<Val, Unsupported> {
        let len = match of {
            Val::Tuple(items) if items.len() == count => return Ok(of.clone()),
            Val::Tuple(_) => return Ok(self.stop(Stop::Value)),
            Val::List(_, _, len) | Val::One(One { tag: Tag::Text, len: Some(len), .. }) => *len,
            Val::Made(list, _) => self.count(*list),
            _ => return Err(Unsupported),
        };
        let other = self.f.ins().icmp_imm(IntCC::NotEqual, len, count as i64);
        self.stop_if(other, Stop::Value);
        let items = (0..count).map(|at| {
            let at = self.int(at as i64);
            match of {
                Val::List(input, start, _) => self.list_item(*input, *start, at),
                Val::Made(list, number) => self.made_item(*list, *number, at),
                Val::One(text) => Ok(Val::one(Tag::Char, self.character(text.value, at))),
                _ => Err(Unsupported),
            }
        });
        Ok(Val::Tuple(items.collect::<Result<_, _>>()?))
    }

    fn converted(&mut self, function: Function, one: &One) -> Result<Val, Unsupported> {
        Ok(match (function, one.tag) {
            (Function::Abs, Tag::Bool | Tag::Int | Tag::Float) => self.absolute(one),
            (Function::Int | Function::Round, Tag::Bool | Tag::Int) => {
                let int = self.whole(one).ok_or(Unsupported)?;
                Val::one(Tag::Int, int)
            }
            (Function::Int, Tag::Float) => self.truncated(one),
            (Function::Round, Tag::Float) => return self.of_float(function, one),
            (Function::Float, Tag::Bool | Tag::Int | Tag::Float) => {
                let real = self.real(one).ok_or(Unsupported)?;
                Val::one(Tag::Float, real)
            }
            (Function::Int | Function::Float, Tag::Char | Tag::Text) => self.parsed(function, one),
            (Function::Ord, Tag::Char) => {
                let none = self.f.ins().icmp_imm(IntCC::Equal, one.value, -1);
                self.stop_if(none, Stop::Type);
                Val::one(Tag::Int, one.value)
            }
            (Function::Ord, Tag::Text) => {
                let len = one.len.ok_or(Unsupported)?;
                let other = self.f.ins().icmp_imm(IntCC::NotEqual, len, 1);
                self.stop_if(other, Stop::Type);
                let first = self.int(0);
                Val::one(Tag::Int, self.character(one.value, first))
            }
            (Function::Chr, Tag::Int) => {
                let out = self.f.ins().icmp_imm(IntCC::UnsignedGreaterThan, one.value, 0x10_FFFF);
                self.stop_if(out, Stop::Other);
                let surrogate = self.f.ins().band_imm(one.value, !0x7FF);
                let surrogate = self.f.ins().icmp_imm(IntCC::Equal, surrogate, 0xD800);
                self.stop_if(surrogate, Stop::Other);
                Val::one(Tag::Char, one.value)
            }
            _ => self.stop(Stop::Other),
        })
    }

    /// `int(x)` of a float.
    fn truncated(&mut self, one: &One) -> Val {
        const LIMIT: f64 = 9_223_372_036_854_775_808.0;
        let (low, high) = (self.f.ins().f64const(-LIMIT), self.f.ins().f64const(LIMIT));
        let above = self.f.ins().fcmp(FloatCC::GreaterThanOrEqual, one.value, low);
        let below = self.f.ins().fcmp(FloatCC::LessThan, one.value, high);
        let fits = self.f.ins().band(above, below);
        let out = self.f.ins().bxor_imm(fits, 1);
        self.stop_if(out, Stop::Other);
        Val::one(Tag::Int, self.f.ins().fcvt_to_sint_sat(types::I64, one.value))
    }

    fn of_float(&mut self, function: Function, one: &One) -> Result<Val, Unsupported> {
        if let (Function::Floor | Function::Ceil | Function::Trunc, Tag::Int) = (function, one.tag) {
            return Ok(Val::One(*one));
        }
        let Some(real) = self.real(one) else { return Ok(self.stop(Stop::Type)) };
        if function == Function::Sqrt {
            let (zero, infinite) = (self.f.ins().f64const(0.0), self.f.ins().f64const(f64::INFINITY));
            let above = self.f.ins().fcmp(FloatCC::GreaterThanOrEqual, real, zero);
            let below = self.f.ins().fcmp(FloatCC::LessThan, real, infinite);
            let fits = self.f.ins().band(above, below);
            let out = self.f.ins().bxor_imm(fits, 1);
            self.stop_if(out, Stop::Other);
            return Ok(Val::one(Tag::Float, self.f.ins().sqrt(real)));
        }
        let number = ONE_FLOAT.iter().position(|of| *of == function).ok_or(Unsupported)?;
        let (number, bits, none) = (self.int(number as i64), self.bits(real), self.int(0));
        let found = self.call(helpers::of_float, [number, bits, none], types::I64);
        Ok(match function {
            Function::Int | Function::Round | Function::Floor | Function::Ceil | Function::Trunc => {
                Val::one(Tag::Int, found)
            }
            Function::IsNan | Function::IsInf | Function::IsFinite => {
                Val::one(Tag::Bool, self.f.ins().ireduce(types::I8, found))
            }
            _ => {
                let flags = cranelift_codegen::ir::MemFlags::new();
                Val::one(Tag::Float, self.f.ins().bitcast(types::F64, flags, found))
            }
        })
    }
}
