//! Objects of `datetime` to columns and back: of exactly its classes, times without a zone and with fold 0, differences
//! within 64 bits of microseconds.

use std::sync::Arc;

use arrow_array::{ArrayRef, Date32Array, DurationMicrosecondArray, TimestampMicrosecondArray};
use arrow_buffer::NullBuffer;
use pyo3::exceptions::PyValueError;
use pyo3::ffi;
use pyo3::prelude::*;

use super::owned::owned;
use crate::chunk::Type;
use crate::kernel::calendar::{DAY, Parts, SECOND, date_of, is_day, is_time, parts_of, time_of};

/// `datetime`'s table of functions, once it was asked for; nothing where there is none.
fn table() -> Option<&'static ffi::PyDateTime_CAPI> {
    // SAFETY: null, or the table, which lasts as long as the interpreter.
    unsafe { ffi::PyDateTimeAPI().as_ref() }
}

/// Asks for the table, which may import the module: nothing else here runs Python code.
pub fn prepare(_py: Python<'_>) -> Option<&'static ffi::PyDateTime_CAPI> {
    if table().is_none() {
        // SAFETY: attached.
        unsafe {
            ffi::PyDateTime_IMPORT();
            if ffi::PyDateTimeAPI().is_null() {
                ffi::PyErr_Clear();
            }
        }
    }
    table()
}

/// The type of a column of such objects.
pub fn kind_of(class: *mut ffi::PyTypeObject) -> Option<Type> {
    let table = table()?;
    Some(match class {
        _ if class == table.DateType => Type::Date,
        _ if class == table.DateTimeType => Type::DateTime,
        _ if class == table.DeltaType => Type::Delta,
        _ => return None,
    })
}

/// The objects as an array.
///
/// # Safety
/// Attached; all rows that aren't absent are live objects of exactly the class of `kind`.
pub unsafe fn column(
    kind: &Type,
    rows: &[*mut ffi::PyObject],
    absent: impl Fn(*mut ffi::PyObject) -> bool,
    nulls: Option<NullBuffer>,
) -> Option<ArrayRef> {
    let mut values = Vec::with_capacity(rows.len());
    for &o in rows {
        // SAFETY: by the caller's promise.
        values.push(if absent(o) { 0 } else { unsafe { value(kind, o)? } });
    }
    Some(match kind {
        Type::Date => {
            let days: Vec<i32> = values.into_iter().map(|day| day as i32).collect();
            Arc::new(Date32Array::new(days.into(), nulls))
        }
        Type::DateTime => Arc::new(TimestampMicrosecondArray::new(values.into(), nulls)),
        _ => Arc::new(DurationMicrosecondArray::new(values.into(), nulls)),
    })
}

/// # Safety
/// As `column`.
unsafe fn value(kind: &Type, o: *mut ffi::PyObject) -> Option<i64> {
    // SAFETY: objects of the class, whose fields these read.
    unsafe {
        if *kind == Type::Delta {
            let (days, seconds) = (ffi::PyDateTime_DELTA_GET_DAYS(o), ffi::PyDateTime_DELTA_GET_SECONDS(o));
            let rest = i64::from(seconds) * SECOND + i64::from(ffi::PyDateTime_DELTA_GET_MICROSECONDS(o));
            return i64::from(days).checked_mul(DAY)?.checked_add(rest);
        }
        let mut parts: Parts = [
            ffi::PyDateTime_GET_YEAR(o).into(),
            ffi::PyDateTime_GET_MONTH(o).into(),
            ffi::PyDateTime_GET_DAY(o).into(),
            0,
            0,
            0,
            0,
        ];
        if *kind == Type::Date {
            return Some(time_of(parts).ok()?.div_euclid(DAY));
        }
        if ffi::PyDateTime_DATE_GET_FOLD(o) != 0 || ffi::PyDateTime_DATE_GET_TZINFO(o) != ffi::Py_None() {
            return None;
        }
        parts[3] = ffi::PyDateTime_DATE_GET_HOUR(o).into();
        parts[4] = ffi::PyDateTime_DATE_GET_MINUTE(o).into();
        parts[5] = ffi::PyDateTime_DATE_GET_SECOND(o).into();
        parts[6] = ffi::PyDateTime_DATE_GET_MICROSECOND(o).into();
        time_of(parts).ok()
    }
}

/// A new `date` for each day.
pub fn dates(py: Python<'_>, days: &[i32]) -> PyResult<Vec<Py<PyAny>>> {
    let table = prepare(py).ok_or_else(out)?;
    let make = |&day: &i32| {
        if !is_day(day.into()) {
            return Err(out());
        }
        let (year, month, day) = date_of(day.into());
        // SAFETY: attached; the table's own function and class, and a date that there is.
        unsafe { owned(py, (table.Date_FromDate)(year as i32, month as i32, day as i32, table.DateType)) }
    };
    days.iter().map(make).collect()
}

/// A new `datetime` for each time.
pub fn times(py: Python<'_>, times: &[i64]) -> PyResult<Vec<Py<PyAny>>> {
    let table = prepare(py).ok_or_else(out)?;
    let make = |&time: &i64| {
        if !is_time(time) {
            return Err(out());
        }
        let [year, month, day, hour, minute, second, micro] = parts_of(time).map(|part| part as i32);
        // SAFETY: attached; the table's own function and class, a time that there is, and no zone.
        unsafe {
            let none = ffi::Py_None();
            let class = table.DateTimeType;
            owned(py, (table.DateTime_FromDateAndTime)(year, month, day, hour, minute, second, micro, none, class))
        }
    };
    times.iter().map(make).collect()
}

/// A new `timedelta` for each difference.
pub fn differences(py: Python<'_>, micros: &[i64]) -> PyResult<Vec<Py<PyAny>>> {
    let table = prepare(py).ok_or_else(out)?;
    let make = |&micros: &i64| {
        let (days, rest) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
        let (seconds, rest) = ((rest / SECOND) as i32, (rest % SECOND) as i32);
        // SAFETY: attached; the table's own function and class.
        unsafe { owned(py, (table.Delta_FromDelta)(days as i32, seconds, rest, 0, table.DeltaType)) }
    };
    micros.iter().map(make).collect()
}

fn out() -> PyErr {
    PyValueError::new_err("a column of dates that datetime has not")
}
