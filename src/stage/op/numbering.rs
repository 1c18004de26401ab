//! Keys by number, in the order of their first appearance: natively, or, from the first key that columns don't have, by
//! the interpreter's own equality.

use crate::chunk::{Chunk, Columns, Type};
use crate::error::{Decline, Result};
use crate::fault::declining;
use crate::shuffle::join::Numbers;
use crate::stage::{ObjectNumbers, Task};

use super::chain::to_columns;

/// The number of each key that has come.
pub(super) struct Numbering {
    known: Known,
    /// Whether values are lists, which weigh as many items.
    lists: bool,
}

enum Known {
    Native(Box<Numbers>),
    Objects(Box<dyn ObjectNumbers>),
}

/// The pairs of a chunk: each one's key number, and about how many bytes it takes.
pub(super) struct Numbered {
    pub(super) numbers: Vec<u32>,
    pub(super) weights: Vec<usize>,
}

impl Numbering {
    pub(super) fn new(lists: bool) -> Self {
        Self { known: Known::Native(Box::default()), lists }
    }

    /// Numbers the keys of pairs.
    pub(super) fn add(&mut self, pairs: &Chunk, task: &Task) -> Result<Numbered> {
        let (numbers, items) = self.count(pairs, task)?;
        let total: usize = items.iter().map(|items| *items as usize).sum();
        let item = pairs.weight() / total.max(1);
        Ok(Numbered { numbers, weights: items.iter().map(|items| item * *items as usize).collect() })
    }

    /// The keys with these numbers, each as one row.
    pub(super) fn keys(&self, numbers: &[u32]) -> Result<Vec<Chunk>> {
        match &self.known {
            Known::Native(known) => {
                let keys = known.to_columns().unwrap_or_else(|| Columns::empty(Type::Null));
                Ok(numbers.iter().map(|number| Chunk::Columns(keys.slice(*number as usize, 1))).collect())
            }
            Known::Objects(known) => numbers.iter().map(|number| known.key(*number as usize)).collect(),
        }
    }

    /// The numbers, and how many items each value has.
    fn count(&mut self, pairs: &Chunk, task: &Task) -> Result<(Vec<u32>, Vec<u32>)> {
        if let Known::Native(numbers) = &mut self.known {
            let lists = self.lists;
            if let Ok(counted) = declining(|| native(numbers, &to_columns(pairs)?, lists)) {
                return Ok(counted);
            }
            let mut objects = task.prepared.interpreter.numbers()?;
            if let Some(keys) = numbers.to_columns() {
                objects.seed(&Chunk::Columns(keys))?;
            }
            self.known = Known::Objects(objects);
        }
        match &mut self.known {
            Known::Objects(objects) => objects.add(pairs, self.lists, task),
            Known::Native(_) => Ok((Vec::new(), Vec::new())),
        }
    }
}

fn native(numbers: &mut Numbers, pairs: &Columns, lists: bool) -> Result<(Vec<u32>, Vec<u32>), Decline> {
    let [_, values] = super::pair(pairs)?;
    let items = if lists {
        let (borders, _) = values.lists().ok_or(Decline::new("values that are not lists"))?;
        borders.windows(2).map(|pair| (pair[1] - pair[0]) as u32).collect()
    } else {
        vec![1; pairs.len()]
    };
    let (slots, _) = numbers.number(pairs)?;
    Ok((slots, items))
}
