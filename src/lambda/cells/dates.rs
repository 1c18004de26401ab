//! Dates, naive times and differences of them as single values: their functions, operators and texts.

use std::fmt::Write;

use super::cell::Cell;
use crate::error::{Decline, Exception};
use crate::kernel::calendar::{
    self, DAY, SECOND, date_of, from_iso, is_day, is_time, out_of_range, parts_of, push_date, push_difference,
    push_time, time_of, week, weekday,
};
use crate::kernel::number::int_true_div;
use crate::kernel::{strftime, strptime};
use crate::lambda::tree::expr::BinaryOp;
use crate::lambda::tree::functions::Function;

/// What `datetime` calls the parts of a time.
pub const PARTS: [&str; 7] = ["year", "month", "day", "hour", "minute", "second", "microsecond"];
/// The days that a `timedelta` has at most; its microseconds have 64 bits here.
const MOST_DAYS: i64 = 999_999_999;

/// The largest difference in days is never reached.
const _: () = assert!(i64::MAX / DAY < MOST_DAYS);

/// A constant, by what it is and its number.
pub fn constant<'a>(kind: &str, number: i64) -> Option<Cell<'a>> {
    match kind {
        "date" => i32::try_from(number).ok().map(Cell::Date),
        "datetime" => Some(Cell::DateTime(number)),
        "timedelta" => Some(Cell::Delta(number)),
        _ => None,
    }
}

/// The date of a day within the calendar.
fn date<'a>(day: i64) -> Result<Cell<'a>, Decline> {
    if is_day(day) { Ok(Cell::Date(day as i32)) } else { Err(out_of_range()) }
}

/// The time, within the calendar.
fn datetime<'a>(time: Option<i64>) -> Result<Cell<'a>, Decline> {
    time.filter(|time| is_time(*time)).map(Cell::DateTime).ok_or_else(out_of_range)
}

/// A difference that may be past 64 bits.
fn delta<'a>(micros: Option<i64>) -> Result<Cell<'a>, Decline> {
    micros.map(Cell::Delta).ok_or(Decline::fixed("a timedelta past 64 bits of microseconds"))
}

/// The day and the time of a date or time.
fn moment(cell: &Cell<'_>, what: &str) -> Result<(i64, i64), Decline> {
    match cell {
        Cell::Date(day) => Ok((i64::from(*day), i64::from(*day) * DAY)),
        Cell::DateTime(time) => Ok((time.div_euclid(DAY), *time)),
        other => Err(other.unsupported(what)),
    }
}

/// A function of this file; the number of arguments was checked.
pub fn call<'a>(function: Function, args: &[Cell<'a>]) -> Result<Cell<'a>, Decline> {
    match (function, args) {
        (Function::DateStrptime, [Cell::Str(text), Cell::Str(format)]) => {
            strptime::Format::new(format)?.parse(text).map(Cell::DateTime)
        }
        (Function::DateStrptime, [other, _]) => Err(other.refuses(Exception::TypeError, "strptime()")),
        (Function::DateField, [of, Cell::Str(name)]) => field(of, name).map(Cell::Int),
        (Function::DateMake, fields) => made(fields),
        (Function::DateDelta, units) => difference(units),
        (Function::DateReplace, [of, Cell::Tuple(names), values @ ..]) => replaced(of, names, values),
        (Function::DateFormat, [of, Cell::Str(format)]) => {
            let (_, time) = moment(of, "strftime()")?;
            let mut out = String::new();
            strftime::write(time, format, &mut out)?;
            Ok(Cell::owned(out))
        }
        (Function::DateIso, [of, separator @ ..]) => iso(of, separator.first()).map(Cell::owned),
        (Function::DateFromIso, [Cell::Str(text), Cell::Bool(day)]) => {
            let time = from_iso(text, *day)?;
            Ok(if *day { Cell::Date((time / DAY) as i32) } else { Cell::DateTime(time) })
        }
        (Function::DateWeek, [of]) => Ok(Cell::Tuple(week(moment(of, "isocalendar()")?.0)?.map(Cell::Int).into())),
        (Function::DateDate, [Cell::DateTime(time)]) => date(time.div_euclid(DAY)),
        (Function::DateWeekday, [of, Cell::Int(first)]) => Ok(Cell::Int(weekday(moment(of, "weekday()")?.0) + first)),
        (Function::DateOrdinal, [of]) => Ok(Cell::Int(moment(of, "toordinal()")?.0 - calendar::FIRST_DAY + 1)),
        (Function::DateFromOrdinal, [Cell::Int(number), Cell::Bool(day)]) => {
            let of = number.checked_add(calendar::FIRST_DAY - 1).filter(|of| is_day(*of));
            let of = of.ok_or(Decline::new("fromordinal() of no day"))?;
            Ok(if *day { Cell::Date(of as i32) } else { Cell::DateTime(of * DAY) })
        }
        (Function::DateSeconds, [Cell::Delta(micros)]) => {
            int_true_div(*micros, SECOND).map(Cell::Float).ok_or(Decline::new("a timedelta of many years"))
        }
        (Function::DateTimestamp, [Cell::DateTime(time)]) => timestamp(*time).map(Cell::Float),
        (Function::DateFromTimestamp, [of, Cell::Bool(day)]) => from_timestamp(of, *day),
        (_, args) => Err(args.first().unwrap_or(&Cell::None).unsupported(&format!("{}()", function.name()))),
    }
}

