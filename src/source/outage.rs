//! What to tell people about a connection that fails: one line, then one a minute, one when it works again.

use crate::log::{Level, LogRef};
use crate::time::Time;

const REMINDER_MS: i64 = 60_000;

/// The messages of one connection.
pub struct Outage {
    log: LogRef,
    logger: &'static str,
    last: Option<(Time, String)>,
    announced: bool,
    was_connected: bool,
}

impl Outage {
    /// Nothing was said yet.
    pub fn new(log: LogRef, logger: &'static str) -> Self {
        Self { log, logger, last: None, announced: false, was_connected: false }
    }

    /// Something failed. Says so unless the same was said within the last minute.
    pub fn trouble(&mut self, now: Time, message: String) {
        let known = self.last.as_ref().is_some_and(|(at, said)| now.since(*at) < REMINDER_MS && *said == message);
        if !known {
            self.log.write(Level::Warning, self.logger, message.clone());
            self.last = Some((now, message));
            self.announced = true;
        }
    }

    /// It works. Says so the first time and after a failure that was told.
    pub fn connected(&mut self, message: impl FnOnce() -> String) {
        if self.announced || !self.was_connected {
            self.log.write(Level::Info, self.logger, message());
        }
        self.announced = false;
        self.was_connected = true;
    }
}
