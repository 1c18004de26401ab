//! Ranges of offsets read whole, with all that Kafka knows of a message: what a batch of a stream of rows is made of.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use arrow_array::builder::{
    ArrayBuilder as _, BinaryBuilder, Int32Builder, Int64Builder, ListBuilder, StringBuilder, StructBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema, SchemaRef};
use rdkafka::consumer::Consumer as _;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::chunk::Cancel;
use crate::error::{Error, Kind, Result};
use crate::kafka::failure;
use crate::log::LogRef;
use crate::sync::Mutex;

use super::broker::{Broker as _, Edge, Topics};
use super::client::{Client, consumers};
use super::lanes::Gathered;
use super::params::{Params, Reset};
use super::queue::Received;
use super::ranges::{OffsetRange, TopicPartition};

/// How long a question may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// So many offsets are read by the thread that asks: another isn't worth it.
const FEW: usize = 10_000;

/// The consumers of one source. Partitions stay assigned, so that a range that follows the last one is there already.
pub struct Table {
    client: Client,
    stopped: Cancel,
}

impl Table {
    /// Connects when it is first asked. Offsets are read as Java's client does: also those of open transactions.
    pub fn new(given: Vec<(String, String)>, log: &LogRef) -> Result<Self> {
        let mut params = Params::of(given)?;
        if params.client.get("isolation.level").is_none() {
            params.client.native.push(("isolation.level".to_owned(), "read_uncommitted".to_owned()));
        }
        Ok(Self { client: Client::new(&params, log)?, stopped: Cancel::default() })
    }

    /// Whoever reads comes back soon.
    pub fn stop(&self) {
        self.stopped.set();
    }

    /// Partitions of topics; `None` where nobody answers.
    pub fn partitions(&self, topics: &Topics) -> Result<Option<Vec<TopicPartition>>> {
        self.client.partitions(topics)
    }

    /// Their offsets at an edge.
    pub fn offsets(&self, partitions: &[TopicPartition], edge: Edge) -> Result<Option<Vec<i64>>> {
        self.client.offsets(partitions, edge)
    }

    /// The offset of the first message at or after a time, for each partition; -1 where there is none.
    pub fn offsets_at(&self, wanted: &[(TopicPartition, i64)]) -> Result<Vec<i64>> {
        let mut list = TopicPartitionList::new();
        for (of, time) in wanted {
            list.add_partition_offset(&of.topic, of.partition, Offset::Offset(*time)).map_err(|e| failure(&e))?;
        }
        let found = self.client.consumer().offsets_for_times(list, PATIENCE).map_err(|e| failure(&e))?;
        let of = |of: &TopicPartition| match found.find_partition(&of.topic, of.partition).map(|e| e.offset()) {
            Some(Offset::Offset(offset)) => offset,
            _ => -1,
        };
        Ok(wanted.iter().map(|(partition, _)| of(partition)).collect())
    }

    /// The messages of ranges: their schema, and a batch for each range, in their order.
    pub fn read(
        &self,
        ranges: &[OffsetRange],
        headers: bool,
        patience: Duration,
    ) -> Result<(SchemaRef, Vec<RecordBatch>)> {
        let schema = schema(headers);
        let next = AtomicUsize::new(0);
        let read: Mutex<Vec<Option<Result<RecordBatch>>>> = Mutex::new(ranges.iter().map(|_| None).collect());
        let work = || {
            while let Some((at, range)) =
                Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, ranges.get(at)?)))
            {
                let batch = self.range(range, headers, patience, &schema);
                if batch.is_err() {
                    // Nobody begins another one.
                    next.store(ranges.len(), Ordering::Relaxed);
                }
                read.lock()[at] = Some(batch);
            }
        };
        let many = ranges.iter().map(OffsetRange::len).sum::<usize>() > FEW;
        let threads = if many { consumers().min(ranges.len()) } else { 1 };
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(work);
            }
            work();
        });
        let mut batches = Vec::with_capacity(ranges.len());
        // An error stands behind those that were begun before it, and before those that weren't begun.
        for batch in read.into_inner().into_iter().flatten() {
            batches.push(batch?);
        }
        Ok((schema, batches))
    }

    fn range(&self, range: &OffsetRange, headers: bool, patience: Duration, schema: &SchemaRef) -> Result<RecordBatch> {
        let mut part = Part::new(headers);
        if !range.is_empty() {
            let mut fetch = self.client.fetching(range, Reset::Fail)?.with_patience(patience);
            while fetch.gather(&mut part, usize::MAX, &self.stopped)? {
                if part.is_full {
                    let message = format!(
                        "A batch has more than 2 GB of {}: set maxOffsetsPerTrigger, or read fewer offsets",
                        range.of
                    );
                    return Err(Error::new(Kind::IllegalState, message));
                }
            }
        }
        part.finish(schema).map_err(|e| Error::new(Kind::IllegalState, format!("Kafka's rows: {e}")))
    }
}

