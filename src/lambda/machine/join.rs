//! Values of several ways that meet, and values whose type is found out.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, MemFlags, Value, types};
use cranelift_frontend::Variable;

use super::bail::Unsupported;
use super::build::Build;
use super::sites::COPIES;
use super::value::{One, Shape, Tag, Val};

/// An end of a way, and its value there.
pub type End = (Block, Val);

impl Build<'_, '_> {
    /// The parts in which a value is stored where `shape` is expected, which has room for it.
    pub fn parts(&mut self, val: &Val, shape: &Shape, out: &mut Vec<Value>) -> Result<(), Unsupported> {
        match (val, shape) {
            (Val::One(one), Shape::Scalar(tags)) => {
                if let Some(tag) = tags.only() {
                    if tag != Tag::None {
                        out.push(one.value);
                    }
                    out.extend(one.len);
                } else {
                    out.push(self.f.ins().iconst(types::I8, one.tag as i64));
                    out.push(self.stored(one));
                    if tags.has(Tag::Text) {
                        out.push(one.len.unwrap_or_else(|| self.int(0)));
                    }
                }
            }
            (Val::Any { tag, bits, len, .. }, Shape::Scalar(tags)) => {
                out.extend([*tag, *bits]);
                if tags.has(Tag::Text) {
                    out.push(len.unwrap_or_else(|| self.int(0)));
                }
            }
            (Val::Tuple(vals), Shape::Tuple(shapes)) if vals.len() == shapes.len() => {
                for (val, shape) in vals.iter().zip(shapes) {
                    self.parts(val, shape, out)?;
                }
            }
            (Val::List(_, start, len), Shape::List(_)) => out.extend([*start, *len]),
            (Val::Made(list, _), Shape::Made(_)) => out.push(*list),
            (Val::List(input, ..), Shape::Made(_)) => {
                if let Val::Made(list, _) = self.copy((COPIES, *input), val)? {
                    out.push(list);
                }
            }
            // A way that is never taken.
            (Val::Never, shape) => {
                let mut kinds = Vec::new();
                shape.parts(&mut kinds);
                for kind in kinds {
                    let part =
                        if kind == types::F64 { self.f.ins().f64const(0.0) } else { self.f.ins().iconst(kind, 0) };
                    out.push(part);
                }
            }
            _ => return Err(Unsupported),
        }
        Ok(())
    }

    fn stored(&mut self, one: &One) -> Value {
        match one.tag {
            Tag::None => self.int(0),
            Tag::Bool => self.f.ins().uextend(types::I64, one.value),
            Tag::Float => self.bits(one.value),
            _ => one.value,
        }
    }

    /// The value of stored parts.
    pub fn of_parts(&mut self, shape: &Shape, parts: &mut impl Iterator<Item = Value>) -> Result<Val, Unsupported> {
        let mut next = || parts.next().ok_or(Unsupported);
        Ok(match shape {
            Shape::Nothing => Val::Never,
            Shape::Scalar(tags) => match tags.only() {
                Some(Tag::None) => Val::one(Tag::None, self.bool(false)),
                Some(tag) => {
                    let value = next()?;
                    let len = if tag == Tag::Text { Some(next()?) } else { None };
                    Val::One(One { tag, value, len })
                }
                None => {
                    let (tag, bits) = (next()?, next()?);
                    let len = if tags.has(Tag::Text) { Some(next()?) } else { None };
                    Val::Any { tags: *tags, tag, bits, len }
                }
            },
            Shape::Tuple(shapes) => {
                Val::Tuple(shapes.iter().map(|shape| self.of_parts(shape, parts)).collect::<Result<_, _>>()?)
            }
            Shape::Made(number) => Val::Made(next()?, *number),
            Shape::Items(_) => return Err(Unsupported),
            Shape::List(input) => {
                let (start, len) = (next()?, next()?);
                Val::List(*input, start, len)
            }
        })
    }

    /// The end of a way: the current block, which is left open.
    pub fn end(&mut self, val: Val) -> End {
        (self.cut(), val)
    }

