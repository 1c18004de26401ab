//! Transactions under one name. Each also commits, to a consumer group of that name, which batches are written: whether
//! one was is known after whatever happened.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaError};
use rdkafka::producer::Producer as _;
use rdkafka::topic_partition_list::Offset;
use rdkafka::types::RDKafkaErrorCode as Code;

use crate::error::{Error, Kind, Result};
use crate::kafka::{Aside, Settings, Watch, failure, is_out_of_reach};
use crate::log::{Level, LogRef};
use crate::sync::Mutex;
use crate::time::Time;

use super::done::Done;
use super::producer::{Producer, producer};

const LOGGER: &str = "streaming.kafka";
/// How long a question to the cluster takes at most until who wants the job to end is heard.
const SLICE: Duration = Duration::from_millis(500);
/// How long an abort may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// librdkafka's `transaction.timeout.ms`.
const TIMEOUT: Duration = Duration::from_secs(60);
/// An outage is told after so long, and then less and less often.
const SILENCE: Duration = Duration::from_secs(10);

/// Makes transactions, one at a time.
pub(super) struct Transactions {
    settings: Settings,
    topic: String,
    name: String,
    log: LogRef,
    /// Knows the group that says what is written.
    group: Aside<BaseConsumer<Watch>>,
    open: Mutex<Option<Open>>,
    /// Held by who makes a transaction.
    turn: Mutex<bool>,
    /// When the transaction that is open was begun.
    begun: Mutex<Option<Instant>>,
    /// One that takes longer is ended by Kafka.
    timeout: Duration,
    /// Somebody else has taken the name.
    fenced: AtomicBool,
}

#[derive(Clone)]
struct Open {
    producer: Producer,
    done: Done,
}

/// The right to make a transaction, which somebody else has once this is gone.
pub(super) struct Turn<'a>(&'a Transactions);

/// What became of a transaction.
pub(super) enum Ended {
    Committed,
    /// It can be made again.
    Aborted,
}

/// Nobody answers.
struct Silence {
    begun: Instant,
    /// When it is told next.
    next: Duration,
}

impl Default for Silence {
    fn default() -> Self {
        Self { begun: Instant::now(), next: SILENCE }
    }
}

/// What an attempt to end one came to.
enum Tried {
    Done,
    /// The transaction can only be aborted.
    Abort,
    /// The producer is of no use any more.
    Lost,
}

impl Transactions {
    pub(super) fn new(settings: Settings, topic: &str, name: &str, log: &LogRef) -> Result<Self> {
        // What is wrong with the settings shows now.
        drop(producer(&settings, Some(name), log)?);
        let mut config = settings.config();
        config.set("group.id", name);
        config.set("isolation.level", "read_committed");
        config.set("enable.auto.commit", "false");
        let group = config.create_with_context(Watch::new(log.clone())).map_err(|e| failure(&e))?;
        let (topic, name) = (topic.to_owned(), name.to_owned());
        let timeout = settings.get("transaction.timeout.ms").and_then(|ms| ms.parse().ok());
        Ok(Self {
            settings,
            topic,
            name,
            log: log.clone(),
            group: Aside::new(group),
            open: Mutex::default(),
            turn: Mutex::default(),
            begun: Mutex::default(),
            timeout: timeout.map_or(TIMEOUT, Duration::from_millis),
            fenced: AtomicBool::new(false),
        })
    }

    /// The producer of a new transaction; `None` where that of `time` was committed.
    pub(super) fn begin(
        &self,
        time: Option<Time>,
        check: &dyn Fn() -> Result<()>,
    ) -> Result<Option<(Producer, Turn<'_>)>> {
        let turn = self.take_turn(check)?;
        if self.fenced.load(Ordering::Relaxed) {
            return Err(self.taken());
        }
        Ok(self.begin_now(time, check)?.map(|producer| (producer, turn)))
    }

