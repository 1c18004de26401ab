//! The reduce side of a sort: all rows in order, cut into ranges.

use crate::chunk::{Chunk, Columns};
use crate::error::{Decline, Result};
use crate::fault::declining;
use crate::shuffle::{compact, sort};

use super::cached::shareable;
use super::chain::pair;
use super::{FrozenExchange, ObjectOrder, Task};

/// Sorts the rows of every input partition (in the partitions' order) and cuts them into `n` ranges. Boundaries follow
/// `PySpark`'s rule with every key in the sample; rows with equal keys share a range.
pub fn sort_partitions(rows: Vec<Chunk>, exchange: &FrozenExchange, n: usize, task: &Task) -> Result<Vec<Vec<Chunk>>> {
    let FrozenExchange::Sort { name, key, function, by_key, ascending } = exchange else { return Ok(Vec::new()) };
    if n == 0 || rows.is_empty() {
        return Ok(vec![Vec::new(); n]);
    }
    let count: usize = rows.iter().map(Chunk::len).sum();
    let native = declining(|| {
        let all = columns(&rows)?;
        let mut keys = if *by_key { pair(&all)?[0].clone() } else { all.clone() };
        if let Some(frozen) = key {
            keys = match &frozen.native {
                Ok(compiled) => compiled.map(&[keys])?,
                Err(decline) => return Err(decline.clone()),
            };
        }
        let order = sort::order(&keys, *ascending)?;
        let cuts = sort::cuts(&keys, &order, *ascending, n);
        Ok((all.take(&order)?, cuts))
    });
    match native {
        Ok((sorted, cuts)) => {
            if let Some(function) = function {
                function.counters().add_native(count);
            }
            let sorted = compact(&sorted);
            cuts.windows(2)
                .map(|w| {
                    Ok(if w[1] > w[0] { vec![Chunk::Columns(sorted.slice(w[0], w[1] - w[0]))] } else { Vec::new() })
                })
                .collect()
        }
        Err(decline) => {
            if let Some(function) = function {
                if key.as_ref().is_some_and(|k| k.native.is_ok()) {
                    function.counters().add_declined(count, &decline);
                }
                function.counters().add_python(count);
            }
            let order = ObjectOrder {
                key: key.as_ref().map(|k| k.object.clone()),
                by_key: *by_key,
                ascending: *ascending,
                name: name.clone(),
            };
            let parts = task.prepared.interpreter.sort(rows, &order, n)?;
            parts.iter().map(|c| if c.is_empty() { Ok(Vec::new()) } else { Ok(vec![shareable(c, task)?]) }).collect()
        }
    }
}

/// All rows as one column.
fn columns(rows: &[Chunk]) -> Result<Columns, Decline> {
    let mut parts = Vec::with_capacity(rows.len());
    for chunk in rows {
        parts.push(match chunk {
            Chunk::Columns(c) => c.clone(),
            Chunk::Objects(o) => o.try_columns().ok_or_else(|| Decline::new("rows of mixed or unknown types"))?,
        });
    }
    Columns::concat(&parts).ok_or_else(|| Decline::new("partitions of different types"))
}
