//! Keys whose values are too many for a task's share of the memory. While the pairs of a part are read they are told
//! apart, and their values go to stores of their own, in the order in which they came.

use crate::chunk::{Chunk, Columns};
use crate::error::{Error, Kind, Result};
use crate::shuffle::scatter;
use crate::stage::Task;
use crate::store::{Level, Stored, StoredRef, Writer};

use super::numbering::Numbering;
use super::split::SPREAD;

/// A key with too many values.
pub(super) struct Heavy {
    /// How many keys came before it for the first time.
    pub(super) number: usize,
    /// The key, as one row.
    pub(super) key: Chunk,
    /// Its values in each input.
    pub(super) sides: Vec<StoredRef>,
}

/// The pairs of a part.
pub(super) struct Apart {
    /// Each input's pairs of the other keys, in their order.
    pub(super) light: Vec<StoredRef>,
    /// In the order of their first appearance.
    pub(super) heavy: Vec<Heavy>,
}

/// Whether a part of the keys weighs far more than it was meant to: one key has much of it, or a few have.
pub(super) fn is_heavy(part: &[StoredRef], task: &Task) -> bool {
    let bytes: usize = part.iter().map(|rows| rows.bytes()).sum();
    bytes.saturating_mul(SPREAD) > 2 * task.share().fair()
}

/// Tells the heavy keys of a part apart. One pass finds them: what came of a key before it was known as heavy lies with
/// the others' pairs, and is taken out of there at the end. `lists`: the values are lists, and what is kept are their items.
pub(super) fn apart(part: &[StoredRef], lists: bool, task: &Task) -> Result<Apart> {
    let mut route = Route {
        lists,
        task,
        most: task.share().fair() / (2 * SPREAD),
        numbering: Numbering::new(lists),
        weights: Vec::new(),
        places: Vec::new(),
        heavy: Vec::new(),
    };
    let late = route.pass(part, true)?;
    if route.heavy.is_empty() {
        return Ok(Apart { light: late.rest, heavy: Vec::new() });
    }
    let early = route.pass(&late.rest, false)?;
    let mut heavy = Vec::with_capacity(route.heavy.len());
    let keys = route.numbering.keys(&route.heavy)?;
    for (place, (number, key)) in route.heavy.iter().zip(keys).enumerate() {
        let side = |side: usize| Stored::concat(&[early.heavy[place][side].clone(), late.heavy[place][side].clone()]);
        heavy.push(Heavy { number: *number as usize, key, sides: (0..part.len()).map(side).collect() });
    }
    heavy.sort_by_key(|key| key.number);
    Ok(Apart { light: early.rest, heavy })
}

struct Route<'a> {
    lists: bool,
    task: &'a Task,
    /// A key with more bytes is heavy.
    most: usize,
    numbering: Numbering,
    /// By key number: bytes so far.
    weights: Vec<usize>,
    /// By key number: its place in `heavy` and one, or 0.
    places: Vec<u32>,
    /// Numbers of the heavy keys.
    heavy: Vec<u32>,
}

/// Where a pass has put the pairs.
struct Passed {
    rest: Vec<StoredRef>,
    /// By heavy key, by input.
    heavy: Vec<Vec<StoredRef>>,
}

impl Route<'_> {
    /// Reads all inputs. Where keys are weighed, some become heavy on the way.
    fn pass(&mut self, part: &[StoredRef], weighed: bool) -> Result<Passed> {
        let memory = self.task.prepared.memory.clone();
        let writer = || Writer::new(&memory, Level::MemoryAndDisk);
        let mut rest: Vec<Writer> = part.iter().map(|_| writer()).collect();
        let mut heavy: Vec<Vec<Writer>> = Vec::new();
        heavy.resize_with(self.heavy.len(), || part.iter().map(|_| writer()).collect());
        for (side, rows) in part.iter().enumerate() {
            let mut stream = rows.open(&self.task.cancel);
            while let Some(pairs) = stream.next(usize::MAX)? {
                self.task.cancel.check()?;
                let ids = self.ids(&pairs, weighed)?;
                heavy.resize_with(self.heavy.len(), || part.iter().map(|_| writer()).collect());
                for (place, pairs) in self.scatter(&pairs, &ids)?.into_iter().enumerate() {
                    let Some(pairs) = pairs.filter(|pairs| !pairs.is_empty()) else { continue };
                    match place.checked_sub(1) {
                        None => rest[side].push(pairs)?,
                        Some(key) => heavy[key][side].push(self.kept(&pairs)?)?,
                    }
                }
            }
        }
        let finish = |writers: Vec<Writer>| writers.into_iter().map(Writer::finish).collect::<Result<Vec<_>>>();
        Ok(Passed { rest: finish(rest)?, heavy: heavy.into_iter().map(finish).collect::<Result<_>>()? })
    }

    /// For each pair 0, or its heavy key's place and one.
    fn ids(&mut self, pairs: &Chunk, weighed: bool) -> Result<Vec<u32>> {
        let numbered = self.numbering.add(pairs, self.task)?;
        if weighed {
            for (number, weight) in numbered.numbers.iter().zip(&numbered.weights) {
                let at = *number as usize;
                if at >= self.weights.len() {
                    self.weights.resize(at + 1, 0);
                    self.places.resize(at + 1, 0);
                }
                self.weights[at] += weight;
                if self.weights[at] > self.most && self.places[at] == 0 {
                    self.heavy.push(*number);
                    self.places[at] = self.heavy.len() as u32;
                }
            }
        }
        Ok(numbered.numbers.iter().map(|number| self.places[*number as usize]).collect())
    }

    /// The pairs by `ids`, in a form that several readers can have.
    fn scatter(&self, pairs: &Chunk, ids: &[u32]) -> Result<Vec<Option<Chunk>>> {
        let n = self.heavy.len() + 1;
        match pairs {
            Chunk::Columns(columns) => {
                let parts = scatter(columns, ids, n).map_err(|e| Error::new(Kind::Spark, format!("a group: {e}")))?;
                Ok(parts.into_iter().map(|part| part.map(Chunk::Columns)).collect())
            }
            Chunk::Objects(objects) => {
                let parts = self.task.prepared.interpreter.scatter(objects, ids, n)?;
                Ok(parts.into_iter().map(Some).collect())
            }
        }
    }

    /// What is kept of a heavy key's pairs.
    fn kept(&self, pairs: &Chunk) -> Result<Chunk> {
        let native = match pairs {
            Chunk::Columns(pairs) => values(pairs, self.lists),
            Chunk::Objects(_) => None,
        };
        match native {
            Some(values) => Ok(Chunk::Columns(values)),
            None => self.task.prepared.interpreter.values(pairs, self.lists),
        }
    }
}

fn values(pairs: &Columns, lists: bool) -> Option<Columns> {
    let [_, values] = super::pair(pairs).ok()?;
    if lists { values.lists().map(|(_, items)| items) } else { Some(values) }
}
