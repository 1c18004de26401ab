//! What a window carries from one slide to the next, so that a slide costs what came and what went: reduced values that
//! an inverse function takes from, or panes put together beforehand. It may be dropped at any time: it is made again.

mod carried;
mod panes;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, Weak};

use crate::error::Result;
use crate::memory::{Memory, Registration, Reservation, Spill};
use crate::sync::Mutex;

pub use carried::Carried;
pub use panes::Panes;

/// What is carried of one partition.
pub enum Load {
    /// The values of the window's result that has this number.
    Values(u64, Box<Carried>),
    /// Panes of a window without an inverse.
    Panes(Box<Panes>),
}

/// What is carried of each partition of one stream. A task takes it out, works on it and puts it back.
#[derive(Default)]
pub struct Carry {
    loads: Mutex<HashMap<usize, Held>>,
    registration: OnceLock<Registration>,
}

struct Held {
    load: Load,
    reservation: Reservation,
}

impl Carry {
    /// What is there of a partition. It is gone then.
    pub fn take(&self, partition: usize) -> Option<Load> {
        let held = self.loads.lock().remove(&partition);
        held.map(|held| held.load)
    }

    /// Keeps what a partition's next slide may begin with, while there is memory.
    pub fn put(self: &Arc<Self>, partition: usize, load: Load, memory: &Memory) -> Result<()> {
        let reservation = memory.budget.reserve(load.weight());
        let carry: Weak<Self> = Arc::downgrade(self);
        self.registration.get_or_init(|| memory.budget.register(carry)).touch();
        let old = self.loads.lock().insert(partition, Held { load, reservation });
        drop(old);
        if memory.budget.over() > 0 {
            memory.budget.make_room(0)?;
        }
        Ok(())
    }
}

impl Load {
    fn weight(&self) -> usize {
        match self {
            Self::Values(_, values) => values.weight(),
            Self::Panes(panes) => panes.weight(),
        }
    }
}

impl Spill for Carry {
    fn weight(&self) -> usize {
        self.loads.lock().values().map(|held| held.reservation.bytes()).sum()
    }

    fn spill(&self) -> Result<usize> {
        let dropped = std::mem::take(&mut *self.loads.lock());
        Ok(dropped.values().map(|held| held.reservation.bytes()).sum())
    }
}
