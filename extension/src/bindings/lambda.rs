//! A probe of the lambda compiler: evaluates an expression over rows, for property tests and for the curious.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use crate::chunk::Columns;
use crate::error::Decline;
use crate::lambda::{Compiled, machine_code_calls, use_machine_code};
use crate::objects::PyCaptured;
use crate::objects::convert::{to_columns, to_python};
use crate::objects::inside::Inside;

/// Says whether loops run as machine code from now on, if that is given. Gives how many calls of machine code there were, each
/// of all rows of a chunk.
#[pyfunction]
#[pyo3(signature = (whether = None))]
pub fn machine_code(whether: Option<bool>) -> usize {
    if let Some(whether) = whether {
        use_machine_code(whether);
    }
    machine_code_calls()
}

/// Evaluates an expression's JSON over rows, each a tuple of arguments. `mode` is `map`, `truth` or `flat`.
/// Arguments named by `groups` are lists that count as groups of `groupByKey`;
/// `captured` holds the containers that the expression looks into. Gives `(rows, None)`, or `(None, reason)` when it declines.
#[pyfunction]
#[pyo3(signature = (expression, mode, rows, groups = Vec::new(), captured = Vec::new()))]
pub fn evaluate<'py>(
    py: Python<'py>,
    expression: &str,
    mode: &str,
    rows: Vec<Bound<'py, PyAny>>,
    groups: Vec<usize>,
    captured: Vec<PyRef<'py, PyCaptured>>,
) -> PyResult<Bound<'py, PyTuple>> {
    if !matches!(mode, "map" | "truth" | "flat") {
        return Err(PyValueError::new_err(format!("mode {mode:?}")));
    }
    let _inside = Inside::enter(py);
    let columns = to_columns(py, &rows);
    drop(rows);
    let captured: Vec<_> = captured.into_iter().map(|c| c.share()).collect();
    let result = py.detach(|| {
        let compiled = Compiled::parse(expression)?.with(captured)?;
        let args = columns.as_ref().and_then(Columns::items);
        let mut args = args.ok_or(Decline::new("the rows are no columns"))?;
        for i in groups {
            let grouped = args.get(i).and_then(Columns::list_as_group);
            args[i] = grouped.ok_or_else(|| Decline::new(format!("argument {i} is no list")))?;
        }
        match mode {
            "map" => compiled.map(&args),
            "truth" => compiled.truth_column(&args),
            _ => compiled.flat(&args),
        }
    });
    match result {
        Ok(columns) => {
            let rows = PyList::new(py, to_python(py, &columns)?)?;
            (rows, py.None()).into_pyobject(py)
        }
        Err(reason) => (py.None(), reason.to_string()).into_pyobject(py),
    }
}
