//! `pyrite.rdd.portable_hash`.

use pyo3::prelude::*;

use crate::objects::inside::Inside;

/// The hash that decides a key's partition: the same in every process.
#[pyfunction]
pub fn portable_hash(py: Python<'_>, key: &Bound<'_, PyAny>) -> PyResult<isize> {
    let _inside = Inside::enter(py);
    crate::objects::portable_hash::portable_hash(py, key)
}
