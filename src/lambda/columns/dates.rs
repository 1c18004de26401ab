//! Dates, times and differences as whole columns: the functions, operators and comparisons that have a kernel. Each answers
//! `None` when it has none for the operands.

use std::sync::Arc;

use arrow_array::types::{Date32Type, DurationMicrosecondType, TimestampMicrosecondType};
use arrow_array::{
    Array, ArrayRef, Date32Array, DurationMicrosecondArray, Float64Array, PrimitiveArray, StringViewArray,
    TimestampMicrosecondArray,
};

use super::frame::Value;
use super::numbers::{Numbers, zip};
use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::kernel::calendar::{
    self, DAY, SECOND, date_of, from_iso, is_day, is_time, out_of_range, parts_of, push_date, push_time, weekday,
};
use crate::kernel::number::int_true_div;
use crate::kernel::strings::map_value;
use crate::kernel::views::Views;
use crate::kernel::{strftime, strptime};
use crate::lambda::cells::cell::Cell;
use crate::lambda::cells::dates::PARTS;
use crate::lambda::tree::expr::BinaryOp;
use crate::lambda::tree::functions::Function;

fn times(values: Vec<i64>) -> Columns {
    Columns::new(Arc::new(TimestampMicrosecondArray::from(values)), Type::DateTime)
}

fn deltas(values: Vec<i64>) -> Columns {
    Columns::new(Arc::new(DurationMicrosecondArray::from(values)), Type::Delta)
}

fn days(values: Vec<i32>) -> Columns {
    Columns::new(Arc::new(Date32Array::from(values)), Type::Date)
}

/// What a value is and its numbers, days of dates and microseconds of others.
pub fn moments(value: &Value) -> Option<(Type, Numbers<'_, i64>)> {
    Some(match value {
        Value::One(Cell::Date(day)) => (Type::Date, Numbers::One(i64::from(*day))),
        Value::One(Cell::DateTime(time)) => (Type::DateTime, Numbers::One(*time)),
        Value::One(Cell::Delta(micros)) => (Type::Delta, Numbers::One(*micros)),
        Value::Each(columns) => {
            let any = columns.array().as_any();
            let numbers = match columns.kind() {
                Type::Date => Numbers::Made(
                    any.downcast_ref::<PrimitiveArray<Date32Type>>()?.values().iter().copied().map(i64::from).collect(),
                ),
                Type::DateTime => {
                    Numbers::Each(any.downcast_ref::<PrimitiveArray<TimestampMicrosecondType>>()?.values())
                }
                Type::Delta => Numbers::Each(any.downcast_ref::<PrimitiveArray<DurationMicrosecondType>>()?.values()),
                _ => return None,
            };
            (columns.kind().clone(), numbers)
        }
        _ => return None,
    })
}

/// Sums and differences.
pub fn binary(op: BinaryOp, left: &Value, right: &Value) -> Result<Option<Columns>, Decline> {
    let (Some((left, l)), Some((right, r))) = (moments(left), moments(right)) else { return Ok(None) };
    let mut failed = false;
    let mut within = |sum: Option<i64>, fits: fn(i64) -> bool| {
        let sum = sum.filter(|sum| fits(*sum));
        failed |= sum.is_none();
        sum.unwrap_or_default()
    };
    let made = match (op, left, right) {
        (BinaryOp::Sub, Type::DateTime, Type::DateTime) => zip(&l, &r, |l, r| l - r).map(deltas),
        (BinaryOp::Sub, Type::Date, Type::Date) => zip(&l, &r, |l, r| (l - r) * DAY).map(deltas),
        (BinaryOp::Add, Type::DateTime, Type::Delta) | (BinaryOp::Add, Type::Delta, Type::DateTime) => {
            zip(&l, &r, |l, r| within(l.checked_add(r), is_time)).map(times)
        }
        (BinaryOp::Sub, Type::DateTime, Type::Delta) => {
            zip(&l, &r, |l, r| within(l.checked_sub(r), is_time)).map(times)
        }
        (BinaryOp::Add, Type::Date, Type::Delta) => {
            zip(&l, &r, |l, r| within(Some(l + r.div_euclid(DAY)), is_day) as i32).map(days)
        }
        (BinaryOp::Sub, Type::Date, Type::Delta) => {
            zip(&l, &r, |l, r| within(Some(l - r.div_euclid(DAY)), is_day) as i32).map(days)
        }
        _ => return Ok(None),
    };
    if failed { Err(out_of_range()) } else { Ok(made) }
}

