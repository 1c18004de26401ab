//! The state of a streaming context: its phase, the batches that are under way, the failure it keeps. Spark's
//! `StreamingContext` and `JobScheduler`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Weak};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use crate::config::{Config, keys};
use crate::error::{Error, Kind, Result};
use crate::fault;
use crate::log::{Level, LogRef, Message};
use crate::memory::Memory;
use crate::source::Input;
use crate::sync::{Condvar, Guard, Mutex, entering_foreign};
use crate::time::{Clock, Time, Wake};

use super::checkpoint::{Checkpoints, Found};
use super::events::{Event, Listener};
use super::graph::Graph;
use super::history::History;
use super::job::Job;
use super::life::Batch;
use super::recording::Recording;
use super::stream::{StreamRef, Timeline};

pub(super) const LOGGER: &str = "streaming";

/// Where a context is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Streams can be added.
    Initialized,
    /// Batches are made.
    Active,
    /// It is over; another context can be started.
    Stopped,
}

/// Who waited that long ago still does.
const STILL: Duration = Duration::from_millis(500);
/// A program that began a stream that long ago may be about to wait.
const TO_WAIT: Duration = Duration::from_millis(250);

/// What a wait for the end found.
#[derive(Clone, Debug)]
pub enum Status {
    /// Batches go on.
    Running,
    /// The context was stopped.
    Stopped,
    /// A batch failed; the same answer comes every time.
    Failed(Error),
}

/// A streaming context's engine. Threads of the caller run `run_generator` and `next_job`/`finish_job` loops, so that
/// the program's functions run on threads that its language made.
pub struct Streaming {
    pub(super) own: Weak<Self>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) config: Config,
    pub(super) log: LogRef,
    pub(super) memory: Arc<Memory>,
    pub(super) timeline: Arc<Timeline>,
    pub(super) wake: Arc<Wake>,
    pub(super) inner: Mutex<Inner>,
    /// A batch was settled, or something that seldom changes did: for whoever waits for the context.
    pub(super) changed: Condvar,
    /// There may be a batch to make.
    pub(super) room: Condvar,
    /// There may be a job to run.
    pub(super) work: Condvar,
    pub(super) unpersist: bool,
    concurrent_jobs: usize,
}

/// What the lock guards. Nothing foreign is entered with it held, and no plan or error is dropped.
#[expect(clippy::struct_excessive_bools, reason = "each says what one thread is at; they go together in every way")]
pub(super) struct Inner {
    pub phase: Phase,
    pub starting: bool,
    pub stopping: bool,
    pub graph: Graph,
    /// Every stream, once started.
    pub streams: Arc<Vec<StreamRef>>,
    pub remember_ms: Option<i64>,
    pub next_stream: usize,
    pub next_input: usize,
    /// The batch that the generator makes next.
    pub next: Time,
    /// After a restart: the batches that are made behind that one, before the interval goes on from the last of them.
    pub then: VecDeque<Time>,
    /// The last batch that a graceful stop wants.
    pub last: Option<Time>,
    pub generating: bool,
    pub jobs: VecDeque<Job>,
    pub running: usize,
    /// The batches that are not settled.
    pub batches: BTreeMap<Time, Batch>,
    /// A thread settles what has ended.
    pub settling: bool,
    pub history: History,
    pub failure: Option<Error>,
    /// When somebody last waited for the end: who waits is told of a failure.
    pub waited: Option<Instant>,
    /// When batches could be made first.
    pub began: Option<Instant>,
    pub told: Option<(Instant, String)>,
    pub listeners: Vec<Arc<dyn Listener>>,
    /// What the listeners have yet to hear.
    pub events: VecDeque<Event>,
    /// The thread that tells them.
    pub telling: Option<ThreadId>,
    /// Where checkpoints are written.
    pub checkpoints: Option<Arc<Checkpoints>>,
    /// Where the context goes on from, until it is started.
    pub found: Option<Found>,
    /// What is written of the streams, once started.
    pub recording: Option<Arc<Recording>>,
    /// A checkpoint is to be written.
    pub due: bool,
    /// States are being saved: nothing is settled meanwhile.
    pub saving: bool,
    /// Threads that write checkpoints.
    pub writers: usize,
}

