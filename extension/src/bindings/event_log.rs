//! `_engine.EventLog`: the event log of a SparkContext.

use std::path::PathBuf;
use std::time::Duration;

use pyo3::prelude::*;

use crate::config::Config;
use crate::history::{EventLog, Program, Wanted};
use crate::objects::gate::attached;
use crate::objects::owned::Owned;
use crate::time::Time;

use super::engine::PyEngine;
use super::run::RunEngine;

/// Whoever waits is looked after so often.
const SLICE: Duration = Duration::from_millis(20);

/// Writes what one engine does.
#[pyclass(frozen, name = "EventLog", module = "pyrite._engine")]
pub struct PyEventLog {
    log: EventLog,
}

#[pymethods]
impl PyEventLog {
    /// Into a log in `directory`, as the `settings` say. `program` is its id, name, user, start in milliseconds since
    /// 1970, Spark's version and the number of its cores; `environment` has sections of names and values.
    /// `complain(sentence)` is called where something can't be written. Raises where the log can't be made.
    #[new]
    fn new(
        py: Python<'_>,
        engine: &PyEngine,
        directory: PathBuf,
        settings: Vec<(String, String)>,
        program: (String, String, String, i64, String, usize),
        environment: Vec<(String, Vec<(String, String)>)>,
        complain: Py<PyAny>,
    ) -> PyResult<Self> {
        let (id, name, user, started, spark, cores) = program;
        let program = Program { id, name, user, started: Time(started), spark, cores, environment };
        let complain = Owned::new(complain);
        let complain = Box::new(move |sentence: String| {
            // There is nobody to tell that it couldn't be told.
            let _ = attached(|py| complain.call1(py, (sentence,)).map(drop));
        });
        let log = py.run_engine(|| {
            let wanted = Wanted::parse(directory, &Config::new(settings))?;
            EventLog::start(wanted, &program, &engine.engine, complain)
        })?;
        Ok(Self { log })
    }

    /// Where the log is, or will be once the program has ended.
    #[getter]
    fn place(&self) -> PathBuf {
        self.log.place().to_owned()
    }

    /// An event that Python has made: its name, and its fields as a JSON object. One that isn't `needed` is left out where
    /// too much waits.
    fn tell(&self, name: &str, fields: &str, needed: bool) {
        self.log.tell(name, fields, needed);
    }

    /// Ends it: what waits is written, for `timeout` seconds at most. Says whether all is.
    fn stop(&self, py: Python<'_>, timeout: f64) -> PyResult<bool> {
        py.run_detached(|| self.log.stop());
        let mut left = Duration::try_from_secs_f64(timeout).unwrap_or_default();
        while !py.run_detached(|| self.log.wait(SLICE.min(left))) {
            py.check_signals()?;
            left = left.saturating_sub(SLICE);
            if left.is_zero() {
                self.log.give_up();
                return Ok(false);
            }
        }
        Ok(true)
    }
}
