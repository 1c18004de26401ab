//! The partitions of a cache, a shuffle or another thing that is stored once and read often. Of two tasks that want one
//! at once, one computes and the other waits, as in Spark's block manager.

use std::mem;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::chunk::Cancel;
use crate::error::Result;
use crate::memory::{Registration, Spill};
use crate::sync::{Condvar, Guard, Mutex};

use super::{Level, StoredRef};

/// A waiting task looks at least so often whether it was told to end.
const SLICE: Duration = Duration::from_millis(20);

/// Slots for partitions, each filled by the first task that wants it. Nothing is kept until `enable`.
#[derive(Default)]
pub struct Slots {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// `None` while nothing is to be kept.
    slots: Option<Vec<Slot>>,
    level: Level,
    claims: u64,
}

enum Slot {
    Empty,
    /// By a task that ends when this is set: then another may have it.
    Claimed(u64, Cancel),
    Ready(StoredRef),
    /// Ready, or evicted.
    Evictable(Arc<Evictable>),
}

/// What a reader of a partition finds.
pub enum Found {
    /// The rows.
    Ready(StoredRef),
    /// Nothing, or what was there was evicted: the reader is to compute the rows and to fulfil the claim.
    Claim(Claim),
    /// Another task computes them.
    Busy,
}

/// The right to compute a partition. Dropped without rows it lets the next reader have it.
pub struct Claim {
    slots: Arc<Slots>,
    partition: usize,
    number: u64,
}

impl Slots {
    /// Slots that keep `partitions` from the start.
    pub fn keeping(partitions: usize, level: Level) -> Arc<Self> {
        let slots = Arc::new(Self::default());
        slots.enable(partitions, level);
        slots
    }

    /// Starts keeping partitions, if none are kept so far.
    pub fn enable(&self, partitions: usize, level: Level) {
        let mut state = self.lock();
        if state.slots.is_none() {
            state.slots = Some(empty(partitions));
            state.level = level;
        }
    }

    /// Drops what is kept and keeps no more.
    pub fn disable(&self) {
        let old = self.lock().slots.take();
        self.changed.notify_all();
        drop(old);
    }

    /// Drops what is kept and starts anew. Claims from before are no longer fulfilled.
    pub fn clear(&self) {
        let old = {
            let mut state = self.lock();
            let partitions = state.slots.as_ref().map(Vec::len);
            mem::replace(&mut state.slots, partitions.map(empty))
        };
        self.changed.notify_all();
        drop(old);
    }

    /// Whether partitions are kept.
    pub fn is_enabled(&self) -> bool {
        self.lock().slots.is_some()
    }

    /// How many partitions are kept.
    pub fn partitions(&self) -> usize {
        self.lock().slots.as_ref().map_or(0, Vec::len)
    }

    /// At which level.
    pub fn level(&self) -> Level {
        self.lock().level
    }

    /// A partition's rows, if they are there.
    pub fn get(&self, partition: usize) -> Option<StoredRef> {
        let slot = self.lock().slots.as_ref()?.get(partition)?.reader()?;
        slot.rows()
    }

    /// All partitions, if every one is there: then nothing above is needed.
    pub fn all_ready(&self) -> Option<Vec<StoredRef>> {
        let readers = self.lock().slots.as_ref()?.iter().map(Slot::reader).collect::<Option<Vec<_>>>()?;
        readers.iter().map(Reader::rows).collect()
    }

    /// How many partitions are there.
    pub fn ready(&self) -> usize {
        let readers: Vec<Reader> = self.lock().slots.iter().flatten().filter_map(Slot::reader).collect();
        readers.iter().filter(|reader| reader.is_there()).count()
    }

    /// A partition's rows, or the right to compute them, which others can have once `cancel` is set.
    pub fn find(self: &Arc<Self>, partition: usize, cancel: &Cancel) -> Found {
        loop {
            let mut state = self.lock();
            state.claims += 1;
            let number = state.claims;
            let mut old = None;
            if let Some(slot) = state.slots.as_mut().and_then(|slots| slots.get_mut(partition)) {
                match slot {
                    Slot::Claimed(_, by) if !by.is_set() => return Found::Busy,
                    Slot::Evictable(kept) if kept.is_evicted() => {}
                    Slot::Ready(_) | Slot::Evictable(_) => {
                        let reader = slot.reader();
                        drop(state);
                        match reader.and_then(|reader| reader.rows()) {
                            Some(rows) => return Found::Ready(rows),
                            // Evicted between two looks.
                            None => continue,
                        }
                    }
                    _ => {}
                }
                old = Some(mem::replace(slot, Slot::Claimed(number, cancel.clone())));
            }
            drop(state);
            drop(old);
            return Found::Claim(Claim { slots: self.clone(), partition, number });
        }
    }

