//! Numbers of columns and single ones, as kernels take them.

use arrow_array::{Array, BooleanArray, Float64Array, Int64Array};

use super::frame::Value;
use crate::chunk::Type;
use crate::lambda::cells::cell::Cell;

/// A column of numbers or one number.
pub enum Numbers<'a, T> {
    /// One a row, as the column has them.
    Each(&'a [T]),
    /// One a row, made of others.
    Made(Vec<T>),
    /// The same for all rows.
    One(T),
}

impl<T> Numbers<'_, T> {
    /// The numbers, which may be one.
    pub fn slice(&self) -> &[T] {
        match self {
            Self::Each(values) => values,
            Self::Made(values) => values,
            Self::One(value) => std::slice::from_ref(value),
        }
    }

    /// Whether there is one for all rows.
    pub fn is_one(&self) -> bool {
        matches!(self, Self::One(_))
    }
}

/// The numbers as ints, when they are ints or bools.
pub fn ints(value: &Value) -> Option<Numbers<'_, i64>> {
    match value {
        Value::One(Cell::Int(i)) => Some(Numbers::One(*i)),
        Value::Each(c) => match c.kind() {
            Type::Int => Some(Numbers::Each(c.array().as_any().downcast_ref::<Int64Array>()?.values())),
            Type::Bool => {
                let bits = c.array().as_any().downcast_ref::<BooleanArray>()?.values();
                Some(Numbers::Made(bits.iter().map(i64::from).collect()))
            }
            _ => None,
        },
        Value::One(_) | Value::Documents(_) => None,
    }
}

/// The numbers as floats, when they are floats or ints; ints are rounded as `CPython` does.
pub fn floats(value: &Value) -> Option<Numbers<'_, f64>> {
    if let Value::One(Cell::Float(f)) = value {
        return Some(Numbers::One(*f));
    }
    if let Value::Each(c) = value
        && *c.kind() == Type::Float
    {
        return Some(Numbers::Each(c.array().as_any().downcast_ref::<Float64Array>()?.values()));
    }
    Some(match ints(value)? {
        Numbers::One(i) => Numbers::One(i as f64),
        made => Numbers::Made(made.slice().iter().map(|&i| i as f64).collect()),
    })
}

/// Applies `f` to each row's pair. `None` when both are one value: that is not worth a kernel.
#[inline]
pub fn zip<T: Copy, R>(left: &Numbers<'_, T>, right: &Numbers<'_, T>, mut f: impl FnMut(T, T) -> R) -> Option<Vec<R>> {
    let (l, r) = (left.slice(), right.slice());
    Some(match (left.is_one(), right.is_one()) {
        (false, false) => l.iter().zip(r).map(|(&l, &r)| f(l, r)).collect(),
        (false, true) => l.iter().map(|&l| f(l, r[0])).collect(),
        (true, false) => r.iter().map(|&r| f(l[0], r)).collect(),
        (true, true) => return None,
    })
}
