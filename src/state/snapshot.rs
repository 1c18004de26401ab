//! A partition's state at one time.

use std::sync::Arc;

use crate::chunk::{Chunk, Columns};
use crate::error::Result;
use crate::memory::{Memory, Reservation};
use crate::store::{Level, Stored, StoredRef, Writer};
use crate::sync::Mutex;

use super::index::Index;
use super::places::Places;
use super::run::{Run, crowded, fresh_name};
use super::select::{select, stored_anew};
use super::{Opener, broken};

/// Slots without values, or out of order, that a partition may always have.
const FEW: usize = 1024;
/// What the index takes for a key beside the key, about: a number and the room that a hash table leaves.
const INDEXED: usize = 32;

/// The keys and their values. Invariant: every place lies in a run, every slot's key is in the run that brought it.
#[derive(Clone)]
pub struct Snapshot {
    pub(super) index: Arc<Index>,
    pub(super) places: Places,
    pub(super) runs: Vec<Arc<Run>>,
    /// Keys that went and came again: the slot, and the number of slots there were. It stands before that slot.
    pub(super) moved: Arc<Vec<(u32, u32)>>,
    /// Number of keys that have a value.
    pub(super) live: usize,
    /// For each run how many of its first rows have been looked at because they timed out.
    pub(super) looked: Vec<u32>,
    memory: Arc<Memory>,
    /// For index and places, which several versions share.
    reserved: Arc<Mutex<Reservation>>,
}

/// What a batch makes of a snapshot.
#[derive(Default)]
pub struct Change {
    /// The keys of the slots that are new, in order.
    pub fresh: Vec<Chunk>,
    /// Slots that get a value.
    pub slots: Vec<u32>,
    /// The values.
    pub values: Vec<Chunk>,
    /// Slots that lose theirs.
    pub removed: Vec<u32>,
    /// When they were touched, where keys time out.
    pub time: Option<i64>,
}

