//! Calling Python functions at the least cost: vectorcall with borrowed arguments.

use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyTuple};

/// `function(argument)`
#[inline]
pub fn call_one(py: Python<'_>, function: &Py<PyAny>, argument: &Py<PyAny>) -> PyResult<Py<PyAny>> {
    let mut args = [std::ptr::null_mut(), argument.as_ptr()];
    // SAFETY: attached; both pointers are borrowed from live references for the call; slot 0 is scratch space
    // of ours that PY_VECTORCALL_ARGUMENTS_OFFSET allows the callee to write.
    unsafe {
        let result = ffi::PyObject_Vectorcall(
            function.as_ptr(),
            args.as_mut_ptr().add(1),
            1 | ffi::PY_VECTORCALL_ARGUMENTS_OFFSET,
            std::ptr::null_mut(),
        );
        Bound::from_owned_ptr_or_err(py, result).map(Bound::unbind)
    }
}

/// `function(left, right)`
#[inline]
pub fn call_two(
    py: Python<'_>,
    function: &Py<PyAny>,
    left: *mut ffi::PyObject,
    right: *mut ffi::PyObject,
) -> PyResult<Py<PyAny>> {
    let mut args = [std::ptr::null_mut(), left, right];
    // SAFETY: as above; the caller holds references to both arguments.
    unsafe {
        let result = ffi::PyObject_Vectorcall(
            function.as_ptr(),
            args.as_mut_ptr().add(1),
            2 | ffi::PY_VECTORCALL_ARGUMENTS_OFFSET,
            std::ptr::null_mut(),
        );
        Bound::from_owned_ptr_or_err(py, result).map(Bound::unbind)
    }
}

/// Python's truth of `value`, quick for `True` and `False`.
#[inline]
pub fn is_true(py: Python<'_>, value: &Py<PyAny>) -> PyResult<bool> {
    if value.as_ptr() == PyBool::new(py, true).as_ptr() {
        return Ok(true);
    }
    if value.as_ptr() == PyBool::new(py, false).as_ptr() {
        return Ok(false);
    }
    value.bind(py).is_truthy()
}

/// `row[0]` and `row[1]`, which longer rows have, too.
#[inline]
pub fn first_two(py: Python<'_>, row: &Py<PyAny>) -> PyResult<(Py<PyAny>, Py<PyAny>)> {
    let row = row.bind(py);
    if let Ok(tuple) = row.cast_exact::<PyTuple>()
        && tuple.len() >= 2
    {
        return Ok((tuple.get_item(0)?.unbind(), tuple.get_item(1)?.unbind()));
    }
    Ok((row.get_item(0)?.unbind(), row.get_item(1)?.unbind()))
}

/// Key and value of a pair, as `k, v = row` gives them.
#[inline]
pub fn unpack(py: Python<'_>, row: &Py<PyAny>) -> PyResult<(Py<PyAny>, Py<PyAny>)> {
    if let Ok(tuple) = row.bind(py).cast_exact::<PyTuple>()
        && tuple.len() == 2
    {
        return Ok((tuple.get_item(0)?.unbind(), tuple.get_item(1)?.unbind()));
    }
    let pair = py.import(intern!(py, "pyrite._runtime"))?.call_method1(intern!(py, "unpack"), (row.bind(py),))?;
    pair.extract()
}
