//! Operators, indexing and slicing of single values.

use std::borrow::Cow;
use std::ops::Range;

use super::cell::Cell;
use super::dates;
use super::document;
use super::maps;
use super::methods::owned;
use super::records::{by_name, plain};
use super::sets;
use super::textual::no_key;
use super::vectors;
use crate::error::{Decline, Exception};
use crate::kernel::messages::text_of;
use crate::kernel::number::{
    float_divmod, float_pow, int_floor_div, int_mod, int_pow, int_shift_left, int_shift_right, int_true_div,
};
use crate::kernel::text;
use crate::lambda::tree::expr::{BinaryOp, UnaryOp};

/// The longest text or list that `*` makes here.
const MOST: usize = 1 << 20;

/// Two numbers as Python brings them together.
pub enum Pair {
    /// Both are ints or bools.
    Ints(i64, i64),
    /// One is a float.
    Floats(f64, f64),
}

/// The operands as numbers, if both are.
pub fn pair(left: &Cell<'_>, right: &Cell<'_>) -> Option<Pair> {
    let float = |c: &Cell<'_>| if let Cell::Float(f) = c { Some(*f) } else { c.whole().map(|i| i as f64) };
    match (left.whole(), right.whole()) {
        (Some(l), Some(r)) => Some(Pair::Ints(l, r)),
        _ => Some(Pair::Floats(float(left)?, float(right)?)),
    }
}

/// Two numbers for `math`.
pub fn floats(left: &Cell<'_>, right: &Cell<'_>) -> Option<(f64, f64)> {
    match pair(left, right)? {
        Pair::Ints(l, r) => Some((l as f64, r as f64)),
        Pair::Floats(l, r) => Some((l, r)),
    }
}

/// A binary operator.
pub fn binary<'a>(op: BinaryOp, left: Cell<'a>, right: Cell<'a>) -> Result<Cell<'a>, Decline> {
    if let (Cell::Bool(l), Cell::Bool(r)) = (&left, &right) {
        match op {
            BinaryOp::And => return Ok(Cell::Bool(l & r)),
            BinaryOp::Or => return Ok(Cell::Bool(l | r)),
            BinaryOp::Xor => return Ok(Cell::Bool(l ^ r)),
            _ => {}
        }
    }
    if let Some(value) = vectors::binary(op, &left, &right) {
        return value;
    }
    match pair(&left, &right) {
        Some(Pair::Ints(l, r)) => int_binary(op, l, r),
        Some(Pair::Floats(l, r)) => float_binary(op, l, r),
        None => match dates::binary(op, &left, &right) {
            Some(value) => value,
            None => sequence_binary(op, left, right),
        },
    }
}

fn int_binary(op: BinaryOp, l: i64, r: i64) -> Result<Cell<'static>, Decline> {
    let value = match op {
        BinaryOp::Add => l.checked_add(r),
        BinaryOp::Sub => l.checked_sub(r),
        BinaryOp::Mul => l.checked_mul(r),
        BinaryOp::FloorDiv => int_floor_div(l, r),
        BinaryOp::Mod => int_mod(l, r),
        BinaryOp::Pow => int_pow(l, r),
        BinaryOp::And => Some(l & r),
        BinaryOp::Or => Some(l | r),
        BinaryOp::Xor => Some(l ^ r),
        BinaryOp::LShift => int_shift_left(l, r),
        BinaryOp::RShift => int_shift_right(l, r),
        BinaryOp::TrueDiv => {
            return int_true_div(l, r).map(Cell::Float).ok_or_else(|| match r {
                0 => division_by_zero().saying(|| text_of("int /")),
                _ => Decline::fixed("a division of large ints"),
            });
        }
    };
    value.map(Cell::Int).ok_or_else(|| match (op, l, r) {
        (BinaryOp::FloorDiv, _, 0) => division_by_zero().saying(|| text_of("int //")),
        (BinaryOp::Mod, _, 0) => division_by_zero().saying(|| text_of("int %")),
        (BinaryOp::Pow, 0, ..0) => division_by_zero(),
        (BinaryOp::LShift | BinaryOp::RShift, _, ..0) => {
            Decline::raises(Exception::ValueError, "a shift by less than 0")
        }
        _ => Decline::fixed("int arithmetic that raises or leaves 64 bits"),
    })
}

