//! A partition that is kept as it is first read.

use crate::chunk::{Chunk, ChunkStream, InMemory, drain};
use crate::error::Result;
use crate::plan::{Found, PlanRef};

use crate::stage::Task;

use super::open_uncached;

/// Computes the whole partition at the first pull, as Spark's block manager does, keeps it and gives it out.
pub(super) struct CachedStream {
    plan: PlanRef,
    ready: Option<InMemory>,
    task: Task,
}

impl CachedStream {
    pub(super) fn new(plan: PlanRef, task: Task) -> Self {
        Self { plan, ready: None, task }
    }

    fn read(&self) -> Result<Vec<Chunk>> {
        let (cache, task) = (self.plan.cache(), &self.task);
        loop {
            task.cancel.check()?;
            let cancel = task.cancel.clone();
            match cache.find(task.partition, Box::new(move || cancel.is_set())) {
                Found::Kept(chunks) => return Ok(chunks),
                Found::Busy => cache.wait(),
                Found::Nothing(claim) => {
                    let mut source = open_uncached(&self.plan, task)?;
                    let mut chunks = drain(source.as_mut(), usize::MAX, &task.cancel)?;
                    for chunk in &mut chunks {
                        *chunk = task.shareable(chunk)?;
                    }
                    claim.fulfil(chunks.clone());
                    return Ok(chunks);
                }
            }
        }
    }
}

impl ChunkStream for CachedStream {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        if self.ready.is_none() {
            self.ready = Some(InMemory::new(self.read()?));
        }
        self.ready.as_mut().map_or(Ok(None), |ready| ready.next(want))
    }
}