    /// Goes on where all these ways meet.
    pub fn meet(&mut self, ends: &[End]) -> Result<Val, Unsupported> {
        let mut shape = Shape::Nothing;
        for (_, val) in ends {
            shape = self.sites.join(&shape, &val.shape()).ok_or(Unsupported)?;
        }
        let join = self.f.create_block();
        let mut kinds = Vec::new();
        shape.parts(&mut kinds);
        for kind in kinds {
            self.f.append_block_param(join, kind);
        }
        for (block, val) in ends {
            self.f.switch_to_block(*block);
            if matches!(val, Val::Never) {
                self.trap();
                continue;
            }
            let mut parts = Vec::new();
            self.parts(val, &shape, &mut parts)?;
            let parts: Vec<BlockArg> = parts.into_iter().map(BlockArg::Value).collect();
            self.f.ins().jump(join, &parts);
        }
        self.f.switch_to_block(join);
        let parts = self.f.block_params(join).to_vec();
        self.of_parts(&shape, &mut parts.into_iter())
    }

    /// What `each` gives for the value, whose type is found out first.
    pub fn split(
        &mut self,
        val: &Val,
        each: &mut dyn FnMut(&mut Self, &One) -> Result<Val, Unsupported>,
    ) -> Result<Val, Unsupported> {
        match val {
            Val::One(one) => each(self, one),
            Val::Never => Ok(Val::Never),
            Val::Any { tags, tag, bits, len } => {
                let mut ends = Vec::new();
                let all: Vec<Tag> = tags.each().collect();
                for (at, of) in all.iter().enumerate() {
                    let other = (at + 1 < all.len()).then(|| self.f.create_block());
                    if let Some(other) = other {
                        let this = self.f.create_block();
                        let is = self.f.ins().icmp_imm(IntCC::Equal, *tag, *of as i64);
                        self.f.ins().brif(is, this, &[], other, &[]);
                        self.f.switch_to_block(this);
                    }
                    let one = self.loaded(*of, *bits, *len);
                    let found = each(self, &one)?;
                    ends.push(self.end(found));
                    if let Some(other) = other {
                        self.f.switch_to_block(other);
                    } else {
                        return self.meet(&ends);
                    }
                }
                Err(Unsupported)
            }
            Val::Tuple(_) | Val::List(..) | Val::Made(..) => Err(Unsupported),
        }
    }

    fn loaded(&mut self, tag: Tag, bits: Value, len: Option<Value>) -> One {
        let value = match tag {
            Tag::None => self.bool(false),
            Tag::Bool => self.f.ins().ireduce(types::I8, bits),
            Tag::Float => self.f.ins().bitcast(types::F64, MemFlags::new(), bits),
            _ => bits,
        };
        One { tag, value, len: if tag == Tag::Text { len } else { None } }
    }

    /// `then if condition else orelse` of what is known already.
    pub fn choose(&mut self, condition: Value, then: &Val, orelse: &Val) -> Result<Val, Unsupported> {
        let shape = self.sites.join(&then.shape(), &orelse.shape()).ok_or(Unsupported)?;
        let (mut yes, mut no) = (Vec::new(), Vec::new());
        self.parts(then, &shape, &mut yes)?;
        self.parts(orelse, &shape, &mut no)?;
        let parts: Vec<Value> =
            yes.iter().zip(&no).map(|(yes, no)| self.f.ins().select(condition, *yes, *no)).collect();
        self.of_parts(&shape, &mut parts.into_iter())
    }

    /// Variables for values of a shape.
    pub fn variables(&mut self, shape: &Shape) -> Vec<Variable> {
        let mut kinds = Vec::new();
        shape.parts(&mut kinds);
        kinds.into_iter().map(|kind| self.f.declare_var(kind)).collect()
    }

    /// Assigns a value to variables of a shape that has room for it.
    pub fn assign(&mut self, variables: &[Variable], shape: &Shape, val: &Val) -> Result<(), Unsupported> {
        let mut parts = Vec::new();
        self.parts(val, shape, &mut parts)?;
        for (variable, part) in variables.iter().zip(parts) {
            self.f.def_var(*variable, part);
        }
        Ok(())
    }

    /// What variables of a shape hold here.
    pub fn read(&mut self, variables: &[Variable], shape: &Shape) -> Result<Val, Unsupported> {
        let parts: Vec<Value> = variables.iter().map(|variable| self.f.use_var(*variable)).collect();
        self.of_parts(shape, &mut parts.into_iter())
    }
}
