//! numpy's vectors of float64: their elements as columns, and new ones. Nothing here imports numpy before a column has
//! such rows.

use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::ptr;

use arrow_array::ArrayRef;
use arrow_buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::chunk::{Columns, rows};

/// Whether a class is `numpy.ndarray` itself. Classes that Python makes have no point in their C name.
///
/// # Safety
/// Attached; the class is live.
pub unsafe fn is_vector_class(class: *mut ffi::PyTypeObject) -> bool {
    // SAFETY: a type's C name ends with a zero and lives as long as the type.
    unsafe { CStr::from_ptr((*class).tp_name) == c"numpy.ndarray" }
}

/// A column of vectors, if all rows are contiguous ones of one dimension and type float64.
///
/// # Safety
/// Attached; rows that aren't absent are live and of exactly `numpy.ndarray`.
pub unsafe fn column(
    rows: &[*mut ffi::PyObject],
    absent: impl Fn(*mut ffi::PyObject) -> bool,
    nulls: Option<NullBuffer>,
) -> Option<ArrayRef> {
    let mut offsets = Vec::with_capacity(rows.len() + 1);
    offsets.push(0_i32);
    let mut elements: Vec<f64> = Vec::new();
    for &row in rows {
        if !absent(row) {
            // SAFETY: a live array.
            unsafe { append(row, &mut elements)? };
        }
        offsets.push(i32::try_from(elements.len()).ok()?);
    }
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    Columns::of_vectors(offsets, elements, nulls).ok().map(|made| made.array().clone())
}

/// # Safety
/// Attached; `row` is a live `numpy.ndarray`.
unsafe fn append(row: *mut ffi::PyObject, elements: &mut Vec<f64>) -> Option<()> {
    let mut view = MaybeUninit::<ffi::Py_buffer>::uninit();
    // SAFETY: the view is filled where this succeeds, and released below; its fields are the array's own.
    unsafe {
        if ffi::PyObject_GetBuffer(row, view.as_mut_ptr(), ffi::PyBUF_CONTIG_RO | ffi::PyBUF_FORMAT) != 0 {
            ffi::PyErr_Clear();
            return None;
        }
        let mut view = view.assume_init();
        let plain =
            view.ndim == 1 && view.itemsize == 8 && !view.format.is_null() && CStr::from_ptr(view.format) == c"d";
        if plain {
            let len = view.len as usize / 8;
            elements.reserve(len);
            // An array may lie anywhere: its bytes are copied.
            ptr::copy_nonoverlapping(view.buf.cast::<u8>(), elements.as_mut_ptr().add(elements.len()).cast(), 8 * len);
            elements.set_len(elements.len() + len);
        }
        ffi::PyBuffer_Release(&raw mut view);
        plain.then_some(())
    }
}

/// A new array for every row.
pub fn arrays(py: Python<'_>, offsets: &[i32], elements: &[f64]) -> PyResult<Vec<Py<PyAny>>> {
    static EMPTY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let empty = EMPTY.import(py, "numpy", "empty")?;
    rows(offsets, elements)
        .map(|row| {
            let array = empty.call1((row.len(),))?;
            let mut view = MaybeUninit::<ffi::Py_buffer>::uninit();
            // SAFETY: the view is filled where this succeeds, and released; the array is new, and nobody else has it yet.
            unsafe {
                if ffi::PyObject_GetBuffer(array.as_ptr(), view.as_mut_ptr(), ffi::PyBUF_CONTIG) != 0 {
                    return Err(PyErr::fetch(py));
                }
                let mut view = view.assume_init();
                ptr::copy_nonoverlapping(
                    row.as_ptr().cast::<u8>(),
                    view.buf.cast(),
                    (8 * row.len()).min(view.len as usize),
                );
                ffi::PyBuffer_Release(&raw mut view);
            }
            Ok(array.unbind())
        })
        .collect()
}
