//! Puts the values of two kinds of rows together: those at which a mask is true, and the others.

use std::sync::Arc;

use arrow_array::{Array, BooleanArray, Float64Array, Int64Array, StringViewArray};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, ScalarBuffer};

use super::documents::Documents;
use super::frame::{Source, Value};
use crate::chunk::{Columns, Type, compact};
use crate::error::Decline;
use crate::kernel::views::INLINE;
use crate::lambda::cells::cell::Cell;
use crate::lambda::cells::document;
use crate::lambda::cells::write::Writer;

/// The values of all rows: `yes` has those where the mask is true, in order, and `no` the others.
pub fn merge(mask: &BooleanArray, yes: &Value, no: &Value) -> Result<Value, Decline> {
    if mask.true_count() == mask.len() {
        return Ok(yes.clone());
    }
    if mask.true_count() == 0 {
        return Ok(no.clone());
    }
    let bits = mask.values();
    if let Some(merged) = documents(bits, yes, no)? {
        return Ok(merged);
    }
    let column = match (kind(yes), kind(no)) {
        (Some(Type::Int), Some(Type::Int)) => {
            let int = |c: &Cell<'_>| if let Cell::Int(i) = c { *i } else { 0 };
            numbers::<Int64Array, _>(bits, yes, no, int, |a| a.values()).map(Columns::ints)
        }
        (Some(Type::Float), Some(Type::Float)) => {
            let float = |c: &Cell<'_>| if let Cell::Float(f) = c { *f } else { 0.0 };
            numbers::<Float64Array, _>(bits, yes, no, float, |a| a.values())
                .map(|v| Columns::new(Arc::new(Float64Array::from(v)), Type::Float))
        }
        (Some(Type::Str), Some(Type::Str)) => Some(strings(bits, yes, no)?),
        _ => None,
    };
    match column {
        Some(column) => Ok(Value::Each(column)),
        None => match alike(bits, yes, no)? {
            Some(column) => Ok(Value::Each(column)),
            None => general(bits, yes, no),
        },
    }
}

/// Values of JSON, or such and a constant that has a text; nothing where they are no such.
fn documents(bits: &BooleanBuffer, yes: &Value, no: &Value) -> Result<Option<Value>, Decline> {
    if !matches!((yes, no), (Value::Documents(_), _) | (_, Value::Documents(_))) {
        return Ok(None);
    }
    let texts = |value: &Value| match value {
        Value::One(cell) => document::literal(cell).map(|text| Value::One(Cell::owned(text))),
        Value::Each(_) => None,
        Value::Documents(of) => Some(Value::Each(Columns::new(Arc::new(of.texts().clone()), Type::Str))),
    };
    let (Some(yes), Some(no)) = (texts(yes), texts(no)) else { return Ok(None) };
    let merged = Value::Each(strings(bits, &yes, &no)?);
    Ok(merged.strings().cloned().map(Documents::checked).map(Value::Documents))
}

/// Columns of one type, either of which may have `None` in it or be nothing else; nothing where they are no such.
fn alike(bits: &BooleanBuffer, yes: &Value, no: &Value) -> Result<Option<Columns>, Decline> {
    let (yes, no) = match (yes, no) {
        (Value::Each(yes), Value::Each(no)) => (Some(yes), Some(no)),
        (Value::Each(yes), Value::One(Cell::None)) => (Some(yes), None),
        (Value::One(Cell::None), Value::Each(no)) => (None, Some(no)),
        _ => return Ok(None),
    };
    let sides: Vec<&Columns> = [yes, no].into_iter().flatten().collect();
    let kind = sides[0].kind().split_optional().0.clone();
    if matches!(kind, Type::Null) || sides.iter().any(|side| *side.kind().split_optional().0 != kind) {
        return Ok(None);
    }
    let parts: Vec<Columns> = sides.iter().map(|side| Columns::new(side.array().clone(), kind.clone())).collect();
    let Some(all) = Columns::concat(&parts) else { return Ok(None) };
    let (mut y, mut n) = (0, yes.map_or(0, Columns::len) as u32);
    // A row that has no value takes any; it is covered below.
    let next = |at: &mut u32, side: Option<&Columns>| {
        *at += 1;
        if side.is_some() { *at - 1 } else { 0 }
    };
    let order: Vec<u32> = bits.iter().map(|bit| if bit { next(&mut y, yes) } else { next(&mut n, no) }).collect();
    let made = all.take(&order)?;
    let present = match (yes, no) {
        (None, _) => Some(!bits),
        (_, None) => Some(bits.clone()),
        _ => None,
    };
    let nulls = match (present, made.array().logical_nulls()) {
        (Some(present), Some(nulls)) => Some(&present & nulls.inner()),
        (Some(present), None) => Some(present),
        (None, nulls) => nulls.map(NullBuffer::into_inner),
    };
    made.with_nulls(nulls.map(NullBuffer::new)).map(gathered).map(Some)
}

