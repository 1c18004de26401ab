//! Operations on whole columns of simple types: the ones that most lambdas are made of. Each answers `None` when it
//! has no kernel for the operands' types.

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, BinaryViewArray, BooleanArray, DurationMicrosecondArray, Float64Array, Int64Array,
    LargeBinaryArray, ListArray, StringViewArray,
};
use arrow_buffer::BooleanBuffer;

use super::dates;
use super::frame::{Frame, Value};
use super::numbers::{Numbers, floats, ints, zip};
use super::tables;
use super::texts;
use super::vectors;
use crate::chunk::{Columns, Type};
use crate::error::{Decline, Exception};
use crate::kernel::length::lengths;
use crate::kernel::number::{
    float_divmod, float_to_int, int_divmod_by, int_floor_div, int_mod, int_shift_left, int_shift_right, int_true_div,
    round_half_even,
};
use crate::kernel::parse::{parse_float, parse_int};
use crate::kernel::strings::{map_bool, map_value};
use crate::lambda::cells::cell::Cell;
use crate::lambda::cells::encoded;
use crate::lambda::tree::expr::{BinaryOp, CompareOp, UnaryOp};
use crate::lambda::tree::functions::Function;

fn float_column(values: Vec<f64>) -> Columns {
    Columns::new(Arc::new(Float64Array::from(values)), Type::Float)
}

fn str_column(array: ArrayRef) -> Columns {
    Columns::new(array, Type::Str)
}

/// Gathers results of which one may fail.
struct Checked {
    failed: bool,
}

impl Checked {
    fn get<T: Default>(&mut self, value: Option<T>) -> T {
        self.failed |= value.is_none();
        value.unwrap_or_default()
    }

    fn column<T>(
        self,
        values: Option<Vec<T>>,
        column: fn(Vec<T>) -> Columns,
        reason: &'static str,
    ) -> Result<Option<Columns>, Decline> {
        if self.failed { Err(Decline::new(reason)) } else { Ok(values.map(column)) }
    }
}

/// The negative of numbers, and `~` of ints.
pub fn unary(op: UnaryOp, of: &Value) -> Result<Option<Columns>, Decline> {
    if let (UnaryOp::Invert, Some(of)) = (op, ints(of))
        && matches!(of, Numbers::Each(_))
    {
        return Ok(Some(Columns::ints(of.slice().iter().map(|value| !value).collect())));
    }
    let (UnaryOp::Neg, Value::Each(_)) = (op, of) else { return Ok(None) };
    if let Some(of) = ints(of) {
        let mut failed = false;
        let values = of.slice().iter().map(|value| {
            let (value, overflow) = value.overflowing_neg();
            failed |= overflow;
            value
        });
        let values = values.collect();
        return Checked { failed }.column(Some(values), Columns::ints, "int arithmetic that leaves 64 bits");
    }
    Ok(floats(of).map(|of| float_column(of.slice().iter().map(|value| -value).collect())))
}

/// A binary operator.
pub fn binary(op: BinaryOp, left: &Value, right: &Value) -> Result<Option<Columns>, Decline> {
    if let Some(made) = vectors::binary(op, left, right)? {
        return Ok(Some(made));
    }
    if let (Some(left), Some(right)) = (ints(left), ints(right)) {
        // Of two bools `&`, `|` and `^` make a bool.
        if let (BinaryOp::And | BinaryOp::Or | BinaryOp::Xor, Numbers::Made(_), Numbers::Made(_)) = (op, &left, &right)
        {
            return Ok(None);
        }
        return int_binary(op, &left, &right);
    }
    if let (Some(left), Some(right)) = (floats(left), floats(right)) {
        return float_binary(op, &left, &right);
    }
    if let Some(made) = dates::binary(op, left, right)? {
        return Ok(Some(made));
    }
    if op == BinaryOp::Add {
        match (left.strings(), left.text(), right.strings(), right.text()) {
            (Some(l), _, _, Some(r)) => return Ok(Some(str_column(texts::surround("", l, r)?))),
            (_, Some(l), Some(r), _) => return Ok(Some(str_column(texts::surround(l, r, "")?))),
            (Some(l), _, Some(r), _) => return Ok(Some(str_column(texts::join_two(l, r)?))),
            _ => {}
        }
    }
    Ok(None)
}