fn division_by_zero() -> Decline {
    Decline::raises(Exception::ZeroDivisionError, "a division by zero")
}

fn float_binary(op: BinaryOp, l: f64, r: f64) -> Result<Cell<'static>, Decline> {
    let value = match op {
        BinaryOp::Add => Some(l + r),
        BinaryOp::Sub => Some(l - r),
        BinaryOp::Mul => Some(l * r),
        BinaryOp::TrueDiv => (r != 0.0).then(|| l / r),
        BinaryOp::FloorDiv => float_divmod(l, r).map(|(quotient, _)| quotient),
        BinaryOp::Mod => float_divmod(l, r).map(|(_, rest)| rest),
        BinaryOp::Pow => float_pow(l, r),
        _ => return Err(Decline::raises(Exception::TypeError, "an operator of ints between floats")),
    };
    value.map(Cell::Float).ok_or_else(|| match op {
        BinaryOp::TrueDiv if r == 0.0 => division_by_zero().saying(|| text_of("float /")),
        BinaryOp::FloorDiv if r == 0.0 => division_by_zero().saying(|| text_of("float //")),
        BinaryOp::Mod if r == 0.0 => division_by_zero().saying(|| text_of("float %")),
        // An infinite power of 0 is no error.
        BinaryOp::Pow if l == 0.0 && r < 0.0 && r.is_finite() => division_by_zero(),
        _ => Decline::fixed("float arithmetic that raises or isn't done natively"),
    })
}

fn sequence_binary<'a>(op: BinaryOp, left: Cell<'a>, right: Cell<'a>) -> Result<Cell<'a>, Decline> {
    match (op, plain(left), plain(right)) {
        (BinaryOp::Add, Cell::Str(l), Cell::Str(r)) => Ok(Cell::Str(l + r)),
        (BinaryOp::Add, Cell::Tuple(mut l), Cell::Tuple(r)) => {
            l.extend(r);
            Ok(Cell::Tuple(l))
        }
        (BinaryOp::Add, Cell::List(mut l), Cell::List(r)) => {
            l.extend(r);
            Ok(Cell::List(l))
        }
        (op, Cell::Set(l, _), Cell::Set(r, _)) => sets::binary(op, l, r),
        (op, Cell::Map(kind, l), Cell::Map(other, r)) => maps::binary(op, (kind, l), (other, r)),
        (BinaryOp::Mul, sequence, Cell::Int(n)) | (BinaryOp::Mul, Cell::Int(n), sequence) => repeat(&sequence, n),
        (op, left, right) => Err(mismatch(op, &left, &right)),
    }
}

/// Why there is no value of an operator between these, of which one at least is no number.
fn mismatch(op: BinaryOp, left: &Cell<'_>, right: &Cell<'_>) -> Decline {
    let why = format!("{op:?} of a {} and a {}", left.type_name(), right.type_name());
    let sequence = |c: &Cell<'_>| matches!(c, Cell::Str(_) | Cell::Bytes(_) | Cell::Tuple(_) | Cell::List(_));
    let whole = |c: &Cell<'_>| matches!(c, Cell::Int(_) | Cell::Bool(_));
    let defined = match op {
        BinaryOp::Add => left.type_name() == right.type_name() && sequence(left),
        BinaryOp::Mul => (sequence(left) && whole(right)) || (whole(left) && sequence(right)),
        BinaryOp::Mod => matches!(left, Cell::Str(_) | Cell::Bytes(_)),
        _ => false,
    };
    if defined || !left.is_plain() || !right.is_plain() {
        return Decline::new(why);
    }
    Decline::raises(Exception::TypeError, why)
}

