//! Where in the user's program an operation was called. Every job asks, so that no Python runs for it.

use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyCode, PyFrame, PyString};

/// The wrapper of `_traceback.action`, where that is in Python.
const WRAPPER: &str = "guarded";

/// A function of Pyrite, and the file and line of the user's that called it.
type Site<'py> = (Bound<'py, PyString>, Bound<'py, PyString>, i32);

/// The outermost function whose file is under `package` that the user's line called, and that line's file and number;
/// `None` on a thread that runs none of the user's code.
#[pyfunction]
pub fn call_site<'py>(py: Python<'py>, package: &str) -> PyResult<Option<Site<'py>>> {
    let mut function = intern!(py, "<unknown>").clone();
    // SAFETY: attached; what comes back is borrowed, or null where no Python runs.
    let mut frame = unsafe { Bound::from_borrowed_ptr_or_opt(py, ffi::PyEval_GetFrame().cast()) };
    while let Some(at) = frame {
        let at = at.cast_into::<PyFrame>()?;
        let of: *mut ffi::PyFrameObject = at.as_ptr().cast();
        // SAFETY: a frame always has code; the reference that comes back is ours.
        let code = unsafe { Bound::from_owned_ptr(py, ffi::PyFrame_GetCode(of).cast()) }.cast_into::<PyCode>()?;
        let file = code.getattr(intern!(py, "co_filename"))?.cast_into::<PyString>()?;
        if !file.to_str().is_ok_and(|file| file.starts_with(package)) {
            // SAFETY: attached, and the frame lives.
            return Ok(Some((function, file, unsafe { ffi::PyFrame_GetLineNumber(of) })));
        }
        let name = code.getattr(intern!(py, "co_name"))?.cast_into::<PyString>()?;
        if !name.to_str().is_ok_and(|name| name == WRAPPER) {
            function = name;
        }
        // SAFETY: the frame lives; what comes back is ours, or null for the outermost one.
        frame = unsafe { Bound::from_owned_ptr_or_opt(py, ffi::PyFrame_GetBack(of).cast()) };
    }
    Ok(None)
}
