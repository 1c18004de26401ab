//! numpy's arithmetic of float64, where it gives no warning: of single vectors and scalars.

use std::borrow::Cow;

use super::cell::Cell;
use crate::error::Decline;
use crate::kernel::vector::pairwise_sum;
use crate::lambda::tree::expr::BinaryOp;

/// A side of an operator.
enum Side<'a> {
    Vector(&'a [f64]),
    Number(f64),
}

/// A binary operator one of whose sides is a vector or a scalar of numpy's; nothing for others.
pub fn binary(op: BinaryOp, left: &Cell<'_>, right: &Cell<'_>) -> Option<Result<Cell<'static>, Decline>> {
    let is_numpys = |cell: &Cell<'_>| matches!(cell, Cell::Vector(_) | Cell::Real(_));
    if !is_numpys(left) && !is_numpys(right) {
        return None;
    }
    let odd = || Decline::new(format!("{op:?} of a {} and a {}", left.type_name(), right.type_name()));
    let (Some(l), Some(r)) = (side(left), side(right)) else { return Some(Err(odd())) };
    Some(match (l, r) {
        (Side::Number(l), Side::Number(r)) => elementwise(op).and_then(|f| real(f(l, r))),
        (Side::Vector(l), Side::Vector(r)) => same_length(l.len(), r.len()).and_then(|()| {
            let f = elementwise(op)?;
            vector(l.iter().zip(r).map(|(l, r)| f(*l, *r)))
        }),
        (Side::Vector(l), Side::Number(r)) => by_number(op, r).and_then(|f| vector(l.iter().map(|l| f(*l, r)))),
        (Side::Number(l), Side::Vector(r)) => elementwise(op).and_then(|f| vector(r.iter().map(|r| f(l, *r)))),
    })
}

fn side<'a>(cell: &'a Cell<'_>) -> Option<Side<'a>> {
    Some(match cell {
        Cell::Vector(elements) => Side::Vector(elements),
        Cell::Float(f) | Cell::Real(f) => Side::Number(*f),
        Cell::Int(i) => Side::Number(*i as f64),
        _ => return None,
    })
}

/// What numpy does with two elements; what would give a warning is nan or infinite.
pub type Apply = fn(f64, f64) -> f64;

/// The operator of two scalars, of elements of two vectors, or of a number and each element.
pub fn elementwise(op: BinaryOp) -> Result<Apply, Decline> {
    Ok(match op {
        BinaryOp::Add => |l, r| l + r,
        BinaryOp::Sub => |l, r| l - r,
        BinaryOp::Mul => |l, r| l * r,
        BinaryOp::TrueDiv => |l, r| l / r,
        _ => return Err(Decline::new(format!("{op:?} of what is numpy's"))),
    })
}

/// The operator of each element and a number. Powers other than squares go by the C library, whose last bit is not ours.
#[expect(clippy::float_cmp, reason = "numpy asks so")]
pub fn by_number(op: BinaryOp, right: f64) -> Result<Apply, Decline> {
    if op == BinaryOp::Pow && right == 2.0 { Ok(|l, _| l * l) } else { elementwise(op) }
}

/// Vectors of other lengths are numpy's: it raises, or repeats a single element.
pub fn same_length(left: usize, right: usize) -> Result<(), Decline> {
    if left == right { Ok(()) } else { Err(Decline::new("vectors of different lengths")) }
}

/// Declines numbers of which not all came about without a warning.
pub fn all_finite(values: &[f64]) -> Result<(), Decline> {
    let finite = values.iter().fold(true, |all, value| all & value.is_finite());
    if finite { Ok(()) } else { Err(Decline::new("numpy's arithmetic with nan or inf")) }
}

fn real(value: f64) -> Result<Cell<'static>, Decline> {
    all_finite(&[value])?;
    Ok(Cell::Real(value))
}

fn vector(elements: impl Iterator<Item = f64>) -> Result<Cell<'static>, Decline> {
    let elements: Vec<f64> = elements.collect();
    all_finite(&elements)?;
    Ok(Cell::Vector(Cow::Owned(elements)))
}

/// `numpy.array(list)`, of floats.
pub fn array(of: Cell<'_>) -> Result<Cell<'_>, Decline> {
    match of {
        Cell::List(items) if !items.is_empty() => {
            let float = |item: &Cell<'_>| if let Cell::Float(f) = item { Some(*f) } else { None };
            let elements: Option<Vec<f64>> = items.iter().map(float).collect();
            elements.map(|e| Cell::Vector(Cow::Owned(e))).ok_or(Decline::new("numpy.array() of what are no floats"))
        }
        Cell::Vector(elements) => Ok(Cell::Vector(elements)),
        other => Err(other.unsupported("numpy.array()")),
    }
}

/// `numpy.sum(vector)`
pub fn sum(of: &Cell<'_>) -> Result<Cell<'static>, Decline> {
    match of {
        Cell::Vector(elements) => real(pairwise_sum(elements)),
        other => Err(other.unsupported("numpy.sum()")),
    }
}
