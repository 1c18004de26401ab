//! Locks as the engine uses them: a mutex without poison, and the rule that nobody enters foreign code with one held.
//!
//! Foreign is what may do anything: the interpreter, a source, a listener, a function of the program. In debug builds
//! entering it through `entering_foreign` with a lock held panics and names the lock; elsewhere that costs nothing.

use std::ops::{Deref, DerefMut};
use std::sync::PoisonError;
use std::time::Duration;

/// A mutex whose content is whole after every panic: what is guarded here is changed in single steps.
#[derive(Debug, Default)]
pub struct Mutex<T>(std::sync::Mutex<T>);

/// The open lock. Never leaves its thread.
pub struct Guard<'a, T> {
    open: std::sync::MutexGuard<'a, T>,
    held: Held,
}

/// Waits for a change of what a [`Mutex`] guards.
#[derive(Debug, Default)]
pub struct Condvar(std::sync::Condvar);

impl<T> Mutex<T> {
    /// Guards `value`.
    pub const fn new(value: T) -> Self {
        Self(std::sync::Mutex::new(value))
    }

    /// The value, by who has the mutex to itself.
    pub fn into_inner(self) -> T {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Mutex<T> {
    /// Waits for its turn.
    #[track_caller]
    pub fn lock(&self) -> Guard<'_, T> {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Guard { open, held: Held::new() }
    }
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.open
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.open
    }
}

impl Condvar {
    /// Nobody waits yet.
    pub const fn new() -> Self {
        Self(std::sync::Condvar::new())
    }

    /// Wakes everybody who waits.
    pub fn notify_all(&self) {
        self.0.notify_all();
    }

    /// Wakes one who waits.
    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    /// Opens the lock, waits, and has it again.
    pub fn wait<'a, T>(&self, guard: Guard<'a, T>) -> Guard<'a, T> {
        let Guard { open, held } = guard;
        let open = self.0.wait(open).unwrap_or_else(PoisonError::into_inner);
        Guard { open, held }
    }

    /// The same for no longer than `time`.
    pub fn wait_timeout<'a, T>(&self, guard: Guard<'a, T>, time: Duration) -> Guard<'a, T> {
        let Guard { open, held } = guard;
        let (open, _) = self.0.wait_timeout(open, time).unwrap_or_else(PoisonError::into_inner);
        Guard { open, held }
    }

    /// Waits as long as `condition` holds, no longer than `time`.
    pub fn wait_timeout_while<'a, T>(
        &self,
        guard: Guard<'a, T>,
        time: Duration,
        condition: impl FnMut(&mut T) -> bool,
    ) -> Guard<'a, T> {
        let Guard { open, held } = guard;
        let (open, _) = self.0.wait_timeout_while(open, time, condition).unwrap_or_else(PoisonError::into_inner);
        Guard { open, held }
    }
}

/// What runs now may do anything: no lock may be held. `what` is told with the lock that is.
#[inline]
pub fn entering_foreign(what: &str) {
    held::check(what);
}

use held::Held;

#[cfg(debug_assertions)]
mod held {
    use std::cell::RefCell;
    use std::panic::Location;

    thread_local! {
        /// Where this thread took the locks that it holds.
        static HELD: RefCell<Vec<&'static Location<'static>>> = const { RefCell::new(Vec::new()) };
    }

    /// A lock that is held.
    pub(super) struct Held(&'static Location<'static>);

    impl Held {
        #[track_caller]
        pub fn new() -> Self {
            let place = Location::caller();
            // A thread that ends has no list any more.
            let _ = HELD.try_with(|held| held.borrow_mut().push(place));
            Self(place)
        }
    }

    impl Drop for Held {
        fn drop(&mut self) {
            let _ = HELD.try_with(|held| {
                let mut held = held.borrow_mut();
                if let Some(at) = held.iter().rposition(|place| *place == self.0) {
                    held.remove(at);
                }
            });
        }
    }

    #[expect(clippy::panic, reason = "in debug builds only: a mistake of ours that would hang the process one day")]
    pub(super) fn check(what: &str) {
        let place = HELD.try_with(|held| held.borrow().last().copied()).ok().flatten();
        if let Some(place) = place
            && !std::thread::panicking()
        {
            panic!("{what} is entered with the lock held that was taken at {place}");
        }
    }
}

#[cfg(not(debug_assertions))]
mod held {
    /// A lock that is held: nothing to remember.
    pub(super) struct Held;

    impl Held {
        #[inline]
        pub fn new() -> Self {
            Self
        }
    }

    #[inline]
    pub(super) fn check(_: &str) {}
}
