//! The interpreter's character tables, fetched from `pyrite._lambda.unicode_tables` when a kernel first needs them.

use pyo3::prelude::*;
use pyo3::types::PyModule;

use crate::kernel::unicode::{CaseMap, CodeSet, Tables, set_provider};

/// Tells the kernels to ask the interpreter.
pub fn install() {
    // The threads that help with kernels never attach: they decline, and the task's own thread asks again.
    set_provider(|| {
        if rayon::current_thread_index().is_some() { None } else { Python::try_attach(|py| fetch(py).ok()).flatten() }
    });
}

fn fetch(py: Python<'_>) -> PyResult<Tables> {
    let module = py.import("pyrite._lambda.unicode_tables")?;
    Ok(Tables {
        word: ranges(&module, "word_ranges")?,
        digit: ranges(&module, "digit_ranges")?,
        space: ranges(&module, "space_ranges")?,
        is_space: ranges(&module, "isspace_ranges")?,
        is_alpha: ranges(&module, "isalpha_ranges")?,
        is_digit: ranges(&module, "isdigit_ranges")?,
        is_alnum: ranges(&module, "isalnum_ranges")?,
        lower: cases(&module, "lower_map")?,
        upper: cases(&module, "upper_map")?,
        compensated_sum: py.version_info() >= (3, 12),
    })
}

/// The inclusive ranges that a function gives as little-endian 32-bit pairs.
fn ranges(module: &Bound<'_, PyModule>, name: &str) -> PyResult<CodeSet> {
    let value = module.getattr(name)?.call0()?;
    let bytes: &[u8] = value.extract()?;
    let word = |at: &[u8]| at.try_into().map_or(0, u32::from_le_bytes);
    Ok(CodeSet::from_ranges(bytes.chunks_exact(8).map(|pair| (word(&pair[..4]), word(&pair[4..])))))
}

fn cases(module: &Bound<'_, PyModule>, name: &str) -> PyResult<CaseMap> {
    let pairs: Vec<(u32, String)> = module.getattr(name)?.call0()?.extract()?;
    Ok(CaseMap::new(pairs))
}
