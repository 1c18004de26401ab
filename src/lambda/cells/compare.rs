//! Comparisons of values: exact between ints and floats, element by element for tuples and lists.

use std::cmp::Ordering;

use super::cell::Cell;
use super::document;
use super::maps;
use super::sets;
use crate::error::{Decline, Exception};
use crate::kernel::number::compare_int_float;
use crate::lambda::tree::expr::CompareOp;

/// A comparison's answer.
pub fn compare(op: CompareOp, left: &Cell<'_>, right: &Cell<'_>) -> Result<bool, Decline> {
    Ok(match op {
        CompareOp::Eq => equal(left, right)?,
        CompareOp::Ne => !equal(left, right)?,
        CompareOp::In => contains(right, left)?,
        CompareOp::NotIn => !contains(right, left)?,
        CompareOp::Is => same(left, right)?,
        CompareOp::IsNot => !same(left, right)?,
        CompareOp::Lt => order(left, right)? == Some(Ordering::Less),
        CompareOp::Gt => order(left, right)? == Some(Ordering::Greater),
        CompareOp::Le => matches!(order(left, right)?, Some(Ordering::Less | Ordering::Equal)),
        CompareOp::Ge => matches!(order(left, right)?, Some(Ordering::Greater | Ordering::Equal)),
    })
}

/// A bool as the int it is.
fn number<'a>(cell: &'a Cell<'a>) -> &'a Cell<'a> {
    const NO: Cell<'static> = Cell::Int(0);
    const YES: Cell<'static> = Cell::Int(1);
    match cell {
        Cell::Bool(false) => &NO,
        Cell::Bool(true) => &YES,
        other => other,
    }
}

fn is_exact(int: i64) -> bool {
    int.unsigned_abs() <= 1 << f64::MANTISSA_DIGITS
}

/// `left == right`
#[expect(clippy::float_cmp, reason = "Python compares floats so")]
pub fn equal(left: &Cell<'_>, right: &Cell<'_>) -> Result<bool, Decline> {
    Ok(match (number(left), number(right)) {
        (Cell::None, Cell::None) => true,
        (Cell::Int(l), Cell::Int(r)) => l == r,
        (Cell::Float(l) | Cell::Real(l), Cell::Float(r) | Cell::Real(r)) => l == r,
        (Cell::Int(l), Cell::Float(r)) | (Cell::Float(r), Cell::Int(l)) => {
            compare_int_float(*l, *r) == Some(Ordering::Equal)
        }
        (Cell::Str(l), Cell::Str(r)) => l == r,
        (Cell::Bytes(l), Cell::Bytes(r)) => l == r,
        (Cell::Tuple(l), Cell::Tuple(r)) | (Cell::List(l), Cell::List(r)) => {
            first_difference(l, r)?.is_none() && l.len() == r.len()
        }
        (Cell::Map(kind, l), Cell::Map(other, r)) => maps::equal((*kind, l), (*other, r))?,
        (Cell::Dict(text), other @ (Cell::Map(..) | Cell::Dict(_))) => equal(&document::whole(text)?, other)?,
        (other @ Cell::Map(..), Cell::Dict(text)) => equal(other, &document::whole(text)?)?,
        (Cell::Set(l, _), Cell::Set(r, _)) => sets::equal(l, r)?,
        // bytes against str may warn, and a match or a group is equal to itself only.
        (Cell::Bytes(_), Cell::Str(_))
        | (Cell::Str(_), Cell::Bytes(_))
        | (Cell::Match(_) | Cell::Group(_) | Cell::Vector(_) | Cell::Real(_), _)
        | (_, Cell::Match(_) | Cell::Group(_) | Cell::Vector(_) | Cell::Real(_)) => {
            return Err(left.unsupported("a comparison"));
        }
        _ => false,
    })
}

/// The first index at which the items differ.
fn first_difference(left: &[Cell<'_>], right: &[Cell<'_>]) -> Result<Option<usize>, Decline> {
    for (i, (l, r)) in left.iter().zip(right).enumerate() {
        if !equal_item(l, r)? {
            return Ok(Some(i));
        }
    }
    Ok(None)
}

/// Equality as containers test it: an object is equal to itself, which for a nan can't be told here.
pub fn equal_item(left: &Cell<'_>, right: &Cell<'_>) -> Result<bool, Decline> {
    if let (Cell::Float(l) | Cell::Real(l), Cell::Float(r) | Cell::Real(r)) = (left, right)
        && l.is_nan()
        && r.is_nan()
    {
        return Err(Decline::new("a comparison of nan in a container"));
    }
    equal(left, right)
}

/// How two values are ordered; nothing when one is a nan.
pub fn order(left: &Cell<'_>, right: &Cell<'_>) -> Result<Option<Ordering>, Decline> {
    Ok(match (number(left), number(right)) {
        (Cell::Int(l), Cell::Int(r)) => Some(l.cmp(r)),
        (Cell::Float(l) | Cell::Real(l), Cell::Float(r) | Cell::Real(r)) => l.partial_cmp(r),
        (Cell::Int(l), Cell::Float(r)) => compare_int_float(*l, *r),
        // numpy makes a float of the int first, which changes nothing of one that has 53 bits.
        (Cell::Int(l), Cell::Real(r)) if is_exact(*l) => compare_int_float(*l, *r),
        (Cell::Real(l), Cell::Int(r)) if is_exact(*r) => compare_int_float(*r, *l).map(Ordering::reverse),
        (Cell::Float(l), Cell::Int(r)) => compare_int_float(*r, *l).map(Ordering::reverse),
        (Cell::Str(l), Cell::Str(r)) => Some(l.cmp(r)),
        (Cell::Bytes(l), Cell::Bytes(r)) => Some(l.cmp(r)),
        (Cell::Tuple(l), Cell::Tuple(r)) | (Cell::List(l), Cell::List(r)) => match first_difference(l, r)? {
            Some(i) => order(&l[i], &r[i])?,
            None => Some(l.len().cmp(&r.len())),
        },
        _ => {
            let why = format!("an order of {} and {}", left.type_name(), right.type_name());
            let known = left.is_plain() && right.is_plain();
            return Err(if known { Decline::raises(Exception::TypeError, why) } else { Decline::new(why) });
        }
    })
}

fn contains(container: &Cell<'_>, item: &Cell<'_>) -> Result<bool, Decline> {
    match (container, item) {
        (Cell::Tuple(items) | Cell::List(items), _) => {
            for each in items {
                if equal_item(each, item)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        (Cell::Str(text), Cell::Str(part)) => Ok(text.contains(&**part)),
        (Cell::Map(_, pairs), _) => Ok(maps::get(pairs, item)?.is_some()),
        (Cell::Set(items, _), _) => sets::contains(items, item),
        (Cell::Dict(text), Cell::Str(key)) => Ok(document::member(text, key)?.is_some()),
        (Cell::Str(_) | Cell::None | Cell::Bool(_) | Cell::Int(_) | Cell::Float(_), _) if item.is_plain() => {
            Err(container.refuses(Exception::TypeError, "a membership test"))
        }
        _ => Err(container.unsupported("a membership test")),
    }
}

fn same(left: &Cell<'_>, right: &Cell<'_>) -> Result<bool, Decline> {
    match (left, right) {
        (Cell::None, other) | (other, Cell::None) => Ok(matches!(other, Cell::None)),
        (Cell::Bool(l), Cell::Bool(r)) => Ok(l == r),
        (Cell::Bool(_), _) | (_, Cell::Bool(_)) => Ok(false),
        _ => Err(Decline::new("the identity of values that aren't None, True or False")),
    }
}
