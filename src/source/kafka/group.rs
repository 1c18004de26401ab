//! A consumer group's share of some topics: `KafkaUtils.createStream`. Spark's `ReliableKafkaReceiver`, with the brokers in
//! the place of `ZooKeeper`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance};
use rdkafka::error::KafkaError;
use rdkafka::message::Message as _;
use rdkafka::topic_partition_list::Offset;
use rdkafka::types::RDKafkaErrorCode;

use crate::block::{Block, Pending};
use crate::error::{Error, Kind, Result};
use crate::kafka::{Watch, failure, is_out_of_reach};
use crate::log::{Level, LogRef};
use crate::sync::Mutex;

use super::super::receiver::{Receiver, ReceiverInput};
use super::super::{Environment, Outage, Reception};
use super::broker::Edge;
use super::messages::Messages;
use super::owed::{Next, Owed};
use super::params::Params;
use super::ranges::TopicPartition;

const LOGGER: &str = "streaming.kafka";
/// How long the stop of a context waits for a poll.
const SLICE: Duration = Duration::from_millis(50);
/// How long the group is told what is stored, before partitions are given away and at the end.
const PATIENCE: Duration = Duration::from_secs(3);
/// A block has no more rows; large ones, fewer.
const MOST: usize = 65_536;

/// Polls for as long as the stream runs.
pub struct GroupReceiver {
    params: Params,
    topics: Vec<String>,
    name: String,
    log: LogRef,
}

/// The receiver makes its blocks itself.
pub struct NoPending;

impl Pending for NoPending {
    fn take(&mut self) -> Option<Block> {
        None
    }

    fn bytes(&self) -> usize {
        0
    }
}

/// Messages that are in no block yet, and where each partition's next one is.
#[derive(Default)]
struct Held {
    messages: Messages,
    next: Next,
    owed: Owed,
}

impl Held {
    fn add(&mut self, topic: &str, partition: i32, offset: i64, key: Option<&[u8]>, value: Option<&[u8]>) {
        self.messages.push(topic, partition, offset, key, value);
        let known = self.next.iter_mut().find(|(of, _)| of.partition == partition && *of.topic == *topic);
        match known {
            Some((_, next)) => *next = offset + 1,
            None => self.next.push((TopicPartition { topic: topic.into(), partition }, offset + 1)),
        }
    }
}

/// Hears of rebalances, which happen inside of polls.
struct Member {
    watch: Watch,
    log: LogRef,
    reception: Option<Arc<Reception<NoPending>>>,
    held: Mutex<Held>,
}

impl ClientContext for Member {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.watch.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.watch.error(error, reason);
    }
}

impl ConsumerContext for Member {
    /// Who gets the partitions begins behind what was committed: what is in no block yet is stored and committed now,
    /// while they are still ours; where they aren't, the other reads it. (In some protocols partitions stay with us, and
    /// their messages don't come again.)
    fn pre_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Rebalance::Revoke(revoked) = rebalance else { return };
        if consumer.assignment_lost() {
            let held = std::mem::take(&mut *self.held.lock());
            drop(held);
            return;
        }
        if let Err(error) = self.store(consumer, PATIENCE) {
            let text = format!("A partition goes to another member and the group isn't told where it is: {error}");
            self.log.write(Level::Warning, LOGGER, text);
        }
        // The other's from now on.
        let gone = |of: &TopicPartition| revoked.find_partition(&of.topic, of.partition).is_some();
        self.held.lock().owed.give_away(gone);
    }
}

impl Member {
    /// Makes a block of what came; the group is told of those that are stored, with a log durable: while that can't be, for
    /// as long as `patience`, else with a later block. The log tries again by itself.
    fn store(&self, consumer: &BaseConsumer<Self>, patience: Duration) -> Result<()> {
        let Some(reception) = &self.reception else { return Ok(()) };
        let begun = Instant::now();
        let (messages, next) = {
            let mut held = self.held.lock();
            (std::mem::take(&mut held.messages), std::mem::take(&mut held.next))
        };
        if !messages.is_empty() {
            let chunk = messages.finish();
            let bytes = chunk.weight();
            let ticket = reception.store(Block { chunk, bytes });
            self.held.lock().owed.add(ticket, next);
            reception.flush_all();
        }
        while self.held.lock().owed.is_waiting() {
            if begun.elapsed() >= patience {
                if !patience.is_zero() {
                    let text = "What was received isn't durable, so the group isn't told of it; it may come again.";
                    self.log.write(Level::Warning, LOGGER, text.to_owned());
                }
                break;
            }
            std::thread::sleep(SLICE);
            reception.flush_all();
        }
        self.tell(consumer, patience.saturating_sub(begun.elapsed()))
    }

    fn tell(&self, consumer: &BaseConsumer<Self>, patience: Duration) -> Result<()> {
        let begun = Instant::now();
        loop {
            let owed = self.held.lock().owed.due().to_vec();
            if owed.is_empty() {
                return Ok(());
            }
            let mut list = TopicPartitionList::new();
            for (of, next) in &owed {
                list.add_partition_offset(&of.topic, of.partition, Offset::Offset(*next)).map_err(|e| failure(&e))?;
            }
            match consumer.commit(&list, CommitMode::Sync) {
                Ok(()) => {
                    self.held.lock().owed.told();
                    return Ok(());
                }
                // The members are being asked; what is stored is told when they are again a group.
                Err(error) if passes(&error) && begun.elapsed() >= patience => return Ok(()),
                Err(error) if passes(&error) => std::thread::sleep(SLICE),
                Err(error) => return Err(failure(&error)),
            }
        }
    }
}

