//! Cached partitions of a persisted plan.

use std::sync::{Mutex, PoisonError};

use crate::chunk::Chunk;

/// The partitions of a plan that were kept by `persist`, filled by the first job that reads each.
#[derive(Default)]
pub struct Cache {
    slots: Mutex<Option<Vec<Option<Vec<Chunk>>>>>,
}

impl Cache {
    /// Starts keeping partitions.
    pub fn enable(&self, partitions: usize) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.is_none() {
            *slots = Some(vec![None; partitions]);
        }
    }

    /// Drops what is kept and keeps no more.
    pub fn disable(&self) {
        *self.slots.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether partitions are kept.
    pub fn is_enabled(&self) -> bool {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// A kept partition.
    pub fn get(&self, partition: usize) -> Option<Vec<Chunk>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).as_ref()?.get(partition)?.clone()
    }

    /// Whether every partition is kept: then nothing above is needed.
    pub fn is_full(&self) -> bool {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.as_ref().is_some_and(|s| s.iter().all(Option::is_some))
    }

    /// Keeps a partition if `persist` is still on.
    pub fn put(&self, partition: usize, chunks: Vec<Chunk>) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.as_mut().and_then(|s| s.get_mut(partition)) {
            *slot = Some(chunks);
        }
    }
}
