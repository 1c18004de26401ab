//! A chain's operations as one Python function, for many rows at a time: Python calls its own functions for less than
//! native code can (`pyrite._fused` writes it).

use std::sync::Arc;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyIterator, PyList, PyTuple};

use crate::chunk::Cancel;
use crate::plan::FunctionKind;

use super::raised::to_python_error;

/// Where so few rows are at hand, they go through the functions one by one.
pub(super) const LEAST: usize = 32;

/// No more rows go into a loop at once.
pub(super) const MOST: usize = 256;

/// What becomes of a chain's rows where a table takes them all.
pub struct Tail {
    /// What it does, by the name that `pyrite._fused` has for it.
    pub kind: &'static str,
    /// The table.
    pub table: Py<PyDict>,
    /// What it calls: to merge, and perhaps to create.
    pub functions: Vec<Py<PyAny>>,
    /// The operation's name.
    pub name: Arc<str>,
}

/// The operations of a machine from one of them on, as a loop.
pub(super) struct Loop {
    /// The first operation.
    pub start: usize,
    /// What becomes of the rows.
    pub kind: &'static str,
    chain: Py<PyAny>,
    places: Py<PyTuple>,
    counts: Py<PyList>,
    look: Py<PyAny>,
    functions: Vec<Py<PyAny>>,
    /// For each operation whether fewer or more rows come out than go in.
    sifts: Vec<bool>,
}

/// Rows on their way through a loop.
pub(super) struct Run {
    /// Which of a machine's loops.
    pub of: usize,
    made: Option<Py<PyIterator>>,
    source: Py<PyIterator>,
    /// Rows of the source that are to be counted.
    left: usize,
}

/// Where a loop failed.
pub(super) struct Failure {
    /// What was raised, without the loop's frame.
    pub error: PyErr,
    /// The operation, counted from the machine's first; one more than the last is the table. None: no function raised it.
    pub at: Option<usize>,
    /// The row that it was given.
    pub row: Option<Py<PyAny>>,
}

impl Loop {
    /// A loop over these operations; None where there can't be one.
    pub(super) fn of<'a>(
        py: Python<'_>,
        operations: impl Iterator<Item = (FunctionKind, bool, &'a Py<PyAny>)>,
        start: usize,
        kind: &'static str,
        cancel: &Cancel,
    ) -> PyResult<Option<Self>> {
        let (mut names, mut functions, mut sifts) = (Vec::new(), Vec::new(), Vec::new());
        for (kind, as_it_is, function) in operations.skip(start) {
            names.push(if as_it_is { "as_it_is" } else { kind.name() });
            functions.push(function.clone_ref(py));
            sifts.push(matches!(kind, FunctionKind::Filter | FunctionKind::FlatMap | FunctionKind::FlatMapValues));
        }
        let counts = PyList::new(py, vec![0; names.len() + 1])?.unbind();
        let module = py.import(intern!(py, "pyrite._fused"))?;
        let called = PyTuple::new(py, functions.iter().map(|function| function.bind(py)))?;
        if module.call_method1(intern!(py, "stops"), (called,))?.is_truthy()? {
            return Ok(None);
        }
        let written = module.call_method1(intern!(py, "written"), (PyTuple::new(py, names)?, kind))?;
        if written.is_none() {
            return Ok(None);
        }
        let (chain, places) = written.extract()?;
        let cancel = cancel.clone();
        let look = PyCFunction::new_closure(py, None, None, move |args, _| {
            cancel.check().map_err(|e| to_python_error(args.py(), &e))
        })?;
        let look = look.into_any().unbind();
        Ok(Some(Self { start, kind, chain, places, counts, look, functions, sifts }))
    }

    fn call(&self, py: Python<'_>, rows: &Py<PyIterator>, tail: Option<&Tail>) -> PyResult<Py<PyAny>> {
        let mut arguments = vec![rows.as_any(), self.counts.as_any(), &self.look];
        if let Some(tail) = tail {
            arguments.push(tail.table.as_any());
            arguments.extend(&tail.functions);
        }
        arguments.extend(&self.functions);
        self.chain.call1(py, PyTuple::new(py, arguments)?)
    }

