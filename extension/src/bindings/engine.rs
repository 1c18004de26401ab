//! `_engine.Engine`: runs jobs for one SparkContext, on threads that Python made.

use std::collections::BTreeMap;
use std::sync::Arc;

use pyo3::exceptions::{PyKeyboardInterrupt, PySystemExit, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::chunk::{Cancel, Chunk, drain};
use crate::config::{Config, keys};
use crate::job::registry::Most;
use crate::job::{Engine, JobOptions};
use crate::lambda::Compiled;
use crate::memory::Memory;
use crate::objects::CPython;
use crate::objects::collector::Calm;
use crate::objects::gate::attached;
use crate::objects::inside::Inside;
use crate::objects::owned::Owned;
use crate::objects::raised::{is_interrupt, to_python_error, user_error};
use crate::objects::rows::load;
use crate::objects::storage::carrier_of;
use crate::objects::stored;
use crate::objects::tally::function_of;
use crate::objects::worker::{CREW, Split, Workers};
use crate::plan::NativeMode;
use crate::sink::Codec;
use crate::stage::explain::describe;
use crate::stage::{Partial, Pool, Properties, TotalKind, TotalOf, open};
use crate::sync::Mutex;

use super::jobs::PyJobs;
use super::plan::{PyPlan, native_mode};
use super::run::RunEngine;

/// Seconds that `stop` waits for threads in which it raised `SystemExit`: one that sleeps doesn't notice.
const AFTER_KILL: f64 = 0.2;

/// Whether a partition's partial is a native total's, and its rows.
type PartialRows<'py> = (bool, Bound<'py, PyList>);

/// Runs jobs. One a SparkContext.
#[pyclass(frozen, name = "Engine", module = "pyrite._engine")]
pub struct PyEngine {
    pub(crate) engine: Arc<Engine>,
    pool: Pool,
    threads: Mutex<Vec<Py<PyAny>>>,
    /// Python's `LocalProperties`: asked when a job starts.
    properties: Option<Py<PyAny>>,
}

#[pymethods]
impl PyEngine {
    /// `threads` tasks at once; `native` is the key pyrite.native, `workers` the key pyrite.python.workers. A task is tried
    /// `tries` times; so many of the jobs and stages that ended are `remembered`. `properties` are the program's
    /// `LocalProperties`.
    #[new]
    #[pyo3(signature = (threads, native, workers="auto", settings=Vec::new(), tries=1, remembered=(1000, 1000), properties=None))]
    #[expect(clippy::too_many_arguments, reason = "each is a setting of its own")]
    fn new(
        py: Python<'_>,
        threads: usize,
        native: &str,
        workers: &str,
        settings: Vec<(String, String)>,
        tries: usize,
        remembered: (usize, usize),
        properties: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let pool = Pool::new(threads);
        let workers = Workers::parse(workers, threads)?;
        let most = Most { jobs: remembered.0, stages: remembered.1 };
        let (memory, split) = py.run_engine(|| {
            let config = Config::new(settings);
            keys::check_own(&config)?;
            Ok((Memory::new(&config)?, Split::parse(config.get("pyrite.test.split"))?))
        })?;
        let python = Arc::new(CPython::new(workers, split));
        let engine =
            Engine::new(pool.clone(), python, native_mode(native)?, memory).with_tries(tries).remembering(most);
        Ok(Self { engine: Arc::new(engine), pool, threads: Mutex::default(), properties })
    }

    /// The jobs of this engine.
    #[getter]
    fn jobs(&self) -> PyJobs {
        PyJobs(self.engine.jobs().clone())
    }