fn int_binary(op: BinaryOp, left: &Numbers<'_, i64>, right: &Numbers<'_, i64>) -> Result<Option<Columns>, Decline> {
    let mut checked = Checked { failed: false };
    let mut overflowing = |(value, overflow): (i64, bool)| {
        checked.failed |= overflow;
        value
    };
    let values = match op {
        BinaryOp::Add => zip(left, right, |l, r| overflowing(l.overflowing_add(r))),
        BinaryOp::Sub => zip(left, right, |l, r| overflowing(l.overflowing_sub(r))),
        BinaryOp::Mul => zip(left, right, |l, r| overflowing(l.overflowing_mul(r))),
        BinaryOp::FloorDiv | BinaryOp::Mod if right.is_one() && !left.is_one() => {
            let (divmod, floor) = (int_divmod_by(right.slice()[0]), op == BinaryOp::FloorDiv);
            let one = |(quotient, rest)| if floor { quotient } else { rest };
            Some(left.slice().iter().map(|&l| checked.get(divmod(l).map(one))).collect())
        }
        BinaryOp::FloorDiv => zip(left, right, |l, r| checked.get(int_floor_div(l, r))),
        BinaryOp::Mod => zip(left, right, |l, r| checked.get(int_mod(l, r))),
        BinaryOp::And => zip(left, right, |l, r| l & r),
        BinaryOp::Or => zip(left, right, |l, r| l | r),
        BinaryOp::Xor => zip(left, right, |l, r| l ^ r),
        BinaryOp::RShift => zip(left, right, |l, r| checked.get(int_shift_right(l, r))),
        BinaryOp::LShift => zip(left, right, |l, r| checked.get(int_shift_left(l, r))),
        BinaryOp::TrueDiv => {
            let values = zip(left, right, |l, r| checked.get(int_true_div(l, r)));
            return checked.column(values, float_column, "a division by zero or of large ints");
        }
        BinaryOp::Pow => return Ok(None),
    };
    checked.column(values, Columns::ints, "int arithmetic that raises or leaves 64 bits")
}

fn float_binary(op: BinaryOp, left: &Numbers<'_, f64>, right: &Numbers<'_, f64>) -> Result<Option<Columns>, Decline> {
    let mut checked = Checked { failed: false };
    let values = match op {
        BinaryOp::Add => zip(left, right, |l, r| l + r),
        BinaryOp::Sub => zip(left, right, |l, r| l - r),
        BinaryOp::Mul => zip(left, right, |l, r| l * r),
        BinaryOp::TrueDiv => zip(left, right, |l, r| checked.get((r != 0.0).then(|| l / r))),
        BinaryOp::FloorDiv => zip(left, right, |l, r| checked.get(float_divmod(l, r).map(|d| d.0))),
        BinaryOp::Mod => zip(left, right, |l, r| checked.get(float_divmod(l, r).map(|d| d.1))),
        _ => return Ok(None),
    };
    checked.column(values, float_column, "a division by zero")
}

/// A comparison.
pub fn compare(op: CompareOp, left: &Value, right: &Value) -> Result<Option<BooleanArray>, Decline> {
    if let (Some(left), Some(right)) = (ints(left), ints(right)) {
        return Ok(compare_with(op, &left, &right));
    }
    if is_float(left)
        && is_float(right)
        && let (Some(left), Some(right)) = (vectors::reals(left), vectors::reals(right))
    {
        return Ok(compare_with(op, &left, &right));
    }
    if let (Some(left), Some(right)) = (left.strings(), right.strings()) {
        return Ok(compare_texts(op, left, right));
    }
    if let (Some((kind, left)), Some((other, right))) = (dates::moments(left), dates::moments(right))
        && kind == other
    {
        return Ok(compare_with(op, &left, &right));
    }
    match (left, right) {
        // numpy compares each element, with None too.
        (Value::Each(columns), _) if *columns.kind().split_optional().0 == Type::Vector && !is_identity(op) => Ok(None),
        (Value::Each(columns), Value::One(Cell::None)) => Ok(compare_none(op, columns)),
        (Value::Each(_), Value::One(constant)) => match left.strings() {
            Some(strings) => compare_strings(op, strings, constant),
            None => Ok(None),
        },
        // `"a" in x`
        (Value::One(Cell::Str(part)), Value::Each(_)) => match (op, right.strings()) {
            (CompareOp::In, Some(strings)) => texts::contains(strings, part).map(Some),
            _ => Ok(None),
        },
        _ => Ok(None),
    }
}

fn is_identity(op: CompareOp) -> bool {
    matches!(op, CompareOp::Is | CompareOp::IsNot)
}

/// Whether a value is of floats; comparing an int with a float through floats would not be exact.
fn is_float(value: &Value) -> bool {
    match value {
        Value::One(cell) => matches!(cell, Cell::Float(_) | Cell::Real(_)),
        Value::Each(c) => matches!(c.kind(), Type::Float | Type::Real),
        Value::Documents(_) => false,
    }
}

fn compare_none(op: CompareOp, columns: &Columns) -> Option<BooleanArray> {
    let bits = match columns.array().logical_nulls() {
        Some(nulls) => !nulls.inner(),
        None => BooleanBuffer::new_unset(columns.len()),
    };
    match op {
        CompareOp::Is | CompareOp::Eq => Some(BooleanArray::new(bits, None)),
        CompareOp::IsNot | CompareOp::Ne => Some(BooleanArray::new(!&bits, None)),
        _ => None,
    }
}

