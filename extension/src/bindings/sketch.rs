//! `RDD.countApproxDistinct`: a sketch of each partition, and what all together count.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::kernel::hyperloglog::Sketch;
use crate::objects::inside::Inside;
use crate::objects::portable_hash::portable_hash;

/// The registers of the hashes of rows.
#[pyfunction]
pub fn sketch<'py>(py: Python<'py>, rows: &Bound<'py, PyAny>, precision: u32) -> PyResult<Bound<'py, PyBytes>> {
    let _inside = Inside::enter(py);
    let mut sketch = Sketch::new(precision);
    for row in rows.try_iter()? {
        sketch.add(portable_hash(py, &row?)? as u32);
    }
    Ok(PyBytes::new(py, sketch.registers()))
}

/// How many distinct rows there are in all partitions whose registers these are, about.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "pyo3 hands a list over by value")]
pub fn sketched(py: Python<'_>, parts: Vec<Bound<'_, PyBytes>>, precision: u32) -> u64 {
    let _inside = Inside::enter(py);
    let mut all = Sketch::new(precision);
    for part in &parts {
        all.merge(part.as_bytes());
    }
    all.count()
}
