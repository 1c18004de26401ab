//! The interpreter's character tables, fetched from `pyrite._lambda.unicode_tables` when a kernel first needs them.

use pyo3::prelude::*;
use unicode_normalization::UNICODE_VERSION;

use crate::kernel::messages::set_texts;
use crate::kernel::unicode::{Case, CaseMap, CodeSet, Provider, RunTable, Runs, Set, set_provider};

/// Tells the kernels to ask this interpreter.
pub fn install(py: Python<'_>) {
    set_texts(|| call("pyrite._lambda.messages", "texts"));
    let (compensated_sum, plain_ints) = (py.version_info() >= (3, 12), py.version_info() < (3, 14));
    set_provider(Provider { set, cases, runs, compensated_sum, plain_ints });
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
        Set::IsNumeric => "isnumeric_ranges",
        Set::IsUpper => "isupper_ranges",
        Set::IsLower => "islower_ranges",
        Set::IsTitle => "istitle_ranges",
        Set::IsPrintable => "isprintable_ranges",
        Set::NameStart => "name_start_ranges",
        Set::NamePart => "name_part_ranges",
        Set::Cased => "cased_ranges",
        Set::Ignorable => "ignorable_ranges",
        Set::Assigned => "assigned_ranges",
    };
    if which == Set::Assigned && ask::<(u8, u8, u8)>("version")? > UNICODE_VERSION {
        // The crate that knows what characters become doesn't know all of the interpreter's.
        return Some(CodeSet::default());
    }
    // Inclusive ranges, as pairs of little-endian 32-bit numbers.
    let bytes: Vec<u8> = ask(name)?;
    let word = |at: &[u8]| at.try_into().map_or(0, u32::from_le_bytes);
    Some(CodeSet::from_ranges(bytes.chunks_exact(8).map(|pair| (word(&pair[..4]), word(&pair[4..])))))
}

fn cases(which: Case) -> Option<CaseMap> {
    let name = match which {
        Case::Lower => "lower_map",
        Case::Upper => "upper_map",
        Case::Fold => "casefold_map",
        Case::Swap => "swapcase_map",
        Case::Title => "title_map",
    };
    let pairs: Vec<(u32, String)> = ask(name)?;
    Some(CaseMap::new(pairs))
}

fn runs(which: Runs) -> Option<RunTable> {
    let pairs: Vec<(u32, String)> = ask(if which == Runs::Category { "category_runs" } else { "combining_runs" })?;
    Some(RunTable::new(pairs))
}

/// What the named function gives. The kernel that asks isn't attached; the threads that help with kernels never attach:
/// they decline, and the task's own thread asks again.
fn ask<T: for<'a, 'py> FromPyObject<'a, 'py>>(name: &str) -> Option<T> {
    call("pyrite._lambda.unicode_tables", name)
}

fn call<T: for<'a, 'py> FromPyObject<'a, 'py>>(module: &str, name: &str) -> Option<T> {
    if rayon::current_thread_index().is_some() {
        return None;
    }
    Python::try_attach(|py| {
        let value = py.import(module).ok()?.getattr(name).ok()?.call0().ok()?;
        value.extract().ok()
    })
    .flatten()
}
