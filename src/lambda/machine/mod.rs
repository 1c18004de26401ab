//! Machine code of functions with loops: a tree whose inputs' types are known is translated with Cranelift, row for row as
//! `CPython` goes. What a row can't do so stops the whole call with a [`Stop`]; what no translation is known for isn't
//! compiled at all. Either way the trees are evaluated by `columns/`, which stays the reference.

mod arithmetic;
mod bail;
mod build;
mod calls;
mod code;
mod compare;
mod helpers;
mod input;
mod join;
mod kept;
mod kind;
mod loops;
mod names;
mod output;
mod scan;
mod texts;
mod translate;
mod value;

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

/// Counts a call that did all rows.
fn count_call() {
    CALLS.fetch_add(1, Ordering::Relaxed);
}
