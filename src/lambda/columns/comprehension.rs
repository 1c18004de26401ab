//! Comprehensions over whole columns: all rows' elements are one column, on which conditions and item are evaluated
//! once; then they are lists again.

use std::sync::Arc;

use arrow_array::BooleanArray;
use arrow_buffer::{OffsetBuffer, ScalarBuffer};

use super::dicts;
use super::documents::Elements;
use super::frame::{Frame, Value};
use super::logic;
use super::vector::eval;
use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::kernel::strings::map_parts;
use crate::lambda::cells::write::list_column;
use crate::lambda::tree::Tree;
use crate::lambda::tree::functions::{Function, Method};

/// `[item for slot in source if conditions...]`; nothing when the source is no column of lists or strings.
pub fn comprehension(
    slot: usize,
    source: &Value,
    conditions: &[Tree],
    item: &Tree,
    frame: &Frame<'_>,
) -> Result<Option<Value>, Decline> {
    let Some((offsets, elements)) = elements(source)? else { return Ok(None) };
    let mut parents = Vec::with_capacity(offsets.last().map_or(0, |&all| all as usize));
    for (row, bounds) in offsets.windows(2).enumerate() {
        parents.extend(std::iter::repeat_n(row as u32, (bounds[1] - bounds[0]) as usize));
    }
    // All elements pass a condition before any is made an item; in Python one goes all its way before the next. So what
    // a row raises first is known only where but one operation raises, and one thing only.
    let raises_one = conditions.is_empty() && elements.strings().is_some() && is_number_of(item, slot);
    let inner = frame.spread(&parents);
    inner.bind(slot, elements);
    let mask = kept(conditions, &inner).map_err(Decline::unsure)?;
    let (values, offsets) = match &mask {
        None => {
            let told = |why| if raises_one { inner.outward(why) } else { why.unsure() };
            (value_of(item, &inner).map_err(told)?, offsets)
        }
        Some(mask) => (value_of(item, &inner.pick(mask)).map_err(Decline::unsure)?, kept_offsets(&offsets, mask)),
    };
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    Ok(Some(Value::Each(list_column(offsets, &values, None)?)))
}

/// `int(element)` or `float(element)`, perhaps stripped.
fn is_number_of(item: &Tree, slot: usize) -> bool {
    let Tree::Call(Function::Int | Function::Float, args) = item else { return false };
    match args.as_slice() {
        [Tree::Local(local)] => *local == slot,
        [Tree::Method(Method::Strip, of, chars)] => {
            chars.is_empty() && matches!(&**of, Tree::Local(local) if *local == slot)
        }
        _ => false,
    }
}

/// The borders and the elements of each row's value, from 0 on.
pub fn elements(source: &Value) -> Result<Option<(Vec<i32>, Value)>, Decline> {
    if let Some(strings) = source.strings() {
        let pieces = map_parts(strings, |s, part| {
            s.char_indices().for_each(|(at, c)| part(&s[at..at + c.len_utf8()]));
            Ok(())
        })?;
        return Ok(Some((pieces.offsets.to_vec(), Value::Each(Columns::new(Arc::new(pieces.values), Type::Str)))));
    }
    match source {
        Value::One(_) => Ok(None),
        Value::Each(columns) => Ok(columns.lists().map(|(offsets, items)| (offsets, Value::Each(items)))),
        Value::Documents(documents) => match documents.elements()? {
            Some(Elements { offsets, values, valid: None }) => Ok(Some((offsets, dicts::settled(values)))),
            // What isn't iterated as a list is CPython's.
            _ => Err(Decline::new("iteration of what is no list")),
        },
    }
}

/// The elements for which all conditions hold; nothing when there is no condition.
fn kept(conditions: &[Tree], inner: &Frame<'_>) -> Result<Option<BooleanArray>, Decline> {
    if conditions.is_empty() {
        return Ok(None);
    }
    logic::all(conditions, inner).map(Some)
}

/// The item for every element. Without elements there is nothing to evaluate, and no type.
fn value_of(item: &Tree, inner: &Frame<'_>) -> Result<Columns, Decline> {
    if inner.rows == 0 { Ok(Columns::empty(Type::Null)) } else { eval(item, inner)?.into_columns(inner.rows) }
}

fn kept_offsets(offsets: &[i32], mask: &BooleanArray) -> Vec<i32> {
    let mut out = Vec::with_capacity(offsets.len());
    out.push(0);
    let mut total = 0;
    for bounds in offsets.windows(2) {
        let (from, len) = (bounds[0] as usize, (bounds[1] - bounds[0]) as usize);
        total += mask.values().slice(from, len).count_set_bits() as i32;
        out.push(total);
    }
    out
}
