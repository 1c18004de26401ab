//! How a source is at one moment, for who looks from outside.

/// Whether a source has what it reads from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// There is nothing to connect to, such as a queue or a folder.
    #[default]
    Local,
    /// It looks for its peer the first time.
    Connecting,
    /// Records can come.
    Connected,
    /// It had trouble and tries again.
    Retrying,
    /// It takes in no more.
    Stopped,
}

/// How a source is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Condition {
    /// Whether records can come.
    pub link: Link,
    /// Where they come from: `localhost:9999`, a folder, brokers.
    pub place: String,
    /// What is wrong, while it is.
    pub trouble: Option<String>,
    /// Records a second that may come at most now.
    pub rate: Option<f64>,
    /// Whether that follows how batches go: back-pressure.
    pub controlled: bool,
    /// Bytes that were received and that batches still have or will have.
    pub buffered: Option<u64>,
    /// Messages that Kafka has and no batch was given.
    pub lag: Option<u64>,
    /// Of each Kafka partition: its name, the next offset, and how many messages wait behind it.
    pub partitions: Vec<(String, i64, u64)>,
}