/// An attribute of a date, a time or a difference.
pub fn field(of: &Cell<'_>, name: &str) -> Result<i64, Decline> {
    let place = PARTS.iter().position(|part| *part == name);
    let found = match (of, place) {
        (Cell::Date(day), Some(place @ 0..3)) => {
            let (year, month, day) = date_of(i64::from(*day));
            Some([year, month, day][place])
        }
        (Cell::DateTime(time), Some(place)) => Some(parts_of(*time)[place]),
        (Cell::Delta(micros), _) => match name {
            "days" => Some(micros.div_euclid(DAY)),
            "seconds" => Some(micros.rem_euclid(DAY) / SECOND),
            "microseconds" => Some(micros.rem_euclid(SECOND)),
            _ => None,
        },
        _ => None,
    };
    found.ok_or_else(|| of.unsupported(&format!("the attribute .{name}")))
}

/// `date(...)` of three numbers, `datetime(...)` of seven.
fn made<'a>(fields: &[Cell<'a>]) -> Result<Cell<'a>, Decline> {
    let mut given = [0; 7];
    for (field, cell) in given.iter_mut().zip(fields) {
        *field = cell.whole().ok_or_else(|| cell.refuses(Exception::TypeError, "datetime()"))?;
    }
    let time = time_of(given)?;
    Ok(if fields.len() == 3 { Cell::Date((time.div_euclid(DAY)) as i32) } else { Cell::DateTime(time) })
}

/// `.replace(...)`: the names of what is given, and the values.
fn replaced<'a>(of: &Cell<'a>, names: &[Cell<'a>], values: &[Cell<'a>]) -> Result<Cell<'a>, Decline> {
    let mut parts = parts_of(moment(of, "replace()")?.1);
    let known = if matches!(of, Cell::Date(_)) { 3 } else { 7 };
    for (name, cell) in names.iter().zip(values) {
        let Cell::Str(name) = name else { return Err(of.unsupported("replace()")) };
        let place = PARTS[..known].iter().position(|part| part == name);
        let place = place.ok_or_else(|| of.refuses(Exception::TypeError, "replace()"))?;
        parts[place] = cell.whole().ok_or_else(|| cell.refuses(Exception::TypeError, "replace()"))?;
    }
    let time = time_of(parts)?;
    Ok(if known == 3 { Cell::Date(time.div_euclid(DAY) as i32) } else { Cell::DateTime(time) })
}

/// A fraction of microseconds to the nearest whole one; a half to where the total is even.
#[expect(clippy::float_cmp, reason = "exactly half")]
fn rounded(rest: f64, total: i64) -> f64 {
    let rounded = rest.round();
    if (rounded - rest).abs() != 0.5 {
        return rounded;
    }
    let odd = f64::from(u8::from(total % 2 != 0));
    2.0 * ((rest + odd) * 0.5).round() - odd
}

/// `timedelta(days, seconds, microseconds, milliseconds, minutes, hours, weeks)`, of ints and floats: whole numbers of
/// microseconds are exact, and fractions are summed as floats from the smallest unit to the largest.
fn difference<'a>(units: &[Cell<'a>]) -> Result<Cell<'a>, Decline> {
    const SIZES: [i64; 7] = [DAY, SECOND, 1, 1000, 60 * SECOND, 3600 * SECOND, 7 * DAY];
    let far = || Decline::fixed("a timedelta past 64 bits of microseconds");
    let (mut total, mut rest) = (0_i64, 0.0_f64);
    for place in [2, 3, 1, 4, 5, 0, 6] {
        let (Some(unit), size) = (units.get(place), SIZES[place]) else { continue };
        let mut add = |count: i64, size: i64| {
            total = count.checked_mul(size).and_then(|micros| total.checked_add(micros)).ok_or_else(far)?;
            Ok::<_, Decline>(())
        };
        match unit {
            Cell::Float(float) if float.is_finite() && float.abs() < 1e18 => {
                add(float.trunc() as i64, size)?;
                let part = float.fract();
                if part != 0.0 {
                    let micros = size as f64 * part;
                    add(micros.trunc() as i64, 1)?;
                    rest += micros.fract();
                }
            }
            Cell::Float(_) => return Err(unit.unsupported("timedelta()")),
            other => {
                add(other.whole().ok_or_else(|| other.refuses(Exception::TypeError, "timedelta()"))?, size)?;
            }
        }
    }
    delta(total.checked_add(rounded(rest, total) as i64))
}

