//! A partition that is kept as it is first read.

use crate::chunk::Chunk;
use crate::error::Result;
use crate::plan::PlanRef;
use crate::shuffle::compact;

use super::{BoxStream, ChunkStream, Task};

/// Computes the whole partition at the first pull, as Spark's block manager does, keeps it and gives it out.
pub(super) struct CachedStream {
    plan: PlanRef,
    source: Option<BoxStream>,
    ready: super::stream::InMemory,
    task: Task,
}

impl CachedStream {
    pub(super) fn new(plan: PlanRef, source: BoxStream, task: Task) -> Self {
        Self { plan, source: Some(source), ready: super::stream::InMemory::new(Vec::new()), task }
    }
}

impl ChunkStream for CachedStream {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        if let Some(mut source) = self.source.take() {
            let mut chunks = super::drain(source.as_mut(), usize::MAX, &self.task.cancel)?;
            for chunk in &mut chunks {
                *chunk = shareable(chunk, &self.task)?;
            }
            self.plan.cache().put(self.task.partition, chunks.clone());
            self.ready = super::stream::InMemory::new(chunks);
        }
        self.ready.next(want)
    }
}

/// The chunk in a form that several readers can have: columns compacted, objects immutable or pickled.
pub(super) fn shareable(chunk: &Chunk, task: &Task) -> Result<Chunk> {
    Ok(match chunk {
        Chunk::Columns(c) => Chunk::Columns(compact(c)),
        Chunk::Objects(o) => task.prepared.interpreter.shareable(o)?,
    })
}
