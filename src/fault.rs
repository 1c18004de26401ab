//! Faults of the engine: a panic ends the work that it happened in and becomes data with its place. It prints nothing.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, Location, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::{Once, Weak};

use crate::error::{Decline, Error, Kind, Result};
use crate::log::{Level, Log, LogRef};
use crate::sync::Mutex;

/// A log hears of this many faults; a kernel that fails for every chunk says nothing new.
const TOLD: usize = 10;

thread_local! {
    static GUARDS: Cell<usize> = const { Cell::new(0) };
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

static INSTALLED: Once = Once::new();
static LISTENER: Mutex<Option<(Weak<dyn Log>, usize)>> = Mutex::new(None);

/// Runs `work`; a panic is an error that asks for a report.
pub fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    caught(work).unwrap_or_else(|fault| Err(Error::new(Kind::Spark, fault)))
}

/// Runs a kernel; a panic is a reason to let the interpreter do it.
pub fn declining<T>(work: impl FnOnce() -> Result<T, Decline>) -> Result<T, Decline> {
    caught(work).unwrap_or_else(|fault| Err(Decline::new(fault)))
}

/// Faults are told to this log as well, as long as it lives.
pub fn report_to(log: &LogRef) {
    *LISTENER.lock() = Some((std::sync::Arc::downgrade(log), 0));
}

/// Runs `work`; what a panic said and where. `work` must leave nothing half done that others see.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    INSTALLED.call_once(install);
    GUARDS.set(GUARDS.get() + 1);
    LAST.take();
    let done = catch_unwind(AssertUnwindSafe(work));
    GUARDS.set(GUARDS.get() - 1);
    done.map_err(|payload| {
        let what = LAST.take().unwrap_or_else(|| said(payload.as_ref()).to_owned());
        let fault = format!("a bug in Pyrite's engine: {what}; please report it");
        tell(&fault);
        fault
    })
}

/// Puts a hook before the one that is there, which keeps what is not ours: another crate's threads, a test's asserts.
fn install() {
    let others = take_hook();
    set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
        if GUARDS.get() == 0 && !info.location().is_some_and(is_ours) {
            others(info);
            return;
        }
        let place = info.location().map(|l| format!(" ({}:{})", l.file(), l.line())).unwrap_or_default();
        LAST.set(Some(format!("{}{place}", said(info.payload()))));
    }));
}

/// Whether the place is in this crate; its own unit tests aside, whose failures are to be seen.
fn is_ours(place: &Location<'_>) -> bool {
    let folder = file!().trim_end_matches("fault.rs");
    !cfg!(test) && place.file().starts_with(folder)
}

fn said(payload: &(dyn Any + Send)) -> &str {
    match payload.downcast_ref::<String>() {
        Some(text) => text,
        None => payload.downcast_ref::<&str>().copied().unwrap_or("a panic without words"),
    }
}

fn tell(fault: &str) {
    let log = LISTENER.lock().as_mut().filter(|(_, told)| *told < TOLD).and_then(|(log, told)| {
        *told += 1;
        log.upgrade()
    });
    if let Some(log) = log {
        log.write(Level::Error, "engine", fault.to_owned());
    }
}
