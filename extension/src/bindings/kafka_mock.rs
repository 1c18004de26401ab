//! `_engine.KafkaMock`: librdkafka's mock of a cluster, for tests where no real one can run.

use pyo3::prelude::*;
use rdkafka::error::KafkaError;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;

use crate::error::{Error, Kind};
use crate::objects::raised::to_python_error;

/// A cluster on loopback; it ends with the object.
#[pyclass(frozen, unsendable, name = "KafkaMock", module = "pyrite._engine")]
pub struct PyKafkaMock {
    cluster: MockCluster<'static, DefaultProducerContext>,
}

#[pymethods]
impl PyKafkaMock {
    #[new]
    #[pyo3(signature = (brokers=1))]
    fn new(py: Python<'_>, brokers: i32) -> PyResult<Self> {
        MockCluster::new(brokers).map(|cluster| Self { cluster }).map_err(|e| failed(py, &e))
    }

    /// Where it listens.
    #[getter]
    fn address(&self) -> String {
        self.cluster.bootstrap_servers()
    }

    /// Gives a partition another leader; brokers are counted from 1.
    fn move_leader(&self, py: Python<'_>, topic: &str, partition: i32, broker: i32) -> PyResult<()> {
        self.cluster.partition_leader(topic, partition, Some(broker)).map_err(|e| failed(py, &e))
    }

    /// Makes a topic.
    fn make_topic(&self, py: Python<'_>, name: &str, partitions: i32) -> PyResult<()> {
        self.cluster.create_topic(name, partitions, 1).map_err(|e| failed(py, &e))
    }
}

fn failed(py: Python<'_>, error: &KafkaError) -> PyErr {
    to_python_error(py, &Error::new(Kind::Spark, format!("Kafka: {error}")))
}
