//! Texts that the code makes, and questions to a whole text.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};

use super::bail::Unsupported;
use super::build::Build;
use super::made::site;
use super::value::{One, Shape, Tag, Tags, Val};
use super::words;
use crate::lambda::tree::expr::CompareOp;
use crate::lambda::tree::functions::Method;
use crate::lambda::tree::{Part, Tree};

impl Build<'_, '_> {
    /// A str with an address that stays.
    pub fn kept_text(&mut self, one: &One) -> (Value, Value) {
        match one.len {
            Some(len) => (one.value, len),
            None => self.lasting(one.value),
        }
    }

    /// A value of one type, where it is a str anyhow.
    pub fn one_text(&mut self, of: &Val) -> Result<Val, Unsupported> {
        let texts = Tags::one(Tag::Char).0 | Tags::one(Tag::Text).0;
        match of {
            Val::Any { tags, .. } if tags.0 & !texts == 0 => self.as_item(of, &Shape::Nothing),
            other => Ok(other.clone()),
        }
    }

    fn text_of(&mut self, found: Value) -> Val {
        let len = self.second();
        Val::text(found, len)
    }

    /// `a + b` of two str.
    pub fn concat(&mut self, l: &One, r: &One) -> Val {
        let ((a, a_len), (b, b_len)) = (self.kept_text(l), self.kept_text(r));
        let found = self.make(words::concat, [a, a_len, b, b_len], types::I64);
        self.text_of(found)
    }

    /// `str(x)`
    pub fn spelled(&mut self, of: &Val) -> Result<Val, Unsupported> {
        self.split(of, &mut |this, one| match one.tag {
            Tag::None => this.constant_text("None"),
            Tag::Bool => {
                let (yes, no) = (this.constant_text("True")?, this.constant_text("False")?);
                this.choose(one.value, &yes, &no)
            }
            Tag::Int | Tag::Float => {
                let float = one.tag == Tag::Float;
                let bits = if float { this.bits(one.value) } else { one.value };
                let (float, none) = (this.int(i64::from(float)), this.int(0));
                let found = this.make(words::spelled, [bits, float, none, none], types::I64);
                Ok(this.text_of(found))
            }
            Tag::Char | Tag::Text => Ok(Val::One(*one)),
        })
    }

    /// An f-string of values as they are.
    pub fn format(&mut self, parts: &[Part]) -> Result<Val, Unsupported> {
        let mut made = self.constant_text("")?;
        for part in parts {
            let text = match part {
                Part::Text(text) => self.constant_text(text)?,
                Part::Value(tree, None | Some('s'), spec) if spec.is_empty() => {
                    let val = self.value(tree)?;
                    self.spelled(&val)?
                }
                Part::Value(..) => return Err(Unsupported),
            };
            made = self.split(&made, &mut |this, l| this.split(&text, &mut |this, r| Ok(this.concat(l, r))))?;
        }
        Ok(made)
    }

