//! The interpreter's character tables, fetched from `pyrite._lambda.unicode_tables` when a kernel first needs them.

use pyo3::prelude::*;

use crate::kernel::unicode::{Case, CaseMap, CodeSet, Provider, Set, set_provider};

/// Tells the kernels to ask this interpreter.
pub fn install(py: Python<'_>) {
    set_provider(Provider { set, cases, compensated_sum: py.version_info() >= (3, 12) });
}

fn set(which: Set) -> Option<CodeSet> {
    let name = match which {
        Set::Word => "word_ranges",
        Set::Digit => "digit_ranges",
        Set::Space => "space_ranges",
        Set::IsSpace => "isspace_ranges",
        Set::IsAlpha => "isalpha_ranges",
        Set::IsDigit => "isdigit_ranges",
        Set::IsAlnum => "isalnum_ranges",
    };
    // Inclusive ranges, as pairs of little-endian 32-bit numbers.
    let bytes: Vec<u8> = ask(name)?;
    let word = |at: &[u8]| at.try_into().map_or(0, u32::from_le_bytes);
    Some(CodeSet::from_ranges(bytes.chunks_exact(8).map(|pair| (word(&pair[..4]), word(&pair[4..])))))
}

fn cases(which: Case) -> Option<CaseMap> {
    let pairs: Vec<(u32, String)> = ask(if which == Case::Lower { "lower_map" } else { "upper_map" })?;
    Some(CaseMap::new(pairs))
}

/// What the named function gives. The kernel that asks isn't attached; the threads that help with kernels never attach:
/// they decline, and the task's own thread asks again.
fn ask<T: for<'a, 'py> FromPyObject<'a, 'py>>(name: &str) -> Option<T> {
    if rayon::current_thread_index().is_some() {
        return None;
    }
    Python::try_attach(|py| {
        let value = py.import("pyrite._lambda.unicode_tables").ok()?.getattr(name).ok()?.call0().ok()?;
        value.extract().ok()
    })
    .flatten()
}