fn repeat<'a>(sequence: &Cell<'a>, n: i64) -> Result<Cell<'a>, Decline> {
    let n = usize::try_from(n).unwrap_or(0);
    let items = |items: &[Cell<'a>]| {
        let fits = items.len().saturating_mul(n) <= MOST;
        fits.then(|| std::iter::repeat_n(items, n).flatten().cloned().collect::<Vec<_>>())
    };
    match sequence {
        Cell::Str(s) if s.len().saturating_mul(n) <= MOST => Some(Cell::owned(s.repeat(n))),
        Cell::Tuple(t) => items(t).map(Cell::Tuple),
        Cell::List(l) => items(l).map(Cell::List),
        _ => None,
    }
    .ok_or_else(|| sequence.unsupported("a multiple"))
}

/// A unary operator.
pub fn unary<'a>(op: UnaryOp, of: &Cell<'a>) -> Result<Cell<'a>, Decline> {
    let int = match of {
        Cell::Int(i) => *i,
        Cell::Bool(b) => i64::from(*b),
        _ => 0,
    };
    match (op, of) {
        (UnaryOp::Not, _) => Some(Cell::Bool(!of.truth()?)),
        (UnaryOp::Neg, Cell::Float(f)) => Some(Cell::Float(-f)),
        (UnaryOp::Pos, Cell::Float(f)) => Some(Cell::Float(*f)),
        (UnaryOp::Neg, Cell::Delta(of)) => of.checked_neg().map(Cell::Delta),
        (UnaryOp::Pos, Cell::Delta(of)) => Some(Cell::Delta(*of)),
        (UnaryOp::Neg, Cell::Int(_) | Cell::Bool(_)) => int.checked_neg().map(Cell::Int),
        (UnaryOp::Pos, Cell::Int(_) | Cell::Bool(_)) => Some(Cell::Int(int)),
        (UnaryOp::Invert, Cell::Int(_)) => Some(Cell::Int(!int)),
        (UnaryOp::Invert, Cell::Bool(_)) => None,
        _ => return Err(of.refuses(Exception::TypeError, "a unary operator")),
    }
    .ok_or_else(|| of.unsupported("a unary operator"))
}

/// `of[index]`
pub fn item<'a>(of: Cell<'a>, index: &Cell<'_>) -> Result<Cell<'a>, Decline> {
    let of = match of {
        Cell::Record(class, items) => match index {
            Cell::Str(key) => return by_name(&class, items, key),
            Cell::Int(_) | Cell::Bool(_) if class.is_tuple() => Cell::Tuple(items),
            _ => return Err(Decline::new("an item of a record")),
        },
        other => other,
    };
    if let Cell::Dict(text) = of {
        let Cell::Str(key) = index else { return Err(index.unsupported("a key")) };
        return match text {
            Cow::Borrowed(text) => document::get(text, key)?,
            Cow::Owned(text) => document::get(&text, key)?.map(owned),
        }
        .ok_or_else(|| no_key(index));
    }
    if let Cell::Map(kind, pairs) = &of {
        return maps::item(*kind, pairs, index);
    }
    let name = match &of {
        Cell::List(_) => "list index",
        Cell::Tuple(_) => "tuple index",
        Cell::Str(_) => "str index",
        _ => "",
    };
    let out = || Decline::raises(Exception::IndexError, "an index out of range").saying(|| text_of(name));
    if matches!(of, Cell::Match(_) | Cell::Group(_)) {
        return Err(of.unsupported("an index"));
    }
    // What can't be indexed raises the same, whatever the index is.
    let index = index.whole().ok_or_else(|| index.refuses(Exception::TypeError, "an index"))?;
    let place = |len: usize| {
        let at = if index < 0 { index.checked_add(len as i64)? } else { index };
        usize::try_from(at).ok().filter(|&at| at < len)
    };
    match of {
        Cell::Tuple(mut items) | Cell::List(mut items) => {
            place(items.len()).map(|at| items.swap_remove(at)).ok_or_else(out)
        }
        Cell::Str(Cow::Borrowed(s)) => text::char_at(s, index).map(Cell::text).ok_or_else(out),
        Cell::Str(Cow::Owned(s)) => text::char_at(&s, index).map(|c| Cell::owned(c.into())).ok_or_else(out),
        Cell::Bytes(b) => place(b.len()).map(|at| Cell::Int(i64::from(b[at]))).ok_or_else(out),
        other => Err(other.refuses(Exception::TypeError, "an index")),
    }
}

