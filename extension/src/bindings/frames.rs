//! `_engine.plan_frame`: a `DataFrame`'s plan becomes the executor's SQL. What the plan refers to is asked of a Python object.

use std::cell::RefCell;
use std::collections::HashMap;

use pyo3::IntoPyObjectExt as _;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use crate::sql::{self, Catalog, Relation, SqlError, SqlResult, Step};

/// The catalog of a session. What its methods raise is kept, and raised when planning has ended.
struct Session<'py> {
    object: Bound<'py, PyAny>,
    raised: RefCell<Option<PyErr>>,
    caches: bool,
}

impl<'py> Session<'py> {
    fn ask<T>(&self, run: impl FnOnce(&Bound<'py, PyAny>) -> PyResult<T>) -> SqlResult<T> {
        run(&self.object).map_err(|error| {
            *self.raised.borrow_mut() = Some(error);
            SqlError::malformed("an answer of the catalog")
        })
    }
}

impl Catalog for Session<'_> {
    fn local(&self, data: &[u8]) -> SqlResult<String> {
        self.ask(|object| object.call_method1("local", (PyBytes::new(object.py(), data),))?.extract())
    }

    fn streamed(&self, name: &[String], options: &HashMap<String, String>) -> SqlResult<Option<(String, String)>> {
        self.ask(|object| object.call_method1("streamed", (name.to_vec(), options.clone()))?.extract())
    }

    fn view(&self, name: &[String]) -> SqlResult<Option<Vec<u8>>> {
        self.ask(|object| object.call_method1("view", (name.to_vec(),))?.extract())
    }

    fn read(
        &self,
        format: &str,
        schema: Option<&str>,
        paths: &[String],
        options: &HashMap<String, String>,
    ) -> SqlResult<(String, String)> {
        self.ask(|object| object.call_method1("read", (format, schema, paths.to_vec(), options.clone()))?.extract())
    }

    fn stream(
        &self,
        format: &str,
        schema: Option<&str>,
        paths: &[String],
        options: &HashMap<String, String>,
    ) -> SqlResult<(String, String)> {
        self.ask(|object| object.call_method1("stream", (format, schema, paths.to_vec(), options.clone()))?.extract())
    }

    fn kept(&self, id: &str) -> SqlResult<(String, String)> {
        self.ask(|object| object.call_method1("kept", (id,))?.extract())
    }

    fn cached(&self, relation: &Relation) -> SqlResult<Option<(String, String)>> {
        if !self.caches {
            return Ok(None);
        }
        let message = sql::encoded(relation);
        self.ask(|object| object.call_method1("cached", (PyBytes::new(object.py(), &message),))?.extract())
    }

    fn function(&self, name: &str) -> SqlResult<Option<Vec<u8>>> {
        self.ask(|object| object.call_method1("function", (name,))?.extract())
    }

    fn setting(&self, key: &str) -> Option<String> {
        self.ask(|object| object.call_method1("setting", (key,))?.extract()).ok().flatten()
    }

    fn values(&self, steps: &[Step], sql: &str) -> SqlResult<Vec<Option<String>>> {
        self.ask(|object| {
            let steps = steps.iter().map(|step| step_object(object.py(), step)).collect::<PyResult<Vec<_>>>()?;
            object.call_method1("values", (steps, sql))?.extract()
        })
    }
}

fn step_object<'py>(py: Python<'py>, step: &Step) -> PyResult<Bound<'py, PyTuple>> {
    let inputs: Vec<_> =
        step.inputs.iter().map(|(sql, fields)| (sql.clone(), PyBytes::new(py, &sql::schema_message(fields)))).collect();
    (
        step.name.clone(),
        step.kind,
        step.eval_type,
        PyBytes::new(py, &step.command),
        step.function.clone(),
        step.keys.clone(),
        inputs,
        PyBytes::new(py, &sql::schema_message(&step.output)),
        step.facts.clone(),
    )
        .into_pyobject(py)
}

type Fault = (String, String, String, Vec<(String, String)>, String);

fn fault(error: SqlError) -> Fault {
    (error.kind.to_owned(), error.condition, error.state.to_owned(), error.parameters, error.message)
}

fn answered<'py, T>(py: Python<'py>, result: SqlResult<T>) -> PyResult<(Option<Fault>, Option<Bound<'py, PyAny>>)>
where
    T: IntoPyObject<'py>,
{
    match result {
        Ok(value) => Ok((None, Some(value.into_bound_py_any(py)?))),
        Err(error) => Ok((Some(fault(error)), None)),
    }
}

/// A fault, or the steps, the SQL and the encoded schema of an encoded relation; `start` is the output mode of a query over
/// streams that is to be started.
#[pyfunction]
#[pyo3(signature = (relation, catalog, caches, start=None))]
pub fn plan_frame<'py>(
    relation: &[u8],
    catalog: &Bound<'py, PyAny>,
    caches: bool,
    start: Option<&str>,
) -> PyResult<(Option<Fault>, Option<Bound<'py, PyAny>>)> {
    let py = catalog.py();
    let session = Session { object: catalog.clone(), raised: RefCell::new(None), caches };
    let planned = sql::plan(relation, &session, start);
    if let Some(error) = session.raised.into_inner() {
        return Err(error);
    }
    let planned = match planned {
        Ok(query) => {
            let steps = query.steps.iter().map(|step| step_object(py, step)).collect::<PyResult<Vec<_>>>()?;
            Ok((steps, query.sql, PyBytes::new(py, &sql::schema_message(&query.fields))))
        }
        Err(error) => Err(error),
    };
    answered(py, planned)
}

/// A fault, or the encoded type that DDL or JSON means.
#[pyfunction]
pub fn frame_type_of_text<'py>(py: Python<'py>, text: &str) -> PyResult<(Option<Fault>, Option<Bound<'py, PyAny>>)> {
    answered(py, sql::read_type(text).map(|message| PyBytes::new(py, &message)))
}

/// A fault, or the JSON of an encoded type.
#[pyfunction]
pub fn frame_schema_text<'py>(py: Python<'py>, message: &[u8]) -> PyResult<(Option<Fault>, Option<Bound<'py, PyAny>>)> {
    answered(py, sql::type_json(message))
}

/// A fault, or what `printSchema` shows of an encoded struct.
#[pyfunction]
#[pyo3(signature = (message, level))]
pub fn frame_tree<'py>(
    py: Python<'py>,
    message: &[u8],
    level: Option<usize>,
) -> PyResult<(Option<Fault>, Option<Bound<'py, PyAny>>)> {
    answered(py, sql::tree(message, level))
}
