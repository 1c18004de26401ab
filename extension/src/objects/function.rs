//! A Python function in the lineage.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use pyo3::intern;
use pyo3::prelude::*;

use crate::error::{Decline, Result};
use crate::lambda::Compiled;
use crate::plan::{Counters, FrozenFunction, Opaque, Place, UserFunction};
use crate::sync::Mutex;

use super::captured::PyCaptured;
use super::gate::attached;
use super::owned::Owned;
use super::raised::{is_interrupt, user_error};

/// A Python callable, its counters shared by every plan that uses it.
pub struct PyFunction {
    function: Owned<PyAny>,
    counters: Arc<Counters>,
}

impl PyFunction {
    /// Wraps a callable whose rows are counted together with those of other callables that have these counters.
    pub fn counted(function: Py<PyAny>, counters: Arc<Counters>) -> Self {
        Self { function: Owned::new(function), counters }
    }

    fn frozen(&self, py: Python<'_>, compile: bool, iterator: Option<bool>) -> PyResult<FrozenFunction> {
        let module = py.import(intern!(py, "pyrite._lambda"))?;
        let function = self.function.bind(py);
        let frozen = match iterator {
            Some(indexed) => module.call_method1(intern!(py, "freeze_of_iterator"), (function, indexed, compile))?,
            None => module.call_method1(intern!(py, "freeze"), (function, compile))?,
        };
        let native = native_form(&frozen)?;
        let parameters = frozen.getattr(intern!(py, "parameters")).and_then(|p| p.extract()).unwrap_or(None);
        Ok(FrozenFunction { native, parameters, object: Opaque::new(PyFrozen(Owned::new(frozen.unbind()))) })
    }

    /// The callable.
    pub fn function(&self) -> &Py<PyAny> {
        &self.function
    }
}

impl UserFunction for PyFunction {
    fn describe(&self) -> String {
        attached(|py| {
            let name = py
                .import(intern!(py, "pyrite._lambda"))
                .and_then(|m| m.call_method1(intern!(py, "describe"), (self.function.bind(py),)))
                .and_then(|n| n.extract::<String>());
            name.unwrap_or_else(|_| "a function".to_owned())
        })
    }

    fn place(&self) -> Option<Place> {
        attached(|py| {
            let found = py
                .import(intern!(py, "pyrite._lambda"))
                .and_then(|m| m.call_method1(intern!(py, "place"), (self.function.bind(py),)))
                .and_then(|found| found.extract::<Option<(String, String, u32, String)>>());
            // Whatever a callable of the program does when it is looked at: it is shown without a place.
            let (name, file, line, text) = found.unwrap_or_default()?;
            Some(Place { name, file, line, text })
        })
    }

    fn freeze(&self, compile: bool) -> Result<FrozenFunction> {
        attached(|py| self.frozen(py, compile, None).map_err(|e| user_error(py, &e)))
    }

    fn outlook(&self, compile: bool) -> Result<Result<FrozenFunction, String>> {
        attached(|py| told(py, self.frozen(py, compile, None)))
    }

    fn freeze_of_iterator(&self, indexed: bool, compile: bool) -> Result<FrozenFunction> {
        attached(|py| self.frozen(py, compile, Some(indexed)).map_err(|e| user_error(py, &e)))
    }

    fn outlook_of_iterator(&self, indexed: bool, compile: bool) -> Result<Result<FrozenFunction, String>> {
        attached(|py| told(py, self.frozen(py, compile, Some(indexed))))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn counters(&self) -> &Counters {
        &self.counters
    }
}

/// What was made of a function, or why no job can be made with it.
fn told(py: Python<'_>, frozen: PyResult<FrozenFunction>) -> Result<Result<FrozenFunction, String>> {
    match frozen {
        Ok(frozen) => Ok(Ok(frozen)),
        Err(error) if is_interrupt(py, &error) => Err(user_error(py, &error)),
        Err(error) => {
            let text = error.to_string();
            Ok(Err(text.lines().next().unwrap_or_default().to_owned()))
        }
    }
}

/// Python's `Frozen`: what this job runs where kernels don't.
pub struct PyFrozen(Owned<PyAny>);

impl PyFrozen {
    /// A private copy for one task, as `PySpark`'s workers unpickle the function for each.
    pub fn copy(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(self.0.bind(py).call_method0(intern!(py, "copy"))?.unbind())
    }
}

/// A task's own copy of a frozen function that `freeze` above made.
pub fn copy_of(py: Python<'_>, object: &Opaque) -> PyResult<Py<PyAny>> {
    match object.downcast_ref::<PyFrozen>() {
        Some(frozen) => frozen.copy(py),
        None => Err(pyo3::exceptions::PyTypeError::new_err("a function of another interpreter")),
    }
}

/// What the engine has made of a `Frozen`'s expression, kept there.
#[pyclass(frozen, module = "pyrite._engine")]
struct Known(Native);

fn native_form(frozen: &Bound<'_, PyAny>) -> PyResult<Native> {
    let attribute = intern!(frozen.py(), "native");
    if let Ok(known) = frozen.getattr(attribute)?.cast_exact::<Known>() {
        return Ok(known.get().0.clone());
    }
    let native = translated(frozen)?;
    frozen.setattr(attribute, Known(native.clone()).into_pyobject(frozen.py())?)?;
    Ok(native)
}

fn translated(frozen: &Bound<'_, PyAny>) -> PyResult<Native> {
    let py = frozen.py();
    let expression = frozen.getattr(intern!(py, "expression"))?;
    if expression.is_none() {
        let reason: Option<String> = frozen.getattr(intern!(py, "reason"))?.extract()?;
        return Ok(Err(Decline::new(reason.unwrap_or_else(|| "not compiled".to_owned()))));
    }
    let native = compiled(expression.extract::<&str>()?);
    let captured: Vec<PyRef<'_, PyCaptured>> = frozen.getattr(intern!(py, "captured"))?.extract()?;
    if captured.is_empty() {
        return Ok(native);
    }
    let captured = captured.iter().map(|c| c.share()).collect();
    Ok(native.and_then(|compiled| compiled.with(captured)).map(Arc::new))
}

/// A compiled function, or why there is none.
type Native = Result<Arc<Compiled>, Decline>;

/// Expressions by their text: a stream makes the same ones in every batch.
static COMPILED: LazyLock<Mutex<HashMap<String, Native>>> = LazyLock::new(Mutex::default);

/// More distinct expressions than this and the table starts anew: captured values that change make new ones.
const MOST_COMPILED: usize = 4096;

fn compiled(json: &str) -> Native {
    let mut known = COMPILED.lock();
    if let Some(done) = known.get(json) {
        return done.clone();
    }
    let made = Compiled::parse(json).map(Arc::new);
    if known.len() >= MOST_COMPILED {
        known.clear();
    }
    known.insert(json.to_owned(), made.clone());
    made
}
