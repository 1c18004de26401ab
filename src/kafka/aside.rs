//! Clients that end on threads of their own: that takes as long as their threads and the network do, and who lets go of one
//! may hold the interpreter or a lock.

use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Clients that are ending.
static LEFT: AtomicUsize = AtomicUsize::new(0);

/// How often who waits for those looks.
const SLICE: Duration = Duration::from_millis(1);

/// A client, or what has one. Dropping it doesn't block.
pub struct Aside<T: Send + 'static>(ManuallyDrop<T>);

/// Counts as one that is ending.
struct Leaving;

impl<T: Send + 'static> Aside<T> {
    /// Wraps it.
    pub fn new(client: T) -> Self {
        Self(ManuallyDrop::new(client))
    }
}

impl<T: Send + 'static> Deref for Aside<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Send + 'static> Drop for Aside<T> {
    fn drop(&mut self) {
        // SAFETY: nobody sees the content after the drop.
        let client = unsafe { ManuallyDrop::take(&mut self.0) };
        LEFT.fetch_add(1, Ordering::SeqCst);
        let leaving = Leaving;
        let end = move || {
            drop(client);
            drop(leaving);
        };
        // Where there is no thread to be had it ends here, with the closure.
        let _ = thread::Builder::new().name("pyrite-kafka-end".to_owned()).spawn(end);
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        LEFT.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Waits until all that were dropped have ended, `patience` at most: the process takes away what they need.
pub fn wait_for_ends(patience: Duration) {
    let begun = Instant::now();
    while LEFT.load(Ordering::SeqCst) > 0 && begun.elapsed() < patience {
        thread::sleep(SLICE);
    }
}
