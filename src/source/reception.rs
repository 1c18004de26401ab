//! What a receiver works with: where records go, how fast they may come, who hears how it is, when it must end.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::block::{Block, Intake, Limiter, Pending, Ticket};
use crate::error::{Error, Result};
use crate::fault::caught;
use crate::id::InputId;
use crate::log::{Level, LogRef};
use crate::sync::{Condvar, Mutex};
use crate::time::{Clock, Time, Wake};

use super::Environment;
use super::condition::Link;
use super::receiver_info::ReceiverInfo;

const LOGGER: &str = "streaming.receiver";

/// How long a receiver that hit a bug of ours waits before it begins again.
const AFTER_FAULT_MS: i64 = 2000;

/// How often a failure of the log is told.
const TELL_MS: i64 = 60_000;

/// What happened to a receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReceiverEvent {
    /// It begins, at the start and after each failure.
    Started(ReceiverInfo),
    /// Something is wrong; it goes on.
    Error(ReceiverInfo),
    /// It ended, or begins anew.
    Stopped(ReceiverInfo),
}

/// Hears what happens to receivers, on their threads and with nothing locked.
pub trait ReceiverEvents: Send + Sync {
    /// Something happened.
    fn event(&self, event: ReceiverEvent);
}

/// For sources that nobody listens to.
pub struct Unheard;

impl ReceiverEvents for Unheard {
    fn event(&self, _: ReceiverEvent) {}
}

/// Where a receiver puts what it gets, and how it learns that it must end.
pub struct Reception<P> {
    /// The records.
    pub intake: Intake<P>,
    /// How fast they may come.
    pub limiter: Limiter,
    /// Set when the receiver must end.
    pub wake: Arc<Wake>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Its input stream.
    pub input: InputId,
    /// How long it waits before it begins again.
    pub restart_ms: i64,
    /// How long it waits for rows to be stored.
    pub store_timeout: Duration,
    log: LogRef,
    events: Arc<dyn ReceiverEvents>,
    info: Mutex<ReceiverInfo>,
    /// Whether records can come, and what is wrong.
    link: Mutex<(Link, Option<String>)>,
    attending: Arc<Attending>,
    /// When a failure of the log was told.
    told: Mutex<Option<Time>>,
}

#[derive(Default)]
struct Attending {
    count: Mutex<usize>,
    changed: Condvar,
}

/// A thread of the receiver. The receiver has ended when there is none.
pub struct Attendance(Arc<Attending>);