fn iso(of: &Cell<'_>, separator: Option<&Cell<'_>>) -> Result<String, Decline> {
    let mut out = String::with_capacity(26);
    match (of, separator) {
        (Cell::Date(day), None) => push_date(i64::from(*day), &mut out),
        (Cell::DateTime(time), None) => push_time(*time, 'T', &mut out),
        (Cell::DateTime(time), Some(Cell::Str(text))) => {
            let mut chars = text.chars();
            let (Some(separator), None) = (chars.next(), chars.next()) else {
                return Err(of.unsupported("isoformat() with another separator"));
            };
            push_time(*time, separator, &mut out);
        }
        _ => return Err(of.unsupported("isoformat()")),
    }
    Ok(out)
}

/// `.timestamp()` where the local time is UTC.
fn timestamp(time: i64) -> Result<f64, Decline> {
    let year = date_of(time.div_euclid(DAY)).0;
    if !(2..=9998).contains(&year) {
        return Err(Decline::new("timestamp() at the end of the calendar"));
    }
    Ok(time.div_euclid(SECOND) as f64 + time.rem_euclid(SECOND) as f64 / 1e6)
}

/// `fromtimestamp(...)` where the local time is UTC.
fn from_timestamp<'a>(of: &Cell<'a>, day: bool) -> Result<Cell<'a>, Decline> {
    let why = || of.unsupported("fromtimestamp()");
    let (seconds, micros) = match of {
        Cell::Int(i) => (*i, 0),
        Cell::Float(f) if f.is_finite() && f.abs() < 1e12 => {
            let (mut whole, mut part) = (f.trunc(), (f.fract() * 1e6).round_ties_even());
            if part >= 1e6 {
                (whole, part) = (whole + 1.0, part - 1e6);
            } else if part < 0.0 {
                (whole, part) = (whole - 1.0, part + 1e6);
            }
            if day { (f.floor() as i64, 0) } else { (whole as i64, part as i64) }
        }
        _ => return Err(why()),
    };
    let time = seconds.checked_mul(SECOND).and_then(|time| time.checked_add(micros)).ok_or_else(why)?;
    if !(2..=9998).contains(&date_of(time.div_euclid(DAY)).0) {
        return Err(why());
    }
    Ok(if day { Cell::Date(time.div_euclid(DAY) as i32) } else { Cell::DateTime(time) })
}

/// An operator of which one operand at least is of `datetime`; nothing where none is.
pub fn binary<'a>(op: BinaryOp, left: &Cell<'a>, right: &Cell<'a>) -> Option<Result<Cell<'a>, Decline>> {
    let dated = |cell: &Cell<'_>| matches!(cell, Cell::Date(_) | Cell::DateTime(_) | Cell::Delta(_));
    if !dated(left) && !dated(right) {
        return None;
    }
    Some(match (op, left, right) {
        (BinaryOp::Sub, Cell::DateTime(l), Cell::DateTime(r)) => Ok(Cell::Delta(l - r)),
        (BinaryOp::Sub, Cell::Date(l), Cell::Date(r)) => Ok(Cell::Delta((i64::from(*l) - i64::from(*r)) * DAY)),
        (BinaryOp::Add, Cell::DateTime(time), Cell::Delta(by))
        | (BinaryOp::Add, Cell::Delta(by), Cell::DateTime(time)) => datetime(time.checked_add(*by)),
        (BinaryOp::Sub, Cell::DateTime(time), Cell::Delta(by)) => datetime(time.checked_sub(*by)),
        // Only whole days count, of the difference as it stands.
        (BinaryOp::Add, Cell::Date(day), Cell::Delta(by)) | (BinaryOp::Add, Cell::Delta(by), Cell::Date(day)) => {
            date(i64::from(*day) + by.div_euclid(DAY))
        }
        (BinaryOp::Sub, Cell::Date(day), Cell::Delta(by)) => date(i64::from(*day) - by.div_euclid(DAY)),
        (_, Cell::Delta(l), Cell::Delta(r)) => of_deltas(op, *l, *r),
        (BinaryOp::Mul, Cell::Delta(delta), other) | (BinaryOp::Mul, other, Cell::Delta(delta))
            if other.whole().is_some() =>
        {
            self::delta(other.whole().and_then(|by| delta.checked_mul(by)))
        }
        (BinaryOp::FloorDiv | BinaryOp::TrueDiv, Cell::Delta(delta), other) if other.whole().is_some() => {
            divided(op, *delta, other.whole().unwrap_or_default())
        }
        // What floats make of differences is the interpreter's.
        (_, Cell::Delta(_), Cell::Float(_) | Cell::Real(_)) | (_, Cell::Float(_) | Cell::Real(_), Cell::Delta(_)) => {
            Err(left.unsupported("arithmetic with a timedelta"))
        }
        (BinaryOp::Mod, Cell::Str(_) | Cell::Bytes(_), _) => Err(right.unsupported("a format")),
        _ => {
            let why = format!("{op:?} of a {} and a {}", left.type_name(), right.type_name());
            let known = left.is_plain() && right.is_plain();
            Err(if known { Decline::raises(Exception::TypeError, why) } else { Decline::new(why) })
        }
    })
}

