//! Lineage: the graph of what an action or a batch asks for. Nodes are immutable but for their cache and their finished
//! shuffle; nothing here runs.

mod cache;
mod exchange;
mod explain;
mod files;
mod function;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::chunk::Chunk;
use crate::error::Result;

pub use cache::{Abandoned, Cache, Claim, Found};
pub use exchange::{Aggregator, Exchange, FunctionRef, ShuffleCell, ShuffleOutput};
pub use explain::describe;
pub use files::{FileSplit, TextFiles};
pub(crate) use files::{files_in, is_compressed, is_hidden};
pub use function::{Counters, FrozenFunction, FunctionKind, NativeMode, UserFunction};

/// A shared plan.
pub type PlanRef = Arc<Plan>;

/// How a plan's rows come to be.
pub enum Node {
    /// Rows in memory: a parallelized list, a receiver's blocks.
    Chunks(Vec<Vec<Chunk>>),
    /// Lines of text files.
    Text(TextFiles),
    /// A function over the parent's rows or partitions.
    Narrow {
        /// Where the rows come from.
        parent: PlanRef,
        /// What the function does.
        kind: FunctionKind,
        /// The function.
        function: FunctionRef,
    },
    /// The parents' partitions, one after the other.
    Union(Vec<PlanRef>),
    /// Parents with one partitioner: partition i is all their i-th partitions. Spark's `PartitionerAwareUnionRDD`.
    CoUnion(Vec<PlanRef>),
    /// Neighbouring partitions made one, without a shuffle.
    Coalesce {
        /// Where the rows come from.
        parent: PlanRef,
    },
    /// A shuffle.
    Exchange {
        /// Where the rows come from.
        parent: PlanRef,
        /// How they move.
        exchange: Exchange,
        /// The output, once it has run.
        cell: ShuffleCell,
    },
}

/// Which keys are where: equal partitioners put equal keys into equal partitions.
#[derive(Clone)]
pub struct Partitioner {
    /// Number of partitions.
    pub partitions: usize,
    /// The user's partition function, `None` for `portable_hash`.
    pub function: Option<FunctionRef>,
    /// Identity of the function; 0 is `portable_hash`.
    pub identity: u64,
}

impl PartialEq for Partitioner {
    fn eq(&self, other: &Self) -> bool {
        self.partitions == other.partitions && self.identity == other.identity
    }
}

/// A node of the lineage. Spark's `RDD`.
pub struct Plan {
    id: u64,
    name: String,
    node: Node,
    partitions: Partitions,
    partitioner: Option<Partitioner>,
    cache: Cache,
}

/// A partition count that is known, or that takes a look at the file system.
enum Partitions {
    Known(usize),
    /// The files say.
    Listed,
    /// As many as the only parent has.
    OfParent,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(0);

impl Plan {
    fn make(name: impl Into<String>, node: Node, partitions: Partitions, partitioner: Option<Partitioner>) -> PlanRef {
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        Arc::new(Self { id, name: name.into(), node, partitions, partitioner, cache: Cache::default() })
    }

    /// Rows in memory, one list of chunks a partition.
    pub fn chunks(partitions: Vec<Vec<Chunk>>) -> PlanRef {
        let n = partitions.len();
        Self::make("parallelize", Node::Chunks(partitions), Partitions::Known(n), None)
    }

    /// The lines of text files, one split a partition.
    pub fn text_files(splits: Vec<FileSplit>) -> PlanRef {
        Self::make("textFile", Node::Text(TextFiles::of_splits(splits)), Partitions::Listed, None)
    }

    /// The lines of the text files that paths, globs and directories name; they are listed at first use.
    pub fn text(files: TextFiles) -> PlanRef {
        Self::make("textFile", Node::Text(files), Partitions::Listed, None)
    }

    /// A function over the parent's rows. The partitioner stays where `preserves` says so.
    pub fn narrow(parent: PlanRef, kind: FunctionKind, function: FunctionRef, preserves: bool, name: &str) -> PlanRef {
        let partitioner = if preserves { parent.partitioner.clone() } else { None };
        let partitions = match parent.partitions {
            Partitions::Known(n) => Partitions::Known(n),
            Partitions::Listed | Partitions::OfParent => Partitions::OfParent,
        };
        Self::make(name, Node::Narrow { parent, kind, function }, partitions, partitioner)
    }

