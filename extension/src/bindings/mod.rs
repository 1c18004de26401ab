//! The extension module `pyrite._engine`: one thin class a file. Convert, run the engine, wrap; nothing else.

mod arrow;
mod arrow_capsule;
mod arrow_rows;
mod arrow_stream;
mod boundary;
mod engine;
mod event_log;
mod frames;
mod hash;
mod jobs;
#[cfg(feature = "kafka")]
mod kafka_mock;
mod kafka_sink;
#[cfg(feature = "kafka")]
mod kafka_table;
mod lambda;
mod page;
mod plan;
mod run;
mod sketch;
mod streaming;
mod streaming_checkpoint;
mod streaming_events;
mod streaming_job;
mod streaming_kafka;
mod streaming_log;
mod streaming_receiver;
mod streaming_state;
mod streaming_stream;

use pyo3::prelude::*;

/// Pyrite's engine.
#[pymodule]
mod _engine {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::arrow::from_arrow;
    #[pymodule_export]
    use super::arrow_rows::{PyArrowRows, to_arrow};
    #[pymodule_export]
    use super::arrow_stream::arrow_stream;
    #[pymodule_export]
    use super::boundary::Boundary;
    #[pymodule_export]
    use super::engine::PyEngine;
    #[pymodule_export]
    use super::event_log::PyEventLog;
    #[pymodule_export]
    use super::frames::{frame_schema_text, frame_tree, frame_type_of_text, plan_frame};
    #[pymodule_export]
    use super::hash::portable_hash;
    #[pymodule_export]
    use super::jobs::PyJobs;
    #[cfg(feature = "kafka")]
    #[pymodule_export]
    use super::kafka_mock::PyKafkaMock;
    #[pymodule_export]
    use super::kafka_sink::PyKafkaSink;
    #[cfg(feature = "kafka")]
    #[pymodule_export]
    use super::kafka_table::{PyKafkaRows, PyKafkaTable};
    #[pymodule_export]
    use super::lambda::{evaluate, machine_code};
    #[pymodule_export]
    use super::page::{PyPage, PyShownQuery};
    #[pymodule_export]
    use super::plan::PyPlan;
    #[pymodule_export]
    #[pymodule_export]
    use crate::objects::PyCaptured;
    #[pymodule_export]
    use crate::objects::context::{check_task, task_accumulators, task_context};
    #[pymodule_export]
    use crate::objects::inside::end_calls;
    #[pymodule_export]
    use crate::objects::records::record_class;
    #[pymodule_export]
    use crate::objects::stored::StoredValues;
    #[pymodule_export]
    use crate::objects::tally::Tally;
    #[pymodule_export]
    use crate::objects::worker::{WorkerPort, pickled_names};

    #[pymodule_export]
    use super::sketch::{sketch, sketched};
    #[pymodule_export]
    use super::streaming::PyStreaming;
    #[pymodule_export]
    use super::streaming_checkpoint::PyFound;
    #[pymodule_export]
    use super::streaming_events::PyMailbox;
    #[pymodule_export]
    use super::streaming_job::PyJob;
    #[pymodule_export]
    use super::streaming_kafka::{kafka_commit, kafka_direct, kafka_group, kafka_ranges, kafka_rdd};
    #[pymodule_export]
    use super::streaming_log::{PyLog, pprint_text};
    #[pymodule_export]
    use super::streaming_receiver::PyReception;
    #[pymodule_export]
    use super::streaming_state::{map_with_state, state_by_key, state_view};
    #[pymodule_export]
    use super::streaming_stream::{PyManualClock, PyStream};

    /// The package's version.
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");

    #[pymodule_init]
    #[expect(clippy::unnecessary_wraps, reason = "the shape that pyo3 asks for")]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::objects::install_tables(module.py());
        crate::objects::install_records();
        Ok(())
    }
}
