//! Texts: their characters, parts and comparisons. A text that is made has no place, so that concatenation isn't here.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlags, StackSlotData, StackSlotKind, Value, types};

use super::bail::{Stop, Unsupported};
use super::build::Build;
use super::compare::int_condition;
use super::helpers;
use super::value::{One, Tag, Val};
use crate::kernel::unicode::is_ascii_space;
use crate::lambda::tree::expr::CompareOp;
use crate::lambda::tree::functions::{Function, Method};

impl Build<'_, '_> {
    /// A constant text.
    pub fn constant_text(&mut self, text: &str) -> Result<Val, Unsupported> {
        let mut characters = text.chars();
        match (characters.next(), characters.next()) {
            (None, _) => return Ok(Val::one(Tag::Char, self.int(-1))),
            (Some(only), None) => return Ok(Val::one(Tag::Char, self.int(i64::from(u32::from(only))))),
            _ => {}
        }
        let words: Box<[u32]> = if self.wide {
            text.chars().map(u32::from).collect()
        } else if text.is_ascii() {
            let word = |bytes: &[u8]| {
                let mut word = [0; 4];
                word[..bytes.len()].copy_from_slice(bytes);
                u32::from_ne_bytes(word)
            };
            text.as_bytes().chunks(4).map(word).collect()
        } else {
            return Err(Unsupported);
        };
        let (address, len) = (self.int(words.as_ptr().addr() as i64), self.int(text.chars().count() as i64));
        self.kept.texts.push(words);
        Ok(Val::text(address, len))
    }

    /// The character at an address.
    pub fn character(&mut self, text: Value, at: Value) -> Value {
        // Whether there is one was asked just before, so that the load stays where it is.
        let flags = MemFlags::trusted().with_readonly();
        if self.wide {
            let by = self.f.ins().ishl_imm(at, 2);
            let address = self.f.ins().iadd(text, by);
            self.f.ins().uload32(flags, address, 0)
        } else {
            let address = self.f.ins().iadd(text, at);
            let code = self.f.ins().uload8(types::I64, flags, address, 0);
            self.ascii.insert(code);
            code
        }
    }

    /// The address of a text's part.
    pub fn address(&mut self, text: Value, at: Value) -> Value {
        let by = if self.wide { self.f.ins().ishl_imm(at, 2) } else { at };
        self.f.ins().iadd(text, by)
    }

