//! The state of a streaming context: its phase, the batches that are under way, the failure it keeps. Spark's
//! `StreamingContext` and `JobScheduler`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::block::Lease;
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::fault;
use crate::id::OutputId;
use crate::log::{Level, LogRef, Message};
use crate::plan::PlanRef;
use crate::time::{Clock, Time, Wake};

use super::OutputFn;
use super::events::{BatchInfo, Event, Listener};
use super::graph::Graph;
use super::node::{NodeRef, Timeline};

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

/// One output operation of one batch, to be run.
pub struct Job {
    /// The batch.
    pub time: Time,
    /// Its index among the operations of the batch.
    pub output: OutputId,
    /// What the operation gets.
    pub plan: PlanRef,
    /// The operation.
    pub function: Arc<dyn OutputFn>,
}

/// A streaming context's engine. Threads of the caller run `run_generator` and `next_job`/`finish_job` loops, so that
/// the program's functions run on threads that its language made.
pub struct Streaming {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) config: Config,
    pub(super) log: LogRef,
    pub(super) timeline: Arc<Timeline>,
    pub(super) wake: Arc<Wake>,
    pub(super) inner: Mutex<Inner>,
    pub(super) changed: Condvar,
    pub(super) retained: usize,
    pub(super) unpersist: bool,
    listeners: Mutex<Vec<Arc<dyn Listener>>>,
}

pub(super) struct Inner {
    pub phase: Phase,
    pub stopping: bool,
    pub graph: Graph,
    /// Every stream, once started.
    pub nodes: Arc<Vec<NodeRef>>,
    pub remember_ms: Option<i64>,
    pub next_stream: usize,
    /// The batch that the generator makes next.
    pub next: Time,
    /// The last batch that a graceful stop wants.
    pub last: Option<Time>,
    pub generating: bool,
    pub jobs: VecDeque<Job>,
    pub running: usize,
    pub batches: BTreeMap<Time, Batch>,
    pub history: VecDeque<BatchInfo>,
    pub failure: Option<Error>,
    /// When somebody last waited for the end: who waits is told of a failure.
    pub waited: Option<Instant>,
    pub told: Option<(Instant, String)>,
}

/// A batch whose jobs are not all done.
pub(super) struct Batch {
    pub info: BatchInfo,
    pub submitted: Instant,
    pub started: Option<Instant>,
    pub remaining: usize,
    pub _leases: Vec<Lease>,
}

impl Streaming {
    /// A context whose batches are `interval_ms` apart.
    pub fn new(interval_ms: i64, clock: Arc<dyn Clock>, config: Config, log: LogRef) -> Result<Arc<Self>> {
        fault::report_to(&log);
        if interval_ms <= 0 {
            let message = format!("a batch interval must be at least 1 ms, not {interval_ms} ms");
            return Err(Error::new(Kind::IllegalArgument, message));
        }
        let inner = Inner {
            phase: Phase::Initialized,
            stopping: false,
            graph: Graph::default(),
            nodes: Arc::default(),
            remember_ms: None,
            next_stream: 0,
            next: Time(0),
            last: None,
            generating: false,
            jobs: VecDeque::new(),
            running: 0,
            batches: BTreeMap::new(),
            history: VecDeque::new(),
            failure: None,
            waited: None,
            told: None,
        };
        Ok(Arc::new(Self {
            retained: config.number("spark.streaming.ui.retainedBatches", 1000)?.max(1) as usize,
            unpersist: config.flag("spark.streaming.unpersist", true)?,
            clock,
            config,
            log,
            timeline: Arc::new(Timeline::new(interval_ms)),
            wake: Arc::default(),
            inner: Mutex::new(inner),
            changed: Condvar::new(),
            listeners: Mutex::default(),
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

    /// When batches are.
    pub fn timeline(&self) -> &Arc<Timeline> {
        &self.timeline
    }

    /// Where the context is in its life.
    pub fn phase(&self) -> Phase {
        self.lock().phase
    }

    /// Hears what happens from now on.
    pub fn add_listener(&self, listener: Arc<dyn Listener>) {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).push(listener);
    }

    /// Starts sources and begins to make batches: the first at the next multiple of the interval. False when it was
    /// started before. A failed start leaves the context stopped.
    pub fn start(&self) -> Result<bool> {
        let mut inner = self.lock();
        match inner.phase {
            Phase::Initialized => {}
            Phase::Active => return Ok(false),
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
        let interval = self.timeline.interval_ms;
        let zero = Time(self.clock.now().0.div_euclid(interval) * interval);
        inner.graph.settle_memory(inner.remember_ms.unwrap_or(0));
        inner.nodes = Arc::new(inner.graph.nodes());
        self.timeline.begin(zero);
        inner.next = zero.plus(interval);
        let started = inner.graph.sources().try_for_each(|s| s.start());
        if let Err(error) = started {
            inner.graph.sources().for_each(|s| s.stop());
            inner.phase = Phase::Stopped;
            return Err(error);
        }
        inner.phase = Phase::Active;
        drop(inner);
        self.changed.notify_all();
        self.tell(|| Event::StreamingStarted(self.clock.now()));
        Ok(true)
    }

    /// Waits up to `slice` for the end or a failure.
    pub fn wait(&self, slice: Duration) -> Status {
        let end = Instant::now() + slice;
        let mut inner = self.lock();
        loop {
            inner.waited = Some(Instant::now());
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
            inner = self.sleep(inner, left);
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
            inner = self.sleep(inner, left);
        }
    }

    /// What is known of the last batches, oldest first.
    pub fn history(&self) -> Vec<BatchInfo> {
        self.lock().history.iter().cloned().collect()
    }

    /// Keeps a failure for whoever waits; says it in the log when nobody does. `message` was made before the lock was
    /// taken: describing a user's exception enters the interpreter, and who is in there may wait for the lock.
    pub(super) fn store_failure(&self, inner: &mut Inner, time: Time, error: Error, message: String) {
        if inner.stopping && matches!(error, Error::Cancelled) {
            return;
        }
        let waited = inner.waited.is_some_and(|at| at.elapsed() < Duration::from_millis(500));
        let said = inner.told.as_ref().is_some_and(|(at, m)| *m == message && at.elapsed() < Duration::from_secs(60));
        if !waited && !said {
            let text = "failed. The stream goes on with the next batch: ssc.awaitTermination() raises this error, \
                        ssc.stop(stopSparkContext=False) stops the stream.";
            self.log.put(Message {
                level: Level::Error,
                logger: LOGGER,
                text: text.to_owned(),
                batch: Some(time),
                error: Some(error.clone()),
            });
            inner.told = Some((Instant::now(), message));
        }
        inner.failure = Some(error);
    }

    pub(super) fn tell(&self, event: impl FnOnce() -> Event) {
        let listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if !listeners.is_empty() {
            let event = event();
            for listener in &listeners {
                listener.event(&event);
            }
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn sleep<'a>(&self, inner: MutexGuard<'a, Inner>, time: Duration) -> MutexGuard<'a, Inner> {
        self.changed.wait_timeout(inner, time).unwrap_or_else(PoisonError::into_inner).0
    }

    pub(super) fn sleep_long<'a>(&self, inner: MutexGuard<'a, Inner>) -> MutexGuard<'a, Inner> {
        self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner)
    }
}