fn compare_texts(op: CompareOp, left: &StringViewArray, right: &StringViewArray) -> Option<BooleanArray> {
    let of = |holds: fn(&str, &str) -> bool| {
        let holds = |i| holds(left.value(i), right.value(i));
        Some(BooleanArray::new(BooleanBuffer::collect_bool(left.len().min(right.len()), holds), None))
    };
    match op {
        CompareOp::Eq => of(|l, r| l == r),
        CompareOp::Ne => of(|l, r| l != r),
        CompareOp::Lt => of(|l, r| l < r),
        CompareOp::Le => of(|l, r| l <= r),
        CompareOp::Gt => of(|l, r| l > r),
        CompareOp::Ge => of(|l, r| l >= r),
        CompareOp::In => of(|l, r| r.contains(l)),
        CompareOp::NotIn => of(|l, r| !r.contains(l)),
        CompareOp::Is | CompareOp::IsNot => None,
    }
}

fn compare_strings(
    op: CompareOp,
    strings: &StringViewArray,
    constant: &Cell<'_>,
) -> Result<Option<BooleanArray>, Decline> {
    if let (CompareOp::In | CompareOp::NotIn, Cell::Tuple(items) | Cell::List(items)) = (op, constant) {
        let texts: Option<Vec<&str>> =
            items.iter().map(|item| if let Cell::Str(s) = item { Some(&**s) } else { None }).collect();
        let Some(texts) = texts else { return Ok(None) };
        return map_bool(strings, |s| Ok(texts.contains(&s) == (op == CompareOp::In))).map(Some);
    }
    let Cell::Str(text) = constant else { return Ok(None) };
    let text = &**text;
    match op {
        CompareOp::Eq => map_bool(strings, |s| Ok(s == text)),
        CompareOp::Ne => map_bool(strings, |s| Ok(s != text)),
        CompareOp::Lt => map_bool(strings, |s| Ok(s < text)),
        CompareOp::Le => map_bool(strings, |s| Ok(s <= text)),
        CompareOp::Gt => map_bool(strings, |s| Ok(s > text)),
        CompareOp::Ge => map_bool(strings, |s| Ok(s >= text)),
        CompareOp::In => map_bool(strings, |s| Ok(text.contains(s))),
        CompareOp::NotIn => map_bool(strings, |s| Ok(!text.contains(s))),
        CompareOp::Is | CompareOp::IsNot => return Ok(None),
    }
    .map(Some)
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

/// A built-in function's call.
pub fn call(function: Function, args: &[Value]) -> Result<Option<Columns>, Decline> {
    if let (Function::Unpack, [Value::Each(columns), Value::One(Cell::Int(count))]) = (function, args)
        && let Type::Tuple(items) = columns.kind()
        && items.len() as i64 == *count
    {
        return Ok(Some(columns.clone()));
    }
    if let (Function::Min | Function::Max, [left, right]) = (function, args)
        && let (Some(left), Some(right)) = (ints(left), ints(right))
        && !matches!((&left, &right), (Numbers::Made(_), _) | (_, Numbers::Made(_)))
    {
        let lesser = function == Function::Min;
        let values = zip(&left, &right, |l, r| if lesser { l.min(r) } else { l.max(r) });
        return Ok(values.map(Columns::ints));
    }
    if function.has_a_table() {
        return tables::call(function, args);
    }
    if function.is_of_dates() {
        return dates::call(function, args);
    }
    let [arg] = args else { return Ok(None) };
    if let (Function::NoList, Value::Each(columns)) = (function, arg)
        && !matches!(columns.kind().split_optional().0, Type::List(_) | Type::Vector | Type::Mixed)
    {
        return Ok(Some(columns.clone()));
    }
    let odd = || Decline::new(format!("{}() of what is no plain number", function.name()));
    Ok(match (function, arg.strings(), arg) {
        (Function::Len, _, _) => length(arg),
        (Function::NumpyArray, None, Value::Each(columns)) => vectors::array(columns)?,
        (Function::NumpySum, None, Value::Each(columns)) => vectors::sum(columns)?,
        (Function::Int, Some(strings), _) => Some(Columns::ints(map_value(strings, |s| parse_int(s).ok_or_else(odd))?)),
        (Function::Float, Some(strings), _) => {
            Some(float_column(map_value(strings, |s| parse_float(s).ok_or_else(odd))?))
        }
        (Function::Str, Some(_), Value::Each(columns)) => Some(columns.clone()),
        (Function::Float, None, _) => match floats(arg) {
            Some(Numbers::Each(values)) => Some(float_column(values.to_vec())),
            Some(Numbers::Made(values)) => Some(float_column(values)),
            _ => None,
        },
        (Function::Int | Function::Round, None, Value::Each(columns)) if *columns.kind() == Type::Float => {
            let to_int = |f: f64| if function == Function::Int { float_to_int(f.trunc()) } else { round_half_even(f) };
            let Some(values) = floats(arg) else { return Ok(None) };
            let values = values.slice().iter().map(|&f| to_int(f).ok_or_else(odd)).collect::<Result<_, _>>()?;
            Some(Columns::ints(values))
        }
        _ => None,
    })
}

/// `len` of strings, lists and tuples.
fn length(value: &Value) -> Option<Columns> {
    let lengths = if let Some(strings) = value.strings() {
        lengths(strings)
    } else {
        let Value::Each(columns) = value else { return None };
        match columns.kind() {
            Type::List(_) | Type::Group(_) | Type::Vector => {
                let list = columns.array().as_any().downcast_ref::<ListArray>()?;
                list.value_offsets().windows(2).map(|w| i64::from(w[1] - w[0])).collect()
            }
            Type::Tuple(items) => vec![items.len() as i64; columns.len()],
            _ => return None,
        }
    };
    Some(Columns::ints(lengths))
}

/// `lists[index]`: one element of each row's list, by one index or one a row.
pub fn list_item(columns: &Columns, index: &Value, frame: &Frame<'_>) -> Result<Option<Columns>, Decline> {
    let (Type::List(item), Some(list)) = (columns.kind(), columns.array().as_any().downcast_ref::<ListArray>()) else {
        return Ok(None);
    };
    let index = match index {
        Value::One(Cell::Int(_)) => ints(index),
        Value::Each(of) if *of.kind() == Type::Int => ints(index),
        _ => None,
    };
    let Some(index) = index else { return Ok(None) };
    let (indices, one) = (index.slice(), index.is_one());
    let place = |(row, w): (usize, &[i32])| {
        let index = indices[if one { 0 } else { row }];
        let (from, to) = (i64::from(w[0]), i64::from(w[1]));
        let at = if index < 0 { to.checked_add(index)? } else { from.checked_add(index)? };
        (from <= at && at < to).then_some(at as u32)
    };
    let places: Option<Vec<u32>> = list.value_offsets().windows(2).enumerate().map(place).collect();
    let Some(places) = places else {
        let rows = list.value_offsets().windows(2).enumerate();
        let raising = rows.filter(|row| place(*row).is_none()).map(|(row, _)| row as u32).collect();
        return Err(frame.at(Decline::raises(Exception::IndexError, "a list index out of range"), raising));
    };
    Ok(Some(Columns::new(list.values().clone(), (**item).clone()).take(&places)?))
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
        Type::Float | Type::Real => {
            let values = any.downcast_ref::<Float64Array>().ok_or_else(odd)?.values();
            BooleanBuffer::collect_bool(rows, |i| values[i] != 0.0)
        }
        Type::Str => {
            let views = any.downcast_ref::<StringViewArray>().ok_or_else(odd)?.views();
            BooleanBuffer::collect_bool(rows, |i| views[i] as u32 != 0)
        }
        Type::Bytes => {
            let views = any.downcast_ref::<BinaryViewArray>().ok_or_else(odd)?.views();
            BooleanBuffer::collect_bool(rows, |i| views[i] as u32 != 0)
        }
        Type::Delta => {
            let values = any.downcast_ref::<DurationMicrosecondArray>().ok_or_else(odd)?.values();
            BooleanBuffer::collect_bool(rows, |i| values[i] != 0)
        }
        Type::Tuple(items) if items.is_empty() => BooleanBuffer::new_unset(rows),
        Type::Tuple(_) | Type::Record(..) | Type::Date | Type::DateTime => BooleanBuffer::new_set(rows),
        Type::List(_) | Type::Group(_) => {
            let offsets = any.downcast_ref::<ListArray>().ok_or_else(odd)?.value_offsets();
            BooleanBuffer::collect_bool(rows, |i| offsets[i + 1] > offsets[i])
        }
        Type::Mixed => {
            let values = any.downcast_ref::<LargeBinaryArray>().ok_or_else(odd)?;
            let truth = |i| {
                let cell = encoded::read(&mut values.value(i)).unwrap_or(Cell::None);
                cell.truth()
            };
            (0..rows).map(truth).collect::<Result<BooleanBuffer, _>>()?
        }
        Type::Vector => return Err(Decline::new("the truth of a numpy.ndarray")),
        Type::Optional(_) => return Err(odd()),
    };
    match array.nulls() {
        Some(nulls) if nulls.null_count() > 0 => Ok(BooleanArray::new(&bits & nulls.inner(), None)),
        _ => Ok(BooleanArray::new(bits, None)),
    }
}
