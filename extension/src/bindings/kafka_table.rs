//! `_engine.KafkaTable` and `_engine.KafkaRows`: what a `DataFrame` reads of Kafka and writes to it.

use std::sync::Arc;
use std::time::Duration;

use pyo3::prelude::*;

use crate::error::{Error, Kind, Result};
use crate::log::{LogRef, Silent};
use crate::sink::{KafkaOutput, write_kafka_rows};
use crate::source::{Edge, KafkaTable, OffsetRange, TopicPartition, Topics};
use crate::sync::Mutex;

use super::arrow_rows::PyArrowRows;
use super::engine::PyEngine;
use super::run::RunEngine;

/// The consumers of one source, until it is closed.
#[pyclass(frozen, name = "KafkaTable", module = "pyrite._engine")]
pub struct PyKafkaTable {
    table: Mutex<Option<Arc<KafkaTable>>>,
}

#[pymethods]
impl PyKafkaTable {
    #[new]
    fn new(py: Python<'_>, params: Vec<(String, String)>) -> PyResult<Self> {
        let log: LogRef = Arc::new(Silent);
        py.run_engine(|| KafkaTable::new(params, &log)).map(|table| Self { table: Mutex::new(Some(Arc::new(table))) })
    }

    /// The partitions of topics, or of those whose whole name matches; None where nobody answers.
    fn partitions(
        &self,
        py: Python<'_>,
        topics: Vec<String>,
        pattern: Option<&str>,
    ) -> PyResult<Option<Vec<(String, i32)>>> {
        let found = py.run_engine(|| {
            let topics = match pattern {
                Some(pattern) => Topics::matching(pattern)?,
                None => Topics::Named(topics),
            };
            self.open()?.partitions(&topics)
        })?;
        Ok(found.map(|found| found.into_iter().map(|of| (of.topic.to_string(), of.partition)).collect()))
    }

    /// The offsets at the beginning or the end of partitions; None where nobody answers.
    fn offsets(&self, py: Python<'_>, partitions: Vec<(String, i32)>, latest: bool) -> PyResult<Option<Vec<i64>>> {
        let edge = if latest { Edge::Latest } else { Edge::Earliest };
        let partitions: Vec<TopicPartition> = partitions.into_iter().map(partition).collect();
        py.run_engine(|| self.open()?.offsets(&partitions, edge))
    }

    /// The offsets of the first messages at or after times, in milliseconds; -1 where there is none.
    fn offsets_at(&self, py: Python<'_>, wanted: Vec<(String, i32, i64)>) -> PyResult<Vec<i64>> {
        let wanted: Vec<(TopicPartition, i64)> =
            wanted.into_iter().map(|(topic, number, time)| (partition((topic, number)), time)).collect();
        py.run_engine(|| self.open()?.offsets_at(&wanted))
    }

    /// The messages of ranges, a batch for each.
    fn read(
        &self,
        py: Python<'_>,
        ranges: Vec<(String, i32, i64, i64)>,
        headers: bool,
        patience_ms: u64,
    ) -> PyResult<PyArrowRows> {
        let ranges: Vec<OffsetRange> = ranges
            .into_iter()
            .map(|(topic, number, from, until)| OffsetRange { of: partition((topic, number)), from, until })
            .collect();
        let patience = Duration::from_millis(patience_ms);
        let (schema, batches) = py.run_engine(|| self.open()?.read(&ranges, headers, patience))?;
        Ok(PyArrowRows::of(schema, batches))
    }

    /// Who reads comes back soon, with an error.
    fn stop(&self, py: Python<'_>) {
        // Who lets go of it last does so here, perhaps.
        py.run_detached(|| self.open().map(|table| table.stop()).ok());
    }

    /// The consumers go, with librdkafka's threads, whose end others needn't wait for.
    fn close(&self, py: Python<'_>) {
        let table = self.table.lock().take();
        py.run_detached(|| drop(table));
    }
}

impl PyKafkaTable {
    fn open(&self) -> Result<Arc<KafkaTable>> {
        let closed = || Error::new(Kind::IllegalState, "the Kafka source is closed");
        self.table.lock().clone().ok_or_else(closed)
    }
}

fn partition((topic, partition): (String, i32)) -> TopicPartition {
    TopicPartition { topic: topic.into(), partition }
}

/// A producer of rows, which name their topics.
#[pyclass(frozen, name = "KafkaRows", module = "pyrite._engine")]
pub struct PyKafkaRows {
    output: Arc<KafkaOutput>,
}

#[pymethods]
impl PyKafkaRows {
    /// `transactional` is the name of the transactions, if there are to be any; what they wrote is noted at `topic`.
    #[new]
    fn new(py: Python<'_>, params: Vec<(String, String)>, topic: &str, transactional: Option<&str>) -> PyResult<Self> {
        let log: LogRef = Arc::new(Silent);
        let output = py.run_engine(|| KafkaOutput::new(params, topic, transactional, &log))?;
        Ok(Self { output: Arc::new(output) })
    }

    /// Writes the rows of a stream of Arrow's, as those of a batch if its number is given.
    #[pyo3(signature = (engine, data, batch=None))]
    fn write(&self, py: Python<'_>, engine: &PyEngine, data: &[u8], batch: Option<i64>) -> PyResult<()> {
        let options = engine.options(py)?;
        py.run_engine(|| write_kafka_rows(&self.output, data, batch, &|| options.cancel.check()))
    }
}
