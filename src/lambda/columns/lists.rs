//! Built-ins that look at the items of whole columns of lists or groups, by offsets: no list is made to be summed.
//! Each answers `None` when it has no kernel for the items' type.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow_array::{Array, BooleanArray, Float64Array, Int64Array, StringViewArray};
use arrow_buffer::{BooleanBuffer, OffsetBuffer, ScalarBuffer};

use super::fast;
use super::frame::{Frame, Value};
use crate::chunk::{Columns, Type, rows};
use crate::error::{Decline, Exception};
use crate::kernel::number::FloatSum;
use crate::kernel::unicode::compensated_sum;
use crate::lambda::cells::cell::Cell;
use crate::lambda::cells::write::list_column;
use crate::lambda::tree::functions::Function;

/// A built-in's call whose first argument is a column of lists or groups.
pub fn call(function: Function, args: &[Value]) -> Result<Option<Columns>, Decline> {
    let [Value::Each(columns), further @ ..] = args else { return Ok(None) };
    if !matches!(columns.kind(), Type::List(_) | Type::Group(_)) {
        return Ok(None);
    }
    if let (Function::List, []) = (function, further) {
        return Ok(Some(columns.group_as_list().unwrap_or_else(|| columns.clone())));
    }
    let Some((offsets, items)) = columns.lists() else { return Ok(None) };
    match (function, further) {
        (Function::Sum, []) => sum(&offsets, &items, &Cell::Int(0)),
        (Function::Sum, [Value::One(start)]) => sum(&offsets, &items, start),
        (Function::Min, []) => extreme(&offsets, &items, Ordering::Less),
        (Function::Max, []) => extreme(&offsets, &items, Ordering::Greater),
        (Function::Sorted, []) => sorted(offsets, &items, false),
        (Function::Sorted, [Value::One(reverse @ (Cell::Bool(_) | Cell::Int(_)))]) => {
            sorted(offsets, &items, reverse.truth()?)
        }
        (Function::Enumerate, [Value::One(Cell::Int(start))]) => enumerated(offsets, items, *start),
        (Function::Any, []) => truths(&offsets, &items, |kept, of| of > 0 && kept > 0),
        (Function::All, []) => truths(&offsets, &items, |kept, of| kept == of),
        _ => Ok(None),
    }
}

/// Each item with its number.
fn enumerated(offsets: Vec<i32>, items: Columns, start: i64) -> Result<Option<Columns>, Decline> {
    let len = items.len();
    if len == 0 || start.checked_add(len as i64).is_none() {
        return Ok(None);
    }
    let numbers: Vec<i64> = offsets.windows(2).flat_map(|w| (start..).take((w[1] - w[0]) as usize)).collect();
    let numbers = Columns::ints(numbers);
    list_column(OffsetBuffer::new(offsets.into()), &Columns::tuple(vec![numbers, items], len), None).map(Some)
}

/// The items of each row's list as a tuple, of so many.
pub fn unpack(columns: &Columns, count: i64, frame: &Frame<'_>) -> Result<Option<Columns>, Decline> {
    let Some((offsets, items)) = columns.lists() else { return Ok(None) };
    let len = |row: usize| i64::from(offsets[row + 1] - offsets[row]);
    let other: Vec<u32> = (0..frame.rows as u32).filter(|row| len(*row as usize) != count).collect();
    if !other.is_empty() {
        let why = "unpacking into another number of names";
        return Err(frame.at(Decline::raises(Exception::ValueError, why), other));
    }
    let item = |at: i32| items.take(&offsets[..frame.rows].iter().map(|from| (from + at) as u32).collect::<Vec<_>>());
    let parts = (0..count as i32).map(item).collect::<Result<_, _>>()?;
    Ok(Some(Columns::tuple(parts, frame.rows)))
}

