//! Built-in functions of single values.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ffi::c_long;

use super::cell::Cell;
use super::collections;
use super::compare::order;
use super::dates;
use super::digests;
use super::document;
use super::dumps;
use super::maps;
use super::mathematics;
use super::methods::owned;
use super::operate::binary;
use super::records;
use super::separated;
use super::tables;
use super::textual::{to_repr, to_str};
use super::vectors;
use super::web;
use crate::chunk::ClassKind;
use crate::error::{Decline, Exception};
use crate::kernel::length::text_length;
use crate::kernel::messages::text_with;
use crate::kernel::number::{FloatSum, float_to_int, round_digits, round_half_even};
use crate::kernel::parse::{is_no_float, is_no_int, parse_float, parse_int};
use crate::kernel::text::single;
use crate::kernel::unicode::{compensated_sum, plain_ints};
use crate::lambda::tree::expr::BinaryOp;
use crate::lambda::tree::functions::Function;

/// `function(*args)`; the number of arguments was checked.
pub fn call(function: Function, mut args: Vec<Cell<'_>>) -> Result<Cell<'_>, Decline> {
    if let [Cell::Set(..), ..] = args.as_slice()
        && matches!(
            function,
            Function::Min | Function::Max | Function::Sum | Function::Sorted | Function::Any | Function::All
        )
        && let Cell::Set(items, _) = std::mem::replace(&mut args[0], Cell::None)
    {
        // Floats are added in an order.
        let in_order = function == Function::Sum && !items.iter().all(|i| matches!(i, Cell::Int(_) | Cell::Bool(_)));
        args[0] = if in_order || args.len() > 1 && function != Function::Sorted {
            return Err(Decline::new("depends on the order of a set"));
        } else {
            Cell::List(items)
        };
    }
    match function {
        Function::Min => extreme(args, Ordering::Less),
        Function::Max => extreme(args, Ordering::Greater),
        Function::Sum => sum(args),
        Function::Divmod => {
            let [l, r] = two(args)?;
            let quotient = binary(BinaryOp::FloorDiv, l.clone(), r.clone()).map_err(Decline::silent)?;
            Ok(Cell::Tuple(vec![quotient, binary(BinaryOp::Mod, l, r)?]))
        }
        Function::Pow => {
            let [l, r] = two(args)?;
            binary(BinaryOp::Pow, l, r)
        }
        Function::IsInstance => is_instance(&args),
        Function::Unpack => {
            let [of, count] = two(args)?;
            let items = elements(of)?;
            match count {
                Cell::Int(count) if items.len() as i64 == count => Ok(Cell::Tuple(items)),
                _ => Err(Decline::raises(Exception::ValueError, "unpacking into another number of names")),
            }
        }
        Function::NoList => match args.pop() {
            Some(Cell::List(_) | Cell::Vector(_) | Cell::Map(..) | Cell::Set(..) | Cell::Dict(_)) | None => {
                Err(Decline::new("a list that is changed in place"))
            }
            Some(other) => Ok(other),
        },
        Function::Sorted => {
            let reverse = match args.get(1) {
                None | Some(Cell::Bool(false) | Cell::Int(0)) => false,
                Some(Cell::Bool(_) | Cell::Int(_)) => true,
                Some(other) => return Err(other.unsupported("sorted() in the order")),
            };
            args.truncate(1);
            sorted(elements(args.pop().unwrap_or(Cell::None))?, reverse)
        }
        _ if function.is_of_collections() => collections::call(function, args),
        _ if function.is_of_dates() => dates::call(function, &args),
        _ if function.is_of_records() => records::call(function, args),
        Function::CsvRows => separated::rows(&args),
        _ if function.is_of_web() => web::call(function, &args),
        _ if function.is_of_digests() => digests::call(function, &args),
        Function::Replaced => replaced_matches(&args),
        Function::JsonDumps => dumps::call(&args),
        _ if function.has_a_table() => tables::call(function, &args),
        _ if function.name().starts_with("math.") && function != Function::Factorial => {
            mathematics::call(function, &args)
        }
        _ => match args.pop() {
            Some(second) if !args.is_empty() => match (function, args.pop()) {
                (Function::Round, Some(first)) => round_to(&first, &second),
                (Function::Int, Some(first)) => int_in_base(&first, &second),
                _ => Err(Decline::new(format!("{}() with so many arguments", function.name()))),
            },
            Some(only) => one(function, only),
            None => Ok(match function {
                Function::Int => Cell::Int(0),
                Function::Float => Cell::Float(0.0),
                Function::Str => Cell::text(""),
                Function::Bool => Cell::Bool(false),
                Function::Tuple => Cell::Tuple(Vec::new()),
                _ => Cell::List(Vec::new()),
            }),
        },
    }
}

fn two(args: Vec<Cell<'_>>) -> Result<[Cell<'_>; 2], Decline> {
    args.try_into().map_err(|_| Decline::new("a number of arguments"))
}

fn one(function: Function, cell: Cell<'_>) -> Result<Cell<'_>, Decline> {
    match function {
        Function::Len => length(&cell),
        Function::Int => to_int(&cell),
        Function::Float => to_float(&cell),
        Function::Str => Ok(Cell::Str(to_str(&cell)?)),
        Function::Repr => Ok(Cell::owned(to_repr(&cell)?)),
        Function::Bool => Ok(Cell::Bool(cell.truth()?)),
        Function::NumpyArray => vectors::array(cell),
        Function::NumpySum => vectors::sum(&cell),
        Function::Abs => match cell {
            Cell::Float(f) => Some(Cell::Float(f.abs())),
            Cell::Int(i) => i.checked_abs().map(Cell::Int),
            Cell::Bool(b) => Some(Cell::Int(i64::from(b))),
            Cell::Delta(of) => of.checked_abs().map(Cell::Delta),
            other => return Err(other.refuses(Exception::TypeError, "abs()")),
        }
        .ok_or(Decline::new("abs() of what is no number within 64 bits")),
        Function::Round => match cell {
            Cell::Float(f) => return float_as_int(f, f.round_ties_even()),
            Cell::Int(i) => Some(Cell::Int(i)),
            Cell::Bool(b) => Some(Cell::Int(i64::from(b))),
            other => return Err(other.refuses(Exception::TypeError, "round()")),
        }
        .ok_or(Decline::new("round() of what is no number within 64 bits")),
        Function::Ord => match &cell {
            Cell::Str(s) => single(s).map(|c| Cell::Int(i64::from(c as u32))),
            Cell::Bytes(_) => return Err(cell.unsupported("ord()")),
            other => return Err(other.refuses(Exception::TypeError, "ord()")),
        }
        .ok_or(Decline::raises(Exception::TypeError, "ord() of what is no single character")),
        Function::Chr => match cell {
            Cell::Int(i) if i32::try_from(i).is_ok() && !(0..=0x10_FFFF).contains(&i) => {
                return Err(Decline::raises(Exception::ValueError, "chr() of what is no character"));
            }
            Cell::Int(i) => u32::try_from(i).ok().and_then(char::from_u32).map(|c| Cell::owned(c.into())),
            Cell::Bool(_) => None,
            other => return Err(other.refuses(Exception::TypeError, "chr()")),
        }
        .ok_or(Decline::new("chr() of what is no character")),
        Function::List => Ok(Cell::List(elements(cell)?)),
        Function::Tuple => Ok(Cell::Tuple(elements(cell)?)),
        Function::JsonLoads => match cell {
            Cell::Str(Cow::Borrowed(text)) => document::loads(text),
            Cell::Str(Cow::Owned(text)) => document::loads(&text).map(owned),
            other => Err(other.unsupported("json.loads()")),
        },
        Function::Factorial => match cell {
            Cell::Int(n @ 0..=20) => Ok(Cell::Int((1..=n).product())),
            other => Err(other.unsupported("math.factorial() past 64 bits or")),
        },
        Function::Hex | Function::Bin | Function::Oct => {
            let number = match &cell {
                Cell::Int(i) => *i,
                Cell::Bool(b) => i64::from(*b),
                other => return Err(other.refuses(Exception::TypeError, function.name())),
            };
            let (sign, size) = (if number < 0 { "-" } else { "" }, number.unsigned_abs());
            Ok(Cell::owned(match function {
                Function::Hex => format!("{sign}{size:#x}"),
                Function::Bin => format!("{sign}{size:#b}"),
                _ => format!("{sign}{size:#o}"),
            }))
        }
        Function::Crc32 => match cell {
            Cell::Bytes(bytes) => Ok(Cell::Int(i64::from(crc32fast::hash(&bytes)))),
            other => Err(other.unsupported("zlib.crc32()")),
        },
        Function::Any => truths(cell, true),
        Function::All => truths(cell, false),
        _ => Err(Decline::new(format!("{}() with one argument", function.name()))),
    }
}

/// Whether one element's truth is `until`, as `any` asks, or none's, as `all` does. The elements behind it aren't asked.
fn truths(cell: Cell<'_>, until: bool) -> Result<Cell<'_>, Decline> {
    for element in elements(cell)? {
        if element.truth()? == until {
            return Ok(Cell::Bool(until));
        }
    }
    Ok(Cell::Bool(!until))
}

/// A text with other texts in the places of matches, which come in order as begin, end and text.
fn replaced_matches<'a>(args: &[Cell<'a>]) -> Result<Cell<'a>, Decline> {
    let odd = || Decline::new("sub() with a function that gives no str");
    let [Cell::Str(text), Cell::List(found)] = args else { return Err(odd()) };
    let mut out = String::with_capacity(text.len());
    // The place in bytes of the character that is looked at, and its number.
    let (mut done, mut number) = (0, 0);
    let is_ascii = text.is_ascii();
    let mut upto = |to: i64| {
        let ahead = usize::try_from(to - number).ok()?;
        let rest = &text[done..];
        let bytes = if is_ascii { ahead } else { rest.char_indices().nth(ahead).map_or(rest.len(), |(at, _)| at) };
        let part = rest.get(..bytes)?;
        (done, number) = (done + bytes, to);
        Some(part)
    };
    for one in found {
        let Cell::Tuple(parts) = one else { return Err(odd()) };
        let [Cell::Int(from), Cell::Int(to), with] = parts.as_slice() else { return Err(odd()) };
        out.push_str(upto(*from).ok_or_else(odd)?);
        upto(*to).ok_or_else(odd)?;
        match with {
            Cell::Str(with) => out.push_str(with),
            // CPython puts nothing there.
            Cell::None => {}
            _ => return Err(odd()),
        }
    }
    out.push_str(text.get(done..).unwrap_or_default());
    Ok(Cell::owned(out))
}

