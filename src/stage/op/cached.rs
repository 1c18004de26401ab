//! A partition that is kept as it is first read.

use crate::chunk::{BoxStream, Chunk, ChunkStream};
use crate::error::Result;
use crate::metrics::Usage;
use crate::plan::PlanRef;
use crate::stage::Task;
use crate::store::{Found, StoredRef, Writer};

use super::open_uncached;

/// Computes the whole partition at the first pull, as Spark's block manager does, keeps it and gives it out.
pub(super) struct CachedStream {
    plan: PlanRef,
    ready: Option<BoxStream>,
    task: Task,
}

/// Rows that were kept before are a task's input, as Spark counts.
pub(super) fn found(rows: &StoredRef) -> &StoredRef {
    Usage::note_bytes(rows.bytes() as u64);
    Usage::note_rows(rows.rows());
    rows
}

impl CachedStream {
    pub(super) fn new(plan: PlanRef, task: Task) -> Self {
        Self { plan, ready: None, task }
    }

    fn read(&self) -> Result<StoredRef> {
        let (slots, task) = (self.plan.slots(), &self.task);
        match slots.obtain(task.partition, &task.cancel, || Ok(()))? {
            Found::Ready(rows) => {
                found(&rows);
                Ok(rows)
            }
            found => {
                let mut source = open_uncached(&self.plan, task)?;
                let mut writer = Writer::new(&task.prepared.memory, slots.level());
                while let Some(chunk) = source.next(usize::MAX)? {
                    task.cancel.check()?;
                    writer.push(task.shareable(&chunk)?)?;
                }
                let rows = writer.finish()?;
                if let Found::Claim(claim) = found {
                    claim.fulfil(rows.clone());
                }
                Ok(rows)
            }
        }
    }
}

impl ChunkStream for CachedStream {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        if self.ready.is_none() {
            self.ready = Some(self.read()?.open(&self.task.cancel));
        }
        self.ready.as_mut().map_or(Ok(None), |ready| ready.next(want))
    }

    fn is_at_hand(&self) -> bool {
        self.ready.as_ref().is_some_and(|ready| ready.is_at_hand())
    }

    fn count(&mut self, cancel: &crate::chunk::Cancel) -> Result<u64> {
        if self.ready.is_none() {
            self.ready = Some(self.read()?.open(&self.task.cancel));
        }
        self.ready.as_mut().map_or(Ok(0), |ready| ready.count(cancel))
    }
}
