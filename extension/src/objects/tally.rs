//! `_engine.Tally`: the counters of the functions that a stream's operation makes anew in each batch.
//!
//! `transform(lambda rdd: rdd.sortBy(lambda x: x[1]))` makes the inner lambda once a batch, always from the same code.
//! Its rows are counted together, by that code and the step it is given to, so that `explain()` tells of all batches.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyCode, PyTuple};

use crate::plan::{Counters, FunctionRef};
use crate::sync::Mutex;

use super::function::PyFunction;
use super::inside::Inside;

/// Functions that one tally remembers. A program that makes new code for ever (`eval`) loses the oldest counts.
const MOST: usize = 256;

/// A code object, or the type of a callable without code; the step's name; the how-manieth such in this batch.
type Key = (usize, String, u32);

struct Entry {
    counters: Arc<Counters>,
    /// Keeps the code's address from being used again.
    _code: Option<Py<PyCode>>,
    used: u64,
}

#[derive(Default)]
struct Known {
    entries: HashMap<Key, Entry>,
    /// Grows with every function.
    clock: u64,
}

/// Functions given to plans inside `with tally:` share their counters with those of earlier times.
#[pyclass(frozen, name = "Tally", module = "pyrite._engine")]
pub struct Tally {
    known: Arc<Mutex<Known>>,
}

/// A tally in use on this thread, and how often each function came so far.
struct Open {
    known: Arc<Mutex<Known>>,
    seen: HashMap<(usize, String), u32>,
}

thread_local! {
    static OPEN: RefCell<Vec<Open>> = const { RefCell::new(Vec::new()) };
}

#[pymethods]
impl Tally {
    #[new]
    fn new() -> Self {
        Self { known: Arc::default() }
    }

    fn __enter__(&self) {
        OPEN.with_borrow_mut(|open| open.push(Open { known: self.known.clone(), seen: HashMap::new() }));
    }

    #[expect(clippy::unused_self, reason = "Python's protocol")]
    #[pyo3(signature = (*_error))]
    fn __exit__(&self, _error: &Bound<'_, PyTuple>) {
        OPEN.with_borrow_mut(Vec::pop);
    }

    fn __len__(&self) -> usize {
        self.known.lock().entries.len()
    }
}

/// A callable as the lineage holds it, with the counters that the innermost open tally knows for it.
pub fn function_of(function: &Bound<'_, PyAny>, step: &str) -> FunctionRef {
    let counters = counters_of(function, step).unwrap_or_default();
    Arc::new(PyFunction::counted(function.clone().unbind(), counters))
}

fn counters_of(function: &Bound<'_, PyAny>, step: &str) -> Option<Arc<Counters>> {
    if OPEN.with_borrow(Vec::is_empty) {
        return None;
    }
    let _inside = Inside::enter(function.py());
    // The callable's own `__getattr__` may do anything, and so may the end of a code object: nothing is borrowed or
    // locked meanwhile.
    let code = function.getattr(intern!(function.py(), "__code__")).ok();
    let code = code.and_then(|code| code.cast_into::<PyCode>().ok());
    let identity = code.as_ref().map_or(function.get_type().as_ptr() as usize, |code| code.as_ptr() as usize);
    let (known, key) = OPEN.with_borrow_mut(|open| open.last_mut().map(|open| open.key(identity, step)))?;
    let (counters, oldest) = known.lock().counters(key, code);
    drop(oldest);
    Some(counters)
}

impl Open {
    fn key(&mut self, identity: usize, step: &str) -> (Arc<Mutex<Known>>, Key) {
        let nth = self.seen.entry((identity, step.to_owned())).or_default();
        *nth += 1;
        (self.known.clone(), (identity, step.to_owned(), *nth))
    }
}

impl Known {
    /// The counters of a function, and what is forgotten for them, to be dropped by who has unlocked this.
    fn counters(&mut self, key: Key, code: Option<Bound<'_, PyCode>>) -> (Arc<Counters>, Option<Entry>) {
        self.clock += 1;
        let mut forgotten = None;
        if !self.entries.contains_key(&key) && self.entries.len() >= MOST {
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.used).map(|(key, _)| key.clone());
            forgotten = oldest.and_then(|key| self.entries.remove(&key));
        }
        let entry = self.entries.entry(key).or_insert_with(|| Entry {
            counters: Arc::default(),
            _code: code.map(Bound::unbind),
            used: 0,
        });
        entry.used = self.clock;
        (entry.counters.clone(), forgotten)
    }
}
