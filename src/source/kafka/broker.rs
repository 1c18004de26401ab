//! What the Kafka source asks of a client.

use crate::chunk::Cancel;
use crate::error::{Error, Kind, Result};

use super::messages::Messages;
use super::ranges::{OffsetRange, TopicPartition};

/// Which topics a stream reads.
#[derive(Clone, Debug)]
pub enum Topics {
    /// These.
    Named(Vec<String>),
    /// Those whose whole name matches, also such as come later.
    Matching(regex::Regex),
}

impl Topics {
    /// Topics whose whole name matches a regular expression.
    pub fn matching(pattern: &str) -> Result<Self> {
        let whole = regex::Regex::new(&format!("^(?:{pattern})$"));
        let refused =
            |e: regex::Error| Error::new(Kind::IllegalArgument, format!("can't look for topics by {pattern:?}: {e}"));
        whole.map(Self::Matching).map_err(refused)
    }
}

/// An end of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// The first offset that is still there.
    Earliest,
    /// The offset that the next message gets; with `isolation.level=read_committed`, of the first open transaction.
    Latest,
}

/// A cluster. Every call may take as long as the network does.
pub trait Broker: Send + Sync {
    /// The partitions of the topics, in the order of topics and numbers. A named topic that doesn't exist is an error; so is
    /// a cluster that refuses us. `None`: nobody can be reached now.
    fn partitions(&self, topics: &Topics) -> Result<Option<Vec<TopicPartition>>>;

    /// The offsets at an edge, one for each partition. `None`: nobody can be reached now.
    fn offsets(&self, partitions: &[TopicPartition], edge: Edge) -> Result<Option<Vec<i64>>>;

    /// Begins to fetch a range that isn't empty.
    fn fetch(&self, range: &OffsetRange) -> Result<Box<dyn Fetching>>;

    /// Has the consumer group remember where it is: everything before `until` was dealt with.
    fn commit(&self, ranges: &[OffsetRange]) -> Result<()>;
}

/// A range on its way.
pub trait Fetching: Send {
    /// Adds what comes next until there are `most` messages or enough for a chunk; waits for at least one that is new, and
    /// is cancelled. False once the range is over.
    fn fill(&mut self, messages: &mut Messages, most: usize, cancel: &Cancel) -> Result<bool>;
}
