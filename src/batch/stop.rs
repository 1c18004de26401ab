//! Stopping, at once or after what came in has been worked on; both have deadlines. Spark's `JobScheduler.stop`.

use std::fmt::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::log::{Level, Message};
use crate::sync::entering_foreign;
use crate::time::Time;

use super::context::{Inner, LOGGER, Phase, Streaming};
use super::history::Counts;
use super::life::{Batch, Stage};

/// Receivers whose connection was closed end at once; one that still connects is left to find out by itself.
const RECEIVER_GRACE: Duration = Duration::from_millis(100);

/// No wait is longer: between slices the caller looks for interrupts. An interrupt is to be over within 100 ms.
const SLICE: Duration = Duration::from_millis(10);

/// A graceful stop waits this long for receivers, or as long as for the batches behind that: Spark's first wait, which it
/// repeats without end.
const RECEIVERS_END: Duration = Duration::from_secs(10);

/// How long a stop that was interrupted waits for the jobs that it cancels.
const INTERRUPTED_GRACE: Duration = Duration::from_millis(20);

/// A stop waits so long for the last checkpoint; one that is in a hurry no longer than for a job.
const LAST_CHECKPOINT: Duration = Duration::from_secs(10);
const LAST_CHECKPOINT_BELOW: Duration = Duration::from_millis(200);

/// How to stop.
pub struct Stop<'a> {
    /// Work on what came in first.
    pub graceful: bool,
    /// Jobs that the calling thread itself is in the middle of: they can't be waited for.
    pub own_jobs: usize,
    /// The calling thread is the one that makes batches.
    pub own_generator: bool,
    /// A running job gets this long before it is cancelled, and as long again to notice. Spark's is 2 s.
    pub grace: Duration,
    /// Called between slices of a wait; an error ends a graceful stop early and is given back.
    pub check: &'a mut dyn FnMut() -> Result<()>,
    /// Cancels jobs that run too long.
    pub cancel: &'a mut dyn FnMut(),
}

impl Streaming {
    /// Stops the context; does nothing when it is stopped. Never waits without end.
    pub fn stop(&self, mut stop: Stop<'_>) -> Result<()> {
        // What starts is stopped once it has started; a source that hangs meanwhile doesn't hold up the stop.
        self.wait_for(Instant::now() + stop.grace, stop.check, |inner| !inner.starting)?;
        {
            let mut inner = self.lock();
            match inner.phase {
                Phase::Stopped => return Ok(()),
                Phase::Initialized => {
                    inner.phase = Phase::Stopped;
                    drop(inner);
                    self.wake_all();
                    return Ok(());
                }
                Phase::Active => {}
            }
        }
        entering_foreign("a source");
        let before = self.lock().history.counts();
        let sources = self.sources();
        for source in &sources {
            source.stop();
        }
        let mut result = Ok(());
        if stop.graceful {
            result = self.drain(stop.check);
        }
        self.lock().stopping = true;
        self.wake.set();
        self.wake_all();
        result = result.and(self.wait_for_jobs(&mut stop));
        self.lock().phase = Phase::Stopped;
        self.wake_all();
        self.settle_rest();
        let left = sources.iter().any(|source| source.has_unallocated());
        self.report(before, left, stop.graceful);
        let told = self.await_listeners(&mut stop);
        let written = self.await_last_checkpoint(&mut stop);
        let end = Instant::now() + RECEIVER_GRACE.min(stop.grace);
        for source in sources {
            if !source.wait_stopped(end.saturating_duration_since(Instant::now())) {
                self.log.write(Level::Debug, LOGGER, "A receiver still waits for its connection.".to_owned());
            }
        }
        result.and(told).and(written)
    }

    /// Says what was done since `stop` was called, and what was not: a graceful stop is to be believed, and who stops at
    /// once knows what that means.
    fn report(&self, before: Counts, left: bool, graceful: bool) {
        let now = self.lock().history.counts();
        let done = now.committed - before.committed;
        let failed = now.failed - before.failed;
        let dropped = now.dropped - before.dropped;
        let mut text = format!("{} worked on after stop() was called", batches(done + failed));
        if failed > 0 {
            let _ = write!(text, ", {failed} of them failed");
        }
        let lost = if left { " What came in after them was dropped, too." } else { "" };
        let (batch, text) = match (dropped, now.first_dropped) {
            (0, _) if left => (None, format!("Stopped: {text}; what came in after them was dropped.")),
            (0, _) | (_, None) => (None, format!("Stopped: {text}, none dropped.")),
            (1, first) => (first, format!("was dropped by stop(); {text}.{lost}")),
            (n, first) => (first, format!("and {} more were dropped by stop(); {text}.{lost}", n - 1)),
        };
        let level = match (graceful, dropped > 0 || left) {
            (true, false) => Level::Info,
            (true, true) => Level::Warning,
            (false, _) => Level::Debug,
        };
        self.log.put(Message { level, logger: LOGGER, text, batch, error: None });
    }

    /// Lets go of the graph of a stopped context and of what was never run: a graph whose functions refer to their own
    /// context would otherwise never go.
    pub fn release(&self) {
        let (graph, streams, jobs, checkpoints) = {
            let mut inner = self.lock();
            if inner.phase != Phase::Stopped {
                return;
            }
            let checkpoints = (inner.checkpoints.take(), inner.recording.take(), inner.found.take());
            let (graph, streams) = (std::mem::take(&mut inner.graph), std::mem::take(&mut inner.streams));
            (graph, streams, std::mem::take(&mut inner.jobs), checkpoints)
        };
        streams.iter().for_each(|s| s.clear());
        drop((graph, streams, jobs, checkpoints));
    }