impl Snapshot {
    /// No keys.
    pub fn new(index: Index, memory: &Arc<Memory>) -> Self {
        Self {
            index: Arc::new(index),
            places: Places::default(),
            runs: Vec::new(),
            moved: Arc::default(),
            live: 0,
            looked: Vec::new(),
            memory: memory.clone(),
            reserved: Arc::new(Mutex::new(memory.budget.reserve(0))),
        }
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        self.live
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// The slots of keys.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Number of slots: those beyond were given out for keys that it doesn't know.
    pub fn slots(&self) -> usize {
        self.places.len()
    }

    /// Whether a slot has a value.
    pub fn has(&self, slot: u32) -> bool {
        self.places.get(slot).is_some()
    }

    /// Bytes that it takes, in memory and in files.
    pub fn bytes(&self) -> usize {
        let runs: usize = self.runs.iter().map(|run| run.bytes()).sum();
        runs + self.places.weight() + INDEXED * self.places.len() + 8 * self.moved.len()
    }

    /// The state after a batch.
    pub fn with(&self, change: Change, opener: &dyn Opener) -> Result<Self> {
        let mut next = self.clone();
        next.add(change)?;
        next.tidy(opener)?;
        let bytes = next.places.weight() + INDEXED * next.places.len();
        next.reserved.lock().resize(bytes);
        Ok(next)
    }

    /// As `with`; nothing is put together.
    fn add(&mut self, mut change: Change) -> Result<()> {
        let keys = stored(std::mem::take(&mut change.fresh), &self.memory)?;
        let values = stored(std::mem::take(&mut change.values), &self.memory)?;
        self.add_stored(keys, values, change)
    }

    /// The same with the new keys and the values apart.
    fn add_stored(&mut self, keys: StoredRef, values: StoredRef, change: Change) -> Result<()> {
        let first = self.places.len() as u32;
        if values.rows() != change.slots.len() {
            return Err(broken("values without slots"));
        }
        let slots = self.places.len() + keys.rows();
        self.places.grow(slots);
        let run = self.runs.len() as u32;
        let moved_before = self.moved.len();
        let mut moved: Option<Vec<(u32, u32)>> = None;
        for slot in &change.removed {
            self.live -= usize::from(self.places.set(*slot, None));
        }
        for (row, slot) in change.slots.iter().enumerate() {
            if self.places.set(*slot, Some((run, row as u32))) {
                continue;
            }
            self.live += 1;
            if *slot < first {
                // It came after all keys that there were, and before the batch's new ones that follow.
                let all = moved.get_or_insert_with(|| self.moved.to_vec());
                all.push((*slot, u32::MAX));
            }
        }
        if let Some(mut all) = moved {
            place_moved(&mut all, moved_before, &change.slots, first, slots as u32);
            self.moved = Arc::new(all);
        }
        let times = change.time.map_or_else(Vec::new, |time| vec![time; change.slots.len()]);
        let (slots, removed) = (change.slots, change.removed);
        if keys.rows() + slots.len() + removed.len() > 0 {
            self.runs.push(Arc::new(Run { name: fresh_name(), keys, first, slots, values, times, removed }));
            self.looked.push(0);
        }
        Ok(())
    }

    /// Puts runs together where they have piled up, all of them where much of what they hold is gone.
    fn tidy(&mut self, opener: &dyn Opener) -> Result<()> {
        let values: usize = self.runs.iter().map(|run| run.slots.len()).sum();
        let dead = self.places.len() - self.live + self.moved.len();
        if dead > self.live / 2 + FEW {
            return self.rebuild(opener);
        }
        if values > self.live + self.live / 2 + FEW {
            return self.put_together(0, opener);
        }
        match crowded(&self.runs) {
            Some(from) => self.put_together(from, opener),
            None => Ok(()),
        }
    }

    /// Makes one run of those from `from` on.
    fn put_together(&mut self, from: usize, opener: &dyn Opener) -> Result<()> {
        let mut rows: Vec<(i64, u32, u32, u32)> = Vec::new();
        let (mut keys, mut removed) = (Vec::new(), Vec::new());
        let by_time = self.runs.iter().any(|run| !run.times.is_empty());
        for (number, run) in self.runs.iter().enumerate().skip(from) {
            for (row, slot) in run.slots.iter().enumerate() {
                if self.places.get(*slot) == Some((number as u32, row as u32)) {
                    rows.push((run.times.get(row).copied().unwrap_or(0), *slot, number as u32, row as u32));
                }
            }
            keys.push(run.keys.clone());
            removed.extend(run.removed.iter().copied().filter(|slot| self.places.get(*slot).is_none()));
        }
        removed.sort_unstable();
        removed.dedup();
        // By time, so that those that time out come first; else by slot, which is how they are read.
        rows.sort_unstable();
        let slots: Vec<u32> = rows.iter().map(|row| row.1).collect();
        let values = stored_anew(&rows, &self.memory, |rows| {
            self.values_at(&rows.iter().map(|row| (row.2, row.3)).collect::<Vec<_>>(), opener)
        })?;
        let first = self.runs.get(from).map_or(0, |run| run.first);
        self.runs.truncate(from);
        self.looked.truncate(from);
        for (row, slot) in slots.iter().enumerate() {
            self.places.set(*slot, Some((from as u32, row as u32)));
        }
        let times = if by_time { rows.iter().map(|row| row.0).collect() } else { Vec::new() };
        let keys = Stored::concat(&keys);
        self.runs.push(Arc::new(Run { name: fresh_name(), keys, first, slots, values, times, removed }));
        self.looked.push(0);
        Ok(())
    }

    /// Numbers the keys anew, in their order.
    fn rebuild(&mut self, opener: &dyn Opener) -> Result<()> {
        let index = if self.index.is_native() { Index::native() } else { Index::Object(opener.index()?) };
        *self = self.reindexed(index, opener)?;
        Ok(())
    }

    /// The same, as if every key had been touched at `time`.
    pub fn touched(mut self, time: i64, opener: &dyn Opener) -> Result<Self> {
        if self.live > 0 {
            self.put_together(0, opener)?;
            self.set_times(&vec![time; self.live], opener)?;
        }
        Ok(self)
    }

    /// The same with another, empty index.
    pub fn reindexed(&self, index: Index, opener: &dyn Opener) -> Result<Self> {
        let order = self.order();
        let places = order.iter().filter_map(|slot| self.places.get(*slot)).collect::<Vec<_>>();
        let values = stored_anew(&places, &self.memory, |places| self.values_at(places, opener))?;
        let time = |(run, row): &(u32, u32)| self.runs[*run as usize].times.get(*row as usize).copied();
        let times: Vec<i64> = places.iter().filter_map(time).collect();
        let mut next = Self::new(index, &self.memory);
        let mut at = 0;
        let keys = stored_anew(&order, &self.memory, |slots| {
            let keys = self.keys_of(slots, opener)?;
            for chunk in &keys {
                match next.index.slots(chunk)? {
                    Ok(slots) if slots.iter().enumerate().all(|(i, slot)| *slot as usize == at + i) => {
                        at += chunk.len();
                    }
                    _ => return Err(broken("a key that comes twice")),
                }
            }
            Ok(keys)
        })?;
        let slots: Vec<u32> = (0..order.len() as u32).collect();
        next.add_stored(keys, values, Change { slots, ..Change::default() })?;
        if times.len() == order.len() && !times.is_empty() {
            next.set_times(&times, opener)?;
        }
        Ok(next)
    }

    /// Gives the rows of the only run their times, and puts them in the order of these.
    fn set_times(&mut self, times: &[i64], opener: &dyn Opener) -> Result<()> {
        if let Some(run) = self.runs.pop() {
            let run = Run {
                name: run.name.clone(),
                keys: run.keys.clone(),
                first: run.first,
                slots: run.slots.clone(),
                values: run.values.clone(),
                times: times.to_vec(),
                removed: Vec::new(),
            };
            self.runs.push(Arc::new(run));
            self.put_together(0, opener)?;
        }
        Ok(())
    }

    /// A slot that has a value, if one has.
    pub fn some_slot(&self) -> Option<u32> {
        (0..self.places.len() as u32).find(|slot| self.has(*slot))
    }

    /// The slots that have values, in the order of their keys.
    pub fn order(&self) -> Vec<u32> {
        let mut order = Vec::with_capacity(self.live);
        if self.moved.is_empty() {
            order.extend((0..self.places.len() as u32).filter(|slot| self.has(*slot)));
            return order;
        }
        // Where a key came again more than once, the last time counts.
        let mut last = std::collections::HashMap::new();
        for (number, (slot, _)) in self.moved.iter().enumerate() {
            last.insert(*slot, number);
        }
        let mut moved = self.moved.iter().enumerate().peekable();
        for slot in 0..=self.places.len() as u32 {
            while let Some((number, (again, _))) = moved.next_if(|(_, (_, before))| *before <= slot) {
                if last.get(again) == Some(&number) && self.has(*again) {
                    order.push(*again);
                }
            }
            if (slot as usize) < self.places.len() && self.has(slot) && !last.contains_key(&slot) {
                order.push(slot);
            }
        }
        order
    }

    /// The keys of slots.
    pub fn keys_of(&self, slots: &[u32], opener: &dyn Opener) -> Result<Vec<Chunk>> {
        let pieces: Vec<(usize, &StoredRef)> =
            self.runs.iter().filter(|run| run.keys.rows() > 0).map(|run| (run.first as usize, &run.keys)).collect();
        let mut places = Vec::with_capacity(slots.len());
        for slot in slots {
            let slot = *slot as usize;
            let piece = pieces.partition_point(|(first, _)| *first <= slot).checked_sub(1);
            let piece = piece.ok_or_else(|| broken("a slot without a key"))?;
            places.push((piece, slot - pieces[piece].0));
        }
        let stored: Vec<&StoredRef> = pieces.iter().map(|(_, keys)| *keys).collect();
        select(&stored, places, opener)
    }

    /// The values of slots, which have some.
    pub fn values_of(&self, slots: &[u32], opener: &dyn Opener) -> Result<Vec<Chunk>> {
        let places: Option<Vec<(u32, u32)>> = slots.iter().map(|slot| self.places.get(*slot)).collect();
        self.values_at(&places.ok_or_else(|| broken("a slot without a value"))?, opener)
    }

    /// Which slots have values, and those, in the order of the slots.
    pub fn found(&self, slots: &[u32], opener: &dyn Opener) -> Result<(Vec<bool>, Vec<Chunk>)> {
        let places: Vec<Option<(u32, u32)>> = slots.iter().map(|slot| self.places.get(*slot)).collect();
        let known: Vec<(u32, u32)> = places.iter().flatten().copied().collect();
        Ok((places.iter().map(Option::is_some).collect(), self.values_at(&known, opener)?))
    }

    fn values_at(&self, places: &[(u32, u32)], opener: &dyn Opener) -> Result<Vec<Chunk>> {
        let stored: Vec<&StoredRef> = self.runs.iter().map(|run| &run.values).collect();
        let places = places.iter().map(|(run, row)| (*run as usize, *row as usize)).collect();
        select(&stored, places, opener)
    }

    /// The slots that were touched last before `threshold`, those first that have waited longest.
    pub fn timed_out(&mut self, threshold: i64) -> Vec<u32> {
        let mut found = Vec::new();
        for (number, (run, looked)) in self.runs.iter().zip(&mut self.looked).enumerate() {
            while let Some(time) = run.times.get(*looked as usize).filter(|time| **time < threshold) {
                let slot = run.slots[*looked as usize];
                if self.places.get(slot) == Some((number as u32, *looked)) {
                    found.push((*time, slot));
                }
                *looked += 1;
            }
        }
        found.sort_unstable();
        found.into_iter().map(|(_, slot)| slot).collect()
    }

    /// The values of slots as one column, where they are one; nothing for no slots.
    pub fn columns_of(&self, slots: &[u32], opener: &dyn Opener) -> Result<Option<Columns>> {
        Ok(match self.values_of(slots, opener)?.as_slice() {
            [Chunk::Columns(one)] => Some(one.clone()),
            _ => None,
        })
    }
}

/// Puts the keys that came again where they belong: before the first new slot of the batch that follows them.
fn place_moved(moved: &mut [(u32, u32)], from: usize, slots: &[u32], first: u32, end: u32) {
    let mut next = end;
    let mut again = moved[from..].iter_mut().rev().peekable();
    for slot in slots.iter().rev() {
        if *slot >= first {
            next = *slot;
        } else if let Some(entry) = again.next_if(|entry| entry.0 == *slot) {
            entry.1 = next;
        }
    }
}

pub(super) fn stored(chunks: Vec<Chunk>, memory: &Arc<Memory>) -> Result<StoredRef> {
    let mut writer = Writer::new(memory, Level::MemoryAndDisk);
    for chunk in chunks {
        writer.push(chunk)?;
    }
    writer.finish()
}
