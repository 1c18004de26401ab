//! Arrays of other libraries as Python values, of any type that has them.

use std::fmt::Display;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type,
    DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType, DurationSecondType,
    Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt64Type,
};
use arrow_array::{Array, ArrayRef, StructArray};
use arrow_schema::{ArrowError, DataType, TimeUnit};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use crate::chunk::Chunk;
use crate::chunk::foreign::{expanded, lists, take_in, take_in_rows};

use super::super::convert::to_python;
use super::super::rows::{PyRows, shareable_chunk};

/// The rows of a column as a chunk; `column` names it in errors.
pub fn values_of(py: Python<'_>, array: &ArrayRef, column: &str) -> PyResult<Chunk> {
    if let Some(columns) = take_in(array) {
        return Ok(Chunk::Columns(columns));
    }
    let rows = objects(py, array, column)?;
    chunk(py, rows, !array.data_type().is_nested())
}

/// The rows of a table as a chunk of tuples.
pub fn rows_of_table(py: Python<'_>, table: &StructArray) -> PyResult<Chunk> {
    if let Some(columns) = take_in_rows(table) {
        return Ok(Chunk::Columns(columns));
    }
    let rows = tuples(py, table, "")?;
    chunk(py, rows, !table.fields().iter().any(|field| field.data_type().is_nested()))
}

/// Rows that several readers can have. Values other than lists, dicts and Rows can't change.
fn chunk(py: Python<'_>, rows: Vec<Py<PyAny>>, lasting: bool) -> PyResult<Chunk> {
    if lasting {
        return Ok(PyRows::chunk(rows));
    }
    shareable_chunk(py, &rows.into_iter().map(|row| row.into_bound(py)).collect::<Vec<_>>())
}

fn tuples(py: Python<'_>, table: &StructArray, column: &str) -> PyResult<Vec<Py<PyAny>>> {
    let mut items = Vec::with_capacity(table.num_columns());
    for (field, item) in table.fields().iter().zip(table.columns()) {
        let name = if column.is_empty() { field.name().clone() } else { format!("{column}.{}", field.name()) };
        items.push(objects(py, item, &name)?.into_iter());
    }
    let row = |i: usize| {
        if table.is_null(i) {
            for item in &mut items {
                item.next();
            }
            return Ok(py.None());
        }
        Ok(PyTuple::new(py, items.iter_mut().filter_map(Iterator::next).collect::<Vec<_>>())?.into_any().unbind())
    };
    (0..table.len()).map(row).collect()
}