fn sum(offsets: &[i32], items: &Columns, start: &Cell<'_>) -> Result<Option<Columns>, Decline> {
    let odd = || Decline::new("sum() of what are no numbers within 64 bits");
    let any = items.array().as_any();
    if let (Type::Int, Some(array), Cell::Int(start)) = (items.kind(), any.downcast_ref::<Int64Array>(), start) {
        let total = |row: &[i64]| row.iter().try_fold(*start, |total, &i| total.checked_add(i));
        let sums: Option<Vec<i64>> = rows(offsets, array.values()).map(total).collect();
        return Ok(Some(Columns::ints(sums.ok_or_else(odd)?)));
    }
    let (Type::Float, Some(array)) = (items.kind(), any.downcast_ref::<Float64Array>()) else { return Ok(None) };
    let (start, as_int) = match start {
        Cell::Int(i) => (*i as f64, true),
        Cell::Float(f) => (*f, false),
        _ => return Ok(None),
    };
    // What has no float in it sums to the int it starts with.
    if as_int && offsets.windows(2).any(|w| w[0] == w[1]) {
        return Ok(None);
    }
    let compensated = compensated_sum();
    let total = |row: &[f64]| {
        // An int and the first float are added plainly.
        let (first, rest) = if as_int { (start + row[0], &row[1..]) } else { (start, row) };
        let mut sum = FloatSum::new(first, compensated);
        for &f in rest {
            sum.add(f);
        }
        sum.value()
    };
    let sums: Vec<f64> = rows(offsets, array.values()).map(total).collect();
    Ok(Some(Columns::new(Arc::new(Float64Array::from(sums)), Type::Float)))
}

/// How two items are ordered, for the types that have a kernel.
enum Items<'a> {
    Bool(&'a BooleanArray),
    Int(&'a [i64]),
    Float(&'a [f64]),
    Str(&'a StringViewArray),
}

impl<'a> Items<'a> {
    fn new(items: &'a Columns) -> Option<Self> {
        let any = items.array().as_any();
        Some(match items.kind() {
            Type::Bool => Self::Bool(any.downcast_ref()?),
            Type::Int => Self::Int(any.downcast_ref::<Int64Array>()?.values()),
            Type::Float => Self::Float(any.downcast_ref::<Float64Array>()?.values()),
            Type::Str => Self::Str(any.downcast_ref()?),
            _ => return None,
        })
    }

    /// Nothing when one is a nan.
    fn order(&self, left: u32, right: u32) -> Option<Ordering> {
        let (left, right) = (left as usize, right as usize);
        match self {
            Self::Bool(a) => Some(a.value(left).cmp(&a.value(right))),
            Self::Int(v) => Some(v[left].cmp(&v[right])),
            Self::Float(v) => v[left].partial_cmp(&v[right]),
            Self::Str(a) => Some(a.value(left).cmp(a.value(right))),
        }
    }

    fn has_nan(&self) -> bool {
        matches!(self, Self::Float(values) if values.iter().any(|f| f.is_nan()))
    }
}

/// `min` or `max` of each row: the first of equals.
fn extreme(offsets: &[i32], items: &Columns, better: Ordering) -> Result<Option<Columns>, Decline> {
    let Some(order) = Items::new(items) else { return Ok(None) };
    let mut found = Vec::with_capacity(offsets.len());
    for bounds in offsets.windows(2) {
        let (from, to) = (bounds[0] as u32, bounds[1] as u32);
        if from == to {
            return Err(Decline::new("min() or max() of nothing"));
        }
        let best = |best, item| if order.order(item, best) == Some(better) { item } else { best };
        found.push((from + 1..to).fold(from, best));
    }
    items.take(&found).map(Some)
}

fn sorted(offsets: Vec<i32>, items: &Columns, reverse: bool) -> Result<Option<Columns>, Decline> {
    let Some(order) = Items::new(items) else { return Ok(None) };
    if order.has_nan() {
        return Err(Decline::new("sorted() of nan"));
    }
    let compare = |l: &u32, r: &u32| order.order(*l, *r).unwrap_or(Ordering::Equal);
    let mut places: Vec<u32> = (0..items.len() as u32).collect();
    for bounds in offsets.windows(2) {
        let row = &mut places[bounds[0] as usize..bounds[1] as usize];
        if reverse { row.sort_by(|l, r| compare(r, l)) } else { row.sort_by(compare) }
    }
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    list_column(offsets, &items.take(&places)?, None).map(Some)
}

/// A test of how many of how many items of each row are true.
fn truths(offsets: &[i32], items: &Columns, test: impl Fn(usize, usize) -> bool) -> Result<Option<Columns>, Decline> {
    let truth = fast::truth(items)?;
    let bits = BooleanBuffer::collect_bool(offsets.len() - 1, |row| {
        let (from, len) = (offsets[row] as usize, (offsets[row + 1] - offsets[row]) as usize);
        test(truth.values().slice(from, len).count_set_bits(), len)
    });
    Ok(Some(Columns::new(Arc::new(BooleanArray::new(bits, None)), Type::Bool)))
}
