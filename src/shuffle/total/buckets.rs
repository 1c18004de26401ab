//! How many numbers lie between each two borders, as `RDD.histogram` counts them.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};

use super::Total;
use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::lambda::Expr;

/// Ints up to here are floats, and so are their differences: what is computed with them is as exact as Python's own.
const EXACT: u64 = 1 << 52;

/// Counts of the buckets between borders. The state is one count a row; the last one is that of rows at the last border.
/// `None`, nan and what lies outside aren't counted.
pub struct Buckets {
    find: Find,
    least: f64,
    most: f64,
    counts: Vec<i64>,
}

enum Find {
    /// By the width of all of them.
    Width(f64),
    /// Among the borders.
    Borders(Vec<f64>),
}

impl Buckets {
    /// So many of one width: `bounds` are the first border, the last one and the width, or all borders.
    pub fn new(even: Option<usize>, bounds: &Expr) -> Result<Self, Decline> {
        let Expr::Tuple(bounds) = bounds else { return Err(Decline::new("borders that are no numbers")) };
        let bounds = bounds.iter().map(number).collect::<Result<Vec<_>, _>>()?;
        let begin = |find, least, most, count| Self { find, least, most, counts: vec![0; count + 1] };
        match (even, bounds.as_slice()) {
            (Some(count), &[least, most, width]) => Ok(begin(Find::Width(width), least, most, count)),
            (None, &[least, .., most]) => {
                let count = bounds.len() - 1;
                Ok(begin(Find::Borders(bounds), least, most, count))
            }
            _ => Err(Decline::new("a histogram without borders")),
        }
    }

    /// The rows' buckets; nothing is counted where one of them can't be told.
    fn found(&self, values: impl Iterator<Item = f64>) -> Result<Vec<i64>, Decline> {
        let mut counts = vec![0; self.counts.len()];
        // A nan is in no range.
        for value in values.filter(|value| (self.least..=self.most).contains(value)) {
            let bucket = match &self.find {
                Find::Width(width) => (value - self.least) / width,
                Find::Borders(borders) => (borders.partition_point(|border| *border <= value) - 1) as f64,
            };
            if !(0.0..counts.len() as f64).contains(&bucket) {
                return Err(Decline::new("a bucket that isn't there"));
            }
            counts[bucket as usize] += 1;
        }
        Ok(counts)
    }
}

impl Total for Buckets {
    fn update(&mut self, rows: &Columns) -> Result<(), Decline> {
        let array = rows.array();
        let there = |row: &usize| array.is_valid(*row);
        let kind = match rows.kind() {
            Type::Optional(inner) => inner,
            kind => kind,
        };
        let counts = match kind {
            Type::Null => return Ok(()),
            Type::Int => {
                let values = array.as_primitive::<Int64Type>().values();
                if values.iter().any(|value| value.unsigned_abs() > EXACT) {
                    return Err(Decline::new("a histogram of large ints"));
                }
                match array.null_count() {
                    0 => self.found(values.iter().map(|value| *value as f64))?,
                    _ => self.found((0..values.len()).filter(there).map(|row| values[row] as f64))?,
                }
            }
            Type::Float => {
                let values = array.as_primitive::<Float64Type>().values();
                match array.null_count() {
                    0 => self.found(values.iter().copied())?,
                    _ => self.found((0..values.len()).filter(there).map(|row| values[row]))?,
                }
            }
            kind => return Err(Decline::new(format!("a histogram of {kind}"))),
        };
        self.counts.iter_mut().zip(counts).for_each(|(all, more)| *all += more);
        Ok(())
    }

    fn state(&self) -> Option<Columns> {
        Some(Columns::ints(self.counts.clone()))
    }
}

fn number(constant: &Expr) -> Result<f64, Decline> {
    match *constant {
        Expr::Int(value) if value.unsigned_abs() <= EXACT => Ok(value as f64),
        Expr::Float(bits) => Ok(f64::from_bits(bits)),
        _ => Err(Decline::new("borders that are no numbers")),
    }
}