/// `of[start:stop:step]`
pub fn slice<'a>(of: Cell<'a>, bounds: &[Option<Cell<'_>>; 3]) -> Result<Cell<'a>, Decline> {
    let of = plain(of);
    if matches!(of, Cell::Match(_) | Cell::Group(_) | Cell::Record(..)) {
        return Err(of.unsupported("a slice"));
    }
    let mut ints = [None; 3];
    for (int, bound) in ints.iter_mut().zip(bounds) {
        match bound {
            None | Some(Cell::None) => {}
            Some(bound) => *int = Some(bound.whole().ok_or_else(|| bound.refuses(Exception::TypeError, "a slice"))?),
        }
    }
    let [start, stop, stride] = ints;
    if let Some(stride) = stride.filter(|&s| s != 1) {
        return step_slice(&of, start, stop, stride);
    }
    let range = |len: usize| {
        let (start, stop) = text::slice_bounds(start, stop, len as i64);
        start as usize..stop as usize
    };
    Ok(match of {
        Cell::Str(Cow::Borrowed(s)) => Cell::text(text::slice(s, start, stop)),
        Cell::Str(Cow::Owned(s)) => Cell::owned(text::slice(&s, start, stop).into()),
        Cell::Bytes(Cow::Borrowed(b)) => Cell::Bytes(Cow::Borrowed(&b[within(&range, b.len())])),
        Cell::Bytes(Cow::Owned(b)) => Cell::Bytes(Cow::Owned(b[within(&range, b.len())].to_vec())),
        Cell::Tuple(mut items) => Cell::Tuple(items.drain(range(items.len())).collect()),
        Cell::List(mut items) => Cell::List(items.drain(range(items.len())).collect()),
        other => return Err(other.refuses(Exception::TypeError, "a slice")),
    })
}

/// A range that ends no sooner than it begins.
fn within(range: &dyn Fn(usize) -> Range<usize>, len: usize) -> Range<usize> {
    let Range { start, end } = range(len);
    start..end.max(start)
}

fn step_slice<'a>(of: &Cell<'a>, start: Option<i64>, stop: Option<i64>, stride: i64) -> Result<Cell<'a>, Decline> {
    if stride == 0 && matches!(of, Cell::Str(_) | Cell::Tuple(_) | Cell::List(_)) {
        return Err(Decline::raises(Exception::ValueError, "a slice with step 0"));
    }
    if stride == 0 || stride == i64::MIN {
        return Err(of.unsupported("a slice with such a step"));
    }
    let indices = |len: i64| {
        let (low, high) = if stride > 0 { (0, len) } else { (-1, len - 1) };
        let clip = |b: i64| if b < 0 { b.saturating_add(len).max(low) } else { b.min(high) };
        let first = start.map_or(if stride > 0 { low } else { high }, clip);
        let last = stop.map_or(if stride > 0 { high } else { low }, clip);
        let mut out = Vec::new();
        let mut at = first;
        while if stride > 0 { at < last } else { at > last } {
            out.push(at as usize);
            at = at.saturating_add(stride);
        }
        out
    };
    let pick = |items: &[Cell<'a>]| indices(items.len() as i64).into_iter().map(|i| items[i].clone()).collect();
    Ok(match of {
        Cell::Str(s) => {
            let chars: Vec<char> = s.chars().collect();
            Cell::owned(indices(chars.len() as i64).into_iter().map(|i| chars[i]).collect())
        }
        Cell::Tuple(items) => Cell::Tuple(pick(items)),
        Cell::List(items) => Cell::List(pick(items)),
        other => return Err(other.unsupported("a slice")),
    })
}
