//! `_engine.Streaming`: a streaming context's engine, which Python's threads drive.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pyo3::prelude::*;

use crate::batch::{Inverse, Mailbox, Missing, Phase, Reducing, Status, Stop, Streaming};
use crate::chunk::Cancel;
use crate::config::Config;
use crate::job::{Engine, JobOptions};
use crate::objects::gate;
use crate::objects::program::{Driver, Output};
use crate::objects::raised::{check_signals, to_python_error};
use crate::objects::receiver::{PyReceiver, Whole};
use crate::objects::recorder::PyRecorder;
use crate::objects::rows::decode;
use crate::objects::tally::function_of;
use crate::source::{FileInput, Input, QueueInput, ReceiverInput, SocketReceiver};
use crate::time::{Clock, SystemClock};

use super::engine::PyEngine;
use super::plan::PyPlan;
use super::run::RunEngine;
use super::streaming_checkpoint::PyFound;
use super::streaming_events::PyMailbox;
use super::streaming_job::PyJob;
use super::streaming_log::PyLog;
use super::streaming_receiver::PyReception;
use super::streaming_stream::{PyManualClock, PyStream};

/// Waits last no longer than this before interrupts are looked at; stopping the context comes after one.
const SLICE: Duration = Duration::from_millis(10);

/// How many events wait for the program's listeners at most; Spark's key.
const CAPACITY: &str = "spark.scheduler.listenerbus.eventqueue.capacity";

/// What a batch left behind: time, records, scheduling delay and processing time in microseconds, whether it failed.
type Record = (i64, usize, u64, u64, bool);

/// A streaming context's engine.
#[pyclass(frozen, name = "Streaming", module = "pyrite._engine")]
pub struct PyStreaming {
    pub(super) streaming: Arc<Streaming>,
    /// Ends the jobs that run for a batch when `stop` gives up on them.
    cancel: Cancel,
    /// Runs the jobs that complete a window.
    engine: Arc<Engine>,
}

#[pymethods]
impl PyStreaming {
    /// Batches every `interval_ms` on the machine's clock, or on one moved by hand. What is received takes part of the
    /// engine's memory.
    #[new]
    #[pyo3(signature = (interval_ms, settings, log, engine, clock=None))]
    fn new(
        py: Python<'_>,
        interval_ms: i64,
        settings: Vec<(String, String)>,
        log: &PyLog,
        engine: &PyEngine,
        clock: Option<&PyManualClock>,
    ) -> PyResult<Self> {
        let clock: Arc<dyn Clock> = match clock {
            Some(manual) => manual.clock.clone(),
            None => Arc::new(SystemClock::new()),
        };
        let (log, memory) = (log.messages.clone(), engine.engine.memory().clone());
        py.run_engine(|| Streaming::new(interval_ms, clock, Config::new(settings), log, memory)).map(|streaming| Self {
            streaming,
            cancel: Cancel::default(),
            engine: engine.engine.clone(),
        })
    }

    /// Lines from a TCP server.
    fn socket(&self, py: Python<'_>, host: &str, port: i64) -> PyResult<PyStream> {
        py.run_engine(|| {
            self.streaming.add_input("socketTextStream", |env| {
                Ok(Arc::new(SocketReceiver::input(env, host, port)?) as Arc<dyn Input>)
            })
        })
        .map(PyStream::new)
    }

    /// What a receiver of the program stores; `launch(reception)` begins it, `kind` is its name.
    fn receiver(&self, py: Python<'_>, kind: String, launch: Py<PyAny>) -> PyResult<PyStream> {
        let receiver = PyReceiver::<PyReception>::new(kind, launch);
        py.run_engine(|| {
            self.streaming.add_input("receiverStream", |env| {
                Ok(Arc::new(ReceiverInput::new(env, receiver, Whole)?) as Arc<dyn Input>)
            })
        })
        .map(PyStream::new)
    }

    /// Records of `length` bytes of the files that appear in a directory.
    fn binary_files(&self, py: Python<'_>, directory: &str, length: usize) -> PyResult<PyStream> {
        py.run_engine(|| {
            self.streaming.add_input("binaryRecordsStream", |env| {
                Ok(Arc::new(FileInput::of_records(env, directory, length)?) as Arc<dyn Input>)
            })
        })
        .map(PyStream::new)
    }

    /// Lines of the files that appear in a directory.
    fn files(&self, py: Python<'_>, directory: &str) -> PyResult<PyStream> {
        py.run_engine(|| {
            self.streaming
                .add_input("textFileStream", |env| Ok(Arc::new(FileInput::new(env, directory)?) as Arc<dyn Input>))
        })
        .map(PyStream::new)
    }