    /// Bytes that rows may take, take and took at most; that spill files have, and that were written to and read from them.
    #[getter]
    fn memory(&self) -> BTreeMap<&'static str, u64> {
        let memory = self.engine.memory();
        let (budget, dir) = (&memory.budget, &memory.dir);
        let kept = [("limit", budget.limit()), ("used", budget.used()), ("peak", budget.peak())];
        let kept = kept.map(|(name, bytes)| (name, bytes as u64));
        let filed = [("held", dir.held()), ("spilled", dir.written()), ("read", dir.read())];
        kept.into_iter().chain(filed).collect()
    }

    /// The rows of an RDD are kept from now on; `level` says where, in Spark's words.
    fn keeps(&self, py: Python<'_>, plan: &PyPlan, name: String, level: String) {
        let plan = plan.plan.clone();
        py.run_detached(|| self.engine.keeping().add(&plan, name, level));
    }

    /// Has `progress(goes_on)` called every 200 ms by who waits for a job that takes long.
    fn on_progress(&self, progress: Py<PyAny>) {
        let progress = Owned::new(progress);
        self.engine.on_progress(Box::new(move |goes_on| {
            attached(|py| match progress.call1(py, (goes_on,)) {
                Err(error) if is_interrupt(py, &error) => {
                    if !goes_on && error.is_instance_of::<PyKeyboardInterrupt>(py) {
                        // The job has ended, and nobody takes its error: let it come again.
                        // SAFETY: may be called from any thread.
                        unsafe { pyo3::ffi::PyErr_SetInterrupt() };
                    }
                    Err(user_error(py, &error))
                }
                // What can't be shown must not disturb the job.
                _ => Ok(()),
            })
        }));
    }

    /// Starts the task threads: Python's own daemon threads, that last as long as the engine.
    fn start(slf: &Bound<'_, Self>) -> PyResult<()> {
        let _inside = Inside::enter(slf.py());
        let engine = slf.get();
        for _ in 0..engine.pool.threads() {
            Self::add_thread(slf)?;
        }
        let this = slf.clone().unbind();
        let pool = engine.pool.clone();
        engine.pool.on_stuck(Box::new(move |idents| {
            attached(|py| {
                for ident in idents {
                    if pool.serves(*ident) {
                        kill_task(py, *ident);
                    }
                }
                // Only now: a new thread may get the ident of one that has ended.
                for _ in idents {
                    // A thread that can't be made leaves the pool smaller; jobs still run on the others.
                    let _ = Self::add_thread(this.bind(py));
                }
            });
        }));
        Ok(())
    }

    /// What a task thread runs.
    fn _serve(&self, py: Python<'_>) -> PyResult<()> {
        let ident: u64 = py.import(intern!(py, "threading"))?.call_method0(intern!(py, "get_ident"))?.extract()?;
        py.detach(|| self.pool.serve(ident));
        Ok(())
    }

    /// The rows of the partitions, in their order. `limit` rows at most: no row beyond is computed.
    #[pyo3(signature = (plan, partitions=None, limit=None))]
    #[expect(clippy::needless_pass_by_value, reason = "pyo3 hands a list over by value")]
    fn run<'py>(
        &self,
        py: Python<'py>,
        plan: &Bound<'py, PyPlan>,
        partitions: Option<Vec<usize>>,
        limit: Option<usize>,
    ) -> PyResult<Bound<'py, PyList>> {
        let (_inside, _calm) = (Inside::enter(py), Calm::enter(py));
        let plan = plan.get().plan.clone();
        let options = self.options(py)?;
        let cancel = options.cancel.clone();
        let chunks =
            py.run_engine(|| self.engine.run(&plan, partitions.as_deref(), limit.unwrap_or(usize::MAX), &options))?;
        let rows = collect(py, &chunks, &cancel)?;
        stored::settle(py, self.engine.memory(), &options.properties)?;
        Ok(rows)
    }

    /// Calls `told(partition, rows)` on the task's thread with what a partition gives, as soon as that is done.
    fn each(&self, py: Python<'_>, plan: &Bound<'_, PyPlan>, told: Py<PyAny>) -> PyResult<()> {
        let (_inside, _calm) = (Inside::enter(py), Calm::enter(py));
        let plan = plan.get().plan.clone();
        let options = self.options(py)?;
        let told = Owned::new(told);
        py.run_engine(|| {
            self.engine.run_tasks(&plan, None, &options, move |plan, task| {
                let chunks = drain(open(plan, task)?.as_mut(), usize::MAX, &task.cancel)?;
                let tell = |py: Python<'_>| told.call1(py, (task.partition, collect(py, &chunks, &task.cancel)?));
                attached(|py| tell(py).map(drop).map_err(|e| user_error(py, &e)))
            })
        })?;
        stored::settle(py, self.engine.memory(), &options.properties)
    }

    /// Number of rows.
    #[pyo3(signature = (plan))]
    fn count(&self, py: Python<'_>, plan: &Bound<'_, PyPlan>) -> PyResult<u64> {
        let (_inside, _calm) = (Inside::enter(py), Calm::enter(py));
        let plan = plan.get().plan.clone();
        let options = self.options(py)?;
        py.run_engine(|| self.engine.count(&plan, &options))
    }

    /// Number of rows of each partition.
    fn counts(&self, py: Python<'_>, plan: &Bound<'_, PyPlan>) -> PyResult<Vec<u64>> {
        let (_inside, _calm) = (Inside::enter(py), Calm::enter(py));
        let plan = plan.get().plan.clone();
        let options = self.options(py)?;
        py.run_engine(|| self.engine.counts(&plan, &options))
    }

    /// What each partition comes to: whether that is a native total's value, and rows. `kind` and how many rows it keeps;
    /// a function compares or folds, a second one is the fold that this is in Python, if it is one; `zero` is a fold's start value as an expression; `rest` and the operation's name:
    /// what goes on where kernels don't. None where the function doesn't compile.
    #[expect(clippy::needless_pass_by_value, reason = "pyo3 hands a tuple over by value")]
    fn total<'py>(
        &self,
        py: Python<'py>,
        plan: &Bound<'py, PyPlan>,
        kind: (String, usize),
        functions: (Option<Bound<'py, PyAny>>, Option<Bound<'py, PyAny>>),
        zero: Option<&str>,
        rest: (Bound<'py, PyAny>, String),
    ) -> PyResult<Option<Vec<PartialRows<'py>>>> {
        let (_inside, _calm) = (Inside::enter(py), Calm::enter(py));
        let kind =
            TotalKind::parse(&kind.0, kind.1).ok_or_else(|| PyValueError::new_err(format!("no total {}", kind.0)))?;
        let zero = zero.and_then(|json| Compiled::parse(json).ok()).map(|constant| constant.expr().clone());
        let [function, fold] = [functions.0, functions.1].map(|f| f.map(|f| function_of(&f, &rest.1)));
        let total = TotalOf { kind, function, fold, zero, rest: function_of(&rest.0, &rest.1), name: rest.1.into() };
        let plan = plan.get().plan.clone();
        let options = self.options(py)?;
        let cancel = options.cancel.clone();
        let Some(partials) = py.run_engine(|| self.engine.total(&plan, &total, &options))? else { return Ok(None) };
        let rows = |partial| match partial {
            Partial::Native(columns) => Ok((true, collect(py, &[Chunk::Columns(columns)], &cancel)?)),
            Partial::Interpreted(chunks) => Ok((false, collect(py, &chunks, &cancel)?)),
        };
        partials.into_iter().map(rows).collect::<PyResult<_>>().map(Some)
    }

    /// Writes the rows as text files into the directory `path`; `overwrite` replaces one that exists.
    /// Parts for another system go to the `pyrite._elsewhere.Output`.
    #[pyo3(signature = (plan, path, codec=None, overwrite=false, elsewhere=None))]
    fn save_text(
        &self,
        py: Python<'_>,
        plan: &Bound<'_, PyPlan>,
        path: &str,
        codec: Option<&str>,
        overwrite: bool,
        elsewhere: Option<Py<PyAny>>,
    ) -> PyResult<()> {
        let (_inside, _calm) = (Inside::enter(py), Calm::enter(py));
        let plan = plan.get().plan.clone();
        let options = self.options(py)?;
        let carrier = elsewhere.map(carrier_of);
        py.run_engine(|| match carrier {
            Some(carrier) => self.engine.send_text(&plan, carrier, Codec::parse(codec)?, &options),
            None => self.engine.save_text(&plan, path, Codec::parse(codec)?, overwrite, &options),
        })
    }

    /// The lineage with stages, and for every function how it runs.
    fn explain(&self, py: Python<'_>, plan: &Bound<'_, PyPlan>) -> PyResult<String> {
        let plan = plan.get().plan.clone();
        py.run_engine(|| describe(&plan, self.engine.native() != NativeMode::Off))
    }

    /// Ends every job and joins the threads; those in user code get `timeout` seconds in all, then `SystemExit` is
    /// raised in them: a thread that ran on while the interpreter goes away would end the process with a crash.
    #[pyo3(signature = (timeout=2.0))]
    fn stop(&self, py: Python<'_>, timeout: f64) -> PyResult<usize> {
        let _inside = Inside::enter(py);
        self.engine.stop();
        CREW.linger();
        let threads = std::mem::take(&mut *self.threads.lock());
        let time = py.import(intern!(py, "time"))?;
        let now = || time.call_method0(intern!(py, "monotonic"))?.extract::<f64>();
        let current = py.import(intern!(py, "threading"))?.call_method0(intern!(py, "current_thread"))?;
        let mut alive: Vec<_> = threads.iter().map(|t| t.bind(py)).filter(|t| !t.is(&current)).collect();
        for (seconds, last) in [(timeout, false), (AFTER_KILL, true)] {
            let deadline = now()? + seconds;
            let mut left = Vec::new();
            for thread in alive {
                thread.call_method1(intern!(py, "join"), ((deadline - now()?).max(0.0),))?;
                if thread.call_method0(intern!(py, "is_alive"))?.is_truthy()? {
                    left.push(thread);
                }
            }
            alive = left;
            if !last {
                for thread in &alive {
                    if let Ok(ident) = thread.getattr(intern!(py, "ident"))?.extract::<u64>()
                        && self.pool.serves(ident)
                    {
                        kill_task(py, ident);
                    }
                }
            }
        }
        stored::close(self.engine.memory());
        py.detach(|| self.engine.memory().dir.remove());
        Ok(alive.len())
    }
}

