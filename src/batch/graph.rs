//! The streams of a context and what is done with them. Spark's `DStreamGraph`.

use std::sync::Arc;

use super::OutputFn;
use super::node::{Node, NodeKind, NodeRef};

/// Something done with a stream's plan in every batch.
#[derive(Clone)]
pub struct Output {
    /// The stream.
    pub node: NodeRef,
    /// What is done.
    pub function: Arc<dyn OutputFn>,
    /// What the program called: `pprint`, `foreachRDD`.
    pub name: String,
}

/// All input streams and output operations, in the order in which the program made them.
#[derive(Clone, Default)]
pub struct Graph {
    /// Streams of records that come in.
    pub inputs: Vec<NodeRef>,
    /// Output operations.
    pub outputs: Vec<Output>,
}

impl Graph {
    /// Every stream that an output needs and every input, each once.
    pub fn nodes(&self) -> Vec<NodeRef> {
        let mut nodes: Vec<NodeRef> = Vec::new();
        let mut pending: Vec<NodeRef> = self.outputs.iter().map(|o| o.node.clone()).collect();
        pending.extend(self.inputs.iter().cloned());
        while let Some(node) = pending.pop() {
            if !nodes.iter().any(|known| Arc::ptr_eq(known, &node)) {
                pending.extend(node.parents().iter().cloned());
                nodes.push(node);
            }
        }
        nodes
    }

    /// Settles how long each stream remembers its plans: what its children need, and `least_ms` for all.
    pub fn settle_memory(&self, least_ms: i64) {
        for output in &self.outputs {
            output.node.remember(least_ms);
        }
    }

    /// The sources.
    pub fn sources(&self) -> impl Iterator<Item = &Arc<dyn crate::source::Input>> {
        self.inputs.iter().filter_map(|node: &Arc<Node>| match node.kind() {
            NodeKind::Input(input) => Some(input),
            _ => None,
        })
    }
}