    /// Plans, one a batch or all in the first, then the default.
    #[pyo3(signature = (plans, one_at_a_time, default))]
    fn queue(
        &self,
        py: Python<'_>,
        plans: Vec<Py<PyPlan>>,
        one_at_a_time: bool,
        default: Option<&Bound<'_, PyPlan>>,
    ) -> PyResult<PyStream> {
        let plans = plans.into_iter().map(|p| p.get().plan.clone()).collect();
        let default = default.map(|p| p.get().plan.clone());
        py.run_engine(|| {
            self.streaming.add_input("queueStream", |env| {
                Ok(Arc::new(QueueInput::new(env, plans, one_at_a_time, default)) as Arc<dyn Input>)
            })
        })
        .map(PyStream::new)
    }

    /// A stream of `function(time_ms, *plans)`, which gives a plan or None. `missing` says what a parent without a
    /// plan means: "skip", "empty" or "fail".
    fn transformed(
        &self,
        py: Python<'_>,
        name: &str,
        parents: Vec<Py<PyStream>>,
        function: Py<PyAny>,
        missing: &str,
    ) -> PyResult<PyStream> {
        let missing = match missing {
            "empty" => Missing::Empty,
            "fail" => Missing::Fail,
            _ => Missing::Skip,
        };
        let parents = parents.into_iter().map(|p| p.get().stream.clone()).collect();
        let function = Arc::new(Driver::<PyPlan>::new(function));
        py.run_engine(|| self.streaming.add_transformed(name, parents, function, missing)).map(PyStream::new)
    }

    /// The last `window_ms` of a stream, every `slide_ms`.
    fn window(
        &self,
        py: Python<'_>,
        parent: &Bound<'_, PyStream>,
        window_ms: i64,
        slide_ms: i64,
    ) -> PyResult<PyStream> {
        let parent = parent.get().stream.clone();
        py.run_engine(|| self.streaming.add_window(parent, window_ms, slide_ms)).map(PyStream::new)
    }

    /// The values of each key over the last `window_ms` of a stream of pairs that `merge` has reduced into `partitions`
    /// partitions, every `slide_ms`. `inverse(value, gone)` and `subtract((value, gone or None))` take away what has left;
    /// `filter` says which pairs stay.
    #[pyo3(signature = (name, parent, window_ms, slide_ms, merge, partitions, inverse=None, subtract=None, filter=None))]
    #[expect(clippy::too_many_arguments, reason = "the window's own")]
    fn reduced_window(
        &self,
        py: Python<'_>,
        name: &str,
        parent: &Bound<'_, PyStream>,
        window_ms: i64,
        slide_ms: i64,
        merge: &Bound<'_, PyAny>,
        partitions: usize,
        inverse: Option<&Bound<'_, PyAny>>,
        subtract: Option<&Bound<'_, PyAny>>,
        filter: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<PyStream> {
        let function = |function: &Bound<'_, PyAny>| function_of(function, name);
        let inverse = match (inverse, subtract) {
            (Some(inverse), Some(subtract)) => Some(Inverse {
                inverse: function(inverse),
                subtract: function(subtract),
                filter: filter.map(function),
                decode: Some(decode),
                engine: self.engine.clone(),
            }),
            _ => None,
        };
        let reducing = Reducing { name: name.to_owned(), window_ms, merge: function(merge), partitions, inverse };
        let parent = parent.get().stream.clone();
        py.run_engine(|| self.streaming.add_reduced_window(parent, reducing, slide_ms)).map(PyStream::new)
    }

    /// Several streams as one.
    fn union(&self, py: Python<'_>, parents: Vec<Py<PyStream>>) -> PyResult<PyStream> {
        let parents = parents.into_iter().map(|p| p.get().stream.clone()).collect();
        py.run_engine(|| self.streaming.add_union(parents)).map(PyStream::new)
    }

    /// Has `function(time_ms, plan)` called in every batch, by who runs the jobs.
    fn output(&self, py: Python<'_>, name: &str, stream: &Bound<'_, PyStream>, function: Py<PyAny>) -> PyResult<()> {
        let stream = stream.get().stream.clone();
        let function = Arc::new(Output::<PyPlan>::new(function));
        py.run_engine(|| self.streaming.add_output(name, stream, function))
    }

    /// Every stream remembers its plans for at least this long.
    fn remember(&self, py: Python<'_>, ms: i64) -> PyResult<()> {
        py.run_engine(|| self.streaming.remember(ms))
    }

    /// Where events go from now on, for a thread that fetches them.
    fn listen(&self, py: Python<'_>) -> PyResult<PyMailbox> {
        py.run_engine(|| {
            let room = self.streaming.config().number(CAPACITY, 10_000)?.max(1) as usize;
            let mailbox = Arc::new(Mailbox::new(room, self.streaming.log().clone()));
            self.streaming.add_listener(mailbox.clone());
            Ok(PyMailbox { mailbox })
        })
    }

    /// How many threads shall run jobs.
    #[getter]
    fn concurrent_jobs(&self) -> usize {
        self.streaming.concurrent_jobs()
    }

    /// A truth value of the settings.
    fn flag(&self, py: Python<'_>, key: &str, default: bool) -> PyResult<bool> {
        py.run_engine(|| self.streaming.config().flag(key, default))
    }

    /// Writes checkpoints to a directory; `record()` gives what of the program belongs into them. None: no checkpoints.
    fn checkpoint(&self, py: Python<'_>, directory: Option<&str>, record: Py<PyAny>) -> PyResult<()> {
        let program = Arc::new(PyRecorder::new(record));
        py.run_engine(|| {
            let Some(directory) = directory else {
                self.streaming.no_checkpoint();
                return Ok(());
            };
            self.streaming.checkpoint(Path::new(directory), program)
        })
    }

    /// Goes on from a checkpoint once started; the streams are those that it had, made in the same order.
    fn recover(&self, py: Python<'_>, found: &PyFound, directory: &str, record: Py<PyAny>) -> PyResult<()> {
        let program = Arc::new(PyRecorder::new(record));
        py.run_engine(|| {
            let Some(found) = found.found.lock().take() else { return Ok(()) };
            self.streaming.recover(found, Path::new(directory), program)
        })
    }

    /// What the thread that writes checkpoints runs.
    fn run_checkpoints(&self, py: Python<'_>) {
        py.run_detached(|| self.streaming.run_checkpoints());
    }

    /// Begins to make batches; False when it was started before. `has_directory`: there is a directory for checkpoints.
    #[pyo3(signature = (has_directory=true))]
    fn start(&self, py: Python<'_>, has_directory: bool) -> PyResult<bool> {
        py.run_engine(|| self.streaming.start_with(has_directory))
    }

    /// What the generator thread runs.
    fn run_generator(&self, py: Python<'_>) {
        // The jobs that functions start while a batch is made end with `stop`, as its output operations' do.
        JobOptions::enclose(Some(self.cancel.clone()));
        py.run_serving(|| self.streaming.run_generator());
    }

    /// The next job for the calling thread, or None when the context stops.
    fn next_job(&self, py: Python<'_>) -> Option<PyJob> {
        let job = py.run_serving(|| self.streaming.next_job())?;
        Some(PyJob::new(self.streaming.clone(), job, self.cancel.clone()))
    }

    /// Waits until the context stops: True, or until `timeout` seconds have passed: False. Raises what a batch failed
    /// with, every time.
    #[pyo3(signature = (timeout=None))]
    fn wait(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        // A timeout that is no duration (negative, nan, larger than time itself) is over at once or never.
        let end = timeout
            .map(|s| Instant::now().checked_add(Duration::try_from_secs_f64(s.max(0.0)).unwrap_or(Duration::MAX)));
        loop {
            let left = end.flatten().map_or(SLICE, |end| end.saturating_duration_since(Instant::now()));
            let (status, asking) =
                py.run_engine(|| Ok((self.streaming.wait(left.min(SLICE)), gate::Asking::in_turn())))?;
            drop(asking);
            match status {
                Status::Failed(error) => return Err(to_python_error(py, &error)),
                Status::Stopped => return Ok(true),
                Status::Running if left.is_zero() => return Ok(false),
                Status::Running => py.check_signals()?,
            }
        }
    }

    /// Waits until every batch up to the clock's time is done; False when that took longer than `timeout` seconds.
    fn wait_idle(&self, py: Python<'_>, timeout: f64) -> PyResult<bool> {
        let end = Instant::now() + Duration::try_from_secs_f64(timeout).unwrap_or(Duration::from_secs(3600));
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if py.run_engine(|| Ok(self.streaming.wait_idle(left.min(SLICE))))? {
                return Ok(true);
            }
            if left.is_zero() {
                return Ok(false);
            }
            py.check_signals()?;
        }
    }