    /// A method of a str, where it has arguments or the str is a text; nothing where it isn't known.
    pub fn text_method(
        &mut self,
        tree: &Tree,
        method: Method,
        of: &Val,
        args: &[Tree],
    ) -> Result<Option<Val>, Unsupported> {
        if let (Method::Join, [items]) = (method, args) {
            return self.join(tree, of, items).map(Some);
        }
        let Val::One(one) = &self.one_text(of)? else { return Ok(None) };
        if !one.tag.is_text() {
            return Ok(None);
        }
        if let (Method::Split, []) = (method, args) {
            let (text, len) = self.kept_text(one);
            let (none, space) = (self.int(0), self.int(-1));
            return self.parts_of(tree, [text, len, none, space]).map(Some);
        }
        if let [arg] = args {
            let arg = self.value(arg)?;
            let arg = match self.one_text(&arg)? {
                Val::One(arg) if arg.tag.is_text() => arg,
                Val::Never => return Ok(Some(Val::Never)),
                _ => return Ok(None),
            };
            let (text, part) = (self.kept_text(one), self.kept_text(&arg));
            return Ok(Some(match method {
                Method::Split => self.parts_of(tree, [text.0, text.1, part.0, part.1])?,
                Method::Find => {
                    Val::one(Tag::Int, self.make(words::find, [text.0, text.1, part.0, part.1], types::I64))
                }
                Method::StartsWith | Method::EndsWith => {
                    let zero = self.int(0);
                    let behind = self.f.ins().isub(text.1, part.1);
                    let fits = self.f.ins().icmp_imm(IntCC::SignedGreaterThanOrEqual, behind, 0);
                    let from = if method == Method::EndsWith { behind } else { zero };
                    let from = self.f.ins().smax(from, zero);
                    let len = self.f.ins().smin(part.1, text.1);
                    let address = self.address(text.0, from);
                    let (Val::One(here), Val::One(there)) = (Val::text(address, len), Val::text(part.0, part.1)) else {
                        return Err(Unsupported);
                    };
                    let same = self.texts(CompareOp::Eq, &here, &there)?;
                    Val::one(Tag::Bool, self.f.ins().band(same, fits))
                }
                _ => return Ok(None),
            }));
        }
        if one.tag == Tag::Char || !args.is_empty() {
            return Ok(None);
        }
        let number = match method {
            Method::Lower => 0,
            Method::Upper => 1,
            Method::Strip => 2,
            Method::Lstrip => 3,
            Method::Rstrip => 4,
            _ => {
                let Some(number) = words::ASKED.iter().position(|asked| *asked == method) else { return Ok(None) };
                let (text, len) = self.kept_text(one);
                let (number, none) = (self.int(number as i64), self.int(0));
                let found = self.make(words::asked, [text, len, number, none], types::I64);
                return Ok(Some(Val::one(Tag::Bool, self.f.ins().ireduce(types::I8, found))));
            }
        };
        let (text, len) = self.kept_text(one);
        let (number, none) = (self.int(number), self.int(0));
        let found = self.make(words::changed, [text, len, number, none], types::I64);
        Ok(Some(self.text_of(found)))
    }

    fn parts_of(&mut self, tree: &Tree, of: [Value; 4]) -> Result<Val, Unsupported> {
        let number = self.sites.of(site(tree, 0));
        let text = Shape::Scalar(Tags::one(Tag::Text));
        if self.sites.include(number, &text) != Some(text) {
            // What is put into it is no text: it would have to be made anew.
            return Err(Unsupported);
        }
        Ok(Val::Made(self.make(words::split, of, types::I64), number))
    }

    fn join(&mut self, tree: &Tree, sep: &Val, items: &Tree) -> Result<Val, Unsupported> {
        let sep = match self.one_text(sep)? {
            Val::One(sep) if sep.tag.is_text() => self.kept_text(&sep),
            Val::Never => return Ok(Val::Never),
            _ => return Err(Unsupported),
        };
        let Val::Made(list, number) = self.made_of(items, tree)? else { return Ok(Val::Never) };
        match self.sites.item(number) {
            Shape::Nothing => {}
            Shape::Scalar(tags) if tags == Tags::one(Tag::Text) => {}
            _ => return Err(Unsupported),
        }
        let none = self.int(0);
        let found = self.make(words::join, [sep.0, sep.1, list, none], types::I64);
        Ok(self.text_of(found))
    }

    /// What is gone through, as a list of ours, which is only looked at.
    fn made_of(&mut self, tree: &Tree, place: &Tree) -> Result<Val, Unsupported> {
        if matches!(tree, Tree::Local(_) | Tree::Comprehension(..) | Tree::Method(..))
            && let val @ Val::Made(..) = self.value(tree)?
        {
            return Ok(val);
        }
        self.gathered(tree, place, 1)
    }

    /// Whether a text is in another one.
    pub fn within_text(&mut self, part: &One, text: &One) -> Value {
        let (part, text) = (self.kept_text(part), self.kept_text(text));
        let found = self.make(words::find, [text.0, text.1, part.0, part.1], types::I64);
        self.f.ins().icmp_imm(IntCC::SignedGreaterThanOrEqual, found, 0)
    }
}