/// A function of `cells/dates.rs`.
pub fn call(function: Function, args: &[Value]) -> Result<Option<Columns>, Decline> {
    match (function, args) {
        (Function::DateStrptime, [text, format]) => {
            let (Some(strings), Some(format)) = (text.strings(), format.text()) else { return Ok(None) };
            let format = strptime::Format::new(format)?;
            Ok(Some(times(map_value(strings, |s| format.parse(s))?)))
        }
        (Function::DateFromIso, [text, Value::One(Cell::Bool(day))]) => {
            let Some(strings) = text.strings() else { return Ok(None) };
            let found = map_value(strings, |s| from_iso(s, *day))?;
            Ok(Some(if *day {
                days(found.into_iter().map(|time| time.div_euclid(DAY) as i32).collect())
            } else {
                times(found)
            }))
        }
        (_, [of @ Value::Each(_), rest @ ..]) => match moments(of) {
            Some((kind, numbers)) => of_moments(function, &kind, numbers.slice(), rest),
            None => Ok(None),
        },
        _ => Ok(None),
    }
}

fn of_moments(function: Function, kind: &Type, of: &[i64], rest: &[Value]) -> Result<Option<Columns>, Decline> {
    let day = |number: i64| if *kind == Type::Date { number } else { number.div_euclid(DAY) };
    Ok(Some(match (function, rest) {
        (Function::DateField, [name]) => match name.text().and_then(|name| field(kind, name)) {
            Some(field) => Columns::ints(of.iter().map(|number| field(*number)).collect()),
            None => return Ok(None),
        },
        (Function::DateDate, []) if *kind == Type::DateTime => {
            days(of.iter().map(|time| time.div_euclid(DAY) as i32).collect())
        }
        (Function::DateWeekday, [Value::One(Cell::Int(first))]) if *kind != Type::Delta => {
            Columns::ints(of.iter().map(|number| weekday(day(*number)) + first).collect())
        }
        (Function::DateOrdinal, []) if *kind != Type::Delta => {
            Columns::ints(of.iter().map(|number| day(*number) - calendar::FIRST_DAY + 1).collect())
        }
        (Function::DateSeconds, []) if *kind == Type::Delta => {
            let seconds: Option<Vec<f64>> = of.iter().map(|micros| int_true_div(*micros, SECOND)).collect();
            let seconds = seconds.ok_or(Decline::new("a timedelta of many years"))?;
            Columns::new(Arc::new(Float64Array::from(seconds)), Type::Float)
        }
        (Function::DateFormat, [format]) if *kind != Type::Delta => {
            let Some(format) = format.text() else { return Ok(None) };
            let scale = if *kind == Type::Date { DAY } else { 1 };
            texts(of, |number, out| strftime::write(number * scale, format, out))?
        }
        (Function::DateIso, []) if *kind == Type::Date => texts(of, |day, out| {
            push_date(day, out);
            Ok(())
        })?,
        (Function::DateIso, []) if *kind == Type::DateTime => texts(of, |time, out| {
            push_time(time, 'T', out);
            Ok(())
        })?,
        _ => return Ok(None),
    }))
}

/// What an attribute is of a number of this kind.
fn field(kind: &Type, name: &str) -> Option<fn(i64) -> i64> {
    let place = PARTS.iter().position(|part| *part == name);
    Some(match (kind, place) {
        (Type::Date, Some(0)) => |day| date_of(day).0,
        (Type::Date, Some(1)) => |day| date_of(day).1,
        (Type::Date, Some(2)) => |day| date_of(day).2,
        (Type::DateTime, Some(0)) => |time| parts_of(time)[0],
        (Type::DateTime, Some(1)) => |time| parts_of(time)[1],
        (Type::DateTime, Some(2)) => |time| parts_of(time)[2],
        (Type::DateTime, Some(3)) => |time| time.rem_euclid(DAY) / (3600 * SECOND),
        (Type::DateTime, Some(4)) => |time| time.rem_euclid(DAY) / (60 * SECOND) % 60,
        (Type::DateTime, Some(5)) => |time| time.rem_euclid(DAY) / SECOND % 60,
        (Type::DateTime, Some(6)) => |time| time.rem_euclid(SECOND),
        (Type::Delta, _) if name == "days" => |micros| micros.div_euclid(DAY),
        (Type::Delta, _) if name == "seconds" => |micros| micros.rem_euclid(DAY) / SECOND,
        (Type::Delta, _) if name == "microseconds" => |micros| micros.rem_euclid(SECOND),
        _ => return None,
    })
}

fn texts(of: &[i64], mut write: impl FnMut(i64, &mut String) -> Result<(), Decline>) -> Result<Columns, Decline> {
    let mut out = Views::new(&Arc::from([]), of.len());
    let mut room = String::new();
    for number in of {
        room.clear();
        write(*number, &mut room)?;
        out.push_text(&room);
    }
    let array: StringViewArray = out.finish(None)?;
    Ok(Columns::new(Arc::new(array) as ArrayRef, Type::Str))
}
