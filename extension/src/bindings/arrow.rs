//! `_engine.from_arrow`: the rows of a table or a column of another library as an RDD's plan.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use pyo3::prelude::*;

use crate::chunk::Chunk;
use crate::objects::arrow::{rows_of_table, values_of};
use crate::objects::inside::Inside;
use crate::plan::Plan;
use crate::source::slicing::list_bounds;

use super::arrow_capsule::import;
use super::plan::PyPlan;

/// The rows in `slices` partitions, cut as `parallelize` cuts lists. With the names of its columns where it is a table: the
/// rows are tuples then.
#[pyfunction]
#[pyo3(signature = (source, slices, batch_size))]
pub fn from_arrow(
    source: &Bound<'_, PyAny>,
    slices: usize,
    batch_size: usize,
) -> PyResult<(PyPlan, Option<Vec<String>>)> {
    let py = source.py();
    let _inside = Inside::enter(py);
    let (field, arrays) = import(source)?;
    let names = match field.data_type() {
        DataType::Struct(fields) => Some(fields.iter().map(|field| field.name().clone()).collect::<Vec<_>>()),
        _ => None,
    };
    let name = if field.name().is_empty() { "value" } else { field.name() };
    let chunk = |array: ArrayRef| match array.as_struct_opt() {
        Some(table) => rows_of_table(py, table),
        None => values_of(py, &array, name),
    };
    let len = arrays.iter().map(Array::len).sum();
    let (mut partitions, mut arrays) = (Vec::with_capacity(slices), arrays.into_iter());
    let mut left: Option<ArrayRef> = None;
    for (from, to) in list_bounds(len, slices, batch_size) {
        let (mut wanted, mut chunks): (usize, Vec<Chunk>) = (to - from, Vec::new());
        while wanted > 0 {
            let Some(array) = left.take().or_else(|| arrays.next()) else { break };
            let taken = wanted.min(array.len());
            chunks.push(chunk(array.slice(0, taken))?);
            if taken < array.len() {
                left = Some(array.slice(taken, array.len() - taken));
            }
            wanted -= taken;
            py.check_signals()?;
        }
        partitions.push(chunks);
    }
    Ok((PyPlan::new(Plan::chunks(partitions)), names))
}
