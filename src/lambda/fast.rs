//! Operations on whole columns of simple types: the ones that most lambdas are made of. Each answers `None` when it
//! has no kernel for the operands' types.

use std::sync::Arc;

use arrow_array::{Array, BooleanArray, Float64Array, Int64Array, ListArray};
use arrow_buffer::BooleanBuffer;

use super::cell::Cell;
use super::expr::{BinaryOp, CompareOp};
use super::vector::{Value, validity};
use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::kernel::length::lengths;

/// A column of numbers or one number.
enum Numbers<'a, T> {
    Each(&'a [T]),
    One(T),
}

fn ints(value: &Value) -> Option<Numbers<'_, i64>> {
    match value {
        Value::One(Cell::Int(i)) => Some(Numbers::One(*i)),
        Value::Each(c) if *c.kind() == Type::Int => {
            Some(Numbers::Each(c.array().as_any().downcast_ref::<Int64Array>()?.values()))
        }
        _ => None,
    }
}

fn floats(value: &Value) -> Option<Numbers<'_, f64>> {
    match value {
        Value::One(Cell::Float(f)) => Some(Numbers::One(*f)),
        Value::Each(c) if *c.kind() == Type::Float => {
            Some(Numbers::Each(c.array().as_any().downcast_ref::<Float64Array>()?.values()))
        }
        _ => None,
    }
}

/// Applies `f` to each row's pair. `None` when both are one value: that is not worth a kernel.
#[inline]
fn zip<T: Copy, R>(left: &Numbers<'_, T>, right: &Numbers<'_, T>, mut f: impl FnMut(T, T) -> R) -> Option<Vec<R>> {
    Some(match (left, right) {
        (Numbers::Each(l), Numbers::Each(r)) => l.iter().zip(*r).map(|(&l, &r)| f(l, r)).collect(),
        (Numbers::Each(l), Numbers::One(r)) => l.iter().map(|&l| f(l, *r)).collect(),
        (Numbers::One(l), Numbers::Each(r)) => r.iter().map(|&r| f(*l, r)).collect(),
        (Numbers::One(_), Numbers::One(_)) => return None,
    })
}

/// A binary operator.
pub fn binary(op: BinaryOp, left: &Value, right: &Value) -> Result<Option<Columns>, Decline> {
    if let (Some(left), Some(right)) = (ints(left), ints(right)) {
        let mut over = false;
        let mut checked = |(value, overflow): (i64, bool)| {
            over |= overflow;
            value
        };
        let values = match op {
            BinaryOp::Add => zip(&left, &right, |l, r| checked(l.overflowing_add(r))),
            BinaryOp::Sub => zip(&left, &right, |l, r| checked(l.overflowing_sub(r))),
            BinaryOp::Mul => zip(&left, &right, |l, r| checked(l.overflowing_mul(r))),
            _ => None,
        };
        if over {
            return Err(Decline::new("an int past 64 bits"));
        }
        return Ok(values.map(|v| Columns::new(Arc::new(Int64Array::from(v)), Type::Int)));
    }
    if let (Some(left), Some(right)) = (floats(left), floats(right)) {
        let values = match op {
            BinaryOp::Add => zip(&left, &right, |l, r| l + r),
            BinaryOp::Sub => zip(&left, &right, |l, r| l - r),
            BinaryOp::Mul => zip(&left, &right, |l, r| l * r),
            _ => None,
        };
        return Ok(values.map(|v| Columns::new(Arc::new(Float64Array::from(v)), Type::Float)));
    }
    Ok(None)
}

/// A comparison.
pub fn compare(op: CompareOp, left: &Value, right: &Value) -> Option<BooleanArray> {
    if let (Some(left), Some(right)) = (ints(left), ints(right)) {
        return compare_with(op, &left, &right);
    }
    if let (Some(left), Some(right)) = (floats(left), floats(right)) {
        return compare_with(op, &left, &right);
    }
    None
}

fn compare_with<T: Copy + PartialOrd>(
    op: CompareOp,
    left: &Numbers<'_, T>,
    right: &Numbers<'_, T>,
) -> Option<BooleanArray> {
    let mask = match op {
        CompareOp::Lt => zip(left, right, |l, r| l < r),
        CompareOp::Le => zip(left, right, |l, r| l <= r),
        CompareOp::Gt => zip(left, right, |l, r| l > r),
        CompareOp::Ge => zip(left, right, |l, r| l >= r),
        CompareOp::Eq => zip(left, right, |l, r| l == r),
        CompareOp::Ne => zip(left, right, |l, r| l != r),
        _ => None,
    };
    mask.map(BooleanArray::from)
}

/// `len` of strings, lists and tuples.
pub fn length(value: &Value) -> Option<Columns> {
    let lengths = if let Some(strings) = value.strings() {
        lengths(strings)
    } else {
        let Value::Each(columns) = value else { return None };
        match columns.kind() {
            Type::List(_) => {
                let list = columns.array().as_any().downcast_ref::<ListArray>()?;
                list.value_offsets().windows(2).map(|w| i64::from(w[1] - w[0])).collect()
            }
            Type::Tuple(items) => vec![items.len() as i64; columns.len()],
            _ => return None,
        }
    };
    Some(Columns::new(Arc::new(Int64Array::from(lengths)), Type::Int))
}

/// Python's truth of each row.
pub fn truth(columns: &Columns) -> Result<BooleanArray, Decline> {
    let (kind, _) = columns.kind().split_optional();
    let (array, rows) = (columns.array(), columns.len());
    let odd = || Decline::new("a column whose array is of another type");
    let any = array.as_any();
    let bits = match kind {
        Type::Null => BooleanBuffer::new_unset(rows),
        Type::Bool => any.downcast_ref::<BooleanArray>().ok_or_else(odd)?.values().clone(),
        Type::Int => {
            let values = any.downcast_ref::<Int64Array>().ok_or_else(odd)?.values();
            BooleanBuffer::collect_bool(rows, |i| values[i] != 0)
        }
        Type::Float => {
            let values = any.downcast_ref::<Float64Array>().ok_or_else(odd)?.values();
            BooleanBuffer::collect_bool(rows, |i| values[i] != 0.0)
        }
        Type::Str => {
            let views = any.downcast_ref::<arrow_array::StringViewArray>().ok_or_else(odd)?.views();
            BooleanBuffer::collect_bool(rows, |i| views[i] as u32 != 0)
        }
        Type::Bytes => {
            let views = any.downcast_ref::<arrow_array::BinaryViewArray>().ok_or_else(odd)?.views();
            BooleanBuffer::collect_bool(rows, |i| views[i] as u32 != 0)
        }
        Type::Tuple(items) if items.is_empty() => BooleanBuffer::new_unset(rows),
        Type::Tuple(_) => BooleanBuffer::new_set(rows),
        Type::List(_) => {
            let offsets = any.downcast_ref::<ListArray>().ok_or_else(odd)?.value_offsets();
            BooleanBuffer::collect_bool(rows, |i| offsets[i + 1] > offsets[i])
        }
        Type::Optional(_) => return Err(odd()),
    };
    if array.null_count() == 0 {
        return Ok(BooleanArray::new(bits, None));
    }
    Ok(BooleanArray::new(&bits & &validity(array.nulls(), rows), None))
}
