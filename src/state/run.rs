//! What one batch changed of a partition's state, or several together. It is also what a checkpoint writes as one file.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::store::StoredRef;

/// New keys, values by slot, and keys that went.
pub struct Run {
    /// The name of the file that a checkpoint keeps it in: no other run ever had it.
    pub name: String,
    /// The keys of the slots from `first` on.
    pub keys: StoredRef,
    /// The slot of the first new key.
    pub first: u32,
    /// Whose values these are.
    pub slots: Vec<u32>,
    /// The values, one a slot.
    pub values: StoredRef,
    /// When each of them was touched last, ascending; empty where nothing times out.
    pub times: Vec<i64>,
    /// Slots that have no value any more.
    pub removed: Vec<u32>,
}

/// So many runs of a tier are put together into one of the next, whose runs are up to so many times larger.
const FAN: u32 = 8;

impl Run {
    /// Runs of one tier are of like length.
    pub fn tier(&self) -> u32 {
        (self.slots.len() + self.removed.len() + self.keys.rows()).max(1).ilog(FAN as usize)
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        let own = 4 * (self.slots.len() + self.removed.len()) + 8 * self.times.len();
        own + self.keys.bytes() + self.values.bytes()
    }
}

/// From which of the runs behind the first on they are to be put together: so many of a tier came.
pub fn crowded(runs: &[std::sync::Arc<Run>]) -> Option<usize> {
    let (mut top, mut of_top) = (0, 0);
    for (from, run) in runs.iter().enumerate().skip(1).rev() {
        let tier = run.tier();
        if tier > top {
            if of_top >= FAN {
                return Some(from + 1);
            }
            (top, of_top) = (tier, 0);
        }
        of_top += u32::from(tier == top);
    }
    (of_top >= FAN).then_some(1)
}

/// A name that no other file of any process has.
pub fn fresh_name() -> String {
    static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(std::process::id()));
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("state-{:016x}-{}", *PROCESS, NEXT.fetch_add(1, Ordering::Relaxed))
}
