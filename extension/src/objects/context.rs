//! The running task as Python sees it: its `TaskContext`, and its copies of the program's accumulators. Both are made
//! when the task first asks for them; a task that doesn't ask costs nothing.

use std::sync::OnceLock;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::error::Result;
use crate::plan::Opaque;
use crate::stage::TaskContext;
use crate::sync::Mutex;

use super::attached;
use super::owned::Owned;
use super::raised::to_python_error;

/// What Python keeps for one attempt at a task.
#[derive(Default)]
struct Local {
    context: OnceLock<Owned<PyAny>>,
    accumulators: OnceLock<Owned<PyDict>>,
    /// What accumulators gathered in worker processes, pickled.
    away: Mutex<Vec<Vec<u8>>>,
}

/// Of the running task, its accumulators by their id; None outside of tasks.
#[pyfunction]
pub fn task_accumulators(py: Python<'_>) -> Option<Py<PyDict>> {
    let task = TaskContext::current()?;
    let local = local(&task)?;
    if local.accumulators.get().is_none() {
        // Only this thread runs the task: nobody else sets it.
        let _ = local.accumulators.set(Owned::new(PyDict::new(py).unbind()));
    }
    local.accumulators.get().map(|found| found.clone_ref(py))
}

/// The running task's `pyrite.taskcontext.TaskContext`; None outside of tasks.
#[pyfunction]
pub fn task_context(py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
    let Some(task) = TaskContext::current() else { return Ok(None) };
    let Some(local) = local(&task) else { return Ok(None) };
    if let Some(known) = local.context.get() {
        return Ok(Some(known.clone_ref(py)));
    }
    let facts = (task.stage.0, task.partition, task.attempt, task.task.0, task.properties.as_ref().clone());
    let made = py.import(intern!(py, "pyrite.taskcontext"))?.call_method1(intern!(py, "made"), facts)?.unbind();
    let _ = local.context.set(Owned::new(made.clone_ref(py)));
    Ok(Some(made))
}

/// Raises what ends the running task where it is to end; for functions that wait.
#[pyfunction]
pub fn check_task(py: Python<'_>) -> PyResult<()> {
    let Some(task) = TaskContext::current() else { return Ok(()) };
    task.cancel.check().map_err(|error| to_python_error(py, &error))
}

fn local(task: &TaskContext) -> Option<&Local> {
    task.local_or(|| Opaque::new(Local::default())).downcast_ref()
}

/// What a task's accumulators gathered in a worker process; it counts if the task succeeds.
pub fn came_home(task: &TaskContext, updates: &[u8]) {
    if let Some(local) = local(task)
        && !updates.is_empty()
    {
        local.away.lock().push(updates.to_vec());
    }
}

/// In a worker process: what the task's accumulators gathered, as bytes; empty if there are none.
pub fn gathered(py: Python<'_>, task: &TaskContext) -> PyResult<Vec<u8>> {
    let Some(accumulators) = task.local().and_then(|l| l.downcast_ref::<Local>()?.accumulators.get()) else {
        return Ok(Vec::new());
    };
    let accumulators = accumulators.bind(py);
    if accumulators.is_empty() {
        return Ok(Vec::new());
    }
    let dumped =
        py.import(intern!(py, "pyrite._worker"))?.call_method1(intern!(py, "dump_updates"), (accumulators,))?;
    Ok(dumped.cast::<PyBytes>()?.as_bytes().to_vec())
}

/// Adds what a task that succeeded has gathered to the program's accumulators.
pub fn apply(task: &TaskContext) -> Result<()> {
    let Some(local) = task.local().and_then(|local| local.downcast_ref::<Local>()) else { return Ok(()) };
    let away = std::mem::take(&mut *local.away.lock());
    let here = local.accumulators.get();
    if away.is_empty() && here.is_none() {
        return Ok(());
    }
    attached(|py| {
        let module = py.import(intern!(py, "pyrite.accumulators"))?;
        let here = here.map(|found| found.bind(py));
        let away: Vec<Bound<'_, PyBytes>> = away.iter().map(|bytes| PyBytes::new(py, bytes)).collect();
        module.call_method1(intern!(py, "settle"), (here, away)).map(drop)
    })
}