    /// Lets rows in; what comes of them is pulled.
    pub(super) fn begin(&self, py: Python<'_>, of: usize, rows: Vec<Py<PyAny>>) -> PyResult<Run> {
        let (source, left) = source(py, rows)?;
        let made = self.call(py, &source, None)?.into_bound(py).try_iter()?.unbind();
        Ok(Run { of, made: Some(made), source, left })
    }

    /// Lets rows into a table; gives what is to be noted, and whether it went well.
    pub(super) fn pour(
        &self,
        py: Python<'_>,
        of: usize,
        rows: Vec<Py<PyAny>>,
        tail: &Tail,
    ) -> PyResult<(Run, PyResult<()>)> {
        let (source, left) = source(py, rows)?;
        let done = self.call(py, &source, Some(tail)).map(drop);
        Ok((Run { of, made: None, source, left }, done))
    }

    /// Adds to `calls` how often each operation was called since this was last asked; gives how many rows came out.
    pub(super) fn note<'a>(
        &self,
        py: Python<'_>,
        run: &mut Run,
        calls: impl Iterator<Item = &'a mut usize>,
    ) -> PyResult<usize> {
        let counts = self.counts.bind(py);
        let still = run.source.bind(py).call_method0(intern!(py, "__length_hint__"))?.extract::<usize>()?;
        let mut now = run.left.saturating_sub(still);
        run.left = still;
        for (at, (sifts, calls)) in self.sifts.iter().zip(calls.skip(self.start)).enumerate() {
            *calls += now;
            if *sifts {
                now = counts.get_item(at + 1)?.extract()?;
                counts.set_item(at + 1, 0)?;
            }
        }
        Ok(now)
    }

    /// The operations behind `at` that were not called for the row that failed there, though it was counted.
    pub(super) fn not_reached(&self, at: usize) -> std::ops::Range<usize> {
        let first = at.saturating_sub(self.start);
        let more = self.sifts.iter().skip(first).take_while(|sifts| !**sifts).count();
        at + 1..(at + 1 + more).min(self.start + self.sifts.len())
    }

    /// What a loop's exception says of where it comes from.
    pub(super) fn failure(&self, py: Python<'_>, error: PyErr) -> Failure {
        self.located(py, &error).unwrap_or(Failure { error, at: None, row: None })
    }

    fn located(&self, py: Python<'_>, error: &PyErr) -> PyResult<Failure> {
        let stopped = py.import(intern!(py, "pyrite._fused"))?.getattr(intern!(py, "Stopped"))?;
        let mut error = error.clone_ref(py);
        if error.get_type(py).is(&stopped) {
            error = PyErr::from_value(error.value(py).getattr(intern!(py, "args"))?.get_item(0)?);
        }
        let nowhere = |error| Ok(Failure { error, at: None, row: None });
        let Some(traceback) = error.traceback(py) else { return nowhere(error) };
        let frame = traceback.getattr(intern!(py, "tb_frame"))?;
        if !frame.getattr(intern!(py, "f_code"))?.is(&self.chain.bind(py).getattr(intern!(py, "__code__"))?) {
            return nowhere(error);
        }
        let line: usize = traceback.getattr(intern!(py, "tb_lineno"))?.extract()?;
        let (at, name): (Option<usize>, Option<String>) = self.places.bind(py).get_item(line)?.extract()?;
        let row = name.map(|name| frame.getattr(intern!(py, "f_locals"))?.get_item(name)).transpose()?;
        // The frame holds rows and functions, and the user's frame leads to it.
        frame.call_method0(intern!(py, "clear"))?;
        if let Ok(locals) = frame.getattr(intern!(py, "f_locals"))?.cast_exact::<PyDict>() {
            locals.clear();
        }
        let rest: Option<Bound<'_, pyo3::types::PyTraceback>> = traceback.getattr(intern!(py, "tb_next"))?.extract()?;
        error.set_traceback(py, rest);
        Ok(Failure { error, at: at.map(|at| at + self.start), row: row.map(Bound::unbind) })
    }
}

impl Run {
    /// The next row that comes out.
    pub(super) fn next(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let Some(made) = &self.made else { return Ok(None) };
        made.bind(py).clone().next().transpose().map(|row| row.map(Bound::unbind))
    }
}

fn source(py: Python<'_>, rows: Vec<Py<PyAny>>) -> PyResult<(Py<PyIterator>, usize)> {
    let left = rows.len();
    Ok((PyList::new(py, rows)?.try_iter()?.unbind(), left))
}
