//! What machine code gives: plain arrays that become columns.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int64Array, NullArray};
use arrow_buffer::NullBuffer;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlags, Value, types};

use super::bail::Unsupported;
use super::build::Build;
use super::emit::{self, Output, Sequence};
use super::value::{One, Shape, Tag, Tags, Val};
use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::kernel::views::Views;

/// One array of the results.
pub enum Part {
    Bytes(Vec<u8>),
    Ints(Vec<i64>),
    Floats(Vec<f64>),
}

impl Part {
    fn address(&mut self) -> *mut u8 {
        match self {
            Self::Bytes(v) => v.as_mut_ptr(),
            Self::Ints(v) => v.as_mut_ptr().cast(),
            Self::Floats(v) => v.as_mut_ptr().cast(),
        }
    }

    /// Keeps only so many.
    pub fn truncate(&mut self, len: usize) {
        match self {
            Self::Bytes(v) => v.truncate(len),
            Self::Ints(v) => v.truncate(len),
            Self::Floats(v) => v.truncate(len),
        }
    }
}

/// Room for the results of so many rows; lists have their own.
pub fn room(shape: &Shape, rows: usize) -> Vec<Part> {
    let mut kinds = Vec::new();
    without_lists(shape).parts(&mut kinds);
    let part = |kind| match kind {
        types::I8 => Part::Bytes(vec![0; rows]),
        types::F64 => Part::Floats(vec![0.0; rows]),
        _ => Part::Ints(vec![0; rows]),
    };
    kinds.into_iter().map(part).collect()
}

/// Where each part begins.
pub fn addresses(parts: &mut [Part]) -> Vec<*mut u8> {
    parts.iter_mut().map(Part::address).collect()
}

/// The shape of what is stored for each row: lists are not.
pub fn without_lists(shape: &Shape) -> Shape {
    match shape {
        Shape::Made(_) | Shape::Items(_) | Shape::List(_) => Shape::Scalar(Tags::one(Tag::None)),
        Shape::Tuple(items) => Shape::Tuple(items.iter().map(without_lists).collect()),
        other => other.clone(),
    }
}

/// The lists of a shape.
pub fn lists_of(shape: &Shape, out: &mut Vec<Output>) {
    match shape {
        Shape::Items(item) => out.push(Output::new(item)),
        Shape::Tuple(items) => items.iter().for_each(|item| lists_of(item, out)),
        _ => {}
    }
}

impl Build<'_, '_> {
    /// A row's result once its lists are handed over, and its texts are where they stay.
    pub fn given(&mut self, val: &Val, lists: &mut i64) -> Result<Val, Unsupported> {
        Ok(match val {
            Val::Made(list, _) => {
                let (number, none) = (self.int(*lists), self.int(0));
                self.make(emit::put, [number, *list, none, none], types::I64);
                *lists += 1;
                Val::one(Tag::None, self.bool(false))
            }
            Val::Tuple(items) => {
                Val::Tuple(items.iter().map(|item| self.given(item, lists)).collect::<Result<_, _>>()?)
            }
            Val::One(One { tag: Tag::Text, value, len: Some(len) }) if self.makes => {
                let none = self.int(0);
                Val::text(self.make(emit::keep, [*value, *len, none, none], types::I64), *len)
            }
            Val::Any { tags, tag, bits, len: Some(len) } if self.makes => {
                let (none, text) = (self.int(0), self.f.ins().icmp_imm(IntCC::Equal, *tag, Tag::Text as i64));
                let asked = self.f.ins().select(text, *len, none);
                let bits = self.make(emit::keep, [*bits, asked, none, none], types::I64);
                Val::Any { tags: *tags, tag: *tag, bits, len: Some(*len) }
            }
            other => other.clone(),
        })
    }

    /// Writes a row's result.
    pub fn store(&mut self, val: &Val, shape: &Shape, bases: &[Value], row: Value) -> Result<(), Unsupported> {
        let mut parts = Vec::new();
        let val = self.given(val, &mut 0)?;
        self.parts(&val, &without_lists(shape), &mut parts)?;
        let far = self.f.ins().ishl_imm(row, 3);
        for (part, base) in parts.into_iter().zip(bases) {
            let by = if self.f.func.dfg.value_type(part) == types::I8 { row } else { far };
            let address = self.f.ins().iadd(*base, by);
            self.f.ins().store(MemFlags::trusted(), part, address, 0);
        }
        Ok(())
    }
}

/// Whether columns can be made of it.
pub fn is_known(shape: &Shape) -> bool {
    match shape {
        Shape::Nothing | Shape::Scalar(_) => true,
        Shape::Tuple(items) => items.iter().all(is_known),
        Shape::Items(item) => is_known(item),
        Shape::List(_) | Shape::Made(_) => false,
    }
}

