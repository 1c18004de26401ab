//! `_engine.arrow_stream`: an RDD's rows by Arrow's stream interface, a partition in memory at a time.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, SchemaRef};
use pyo3::exceptions::{PyKeyboardInterrupt, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::chunk::foreign::{Layout, Texts};
use crate::fault::caught;
use crate::job::{Engine, JobOptions};
use crate::objects::arrow::Piece;
use crate::objects::collector::Calm;
use crate::objects::gate::attached;
use crate::objects::inside::Inside;
use crate::plan::PlanRef;

use super::arrow_capsule::{asked, stream_capsule};
use super::arrow_rows::{batches, layout, nothing, pieces, under, wanted};
use super::engine::PyEngine;
use super::plan::PyPlan;
use super::run::RunEngine;

/// A stream whose first partition, or as many as it takes to know the columns, is computed now, and the others when they
/// are asked for.
#[pyfunction]
#[pyo3(signature = (engine, plan, names=None, requested_schema=None))]
pub fn arrow_stream<'py>(
    py: Python<'py>,
    engine: &Bound<'py, PyEngine>,
    plan: &Bound<'py, PyPlan>,
    names: Option<Vec<String>>,
    requested_schema: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyCapsule>> {
    let asked = asked(requested_schema)?;
    let plan = plan.get().plan.clone();
    let partitions = py.run_engine(|| plan.partitions())?;
    let options = engine.get().options(py)?;
    let mut rest = Rest { engine: engine.get().engine.clone(), plan, options, names, next: 0, partitions };
    let (mut ready, mut columns): (Vec<Piece>, Option<Layout>) = (Vec::new(), None);
    while columns.as_ref().is_none_or(Layout::is_vague)
        && let Some(more) = rest.read(py)?
    {
        columns = layout(&more, columns)?;
        ready.extend(more);
    }
    let layout = columns.unwrap_or_else(nothing);
    let ready = batches(&ready, &layout)?.into();
    let schema = wanted(&layout.schema(), asked.as_ref());
    stream_capsule(py, Box::new(Stream { rest: Some(rest), layout, schema, ready }))
}

/// The partitions that are still to be computed.
struct Rest {
    engine: Arc<Engine>,
    plan: PlanRef,
    options: JobOptions,
    names: Option<Vec<String>>,
    next: usize,
    partitions: usize,
}

impl Rest {
    /// The next partition's rows.
    fn read(&mut self, py: Python<'_>) -> PyResult<Option<Vec<Piece>>> {
        if self.next >= self.partitions {
            return Ok(None);
        }
        let (_inside, _calm) = (Inside::enter(py), Calm::enter(py));
        let partition = [self.next];
        self.next += 1;
        let (engine, plan, options) = (&self.engine, &self.plan, &self.options);
        let chunks = py.run_engine(|| engine.run(plan, Some(&partition), usize::MAX, options))?;
        pieces(py, chunks, self.names.as_deref(), Texts::Whole).map(Some)
    }
}

struct Stream {
    /// `None` once it has failed.
    rest: Option<Rest>,
    layout: Layout,
    schema: SchemaRef,
    ready: VecDeque<RecordBatch>,
}

impl Stream {
    /// Computes the next partition; what its exception says.
    fn more(&mut self) -> Result<bool, String> {
        let Some(rest) = &mut self.rest else { return Ok(false) };
        let mut interrupted = false;
        // Whoever asks may be in the interpreter, or be a thread that it has never seen.
        let done = attached(|py| {
            let mut more = || -> PyResult<Option<Vec<RecordBatch>>> {
                let Some(more) = rest.read(py)? else { return Ok(None) };
                if layout(&more, Some(self.layout.clone()))? != Some(self.layout.clone()) {
                    let message = "the rows of a later partition need other columns than the first ones, which the stream \
                                   began with: rdd.toArrow() looks at all rows first";
                    return Err(PyTypeError::new_err(message));
                }
                batches(&more, &self.layout).map(Some)
            };
            match more() {
                Ok(None) => Ok(false),
                Ok(Some(more)) => {
                    self.ready.extend(more);
                    Ok(true)
                }
                Err(error) => {
                    interrupted = error.is_instance_of::<PyKeyboardInterrupt>(py);
                    Err(message(py, &error))
                }
            }
        });
        if interrupted {
            // It comes again where Python goes on: who takes the stream has only a text.
            // SAFETY: may be called from any thread.
            unsafe { pyo3::ffi::PyErr_SetInterrupt() };
        }
        done
    }
}

impl Iterator for Stream {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(batch) = self.ready.pop_front() {
                return Some(under(&batch, &self.schema));
            }
            match caught(|| self.more()).and_then(|done| done) {
                Ok(true) => {}
                Ok(false) => return None,
                Err(message) => {
                    self.rest = None;
                    // It goes on as a C string.
                    return Some(Err(ArrowError::ExternalError(message.replace('\0', "\\0").into())));
                }
            }
        }
    }
}

impl RecordBatchReader for Stream {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}

/// What an exception says, with its notes, in one text.
fn message(py: Python<'_>, error: &PyErr) -> String {
    let notes = error.value(py).getattr(intern!(py, "__notes__")).and_then(|notes| notes.extract::<Vec<String>>());
    let lines: Vec<String> = std::iter::once(error.to_string()).chain(notes.unwrap_or_default()).collect();
    lines.join("\n")
}
