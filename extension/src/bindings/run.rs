//! The one door between Python and the engine: detach, run, map errors.

use pyo3::prelude::*;

use crate::error::Result;
use crate::fault::guarded;
use crate::objects::inside::Inside;
use crate::objects::raised::to_python_error;
use crate::objects::release;

/// Runs engine code without the interpreter. References that wait to be released are, before and after.
pub trait RunEngine {
    /// Detaches, runs `work`, gives its error to Python.
    fn run_engine<T: Send>(self, work: impl FnOnce() -> Result<T> + Send) -> PyResult<T>;

    /// The same for what doesn't fail.
    fn run_detached<T: Send>(self, work: impl FnOnce() -> T + Send) -> T;

    /// The same on a thread of ours that waits for work: the end of the interpreter lets it go and joins it.
    fn run_serving<T: Send>(self, work: impl FnOnce() -> T + Send) -> T;
}

impl RunEngine for Python<'_> {
    fn run_engine<T: Send>(self, work: impl FnOnce() -> Result<T> + Send) -> PyResult<T> {
        let _inside = Inside::enter(self);
        let done = self.run_detached(|| guarded(work));
        done.map_err(|e| to_python_error(self, &e))
    }

    fn run_detached<T: Send>(self, work: impl FnOnce() -> T + Send) -> T {
        let _inside = Inside::enter(self);
        self.run_serving(|| {
            let done = work();
            Inside::stays_at_the_end();
            done
        })
    }

    fn run_serving<T: Send>(self, work: impl FnOnce() -> T + Send) -> T {
        release::empty(self);
        let done = self.detach(work);
        release::empty(self);
        done
    }
}
