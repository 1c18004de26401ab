//! `_engine.Tally`: the counters of the functions that a stream's operation makes anew in each batch.
//!
//! `transform(lambda rdd: rdd.sortBy(lambda x: x[1]))` makes the inner lambda once a batch, always from the same code.
//! Its rows are counted together, by that code and the step it is given to, so that `explain()` tells of all batches.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyCode, PyTuple};

use crate::objects::function::PyFunction;
use crate::plan::{Counters, FunctionRef};

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
        self.known.lock().unwrap_or_else(PoisonError::into_inner).entries.len()
    }
}

/// A callable as the lineage holds it, with the counters that the innermost open tally knows for it.
pub(super) fn function_of(function: &Bound<'_, PyAny>, step: &str) -> FunctionRef {
    let counters = OPEN.with_borrow_mut(|open| open.last_mut().map(|open| open.counters(function, step)));
    Arc::new(PyFunction::counted(function.clone().unbind(), counters.unwrap_or_default()))
}

impl Open {
    fn counters(&mut self, function: &Bound<'_, PyAny>, step: &str) -> Arc<Counters> {
        let code = function.getattr(intern!(function.py(), "__code__")).ok();
        let code = code.and_then(|code| code.cast_into::<PyCode>().ok());
        let identity = code.as_ref().map_or(function.get_type().as_ptr() as usize, |code| code.as_ptr() as usize);
        let nth = self.seen.entry((identity, step.to_owned())).or_default();
        *nth += 1;
        let key = (identity, step.to_owned(), *nth);
        self.known.lock().unwrap_or_else(PoisonError::into_inner).counters(key, code)
    }
}

impl Known {
    fn counters(&mut self, key: Key, code: Option<Bound<'_, PyCode>>) -> Arc<Counters> {
        self.clock += 1;
        if !self.entries.contains_key(&key) && self.entries.len() >= MOST {
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.used).map(|(key, _)| key.clone());
            oldest.and_then(|key| self.entries.remove(&key));
        }
        let entry = self.entries.entry(key).or_insert_with(|| Entry {
            counters: Arc::default(),
            _code: code.map(Bound::unbind),
            used: 0,
        });
        entry.used = self.clock;
        entry.counters.clone()
    }
}