impl<P: Pending + 'static> Reception<P> {
    pub(super) fn new(env: &Environment, kind: &str, intake: Intake<P>, limiter: Limiter) -> Result<Self> {
        let info = ReceiverInfo::new(env.input, kind, false);
        let restart_ms = env.config.duration_ms("spark.streaming.receiverRestartDelay")?.unwrap_or(2000).max(1);
        let timeout = env.config.duration("spark.streaming.receiver.blockStoreTimeout", 1000)?.unwrap_or(30_000);
        Ok(Self {
            input: env.input,
            restart_ms,
            store_timeout: Duration::from_millis(timeout.max(0) as u64),
            intake,
            limiter,
            wake: Arc::default(),
            clock: env.clock.clone(),
            log: env.log.clone(),
            events: env.events.clone(),
            info: Mutex::new(info),
            link: Mutex::new((Link::Connecting, None)),
            attending: Arc::default(),
            told: Mutex::default(),
        })
    }

    /// Adds a block of its own. The ticket tells when it is stored, which with a write-ahead log takes a `flush`.
    pub fn store(&self, block: Block) -> Ticket {
        self.intake.store(block)
    }

    /// Adds records that arrive now.
    pub fn receive<T>(&self, add: impl FnOnce(&mut P) -> T) -> T {
        self.intake.receive(self.clock.now(), add)
    }

    /// Waits until at least one more record may come; how many may, up to `most`. `None` when the receiver must end.
    pub fn admit(&self, most: usize) -> Option<usize> {
        if !self.intake.wait_for_room() || self.wake.is_set() {
            return None;
        }
        self.limiter.take(most, &self.wake)
    }

    /// Makes durable what was received in block intervals that are over. A failure is told once a minute; the blocks stay,
    /// and the next call tries again.
    pub fn flush(&self) {
        let now = self.clock.now();
        self.tell_failure(now, self.intake.flush(now));
    }

    /// Makes durable what was received so far.
    pub fn flush_all(&self) {
        self.tell_failure(self.clock.now(), self.intake.flush_all());
    }

    fn tell_failure(&self, now: Time, flushed: Result<()>) {
        let Err(error) = flushed else { return };
        let tell = {
            let mut told = self.told.lock();
            let tell = told.is_none_or(|at| now.since(at) >= TELL_MS);
            if tell {
                *told = Some(now);
            }
            tell
        };
        if tell {
            self.log.write(Level::Error, LOGGER, format!("What was received is kept in memory: {error}"));
            self.failed("Error writing the write-ahead log".to_owned(), error.to_string());
        }
    }

    /// Whether records can come, and what is wrong where they can't.
    pub fn link(&self) -> (Link, Option<String>) {
        self.link.lock().clone()
    }

    /// One that has begun looks for its peer, again where it had trouble.
    pub fn connecting(&self, after: Option<String>) {
        let link = if after.is_some() { Link::Retrying } else { Link::Connecting };
        *self.link.lock() = (link, after);
    }

    /// It has found its peer.
    pub fn connected(&self) {
        *self.link.lock() = (Link::Connected, None);
    }

    /// It begins.
    pub fn started(&self) {
        self.connected();
        self.tell(ReceiverEvent::Started, |info| info.active = true);
    }

    /// Something is wrong, and it goes on.
    pub fn failed(&self, message: String, error: String) {
        self.tell(ReceiverEvent::Error, |info| self.note(info, message, error));
    }

    /// It ended, or begins anew; `error` is empty where nothing was wrong.
    pub fn stopped(&self, message: String, error: String) {
        let ends = self.wake.is_set();
        let trouble = if error.is_empty() { message.clone() } else { format!("{message} - {error}") };
        *self.link.lock() = if ends { (Link::Stopped, None) } else { (Link::Retrying, Some(trouble)) };
        self.tell(ReceiverEvent::Stopped, |info| {
            info.active = false;
            self.note(info, message, error);
        });
    }

    fn note(&self, info: &mut ReceiverInfo, message: String, error: String) {
        info.last_error_time = (!error.is_empty()).then(|| self.clock.now());
        (info.last_error_message, info.last_error) = (message, error);
    }

    fn tell(&self, event: fn(ReceiverInfo) -> ReceiverEvent, change: impl FnOnce(&mut ReceiverInfo)) {
        let info = {
            let mut info = self.info.lock();
            change(&mut info);
            info.clone()
        };
        self.events.event(event(info));
    }

    /// The calling thread is one of the receiver's until this is dropped.
    pub fn attend(&self) -> Attendance {
        *self.attending.count.lock() += 1;
        Attendance(self.attending.clone())
    }

    /// Waits until the receiver's threads have ended; false when it took longer.
    pub fn wait_ended(&self, timeout: Duration) -> bool {
        let (count, changed) = (&self.attending.count, &self.attending.changed);
        *changed.wait_timeout_while(count.lock(), timeout, |count| *count > 0) == 0
    }

    /// Runs a receiver that never enters the interpreter on threads of its own: `run`, again after a bug of ours, and one
    /// that fills the log where there is one.
    pub fn on_threads(self: &Arc<Self>, name: &str, run: impl Fn(&Arc<Self>) + Send + 'static) -> Result<()> {
        let spawn = |name: String, work: Box<dyn FnOnce() + Send>| -> io::Result<()> {
            thread::Builder::new().name(name).spawn(work).map(drop)
        };
        let failed = |e: io::Error| Error::io("no thread for a receiver", &e);
        let (reception, attends) = (self.clone(), self.attend());
        let receive = move || {
            while let Err(fault) = caught(|| run(&reception)) {
                let text = format!("A receiver failed and begins again: {fault}");
                reception.log.write(Level::Error, LOGGER, text);
                let again = reception.clock.now().plus(AFTER_FAULT_MS);
                reception.clock.wait_until(again, &reception.wake);
            }
            // What the last block interval brought isn't lost to the next start.
            reception.flush_all();
            drop(attends);
        };
        spawn(name.to_owned(), Box::new(receive)).map_err(failed)?;
        if self.intake.log().is_some() {
            let (reception, attends) = (self.clone(), self.attend());
            let keep = move || {
                let every = reception.intake.interval_ms();
                let next = |now: Time| Time((now.0.div_euclid(every) + 1) * every);
                while reception.clock.wait_until(next(reception.clock.now()), &reception.wake) {
                    reception.flush();
                }
                drop(attends);
            };
            spawn(format!("{name}-log"), Box::new(keep)).map_err(failed)?;
        }
        Ok(())
    }
}

impl Drop for Attendance {
    fn drop(&mut self) {
        let mut count = self.0.count.lock();
        *count = count.saturating_sub(1);
        drop(count);
        self.0.changed.notify_all();
    }
}
