//! `_engine.KafkaSink`: a topic that rows are written to.

use std::sync::Arc;

use pyo3::prelude::*;

use crate::error::Result;
use crate::job::JobOptions;
use crate::log::{LogRef, Silent};
use crate::time::Time;

use super::engine::PyEngine;
use super::plan::PyPlan;
use super::run::RunEngine;
use super::streaming_log::PyLog;

#[cfg(feature = "kafka")]
use crate::sink::KafkaOutput;

/// A topic with the producer for it.
#[pyclass(frozen, name = "KafkaSink", module = "pyrite._engine")]
pub struct PyKafkaSink {
    output: Arc<KafkaOutput>,
}

#[pymethods]
impl PyKafkaSink {
    /// `transactional` is the name of the transactions, if there are to be any.
    #[new]
    fn new(
        py: Python<'_>,
        log: Option<&PyLog>,
        params: Vec<(String, String)>,
        topic: &str,
        transactional: Option<&str>,
    ) -> PyResult<Self> {
        // Who has none hears of everything by an exception.
        let log: LogRef = log.map_or_else(|| Arc::new(Silent) as LogRef, |log| log.messages.clone());
        let output = py.run_engine(|| output(params, topic, transactional, &log))?;
        Ok(Self { output: Arc::new(output) })
    }

    /// Writes the rows, as those of the batch of a time if one is given.
    #[pyo3(signature = (engine, plan, time_ms=None))]
    fn save(&self, py: Python<'_>, engine: &PyEngine, plan: &PyPlan, time_ms: Option<i64>) -> PyResult<()> {
        let options = engine.options(py)?;
        py.run_engine(|| save(engine, plan, &self.output, time_ms.map(Time), &options))
    }
}

#[cfg(feature = "kafka")]
fn output(
    params: Vec<(String, String)>,
    topic: &str,
    transactional: Option<&str>,
    log: &LogRef,
) -> Result<KafkaOutput> {
    KafkaOutput::new(params, topic, transactional, log)
}

#[cfg(feature = "kafka")]
fn save(
    engine: &PyEngine,
    plan: &PyPlan,
    output: &KafkaOutput,
    time: Option<Time>,
    options: &JobOptions,
) -> Result<()> {
    engine.engine.save_kafka(&plan.plan, output, time, options)
}

#[cfg(not(feature = "kafka"))]
use absent::{KafkaOutput, output, save};

#[cfg(not(feature = "kafka"))]
mod absent {
    use super::{JobOptions, LogRef, PyEngine, PyPlan, Result, Time};

    pub enum KafkaOutput {}

    pub fn output(_: Vec<(String, String)>, _: &str, _: Option<&str>, _: &LogRef) -> Result<KafkaOutput> {
        Err(crate::bindings::streaming_kafka::absent())
    }

    pub fn save(_: &PyEngine, _: &PyPlan, output: &KafkaOutput, _: Option<Time>, _: &JobOptions) -> Result<()> {
        match *output {}
    }
}
