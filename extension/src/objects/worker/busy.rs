//! How long functions keep the interpreter busy, by their code: a program that asks again makes new functions of the same
//! code. A task that can't move once it runs must know before, and another need not find out again.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;
use std::thread::{self, ThreadId};
use std::time::Duration;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFunction, PyTuple};

use super::super::machine::Link;
use crate::sync::Mutex;

/// More chains than this and the memory starts anew.
const MOST: usize = 1024;
/// Partials of partials are looked into so far.
const DEEPEST: usize = 4;

static KNOWN: LazyLock<Mutex<HashMap<u64, Duration>>> = LazyLock::new(Mutex::default);

/// Chains that are tried for the first time, in this process, and the threads that do.
static TRIED: LazyLock<Mutex<HashMap<u64, ThreadId>>> = LazyLock::new(Mutex::default);

/// A chain is tried for the first time while this lives; a task that has it twice holds nothing the second time.
pub struct Trial(Option<u64>);

impl Drop for Trial {
    fn drop(&mut self) {
        if let Some(chain) = self.0 {
            TRIED.lock().remove(&chain);
        }
    }
}

/// A chain of functions, as far as their code goes.
#[derive(Clone, Copy)]
pub struct Busy(u64);

impl Busy {
    /// The chain of these operations.
    pub fn of(py: Python<'_>, links: &[&Link]) -> Self {
        let mut hasher = DefaultHasher::new();
        for link in links {
            link.kind.name().hash(&mut hasher);
            add(link.function.bind(py), &mut hasher, DEEPEST);
        }
        Self(hasher.finish())
    }

    /// The same with functions that take what comes of it.
    #[must_use]
    pub fn and(self, py: Python<'_>, functions: &[Py<PyAny>]) -> Self {
        let mut hasher = DefaultHasher::new();
        self.0.hash(&mut hasher);
        for function in functions {
            add(function.bind(py), &mut hasher, DEEPEST);
        }
        Self(hasher.finish())
    }

    /// A task of the chain has worked for so long.
    pub fn note(self, time: Duration) {
        let mut known = KNOWN.lock();
        if known.len() >= MOST && !known.contains_key(&self.0) {
            known.clear();
        }
        let noted = known.entry(self.0).or_default();
        *noted = *noted / 2 + time;
    }

    /// How long the last tasks worked: of two equal ones, the newer counts double. `None` before the first has ended.
    pub fn known(self) -> Option<Duration> {
        KNOWN.lock().get(&self.0).copied()
    }

    /// The same, zero where it isn't known.
    pub fn recently(self) -> Duration {
        self.known().unwrap_or_default()
    }

    /// The first task of a chain finds out how long it takes; `None` where another is about to.
    pub fn try_first(self) -> Option<Trial> {
        let own = thread::current().id();
        match TRIED.lock().entry(self.0) {
            Entry::Vacant(free) => {
                free.insert(own);
                Some(Trial(Some(self.0)))
            }
            Entry::Occupied(by) => (*by.get() == own).then_some(Trial(None)),
        }
    }
}

/// A function by its code, a partial by what it is made of, anything else by its type.
fn add(value: &Bound<'_, PyAny>, hasher: &mut DefaultHasher, depth: usize) {
    let py = value.py();
    if value.is_exact_instance_of::<PyFunction>() {
        let code = value.getattr(intern!(py, "__code__")).and_then(|code| code.hash());
        return code.unwrap_or_default().hash(hasher);
    }
    let Some((function, args, keywords)) = partial(value).filter(|_| depth > 0) else {
        return (value.get_type().as_ptr() as usize).hash(hasher);
    };
    add(&function, hasher, depth - 1);
    args.iter().for_each(|arg| add(&arg, hasher, depth - 1));
    keywords.iter().for_each(|(_, arg)| add(&arg, hasher, depth - 1));
}

type Parts<'py> = (Bound<'py, PyAny>, Bound<'py, PyTuple>, Bound<'py, PyDict>);

fn partial<'py>(value: &Bound<'py, PyAny>) -> Option<Parts<'py>> {
    let py = value.py();
    let kind = py.import(intern!(py, "functools")).and_then(|m| m.getattr(intern!(py, "partial"))).ok()?;
    if !value.get_type().is(&kind) {
        return None;
    }
    let function = value.getattr(intern!(py, "func")).ok()?;
    let args = value.getattr(intern!(py, "args")).ok()?.cast_into().ok()?;
    let keywords = value.getattr(intern!(py, "keywords")).ok()?.cast_into().ok()?;
    Some((function, args, keywords))
}