/// `len(cell)`
pub fn length<'a>(cell: &Cell<'a>) -> Result<Cell<'a>, Decline> {
    Ok(Cell::Int(match cell {
        Cell::Str(s) => text_length(s.as_bytes()),
        Cell::Bytes(b) => b.len() as i64,
        Cell::Tuple(items) | Cell::List(items) | Cell::Group(items) | Cell::Set(items, _) => items.len() as i64,
        Cell::Record(class, items) if class.kind != ClassKind::Object => items.len() as i64,
        Cell::Vector(elements) => elements.len() as i64,
        Cell::Dict(text) => document::len(text)?,
        Cell::Map(_, pairs) => pairs.len() as i64,
        _ => return Err(cell.refuses(Exception::TypeError, "len()")),
    }))
}

/// What iterating the value gives.
pub fn elements(cell: Cell<'_>) -> Result<Vec<Cell<'_>>, Decline> {
    match cell {
        Cell::Tuple(items) | Cell::List(items) | Cell::Group(items) => Ok(items),
        Cell::Record(class, items) => records::elements(&class, items),
        Cell::Str(Cow::Borrowed(s)) => {
            Ok(s.char_indices().map(|(at, c)| Cell::text(&s[at..at + c.len_utf8()])).collect())
        }
        Cell::Str(s) => Ok(s.chars().map(|c| Cell::owned(c.into())).collect()),
        Cell::Bytes(b) => Ok(b.iter().map(|&b| Cell::Int(i64::from(b))).collect()),
        of @ (Cell::Map(..) | Cell::Dict(_)) => Ok(maps::pairs(of)?.into_iter().map(|(key, _)| key).collect()),
        Cell::Set(items, _) if items.len() < 2 => Ok(items),
        Cell::Set(..) => Err(Decline::new("depends on the order of a set")),
        other => Err(other.refuses(Exception::TypeError, "iteration")),
    }
}

fn to_int<'a>(cell: &Cell<'a>) -> Result<Cell<'a>, Decline> {
    match cell {
        Cell::Int(i) => Some(*i),
        Cell::Bool(b) => Some(i64::from(*b)),
        Cell::Float(f) => return float_as_int(*f, f.trunc()),
        Cell::Str(s) => match parse_int(s) {
            None => return Err(no_int(s)),
            some => some,
        },
        Cell::Bytes(_) => None,
        other => return Err(other.refuses(Exception::TypeError, "int()")),
    }
    .map(Cell::Int)
    .ok_or(Decline::new("int() of what is no plain number"))
}