fn of_deltas<'a>(op: BinaryOp, l: i64, r: i64) -> Result<Cell<'a>, Decline> {
    let zero = || Decline::raises(Exception::ZeroDivisionError, "a division by a timedelta of 0");
    match op {
        BinaryOp::Add => delta(l.checked_add(r)),
        BinaryOp::Sub => delta(l.checked_sub(r)),
        BinaryOp::FloorDiv | BinaryOp::Mod | BinaryOp::TrueDiv if r == 0 => Err(zero()),
        BinaryOp::TrueDiv => {
            int_true_div(l, r).map(Cell::Float).ok_or(Decline::fixed("a quotient of timedeltas of many years"))
        }
        BinaryOp::FloorDiv => crate::kernel::number::int_floor_div(l, r)
            .map(Cell::Int)
            .ok_or(Decline::fixed("a quotient of timedeltas past 64 bits")),
        BinaryOp::Mod => delta(crate::kernel::number::int_mod(l, r)),
        _ => Err(Decline::raises(Exception::TypeError, "an operator that timedeltas don't have")),
    }
}

/// A difference by an int: rounded to the nearest microsecond, or down.
fn divided<'a>(op: BinaryOp, micros: i64, by: i64) -> Result<Cell<'a>, Decline> {
    if by == 0 {
        return Err(Decline::raises(Exception::ZeroDivisionError, "a division by zero"));
    }
    if op == BinaryOp::FloorDiv {
        return delta(crate::kernel::number::int_floor_div(micros, by));
    }
    let (micros, by) = if by < 0 { (-i128::from(micros), -i128::from(by)) } else { (micros.into(), by.into()) };
    let (quotient, rest) = (micros.div_euclid(by), micros.rem_euclid(by));
    let up = match (2 * rest).cmp(&by) {
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Greater => 1,
        std::cmp::Ordering::Equal => quotient.rem_euclid(2),
    };
    delta(i64::try_from(quotient + up).ok())
}

/// `str(cell)`, where it is of `datetime`.
pub fn push_str(cell: &Cell<'_>, out: &mut String) -> bool {
    match cell {
        Cell::Date(day) => push_date(i64::from(*day), out),
        Cell::DateTime(time) => push_time(*time, ' ', out),
        Cell::Delta(micros) => push_difference(*micros, out),
        _ => return false,
    }
    true
}

/// `repr(cell)`, where it is of `datetime`.
pub fn push_repr(cell: &Cell<'_>, out: &mut String) {
    let join = |parts: &[i64]| parts.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    // A String takes all that is written to it.
    let _ = match cell {
        Cell::Date(day) => {
            let (year, month, day) = date_of(i64::from(*day));
            write!(out, "datetime.date({year}, {month}, {day})")
        }
        Cell::DateTime(time) => {
            let parts = parts_of(*time);
            let shown = match parts {
                [.., 0, 0] => 5,
                [.., 0] => 6,
                _ => 7,
            };
            write!(out, "datetime.datetime({})", join(&parts[..shown]))
        }
        Cell::Delta(micros) => {
            let (days, rest) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
            let parts = [("days", days), ("seconds", rest / SECOND), ("microseconds", rest % SECOND)];
            let parts = parts.iter().filter(|(_, n)| *n != 0).map(|(name, n)| format!("{name}={n}"));
            let parts = parts.collect::<Vec<_>>().join(", ");
            write!(out, "datetime.timedelta({})", if parts.is_empty() { "0" } else { &parts })
        }
        _ => Ok(()),
    };
}
