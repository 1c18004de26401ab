//! Ints of which each is as far from the one before: what `range` gives. They are handed on as that.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;

use super::{Columns, Type};

/// The first number, how far it is to the next, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progression {
    /// The first.
    pub first: i64,
    /// From each to the next; never zero.
    pub step: i64,
    /// How many: two at least.
    pub len: usize,
}

impl Progression {
    /// The rows as one, if they are. The number behind the last is an int of 64 bits, too.
    pub fn of(columns: &Columns) -> Option<Self> {
        if *columns.kind() != Type::Int || columns.array().null_count() > 0 {
            return None;
        }
        let values = columns.array().as_primitive_opt::<Int64Type>()?.values();
        let (first, second) = (*values.first()?, *values.get(1)?);
        let step = second.checked_sub(first).filter(|step| *step != 0)?;
        values.last()?.checked_add(step)?;
        let even = values.windows(2).all(|two| two[1].checked_sub(two[0]) == Some(step));
        even.then_some(Self { first, step, len: values.len() })
    }

    /// Its numbers; `None` where they don't fit into 64 bits.
    pub fn columns(self) -> Option<Columns> {
        let far = i128::try_from(self.len).ok()?.checked_mul(i128::from(self.step))?;
        i64::try_from(i128::from(self.first) + far).ok()?;
        // Each fits, as the one behind the last does, though the way to it may be longer than 64 bits say.
        let ints = std::iter::successors(Some(self.first), |last| Some(last.wrapping_add(self.step)));
        Some(Columns::ints(ints.take(self.len).collect()))
    }

    /// The number behind the last.
    pub fn end(self) -> i64 {
        self.first.wrapping_add(self.step.wrapping_mul(self.len as i64))
    }
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test fails loudly")]
mod tests {
    use super::{Columns, Progression};

    fn of(values: &[i64]) -> Option<Progression> {
        Progression::of(&Columns::ints(values.to_vec()))
    }

    #[test]
    fn even_steps_are_one() {
        for values in [&[3, 4, 5, 6][..], &[10, 7, 4], &[i64::MIN, -1], &[-5, 5]] {
            let found = of(values).expect("a progression");
            assert_eq!(found.columns().expect("its numbers").array(), Columns::ints(values.to_vec()).array());
            assert_eq!(found.end(), values[values.len() - 1] + found.step);
        }
    }

    #[test]
    fn other_ints_are_none() {
        for values in [&[][..], &[1], &[1, 1], &[1, 2, 4], &[i64::MAX - 1, i64::MAX], &[i64::MIN, 0]] {
            assert_eq!(of(values), None, "{values:?}");
        }
        let far = Progression { first: i64::MAX, step: 2, len: 2 };
        assert!(far.columns().is_none());
    }
}