/// The column of the results of so many rows.
pub fn columns(
    shape: &Shape,
    parts: &mut dyn Iterator<Item = Part>,
    rows: usize,
    wide: bool,
    lists: &mut dyn Iterator<Item = (Output, Sequence)>,
) -> Result<Columns, Decline> {
    let odd = || Decline::fixed("results of machine code that are missing");
    let tags = match shape {
        Shape::Tuple(items) => {
            let items =
                items.iter().map(|item| columns(item, parts, rows, wide, lists)).collect::<Result<Vec<_>, _>>()?;
            return Ok(Columns::tuple(items, rows));
        }
        Shape::Scalar(tags) => *tags,
        Shape::Items(_) => {
            let (of, found) = lists.next().ok_or_else(odd)?;
            return found.finish(&of, wide);
        }
        Shape::Nothing if rows == 0 => return Ok(Columns::new(Arc::new(NullArray::new(0)), Type::Null)),
        Shape::Nothing | Shape::List(_) | Shape::Made(_) => return Err(odd()),
    };
    if tags == Tags::one(Tag::None) {
        return Ok(Columns::new(Arc::new(NullArray::new(rows)), Type::Null));
    }
    let mut next = || parts.next().ok_or_else(odd);
    if let Some(tag) = tags.only() {
        let values = next()?;
        let lens = if tag == Tag::Text { Some(next()?) } else { None };
        return column(tag, values, lens, None, wide);
    }
    let (Part::Bytes(each), Part::Ints(bits)) = (next()?, next()?) else { return Err(odd()) };
    let lens = if tags.has(Tag::Text) { Some(next()?) } else { None };
    let met = each.iter().fold(0u8, |met, tag| met | 1 << tag);
    let some = Tags(met & !Tags::one(Tag::None).0);
    let nulls = (met & 1 == 1).then(|| each.iter().map(|tag| *tag != Tag::None as u8).collect::<NullBuffer>());
    match some.only() {
        None if some.0 == 0 => Ok(Columns::new(Arc::new(NullArray::new(rows)), Type::Null)),
        Some(tag) => {
            let values = match tag {
                Tag::Bool => Part::Bytes(bits.iter().map(|bits| *bits as u8).collect()),
                Tag::Float => Part::Floats(bits.iter().map(|bits| f64::from_bits(*bits as u64)).collect()),
                _ => Part::Ints(bits),
            };
            column(tag, values, lens, nulls, wide)
        }
        None if some.0 & !(Tags::one(Tag::Char).0 | Tags::one(Tag::Text).0) == 0 => {
            let mut views = Views::new(&Arc::from([]), rows);
            let Some(Part::Ints(lens)) = lens else { return Err(odd()) };
            for ((tag, bits), len) in each.iter().zip(&bits).zip(&lens) {
                match *tag {
                    tag if tag == Tag::None as u8 => views.push(0),
                    tag if tag == Tag::Text as u8 => push(&mut views, Tag::Text, *bits, *len, wide)?,
                    _ => push(&mut views, Tag::Char, *bits, *len, wide)?,
                }
            }
            texts(views, nulls)
        }
        None => Err(Decline::fixed("the rows have different types")),
    }
}

fn column(
    tag: Tag,
    values: Part,
    lens: Option<Part>,
    nulls: Option<NullBuffer>,
    wide: bool,
) -> Result<Columns, Decline> {
    let odd = || Decline::fixed("results of machine code of another type");
    let optional = nulls.is_some();
    let (array, kind): (ArrayRef, Type) = match (tag, values) {
        (Tag::Bool, Part::Bytes(v)) => {
            let bits = arrow_buffer::BooleanBuffer::collect_bool(v.len(), |i| v[i] != 0);
            (Arc::new(BooleanArray::new(bits, nulls)), Type::Bool)
        }
        (Tag::Int, Part::Ints(v)) => (Arc::new(Int64Array::new(v.into(), nulls)), Type::Int),
        (Tag::Float, Part::Floats(v)) => (Arc::new(Float64Array::new(v.into(), nulls)), Type::Float),
        (Tag::Char | Tag::Text, Part::Ints(v)) => {
            let lens = match lens {
                Some(Part::Ints(lens)) => lens,
                _ if tag == Tag::Char => Vec::new(),
                _ => return Err(odd()),
            };
            let mut views = Views::new(&Arc::from([]), v.len());
            for (row, bits) in v.iter().enumerate() {
                if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                    views.push(0);
                } else {
                    push(&mut views, tag, *bits, lens.get(row).copied().unwrap_or(0), wide)?;
                }
            }
            return texts(views, nulls);
        }
        _ => return Err(odd()),
    };
    let kind = if optional { Type::Optional(Box::new(kind)) } else { kind };
    Ok(Columns::new(array, kind))
}

fn push(views: &mut Views, tag: Tag, bits: i64, len: i64, wide: bool) -> Result<(), Decline> {
    let odd = || Decline::fixed("a text of machine code that is none");
    if tag == Tag::Text {
        let len = usize::try_from(len).map_err(|_| odd())?;
        if len == 0 {
            views.push(0);
        } else if wide {
            // SAFETY: texts of results are addresses and lengths of texts of inputs, of constants, or of those that are kept,
            // which all live until the columns are made.
            let words = unsafe { std::slice::from_raw_parts(bits as *const u32, len) };
            let text = words.iter().map(|word| char::from_u32(*word)).collect::<Option<String>>();
            views.push_text(&text.ok_or_else(odd)?);
        } else {
            // SAFETY: as above, of characters of one byte, which are of ASCII: what isn't stops the code.
            views.push_text(unsafe {
                std::str::from_utf8_unchecked(std::slice::from_raw_parts(bits as *const u8, len))
            });
        }
        return Ok(());
    }
    let c = u32::try_from(bits).ok().and_then(char::from_u32);
    match c {
        Some(c) => views.push_text(c.encode_utf8(&mut [0; 4])),
        None if bits == -1 => views.push(0),
        None => return Err(odd()),
    }
    Ok(())
}

fn texts(views: Views, nulls: Option<NullBuffer>) -> Result<Columns, Decline> {
    let optional = nulls.is_some();
    let array: ArrayRef = Arc::new(views.finish(nulls)?);
    Ok(Columns::new(array, if optional { Type::Optional(Box::new(Type::Str)) } else { Type::Str }))
}
