//! `_engine.Page`: the web page of a SparkContext.

use std::sync::Arc;

use pyo3::prelude::*;

use crate::time::Time;
use crate::ui::{App, Facts, Run, Section, Server, Told, Wanted};

use super::engine::PyEngine;
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

    /// A message of the program's log: milliseconds since 1970, Python's name of its level, its logger, its text.
    fn log(&self, time: i64, level: String, logger: String, text: String) {
        self.app.log.push(time, level, logger, text);
    }

    /// A streaming query begins: `ids` are its id, that of its run, and its name; `started` is in milliseconds since 1970;
    /// `more` is a JSON object; `remembered` says how many that ended, and how many of its batches.
    fn query(
        &self,
        ids: (String, String, Option<String>),
        started: i64,
        more: String,
        plan: String,
        metered: bool,
        remembered: (usize, usize),
    ) -> PyShownQuery {
        let (id, run_id, name) = ids;
        let facts = Facts { id, run_id, name, started: Time(started), more, plan, metered };
        PyShownQuery { run: self.app.queries.begin(facts, remembered.0, remembered.1) }
    }

    /// What the page asks next: a number to answer by, what, and of whom; None once it has ended. Waits for it.
    fn asked(&self, py: Python<'_>) -> Option<(u64, &'static str, String)> {
        let question = py.run_serving(|| self.app.asking.next())?;
        Some((question.number, question.what, question.of))
    }

    /// Answers what was asked; None where there is no such thing.
    fn answer(&self, number: u64, text: Option<String>) {
        self.app.asking.answer(number, text);
    }

    /// Ends it.
    fn stop(&self, py: Python<'_>) {
        self.app.asking.close();
        py.detach(|| self.server.stop());
    }
}

/// What the page shows of a streaming query.
#[pyclass(frozen, name = "ShownQuery", module = "pyrite._engine")]
pub struct PyShownQuery {
    run: Arc<Run>,
}

#[pymethods]
impl PyShownQuery {
    /// What it does now.
    fn say(&self, message: &str) {
        self.run.say(message);
    }

    /// Spark's JSON of a batch; whether one ran; rows and seconds; rows a second that came and were processed; the
    /// watermark in milliseconds since 1970.
    #[expect(clippy::too_many_arguments, reason = "each is a fact of its own")]
    fn tell(
        &self,
        json: String,
        ran: bool,
        rows: u64,
        seconds: f64,
        input: f64,
        processed: f64,
        watermark: Option<i64>,
    ) {
        self.run.tell(Told { json, ran, rows, seconds, input, processed, watermark });
    }

    /// It is over since `time`, in milliseconds since 1970; with an error, where it failed.
    fn end(&self, time: i64, failure: Option<&str>) {
        self.run.end(Time(time), failure);
    }
}
