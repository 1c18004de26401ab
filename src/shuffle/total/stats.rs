//! Count, mean, variance, smallest and largest in one pass: what `StatCounter` does, row by row.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{BooleanArray, Float64Array};

use super::Total;
use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::kernel::number::compare_int_float;
use crate::shuffle::table::without_optional;

/// `StatCounter(rows)`, with its operations in its order. The state is `(n, mu, m2, maxValue, minValue)`, the last two
/// as they were given: floats before the first row.
#[derive(Clone, Copy)]
pub struct Stats {
    n: i64,
    mu: f64,
    m2: f64,
    largest: Number,
    smallest: Number,
}

#[derive(Clone, Copy)]
enum Number {
    Bool(bool),
    Int(i64),
    Float(f64),
}

impl Number {
    /// How two numbers compare; nothing where one is a nan.
    fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Bool(left), right) => Self::Int(left.into()).compare(right),
            (left, Self::Bool(right)) => left.compare(Self::Int(right.into())),
            (Self::Int(left), Self::Int(right)) => Some(left.cmp(&right)),
            (Self::Float(left), Self::Float(right)) => left.partial_cmp(&right),
            (Self::Int(left), Self::Float(right)) => compare_int_float(left, right),
            (Self::Float(left), Self::Int(right)) => compare_int_float(right, left).map(Ordering::reverse),
        }
    }

    fn column(self) -> Columns {
        match self {
            Self::Bool(value) => Columns::new(Arc::new(BooleanArray::from(vec![value])), Type::Bool),
            Self::Int(value) => Columns::ints(vec![value]),
            Self::Float(value) => float(value),
        }
    }
}

impl Stats {
    /// No rows yet.
    pub fn new() -> Self {
        let (largest, smallest) = (Number::Float(f64::NEG_INFINITY), Number::Float(f64::INFINITY));
        Self { n: 0, mu: 0.0, m2: 0.0, largest, smallest }
    }

    fn merge<T: Copy + PartialOrd>(
        &mut self,
        values: impl Iterator<Item = T> + Clone,
        to_float: impl Fn(T) -> f64,
        number: fn(T) -> Number,
    ) {
        for value in values.clone().map(to_float) {
            let delta = value - self.mu;
            self.n += 1;
            self.mu += delta / self.n as f64;
            self.m2 += delta * (value - self.mu);
        }
        // The first of equal ones is kept: so is what each chunk offers.
        let largest = values.clone().reduce(|best, value| if value > best { value } else { best });
        let smallest = values.reduce(|best, value| if value < best { value } else { best });
        if let Some(largest) = largest.map(number)
            && largest.compare(self.largest) == Some(Ordering::Greater)
        {
            self.largest = largest;
        }
        if let Some(smallest) = smallest.map(number)
            && smallest.compare(self.smallest) == Some(Ordering::Less)
        {
            self.smallest = smallest;
        }
    }
}

impl Default for Stats {
    fn default() -> Self {
        Self::new()
    }
}

impl Total for Stats {
    fn update(&mut self, rows: &Columns) -> Result<(), Decline> {
        if rows.is_empty() {
            return Ok(());
        }
        let rows = without_optional(rows);
        let array = rows.array();
        match rows.kind() {
            Type::Bool => self.merge(array.as_boolean().values().iter(), f64::from, Number::Bool),
            Type::Int => {
                let values = array.as_primitive::<Int64Type>().values();
                self.merge(values.iter().copied(), |value| value as f64, Number::Int);
            }
            Type::Float => {
                let values = array.as_primitive::<Float64Type>().values();
                if values.iter().any(|value| value.is_nan()) {
                    // Whether it is passed over depends on whether numpy is installed.
                    return Err(Decline::new("statistics of nan"));
                }
                self.merge(values.iter().copied(), |value| value, Number::Float);
            }
            kind => return Err(Decline::new(format!("statistics of {kind}"))),
        }
        Ok(())
    }

    fn state(&self) -> Option<Columns> {
        let n = Columns::ints(vec![self.n]);
        let items = vec![n, float(self.mu), float(self.m2), self.largest.column(), self.smallest.column()];
        Some(Columns::tuple(items, 1))
    }
}

fn float(value: f64) -> Columns {
    Columns::new(Arc::new(Float64Array::from(vec![value])), Type::Float)
}
