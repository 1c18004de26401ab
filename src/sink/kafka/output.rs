//! A topic that batches are written to: each is done once everything is acknowledged, or as one transaction.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::chunk::Columns;
use crate::error::{Error, Kind, Result};
use crate::kafka::Settings;
use crate::log::{Level, LogRef};
use crate::sync::Mutex;
use crate::time::Time;

use super::message::Message;
use super::producer::{Failed, Producer, Progress, producer};
use super::transaction::{Ended, Transactions};

const LOGGER: &str = "streaming.kafka";

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
}

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
    pub fn begin(&self, time: Option<Time>, check: &dyn Fn() -> Result<()>) -> Result<Option<Batch>> {
        let topic = self.topic.clone();
        match &self.way {
            Way::Idempotent(producer) => Ok(Some(Batch::new(producer.clone(), topic, None))),
            Way::Transactional(transactions) => {
                let Some(producer) = transactions.begin(time, check)? else { return Ok(None) };
                Ok(Some(Batch::new(producer, topic, Some(Mutex::default()))))
            }
        }
    }

    /// Ends the batch of `time`, whose tasks have ended so.
    pub fn end(
        &self,
        batch: &Batch,
        time: Option<Time>,
        ran: Result<()>,
        check: &dyn Fn() -> Result<()>,
    ) -> Result<Outcome> {
        let Way::Transactional(transactions) = &self.way else { return ran.map(|()| Outcome::Written) };
        match transactions.end(time, ran, check) {
            Ok(Ended::Committed) => Ok(Outcome::Written),
            Ok(Ended::Aborted) => Ok(Outcome::Again),
            Err(Error::Engine { kind: Kind::Spark, message }) if batch.spoilt.load(Ordering::Relaxed) => {
                self.log.write(Level::Info, LOGGER, format!("A transaction is made again: {message}"));
                Ok(Outcome::Again)
            }
            Err(error) => Err(error),
        }
    }
}

impl Batch {
    fn new(producer: Producer, topic: Arc<str>, begun: Option<Mutex<BTreeSet<usize>>>) -> Self {
        Self { producer, topic, begun, failed: Mutex::default(), spoilt: AtomicBool::new(false) }
    }

    /// The messages of a partition. In a transaction it can't be begun twice: what it had written would be read, too.
    pub fn part(self: &Arc<Self>, partition: usize) -> Result<Part> {
        if let Some(begun) = &self.begun
            && !begun.lock().insert(partition)
        {
            let failed = self.failed.lock().clone();
            return Err(failed.unwrap_or(Error::Cancelled));
        }
        Ok(Part { progress: Arc::default(), batch: self.clone() })
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
    /// Sends rows; false where they are no messages.
    pub fn write(&self, rows: &Columns, check: &dyn Fn() -> Result<()>) -> Result<bool> {
        let Some(messages) = Message::of(rows) else { return Ok(false) };
        for row in 0..messages.len() {
            let Batch { producer, topic, .. } = &*self.batch;
            self.batch.noted(self.progress.send(producer, topic, messages.get(row), check))?;
        }
        Ok(true)
    }

    /// Waits until all of them are acknowledged.
    pub fn finish(&self, check: &dyn Fn() -> Result<()>) -> Result<()> {
        self.batch.noted(self.progress.finish(&self.batch.producer, &self.batch.topic, check))
    }
}