/// Why a text is no int.
pub fn no_int(text: &str) -> Decline {
    not_a_number(is_no_int(text), "int() of what is no plain number").saying(|| text_with("int", text))
}

/// Why a text is no float.
pub fn no_float(text: &str) -> Decline {
    not_a_number(is_no_float(text), "float() of what is no plain number").saying(|| text_with("float", text))
}

fn not_a_number(certainly: Result<bool, Decline>, why: &'static str) -> Decline {
    match certainly {
        Ok(true) => Decline::raises(Exception::ValueError, why),
        Ok(false) => Decline::fixed(why),
        Err(decline) => decline,
    }
}

/// The int that a float became when it was made `whole`.
pub fn float_as_int<'a>(float: f64, whole: f64) -> Result<Cell<'a>, Decline> {
    float_to_int(whole).map(Cell::Int).ok_or_else(|| {
        let exception = if float.is_nan() { Exception::ValueError } else { Exception::OverflowError };
        if float.is_finite() {
            Decline::fixed("an int past 64 bits")
        } else {
            Decline::raises(exception, "an int of inf or nan")
        }
    })
}

/// `int(text, base)` of plain digits.
fn int_in_base<'a>(cell: &Cell<'a>, base: &Cell<'_>) -> Result<Cell<'a>, Decline> {
    match (cell, base) {
        (Cell::Str(s), Cell::Int(10)) => parse_int(s),
        (Cell::Str(s), Cell::Int(base @ 2..=36))
            if !s.is_empty() && s.len() < 64 && s.bytes().all(|b| b.is_ascii_alphanumeric()) =>
        {
            // A prefix as of `0x10` is the interpreter's to read.
            let plain = !s.starts_with('0') || s.bytes().all(|b| b.is_ascii_digit());
            if plain { i64::from_str_radix(s, *base as u32).ok() } else { None }
        }
        _ => None,
    }
    .map(Cell::Int)
    .ok_or(Decline::new("int() of what is no plain number"))
}

