//! What comes from the parent while a task runs in a worker process: orders, and rows. Rows are asked for one chunk at a
//! time, and where all are wanted some ahead: between a question and its answer two threads of the parent wake up, each of
//! which may wait for milliseconds for a core that another task keeps busy.
//!
//! A function may read its rows on a thread of its own, and the thread may outlive the task: whoever waits takes what
//! comes, for itself or for the other, and nothing of the next task.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use pyo3::prelude::*;

use crate::chunk::Chunk;
use crate::error::{Error, Result};
use crate::stage::RowInput;
use crate::sync::{Guard, Mutex};

use super::super::gate::attached;
use super::super::raised::user_error;
use super::super::release::release;
use super::wire::{Frame, Gone, Kind, Port, number};
use super::{failure, parcel};

/// How long one who waits keeps the other from looking.
const SLICE: Duration = Duration::from_millis(20);

/// Chunks that are asked for ahead, and how many bytes they may have, if they are like the last one.
const AHEAD: usize = 8;
const AHEAD_BYTES: usize = 1 << 20;

/// One task's frames.
pub struct Inbox {
    port: Arc<Port>,
    /// Held by who waits at the port.
    waiting: Mutex<()>,
    orders: Mutex<VecDeque<Frame>>,
    rows: Mutex<VecDeque<Frame>>,
    /// Chunks that were asked for and not taken yet.
    asked: AtomicUsize,
    /// There are no more rows; what was asked for beyond isn't answered.
    over: AtomicBool,
    /// All rows are wanted.
    eager: AtomicBool,
    closed: AtomicBool,
    /// The rest of the input stays with the parent.
    cut: AtomicBool,
    /// What the functions are done with.
    done: Mutex<Done>,
    /// What the functions got where their input failed.
    failure: Mutex<Option<Py<PyAny>>>,
}

/// Rows of the input that the functions have worked on.
#[derive(Default)]
struct Done {
    rows: u64,
    time: Duration,
    /// When the chunk came that they are at, and its rows.
    since: Option<(Instant, usize)>,
}

impl Done {
    /// They ask for more.
    fn note(&mut self) {
        if let Some((since, rows)) = self.since.take() {
            self.rows += rows as u64;
            self.time += since.elapsed();
        }
    }
}

#[track_caller]
fn lock<T>(mutex: &Mutex<T>) -> Guard<'_, T> {
    mutex.lock()
}

impl Inbox {
    /// For one task.
    pub fn new(port: Arc<Port>) -> Self {
        let (asked, over, eager, closed, cut) = Default::default();
        let (waiting, orders, rows, done, failure) = Default::default();
        Self { port, waiting, orders, rows, asked, over, eager, closed, cut, done, failure }
    }

    /// What the parent wants of the task next.
    pub fn order(&self) -> Result<Frame, Gone> {
        let frame = self.wait(&self.orders)?;
        match frame.kind {
            Kind::Pull => self.eager.store(number(&frame.body) == u64::MAX, Ordering::Relaxed),
            Kind::Count => self.eager.store(true, Ordering::Relaxed),
            _ => {}
        }
        Ok(frame)
    }

    /// The task has ended: whoever still reads its rows gets an error.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        // Who waits at the port has gone after this. It may have taken the next task.
        drop(lock(&self.waiting));
        self.port.put_back(lock(&self.orders).drain(..));
    }

    /// Whether the rest of the input stays with the parent.
    pub fn is_cut(&self) -> bool {
        self.cut.load(Ordering::Relaxed)
    }

    /// Whether this is what the functions got where their input failed.
    pub fn is_failure(&self, error: &Bound<'_, PyAny>) -> bool {
        lock(&self.failure).as_ref().is_some_and(|failure| error.is(failure))
    }

    /// The next frame of this queue; others go to theirs.
    fn wait(&self, queue: &Mutex<VecDeque<Frame>>) -> Result<Frame, Gone> {
        loop {
            if let Some(frame) = lock(queue).pop_front() {
                return Ok(frame);
            }
            let _waiting = lock(&self.waiting);
            if self.closed.load(Ordering::Relaxed) {
                return Err(Gone);
            }
            // It may have come for us while the other waited.
            if let Some(frame) = lock(queue).pop_front() {
                return Ok(frame);
            }
            if let Some(frame) = self.port.receive(SLICE)? {
                let rows = matches!(frame.kind, Kind::Input | Kind::InputEnd | Kind::InputFailed | Kind::InputHome);
                lock(if rows { &self.rows } else { &self.orders }).push_back(frame);
            }
        }
    }

    fn ask(&self) -> Result<(), Gone> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(Gone);
        }
        self.asked.fetch_add(1, Ordering::Relaxed);
        let Done { rows, time, .. } = *lock(&self.done);
        self.port.send(Kind::Need, &[&rows.to_le_bytes(), &(time.as_micros() as u64).to_le_bytes()])
    }

    /// The next frame of rows; none behind the last one.
    fn input(&self) -> Result<Option<Frame>, Gone> {
        if self.over.load(Ordering::Relaxed) {
            return Ok(None);
        }
        if self.asked.load(Ordering::Relaxed) == 0 {
            self.ask()?;
        }
        let frame = self.wait(&self.rows)?;
        let mut asked = self.asked.fetch_sub(1, Ordering::Relaxed).saturating_sub(1);
        if frame.kind != Kind::Input {
            self.over.store(true, Ordering::Relaxed);
            // For another thread that waits.
            lock(&self.rows).push_back(Frame { kind: Kind::InputEnd, body: Vec::new() });
        } else if self.eager.load(Ordering::Relaxed) {
            while asked == 0 || (asked < AHEAD && (asked + 1) * frame.body.len() <= AHEAD_BYTES) {
                self.ask()?;
                asked += 1;
            }
        }
        Ok(Some(frame))
    }

    /// The parent's exception, for the functions to see.
    fn failed(&self, dumped: &[u8]) -> Error {
        attached(|py| {
            let error = failure::load(py, dumped).unwrap_or_else(|error| error);
            let failure = Some(error.clone_ref(py).into_value(py).into_any());
            let before = std::mem::replace(&mut *lock(&self.failure), failure);
            drop(before);
            user_error(py, &error)
        })
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        let failure = lock(&self.failure).take();
        release(failure);
    }
}

/// The inbox as the input of a chain that has so many operations before the first that takes an iterator.
pub struct FromParent(pub Arc<Inbox>, pub usize);

impl RowInput for FromParent {
    fn next(&mut self) -> Result<Option<(Chunk, usize)>> {
        lock(&self.0.done).note();
        let Some(frame) = self.0.input().map_err(|Gone| Error::Cancelled)? else { return Ok(None) };
        match frame.kind {
            Kind::Input => {
                let (start, parcel) = frame.body.split_at_checked(8).unwrap_or_default();
                let (chunk, start) = (parcel::unpack(parcel)?, number(start) as usize);
                // Those that others have worked on tell nothing.
                lock(&self.0.done).since = (start < self.1).then(|| (Instant::now(), chunk.len()));
                Ok(Some((chunk, start)))
            }
            Kind::InputEnd => Ok(None),
            Kind::InputHome => {
                self.0.cut.store(true, Ordering::Relaxed);
                Ok(None)
            }
            _ => Err(self.0.failed(&frame.body)),
        }
    }
}