impl Streaming {
    /// A context whose batches are `interval_ms` apart.
    pub fn new(
        interval_ms: i64,
        clock: Arc<dyn Clock>,
        config: Config,
        log: LogRef,
        memory: Arc<Memory>,
    ) -> Result<Arc<Self>> {
        fault::report_to(&log);
        if interval_ms <= 0 {
            let message = format!("a batch interval must be at least 1 ms, not {interval_ms} ms");
            return Err(Error::new(Kind::IllegalArgument, message));
        }
        let retained = config.number("spark.streaming.ui.retainedBatches", 1000)?.max(1) as usize;
        let concurrent_jobs = config.number("spark.streaming.concurrentJobs", 1)?;
        if concurrent_jobs < 1 {
            let message =
                format!("spark.streaming.concurrentJobs is set to '{concurrent_jobs}', but it takes 1 or more");
            return Err(Error::new(Kind::IllegalArgument, message));
        }
        let inner = Inner {
            phase: Phase::Initialized,
            starting: false,
            stopping: false,
            graph: Graph::default(),
            streams: Arc::default(),
            remember_ms: None,
            next_stream: 0,
            next_input: 0,
            next: Time(0),
            then: VecDeque::new(),
            last: None,
            generating: false,
            jobs: VecDeque::new(),
            running: 0,
            batches: BTreeMap::new(),
            settling: false,
            history: History::new(retained),
            failure: None,
            waited: None,
            began: None,
            told: None,
            listeners: Vec::new(),
            events: VecDeque::new(),
            telling: None,
            checkpoints: None,
            found: None,
            recording: None,
            due: false,
            saving: false,
            writers: 0,
        };
        keys::check_own(&config)?;
        keys::check_streaming(&config)?;
        let unpersist = config.flag("spark.streaming.unpersist", true)?;
        Ok(Arc::new_cyclic(|own| Self {
            own: own.clone(),
            unpersist,
            concurrent_jobs: concurrent_jobs as usize,
            clock,
            config,
            log,
            memory,
            timeline: Arc::new(Timeline::new(interval_ms)),
            wake: Arc::default(),
            inner: Mutex::new(inner),
            changed: Condvar::new(),
            room: Condvar::new(),
            work: Condvar::new(),
        }))
    }

    /// The time that batches follow.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The program's settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Where messages go.
    pub fn log(&self) -> &LogRef {
        &self.log
    }

    /// How many output operations may run at once: so many threads shall take jobs.
    pub fn concurrent_jobs(&self) -> usize {
        self.concurrent_jobs
    }

    /// When batches are.
    pub fn timeline(&self) -> &Arc<Timeline> {
        &self.timeline
    }

    /// Where the context is in its life.
    pub fn phase(&self) -> Phase {
        self.lock().phase
    }

    /// Starts sources and begins to make batches: the first at the next multiple of the interval. False when it was
    /// started before. A failed start leaves the context stopped.
    pub fn start(&self) -> Result<bool> {
        self.start_with(true)
    }

    /// The same; `has_directory` says whether the program has a directory for checkpoints, which some streams need.
    pub fn start_with(&self, has_directory: bool) -> Result<bool> {
        let Some((graph, least)) = self.begin_start()? else { return Ok(false) };
        graph.settle_memory(least);
        let streams = Arc::new(graph.streams());
        let interval = self.timeline.interval_ms;
        let begin = || {
            graph.validate(has_directory)?;
            let (recording, mut times) = self.begin_recording(&graph, &streams)?;
            entering_foreign("a source");
            graph.sources().try_for_each(|s| s.start())?;
            let mut inner = self.lock();
            inner.starting = false;
            if inner.phase != Phase::Initialized {
                return Err(Error::new(Kind::IllegalState, "The StreamingContext was stopped while it started."));
            }
            inner.streams = streams.clone();
            inner.recording = recording;
            inner.next = times.pop_front().unwrap_or_else(|| self.timeline.zero().unwrap_or_default().plus(interval));
            inner.then = times;
            inner.phase = Phase::Active;
            inner.began = Some(Instant::now());
            let now = self.clock.now();
            inner.history.began(now);
            if !inner.listeners.is_empty() {
                inner.events.push_front(Event::StreamingStarted(now));
            }
            Ok(())
        };
        let started = begin();
        if let Err(error) = started {
            graph.sources().for_each(|s| s.stop());
            let mut inner = self.lock();
            inner.starting = false;
            inner.phase = Phase::Stopped;
            drop(inner);
            self.wake_all();
            // What receivers have said meanwhile.
            self.tell();
            return Err(error);
        }
        self.wake_all();
        self.tell();
        Ok(true)
    }

