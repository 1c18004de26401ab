//! Stub of the lineage until the real one is merged.
#![expect(missing_docs, reason = "stub")]

use std::path::PathBuf;
use std::sync::Arc;

use crate::chunk::Chunk;
use crate::error::Result;

pub type PlanRef = Arc<Plan>;

#[derive(Clone, Debug)]
pub struct FileSplit {
    pub path: PathBuf,
    pub start: u64,
    pub len: u64,
}

pub enum Node {
    Chunks(Vec<Vec<Chunk>>),
    Text(Vec<FileSplit>),
    Union(Vec<PlanRef>),
}

pub struct Plan {
    node: Node,
    n: usize,
}

impl Plan {
    pub fn chunks(partitions: Vec<Vec<Chunk>>) -> PlanRef {
        let n = partitions.len();
        Arc::new(Self { node: Node::Chunks(partitions), n })
    }
    pub fn text_files(splits: Vec<FileSplit>) -> PlanRef {
        let n = splits.len();
        Arc::new(Self { node: Node::Text(splits), n })
    }
    pub fn union(parents: Vec<PlanRef>) -> Result<PlanRef> {
        let n = parents.iter().map(|p| p.n).sum();
        Ok(Arc::new(Self { node: Node::Union(parents), n }))
    }
    pub fn node(&self) -> &Node {
        &self.node
    }
    pub fn partitions(&self) -> Result<usize> {
        Ok(self.n)
    }
    pub fn persist(&self) -> Result<()> {
        Ok(())
    }
    pub fn unpersist(&self) {}
}
