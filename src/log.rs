//! Messages for people. The engine prints nothing: `bindings/` hands these to Python's `logging`.

use std::sync::Arc;

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

/// Takes messages. May be called from any thread, attached to the interpreter or not, and must not block.
pub trait Log: Send + Sync {
    /// `logger` is the name below `pyrite`, such as `streaming.socket`.
    fn write(&self, level: Level, logger: &'static str, message: String);
}

/// A shared log.
pub type LogRef = Arc<dyn Log>;

/// Drops every message.
pub struct Silent;

impl Log for Silent {
    fn write(&self, _: Level, _: &'static str, _: String) {}
}
