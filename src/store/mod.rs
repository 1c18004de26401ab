//! Stored partitions: rows in memory or in a file, and slots that are empty, claimed, ready or evicted. Caches,
//! shuffles, state and receivers' blocks keep their rows here.

mod saved;
mod saved_part;
mod segment;
mod slots;
mod stored;
mod writer;

pub use saved::{load_partitions, save_partitions};
pub use saved_part::{PartWriter, open_part};
pub use slots::{Claim, Found, Slots};
pub use stored::{Stored, StoredRef};
pub use writer::Writer;

/// Where rows may be. Spark's `StorageLevel`, as far as it is about places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// Never in a file: a cache lets go of a partition instead, and computes it again.
    Memory,
    /// In memory while there is room, then in a file.
    #[default]
    MemoryAndDisk,
    /// Always in a file.
    Disk,
}

impl Level {
    /// The level of Spark's two flags; `None` keeps nothing.
    pub fn of(memory: bool, disk: bool) -> Option<Self> {
        match (memory, disk) {
            (true, true) => Some(Self::MemoryAndDisk),
            (true, false) => Some(Self::Memory),
            (false, true) => Some(Self::Disk),
            (false, false) => None,
        }
    }
}
