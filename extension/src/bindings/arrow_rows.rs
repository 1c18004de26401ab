//! `_engine.ArrowRows`: an RDD's rows as a table that other libraries take.

use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchIterator, StructArray};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::chunk::Chunk;
use crate::chunk::foreign::{Layout, Texts, fit};
use crate::objects::arrow::{Piece, piece};
use crate::objects::collector::Calm;
use crate::objects::inside::Inside;

use super::arrow_capsule::{asked, schema_capsule, stream_capsule};
use super::engine::PyEngine;
use super::plan::PyPlan;
use super::run::RunEngine;

/// Rows in Arrow's columns, for anything that takes them: `pyarrow.table(rows)`, `polars.DataFrame(rows)`,
/// `pandas.DataFrame.from_arrow(rows)`, a query of `DuckDB`. They can be taken any number of times.
#[pyclass(frozen, name = "ArrowRows", module = "pyrite._engine")]
pub struct PyArrowRows {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

impl PyArrowRows {
    /// Rows that are there.
    pub fn of(schema: SchemaRef, batches: Vec<RecordBatch>) -> Self {
        Self { schema, batches }
    }
}

#[pymethods]
impl PyArrowRows {
    /// The rows by Arrow's stream interface. Text can be asked for as `string`, `large_string` or `string_view`.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let wanted = wanted(&self.schema, asked(requested_schema)?.as_ref());
        let batches: Vec<Result<RecordBatch, ArrowError>> =
            self.batches.iter().map(|batch| under(batch, &wanted)).collect();
        stream_capsule(py, Box::new(RecordBatchIterator::new(batches, wanted)))
    }

    /// The columns by Arrow's schema interface.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema_capsule(py, &self.schema)
    }

    /// The number of rows.
    fn __len__(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    fn __repr__(&self) -> String {
        let columns: Vec<String> =
            self.schema.fields().iter().map(|field| format!("{}: {}", field.name(), field.data_type())).collect();
        format!("<ArrowRows({}), {} rows>", columns.join(", "), self.__len__())
    }
}

/// Runs a job for the rows. `names` are those of the items of tuples; with `views` text isn't copied.
#[pyfunction]
#[pyo3(signature = (engine, plan, names=None, views=false))]
#[expect(clippy::needless_pass_by_value, reason = "pyo3 hands a list over by value")]
pub fn to_arrow(
    py: Python<'_>,
    engine: &Bound<'_, PyEngine>,
    plan: &Bound<'_, PyPlan>,
    names: Option<Vec<String>>,
    views: bool,
) -> PyResult<PyArrowRows> {
    let (_inside, _calm) = (Inside::enter(py), Calm::enter(py));
    let plan = plan.get().plan.clone();
    let options = engine.get().options(py)?;
    let engine = &engine.get().engine;
    let chunks = py.run_engine(|| engine.run(&plan, None, usize::MAX, &options))?;
    let pieces = pieces(py, chunks, names.as_deref(), if views { Texts::Views } else { Texts::Whole })?;
    let layout = layout(&pieces, None)?.unwrap_or_else(nothing);
    let batches = batches(&pieces, &layout)?;
    Ok(PyArrowRows { schema: layout.schema(), batches })
}

/// The tables of chunks; looks for interrupts between them.
pub(super) fn pieces(
    py: Python<'_>,
    chunks: Vec<Chunk>,
    names: Option<&[String]>,
    texts: Texts,
) -> PyResult<Vec<Piece>> {
    let piece = |chunk: Chunk| {
        py.check_signals()?;
        piece(py, &chunk, names, texts)
    };
    py.run_detached(|| Chunk::join_small(chunks)).into_iter().map(piece).collect()
}

/// The columns of all pieces, and of those before.
pub(super) fn layout(pieces: &[Piece], before: Option<Layout>) -> PyResult<Option<Layout>> {
    pieces.iter().try_fold(before, |all, piece| {
        let Some(all) = all else { return Ok(Some(piece.layout.clone())) };
        let all = all.with(&piece.layout).map_err(|why| {
            PyTypeError::new_err(format!(
                "the rows can't be columns of one table: {why}. Arrow's columns have one type each, so map all rows to one \
                 first, for instance with str or float"
            ))
        })?;
        Ok(Some(all))
    })
}

/// The pieces under a layout that all of them have.
pub(super) fn batches(pieces: &[Piece], layout: &Layout) -> PyResult<Vec<RecordBatch>> {
    let batch = |piece: &Piece| {
        let table: &StructArray = &piece.table;
        layout.batch(table).map_err(|e| PyValueError::new_err(e.to_string()))
    };
    pieces.iter().map(batch).collect()
}

/// The columns where there are no rows.
pub(super) fn nothing() -> Layout {
    Layout { fields: vec![Field::new("value", DataType::Null, true)].into(), by_key: false }
}

/// The columns as a consumer asks for them, as far as they can be given so.
pub(super) fn wanted(schema: &SchemaRef, asked: Option<&Schema>) -> SchemaRef {
    let Some(asked) = asked.filter(|asked| asked.fields().len() == schema.fields().len()) else {
        return schema.clone();
    };
    let field = |(ours, theirs): (&Arc<Field>, &Arc<Field>)| {
        let none = arrow_array::new_empty_array(ours.data_type());
        match fit(&none, theirs.data_type()) {
            Ok(_) => Arc::new(ours.as_ref().clone().with_data_type(theirs.data_type().clone())),
            Err(_) => ours.clone(),
        }
    };
    Arc::new(Schema::new(schema.fields().iter().zip(asked.fields()).map(field).collect::<Vec<_>>()))
}

/// A batch with its columns as the schema has them.
pub(super) fn under(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    if batch.schema_ref() == schema {
        return Ok(batch.clone());
    }
    let columns = batch.columns().iter().zip(schema.fields()).map(|(column, field)| fit(column, field.data_type()));
    let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(schema.clone(), columns.collect::<Result<_, _>>()?, &options)
}
