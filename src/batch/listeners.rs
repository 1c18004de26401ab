//! Listeners hear events in the order in which they happened, on the threads that make them, and with nothing locked.

use std::sync::Arc;
use std::thread;

use crate::fault::caught;
use crate::sync::entering_foreign;

use super::context::{Inner, Streaming};
use super::events::{Event, Listener};

impl Streaming {
    /// Hears what happens from now on.
    pub fn add_listener(&self, listener: Arc<dyn Listener>) {
        self.lock().listeners.push(listener);
    }

    /// Tells the listeners what was noted. One thread does it, and tells what others note meanwhile, so that order is
    /// kept; called after every unlock that may have noted something.
    pub(super) fn tell(&self) {
        loop {
            let (event, listeners) = {
                let mut inner = self.lock();
                // What receivers say before the start has succeeded is told behind that.
                if inner.telling.is_some() || inner.starting {
                    return;
                }
                let Some(event) = inner.events.pop_front() else { return };
                inner.telling = Some(thread::current().id());
                (event, inner.listeners.clone())
            };
            for listener in &listeners {
                entering_foreign("a listener");
                // A fault is told where it is caught; the others hear the event all the same.
                let _ = caught(|| listener.event(&event));
            }
            self.lock().telling = None;
            self.changed.notify_all();
        }
    }
}

impl Inner {
    /// The listeners shall hear this, once nothing is locked.
    pub(super) fn note(&mut self, event: impl FnOnce() -> Event) {
        if !self.listeners.is_empty() {
            self.events.push_back(event());
        }
    }
}
