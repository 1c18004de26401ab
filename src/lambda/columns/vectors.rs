//! numpy's arithmetic over whole columns of vectors and of its scalars. Each answers `None` when that is not what the
//! operands are.

use std::sync::Arc;

use arrow_array::{Array, Float64Array};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};

use super::frame::Value;
use super::numbers::{Numbers, floats, zip};
use crate::chunk::{Columns, Type, rows};
use crate::error::Decline;
use crate::kernel::vector::pairwise_sum;
use crate::lambda::cells::cell::Cell;
use crate::lambda::cells::vectors::{Apply, all_finite, by_number, elementwise, same_length};
use crate::lambda::tree::expr::BinaryOp;

/// The numbers as floats, where some may be numpy's.
pub fn reals(value: &Value) -> Option<Numbers<'_, f64>> {
    match value {
        Value::One(Cell::Real(f)) => Some(Numbers::One(*f)),
        Value::Each(c) if *c.kind() == Type::Real => {
            Some(Numbers::Each(c.array().as_any().downcast_ref::<Float64Array>()?.values()))
        }
        Value::One(Cell::Bool(_)) => None,
        Value::Each(c) if *c.kind() == Type::Bool => None,
        _ => floats(value),
    }
}

/// The vectors of all rows, or one for all.
enum Vectors<'a> {
    Each(&'a [i32], &'a [f64]),
    One(&'a [f64]),
}

impl Vectors<'_> {
    fn of(value: &Value) -> Option<Vectors<'_>> {
        match value {
            Value::One(Cell::Vector(elements)) => Some(Vectors::One(elements)),
            Value::One(_) | Value::Documents(_) => None,
            Value::Each(columns) => columns.vectors().map(|(offsets, elements)| Vectors::Each(offsets, elements)),
        }
    }
}

fn is_numpys(value: &Value) -> bool {
    match value {
        Value::One(cell) => matches!(cell, Cell::Vector(_) | Cell::Real(_)),
        Value::Each(columns) => matches!(columns.kind(), Type::Vector | Type::Real),
        Value::Documents(_) => false,
    }
}

/// An operator of which one side is numpy's and one is a column.
pub fn binary(op: BinaryOp, left: &Value, right: &Value) -> Result<Option<Columns>, Decline> {
    if !(is_numpys(left) || is_numpys(right)) {
        return Ok(None);
    }
    match (Vectors::of(left), Vectors::of(right)) {
        (None, None) => {
            let (Some(left), Some(right)) = (reals(left), reals(right)) else { return Ok(None) };
            let Some(values) = zip(&left, &right, elementwise(op)?) else { return Ok(None) };
            all_finite(&values)?;
            Ok(Some(real_column(values)))
        }
        (Some(left), Some(right)) => both(elementwise(op)?, &left, &right),
        (Some(left), None) => {
            let Some(number) = reals(right) else { return Ok(None) };
            let f = match &number {
                Numbers::One(one) => by_number(op, *one)?,
                _ => elementwise(op)?,
            };
            with_numbers(&left, &number, f)
        }
        (None, Some(right)) => {
            let Some(number) = reals(left) else { return Ok(None) };
            let f = elementwise(op)?;
            with_numbers(&right, &number, |element, number| f(number, element))
        }
    }
}

fn both(f: Apply, left: &Vectors<'_>, right: &Vectors<'_>) -> Result<Option<Columns>, Decline> {
    let (offsets, elements) = match (left, right) {
        (Vectors::One(_), Vectors::One(_)) => return Ok(None),
        (Vectors::Each(offsets, left), Vectors::Each(others, right)) => {
            for (l, r) in rows(offsets, left).zip(rows(others, right)) {
                same_length(l.len(), r.len())?;
            }
            let (left, right) = (used(offsets, left), used(others, right));
            (*offsets, left.iter().zip(right).map(|(l, r)| f(*l, *r)).collect())
        }
        (Vectors::Each(offsets, left), Vectors::One(right)) => (*offsets, with_one(offsets, left, right, f)?),
        (Vectors::One(left), Vectors::Each(offsets, right)) => {
            (*offsets, with_one(offsets, right, left, |r, l| f(l, r))?)
        }
    };
    vector_column(offsets, elements).map(Some)
}

/// The elements that are in the rows.
fn used<'a>(offsets: &[i32], elements: &'a [f64]) -> &'a [f64] {
    match (offsets.first(), offsets.last()) {
        (Some(from), Some(to)) => &elements[*from as usize..*to as usize],
        _ => &[],
    }
}

/// Each vector with the one that is there for all of them.
fn with_one(offsets: &[i32], elements: &[f64], one: &[f64], f: impl Fn(f64, f64) -> f64) -> Result<Vec<f64>, Decline> {
    for row in rows(offsets, elements) {
        same_length(row.len(), one.len())?;
    }
    if one.is_empty() {
        return Ok(Vec::new());
    }
    let rows = used(offsets, elements).chunks_exact(one.len());
    Ok(rows.flat_map(|row| row.iter().zip(one).map(|(element, one)| f(*element, *one))).collect())
}

/// Each vector with a number.
fn with_numbers(
    vectors: &Vectors<'_>,
    numbers: &Numbers<'_, f64>,
    f: impl Fn(f64, f64) -> f64,
) -> Result<Option<Columns>, Decline> {
    let all = numbers.slice();
    match vectors {
        Vectors::One(_) if numbers.is_one() => Ok(None),
        Vectors::One(vector) => {
            let lengths = OffsetBuffer::from_repeated_length(vector.len(), all.len());
            let elements = all.iter().flat_map(|number| vector.iter().map(|element| f(*element, *number)));
            vector_column(&lengths, elements.collect()).map(Some)
        }
        Vectors::Each(offsets, elements) => {
            let made = if numbers.is_one() {
                used(offsets, elements).iter().map(|element| f(*element, all[0])).collect()
            } else {
                let rows = rows(offsets, elements).zip(all);
                rows.flat_map(|(row, number)| row.iter().map(|element| f(*element, *number))).collect()
            };
            vector_column(offsets, made).map(Some)
        }
    }
}

/// Vectors with the borders of others, which may begin anywhere.
fn vector_column(offsets: &[i32], elements: Vec<f64>) -> Result<Columns, Decline> {
    all_finite(&elements)?;
    let first = offsets.first().copied().unwrap_or(0);
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets.iter().map(|at| at - first).collect::<Vec<_>>()));
    Columns::of_vectors(offsets, elements, None)
}

fn real_column(values: Vec<f64>) -> Columns {
    Columns::new(Arc::new(Float64Array::from(values)), Type::Real)
}

/// `numpy.array(lists)`, of floats.
pub fn array(columns: &Columns) -> Result<Option<Columns>, Decline> {
    match columns.kind() {
        Type::Vector => Ok(Some(columns.clone())),
        Type::List(_) => columns.list_as_vector().map(Some).ok_or(Decline::new("numpy.array() of what are no floats")),
        _ => Ok(None),
    }
}

/// `numpy.sum(vectors)`
pub fn sum(columns: &Columns) -> Result<Option<Columns>, Decline> {
    let Some((offsets, elements)) = columns.vectors() else { return Ok(None) };
    let sums: Vec<f64> = rows(offsets, elements).map(pairwise_sum).collect();
    all_finite(&sums)?;
    Ok(Some(real_column(sums)))
}
