//! How much memory rows may take, and where they go beyond it: one budget for receivers, shuffles, sorts, tables and
//! caches of an engine, and the directory of its spill files.

mod budget;
mod fault;
mod file;
mod limit;
mod machine;
mod share;
mod spill;
mod sweep;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use crate::config::Config;
use crate::error::Result;

pub use budget::{Budget, Registration, Reservation, Spill};
pub use fault::Faults;
pub use file::{SpillFile, SpillReader, SpillSink, written_here};
pub use limit::limit_from;
pub use machine::{free_memory, machine_memory};
pub use share::Share;
pub use spill::SpillDir;

/// What everything that keeps rows shares. One per engine.
pub struct Memory {
    /// How much is kept.
    pub budget: Arc<Budget>,
    /// Where the rest goes.
    pub dir: Arc<SpillDir>,
    /// Whether columns in files are compressed: `spark.shuffle.spill.compress`, which is off by default, unlike Spark's.
    /// On a loaded machine it took six times as long to write 18 % fewer bytes of (int, text of words).
    pub compress: bool,
    /// Bytes that the tests say are free for what a program asks to have in memory; `None` asks the system.
    free: Option<usize>,
    /// Writers of stored partitions that gather rows at this moment.
    pub writers: AtomicUsize,
}

impl Memory {
    /// By a program's settings: `pyrite.memory.limit` (see `limit_from`), `spark.local.dir`.
    pub fn new(config: &Config) -> Result<Arc<Self>> {
        let parents = spill::parents(config.get("spark.local.dir"));
        let faults = Faults::parse(config.get("pyrite.test.spill.fault"))?;
        let compress = config.flag("spark.shuffle.spill.compress", false)?;
        let free =
            config.get("pyrite.test.memory.free").map(|_| config.bytes("pyrite.test.memory.free", 0)).transpose()?;
        Ok(Self::of(Budget::new(limit_from(config)?), SpillDir::new(parents, faults), compress, free))
    }

    /// With this limit, below these directories.
    pub fn with_limit(limit: usize, parents: Vec<PathBuf>) -> Arc<Self> {
        Self::of(Budget::new(limit), SpillDir::new(parents, Faults::default()), false, None)
    }

    /// Without a limit: for engines of tests and plans that no engine runs.
    pub fn unlimited() -> Arc<Self> {
        Self::with_limit(usize::MAX, spill::parents(None))
    }

    /// About how many bytes the process can still take.
    pub fn free(&self) -> usize {
        self.free.unwrap_or_else(free_memory)
    }

    fn of(budget: Arc<Budget>, dir: Arc<SpillDir>, compress: bool, free: Option<usize>) -> Arc<Self> {
        Arc::new(Self { budget, dir, compress, free, writers: AtomicUsize::new(0) })
    }
}
