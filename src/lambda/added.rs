//! `a + b` of values of any type, as a reduce function: what sums values that have no type of their own.

use std::sync::Arc;

use super::BinaryFn;
use super::cells::operate;
use super::cells::read::Reader;
use super::cells::write::Writer;
use super::tree::BinaryOp;
use crate::chunk::Columns;
use crate::error::Decline;

struct Added;

/// The function.
pub fn added() -> Arc<dyn BinaryFn> {
    Arc::new(Added)
}

impl BinaryFn for Added {
    fn apply(&self, left: &Columns, right: &Columns) -> Result<Columns, Decline> {
        let odd = || Decline::new("a column whose array is of another type");
        let (left, right, rows) =
            (Reader::new(left).ok_or_else(odd)?, Reader::new(right).ok_or_else(odd)?, left.len().min(right.len()));
        let mut writer = Writer::default();
        for row in 0..rows {
            writer.push(&operate::binary(BinaryOp::Add, left.get(row), right.get(row))?)?;
        }
        writer.finish()
    }

    fn fold(&self, states: &Columns, values: &Columns, runs: &[&[u32]]) -> Result<Columns, Decline> {
        let odd = || Decline::new("a column whose array is of another type");
        let (states, values) = (Reader::new(states).ok_or_else(odd)?, Reader::new(values).ok_or_else(odd)?);
        let mut writer = Writer::default();
        for (i, run) in runs.iter().enumerate() {
            let mut state = states.get(i);
            for row in *run {
                state = operate::binary(BinaryOp::Add, state, values.get(*row as usize))?;
            }
            writer.push(&state)?;
        }
        writer.finish()
    }
}