/// Texts in few buffers: each time that ways of the same buffers meet there are twice as many, and in a loop they meet often.
fn gathered(columns: Columns) -> Columns {
    const MANY: usize = 64;
    let texts = columns.array().as_any().downcast_ref::<StringViewArray>();
    if texts.is_some_and(|texts| texts.data_buffers().len() > MANY) { compact(&columns) } else { columns }
}

fn kind(value: &Value) -> Option<Type> {
    match value {
        Value::One(Cell::Int(_)) => Some(Type::Int),
        Value::One(Cell::Float(_)) => Some(Type::Float),
        Value::One(Cell::Str(_)) => Some(Type::Str),
        Value::One(_) | Value::Documents(_) => None,
        Value::Each(c) => Some(c.kind().clone()),
    }
}

/// Takes from one side or the other, in order.
fn weave<T: Copy>(bits: &BooleanBuffer, yes: &[T], no: &[T]) -> Vec<T> {
    let next = |side: &[T], at: &mut usize| {
        // A single value stands for all rows.
        let value = side[if side.len() == 1 { 0 } else { *at }];
        *at += 1;
        value
    };
    let (mut y, mut n) = (0, 0);
    bits.iter().map(|bit| if bit { next(yes, &mut y) } else { next(no, &mut n) }).collect()
}

fn numbers<A: Array + 'static, T: Copy>(
    bits: &BooleanBuffer,
    yes: &Value,
    no: &Value,
    one: impl Fn(&Cell<'_>) -> T,
    values: impl Fn(&A) -> &[T],
) -> Option<Vec<T>> {
    let side = |value: &Value| match value {
        Value::One(cell) => Some(vec![one(cell)]),
        Value::Each(c) => Some(values(c.array().as_any().downcast_ref::<A>()?).to_vec()),
        Value::Documents(_) => None,
    };
    Some(weave(bits, &side(yes)?, &side(no)?))
}

fn strings(bits: &BooleanBuffer, yes: &Value, no: &Value) -> Result<Columns, Decline> {
    let odd = || Decline::new("a column whose array is of another type");
    let array = |value: &Value| match value {
        Value::One(Cell::Str(s)) => Some(StringViewArray::from_iter_values([s])),
        other => other.strings().cloned(),
    };
    let (yes, no) = (array(yes).ok_or_else(odd)?, array(no).ok_or_else(odd)?);
    let (first, second) = (yes.data_buffers(), no.data_buffers());
    let buffers: Arc<[Buffer]> = if Arc::ptr_eq(first, second) || second.is_empty() {
        first.clone()
    } else {
        first.iter().chain(second.iter()).cloned().collect()
    };
    let moved = if buffers.len() > first.len() { (first.len() as u128) << 64 } else { 0 };
    let shift = |&v: &u128| if v as u32 as usize > INLINE { v + moved } else { v };
    let shifted: Vec<u128> = no.views().iter().map(shift).collect();
    let views = weave(bits, yes.views(), &shifted);
    // SAFETY: the views come from valid arrays, and their buffer indices were moved with the buffers.
    let array = unsafe { StringViewArray::new_unchecked(ScalarBuffer::from(views), buffers, None) };
    Ok(gathered(Columns::new(Arc::new(array), Type::Str)))
}

fn general(bits: &BooleanBuffer, yes: &Value, no: &Value) -> Result<Value, Decline> {
    let (yes, no) = (Source::new(yes), Source::new(no));
    let (mut y, mut n) = (0, 0);
    let mut writer = Writer::default();
    for bit in bits {
        let (side, at) = if bit { (&yes, &mut y) } else { (&no, &mut n) };
        writer.push(&side.get(*at)?)?;
        *at += 1;
    }
    Ok(Value::Each(writer.finish()?))
}

/// A mask over all rows from one over the rows at which `open` is true; the others are false.
pub fn expand(open: &BooleanArray, inner: &BooleanArray) -> BooleanArray {
    let inner: Vec<u64> = inner.values().bit_chunks().iter_padded().collect();
    let word = |at: usize| inner.get(at).copied().unwrap_or(0);
    let mut done = 0;
    let spread = |open_bits: u64| {
        // The next 64 bits of the inner mask, of which as many are used as bits are set.
        let (at, shift) = (done / 64, done % 64);
        let mut bits = word(at) >> shift | (word(at + 1) << 1) << (63 - shift);
        done += open_bits.count_ones() as usize;
        let (mut left, mut out) = (open_bits, 0);
        while left != 0 {
            out |= (bits & 1) << left.trailing_zeros();
            bits >>= 1;
            left &= left - 1;
        }
        out
    };
    let words: Vec<u64> = open.values().bit_chunks().iter_padded().map(spread).collect();
    BooleanArray::new(BooleanBuffer::new(Buffer::from_vec(words), 0, open.len()), None)
}

/// The opposite of a mask without nulls.
pub fn invert(mask: &BooleanArray) -> BooleanArray {
    BooleanArray::new(!mask.values(), None)
}