    fn begin_now(&self, time: Option<Time>, check: &dyn Fn() -> Result<()>) -> Result<Option<Producer>> {
        loop {
            let known = self.open.lock().clone();
            let open = match known {
                Some(open) => open,
                None => self.connect(check)?,
            };
            if time.is_some_and(|time| open.done.contains(time)) {
                return Ok(None);
            }
            match open.producer.begin_transaction() {
                Ok(()) => {
                    *self.begun.lock() = Some(Instant::now());
                    return Ok(Some(open.producer));
                }
                Err(error) => {
                    self.refuse_fenced(error.rdkafka_error_code())?;
                    self.close();
                }
            }
        }
    }

    /// A producer that is alone under its name: what another had begun is aborted. Then it is known what is written.
    fn connect(&self, check: &dyn Fn() -> Result<()>) -> Result<Open> {
        let producer = producer(&self.settings, Some(&self.name), &self.log)?;
        let watch = &producer.context().watch;
        self.insist(watch, check, || producer.init_transactions(SLICE))?;
        let done = self.insist(self.group.context(), check, || {
            let mut list = TopicPartitionList::new();
            list.add_partition(&self.topic, 0);
            Watch::serve(&self.group, Duration::from_millis(20));
            let committed = self.group.committed_offsets(list, SLICE * 4)?;
            let element = committed.find_partition(&self.topic, 0);
            element.map_or(Ok(Done::default()), |found| found.error().map(|()| Done::parse(found.metadata())))
        })?;
        let open = Open { producer, done };
        *self.open.lock() = Some(open.clone());
        Ok(open)
    }

    /// An answer, however long nobody gives one.
    fn insist<T>(
        &self,
        watch: &Watch,
        check: &dyn Fn() -> Result<()>,
        mut ask: impl FnMut() -> KafkaResult<T>,
    ) -> Result<T> {
        let mut silence = Silence::default();
        loop {
            match ask() {
                Ok(answer) => {
                    watch.well();
                    return Ok(answer);
                }
                Err(error) if passes(&error) => {
                    check()?;
                    watch.check()?;
                    self.tell(&mut silence);
                }
                Err(error) => {
                    self.refuse_fenced(error.rdkafka_error_code())?;
                    return Err(failure(&error));
                }
            }
        }
    }

    fn end(&self, time: Option<Time>, ran: Result<()>, check: &dyn Fn() -> Result<()>) -> Result<Ended> {
        let known = self.open.lock().clone();
        let Some(Open { producer, done }) = known else { return ran.map(|()| Ended::Aborted) };
        if let Err(error) = ran {
            if let Some((code, _)) = producer.client().fatal_error() {
                self.refuse_fenced(Some(code))?;
            }
            self.abort(&producer)?;
            return Err(error);
        }
        let done = time.map_or_else(|| done.clone(), |time| done.with(time));
        let recorded = match time {
            Some(_) => self.attempt(&producer, check, || self.record(&producer, &done)),
            None => Ok(Tried::Done),
        };
        let committed = match recorded {
            Ok(Tried::Done) => self.attempt(&producer, check, || producer.commit_transaction(SLICE)),
            other => other,
        };
        match committed {
            Ok(Tried::Done) => {
                if let Some(open) = &mut *self.open.lock() {
                    open.done = done;
                }
                Ok(Ended::Committed)
            }
            Ok(Tried::Abort) => {
                self.abort(&producer)?;
                Ok(Ended::Aborted)
            }
            Ok(Tried::Lost) => {
                self.close();
                Ok(Ended::Aborted)
            }
            Err(error) => {
                // Nobody knows how far it has come; who begins again finds out.
                self.close();
                Err(error)
            }
        }
    }

    fn record(&self, producer: &Producer, done: &Done) -> KafkaResult<()> {
        let mut list = TopicPartitionList::new();
        let newest = done.newest().map_or(0, |time| time.0.max(0));
        list.add_partition_offset(&self.topic, 0, Offset::Offset(newest))?;
        if let Some(mut element) = list.find_partition(&self.topic, 0) {
            element.set_metadata(done.to_string());
        }
        // What isn't recorded would be written twice.
        let Some(group) = self.group.group_metadata() else {
            return Err(KafkaError::Global(Code::UnknownGroup));
        };
        producer.send_offsets_to_transaction(&list, &group, SLICE)
    }