    /// All rows of the parents. Parents without partitions vanish; parents that share a partitioner keep it.
    pub fn union(parents: Vec<PlanRef>) -> Result<PlanRef> {
        let mut kept = Vec::with_capacity(parents.len());
        let mut total = 0;
        for parent in parents {
            let n = parent.partitions()?;
            if n > 0 {
                total += n;
                kept.push(parent);
            }
        }
        let shared = kept.first().and_then(|p| p.partitioner.clone());
        if let Some(shared) = shared.filter(|s| kept.iter().all(|p| p.partitioner.as_ref() == Some(s))) {
            let n = shared.partitions;
            return Ok(Self::make("union", Node::CoUnion(kept), Partitions::Known(n), Some(shared)));
        }
        Ok(Self::make("union", Node::Union(kept), Partitions::Known(total), None))
    }

    /// `n` partitions of neighbouring parents' partitions; never more than there are.
    pub fn coalesce(parent: PlanRef, n: usize) -> Result<PlanRef> {
        let n = n.min(parent.partitions()?);
        Ok(Self::make("coalesce", Node::Coalesce { parent }, Partitions::Known(n), None))
    }

    /// A shuffle into `n` partitions.
    pub fn exchange(
        parent: PlanRef,
        exchange: Exchange,
        n: usize,
        partitioner: Option<Partitioner>,
        name: &str,
    ) -> PlanRef {
        let node = Node::Exchange { parent, exchange, cell: ShuffleCell::default() };
        Self::make(name, node, Partitions::Known(n), partitioner)
    }

    /// The number that names this plan in the process.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The operation that made it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How its rows come to be.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// Number of partitions. Text files are listed, which can fail: a path that doesn't exist.
    pub fn partitions(&self) -> Result<usize> {
        let mut plan = self;
        loop {
            match (&plan.partitions, &plan.node) {
                (Partitions::Known(n), _) => return Ok(*n),
                (_, Node::Text(files)) => return Ok(files.splits()?.len()),
                (_, Node::Narrow { parent, .. }) => plan = parent,
                (Partitions::Listed | Partitions::OfParent, _) => return Ok(0),
            }
        }
    }

    /// Which keys are where, if that is known.
    pub fn partitioner(&self) -> Option<&Partitioner> {
        self.partitioner.as_ref()
    }

    /// Kept partitions.
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// Keeps partitions from the next job on.
    pub fn persist(&self) -> Result<()> {
        self.cache.enable(self.partitions()?);
        Ok(())
    }

    /// Drops kept partitions.
    pub fn unpersist(&self) {
        self.cache.disable();
    }

    /// The plans this one reads.
    pub fn parents(&self) -> &[PlanRef] {
        match &self.node {
            Node::Chunks(_) | Node::Text(_) => &[],
            Node::Union(parents) | Node::CoUnion(parents) => parents,
            Node::Narrow { parent, .. } | Node::Coalesce { parent } | Node::Exchange { parent, .. } => {
                std::slice::from_ref(parent)
            }
        }
    }
}

impl Drop for Plan {
    /// A lineage of many thousand nodes (a loop that unions, a long-lived stream) must not overflow the stack.
    fn drop(&mut self) {
        let mut pending = take_parents(&mut self.node);
        while let Some(plan) = pending.pop() {
            if let Some(mut plan) = Arc::into_inner(plan) {
                pending.append(&mut take_parents(&mut plan.node));
            }
        }
    }
}

fn take_parents(node: &mut Node) -> Vec<PlanRef> {
    match std::mem::replace(node, Node::Chunks(Vec::new())) {
        Node::Chunks(_) | Node::Text(_) => Vec::new(),
        Node::Union(parents) | Node::CoUnion(parents) => parents,
        Node::Narrow { parent, .. } | Node::Coalesce { parent } | Node::Exchange { parent, .. } => vec![parent],
    }
}