    /// The graceful part: what was received gets its batches, and then, as in Spark, the interval that is waited for
    /// and one more.
    fn drain(&self, check: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        let interval = self.timeline.interval_ms;
        let limit = self.config.duration_ms("spark.streaming.gracefulStopTimeout")?.unwrap_or(10 * interval);
        let deadline = Duration::from_millis(limit.max(0) as u64);
        let sources = self.sources();
        let end = Instant::now() + deadline.max(RECEIVERS_END);
        for source in &sources {
            while !source.wait_stopped(SLICE) && Instant::now() < end {
                check()?;
            }
        }
        let (ended, going): (Vec<_>, Vec<_>) = sources.into_iter().partition(|s| s.wait_stopped(Duration::ZERO));
        if !going.is_empty() {
            let message = "A receiver goes on although it was told to stop: what it has stored so far is worked on, what it \
                           stores from now on may be dropped.";
            self.log.write(Level::Warning, LOGGER, message.to_owned());
        }
        // What was received has a time of its own, however long a receiver took.
        let end = Instant::now() + deadline;
        while ended.iter().any(|s| s.has_unallocated()) && Instant::now() < end {
            std::thread::sleep(SLICE);
            check()?;
        }
        let last = {
            let mut inner = self.lock();
            let next = inner.then.back().copied().unwrap_or(inner.next);
            let last = next.plus(if inner.generating { 2 * interval } else { interval });
            inner.last = Some(last);
            last
        };
        let done = self.wait_for(end, check, |inner| inner.next > last && inner.batches.is_empty())?;
        if !done {
            let is_made = |batch: &&Batch| matches!(batch.stage, Stage::Generated { .. });
            let waiting: Vec<Time> = self.lock().batches.values().filter(is_made).map(|b| b.info.time).collect();
            let gave_up = format!("a graceful stop gave up after {limit} ms (spark.streaming.gracefulStopTimeout)");
            let text = match waiting.len() {
                0 => format!("The last batch was not made when {gave_up}."),
                1 => format!("was not done when {gave_up}."),
                n => format!("and {} after it were not done when {gave_up}.", n - 1),
            };
            let batch = waiting.first().copied();
            self.log.put(Message { level: Level::Warning, logger: LOGGER, text, batch, error: None });
        }
        Ok(())
    }

    /// What was noted is told, perhaps by another thread that is at it.
    fn await_listeners(&self, stop: &mut Stop<'_>) -> Result<()> {
        self.tell();
        let own = thread::current().id();
        let told = |inner: &Inner| match inner.telling {
            // A listener stops the context: it hears of the rest behind that.
            Some(by) => by == own,
            None => inner.events.is_empty(),
        };
        self.wait_for(Instant::now() + stop.grace, stop.check, told).map(drop)
    }

    /// Waits until the last checkpoint is written.
    fn await_last_checkpoint(&self, stop: &mut Stop<'_>) -> Result<()> {
        let limit = if stop.grace < LAST_CHECKPOINT_BELOW { stop.grace } else { LAST_CHECKPOINT };
        if !self.wait_for(Instant::now() + limit, stop.check, |inner| inner.writers == 0)? {
            let message = "stop() gave up waiting for the last checkpoint; a restart goes on from the one before.";
            self.log.write(Level::Warning, LOGGER, message.to_owned());
        }
        Ok(())
    }

    /// Waits for what runs; cancels it after a while and says what it gave up on.
    fn wait_for_jobs(&self, stop: &mut Stop<'_>) -> Result<()> {
        let (own_jobs, own_generator) = (stop.own_jobs, stop.own_generator);
        let quiet =
            |inner: &Inner| inner.running <= own_jobs && (own_generator || !inner.generating) && !inner.settling;
        let mut interrupted = Ok(());
        for cancel in [false, true] {
            if cancel {
                (stop.cancel)();
            }
            let grace = if interrupted.is_err() { stop.grace.min(INTERRUPTED_GRACE) } else { stop.grace };
            let end = Instant::now() + grace;
            match self.wait_for(end, stop.check, quiet) {
                Ok(true) => return interrupted,
                Ok(false) => {}
                // The second interrupt doesn't wait for anything.
                Err(error) if interrupted.is_err() => return Err(error),
                Err(error) => interrupted = Err(error),
            }
        }
        let what = if self.lock().generating { "a function that makes a batch" } else { "a running output operation" };
        let message = format!("stop() gave up waiting for {what}; it ends by itself or with the program.");
        self.log.write(Level::Warning, LOGGER, message);
        interrupted
    }

    /// Waits in slices until `done` or `end`; whether it was done.
    fn wait_for(
        &self,
        end: Instant,
        check: &mut dyn FnMut() -> Result<(), Error>,
        done: impl Fn(&Inner) -> bool,
    ) -> Result<bool> {
        loop {
            let inner = self.lock();
            if done(&inner) {
                return Ok(true);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(false);
            }
            drop(self.changed.wait_timeout(inner, left.min(SLICE)));
            check()?;
        }
    }
}

fn batches(count: u64) -> String {
    if count == 1 { "1 batch was".to_owned() } else { format!("{count} batches were") }
}
