//! A topic that batches are written to: each is done once everything is acknowledged, or as one transaction.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::chunk::Columns;
use crate::error::{Error, Kind, Result};
use crate::kafka::Settings;
use crate::log::{Level, LogRef};
use crate::sync::Mutex;
use crate::time::Time;

use super::message::Message;
use super::producer::{Failed, Outgoing, Producer, Progress, producer};
use super::transaction::{Ended, Transactions, Turn};

const LOGGER: &str = "streaming.kafka";
/// How long the end of a batch looks away from tasks that still write.
const GLANCE: Duration = Duration::from_millis(1);

/// The topic, with a producer that lasts from batch to batch.
pub struct KafkaOutput {
    topic: Arc<str>,
    log: LogRef,
    way: Way,
}

enum Way {
    /// Each message by itself, once, in order.
    Idempotent(Producer),
    Transactional(Box<Transactions>),
}

/// What is written at once.
pub struct Batch {
    producer: Producer,
    topic: Arc<str>,
    /// In a transaction: the partitions whose messages are in it.
    begun: Option<Mutex<BTreeSet<usize>>>,
    /// What went wrong first.
    failed: Mutex<Option<Error>>,
    /// Whether something went wrong that may go better next time.
    spoilt: AtomicBool,
    /// Nothing more is written: the producer writes the next batch.
    closed: AtomicBool,
    /// How many tasks give messages to the producer right now.
    writing: AtomicUsize,
}

/// A batch that is being written; it can't be written to any more once this is gone.
pub struct Begun<'a> {
    batch: Arc<Batch>,
    turn: Option<Turn<'a>>,
    output: &'a KafkaOutput,
}

/// A task that gives messages to the producer.
struct Writing<'a>(&'a Batch);

/// One task's messages.
pub struct Part {
    progress: Arc<Progress>,
    batch: Arc<Batch>,
}

/// How a batch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All of it can be read.
    Written,
    /// None of it can be read, through no fault of the program's: it is to be written again.
    Again,
}

impl KafkaOutput {
    /// A topic. With `transactional`, the name under which transactions are made, each batch is one; of two outputs of one
    /// name the later one ends the other. A setting that librdkafka doesn't know is an error.
    pub fn new(
        given: impl IntoIterator<Item = (String, String)>,
        topic: &str,
        transactional: Option<&str>,
        log: &LogRef,
    ) -> Result<Self> {
        let settings = Settings::of(given, |name, _| Ok(name == "failOnDataLoss" || name == "transactional.id"))?;
        let way = match transactional {
            Some(name) => Way::Transactional(Box::new(Transactions::new(settings, topic, name, log)?)),
            None => Way::Idempotent(producer(&settings, None, log)?),
        };
        Ok(Self { topic: topic.into(), log: log.clone(), way })
    }

    /// Whether each batch is a transaction.
    pub fn is_transactional(&self) -> bool {
        matches!(self.way, Way::Transactional(_))
    }

    /// Begins to write the batch of `time`; `None` where that was written before. Waits for Kafka as long as `check` lets it.
    pub fn begin(&self, time: Option<Time>, check: &dyn Fn() -> Result<()>) -> Result<Option<Begun<'_>>> {
        let (producer, begun, turn) = match &self.way {
            Way::Idempotent(producer) => (producer.clone(), None, None),
            Way::Transactional(transactions) => {
                let Some((producer, turn)) = transactions.begin(time, check)? else { return Ok(None) };
                (producer, Some(Mutex::default()), Some(turn))
            }
        };
        let batch = Arc::new(Batch::new(producer, self.topic.clone(), begun));
        Ok(Some(Begun { batch, turn, output: self }))
    }
}