impl PyEngine {
    /// For a job that the calling thread starts.
    pub(crate) fn options(&self, py: Python<'_>) -> PyResult<JobOptions> {
        let options = JobOptions::enclosed();
        let Some(properties) = &self.properties else { return Ok(options) };
        let (values, site): (Properties, String) = properties.call_method0(py, intern!(py, "job"))?.extract(py)?;
        Ok(JobOptions { properties: Arc::new(values), site, ..options })
    }

    fn add_thread(slf: &Bound<'_, Self>) -> PyResult<()> {
        let py = slf.py();
        let class = py.import(intern!(py, "threading"))?.getattr(intern!(py, "Thread"))?;
        // The lock is never held where the interpreter may switch threads: another may wait for it while attached.
        let threads = || slf.get().threads.lock();
        let number = threads().len();
        let options = PyDict::new(py);
        let serve = py.import(intern!(py, "pyrite._runtime"))?.getattr(intern!(py, "serve"))?;
        options.set_item(intern!(py, "target"), serve)?;
        options.set_item(intern!(py, "args"), (slf.getattr(intern!(py, "_serve"))?,))?;
        options.set_item(intern!(py, "name"), format!("pyrite-task-{number}"))?;
        options.set_item(intern!(py, "daemon"), true)?;
        let thread = class.call((), Some(&options))?;
        threads().push(thread.clone().unbind());
        thread.call_method0(intern!(py, "start"))?;
        Ok(())
    }
}