    /// Stops. `own_jobs` and `own_generator`: the caller is inside a job, or inside a function that makes a batch.
    #[pyo3(signature = (graceful, own_jobs, own_generator, grace=2.0))]
    fn stop(&self, py: Python<'_>, graceful: bool, own_jobs: usize, own_generator: bool, grace: f64) -> PyResult<()> {
        let grace = Duration::try_from_secs_f64(grace).unwrap_or_default();
        py.run_engine(|| {
            let stopped = self.streaming.stop(Stop {
                graceful,
                own_jobs,
                own_generator,
                grace,
                check: &mut check_signals,
                cancel: &mut || self.cancel.set(),
            });
            self.streaming.release();
            stopped
        })
    }

    /// "initialized", "active" or "stopped".
    #[getter]
    fn phase(&self, py: Python<'_>) -> &'static str {
        match py.run_detached(|| self.streaming.phase()) {
            Phase::Initialized => "initialized",
            Phase::Active => "active",
            Phase::Stopped => "stopped",
        }
    }

    /// The time before the first batch, in milliseconds since 1970; None before the start.
    #[getter]
    fn zero(&self) -> Option<i64> {
        self.streaming.timeline().zero().map(|t| t.0)
    }

    /// The last batches.
    fn history(&self, py: Python<'_>) -> Vec<Record> {
        let micros = |d: Duration| d.as_micros() as u64;
        let history = py.run_detached(|| self.streaming.history());
        history
            .iter()
            .map(|b| (b.time.0, b.records(), micros(b.scheduling), micros(b.processing), b.failed()))
            .collect()
    }
}
