//! What a direct stream must know after a restart beside the batches' records: everything it had decided when the memory
//! was written. So it doesn't matter whether a batch of then is in the records, or comes again alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Result;
use crate::time::Time;

use super::ranges::{self, OffsetRange, TopicPartition, broken};

pub(super) type Offsets = BTreeMap<TopicPartition, i64>;

/// The state of a direct stream.
pub(super) struct Memory {
    pub newest: Option<Time>,
    pub next: Offsets,
    pub left_out: BTreeSet<TopicPartition>,
    pub batches: BTreeMap<Time, Vec<OffsetRange>>,
}

/// Stands for no time.
const NEVER: i64 = i64::MIN;

impl Memory {
    /// Parts of a time (i64), a length (u32) and ranges: where partitions go on, at the time of the newest batch; those left
    /// out; then batches. What is a place and no range is an empty one.
    pub(super) fn encode(&self) -> Vec<u8> {
        let at = |of: &TopicPartition, offset| OffsetRange { of: of.clone(), from: offset, until: offset };
        let next: Vec<_> = self.next.iter().map(|(of, offset)| at(of, *offset)).collect();
        let left_out: Vec<_> = self.left_out.iter().map(|of| at(of, 0)).collect();
        let mut bytes = Vec::new();
        put(&mut bytes, self.newest.map_or(NEVER, |time| time.0), &next);
        put(&mut bytes, NEVER, &left_out);
        for (time, ranges) in &self.batches {
            put(&mut bytes, time.0, ranges);
        }
        bytes
    }

    pub(super) fn decode(mut bytes: &[u8]) -> Result<Self> {
        let (newest, next) = take(&mut bytes)?;
        let (_, left_out) = take(&mut bytes)?;
        let mut batches = BTreeMap::new();
        while !bytes.is_empty() {
            let (time, ranges) = take(&mut bytes)?;
            batches.insert(Time(time), ranges);
        }
        Ok(Self {
            newest: (newest != NEVER).then_some(Time(newest)),
            next: next.into_iter().map(|range| (range.of, range.until)).collect(),
            left_out: left_out.into_iter().map(|range| range.of).collect(),
            batches,
        })
    }
}

fn put(bytes: &mut Vec<u8>, time: i64, some: &[OffsetRange]) {
    let encoded = ranges::encode(some);
    bytes.extend_from_slice(&time.to_le_bytes());
    bytes.extend_from_slice(&(encoded.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&encoded);
}

fn take(bytes: &mut &[u8]) -> Result<(i64, Vec<OffsetRange>)> {
    let part = bytes.split_first_chunk::<8>().and_then(|(time, rest)| {
        let (len, rest) = rest.split_first_chunk::<4>()?;
        let (part, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
        Some((i64::from_le_bytes(*time), part, rest))
    });
    let Some((time, part, rest)) = part else { return Err(broken()) };
    *bytes = rest;
    Ok((time, ranges::decode(part)?))
}