fn to_float<'a>(cell: &Cell<'a>) -> Result<Cell<'a>, Decline> {
    match cell {
        Cell::Int(i) => Some(*i as f64),
        Cell::Bool(b) => Some(f64::from(*b)),
        Cell::Float(f) | Cell::Real(f) => Some(*f),
        Cell::Str(s) => match parse_float(s) {
            None => return Err(no_float(s)),
            some => some,
        },
        Cell::Bytes(_) => None,
        other => return Err(other.refuses(Exception::TypeError, "float()")),
    }
    .map(Cell::Float)
    .ok_or(Decline::new("float() of what is no plain number"))
}

fn round_to<'a>(cell: &Cell<'a>, digits: &Cell<'_>) -> Result<Cell<'a>, Decline> {
    match (cell, digits) {
        (Cell::Float(f), Cell::Int(digits)) => round_digits(*f, *digits).map(Cell::Float),
        (Cell::Int(i), Cell::Int(0..)) => Some(Cell::Int(*i)),
        (Cell::Float(f), Cell::None) => round_half_even(*f).map(Cell::Int),
        _ => None,
    }
    .ok_or(Decline::new("round() with such digits"))
}

/// `min` or `max` of one iterable or of several values: the first of equals.
fn extreme(mut args: Vec<Cell<'_>>, better: Ordering) -> Result<Cell<'_>, Decline> {
    let several = args.len() > 1;
    let items = if several { args } else { elements(args.pop().unwrap_or(Cell::None))? };
    let mut items = items.into_iter();
    let mut best = items.next().ok_or(Decline::raises(Exception::ValueError, "min() or max() of nothing"))?;
    for item in items {
        if order(&item, &best)? == Some(better) {
            best = item;
        }
    }
    Ok(best)
}

/// `sum(items, start)`: ints exactly, then floats as this interpreter adds them.
fn sum(args: Vec<Cell<'_>>) -> Result<Cell<'_>, Decline> {
    let mut args = args.into_iter();
    let items = elements(args.next().unwrap_or(Cell::None))?;
    let odd = || Decline::new("sum() of what are no numbers within 64 bits");
    let mut floats = None;
    let mut total = match args.next() {
        None => 0,
        Some(Cell::Int(i)) => i,
        Some(start @ Cell::Delta(_)) => {
            return items.into_iter().try_fold(start, |sum, item| binary(BinaryOp::Add, sum, item));
        }
        Some(Cell::Float(f)) => {
            floats = Some(FloatSum::new(f, compensated_sum()));
            0
        }
        Some(_) => return Err(odd()),
    };
    for item in &items {
        match (&mut floats, item) {
            (Some(sum), Cell::Float(f)) => sum.add(*f),
            // What is no `long` ends the compensation, where ints take no part in it.
            (Some(_), Cell::Int(i)) if compensated_sum() && plain_ints() && c_long::try_from(*i).is_err() => {
                return Err(odd());
            }
            (Some(sum), Cell::Int(i)) => sum.add_int(*i, plain_ints()),
            (Some(sum), Cell::Bool(b)) => sum.add_int(i64::from(*b), plain_ints()),
            (None, Cell::Float(f)) => floats = Some(FloatSum::new(total as f64 + f, compensated_sum())),
            (None, Cell::Int(i)) => total = total.checked_add(*i).ok_or_else(odd)?,
            (None, Cell::Bool(b)) => total = total.checked_add(i64::from(*b)).ok_or_else(odd)?,
            (_, Cell::None | Cell::Str(_) | Cell::Bytes(_) | Cell::Tuple(_) | Cell::List(_)) => {
                return Err(item.refuses(Exception::TypeError, "sum()"));
            }
            _ => return Err(odd()),
        }
    }
    Ok(floats.map_or(Cell::Int(total), |sum| Cell::Float(sum.value())))
}

fn sorted(mut items: Vec<Cell<'_>>, reverse: bool) -> Result<Cell<'_>, Decline> {
    sort_by(&mut items, reverse, |item| item)?;
    Ok(Cell::List(items))
}

/// Sorts as `sorted` does, by the cell of each item.
pub fn sort_by<'a, T>(items: &mut [T], reverse: bool, key: impl Fn(&T) -> &Cell<'a>) -> Result<(), Decline> {
    // What has no order must not get into a sort, which may panic over it.
    if items.iter().any(|item| has_nan(key(item))) {
        return Err(Decline::new("sorted() of nan"));
    }
    let mut decline = None;
    let mut compare = |l: &Cell<'_>, r: &Cell<'_>| match order(l, r) {
        Ok(Some(order)) => order,
        Ok(None) => {
            decline = Some(Decline::new("sorted() of nan"));
            Ordering::Equal
        }
        Err(reason) => {
            decline = Some(reason);
            Ordering::Equal
        }
    };
    if reverse {
        items.sort_by(|l, r| compare(key(r), key(l)));
    } else {
        items.sort_by(|l, r| compare(key(l), key(r)));
    }
    decline.map_or(Ok(()), Err)
}

/// Whether there is a nan in it, which has no order.
fn has_nan(cell: &Cell<'_>) -> bool {
    match cell {
        Cell::Float(f) | Cell::Real(f) => f.is_nan(),
        Cell::Tuple(items) | Cell::List(items) | Cell::Record(_, items) => items.iter().any(has_nan),
        _ => false,
    }
}

fn is_instance<'a>(args: &[Cell<'a>]) -> Result<Cell<'a>, Decline> {
    if let Cell::Real(_) = args[0] {
        return Err(args[0].unsupported("isinstance()"));
    }
    let name = match &args[0] {
        Cell::Record(class, _) if class.is_tuple() => "tuple",
        other => other.type_name(),
    };
    let mut names = Vec::new();
    for arg in &args[1..] {
        match arg {
            Cell::Str(s) => names.push(&**s),
            Cell::Tuple(parts) => {
                for part in parts {
                    let Cell::Str(s) = part else { return Err(part.unsupported("isinstance()")) };
                    names.push(s);
                }
            }
            _ => return Err(Decline::new("isinstance() with such types")),
        }
    }
    Ok(Cell::Bool(names.iter().any(|&n| n == name || matches!((n, name), ("int", "bool") | ("date", "datetime")))))
}
