//! What is known of a receiver, for listeners and the web page. Spark's `ReceiverInfo`.

use crate::id::InputId;
use crate::time::Time;

/// A receiver, at the time of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiverInfo {
    /// The stream that it receives for.
    pub stream: InputId,
    /// Its kind and the stream's number: `SocketReceiver-0`.
    pub name: String,
    /// Whether it takes in.
    pub active: bool,
    /// The machine it runs on.
    pub location: String,
    /// Where its records are kept.
    pub executor: String,
    /// What it said of its last error, or why it stopped; empty when nothing went wrong.
    pub last_error_message: String,
    /// That error in full.
    pub last_error: String,
    /// When it came.
    pub last_error_time: Option<Time>,
}

impl ReceiverInfo {
    /// A receiver of this machine that nothing went wrong with; `kind` is such as `SocketReceiver`.
    pub fn new(stream: InputId, kind: &str, active: bool) -> Self {
        Self {
            stream,
            name: format!("{kind}-{stream}"),
            active,
            location: "localhost".to_owned(),
            executor: "driver".to_owned(),
            last_error_message: String::new(),
            last_error: String::new(),
            last_error_time: None,
        }
    }

    /// The same after an error.
    #[must_use]
    pub fn failed(mut self, message: impl Into<String>, error: impl Into<String>, at: Time) -> Self {
        self.last_error_message = message.into();
        self.last_error = error.into();
        self.last_error_time = Some(at);
        self
    }
}
