//! The pairs of a snapshot, a few thousand at a time.

use crate::chunk::{CHUNK_ROWS, Cancel, Chunk};
use crate::error::Result;

use super::{Opener, Snapshot};

/// Keys and values in the order of the keys.
pub struct Pairs {
    snapshot: Snapshot,
    /// Found out when somebody reads.
    order: Option<Vec<u32>>,
    next: usize,
}

impl Pairs {
    /// All pairs.
    pub fn new(snapshot: Snapshot) -> Self {
        Self { snapshot, order: None, next: 0 }
    }

    /// The next keys and their values.
    pub fn next(&mut self, want: usize, opener: &dyn Opener) -> Result<Option<(Chunk, Chunk)>> {
        let snapshot = &self.snapshot;
        let order = self.order.get_or_insert_with(|| snapshot.order());
        let slots = &order[self.next..order.len().min(self.next + want.clamp(1, CHUNK_ROWS))];
        if slots.is_empty() {
            return Ok(None);
        }
        self.next += slots.len();
        let keys = snapshot.keys_of(slots, opener)?.pop();
        let values = snapshot.values_of(slots, opener)?.pop();
        Ok(keys.zip(values))
    }

    /// How many more there are.
    pub fn count(&mut self, _: &Cancel) -> u64 {
        let left = match &self.order {
            Some(order) => order.len() - self.next,
            None => self.snapshot.len(),
        };
        self.order = Some(Vec::new());
        self.next = 0;
        left as u64
    }
}
