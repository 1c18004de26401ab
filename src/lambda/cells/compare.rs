//! Comparisons of values: exact between ints and floats, element by element for tuples and lists.

use std::cmp::Ordering;

use super::cell::Cell;
use super::document;
use super::maps;
use super::records::{self, has};
use super::sets;
use crate::chunk::{Class, ClassKind, DictKind};
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
        (Cell::Int(l), Cell::Int(r)) | (Cell::DateTime(l), Cell::DateTime(r)) | (Cell::Delta(l), Cell::Delta(r)) => {
            l == r
        }
        (Cell::Float(l) | Cell::Real(l), Cell::Float(r) | Cell::Real(r)) => l == r,
        (Cell::Int(l), Cell::Float(r)) | (Cell::Float(r), Cell::Int(l)) => {
            compare_int_float(*l, *r) == Some(Ordering::Equal)
        }
        (Cell::Str(l), Cell::Str(r)) => l == r,
        (Cell::Bytes(l), Cell::Bytes(r)) => l == r,
        (Cell::Date(l), Cell::Date(r)) => l == r,
        (Cell::Tuple(l), Cell::Tuple(r)) | (Cell::List(l), Cell::List(r)) => {
            first_difference(l, r)?.is_none() && l.len() == r.len()
        }
        (Cell::Map(kind, l), Cell::Map(other, r)) => maps::equal((*kind, l), (*other, r))?,
        (Cell::Dict(text), other @ (Cell::Map(..) | Cell::Dict(_))) => equal(&document::whole(text)?, other)?,
        (other @ Cell::Map(..), Cell::Dict(text)) => equal(other, &document::whole(text)?)?,
        (Cell::Set(l, _), Cell::Set(r, _)) => sets::equal(l, r)?,
        (Cell::Map(..) | Cell::Dict(_), of @ Cell::Record(..)) if records::is_dict(of) => {
            equal(left, &Cell::Map(DictKind::Dict, maps::pairs(of.clone())?))?
        }
        (of @ Cell::Record(..), Cell::Map(..) | Cell::Dict(_)) if records::is_dict(of) => {
            equal(&Cell::Map(DictKind::Dict, maps::pairs(of.clone())?), right)?
        }
        (Cell::Record(..), _) | (_, Cell::Record(..)) => equal_record(left, right)?,
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

/// Whether two dicts are equal.
fn equal_dicts(left: (&Class, &[Cell<'_>]), right: (&Class, &[Cell<'_>])) -> Result<bool, Decline> {
    if left.0.kind != ClassKind::Dict || right.0.kind != ClassKind::Dict {
        return Err(Decline::new("a comparison of records"));
    }
    if left.1.len() != right.1.len() || left.0.names.iter().any(|name| right.0.place(name).is_none()) {
        return Ok(false);
    }
    for (name, value) in left.0.names.iter().zip(left.1) {
        let Some(at) = right.0.place(name) else { return Ok(false) };
        if !equal_item(value, &right.1[at])? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a record is equal to another value, perhaps of another kind.
fn equal_record(left: &Cell<'_>, right: &Cell<'_>) -> Result<bool, Decline> {
    match (left, right) {
        (Cell::Record(of, l), Cell::Record(other, r)) if of.is_tuple() && other.is_tuple() => {
            equal(&Cell::Tuple(l.clone()), &Cell::Tuple(r.clone()))
        }
        (Cell::Record(of, l), Cell::Tuple(_)) if of.is_tuple() => equal(&Cell::Tuple(l.clone()), right),
        (Cell::Tuple(_), Cell::Record(of, r)) if of.is_tuple() => equal(left, &Cell::Tuple(r.clone())),
        (Cell::Record(of, l), Cell::Record(other, r)) => equal_dicts((of, l), (other, r)),
        (Cell::Record(of, _), other) | (other, Cell::Record(of, _)) if of.kind != ClassKind::Object => match other {
            Cell::None | Cell::Bool(_) | Cell::Int(_) | Cell::Float(_) | Cell::Str(_) | Cell::List(_) => Ok(false),
            _ => Err(Decline::new("a comparison of a record")),
        },
        _ => Err(Decline::new("a comparison of an object")),
    }
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
        (Cell::Int(l), Cell::Int(r)) | (Cell::DateTime(l), Cell::DateTime(r)) | (Cell::Delta(l), Cell::Delta(r)) => {
            Some(l.cmp(r))
        }
        (Cell::Float(l) | Cell::Real(l), Cell::Float(r) | Cell::Real(r)) => l.partial_cmp(r),
        (Cell::Int(l), Cell::Float(r)) => compare_int_float(*l, *r),
        // numpy makes a float of the int first, which changes nothing of one that has 53 bits.
        (Cell::Int(l), Cell::Real(r)) if is_exact(*l) => compare_int_float(*l, *r),
        (Cell::Real(l), Cell::Int(r)) if is_exact(*r) => compare_int_float(*r, *l).map(Ordering::reverse),
        (Cell::Float(l), Cell::Int(r)) => compare_int_float(*r, *l).map(Ordering::reverse),
        (Cell::Str(l), Cell::Str(r)) => Some(l.cmp(r)),
        (Cell::Bytes(l), Cell::Bytes(r)) => Some(l.cmp(r)),
        (Cell::Date(l), Cell::Date(r)) => Some(l.cmp(r)),
        (Cell::Tuple(l), Cell::Tuple(r)) | (Cell::List(l), Cell::List(r)) => match first_difference(l, r)? {
            Some(i) => order(&l[i], &r[i])?,
            None => Some(l.len().cmp(&r.len())),
        },
        (Cell::Record(of, l), r) if of.is_tuple() && !matches!(r, Cell::Record(..)) => {
            return order(&Cell::Tuple(l.clone()), r);
        }
        (l, Cell::Record(of, r)) if of.is_tuple() => return order(l, &Cell::Tuple(r.clone())),
        _ => {
            let why = format!("an order of {} and {}", left.type_name(), right.type_name());
            let known = left.is_plain() && right.is_plain();
            return Err(if known { Decline::raises(Exception::TypeError, why) } else { Decline::new(why) });
        }
    })
}

fn contains(container: &Cell<'_>, item: &Cell<'_>) -> Result<bool, Decline> {
    match (container, item) {
        (Cell::Record(class, items), _) if class.kind == ClassKind::Named => {
            contains(&Cell::Tuple(items.clone()), item)
        }
        (Cell::Record(class, _), _) => has(class, item),
        (Cell::Tuple(items) | Cell::List(items) | Cell::Group(items), _) => {
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
