//! Machine code of functions with loops: a tree whose inputs' types are known is translated with Cranelift, row for row as
//! `CPython` goes. What a row can't do so stops the whole call with a [`Stop`]; what no translation is known for isn't
//! compiled at all. Either way the trees are evaluated by `columns/`, which stays the reference.

mod arena;
mod arithmetic;
mod bail;
mod build;
mod calls;
mod changes;
mod code;
mod compare;
mod each;
mod emit;
mod helpers;
mod index;
mod input;
mod join;
mod kept;
mod kind;
mod loops;
mod made;
mod names;
mod output;
mod scan;
mod sites;
mod spelled;
mod tables;
mod texts;
mod translate;
mod value;
mod whole;
mod words;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

pub use code::Unit;
pub use input::Input;
pub use kept::Machines;
pub use kind::{Kind, Known};
pub use names::{Name, Path};
pub use scan::most_out;

static ENABLED: AtomicBool = AtomicBool::new(true);
static CALLS: AtomicUsize = AtomicUsize::new(0);

/// Says whether loops run as machine code from now on. For tests, which compare both ways.
pub fn use_machine_code(whether: bool) {
    ENABLED.store(whether, Ordering::Relaxed);
}

/// How many calls of machine code there were that did all rows.
pub fn machine_code_calls() -> usize {
    CALLS.load(Ordering::Relaxed)
}

/// Whether loops run as machine code.
pub fn is_enabled() -> bool {
    ENABLED.load(Ordering::Relaxed)
}

/// Whether there can be machine code on this processor at all.
pub fn is_available() -> bool {
    code::is_available()
}

/// Counts a call that did all rows.
fn count_call() {
    CALLS.fetch_add(1, Ordering::Relaxed);
}
