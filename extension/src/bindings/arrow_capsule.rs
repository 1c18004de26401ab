//! Arrow's C data interface in Python's capsules, both ways: what another library hands over, and what it gets.

use std::ffi::{CStr, c_void};
use std::ptr::NonNull;

use arrow_array::ffi::{FFI_ArrowArray, from_ffi_and_data_type};
use arrow_array::ffi_stream::{ArrayStreamReader, FFI_ArrowArrayStream};
use arrow_array::{Array, ArrayRef, RecordBatchReader, make_array};
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{ArrowError, Field, FieldRef, Schema};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};

use super::run::RunEngine;

const SCHEMA: &CStr = c"arrow_schema";
const ARRAY: &CStr = c"arrow_array";
const STREAM: &CStr = c"arrow_array_stream";

/// Everything that an object with Arrow's interface has: the field that its arrays are of, and the arrays in order.
pub fn import(source: &Bound<'_, PyAny>) -> PyResult<(FieldRef, Vec<ArrayRef>)> {
    let py = source.py();
    if let Some(stream) = source.getattr_opt(intern!(py, "__arrow_c_stream__"))? {
        let capsule = stream.call0()?;
        let stream = pointer(&capsule, STREAM)?.cast::<FFI_ArrowArrayStream>();
        // SAFETY: the capsule's name says what it points to, and it lives; what is in it is taken out.
        return read(py, unsafe { FFI_ArrowArrayStream::from_raw(stream.as_ptr()) });
    }
    if let Some(array) = source.getattr_opt(intern!(py, "__arrow_c_array__"))? {
        let pair = array.call0()?.cast_into::<PyTuple>()?;
        let (schema, array) = (pair.get_item(0)?, pair.get_item(1)?);
        let (schema, array) = (pointer(&schema, SCHEMA)?, pointer(&array, ARRAY)?);
        // SAFETY: as above, for both.
        let (schema, array) = unsafe {
            (FFI_ArrowSchema::from_raw(schema.cast().as_ptr()), FFI_ArrowArray::from_raw(array.cast().as_ptr()))
        };
        let field = Field::try_from(&schema).map_err(|e| broken(&e))?;
        // SAFETY: whoever made the two says that they belong together.
        let data = unsafe { from_ffi_and_data_type(array, field.data_type().clone()) }.map_err(|e| broken(&e))?;
        return Ok((field.into(), vec![make_array(data)]));
    }
    Err(PyTypeError::new_err(format!(
        "fromArrow takes what has Arrow's interface (__arrow_c_stream__ or __arrow_c_array__): a table, a data frame, a \
         column of PyArrow, Polars, pandas, DuckDB and others, not a {}. For Python's own collections there is parallelize",
        source.get_type().name()?
    )))
}

/// The arrays of a stream; others have the interpreter meanwhile, the producer perhaps.
fn read(py: Python<'_>, stream: FFI_ArrowArrayStream) -> PyResult<(FieldRef, Vec<ArrayRef>)> {
    let mut reader = py.run_detached(|| ArrayStreamReader::try_new(stream)).map_err(|e| broken(&e))?;
    let field = arrow_array::ArrayReader::field(&reader).clone();
    let mut arrays = Vec::new();
    loop {
        let next = py.run_detached(|| reader.next());
        // A producer in Python may have failed because of one.
        py.check_signals()?;
        match next {
            None => return Ok((field, arrays)),
            Some(Ok(array)) if array.is_empty() => {}
            Some(Ok(array)) => arrays.push(array),
            Some(Err(error)) => {
                return Err(PyValueError::new_err(format!(
                    "the Arrow stream failed behind {} batches: {error}",
                    arrays.len()
                )));
            }
        }
    }
}

fn pointer(capsule: &Bound<'_, PyAny>, name: &CStr) -> PyResult<NonNull<c_void>> {
    capsule.cast::<PyCapsule>()?.pointer_checked(Some(name))
}

fn broken(error: &ArrowError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// Batches for whoever takes the capsule; what nobody takes is released with it.
pub fn stream_capsule(py: Python<'_>, reader: Box<dyn RecordBatchReader + Send>) -> PyResult<Bound<'_, PyCapsule>> {
    PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(reader), STREAM)
}

/// The columns of a table.
pub fn schema_capsule<'py>(py: Python<'py>, schema: &Schema) -> PyResult<Bound<'py, PyCapsule>> {
    PyCapsule::new_with_value(py, FFI_ArrowSchema::try_from(schema).map_err(|e| broken(&e))?, SCHEMA)
}

/// The columns that a consumer asks for; it keeps the capsule.
pub fn asked(requested: Option<&Bound<'_, PyAny>>) -> PyResult<Option<Schema>> {
    let Some(capsule) = requested.filter(|capsule| !capsule.is_none()) else { return Ok(None) };
    let schema = pointer(capsule, SCHEMA)?.cast::<FFI_ArrowSchema>();
    // SAFETY: the capsule's name says what it points to, and it lives; it is only looked at.
    Schema::try_from(unsafe { schema.as_ref() }).map(Some).map_err(|e| broken(&e))
}
