//! Offsets of a partition of a topic, from one to before another.

use std::fmt;
use std::sync::Arc;

use crate::error::{Error, Kind, Result};

/// A partition of a topic.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicPartition {
    /// The topic's name.
    pub topic: Arc<str>,
    /// The partition's number.
    pub partition: i32,
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "partition {} of topic '{}'", self.partition, self.topic)
    }
}

/// What a task reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetRange {
    /// Where.
    pub of: TopicPartition,
    /// The first offset.
    pub from: i64,
    /// The one behind the last.
    pub until: i64,
}

impl OffsetRange {
    /// How many offsets; messages may be fewer where the topic is compacted or written in transactions.
    pub fn len(&self) -> usize {
        usize::try_from(self.until - self.from).unwrap_or_default()
    }

    /// Whether nothing is read.
    pub fn is_empty(&self) -> bool {
        self.until <= self.from
    }
}

/// Ranges as bytes for a checkpoint: from (i64), until (i64), partition (i32), length of the topic (u32), topic.
pub(super) fn encode(ranges: &[OffsetRange]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for range in ranges {
        bytes.extend_from_slice(&range.from.to_le_bytes());
        bytes.extend_from_slice(&range.until.to_le_bytes());
        bytes.extend_from_slice(&range.of.partition.to_le_bytes());
        bytes.extend_from_slice(&(range.of.topic.len() as u32).to_le_bytes());
        bytes.extend_from_slice(range.of.topic.as_bytes());
    }
    bytes
}

/// What was encoded, in order.
pub(super) fn decode(mut bytes: &[u8]) -> Result<Vec<OffsetRange>> {
    let mut ranges = Vec::new();
    while !bytes.is_empty() {
        let Some((range, rest)) = next(bytes) else {
            return Err(broken());
        };
        ranges.push(range);
        bytes = rest;
    }
    Ok(ranges)
}

/// For bytes that nobody has encoded.
pub(super) fn broken() -> Error {
    Error::new(Kind::Spark, "a checkpoint says of a topic's offsets what can't be understood")
}

fn next(bytes: &[u8]) -> Option<(OffsetRange, &[u8])> {
    let (from, rest) = bytes.split_first_chunk::<8>()?;
    let (until, rest) = rest.split_first_chunk::<8>()?;
    let (partition, rest) = rest.split_first_chunk::<4>()?;
    let (len, rest) = rest.split_first_chunk::<4>()?;
    let (topic, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
    let of =
        TopicPartition { topic: std::str::from_utf8(topic).ok()?.into(), partition: i32::from_le_bytes(*partition) };
    Some((OffsetRange { of, from: i64::from_le_bytes(*from), until: i64::from_le_bytes(*until) }, rest))
}
