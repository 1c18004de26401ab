//! What can go wrong, as data. Nothing here knows Python: `bindings/` maps each variant to an exception class once.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// The engine's result type.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Which of Spark's exception classes an engine error stands for; programs look for these names in the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `java.lang.IllegalArgumentException`
    IllegalArgument,
    /// `java.lang.IllegalStateException`
    IllegalState,
    /// `java.lang.UnsupportedOperationException`
    Unsupported,
    /// `org.apache.hadoop.mapred.InvalidInputException`
    InvalidInput,
    /// `org.apache.hadoop.mapreduce.lib.input.InvalidInputException`
    NoInput,
    /// `org.apache.hadoop.mapred.FileAlreadyExistsException`
    FileAlreadyExists,
    /// `java.io.IOException`
    Io,
    /// `org.apache.spark.SparkException`
    Spark,
    /// `org.apache.spark.scheduler.BarrierJobUnsupportedRDDChainException`
    BarrierChain,
    /// `org.apache.spark.scheduler.BarrierJobSlotsNumberCheckFailed`
    BarrierSlots,
    /// Python's `ValueError`: what PySpark finds out in Python itself.
    Value,
}

impl Kind {
    /// The JVM class name that PySpark's users see.
    pub fn class_name(self) -> &'static str {
        match self {
            Self::IllegalArgument => "java.lang.IllegalArgumentException",
            Self::IllegalState => "java.lang.IllegalStateException",
            Self::Unsupported => "java.lang.UnsupportedOperationException",
            Self::InvalidInput => "org.apache.hadoop.mapred.InvalidInputException",
            Self::NoInput => "org.apache.hadoop.mapreduce.lib.input.InvalidInputException",
            Self::FileAlreadyExists => "org.apache.hadoop.mapred.FileAlreadyExistsException",
            Self::Io => "java.io.IOException",
            Self::Spark => "org.apache.spark.SparkException",
            Self::BarrierChain => "org.apache.spark.scheduler.BarrierJobUnsupportedRDDChainException",
            Self::BarrierSlots => "org.apache.spark.scheduler.BarrierJobSlotsNumberCheckFailed",
            Self::Value => "ValueError",
        }
    }
}

/// An exception raised by user code: the engine carries it untouched and never looks inside.
pub trait UserError: Any + Send + Sync {
    /// One line for logs.
    fn describe(&self) -> String;
    /// All there is to know, as a program that ends with it would print it.
    fn report(&self) -> String {
        self.describe()
    }
    /// For the layer that made it to take it back.
    fn as_any(&self) -> &dyn Any;
}

/// Everything an engine call can fail with.
#[derive(Clone, thiserror::Error)]
pub enum Error {
    /// The user's own exception.
    #[error("{}", .0.describe())]
    User(Arc<dyn UserError>),
    /// The job was cancelled: by an interrupt, by `stop()`, or because an earlier partition failed.
    #[error("the job was cancelled")]
    Cancelled,
    /// The engine refuses or can't go on; the message says what to do.
    #[error("{}: {message}", .kind.class_name())]
    Engine {
        /// Which of Spark's classes this stands for.
        kind: Kind,
        /// What happened and what to do.
        message: String,
    },
}

impl Error {
    /// An engine error of the given kind.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self::Engine { kind, message: message.into() }
    }

    /// All there is to know, over several lines; `Display` is one line.
    pub fn report(&self) -> String {
        match self {
            Self::User(user) => user.report(),
            Self::Cancelled | Self::Engine { .. } => self.to_string(),
        }
    }

    /// An I/O failure on a named thing (a path, an address).
    pub fn io(what: impl fmt::Display, error: &std::io::Error) -> Self {
        // A reader of ours that fails says all itself.
        if let Some(own) = error.get_ref().and_then(|inner| inner.downcast_ref::<Self>()) {
            return own.clone();
        }
        Self::new(Kind::Io, format!("{what}: {error}"))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a native step can't do a chunk exactly as `CPython` would. Not an error: the interpreter then does it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decline(pub Cow<'static, str>);

impl Decline {
    /// A decline with its reason, as `explain()` shows it.
    pub fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self(reason.into())
    }
}

impl fmt::Display for Decline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
