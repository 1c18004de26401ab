//! Ranges of offsets as partitions. Spark's `KafkaRDD`.

use std::any::Any;
use std::sync::Arc;

use crate::chunk::{BoxStream, CHUNK_ROWS, Cancel, Chunk, ChunkStream};
use crate::error::{Error, Kind, Result};
use crate::plan::{Op, Plan, PlanRef, Scan};

use super::broker::{Broker, Fetching};
use super::messages::Messages;
use super::ranges::OffsetRange;

/// A partition for each range, empty ranges too.
pub struct KafkaRanges {
    broker: Arc<dyn Broker>,
    ranges: Arc<[OffsetRange]>,
}

impl KafkaRanges {
    /// The messages of the ranges as a plan: tuples of topic, partition, offset, key, value.
    pub fn plan(broker: Arc<dyn Broker>, ranges: Vec<OffsetRange>) -> PlanRef {
        Plan::scan(Arc::new(Self { broker, ranges: ranges.into() }), "kafka")
    }

    /// The ranges of the scan of Kafka that a plan reads row by row, through narrow operations only.
    pub fn of(plan: &PlanRef) -> Option<Arc<[OffsetRange]>> {
        let mut plan = plan.clone();
        loop {
            let below = match plan.op() {
                Op::Scan(scan) => {
                    let own = scan.as_any().downcast_ref::<Self>();
                    return own.map(|own| own.ranges.clone());
                }
                Op::Narrow(_) => plan.inputs().first().map(|input| input.plan.clone())?,
                _ => return None,
            };
            plan = below;
        }
    }
}

impl Scan for KafkaRanges {
    fn partitions(&self) -> Result<usize> {
        Ok(self.ranges.len())
    }

    fn open(&self, partition: usize, cancel: &Cancel) -> Result<BoxStream> {
        let Some(range) = self.ranges.get(partition) else {
            return Err(Error::new(Kind::IllegalArgument, format!("a Kafka RDD has no partition {partition}")));
        };
        let fetching = if range.is_empty() { None } else { Some(self.broker.fetch(range)?) };
        Ok(Box::new(Reading { fetching, cancel: cancel.clone() }))
    }

    fn describe(&self) -> String {
        let offsets: usize = self.ranges.iter().map(OffsetRange::len).sum();
        format!("{offsets} offsets in {} partitions", self.ranges.len())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

struct Reading {
    fetching: Option<Box<dyn Fetching>>,
    cancel: Cancel,
}

impl ChunkStream for Reading {
    fn next(&mut self, want: usize) -> Result<Option<Chunk>> {
        let Some(fetching) = &mut self.fetching else { return Ok(None) };
        let most = want.clamp(1, CHUNK_ROWS);
        let mut messages = Messages::default();
        while !messages.are_enough(most) {
            if !fetching.fill(&mut messages, most, &self.cancel)? {
                self.fetching = None;
                break;
            }
        }
        Ok((!messages.is_empty()).then(|| messages.finish()))
    }
}
