//! Time as a parameter: the engine reads a `Clock`, and tests drive one by hand.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::sync::{Condvar, Mutex};

/// A point in time: milliseconds since the epoch. Spark's `Time`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// This time and `ms` milliseconds.
    #[must_use]
    pub fn plus(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// What the machine's clock says.
    pub fn wall() -> Self {
        Self(wall().as_millis() as i64)
    }

    /// Milliseconds from `earlier` to this.
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}

/// Ends a wait early. Once set it stays set until it is cleared.
#[derive(Default)]
pub struct Wake {
    set: Mutex<bool>,
    changed: Condvar,
}

impl Wake {
    /// Wakes who waits now, and whoever waits later.
    pub fn set(&self) {
        *self.set.lock() = true;
        self.changed.notify_all();
    }

    /// Waits sleep again.
    pub fn clear(&self) {
        *self.set.lock() = false;
    }

    /// Whether it is set.
    pub fn is_set(&self) -> bool {
        *self.set.lock()
    }

    /// Sleeps for real time; true when the whole time passed, false when woken.
    pub fn sleep(&self, time: Duration) -> bool {
        !*self.changed.wait_timeout_while(self.set.lock(), time, |set| !*set)
    }

    /// Makes waiters look at their clock again.
    fn poke(&self) {
        drop(self.set.lock());
        self.changed.notify_all();
    }
}

/// Where the engine takes its time from.
pub trait Clock: Send + Sync {
    /// The time, rounded down. Never goes back.
    fn now(&self) -> Time;

    /// Waits until the clock reads `until` or later: true. False when `wake` is set first.
    fn wait_until(&self, until: Time, wake: &Arc<Wake>) -> bool;
}

/// The machine's clock: wall time at the start, then steady, so that a corrected wall clock never repeats a batch.
pub struct SystemClock {
    anchor: Mutex<(Instant, Duration)>,
}

/// A wall clock this far ahead of the steady one means that the machine slept: then the steady one follows.
const LEAP: Duration = Duration::from_secs(1);

impl SystemClock {
    /// A clock that reads the wall time.
    pub fn new() -> Self {
        Self { anchor: Mutex::new((Instant::now(), wall())) }
    }

    fn precise(&self) -> Duration {
        let mut anchor = self.anchor.lock();
        let steady = anchor.1 + anchor.0.elapsed();
        let wall = wall();
        if wall > steady + LEAP {
            *anchor = (Instant::now(), wall);
            return wall;
        }
        steady
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Time {
        Time(self.precise().as_millis() as i64)
    }

    fn wait_until(&self, until: Time, wake: &Arc<Wake>) -> bool {
        let until = Duration::from_millis(until.0.max(0) as u64);
        loop {
            if wake.is_set() {
                return false;
            }
            let Some(left) = until.checked_sub(self.precise()).filter(|left| !left.is_zero()) else { return true };
            // A long wait looks at the clock again: the machine may sleep meanwhile.
            let left = left.min(Duration::from_secs(1));
            if !cfg!(windows) {
                wake.sleep(left);
            } else if let Some(long) = left.checked_sub(Duration::from_millis(20)).filter(|l| l.as_millis() > 20) {
                wake.sleep(long);
            } else {
                // Windows rounds waits on a lock up to 16 ms; its sleep is precise.
                std::thread::sleep(left.min(Duration::from_millis(5)));
            }
        }
    }
}

fn wall() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// A clock that moves only by hand. Starts at 0, like Spark's `ManualClock`.
#[derive(Default)]
pub struct ManualClock {
    state: Mutex<Manual>,
}

#[derive(Default)]
struct Manual {
    now: Time,
    waiting: Vec<Weak<Wake>>,
}

impl ManualClock {
    /// A clock that reads 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// Moves to `time`; a clock never goes back, so an earlier time is ignored.
    pub fn set(&self, time: Time) {
        let waiting = {
            let mut state = self.state.lock();
            state.now = state.now.max(time);
            std::mem::take(&mut state.waiting)
        };
        for wake in waiting.iter().filter_map(Weak::upgrade) {
            wake.poke();
        }
    }

    /// Moves `ms` milliseconds on.
    pub fn advance(&self, ms: i64) {
        let time = self.now().plus(ms);
        self.set(time);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Time {
        self.state.lock().now
    }

    fn wait_until(&self, until: Time, wake: &Arc<Wake>) -> bool {
        // The waiter holds the wake's lock while it looks at the time and registers, and `set` takes that lock before
        // it notifies: no move of the clock is missed.
        let mut set = wake.set.lock();
        loop {
            if *set {
                return false;
            }
            {
                let mut state = self.state.lock();
                if state.now >= until {
                    return true;
                }
                state.waiting.retain(|w| w.strong_count() > 0 && !std::ptr::eq(w.as_ptr(), Arc::as_ptr(wake)));
                state.waiting.push(Arc::downgrade(wake));
            }
            set = wake.changed.wait(set);
        }
    }
}