/// Whether to tell the group later: members are being shared out anew and we don't know the result yet, or we were put
/// out, which a rebalance tells.
fn passes(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{IllegalGeneration, RebalanceInProgress, UnknownMemberId};
    let code = error.rdkafka_error_code();
    is_out_of_reach(error) || matches!(code, Some(RebalanceInProgress | IllegalGeneration | UnknownMemberId))
}

impl GroupReceiver {
    /// The stream of what the group of `params` is given of some topics.
    pub fn input(env: &Environment, params: Params, topics: Vec<String>) -> Result<ReceiverInput<Self>> {
        if topics.is_empty() {
            return Err(Error::new(Kind::IllegalArgument, "createStream needs a topic: {\"topic\": 1}"));
        }
        let receiver = Self { params, topics, name: format!("pyrite-kafka-{}", env.input), log: env.log.clone() };
        // What is wrong with the settings shows now.
        drop(receiver.consumer(None)?);
        ReceiverInput::new(env, receiver, NoPending)
    }

    fn consumer(&self, reception: Option<&Arc<Reception<NoPending>>>) -> Result<BaseConsumer<Member>> {
        let mut config = self.params.client.config();
        let reset = if self.params.start == Edge::Earliest { "earliest" } else { "latest" };
        config.set("auto.offset.reset", reset);
        config.set("enable.auto.commit", "false");
        config.set("enable.auto.offset.store", "false");
        let member = Member {
            watch: Watch::new(self.log.clone()),
            log: self.log.clone(),
            reception: reception.cloned(),
            held: Mutex::default(),
        };
        config.create_with_context(member).map_err(|e| failure(&e))
    }

    fn run(&self, reception: &Arc<Reception<NoPending>>) {
        let mut outage = Outage::new(self.log.clone(), LOGGER);
        while !reception.wake.is_set() {
            reception.started();
            let trouble =
                self.consumer(Some(reception)).and_then(|consumer| self.poll(&consumer, reception, &mut outage));
            let now = reception.clock.now();
            match trouble {
                Err(error) if !reception.wake.is_set() => {
                    let why = match &error {
                        Error::Engine { message, .. } => message.clone(),
                        other => other.to_string(),
                    };
                    let seconds = reception.restart_ms as f64 / 1000.0;
                    outage.trouble(now, format!("{why} Trying again every {seconds} s."));
                    let delay = reception.restart_ms;
                    let message = format!("Restarting receiver with delay {delay}ms: Error reading from Kafka");
                    reception.stopped(message, error.to_string());
                }
                _ => reception.stopped("Stopped by driver".to_owned(), String::new()),
            }
            reception.clock.wait_until(now.plus(reception.restart_ms), &reception.wake);
        }
    }

    /// Reads until the stop, or until something is wrong that doesn't mend itself.
    fn poll(
        &self,
        consumer: &BaseConsumer<Member>,
        reception: &Reception<NoPending>,
        outage: &mut Outage,
    ) -> Result<()> {
        let topics: Vec<&str> = self.topics.iter().map(String::as_str).collect();
        consumer.subscribe(&topics).map_err(|e| failure(&e))?;
        let interval = Duration::from_millis(reception.intake.interval_ms().unsigned_abs());
        let mut cut = Instant::now();
        let mut allowed = 0;
        while !reception.wake.is_set() {
            if allowed == 0 {
                // What is held waits meanwhile: less than a block, and nobody holds its lock.
                let Some(some) = reception.admit(MOST) else { break };
                allowed = some;
            }
            match consumer.poll(SLICE.min(interval)) {
                Some(Ok(message)) => {
                    consumer.context().watch.well();
                    outage.connected(|| format!("Connected to Kafka at {}.", self.params.client.brokers));
                    reception.connected();
                    let mut held = consumer.context().held.lock();
                    let (topic, partition, offset) = (message.topic(), message.partition(), message.offset());
                    held.add(topic, partition, offset, message.key(), message.payload());
                    allowed -= 1;
                }
                Some(Err(error)) if is_out_of_reach(&error) => {
                    let brokers = &self.params.client.brokers;
                    // As Spark 2.4's programs have it.
                    let hint =
                        if brokers.contains(":2181") { " (createStream takes brokers, not ZooKeeper)" } else { "" };
                    let text = format!("No Kafka broker answers at {brokers}{hint}; going on when one does.");
                    reception.connecting(Some(text.clone()));
                    outage.trouble(reception.clock.now(), text);
                }
                Some(Err(error)) => {
                    consumer.context().watch.hear(&error, &error.to_string());
                    consumer.context().watch.check()?;
                    return Err(failure(&error));
                }
                None => {}
            }
            consumer.context().watch.check()?;
            let full = consumer.context().held.lock().messages.are_enough(MOST);
            if full || cut.elapsed() >= interval {
                consumer.context().store(consumer, Duration::ZERO)?;
                cut = Instant::now();
            }
        }
        // What was received before the stop counts.
        consumer.context().store(consumer, PATIENCE)
    }
}

impl Receiver for GroupReceiver {
    type Pending = NoPending;

    fn begin(self: Arc<Self>, reception: &Arc<Reception<NoPending>>) -> Result<()> {
        let name = self.name.clone();
        reception.on_threads(&name, move |reception| self.run(reception))
    }

    fn interrupt(&self) {}

    fn kind(&self) -> String {
        "KafkaReceiver".to_owned()
    }
}
