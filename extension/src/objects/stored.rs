//! `_engine.StoredValues`: the values of a group that are too many for memory. They are read a few thousand at a time,
//! as often as they are asked for, from where the engine has stored them; that is given back when the object goes.

use std::sync::{Arc, Weak};

use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple, PyType};

use crate::chunk::{BoxStream, Cancel, Chunk};
use crate::error::{Error, Kind};
use crate::memory::Memory;
use crate::stage::{Properties, Task};
use crate::store::StoredRef;
use crate::sync::Mutex;

use super::call::unpack;
use super::convert::group_of;
use super::owned::Owned;
use super::partition::chained;
use super::raised::to_python_error;
use super::rows::{PyRows, load, shareable_chunk};

/// Values that are made objects at a time.
const BATCH: usize = 4096;
/// Bytes that an object takes beside what it holds.
const OBJECT: usize = 64;
/// Characters of a key in messages.
const SHOWN: usize = 60;

/// All that exist: what the program holds when a job ends is read into memory, and stopping closes all.
static ALIVE: Mutex<Vec<Weak<Shared>>> = Mutex::new(Vec::new());

/// The values of one key, in order.
#[pyclass(frozen, name = "StoredValues", module = "pyrite._engine")]
pub struct StoredValues(Arc<Shared>);

struct Shared {
    key: String,
    len: usize,
    bytes: usize,
    place: Mutex<Place>,
    memory: Arc<Memory>,
    /// Of the job that made them.
    properties: Arc<Properties>,
}

enum Place {
    Stored(StoredRef),
    List(Owned<PyList>),
    /// The context was stopped.
    Closed,
}

/// What there is to read.
enum Source {
    Stored(StoredRef),
    List(Py<PyList>),
}

#[pymethods]
impl StoredValues {
    fn __len__(&self) -> usize {
        self.0.len
    }

    fn __iter__(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match self.0.source(py)? {
            Source::List(list) => Ok(list.bind(py).try_iter()?.into_any().unbind()),
            Source::Stored(stored) => {
                let stream = stored.open(&Cancel::default());
                let reading = Mutex::new(Some(Reading { stream, pending: None }));
                let lists = Py::new(py, StoredLists { shared: self.0.clone(), reading })?;
                chained(py, lists.into_any())
            }
        }
    }

    /// They are pickled as a list, which must fit into memory.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyTuple>)> {
        let list = self.0.list(py)?;
        Ok((py.get_type::<PyList>(), PyTuple::new(py, [list])?))
    }
}

/// Lists of the values, one after the other.
#[pyclass(frozen, module = "pyrite._engine")]
struct StoredLists {
    shared: Arc<Shared>,
    /// `None` while somebody reads, and at the end.
    reading: Mutex<Option<Reading>>,
}

struct Reading {
    stream: BoxStream,
    pending: Option<Chunk>,
}

#[pymethods]
impl StoredLists {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        let Some(mut reading) = self.reading.lock().take() else { return Ok(None) };
        self.shared.source(py)?;
        let chunk = py.detach(|| reading.next()).map_err(|e| to_python_error(py, &e))?;
        let Some(chunk) = chunk else { return Ok(None) };
        let values = PyList::new(py, load(py, &chunk)?)?;
        *self.reading.lock() = Some(reading);
        Ok(Some(values))
    }
}

impl Reading {
    fn next(&mut self) -> Result<Option<Chunk>, Error> {
        let chunk = match self.pending.take() {
            Some(chunk) => Some(chunk),
            None => self.stream.next(usize::MAX)?,
        };
        let Some(chunk) = chunk else { return Ok(None) };
        if chunk.len() > BATCH {
            self.pending = Some(chunk.slice(BATCH, chunk.len() - BATCH));
        }
        Ok(Some(chunk.slice(0, BATCH.min(chunk.len()))))
    }
}

impl Shared {
    fn source(&self, py: Python<'_>) -> PyResult<Source> {
        match &*self.place.lock() {
            Place::Stored(stored) => return Ok(Source::Stored(stored.clone())),
            Place::List(list) => return Ok(Source::List(list.clone_ref(py))),
            Place::Closed => {}
        }
        let message = format!(
            "the values of key {} were stored in a file, and the context was stopped. Read them before, or keep what you need \
             of them: list(values)",
            self.key
        );
        Err(to_python_error(py, &Error::new(Kind::IllegalState, message)))
    }

