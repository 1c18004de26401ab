//! Receivers that are written in Python: Python's own threads run them, so that no engine frame is under the program's
//! function; here is what they share with the engine.

use std::sync::Arc;
use std::thread::{self, ThreadId};

use pyo3::intern;
use pyo3::prelude::*;

use crate::block::{Block, Lease, Pending};
use crate::chunk::{Chunk, Decode};
use crate::error::Result;
use crate::source::{Receiver, Reception};
use crate::sync::{Condvar, Mutex};
use crate::time::Wake;

use super::gate::attached;
use super::owned::Owned;
use super::raised::user_error;
use super::release::release;
use super::rows::{Pickled, bound, shareable_chunk};

/// Rows of Python's wait in its own list: the intake gets whole blocks.
pub struct Whole;

impl Pending for Whole {
    fn take(&mut self) -> Option<Block> {
        None
    }

    fn bytes(&self) -> usize {
        0
    }
}

/// How a reception looks to Python.
pub trait ReceptionObject: Send + Sync + 'static {
    /// A Python object for it.
    fn wrap(py: Python<'_>, reception: Arc<Reception<Whole>>, rows: Arc<Rows>) -> PyResult<Py<PyAny>>;
}

/// Rows that wait for their block.
pub struct Rows {
    waiting: Mutex<Waiting>,
    /// The thread that makes a block of rows that waited: what comes behind them must not overtake them.
    handing: Mutex<Option<ThreadId>>,
    handed: Condvar,
    /// Wakes Python's thread: the context stops, or the program asks for something.
    pub nudge: Arc<Wake>,
}

#[derive(Default)]
struct Waiting {
    rows: Vec<Py<PyAny>>,
    bytes: usize,
}

/// A receiver of the program.
pub struct PyReceiver<W> {
    kind: String,
    /// `launch(reception)` starts a thread.
    launch: Owned<PyAny>,
    rows: Arc<Rows>,
    wrapped: std::marker::PhantomData<W>,
}

impl Rows {
    /// Adds a row that weighs so much and that nobody changes. The caller is attached: the lock is held for a moment.
    pub fn push(&self, row: Py<PyAny>, bytes: usize) {
        let mut waiting = self.waiting.lock();
        waiting.rows.push(row);
        waiting.bytes += bytes;
    }

    /// Whether there are rows.
    pub fn is_empty(&self) -> bool {
        self.waiting.lock().rows.is_empty()
    }

    /// Stores the rows as a block. Those that another thread hands over are stored afterwards, too. The caller isn't
    /// attached.
    pub fn hand_over(&self, reception: &Reception<Whole>) -> Result<()> {
        let Some(_turn) = self.turn() else { return Ok(()) };
        let Waiting { rows, bytes } = std::mem::take(&mut *self.waiting.lock());
        if rows.is_empty() {
            return Ok(());
        }
        let durable = reception.intake.log().is_some();
        let made = attached(|py| chunk_of(py, &bound(py, &rows), durable).map_err(|e| user_error(py, &e)));
        release(rows);
        match made {
            Ok(chunk) => drop(reception.intake.store_charged(Block { chunk, bytes })),
            Err(error) => {
                drop(Lease::new(reception.intake.budget().clone(), bytes));
                return Err(error);
            }
        }
        Ok(())
    }

    /// Waits until no other thread hands over; `None` for one that does so already: a row's own pickling may store rows.
    fn turn(&self) -> Option<Turn<'_>> {
        let own = thread::current().id();
        let mut handing = self.handing.lock();
        while let Some(other) = *handing {
            if other == own {
                return None;
            }
            handing = self.handed.wait(handing);
        }
        *handing = Some(own);
        Some(Turn(self))
    }
}

/// The calling thread hands over, until this is dropped.
struct Turn<'a>(&'a Rows);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.handing.lock() = None;
        self.0.handed.notify_all();
    }
}

/// Rows as a chunk that several readers may have, `durable` also in another process.
pub fn chunk_of(py: Python<'_>, rows: &[Bound<'_, PyAny>], durable: bool) -> PyResult<Chunk> {
    if !durable {
        return shareable_chunk(py, rows);
    }
    if let Some(columns) = super::convert::to_columns(py, rows) {
        return Ok(Chunk::Columns(columns));
    }
    // It may be read in another process.
    let dumps = py.import(intern!(py, "pyrite._worker"))?.getattr(intern!(py, "dump_rows"))?;
    Ok(Chunk::Objects(Arc::new(Pickled::dump_by(rows, &dumps)?)))
}

impl<W> PyReceiver<W> {
    /// A receiver that `launch(reception)` begins.
    pub fn new(kind: String, launch: Py<PyAny>) -> Self {
        let (waiting, handing, handed, nudge) = Default::default();
        let rows = Rows { waiting, handing, handed, nudge };
        Self { kind, launch: Owned::new(launch), rows: Arc::new(rows), wrapped: std::marker::PhantomData }
    }
}

impl<W: ReceptionObject> Receiver for PyReceiver<W> {
    type Pending = Whole;

    fn begin(self: Arc<Self>, reception: &Arc<Reception<Whole>>) -> Result<()> {
        attached(|py| {
            let object = W::wrap(py, reception.clone(), self.rows.clone());
            object.and_then(|object| self.launch.bind(py).call1((object,)).map(drop)).map_err(|e| user_error(py, &e))
        })
    }

    fn interrupt(&self) {
        self.rows.nudge.set();
    }

    fn kind(&self) -> String {
        self.kind.clone()
    }

    fn hand_over(&self, reception: &Reception<Whole>) {
        if let Err(error) = self.rows.hand_over(reception) {
            reception.failed("Error storing rows".to_owned(), error.to_string());
        }
    }

    fn holds_back(&self) -> bool {
        !self.rows.is_empty()
    }

    fn decode(&self) -> Option<Decode> {
        Some(Pickled::decode)
    }
}