    /// A str as address and length.
    pub fn as_text(&mut self, one: &One) -> (Value, Value) {
        if let Some(len) = one.len {
            return (one.value, len);
        }
        let slot = self.f.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, 8, 3));
        if self.wide {
            let word = self.f.ins().ireduce(types::I32, one.value);
            self.f.ins().stack_store(word, slot, 0);
        } else {
            let beyond = self.f.ins().icmp_imm(IntCC::SignedGreaterThan, one.value, 127);
            self.stop_if(beyond, Stop::Other);
            let byte = self.f.ins().ireduce(types::I8, one.value);
            self.f.ins().stack_store(byte, slot, 0);
        }
        let some = self.f.ins().icmp_imm(IntCC::NotEqual, one.value, -1);
        let len = self.f.ins().uextend(types::I64, some);
        (self.f.ins().stack_addr(types::I64, slot, 0), len)
    }

    /// A comparison of two str.
    pub fn texts(&mut self, op: CompareOp, l: &One, r: &One) -> Result<Value, Unsupported> {
        let ((a, a_len), (b, b_len)) = (self.as_text(l), self.as_text(r));
        let (least, at) = (self.f.ins().smin(a_len, b_len), self.f.declare_var(types::I64));
        let zero = self.int(0);
        self.f.def_var(at, zero);
        let [head, look, next, differ, done] = [(); 5].map(|()| self.f.create_block());
        self.f.append_block_param(done, types::I64);
        self.f.ins().jump(head, &[]);
        self.f.switch_to_block(head);
        let here = self.f.use_var(at);
        let ends = self.f.ins().icmp(IntCC::SignedGreaterThanOrEqual, here, least);
        let lengths = self.f.ins().isub(a_len, b_len);
        self.f.ins().brif(ends, done, &[lengths.into()], look, &[]);
        self.f.switch_to_block(look);
        let (ours, theirs) = (self.character(a, here), self.character(b, here));
        let same = self.f.ins().icmp(IntCC::Equal, ours, theirs);
        self.f.ins().brif(same, next, &[], differ, &[]);
        self.f.switch_to_block(next);
        let following = self.f.ins().iadd_imm(here, 1);
        self.f.def_var(at, following);
        self.f.ins().jump(head, &[]);
        self.f.switch_to_block(differ);
        let order = self.f.ins().isub(ours, theirs);
        self.f.ins().jump(done, &[order.into()]);
        self.f.switch_to_block(done);
        let order = self.f.block_params(done)[0];
        Ok(self.f.ins().icmp_imm(int_condition(op)?, order, 0))
    }

    /// A method of a str of one character or none.
    pub fn method(&mut self, method: Method, of: &Val) -> Result<Val, Unsupported> {
        let known = matches!(
            method,
            Method::IsDigit
                | Method::IsAlpha
                | Method::IsAlnum
                | Method::IsSpace
                | Method::IsUpper
                | Method::IsLower
                | Method::IsAscii
                | Method::Lower
                | Method::Upper
        );
        if !known {
            return Err(Unsupported);
        }
        self.split(of, &mut |this, one| match one.tag {
            Tag::Char => Ok(this.method_of(method, one.value)),
            Tag::Text => Err(Unsupported),
            _ => Ok(this.stop(Stop::Other)),
        })
    }

    fn method_of(&mut self, method: Method, code: Value) -> Val {
        type Class = fn(&u8) -> bool;
        let (class, number): (Class, i64) = match method {
            Method::IsDigit => (u8::is_ascii_digit, 0),
            Method::IsAlpha => (u8::is_ascii_alphabetic, 1),
            Method::IsAlnum => (u8::is_ascii_alphanumeric, 2),
            Method::IsSpace => (|byte| is_ascii_space(*byte), 3),
            Method::IsUpper => (u8::is_ascii_uppercase, -1),
            Method::IsLower => (u8::is_ascii_lowercase, -1),
            Method::IsAscii => {
                let ascii = self.f.ins().icmp_imm(IntCC::SignedLessThan, code, 128);
                return Val::one(Tag::Bool, ascii);
            }
            _ => return self.cased(code, method == Method::Upper),
        };
        let found = self.of_class(code, false, &|byte| class(&byte));
        if self.ascii.contains(&code) {
            return Val::one(Tag::Bool, found);
        }
        let beyond = self.f.ins().icmp_imm(IntCC::SignedGreaterThan, code, 127);
        if number < 0 {
            self.stop_if(beyond, Stop::Other);
            return Val::one(Tag::Bool, found);
        }
        let done = self.f.create_block();
        self.f.append_block_param(done, types::I8);
        let ask = self.f.create_block();
        self.f.set_cold_block(ask);
        self.f.ins().brif(beyond, ask, &[], done, &[found.into()]);
        self.f.switch_to_block(ask);
        let (number, none) = (self.int(number), self.int(0));
        let found = self.call(helpers::is_of, [number, code, none], types::I64);
        let found = self.f.ins().ireduce(types::I8, found);
        self.f.ins().jump(done, &[found.into()]);
        self.f.switch_to_block(done);
        Val::one(Tag::Bool, self.f.block_params(done)[0])
    }

    fn cased(&mut self, code: Value, upper: bool) -> Val {
        let class: &dyn Fn(u8) -> bool =
            if upper { &|byte| byte.is_ascii_lowercase() } else { &|byte| byte.is_ascii_uppercase() };
        let letter = self.of_class(code, false, class);
        let letter = self.f.ins().uextend(types::I64, letter);
        let by = self.f.ins().ishl_imm(letter, 5);
        let changed = self.f.ins().bxor(code, by);
        if self.ascii.contains(&code) {
            self.ascii.insert(changed);
            return Val::one(Tag::Char, changed);
        }
        let beyond = self.f.ins().icmp_imm(IntCC::SignedGreaterThan, code, 127);
        let (ask, done) = (self.f.create_block(), self.f.create_block());
        self.f.append_block_param(done, types::I64);
        self.f.set_cold_block(ask);
        self.f.ins().brif(beyond, ask, &[], done, &[changed.into()]);
        self.f.switch_to_block(ask);
        let (upper, none) = (self.int(i64::from(upper)), self.int(0));
        let asked = self.call(helpers::case_of, [upper, code, none], types::I64);
        self.f.ins().jump(done, &[asked.into()]);
        self.f.switch_to_block(done);
        Val::one(Tag::Char, self.f.block_params(done)[0])
    }

    /// `int(text)` or `float(text)`.
    pub fn parsed(&mut self, function: Function, one: &One) -> Val {
        let whole = function == Function::Int;
        if !whole || one.tag == Tag::Text {
            return self.parsed_whole(whole, one);
        }
        // What is no plain digit is the trees' to read: no call stands in the loop for it.
        let digit = self.f.ins().iadd_imm(one.value, -i64::from(b'0'));
        let other = self.f.ins().icmp_imm(IntCC::UnsignedGreaterThan, digit, 9);
        self.stop_if(other, Stop::Other);
        Val::one(Tag::Int, digit)
    }

    fn parsed_whole(&mut self, whole: bool, one: &One) -> Val {
        let (address, len) = self.as_text(one);
        let helper: helpers::Helper = if self.wide { helpers::number_wide } else { helpers::number };
        let tag = if whole { Tag::Int } else { Tag::Float };
        let whole = self.int(i64::from(whole));
        Val::one(tag, self.call(helper, [address, len, whole], tag.kind()))
    }
}