/// The messages of one range.
struct Part {
    key: BinaryBuilder,
    value: BinaryBuilder,
    offset: Int64Builder,
    timestamp: Int64Builder,
    kind: Int32Builder,
    headers: Option<ListBuilder<StructBuilder>>,
    /// Of all columns.
    bytes: usize,
    /// Another message would be more than a column's offsets can say.
    is_full: bool,
}

impl Part {
    fn new(headers: bool) -> Self {
        Self {
            key: BinaryBuilder::new(),
            value: BinaryBuilder::new(),
            offset: Int64Builder::new(),
            timestamp: Int64Builder::new(),
            kind: Int32Builder::new(),
            headers: headers.then(|| ListBuilder::new(StructBuilder::from_fields(header(), 0))),
            bytes: 0,
            is_full: false,
        }
    }

    fn finish(mut self, schema: &SchemaRef) -> std::result::Result<RecordBatch, ArrowError> {
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(self.key.finish()),
            Arc::new(self.value.finish()),
            Arc::new(self.offset.finish()),
            Arc::new(self.timestamp.finish()),
            Arc::new(self.kind.finish()),
        ];
        if let Some(mut headers) = self.headers.take() {
            columns.push(Arc::new(headers.finish()));
        }
        RecordBatch::try_new(schema.clone(), columns)
    }
}

impl Gathered for Part {
    fn add(&mut self, _: &TopicPartition, message: &Received) {
        let size = |bytes: Option<&[u8]>| bytes.map_or(0, <[u8]>::len);
        self.bytes += size(message.key()) + size(message.value());
        if self.headers.is_some() {
            message.headers(|key, value| self.bytes += key.len() + size(value));
        }
        self.is_full = self.bytes > i32::MAX as usize;
        if self.is_full {
            return;
        }
        self.key.append_option(message.key());
        self.value.append_option(message.value());
        self.offset.append_value(message.offset());
        let (time, kind) = message.timestamp();
        self.timestamp.append_value(time);
        self.kind.append_value(kind);
        if let Some(list) = &mut self.headers {
            let one = list.values();
            let found = message.headers(|key, value| {
                if let Some(keys) = one.field_builder::<StringBuilder>(0) {
                    keys.append_value(key);
                }
                if let Some(values) = one.field_builder::<BinaryBuilder>(1) {
                    values.append_option(value);
                }
                one.append(true);
            });
            list.append(found);
        }
    }

    fn count(&self) -> usize {
        self.offset.len()
    }

    fn suffice(&self, most: usize) -> bool {
        self.is_full || self.count() >= most
    }
}

fn header() -> Fields {
    Fields::from(vec![Field::new("key", DataType::Utf8, true), Field::new("value", DataType::Binary, true)])
}

fn schema(headers: bool) -> SchemaRef {
    let mut fields = vec![
        Field::new("key", DataType::Binary, true),
        Field::new("value", DataType::Binary, true),
        Field::new("offset", DataType::Int64, true),
        Field::new("timestamp", DataType::Int64, true),
        Field::new("timestampType", DataType::Int32, true),
    ];
    if headers {
        let item = Field::new("item", DataType::Struct(header()), true);
        fields.push(Field::new("headers", DataType::List(Arc::new(item)), true));
    }
    Arc::new(Schema::new(fields))
}
