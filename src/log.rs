//! Messages for people. The engine prints nothing: `bindings/` hands these to Python's `logging`.

use std::fmt;
use std::sync::Arc;

use crate::error::Error;
use crate::time::Time;

/// How much a message matters, after Python's levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// For who looks for a fault.
    Debug,
    /// Things go their way.
    Info,
    /// Something to mend; the program goes on.
    Warning,
    /// Something failed.
    Error,
}

impl Level {
    /// Python's number for the level.
    pub fn number(self) -> u8 {
        match self {
            Self::Debug => 10,
            Self::Info => 20,
            Self::Warning => 30,
            Self::Error => 40,
        }
    }
}

/// What is said. The reader's own clock and the text of the user's exceptions belong to who shows it.
pub struct Message {
    /// How much it matters.
    pub level: Level,
    /// The name below `pyrite`, such as `streaming.socket`.
    pub logger: &'static str,
    /// A sentence; with a batch, what follows 'The batch of 14:05:10 '.
    pub text: String,
    /// The batch that it is about.
    pub batch: Option<Time>,
    /// What went wrong, to be shown in full.
    pub error: Option<Error>,
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(batch) = self.batch {
            write!(f, "The batch of {batch} ")?;
        }
        f.write_str(&self.text)?;
        self.error.as_ref().map_or(Ok(()), |error| write!(f, " {error}"))
    }
}

/// Takes messages. May be called from any thread, attached to the interpreter or not, and must not block.
pub trait Log: Send + Sync {
    /// Somebody shall read this.
    fn put(&self, message: Message);

    /// A sentence about no batch.
    fn write(&self, level: Level, logger: &'static str, text: String) {
        self.put(Message { level, logger, text, batch: None, error: None });
    }
}

/// A shared log.
pub type LogRef = Arc<dyn Log>;

/// Drops every message.
pub struct Silent;

impl Log for Silent {
    fn put(&self, _: Message) {}
}