    /// Like `find`, but waits while another task computes the rows: never `Busy`. `waiting` is called now and then
    /// without a lock; its error ends the wait, as does `cancel`.
    pub fn obtain(
        self: &Arc<Self>,
        partition: usize,
        cancel: &Cancel,
        mut waiting: impl FnMut() -> Result<()>,
    ) -> Result<Found> {
        loop {
            cancel.check()?;
            match self.find(partition, cancel) {
                Found::Busy => self.wait(partition),
                found => return Ok(found),
            }
            waiting()?;
        }
    }

    /// Waits a little for the task that computes a partition; not at all if there is none.
    pub fn wait(&self, partition: usize) {
        let state = self.lock();
        let slot = state.slots.as_ref().and_then(|slots| slots.get(partition));
        if matches!(slot, Some(Slot::Claimed(_, by)) if !by.is_set()) {
            let _ = self.changed.wait_timeout(state, SLICE);
        }
    }

    #[track_caller]
    fn lock(&self) -> Guard<'_, State> {
        self.state.lock()
    }

    /// Puts something into the slot if the claim still holds; what was there, for the caller to drop.
    fn settle(&self, partition: usize, number: u64, new: Slot) -> Slot {
        let mut state = self.lock();
        match state.slots.as_mut().and_then(|slots| slots.get_mut(partition)) {
            Some(slot @ &mut Slot::Claimed(held, _)) if held == number => mem::replace(slot, new),
            _ => new,
        }
    }
}

fn empty(partitions: usize) -> Vec<Slot> {
    (0..partitions).map(|_| Slot::Empty).collect()
}

impl Claim {
    /// Which partition.
    pub fn partition(&self) -> usize {
        self.partition
    }

    /// Keeps the rows, if partitions are still kept and nobody took the claim over.
    pub fn fulfil(self, rows: StoredRef) {
        let budget = rows.memory().map(|memory| memory.budget.clone());
        let new = match (self.slots.level(), budget) {
            (Level::Memory, Some(budget)) => {
                let kept = Arc::new(Evictable { rows: Mutex::new(Some(rows)), registration: OnceLock::new() });
                let weak = Arc::downgrade(&kept);
                let _ = kept.registration.set(budget.register(weak));
                Slot::Evictable(kept)
            }
            _ => Slot::Ready(rows),
        };
        drop(self.slots.settle(self.partition, self.number, new));
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        drop(self.slots.settle(self.partition, self.number, Slot::Empty));
        self.slots.changed.notify_all();
    }
}

/// A partition that is let go of when memory is short. Readers that have it keep it.
struct Evictable {
    rows: Mutex<Option<StoredRef>>,
    registration: OnceLock<Registration>,
}

impl Evictable {
    #[track_caller]
    fn lock(&self) -> Guard<'_, Option<StoredRef>> {
        self.rows.lock()
    }

    fn is_evicted(&self) -> bool {
        self.lock().is_none()
    }
}

impl Spill for Evictable {
    /// Nothing while someone reads it: letting go of it would free nothing.
    fn weight(&self) -> usize {
        self.lock().as_ref().filter(|rows| Arc::strong_count(rows) == 1).map_or(0, |rows| rows.weight())
    }

    fn spill(&self) -> Result<usize> {
        let rows = self.lock().take();
        Ok(rows.map_or(0, |rows| rows.weight()))
    }
}

/// What a slot has, for use without the lock.
enum Reader {
    Ready(StoredRef),
    Evictable(Arc<Evictable>),
}

impl Slot {
    fn reader(&self) -> Option<Reader> {
        match self {
            Self::Ready(rows) => Some(Reader::Ready(rows.clone())),
            Self::Evictable(kept) => Some(Reader::Evictable(kept.clone())),
            Self::Empty | Self::Claimed(..) => None,
        }
    }
}

impl Reader {
    fn rows(&self) -> Option<StoredRef> {
        match self {
            Self::Ready(rows) => Some(rows.clone()),
            Self::Evictable(kept) => {
                if let Some(registration) = kept.registration.get() {
                    registration.touch();
                }
                kept.lock().clone()
            }
        }
    }

    fn is_there(&self) -> bool {
        match self {
            Self::Ready(_) => true,
            Self::Evictable(kept) => !kept.is_evicted(),
        }
    }
}
