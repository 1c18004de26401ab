//! A plan whose rows are to be saved, or were: then its lineage ends at what was saved. Spark's `RDDCheckpointData`.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, PoisonError};

use crate::chunk::Decode;
use crate::sync::Mutex;

use super::make::aligned;
use super::{Op, Plan, PlanRef};

/// Plans that are marked and not saved yet: mostly none, and then no job looks for them.
static MARKED: AtomicUsize = AtomicUsize::new(0);

/// How a plan's rows are to be saved after the first job that uses it.
#[derive(Clone)]
pub enum Mark {
    /// In files of this directory; opaque rows are made of their bytes by this.
    Files(PathBuf, Decode),
    /// Where they are kept anyway.
    Local,
}

/// What a plan has of this.
#[derive(Default)]
pub(super) struct Checkpoint {
    mark: Mutex<Option<Mark>>,
    saved: OnceLock<PlanRef>,
}

impl Checkpoint {
    fn put(&self, mark: Option<Mark>) -> Option<Mark> {
        let is_marked = mark.is_some();
        let before = std::mem::replace(&mut *self.mark.lock(), mark);
        if is_marked {
            MARKED.fetch_add(1, Ordering::Relaxed);
        }
        if before.is_some() {
            MARKED.fetch_sub(1, Ordering::Relaxed);
        }
        before
    }
}

impl Drop for Checkpoint {
    fn drop(&mut self) {
        self.put(None);
    }
}

impl Plan {
    /// Whether any plan waits to be saved.
    pub fn any_marked() -> bool {
        MARKED.load(Ordering::Relaxed) > 0
    }

    /// Has the rows saved after the first job that uses them; not what a stream remembers, which is saved in its own way.
    pub fn mark(&self, mark: Mark) {
        if self.saved().is_none() && !matches!(self.op, Op::State(_) | Op::StateView(_) | Op::Slide(_)) {
            self.checkpoint.put(Some(mark));
        }
    }

    /// Whether it waits for the first job that uses it, to be saved.
    pub fn is_marked(&self) -> bool {
        self.checkpoint.mark.lock().is_some()
    }

    /// The mark, for who saves the rows now: nobody else gets it. Who fails puts it back.
    pub fn take_mark(&self) -> Option<Mark> {
        self.checkpoint.put(None)
    }

    /// Where its rows were saved, as a plan that reads them.
    pub fn saved(&self) -> Option<&PlanRef> {
        self.checkpoint.saved.get()
    }

    /// From now on its rows are those of `saved`, and what they were made of is let go.
    pub fn end_in(&self, saved: PlanRef) {
        if self.checkpoint.saved.set(saved.clone()).is_err() {
            return;
        }
        let inputs = Arc::new(vec![aligned(saved)]);
        let gone = std::mem::replace(&mut *self.inputs.write().unwrap_or_else(PoisonError::into_inner), inputs);
        drop(gone);
    }
}
