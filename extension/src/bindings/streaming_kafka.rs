//! Kafka, as Python asks for it: a stream, an RDD, their ranges.

use std::sync::Arc;

use pyo3::prelude::*;

use crate::error::{Error, Kind, Result};
use crate::log::LogRef;
use crate::source::{
    Broker, DirectInput, Edge, Environment, Input, KafkaParams, KafkaRanges, KafkaStart, OffsetRange, TopicPartition,
    Topics,
};

use super::plan::PyPlan;
use super::run::RunEngine;
use super::streaming::PyStreaming;
use super::streaming_log::PyLog;
use super::streaming_stream::PyStream;

/// Topic, partition, first offset, the offset behind the last.
type Range = (String, i32, i64, i64);

/// A stream of tuples of topic, partition, offset, key and value. `pattern` is there in place of topics.
#[pyfunction]
#[pyo3(signature = (streaming, topics, pattern, params, offsets))]
pub fn kafka_direct(
    py: Python<'_>,
    streaming: &PyStreaming,
    topics: Vec<String>,
    pattern: Option<&str>,
    params: Vec<(String, String)>,
    offsets: Option<Vec<(String, i32, i64)>>,
) -> PyResult<PyStream> {
    py.run_engine(|| {
        streaming.streaming.add_input("kafka", |env| {
            let params = KafkaParams::of(params)?;
            let topics = match pattern {
                Some(pattern) => Topics::matching(pattern)?,
                None => Topics::Named(topics),
            };
            let start = match offsets {
                Some(offsets) => KafkaStart::From(offsets.into_iter().map(|(t, p, o)| (partition(&t, p), o)).collect()),
                None => KafkaStart::At(params.start),
            };
            let broker = connect(&params, &env.log)?;
            let KafkaParams { client, reset, look_ms, .. } = &params;
            let input = DirectInput::new(env, broker, &client.brokers, topics, start, *reset, *look_ms)?;
            Ok(Arc::new(input) as Arc<dyn Input>)
        })
    })
    .map(PyStream::new)
}

/// A stream of the same tuples that a consumer group shares with other members.
#[pyfunction]
pub fn kafka_group(
    py: Python<'_>,
    streaming: &PyStreaming,
    topics: Vec<String>,
    params: Vec<(String, String)>,
) -> PyResult<PyStream> {
    py.run_engine(|| streaming.streaming.add_input("kafka", |env| member(env, KafkaParams::of(params)?, topics)))
        .map(PyStream::new)
}

/// The messages of some ranges, as tuples of topic, partition, offset, key and value. Raises where a range isn't there.
#[pyfunction]
pub fn kafka_rdd(py: Python<'_>, log: &PyLog, params: Vec<(String, String)>, ranges: Vec<Range>) -> PyResult<PyPlan> {
    py.run_engine(|| {
        let params = KafkaParams::of(params)?;
        let log: LogRef = log.messages.clone();
        let broker = connect(&params, &log)?;
        let ranges: Vec<OffsetRange> = ranges.into_iter().map(range).collect();
        check(&*broker, &params.client.brokers, &ranges)?;
        Ok(PyPlan::new(KafkaRanges::plan(broker, ranges)))
    })
}

/// The ranges that a plan reads, partition by partition; None where it doesn't read Kafka so.
#[pyfunction]
pub fn kafka_ranges(plan: &PyPlan) -> Option<Vec<Range>> {
    let ranges = KafkaRanges::of(&plan.plan)?;
    Some(ranges.iter().map(|r| (r.of.topic.to_string(), r.of.partition, r.from, r.until)).collect())
}

/// Has the consumer group of a stream remember that it has dealt with ranges.
#[pyfunction]
pub fn kafka_commit(py: Python<'_>, stream: &PyStream, ranges: Vec<Range>) -> PyResult<()> {
    py.run_engine(|| {
        let ranges: Vec<OffsetRange> = ranges.into_iter().map(range).collect();
        match stream.stream.input().and_then(|input| input.as_any()?.downcast_ref::<DirectInput>()) {
            Some(input) => input.commit(&ranges),
            None => Err(Error::new(Kind::IllegalArgument, "only a direct stream of Kafka has offsets to commit")),
        }
    })
}

fn partition(topic: &str, partition: i32) -> TopicPartition {
    TopicPartition { topic: topic.into(), partition }
}

fn range((topic, number, from, until): Range) -> OffsetRange {
    OffsetRange { of: partition(&topic, number), from, until }
}

/// Spark's checks of an RDD's ranges.
fn check(broker: &dyn Broker, brokers: &str, ranges: &[OffsetRange]) -> Result<()> {
    let partitions: Vec<TopicPartition> = ranges.iter().map(|range| range.of.clone()).collect();
    let edges = (broker.offsets(&partitions, Edge::Earliest)?, broker.offsets(&partitions, Edge::Latest)?);
    let (Some(earliest), Some(latest)) = edges else {
        let message = format!("No Kafka broker answers at {brokers}. Start one, or mend bootstrap.servers.");
        return Err(Error::new(Kind::Spark, message));
    };
    for (range, (earliest, latest)) in ranges.iter().zip(earliest.into_iter().zip(latest)) {
        let OffsetRange { of, from, until } = range;
        if *from < earliest || *until > latest {
            let message =
                format!("Offsets not available on leader: {of} has {earliest} to {latest}, not {from} to {until}");
            return Err(Error::new(Kind::Spark, message));
        }
    }
    Ok(())
}

#[cfg(feature = "kafka")]
fn connect(params: &KafkaParams, log: &LogRef) -> Result<Arc<dyn Broker>> {
    Ok(Arc::new(crate::source::KafkaClient::new(params, log)?))
}

#[cfg(feature = "kafka")]
fn member(env: &Environment, params: KafkaParams, topics: Vec<String>) -> Result<Arc<dyn Input>> {
    Ok(Arc::new(crate::source::KafkaGroupReceiver::input(env, params, topics)?))
}

#[cfg(not(feature = "kafka"))]
fn connect(_: &KafkaParams, _: &LogRef) -> Result<Arc<dyn Broker>> {
    Err(absent())
}

#[cfg(not(feature = "kafka"))]
fn member(_: &Environment, _: KafkaParams, _: Vec<String>) -> Result<Arc<dyn Input>> {
    Err(absent())
}

#[cfg(not(feature = "kafka"))]
pub(crate) fn absent() -> Error {
    let message = "This build of Pyrite has no Kafka. `pip install .` in Pyrite's source, or `make build`, makes one that \
                   has; it takes a C compiler, make and perl.";
    Error::new(Kind::Unsupported, message)
}
