//! `_engine.Page`: the web page of a SparkContext.

use std::sync::Arc;

use pyo3::prelude::*;

use crate::time::Time;
use crate::ui::{App, Section, Server, Wanted};

use super::engine::PyEngine;
use super::plan::PyPlan;
use super::run::RunEngine;
use super::streaming::PyStreaming;

/// Serves the page of one engine.
#[pyclass(frozen, name = "Page", module = "pyrite._engine")]
pub struct PyPage {
    app: Arc<App>,
    server: Server,
}

#[pymethods]
impl PyPage {
    /// `program` is its id, name, user, start in milliseconds since 1970, Spark's version and the number of its cores;
    /// `environment` has sections of names and values. Raises where no port is free.
    #[new]
    #[expect(clippy::too_many_arguments, reason = "each is a setting of its own")]
    fn new(
        py: Python<'_>,
        engine: &PyEngine,
        program: (String, String, String, i64, String, usize),
        environment: Vec<(String, Vec<(String, String)>)>,
        host: String,
        port: u16,
        retries: u16,
        token: Option<String>,
    ) -> PyResult<Self> {
        let (id, name, user, started, spark, cores) = program;
        let environment = environment.into_iter().map(|(name, entries)| Section { name, entries }).collect();
        let app = App::new(id, name, user, Time(started), spark, cores, environment, engine.engine.clone());
        let wanted = Wanted { host, port, retries, token };
        let server = py.run_engine(|| Server::start(app.clone(), &wanted))?;
        Ok(Self { app, server })
    }

    /// Where it listens.
    #[getter]
    fn port(&self) -> u16 {
        self.server.address().port()
    }

    /// The stream that is shown while it runs.
    fn show(&self, streaming: &PyStreaming) {
        self.app.show_stream(&streaming.streaming);
    }

    /// The rows of an RDD are kept from now on; `level` says where, in Spark's words.
    fn keeps(&self, py: Python<'_>, plan: &PyPlan, name: String, level: String) {
        let plan = plan.plan.clone();
        py.run_detached(|| self.app.keeps(&plan, name, level));
    }

    /// Ends it.
    fn stop(&self, py: Python<'_>) {
        py.detach(|| self.server.stop());
    }
}
