//! The reduce side of a sort: all rows in order, cut into ranges.

use arrow_array::Array;

use crate::chunk::{CHUNK_ROWS, Chunk, Columns, Type, compact};
use crate::error::{Decline, Result};
use crate::fault::declining;
use crate::plan::{Op, Order, Plan, Role};
use crate::shuffle::sort;

use super::op::{pair, to_columns};
use super::{Frozen, ObjectOrder, Task};

/// Sorts the rows of every input partition (in the partitions' order) and cuts them into `n` ranges. Boundaries follow
/// `PySpark`'s rule with every key in the sample; rows with equal keys share a range.
pub fn sort_partitions(rows: Vec<Chunk>, plan: &Plan, n: usize, task: &Task) -> Result<Vec<Vec<Chunk>>> {
    let Op::Sort(Order { by_key, ascending, .. }) = plan.op() else { return Ok(Vec::new()) };
    let key = task.prepared.optional(plan, Role::Key);
    if n == 0 || rows.is_empty() {
        return Ok(vec![Vec::new(); n]);
    }
    let count: usize = rows.iter().map(Chunk::len).sum();
    let native = declining(|| sorted(&rows, key, *by_key, *ascending, n, task));
    // A cancelled sort ends between its steps: it is no reason to begin another in the interpreter.
    task.cancel.check()?;
    match native {
        Ok((sorted, cuts)) => {
            if let Some(key) = key {
                key.function.counters().add_native(count);
            }
            cuts.windows(2)
                .map(|w| {
                    Ok(if w[1] > w[0] { vec![Chunk::Columns(sorted.slice(w[0], w[1] - w[0]))] } else { Vec::new() })
                })
                .collect()
        }
        Err(decline) => {
            if let Some(key) = key {
                if key.frozen.native.is_ok() {
                    key.function.counters().add_declined(count, &decline);
                }
                key.function.counters().add_python(count);
            }
            let order = ObjectOrder {
                key: key.map(|key| key.frozen.object.clone()),
                by_key: *by_key,
                ascending: *ascending,
                name: plan.name().into(),
            };
            let parts = task.prepared.interpreter.sort(rows, &order, n, task)?;
            parts.iter().map(|c| if c.is_empty() { Ok(Vec::new()) } else { Ok(vec![task.shareable(c)?]) }).collect()
        }
    }
}

/// The rows in order and where the ranges begin and end.
fn sorted(
    rows: &[Chunk],
    key: Option<&Frozen>,
    by_key: bool,
    ascending: bool,
    n: usize,
    task: &Task,
) -> Result<(Columns, Vec<usize>), Decline> {
    let go_on = || task.cancel.check().map_err(|_| Decline::new("the job was cancelled"));
    let all = columns(rows)?;
    let mut keys = if by_key { pair(&all)?[0].clone() } else { all.clone() };
    if let Some(key) = key {
        let compiled = key.frozen.native.as_ref().map_err(Clone::clone)?;
        let mut parts = Vec::with_capacity(keys.len() / CHUNK_ROWS + 1);
        for from in (0..keys.len()).step_by(CHUNK_ROWS) {
            go_on()?;
            parts.push(compiled.map(&[keys.slice(from, CHUNK_ROWS.min(keys.len() - from))])?);
        }
        keys = Columns::concat(&parts).ok_or_else(|| Decline::new("keys of different types"))?;
    }
    // Python compares even a single key, with the bounds of the ranges.
    if n > 1 && keys.len() == 1 && (*keys.kind() == Type::Null || keys.array().is_null(0)) {
        return Err(Decline::new("None can't be compared"));
    }
    go_on()?;
    let order = sort::order(&keys, ascending)?;
    go_on()?;
    let cuts = sort::cuts(&keys, &order, ascending, n);
    let taken = all.take(&order)?;
    go_on()?;
    Ok((compact(&taken), cuts))
}

/// All rows as one column.
fn columns(rows: &[Chunk]) -> Result<Columns, Decline> {
    let parts = rows.iter().map(to_columns).collect::<Result<Vec<_>, _>>()?;
    Columns::concat(&parts).ok_or_else(|| Decline::new("partitions of different types"))
}
