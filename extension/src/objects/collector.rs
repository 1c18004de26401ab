//! `CPython`'s garbage collector while a job runs. It looks at objects by their number: a task that loads a few thousand
//! rows at a time, or keeps them in a table, would have it look through all that lives again and again, for a third of the
//! task's time. So it comes less often meanwhile; what a function leaves in circles is collected all the same.

use std::sync::atomic::{AtomicUsize, Ordering};

use pyo3::intern;
use pyo3::prelude::*;

/// New objects, less those that have gone, after which it looks at the young ones while a job runs.
const YOUNG: usize = 20_000;

/// Jobs that run. It changes attached.
static RUNNING: AtomicUsize = AtomicUsize::new(0);
/// What the program has set, 0 where that is to stay.
static BEFORE: AtomicUsize = AtomicUsize::new(0);

/// A job runs while this lives. Dropped attached.
pub struct Calm(());

impl Calm {
    /// From now on the collector comes less often.
    pub fn enter(py: Python<'_>) -> Self {
        if RUNNING.fetch_add(1, Ordering::Relaxed) == 0 {
            // A collector that is not as we know it is left alone.
            let before = exchange(py, |young| (young > 0 && young < YOUNG).then_some(YOUNG));
            BEFORE.store(before.ok().flatten().unwrap_or(0), Ordering::Relaxed);
        }
        Self(())
    }
}

impl Drop for Calm {
    fn drop(&mut self) {
        if RUNNING.fetch_sub(1, Ordering::Relaxed) != 1 {
            return;
        }
        let before = BEFORE.swap(0, Ordering::Relaxed);
        if before > 0 {
            // What a function has set meanwhile stays.
            let _ = Python::attach(|py| exchange(py, |young| (young == YOUNG).then_some(before)));
        }
    }
}

/// Sets the first threshold to what `new` makes of it; gives the one before where it was changed.
fn exchange(py: Python<'_>, new: impl FnOnce(usize) -> Option<usize>) -> PyResult<Option<usize>> {
    let gc = py.import(intern!(py, "gc"))?;
    let (young, middle, old): (usize, usize, usize) = gc.call_method0(intern!(py, "get_threshold"))?.extract()?;
    let Some(new) = new(young) else { return Ok(None) };
    gc.call_method1(intern!(py, "set_threshold"), (new, middle, old))?;
    Ok(Some(young))
}
