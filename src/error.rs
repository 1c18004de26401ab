//! What can go wrong, as data. Nothing here knows Python: `bindings/` maps each variant to an exception class once.

use std::any::Any;
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

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
    /// `java.io.FileNotFoundException`
    NotFound,
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
            Self::NotFound => "java.io.FileNotFoundException",
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

    /// The name of its class: the user's own, or the one of Spark's that it stands for.
    pub fn class(&self) -> String {
        match self {
            // A repr: `ValueError('no')`.
            Self::User(user) => {
                let said = user.describe();
                said.split('(').next().unwrap_or_default().to_owned()
            }
            Self::Cancelled => "org.apache.spark.TaskKilledException".to_owned(),
            Self::Engine { kind, .. } => kind.class_name().to_owned(),
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

/// A built-in exception class of Python's that an operation is known to raise; the names are Python's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Exception {
    AttributeError,
    IndexError,
    JSONDecodeError,
    KeyError,
    OverflowError,
    TypeError,
    UnicodeDecodeError,
    ValueError,
    ZeroDivisionError,
}

/// Why a native step can't do a chunk exactly as `CPython` would. Not an error: the interpreter then does it.
///
/// Most say no more than that. Some know that `CPython` raises, and what: a `try` that is compiled, too, may then go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decline {
    reason: Cow<'static, str>,
    raised: Option<Exception>,
    place: Option<Box<Place>>,
    /// What `str` of the exception is, where somebody wants to know.
    said: Option<Box<str>>,
}

thread_local! {
    static LISTENING: Cell<bool> = const { Cell::new(false) };
}

/// Does something while declines keep the texts of the exceptions that they know of.
pub fn listening<T>(make: impl FnOnce() -> T) -> T {
    let before = LISTENING.replace(true);
    let given = make();
    LISTENING.set(before);
    given
}

/// Where something is raised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Place {
    /// All rows that raise just this there, and which frame counts them so: how many there are round it.
    rows: Option<(usize, Vec<u32>)>,
    /// The `try`s that don't protect it.
    passes: Vec<usize>,
}

impl Decline {
    /// A decline with its reason, as `explain()` shows it.
    pub fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { reason: reason.into(), raised: None, place: None, said: None }
    }

    /// A decline whose reason is a constant.
    pub const fn fixed(reason: &'static str) -> Self {
        Self { reason: Cow::Borrowed(reason), raised: None, place: None, said: None }
    }

    /// A decline where `CPython` certainly raises an exception of exactly this class.
    pub fn raises(exception: Exception, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { reason: reason.into(), raised: Some(exception), place: None, said: None }
    }

    /// The same, where `CPython` may raise something else or nothing.
    #[must_use]
    pub fn unsure(mut self) -> Self {
        (self.raised, self.place, self.said) = (None, None, None);
        self
    }

    /// The same with the exception's text, which is asked for where somebody listens.
    #[must_use]
    pub fn saying(mut self, text: impl FnOnce() -> Option<String>) -> Self {
        if self.raised.is_some() && LISTENING.get() {
            self.said = text().map(String::into_boxed_str);
        }
        self
    }

    /// The same with another text, which isn't known.
    #[must_use]
    pub fn silent(mut self) -> Self {
        self.said = None;
        self
    }

    /// The exception's text, if it is known.
    pub fn said(&self) -> Option<&str> {
        self.said.as_deref()
    }

    /// What is raised, if that is known.
    pub fn raised(&self) -> Option<Exception> {
        self.raised
    }

    /// The same of these rows of a frame, in order, which has `depth` frames round it.
    #[must_use]
    pub fn at(mut self, depth: usize, rows: Vec<u32>) -> Self {
        if self.raised.is_some() {
            self.place.get_or_insert_default().rows = Some((depth, rows));
        }
        self
    }

    /// The rows that raise, if they are known as those of a frame of that depth.
    pub fn rows(&self, depth: usize) -> Option<&[u32]> {
        match &self.place.as_ref()?.rows {
            Some((known, rows)) if *known == depth => Some(rows),
            _ => None,
        }
    }

    /// The same, told by a frame of `depth` to the one round it: there row i is row `places(i)`.
    #[must_use]
    pub fn outward(mut self, depth: usize, places: impl FnOnce(&[u32]) -> Vec<u32>) -> Self {
        if let Some(place) = &mut self.place {
            place.rows = match place.rows.take() {
                Some((known, rows)) if known == depth && depth > 0 => {
                    let mut rows = places(&rows);
                    rows.sort_unstable();
                    rows.dedup();
                    Some((depth - 1, rows))
                }
                _ => None,
            };
        }
        self
    }

    /// The same, raised where the `try` of this number doesn't protect it.
    #[must_use]
    pub fn passing(mut self, number: usize) -> Self {
        if self.raised.is_some() {
            self.place.get_or_insert_default().passes.push(number);
        }
        self
    }

    /// Whether it is raised where the `try` of this number doesn't protect it.
    pub fn passes(&self, number: usize) -> bool {
        self.place.as_ref().is_some_and(|place| place.passes.contains(&number))
    }

    /// Whether both raise the same, which the same `try`s catch.
    pub fn is_alike(&self, other: &Self) -> bool {
        let passes = |decline: &Self| decline.place.as_ref().map_or(Vec::new(), |place| place.passes.clone());
        self.raised == other.raised && passes(self) == passes(other)
    }
}

impl fmt::Display for Decline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}
