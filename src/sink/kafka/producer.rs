//! A producer whose messages are counted until they are acknowledged.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::{DeliveryResult, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};
use rdkafka::types::RDKafkaErrorCode as Code;

use crate::error::{Error, Kind, Result};
use crate::kafka::{Aside, Settings, Watch, failure};
use crate::log::LogRef;
use crate::sync::Mutex;

/// How long somebody who wants the job to end waits for a task.
const SLICE: Duration = Duration::from_millis(50);

pub(super) type Producer = Arc<Aside<ThreadedProducer<Deliveries>>>;

/// A producer that writes each message once and in order.
pub(super) fn producer(settings: &Settings, transactional: Option<&str>, log: &LogRef) -> Result<Producer> {
    let mut config = settings.config();
    if let Some(name) = transactional {
        config.set("transactional.id", name);
    }
    if transactional.is_some() || settings.get("enable.idempotence").is_none() {
        config.set("enable.idempotence", "true");
    }
    let made = config.create_with_context(Deliveries { watch: Watch::new(log.clone()) });
    made.map(|producer| Arc::new(Aside::new(producer))).map_err(|e| failure(&e))
}

/// Hears what becomes of messages.
pub(super) struct Deliveries {
    pub watch: Watch,
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.watch.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.watch.error(error, reason);
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = Arc<Progress>;

    fn delivery(&self, delivered: &DeliveryResult<'_>, progress: Self::DeliveryOpaque) {
        match delivered {
            Ok(_) => self.watch.well(),
            Err((error, _)) => {
                progress.failed.lock().get_or_insert_with(|| error.clone());
            }
        }
        progress.left.fetch_sub(1, Ordering::Release);
    }
}

/// A message with all that it may have.
pub struct Outgoing<'a> {
    /// Where it goes.
    pub topic: &'a str,
    /// The partition, unless the key says which.
    pub partition: Option<i32>,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// What it says.
    pub value: Option<&'a [u8]>,
    /// Names and values beside it.
    pub headers: Option<OwnedHeaders>,
}

/// The messages of one task.
pub(super) struct Progress {
    begun: Instant,
    left: AtomicUsize,
    failed: Mutex<Option<KafkaError>>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { begun: Instant::now(), left: AtomicUsize::new(0), failed: Mutex::default() }
    }

    /// Sends one; waits while the producer holds as many as it may.
    pub(super) fn send(
        self: &Arc<Self>,
        producer: &Producer,
        message: Outgoing<'_>,
        check: &dyn Fn() -> Result<()>,
    ) -> Result<(), Failed> {
        let topic = message.topic;
        let mut record = BaseRecord::<[u8], [u8], _>::with_opaque_to(topic, self.clone());
        record.key = message.key;
        record.payload = message.value;
        record.partition = message.partition;
        record.headers = message.headers;
        self.left.fetch_add(1, Ordering::Relaxed);
        loop {
            match producer.send(record) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(Code::QueueFull), back)) => {
                    record = back;
                    let looked = check().map_err(Failed::from).and_then(|()| self.look(producer, topic));
                    if looked.is_err() {
                        self.left.fetch_sub(1, Ordering::Relaxed);
                        return looked;
                    }
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err((error, _)) => {
                    let looked = self.look(producer, topic);
                    self.left.fetch_sub(1, Ordering::Relaxed);
                    looked?;
                    return Err(not_written(topic, &error));
                }
            }
        }
    }

    /// Waits until all are acknowledged.
    pub(super) fn finish(
        &self,
        producer: &Producer,
        topic: &str,
        check: &dyn Fn() -> Result<()>,
    ) -> Result<(), Failed> {
        while self.left.load(Ordering::Acquire) > 0 {
            check()?;
            self.look(producer, topic)?;
            // Until it is out of messages, or the time is over; what becomes of each is counted.
            let _ = producer.flush(SLICE);
        }
        self.look(producer, topic)
    }

    /// Fails where something went wrong for good; a refusal is of no concern to who waits for nothing.
    fn look(&self, producer: &Producer, topic: &str) -> Result<(), Failed> {
        if let Some(error) = self.failed.lock().clone() {
            return Err(not_written(topic, &error));
        }
        if self.left.load(Ordering::Acquire) > 0 {
            producer.context().watch.check_since(Some(self.begun))?;
        }
        Ok(())
    }
}

/// Why a message wasn't written.
pub(super) struct Failed {
    pub error: Error,
    /// Whether it may be next time.
    pub passes: bool,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { error, passes: false }
    }
}

fn not_written(topic: &str, error: &KafkaError) -> Failed {
    let Some(code) = error.rdkafka_error_code() else { return failure(error).into() };
    let message = match code {
        Code::UnknownTopic | Code::UnknownTopicOrPartition | Code::UnknownPartition => {
            format!("Kafka has no topic '{topic}' to write to. Make it, or mend its name.")
        }
        Code::MessageSizeTooLarge => format!(
            "A message is too large for topic '{topic}'. Raise message.max.bytes in kafkaParams, and the topic's \
             max.message.bytes."
        ),
        code => {
            let refused = matches!(
                code,
                Code::InvalidMessage
                    | Code::InvalidMessageSize
                    | Code::InvalidRecord
                    | Code::PolicyViolation
                    | Code::TopicAuthorizationFailed
                    | Code::TransactionalIdAuthorizationFailed
                    | Code::ClusterAuthorizationFailed
            );
            let error = Error::new(Kind::Spark, format!("A message couldn't be written to topic '{topic}': {code}"));
            return Failed { error, passes: !refused };
        }
    };
    Error::new(Kind::Spark, message).into()
}
