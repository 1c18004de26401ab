//! Ranges of offsets read whole, with all that Kafka knows of a message: what a batch of a stream of rows is made of.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use arrow_array::builder::{BinaryBuilder, Int32Builder, Int64Builder, ListBuilder, StringBuilder, StructBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema, SchemaRef};
use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Headers as _, Message as _, Timestamp};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::RDKafkaErrorCode as Code;

use crate::error::{Error, Kind, Result};
use crate::kafka::{failure, is_out_of_reach};
use crate::log::LogRef;

use super::broker::{Broker as _, Edge, Topics};
use super::client::{Client, consumer};
use super::params::Params;
use super::queue::Consuming;
use super::ranges::{OffsetRange, TopicPartition};

/// How long is waited for the next message before it is looked up whether to go on.
const SLICE: Duration = Duration::from_millis(100);
/// How long a question may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The consumer of one source. Only one thread at a time reads with it.
pub struct Table {
    client: Client,
    consumer: Consuming,
    stopped: AtomicBool,
}

impl Table {
    /// Connects when it is first asked. Offsets are read as Java's client does: also those of open transactions.
    pub fn new(given: Vec<(String, String)>, log: &LogRef) -> Result<Self> {
        let mut params = Params::of(given)?;
        if params.client.get("isolation.level").is_none() {
            params.client.native.push(("isolation.level".to_owned(), "read_uncommitted".to_owned()));
        }
        Ok(Self {
            client: Client::new(&params, log)?,
            consumer: consumer(&params, log, 1)?,
            stopped: AtomicBool::new(false),
        })
    }

    /// Whoever reads comes back soon.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
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
        let found = self.consumer.offsets_for_times(list, PATIENCE).map_err(|e| failure(&e))?;
        let of = |of: &TopicPartition| match found.find_partition(&of.topic, of.partition).map(|e| e.offset()) {
            Some(Offset::Offset(offset)) => offset,
            _ => -1,
        };
        Ok(wanted.iter().map(|(partition, _)| of(partition)).collect())
    }

    /// The messages of ranges as a stream of Arrow's: a batch for each range, in their order.
    pub fn read(
        &self,
        ranges: &[OffsetRange],
        headers: bool,
        patience: Duration,
        check: &dyn Fn() -> Result<()>,
    ) -> Result<Vec<u8>> {
        let mut parts: Vec<Part> = ranges.iter().map(|_| Part::new(headers)).collect();
        let mut topics: Vec<&Arc<str>> = ranges.iter().map(|range| &range.of.topic).collect();
        topics.sort_unstable();
        topics.dedup();
        // One topic at a time: librdkafka says only the number of a partition that has come to its end.
        for topic in topics {
            let read = self.topic(topic, ranges, &mut parts, patience, check);
            let _ = self.consumer.unassign();
            read?;
        }
        stream(parts, headers).map_err(|e| Error::new(Kind::IllegalState, format!("Kafka's rows: {e}")))
    }

    fn topic(
        &self,
        topic: &Arc<str>,
        ranges: &[OffsetRange],
        parts: &mut [Part],
        patience: Duration,
        check: &dyn Fn() -> Result<()>,
    ) -> Result<()> {
        let mut left: HashMap<i32, usize> = HashMap::new();
        let mut list = TopicPartitionList::new();
        for (at, range) in ranges.iter().enumerate() {
            if range.of.topic == *topic && range.from < range.until {
                let offset = Offset::Offset(range.from);
                list.add_partition_offset(topic, range.of.partition, offset).map_err(|e| failure(&e))?;
                left.insert(range.of.partition, at);
            }
        }
        if left.is_empty() {
            return Ok(());
        }
        self.consumer.assign(&list).map_err(|e| failure(&e))?;
        let mut heard = Instant::now();
        while !left.is_empty() {
            if self.stopped.load(Ordering::Relaxed) {
                return Err(Error::Cancelled);
            }
            match self.consumer.poll(SLICE) {
                None => {
                    check()?;
                    self.consumer.context().check()?;
                    if heard.elapsed() > patience {
                        let seconds = patience.as_secs();
                        let message = format!("Kafka gave no message of the topic {topic} within {seconds} s");
                        return Err(Error::new(Kind::Spark, message));
                    }
                }
                Some(Ok(message)) => {
                    heard = Instant::now();
                    let Some(&at) = left.get(&message.partition()) else { continue };
                    let until = ranges[at].until;
                    if message.offset() < until {
                        parts[at].push(&message);
                    }
                    if message.offset() + 1 >= until {
                        left.remove(&message.partition());
                    }
                }
                // What is missing before the end are marks of transactions and what was compacted away.
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    heard = Instant::now();
                    left.remove(&partition);
                }
                Some(Err(error)) if gone(&error) => {
                    let message = format!("offsets of the topic {topic} that a batch reads aren't in Kafka any more");
                    return Err(Error::new(Kind::IllegalState, message));
                }
                Some(Err(error)) if is_out_of_reach(&error) => check()?,
                Some(Err(error)) => return Err(failure(&error)),
            }
        }
        Ok(())
    }
}

fn gone(error: &KafkaError) -> bool {
    matches!(error.rdkafka_error_code(), Some(Code::OffsetOutOfRange | Code::AutoOffsetReset))
}

/// The messages of one range.
struct Part {
    key: BinaryBuilder,
    value: BinaryBuilder,
    offset: Int64Builder,
    timestamp: Int64Builder,
    kind: Int32Builder,
    headers: Option<ListBuilder<StructBuilder>>,
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
        }
    }

    fn push(&mut self, message: &BorrowedMessage<'_>) {
        self.key.append_option(message.key());
        self.value.append_option(message.payload());
        self.offset.append_value(message.offset());
        let (time, kind) = match message.timestamp() {
            Timestamp::NotAvailable => (-1, -1),
            Timestamp::CreateTime(time) => (time, 0),
            Timestamp::LogAppendTime(time) => (time, 1),
        };
        self.timestamp.append_value(time);
        self.kind.append_value(kind);
        if let Some(list) = &mut self.headers {
            let found = message.headers().filter(|headers| headers.count() > 0);
            for each in found.into_iter().flat_map(|headers| headers.iter()) {
                let one = list.values();
                if let Some(key) = one.field_builder::<StringBuilder>(0) {
                    key.append_value(each.key);
                }
                if let Some(value) = one.field_builder::<BinaryBuilder>(1) {
                    value.append_option(each.value);
                }
                one.append(true);
            }
            list.append(found.is_some());
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

fn header() -> Fields {
    Fields::from(vec![Field::new("key", DataType::Utf8, true), Field::new("value", DataType::Binary, true)])
}

fn stream(parts: Vec<Part>, headers: bool) -> std::result::Result<Vec<u8>, ArrowError> {
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
    let schema: SchemaRef = Arc::new(Schema::new(fields));
    let mut writer = StreamWriter::try_new(Vec::new(), &schema)?;
    for part in parts {
        writer.write(&part.finish(&schema)?)?;
    }
    writer.into_inner()
}