    /// Aborts it, or leaves that to who begins under the name again.
    fn abort(&self, producer: &Producer) -> Result<()> {
        let begun = Instant::now();
        let patience = || if begun.elapsed() < PATIENCE { Ok(()) } else { Err(Error::Cancelled) };
        match self.attempt(producer, &patience, || producer.abort_transaction(SLICE)) {
            Ok(Tried::Done) => Ok(()),
            Err(fenced @ Error::Engine { kind: Kind::IllegalState, .. }) => Err(fenced),
            _ => {
                self.close();
                Ok(())
            }
        }
    }

    /// Asks until there is an answer.
    fn attempt(
        &self,
        producer: &Producer,
        check: &dyn Fn() -> Result<()>,
        mut ask: impl FnMut() -> KafkaResult<()>,
    ) -> Result<Tried> {
        let watch = &producer.context().watch;
        let mut silence = Silence::default();
        loop {
            let error = match ask() {
                Ok(()) => {
                    watch.well();
                    return Ok(Tried::Done);
                }
                Err(error) => error,
            };
            self.refuse_fenced(error.rdkafka_error_code())?;
            match &error {
                KafkaError::Transaction(reason) if reason.txn_requires_abort() => return Ok(Tried::Abort),
                KafkaError::Transaction(reason) if reason.is_retriable() => {
                    check()?;
                    watch.check()?;
                    self.tell(&mut silence);
                }
                _ => return Ok(Tried::Lost),
            }
        }
    }

    fn tell(&self, silence: &mut Silence) {
        if silence.begun.elapsed() >= silence.next {
            silence.next *= 2;
            let text = format!("Kafka at {} doesn't answer; the batch waits for it.", self.settings.brokers);
            self.log.write(Level::Warning, LOGGER, text);
        }
    }

    /// Fails where somebody else has taken the name: for good, or the two would end each other by turns. librdkafka has
    /// one code for all ways to be told so.
    fn refuse_fenced(&self, code: Option<Code>) -> Result<()> {
        if !matches!(code, Some(Code::Fenced | Code::ProducerFenced)) {
            return Ok(());
        }
        // Kafka itself takes the name from who needs too long for a transaction; who begins again has it back.
        if self.begun.lock().is_some_and(|begun| begun.elapsed() >= self.timeout) {
            self.close();
            return Ok(());
        }
        self.fenced.store(true, Ordering::Relaxed);
        self.close();
        Err(self.taken())
    }

    fn taken(&self) -> Error {
        let message = format!(
            "Another program writes to '{}' in transactions of the name {:?}, so this one can't. If both are to, give them \
             a \"transactional.id\" each, in kafkaParams.",
            self.topic, self.name
        );
        Error::new(Kind::IllegalState, message)
    }

    fn close(&self) {
        let before = self.open.lock().take();
        drop(before);
    }

    /// Transactions of one producer come one after the other.
    fn take_turn(&self, check: &dyn Fn() -> Result<()>) -> Result<Turn<'_>> {
        loop {
            {
                let mut turn = self.turn.lock();
                if !*turn {
                    *turn = true;
                    return Ok(Turn(self));
                }
            }
            check()?;
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Turn<'_> {
    /// Commits what the tasks have written, together with the batch's time, or aborts it.
    pub(super) fn end(self, time: Option<Time>, ran: Result<()>, check: &dyn Fn() -> Result<()>) -> Result<Ended> {
        self.0.end(time, ran, check)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.begun.lock() = None;
        *self.0.turn.lock() = false;
    }
}

/// Whether to ask again.
fn passes(error: &KafkaError) -> bool {
    match error {
        KafkaError::Transaction(reason) => RDKafkaError::is_retriable(reason),
        other => is_out_of_reach(other),
    }
}
