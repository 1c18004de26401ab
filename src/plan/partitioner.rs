//! Which keys are where.

use super::function::FunctionRef;

/// Equal partitioners put equal keys into equal partitions.
#[derive(Clone)]
pub struct Partitioner {
    /// Number of partitions.
    pub partitions: usize,
    /// The user's partition function, `None` for `portable_hash`.
    pub function: Option<FunctionRef>,
    /// Identity of the function; 0 is `portable_hash`.
    pub identity: u64,
}

impl Partitioner {
    /// By `portable_hash`.
    pub fn hash(partitions: usize) -> Self {
        Self { partitions, function: None, identity: 0 }
    }
}

impl PartialEq for Partitioner {
    fn eq(&self, other: &Self) -> bool {
        self.partitions == other.partitions && self.identity == other.identity
    }
}
