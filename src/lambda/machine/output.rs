//! What machine code gives: plain arrays that become columns.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int64Array, NullArray};
use arrow_buffer::NullBuffer;
use cranelift_codegen::ir::{InstBuilder, MemFlags, Value, types};

use super::bail::Unsupported;
use super::build::Build;
use super::value::{Shape, Tag, Tags, Val};
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

/// Room for the results of so many rows.
pub fn room(shape: &Shape, rows: usize) -> Vec<Part> {
    let mut kinds = Vec::new();
    shape.parts(&mut kinds);
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

impl Build<'_, '_> {
    /// Writes a row's result.
    pub fn store(&mut self, val: &Val, shape: &Shape, bases: &[Value], row: Value) -> Result<(), Unsupported> {
        let mut parts = Vec::new();
        self.parts(val, shape, &mut parts)?;
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
        Shape::List(_) => false,
    }
}

/// The column of the results of so many rows.
pub fn columns(
    shape: &Shape,
    parts: &mut impl Iterator<Item = Part>,
    rows: usize,
    wide: bool,
) -> Result<Columns, Decline> {
    let odd = || Decline::fixed("results of machine code that are missing");
    let tags = match shape {
        Shape::Tuple(items) => {
            let items = items.iter().map(|item| columns(item, parts, rows, wide)).collect::<Result<Vec<_>, _>>()?;
            return Ok(Columns::tuple(items, rows));
        }
        Shape::Scalar(tags) => *tags,
        Shape::Nothing | Shape::List(_) => return Err(odd()),
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
        views.push_text(&super::helpers::text(bits, len, wide).map_err(|_| odd())?);
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
