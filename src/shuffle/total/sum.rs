//! The built-in `sum` of a partition's rows.

use std::sync::Arc;

use arrow_array::Float64Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};

use super::Total;
use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::kernel::number::FloatSum;
use crate::kernel::unicode::compensated_sum;
use crate::shuffle::table::without_optional;

/// `sum(rows)` as `CPython`'s code does it: from int 0, ints within 64 bits, from the first float on floats, compensated
/// where the interpreter compensates. Ints behind floats decline, because versions of the interpreter differ.
///
/// The state is an int or, where floats are plainly added, a float: `sum(rest, state)` goes on. Where they are
/// compensated it is the pair of the total and what was lost so far, which no call of `sum` can be given: whoever goes
/// on adds floats by Neumaier's rule, and before anything else puts the two together as `value` does.
pub struct Sum {
    phase: Phase,
    compensated: bool,
}

#[derive(Clone, Copy)]
enum Phase {
    Ints(i64),
    Floats(FloatSum),
}

impl Sum {
    /// As the running interpreter adds.
    pub fn new() -> Self {
        Self::with_rule(compensated_sum())
    }

    /// With (from Python 3.12 on) or without compensation.
    pub fn with_rule(compensated: bool) -> Self {
        Self { phase: Phase::Ints(0), compensated }
    }

    fn add_ints(total: i64, values: impl Iterator<Item = i64>) -> Result<Phase, Decline> {
        let mut exceeded = false;
        let total = values.fold(total, |total, value| {
            let (next, overflow) = total.overflowing_add(value);
            exceeded |= overflow;
            next
        });
        if exceeded { Err(Decline::new("a sum exceeds 64 bits")) } else { Ok(Phase::Ints(total)) }
    }

    fn add_floats(&self, values: &[f64]) -> Phase {
        let (mut sum, rest) = match (self.phase, values) {
            (Phase::Ints(total), [first, rest @ ..]) => (FloatSum::new(total as f64 + first, self.compensated), rest),
            (Phase::Floats(sum), values) => (sum, values),
            (phase @ Phase::Ints(_), []) => return phase,
        };
        for value in rest {
            sum.add(*value);
        }
        Phase::Floats(sum)
    }
}

impl Default for Sum {
    fn default() -> Self {
        Self::new()
    }
}

impl Total for Sum {
    fn update(&mut self, rows: &Columns) -> Result<(), Decline> {
        if rows.is_empty() {
            return Ok(());
        }
        let rows = without_optional(rows);
        let array = rows.array();
        self.phase = match (rows.kind(), self.phase) {
            (Type::Bool, Phase::Ints(total)) => {
                Self::add_ints(total, std::iter::once(array.as_boolean().true_count() as i64))?
            }
            (Type::Int, Phase::Ints(total)) => {
                Self::add_ints(total, array.as_primitive::<Int64Type>().values().iter().copied())?
            }
            (Type::Float, _) => self.add_floats(array.as_primitive::<Float64Type>().values()),
            (kind, Phase::Floats(_)) => return Err(Decline::new(format!("a sum of {kind} after floats"))),
            (kind, _) => return Err(Decline::new(format!("a sum of {kind}"))),
        };
        Ok(())
    }

    fn state(&self) -> Option<Columns> {
        match self.phase {
            Phase::Floats(sum) if self.compensated => {
                let (total, lost) = sum.parts();
                Some(Columns::tuple(vec![float(total), float(lost)], 1))
            }
            _ => self.value(),
        }
    }

    fn value(&self) -> Option<Columns> {
        Some(match self.phase {
            Phase::Ints(total) => Columns::ints(vec![total]),
            Phase::Floats(sum) => float(sum.value()),
        })
    }
}

fn float(value: f64) -> Columns {
    Columns::new(Arc::new(Float64Array::from(vec![value])), Type::Float)
}
