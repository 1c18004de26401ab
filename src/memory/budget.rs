//! Counts what rows take, and asks for memory back: who keeps rows says how many bytes they are, and registers what can
//! be put into a file or dropped.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use crate::error::Result;
use crate::sync::{Guard, Mutex};

/// Something that keeps rows in memory and can do without.
pub trait Spill: Send + Sync {
    /// Bytes that `spill` would give back now.
    fn weight(&self) -> usize;
    /// Gives memory back, and its reservation: how many bytes. Called without a lock of the budget's, by any thread,
    /// also by one that is at a `make_room` for rows of its own.
    fn spill(&self) -> Result<usize>;
}

/// The bytes that rows take. Reserving never fails and never waits: who reserves asks for room afterwards, so `used` may
/// exceed `limit` by what tasks reserve at one time.
pub struct Budget {
    limit: usize,
    used: AtomicUsize,
    peak: AtomicUsize,
    registry: Mutex<Registry>,
}

/// Those that can give memory back, by when they were used last.
#[derive(Default)]
struct Registry {
    /// Counts uses.
    clock: u64,
    by_use: BTreeMap<u64, u64>,
    entries: HashMap<u64, Entry>,
}

struct Entry {
    used_at: u64,
    spill: Weak<dyn Spill>,
    /// A thread is at it.
    busy: bool,
}

impl Budget {
    /// A budget of `limit` bytes.
    pub fn new(limit: usize) -> Arc<Self> {
        let (used, peak, registry) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::default());
        Arc::new(Self { limit: limit.max(1), used, peak, registry })
    }

    /// How many bytes may be used.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// How many are.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// The most that were.
    pub fn peak(&self) -> usize {
        self.peak.load(Ordering::Relaxed)
    }

    /// By how many bytes the limit is exceeded.
    pub fn over(&self) -> usize {
        self.used().saturating_sub(self.limit)
    }

    /// Counts bytes until the reservation is dropped.
    pub fn reserve(self: &Arc<Self>, bytes: usize) -> Reservation {
        let mut reservation = Reservation { budget: self.clone(), bytes: 0 };
        reservation.grow(bytes);
        reservation
    }

    /// Something can give memory back, until the registration is dropped. It counts as used now.
    pub fn register(self: &Arc<Self>, spill: Weak<dyn Spill>) -> Registration {
        let mut registry = self.lock();
        let id = registry.tick();
        registry.entries.insert(id, Entry { used_at: id, spill, busy: false });
        registry.by_use.insert(id, id);
        Registration { budget: self.clone(), id }
    }

    /// Asks those that were not used for longest to give memory back, until `wanted` more bytes are within the limit or
    /// none is left: how many bytes came back. Hold no lock that a `Spill` of yours takes. Nothing is waited for: what
    /// another thread is at is left to it.
    pub fn make_room(&self, wanted: usize) -> Result<usize> {
        let mut freed = 0;
        let mut after = None;
        // What is used from now on isn't asked any more.
        let last = self.lock().clock;
        while self.used().saturating_add(wanted) > self.limit {
            let Some((used_at, asked)) = self.check_out(after, last) else { break };
            after = Some(used_at);
            if let Some(spill) = asked.spill.upgrade()
                && spill.weight() > 0
            {
                freed += spill.spill()?;
            }
        }
        Ok(freed)
    }

    /// The next that no other thread is at.
    fn check_out(&self, after: Option<u64>, last: u64) -> Option<(u64, CheckedOut<'_>)> {
        let mut registry = self.lock();
        let Registry { by_use, entries, .. } = &mut *registry;
        for (used_at, id) in by_use.range(after.map_or(0, |at| at + 1)..).take_while(|(used_at, _)| **used_at <= last) {
            if let Some(entry) = entries.get_mut(id)
                && !entry.busy
            {
                entry.busy = true;
                return Some((*used_at, CheckedOut { budget: self, id: *id, spill: entry.spill.clone() }));
            }
        }
        None
    }

    #[track_caller]
    fn lock(&self) -> Guard<'_, Registry> {
        self.registry.lock()
    }
}

impl Registry {
    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }
}

/// An entry that this thread is at.
struct CheckedOut<'a> {
    budget: &'a Budget,
    id: u64,
    spill: Weak<dyn Spill>,
}

impl Drop for CheckedOut<'_> {
    fn drop(&mut self) {
        if let Some(entry) = self.budget.lock().entries.get_mut(&self.id) {
            entry.busy = false;
        }
    }
}

/// A place among those that can give memory back.
pub struct Registration {
    budget: Arc<Budget>,
    id: u64,
}

impl Registration {
    /// It was used: others are asked before it.
    pub fn touch(&self) {
        let mut registry = self.budget.lock();
        let now = registry.tick();
        let Registry { by_use, entries, .. } = &mut *registry;
        if let Some(entry) = entries.get_mut(&self.id) {
            by_use.remove(&entry.used_at);
            by_use.insert(now, self.id);
            entry.used_at = now;
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut registry = self.budget.lock();
        let entry = registry.entries.remove(&self.id);
        if let Some(entry) = &entry {
            registry.by_use.remove(&entry.used_at);
        }
        // A weak reference may be the last of all and free what was the value's place.
        drop(registry);
        drop(entry);
    }
}

/// Bytes that are counted until this is dropped.
pub struct Reservation {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Reservation {
    /// How many bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Of which budget.
    pub fn budget(&self) -> &Arc<Budget> {
        &self.budget
    }

    /// Counts more.
    pub fn grow(&mut self, bytes: usize) {
        let used = self.budget.used.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.budget.peak.fetch_max(used, Ordering::Relaxed);
        self.bytes += bytes;
    }

    /// Counts fewer.
    pub fn shrink(&mut self, bytes: usize) {
        let bytes = bytes.min(self.bytes);
        self.budget.used.fetch_sub(bytes, Ordering::Relaxed);
        self.bytes -= bytes;
    }

    /// Counts this many.
    pub fn resize(&mut self, bytes: usize) {
        if bytes > self.bytes { self.grow(bytes - self.bytes) } else { self.shrink(self.bytes - bytes) }
    }

    /// A part for another holder.
    #[must_use]
    pub fn split(&mut self, bytes: usize) -> Self {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        Self { budget: self.budget.clone(), bytes }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.shrink(self.bytes);
    }
}