/// Raises `SystemExit` in a serving thread whose task nobody waits for, at its next Python instruction: where the task
/// ends first, in `pyrite._runtime.serve`, which expects it. (It can't be taken back: clearing it leaves `CPython` 3.11
/// looking for it for ever.)
fn kill_task(py: Python<'_>, ident: u64) {
    let exit = py.get_type::<PySystemExit>();
    // SAFETY: attached; the class is a live reference, of which CPython takes one of its own.
    unsafe { pyo3::ffi::PyThreadState_SetAsyncExc(ident as std::ffi::c_long, exit.as_ptr()) };
}

/// One list of all rows; looks for interrupts every few thousand.
fn collect<'py>(py: Python<'py>, chunks: &[Chunk], cancel: &Cancel) -> PyResult<Bound<'py, PyList>> {
    const SLICE: usize = 4096;
    let total: usize = chunks.iter().map(Chunk::len).sum();
    let mut rows: Vec<Py<PyAny>> = Vec::with_capacity(total);
    for chunk in chunks {
        let mut from = 0;
        while from < chunk.len() {
            let len = SLICE.min(chunk.len() - from);
            rows.extend(load(py, &chunk.slice(from, len))?);
            from += len;
            py.check_signals()?;
            cancel.check().map_err(|e| to_python_error(py, &e))?;
        }
    }
    PyList::new(py, rows)
}