    /// The context has started or stops: every thread that waits looks again.
    pub(super) fn wake_all(&self) {
        for threads in [&self.changed, &self.room, &self.work] {
            threads.notify_all();
        }
    }

    /// The right to start, given once, and what is to be started.
    fn begin_start(&self) -> Result<Option<(Graph, i64)>> {
        let mut inner = self.lock();
        match inner.phase {
            Phase::Initialized if !inner.starting => {}
            Phase::Initialized | Phase::Active => return Ok(None),
            Phase::Stopped => {
                return Err(Error::new(
                    Kind::IllegalState,
                    "StreamingContext has already been stopped. Make a new one: StreamingContext(sc, seconds).",
                ));
            }
        }
        if inner.graph.outputs.is_empty() {
            inner.phase = Phase::Stopped;
            let message = "requirement failed: No output operations registered, so nothing to execute. \
                           Call pprint() or foreachRDD() on a stream before start().";
            return Err(Error::new(Kind::IllegalArgument, message));
        }
        inner.starting = true;
        Ok(Some((inner.graph.clone(), inner.remember_ms.unwrap_or(0))))
    }

    /// Waits up to `slice` for the end or a failure.
    pub fn wait(&self, slice: Duration) -> Status {
        let end = Instant::now() + slice;
        let mut inner = self.lock();
        loop {
            if inner.waited.replace(Instant::now()).is_none() {
                self.changed.notify_all();
            }
            if let Some(error) = &inner.failure {
                return Status::Failed(error.clone());
            }
            if inner.phase == Phase::Stopped {
                return Status::Stopped;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Status::Running;
            }
            inner = self.changed.wait_timeout(inner, left);
        }
    }

    /// Waits up to `timeout` until every batch up to the clock's time is done. False when it took longer.
    pub fn wait_idle(&self, timeout: Duration) -> bool {
        let end = Instant::now() + timeout;
        let mut inner = self.lock();
        loop {
            let idle = !inner.generating && inner.batches.is_empty() && inner.next > self.clock.now();
            if idle || inner.phase != Phase::Active {
                return true;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            inner = self.changed.wait_timeout(inner, left);
        }
    }

    /// Keeps a failure for whoever waits; says it in the log when nobody does.
    pub(super) fn store_failure(&self, time: Time, error: Error) {
        // Describing a user's exception enters the interpreter, and dropping one may.
        let message = error.to_string();
        let said = error.clone();
        let (old, tell, stopping) = {
            let mut inner = self.lock();
            if inner.stopping && matches!(error, Error::Cancelled) {
                return;
            }
            let old = inner.failure.replace(error);
            self.changed.notify_all();
            // A program that has just started the stream is about to wait, and is told there alone.
            while inner.waited.is_none()
                && !inner.stopping
                && let Some(left) = inner.began.and_then(|began| TO_WAIT.checked_sub(began.elapsed()))
                && !left.is_zero()
            {
                inner = self.changed.wait_timeout(inner, left);
            }
            let waited = inner.waited.is_some_and(|at| at.elapsed() < STILL);
            let told =
                inner.told.as_ref().is_some_and(|(at, m)| *m == message && at.elapsed() < Duration::from_secs(60));
            let tell = !waited && !told;
            if tell {
                inner.told = Some((Instant::now(), message));
            }
            (old, tell, inner.stopping)
        };
        if tell {
            let text = if stopping {
                "failed while the stream was stopped."
            } else {
                "failed. The stream goes on with the next batch: ssc.awaitTermination() raises this error, \
                 ssc.stop(stopSparkContext=False) stops the stream."
            };
            self.log.put(Message {
                level: Level::Error,
                logger: LOGGER,
                text: text.to_owned(),
                batch: Some(time),
                error: Some(said),
            });
        }
        drop(old);
    }

    /// Every source, to be talked to without the lock.
    pub(super) fn sources(&self) -> Vec<Arc<dyn Input>> {
        self.lock().graph.sources().cloned().collect()
    }

    pub(super) fn lock(&self) -> Guard<'_, Inner> {
        self.inner.lock()
    }
}