fn objects(py: Python<'_>, array: &ArrayRef, column: &str) -> PyResult<Vec<Py<PyAny>>> {
    if let Some(columns) = take_in(array) {
        return to_python(py, &columns);
    }
    if let Some(rows) = expanded(array).map_err(|e| broken(column, &e))? {
        return objects(py, &rows, column);
    }
    let made = |how: &str, numbers: Bound<'_, PyList>, more: &str| {
        let module = py.import(intern!(py, "pyrite._arrow.values"))?;
        let rows = module.call_method1(intern!(py, "made"), (how, numbers, more, column))?;
        Ok(rows.try_iter()?.collect::<PyResult<Vec<_>>>()?.into_iter().map(Bound::unbind).collect())
    };
    match array.data_type() {
        DataType::UInt64 => made("int", numbers::<UInt64Type>(py, array)?, ""),
        DataType::Date32 => made("date", numbers::<Date32Type>(py, array)?, "d"),
        DataType::Date64 => made("date", numbers::<Date64Type>(py, array)?, "ms"),
        DataType::Time32(TimeUnit::Second) => made("time", numbers::<Time32SecondType>(py, array)?, "s"),
        DataType::Time32(_) => made("time", numbers::<Time32MillisecondType>(py, array)?, "ms"),
        DataType::Time64(TimeUnit::Nanosecond) => made("time", numbers::<Time64NanosecondType>(py, array)?, "ns"),
        DataType::Time64(_) => made("time", numbers::<Time64MicrosecondType>(py, array)?, "us"),
        DataType::Timestamp(unit, zone) => {
            let ticks = match unit {
                TimeUnit::Second => numbers::<TimestampSecondType>(py, array)?,
                TimeUnit::Millisecond => numbers::<TimestampMillisecondType>(py, array)?,
                TimeUnit::Microsecond => numbers::<TimestampMicrosecondType>(py, array)?,
                TimeUnit::Nanosecond => numbers::<TimestampNanosecondType>(py, array)?,
            };
            made(
                "datetime",
                ticks,
                &format!("{}{}", short(*unit), zone.as_deref().map_or(String::new(), |z| format!(" {z}"))),
            )
        }
        DataType::Duration(unit) => {
            let ticks = match unit {
                TimeUnit::Second => numbers::<DurationSecondType>(py, array)?,
                TimeUnit::Millisecond => numbers::<DurationMillisecondType>(py, array)?,
                TimeUnit::Microsecond => numbers::<DurationMicrosecondType>(py, array)?,
                TimeUnit::Nanosecond => numbers::<DurationNanosecondType>(py, array)?,
            };
            made("timedelta", ticks, short(*unit))
        }
        DataType::Decimal32(_, scale) => made("decimal", digits::<Decimal32Type>(py, array)?, &scale.to_string()),
        DataType::Decimal64(_, scale) => made("decimal", digits::<Decimal64Type>(py, array)?, &scale.to_string()),
        DataType::Decimal128(_, scale) => made("decimal", digits::<Decimal128Type>(py, array)?, &scale.to_string()),
        DataType::Decimal256(_, scale) => made("decimal", digits::<Decimal256Type>(py, array)?, &scale.to_string()),
        DataType::Struct(fields) => {
            let names: Vec<&str> = fields.iter().map(|field| field.name().as_str()).collect();
            let rows = PyList::new(py, tuples(py, array.as_struct(), column)?)?;
            let module = py.import(intern!(py, "pyrite._arrow.values"))?;
            module.call_method1(intern!(py, "rows"), (names, rows))?.extract()
        }
        other => {
            let parts = lists(array).map_err(|e| broken(column, &e))?;
            let Some((offsets, items, nulls)) = parts else { return Err(unknown(column, other)) };
            let is_map = matches!(other, DataType::Map(..));
            let mut items = if is_map {
                tuples(py, items.as_struct(), column)?.into_iter()
            } else {
                objects(py, &items, &format!("{column}[]"))?.into_iter()
            };
            let mut rows = Vec::with_capacity(array.len());
            for (i, ends) in offsets.windows(2).enumerate() {
                let list: Vec<Py<PyAny>> = items.by_ref().take((ends[1] - ends[0]) as usize).collect();
                rows.push(match &nulls {
                    Some(nulls) if nulls.is_null(i) => py.None(),
                    _ if is_map => dict(py, list, column)?,
                    _ => PyList::new(py, list)?.into_any().unbind(),
                });
            }
            Ok(rows)
        }
    }
}

/// The pairs of a map as a dict.
fn dict(py: Python<'_>, pairs: Vec<Py<PyAny>>, column: &str) -> PyResult<Py<PyAny>> {
    let (dict, len) = (PyDict::new(py), pairs.len());
    for pair in pairs {
        let pair = pair.into_bound(py).cast_into::<PyTuple>()?;
        dict.set_item(pair.get_item(0)?, pair.get_item(1)?)?;
    }
    if dict.len() < len {
        return Err(PyValueError::new_err(format!(
            "a map of the column {column} has a key twice, and a dict would lose its first value"
        )));
    }
    Ok(dict.into_any().unbind())
}

fn numbers<'py, T>(py: Python<'py>, array: &ArrayRef) -> PyResult<Bound<'py, PyList>>
where
    T: ArrowPrimitiveType<Native: IntoPyObject<'py>>,
{
    PyList::new(py, array.as_primitive::<T>().iter())
}

fn digits<'py, T: ArrowPrimitiveType<Native: Display>>(
    py: Python<'py>,
    array: &ArrayRef,
) -> PyResult<Bound<'py, PyList>> {
    PyList::new(py, array.as_primitive::<T>().iter().map(|number| number.map(|number| number.to_string())))
}

fn short(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Second => "s",
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "us",
        TimeUnit::Nanosecond => "ns",
    }
}

fn broken(column: &str, error: &ArrowError) -> PyErr {
    PyValueError::new_err(format!("the column {column}: {error}"))
}

fn unknown(column: &str, kind: &DataType) -> PyErr {
    PyTypeError::new_err(format!(
        "the column {column} is of Arrow's type {kind}, whose values have no Python type here: leave it out, or cast it"
    ))
}