impl Begun<'_> {
    /// What tasks write to.
    pub fn batch(&self) -> &Arc<Batch> {
        &self.batch
    }

    /// Ends the batch of `time`, whose tasks have ended so. One that failed may have left others that go on: what they
    /// write from now on is refused, or it would be in the producer's next batch.
    pub fn end(mut self, time: Option<Time>, ran: Result<()>, check: &dyn Fn() -> Result<()>) -> Result<Outcome> {
        self.batch.close();
        let Some(turn) = self.turn.take() else { return ran.map(|()| Outcome::Written) };
        match turn.end(time, ran, check) {
            Ok(Ended::Committed) => Ok(Outcome::Written),
            Ok(Ended::Aborted) => Ok(Outcome::Again),
            Err(Error::Engine { kind: Kind::Spark, message }) if self.batch.spoilt.load(Ordering::Relaxed) => {
                self.output.log.write(Level::Info, LOGGER, format!("A transaction is made again: {message}"));
                Ok(Outcome::Again)
            }
            Err(error) => Err(error),
        }
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        self.batch.close();
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.writing.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Batch {
    fn new(producer: Producer, topic: Arc<str>, begun: Option<Mutex<BTreeSet<usize>>>) -> Self {
        Self {
            producer,
            topic,
            begun,
            failed: Mutex::default(),
            spoilt: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            writing: AtomicUsize::new(0),
        }
    }

    /// The messages of a partition. In a transaction it can't be begun twice: what it had written would be read, too.
    pub fn part(self: &Arc<Self>, partition: usize) -> Result<Part> {
        self.check()?;
        if let Some(begun) = &self.begun
            && !begun.lock().insert(partition)
        {
            let failed = self.failed.lock().clone();
            return Err(failed.unwrap_or(Error::Cancelled));
        }
        Ok(Part { progress: Arc::new(Progress::new()), batch: self.clone() })
    }

    /// A task has failed.
    pub fn failed(&self, error: &Error) {
        self.failed.lock().get_or_insert_with(|| error.clone());
    }

    /// Why it wasn't written.
    pub fn trouble(&self) -> Error {
        let failed = self.failed.lock().clone();
        let reason =
            || Error::new(Kind::Spark, "Kafka ends each transaction before its time: see transaction.timeout.ms");
        failed.unwrap_or_else(reason)
    }

    fn check(&self) -> Result<()> {
        if self.closed.load(Ordering::SeqCst) { Err(Error::Cancelled) } else { Ok(()) }
    }

    /// Refuses what comes, and waits for what is being written; who waits for room hears of it.
    fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        while self.writing.load(Ordering::SeqCst) > 0 {
            std::thread::sleep(GLANCE);
        }
    }

    /// Until it is dropped, the batch isn't closed.
    fn enter(&self) -> Result<Writing<'_>> {
        self.writing.fetch_add(1, Ordering::SeqCst);
        let writing = Writing(self);
        self.check().map(|()| writing)
    }

    fn noted(&self, sent: Result<(), Failed>) -> Result<()> {
        sent.map_err(|failed| {
            if failed.passes {
                self.spoilt.store(true, Ordering::Relaxed);
            }
            failed.error
        })
    }
}

impl Part {
    /// Sends rows; false where they are no messages. Fails once the batch has ended.
    pub fn write(&self, rows: &Columns, check: &dyn Fn() -> Result<()>) -> Result<bool> {
        let Some(messages) = Message::of(rows) else { return Ok(false) };
        let batch = &*self.batch;
        let _writing = batch.enter()?;
        let check = || batch.check().and_then(|()| check());
        for row in 0..messages.len() {
            batch.check()?;
            let (key, value) = messages.get(row);
            let message = Outgoing { topic: &batch.topic, partition: None, key, value, headers: None };
            batch.noted(self.progress.send(&batch.producer, message, &check))?;
        }
        Ok(true)
    }

    /// Sends one message, whose topic may be another. Fails once the batch has ended.
    pub fn send(&self, message: Outgoing<'_>, check: &dyn Fn() -> Result<()>) -> Result<()> {
        let batch = &*self.batch;
        let _writing = batch.enter()?;
        let check = || batch.check().and_then(|()| check());
        batch.noted(self.progress.send(&batch.producer, message, &check))
    }

    /// Waits until all of them are acknowledged.
    pub fn finish(&self, check: &dyn Fn() -> Result<()>) -> Result<()> {
        let batch = &*self.batch;
        batch.check()?;
        let check = || batch.check().and_then(|()| check());
        batch.noted(self.progress.finish(&batch.producer, &batch.topic, &check))
    }
}
