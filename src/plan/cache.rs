//! Cached partitions of a persisted plan.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::chunk::Chunk;

/// The partitions of a plan that were kept by `persist`, filled by the first task that reads each. Of two tasks that
/// want one at once, one computes and the other waits, as in Spark's block manager.
#[derive(Default)]
pub struct Cache {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// `None` while nothing is to be kept.
    slots: Option<Vec<Slot>>,
    claims: u64,
}

#[derive(Default)]
enum Slot {
    #[default]
    Empty,
    Claimed(u64, Abandoned),
    Kept(Vec<Chunk>),
}

/// Whether the task that computes a partition was told to end: then another may do it.
pub type Abandoned = Box<dyn Fn() -> bool + Send>;

/// What a reader of a partition finds.
pub enum Found<'a> {
    /// The rows.
    Kept(Vec<Chunk>),
    /// Nothing: the reader is to compute the rows and to fulfil the claim.
    Nothing(Claim<'a>),
    /// Another task computes them.
    Busy,
}

/// The right to compute a partition. Dropped without rows it lets the next reader have it.
pub struct Claim<'a> {
    cache: &'a Cache,
    partition: usize,
    number: u64,
}

impl Cache {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts keeping partitions.
    pub fn enable(&self, partitions: usize) {
        self.lock().slots.get_or_insert_with(|| (0..partitions).map(|_| Slot::Empty).collect());
    }

    /// Drops what is kept and keeps no more.
    pub fn disable(&self) {
        // Rows are released after the lock is.
        let _slots = self.lock().slots.take();
        self.changed.notify_all();
    }

    /// Whether partitions are kept.
    pub fn is_enabled(&self) -> bool {
        self.lock().slots.is_some()
    }

    /// All partitions, if every one is kept: then nothing above is needed.
    pub fn all(&self) -> Option<Vec<Vec<Chunk>>> {
        let kept = |slot: &Slot| if let Slot::Kept(chunks) = slot { Some(chunks.clone()) } else { None };
        self.lock().slots.as_ref()?.iter().map(kept).collect()
    }

    /// A partition's rows, or the right to compute them, which others can have once `abandoned` says so.
    pub fn find(&self, partition: usize, abandoned: Abandoned) -> Found<'_> {
        let mut state = self.lock();
        state.claims += 1;
        let number = state.claims;
        if let Some(slot) = state.slots.as_mut().and_then(|slots| slots.get_mut(partition)) {
            match slot {
                Slot::Kept(chunks) => return Found::Kept(chunks.clone()),
                Slot::Claimed(_, given_up) if !given_up() => return Found::Busy,
                _ => *slot = Slot::Claimed(number, abandoned),
            }
        }
        Found::Nothing(Claim { cache: self, partition, number })
    }

    /// Waits a little for a task that computes a partition.
    pub fn wait(&self) {
        let _ = self.changed.wait_timeout(self.lock(), Duration::from_millis(20));
    }
}

impl Claim<'_> {
    /// Keeps the rows if `persist` is still on.
    pub fn fulfil(self, chunks: Vec<Chunk>) {
        if let Some(slot) = self.cache.lock().slots.as_mut().and_then(|slots| slots.get_mut(self.partition)) {
            *slot = Slot::Kept(chunks);
        }
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if let Some(slot) = self.cache.lock().slots.as_mut().and_then(|slots| slots.get_mut(self.partition))
            && matches!(slot, Slot::Claimed(number, _) if *number == self.number)
        {
            *slot = Slot::Empty;
        }
        self.cache.changed.notify_all();
    }
}