    /// All values, if they fit.
    fn list<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let stored = match self.source(py)? {
            Source::List(list) => return Ok(list.into_bound(py)),
            Source::Stored(stored) => stored,
        };
        if !self.fits() {
            return Err(PyMemoryError::new_err(format!(
                "the values of key {} ({} values, about {} MB) are wanted in memory at once, and only {} MB are free: they \
                 are collected, cached or sent to a worker process. Iterate over them in a function of the RDD instead \
                 (mapValues, flatMapValues, foreach), or use reduceByKey or aggregateByKey, which keep one value a key",
                self.key,
                self.len,
                self.needed() >> 20,
                self.memory.free() >> 20,
            )));
        }
        let list = PyList::empty(py);
        let mut reading = Reading { stream: stored.open(&Cancel::default()), pending: None };
        while let Some(chunk) = py.detach(|| reading.next()).map_err(|e| to_python_error(py, &e))? {
            py.check_signals()?;
            let len = list.len();
            let values = PyList::new(py, load(py, &chunk)?)?;
            list.set_slice(len, len, &values)?;
        }
        Ok(list)
    }

    /// Bytes of all values as objects.
    fn needed(&self) -> usize {
        self.bytes + OBJECT * self.len
    }

    fn fits(&self) -> bool {
        self.needed() <= self.memory.free()
    }
}

/// The pair of a key and its values, or of a tuple of each side's, as `groupByKey` and `cogroup` hand them out.
pub fn groups(py: Python<'_>, key: &Chunk, sides: &[StoredRef], tuple: bool, task: &Task) -> PyResult<Chunk> {
    let key = load(py, key)?.pop().map_or_else(|| py.None().into_bound(py), |key| key.into_bound(py));
    let mut shown = key.repr().map_or_else(|_| "?".to_owned(), |text| text.to_string());
    if shown.chars().count() > SHOWN {
        shown = shown.chars().take(SHOWN).chain("...".chars()).collect();
    }
    let group = |side: &StoredRef| -> PyResult<Py<PyAny>> {
        let shared = Arc::new(Shared {
            key: shown.clone(),
            len: side.rows(),
            bytes: side.bytes(),
            place: Mutex::new(Place::Stored(side.clone())),
            memory: task.prepared.memory.clone(),
            properties: task.context.properties.clone(),
        });
        let mut alive = ALIVE.lock();
        alive.retain(|other| other.strong_count() > 0);
        alive.push(Arc::downgrade(&shared));
        drop(alive);
        group_of(Bound::new(py, StoredValues(shared))?.into_any())
    };
    let groups = sides.iter().map(group).collect::<PyResult<Vec<_>>>()?;
    let value = match groups.first() {
        Some(only) if !tuple => only.bind(py).clone(),
        _ => PyTuple::new(py, groups)?.into_any(),
    };
    Ok(PyRows::staying(vec![PyTuple::new(py, [key, value])?.into_any().unbind()]))
}

/// The values of pairs, or the items of the lists that they are.
pub fn values(py: Python<'_>, pairs: &Chunk, lists: bool) -> PyResult<Chunk> {
    let mut values = Vec::with_capacity(pairs.len());
    for row in load(py, pairs)? {
        let value = unpack(py, &row)?.1.into_bound(py);
        match value.cast::<PyList>() {
            Ok(list) if lists => values.extend(list.iter()),
            _ => values.push(value),
        }
    }
    shareable_chunk(py, &values)
}

fn alive(memory: &Arc<Memory>) -> Vec<Arc<Shared>> {
    let alive: Vec<Arc<Shared>> = ALIVE.lock().iter().filter_map(Weak::upgrade).collect();
    alive.into_iter().filter(|shared| Arc::ptr_eq(&shared.memory, memory)).collect()
}

/// The values that a job's results hold become lists, as far as they fit: the program may want them after the context
/// was stopped.
pub fn settle(py: Python<'_>, memory: &Arc<Memory>, properties: &Arc<Properties>) -> PyResult<()> {
    for shared in alive(memory) {
        if Arc::ptr_eq(&shared.properties, properties) && shared.fits() {
            let list = shared.list(py)?.unbind();
            let old = std::mem::replace(&mut *shared.place.lock(), Place::List(Owned::new(list)));
            drop(old);
        }
    }
    Ok(())
}

/// The context was stopped: what is stored goes, and reading it is an error that says so.
pub fn close(memory: &Arc<Memory>) {
    for shared in alive(memory) {
        let old = {
            let mut place = shared.place.lock();
            match &*place {
                Place::Stored(_) => Some(std::mem::replace(&mut *place, Place::Closed)),
                _ => None,
            }
        };
        drop(old);
    }
}
