//! `pyrite.rdd.portable_hash`.

use pyo3::prelude::*;

/// The hash that decides a key's partition: the same in every process.
#[pyfunction]
pub fn portable_hash(py: Python<'_>, key: &Bound<'_, PyAny>) -> PyResult<isize> {
    crate::objects::portable_hash::portable_hash(py, key)
}
