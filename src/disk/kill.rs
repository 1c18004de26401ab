//! Numbered places at which a test has the process killed, as a power cut would: before and after each write, sync and
//! rename that recovery depends on. `PYRITE_KILL_AT=17` is the 17th place that is reached, `PYRITE_KILL_AT=log.sync:3`
//! the third one whose name begins so. Costs a load where it isn't set.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where, and how often that is passed before.
struct Place {
    name: String,
    left: AtomicU64,
}

static PLACE: OnceLock<Option<Place>> = OnceLock::new();

/// The process is at this place; it doesn't come back from the one where it is to be killed.
pub fn reached(name: &str) {
    let Some(place) = PLACE.get_or_init(|| parse(&std::env::var("PYRITE_KILL_AT").ok()?)) else { return };
    if name.starts_with(&place.name) && place.left.fetch_sub(1, Ordering::SeqCst) == 1 {
        kill();
    }
}

fn parse(setting: &str) -> Option<Place> {
    let (name, number) = setting.split_once(':').unwrap_or(("", setting));
    let left = number.trim().parse::<u64>().ok().filter(|n| *n > 0)?;
    Some(Place { name: name.trim().to_owned(), left: AtomicU64::new(left) })
}

#[cfg(unix)]
fn kill() {
    // SAFETY: a system call with plain numbers; it doesn't return.
    unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
    // The signal may take a moment; nothing may happen meanwhile.
    loop {
        std::thread::park();
    }
}

#[cfg(not(unix))]
fn kill() {
    std::process::abort();
}
