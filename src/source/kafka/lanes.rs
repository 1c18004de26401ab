//! The partitions that a consumer is assigned, each with its queue: a range that begins where the last one ended finds its
//! messages fetched already. Spark's cached consumers.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::consumer::Consumer;
use rdkafka::topic_partition_list::Offset;
use rdkafka::types::RDKafkaErrorCode as Code;

use crate::chunk::Cancel;
use crate::error::{Error, Kind, Result};
use crate::kafka::{Watch, failure, is_moving};
use crate::log::{Level, LogRef};
use crate::sync::Mutex;

use super::broker::Fetching;
use super::messages::Messages;
use super::params::Reset;
use super::queue::{Consuming, Queue, Received};
use super::ranges::{OffsetRange, TopicPartition};

const LOGGER: &str = "streaming.kafka";
/// How long somebody who wants the job to end waits for a task that waits for messages.
const SLICE: Duration = Duration::from_millis(50);
/// A broker that says nothing for so long is worth a word.
const SILENCE: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(10);

/// Makes one more consumer.
pub(super) type More = Box<dyn Fn() -> Result<Consuming> + Send + Sync>;

/// The assigned partitions.
pub(super) struct Lanes {
    /// Partitions go round them, each made when one first comes to it. A consumer asks a broker for the next messages when it
    /// has unpacked the last ones, so that one alone leaves broker and tasks waiting for each other.
    consumers: Box<[OnceLock<Consuming>]>,
    more: More,
    /// The partitions as they came.
    numbers: Mutex<HashMap<TopicPartition, usize>>,
    /// `None` while a task has it.
    idle: Mutex<HashMap<TopicPartition, Option<Lane>>>,
}

/// One of them.
pub(super) struct Lane {
    queue: Queue,
    /// Everything before it was read.
    next: i64,
}

/// A lane in a task's hands, which gives it back.
pub(super) struct Taken {
    lane: Option<Lane>,
    of: TopicPartition,
    lanes: Arc<Lanes>,
}

impl Lanes {
    /// Those of a consumer, and of so many in all where there are as many partitions.
    pub(super) fn new(consumer: Consuming, consumers: usize, more: More) -> Self {
        let consumers: Box<[_]> =
            std::iter::once(OnceLock::from(consumer)).chain((1..consumers).map(|_| OnceLock::new())).collect();
        Self { consumers, more, numbers: Mutex::default(), idle: Mutex::default() }
    }

    /// The consumer of a partition, always the same one.
    fn consumer(&self, of: &TopicPartition) -> Result<&Consuming> {
        let number = {
            let mut numbers = self.numbers.lock();
            let next = numbers.len();
            *numbers.entry(of.clone()).or_insert(next)
        };
        let place = &self.consumers[number % self.consumers.len()];
        if let Some(consumer) = place.get() {
            return Ok(consumer);
        }
        let made = (self.more)()?;
        Ok(place.get_or_init(|| made))
    }

    /// The partition's lane, from an offset on; `None` while somebody else has it.
    pub(super) fn take(self: &Arc<Self>, of: &TopicPartition, from: i64) -> Result<Option<Taken>> {
        let known = {
            let mut lanes = self.idle.lock();
            match lanes.get_mut(of) {
                Some(None) => return Ok(None),
                Some(lane) => lane.take(),
                None => {
                    lanes.insert(of.clone(), None);
                    None
                }
            }
        };
        let mut taken = Taken { lane: known, of: of.clone(), lanes: self.clone() };
        if taken.lane.as_ref().is_none_or(|lane| lane.next != from) {
            taken.move_to(from)?;
        }
        Ok(Some(taken))
    }

    /// Has the consumer fetch a partition.
    fn assign(&self, of: &TopicPartition, from: i64) -> Result<Lane> {
        let one = |offset| {
            let mut list = TopicPartitionList::new();
            list.add_partition_offset(&of.topic, of.partition, offset).map(|()| list).map_err(|e| failure(&e))
        };
        let consumer = self.consumer(of)?;
        if consumer.assignment().is_ok_and(|assigned| assigned.find_partition(&of.topic, of.partition).is_some()) {
            consumer.incremental_unassign(&one(Offset::Invalid)?).map_err(|e| failure(&e))?;
        }
        let Some(queue) = Queue::of(consumer, of) else {
            return Err(Error::new(Kind::Spark, format!("Kafka: there can't be a {of}")));
        };
        consumer.incremental_assign(&one(Offset::Offset(from))?).map_err(|e| failure(&e))?;
        Ok(Lane { queue, next: from })
    }
}

impl Lane {
    fn seek(&mut self, of: &TopicPartition, to: i64) -> Result<()> {
        let consumer = self.queue.consumer().clone();
        consumer.seek(&of.topic, of.partition, Offset::Offset(to), PATIENCE).map_err(|e| failure(&e))?;
        self.queue.clear();
        self.next = to;
        Ok(())
    }
}

impl Taken {
    /// Goes on at another offset.
    fn move_to(&mut self, to: i64) -> Result<()> {
        if let Some(lane) = &mut self.lane
            && lane.seek(&self.of, to).is_ok()
        {
            return Ok(());
        }
        // There was none, or librdkafka has given up on it.
        self.lane = None;
        self.lane = Some(self.lanes.assign(&self.of, to)?);
        Ok(())
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let before = {
            let mut lanes = self.lanes.idle.lock();
            match self.lane.take() {
                Some(lane) => lanes.insert(self.of.clone(), Some(lane)),
                None => lanes.remove(&self.of),
            }
        };
        drop(before);
    }
}

/// A range that a task reads.
pub(super) struct Fetch {
    taken: Taken,
    range: OffsetRange,
    reset: Reset,
    log: LogRef,
    brokers: String,
    /// When something last came.
    heard: Instant,
    /// How long after that it is told that nothing comes.
    silence: Duration,
    /// How long after that it is an error, if ever.
    patience: Option<Duration>,
}

/// What messages of a range become.
pub(super) trait Gathered {
    /// Adds one.
    fn add(&mut self, of: &TopicPartition, message: &Received);

    /// How many there are.
    fn count(&self) -> usize;

    /// Whether there are `most` of them, or they are large.
    fn suffice(&self, most: usize) -> bool;
}

impl Gathered for Messages {
    fn add(&mut self, of: &TopicPartition, message: &Received) {
        self.push(&of.topic, of.partition, message.offset(), message.key(), message.value());
    }

    fn count(&self) -> usize {
        self.len()
    }

    fn suffice(&self, most: usize) -> bool {
        self.are_enough(most)
    }
}

impl Fetch {
    pub(super) fn new(taken: Taken, range: OffsetRange, reset: Reset, log: LogRef, brokers: &str) -> Self {
        let (brokers, heard) = (brokers.to_owned(), Instant::now());
        Self { taken, range, reset, log, brokers, heard, silence: SILENCE, patience: None }
    }

    /// Nothing for so long is an error.
    pub(super) fn with_patience(self, patience: Duration) -> Self {
        Self { patience: Some(patience), ..self }
    }

    /// What a queue says instead of a message.
    fn said(&mut self, error: Code, received: &Received) -> Result<()> {
        let Some(lane) = &mut self.taken.lane else { return Ok(()) };
        match error {
            Code::PartitionEOF => {
                lane.next = lane.next.max(received.offset());
                Ok(())
            }
            Code::OffsetOutOfRange | Code::AutoOffsetReset => self.gone(),
            // What passes: librdkafka goes on by itself.
            Code::OperationTimedOut | Code::BrokerTransportFailure | Code::AllBrokersDown | Code::Fail => Ok(()),
            other if is_moving(other) => Ok(()),
            other => {
                let of = &self.range.of;
                let message = format!("Kafka can't read {of} at offset {}: {other}", lane.next);
                self.taken.lane = None;
                Err(Error::new(Kind::Spark, message))
            }
        }
    }

    /// The offset that comes next isn't there any more.
    fn gone(&mut self) -> Result<()> {
        let Some(lane) = &mut self.taken.lane else { return Ok(()) };
        let OffsetRange { of, until, .. } = &self.range;
        let consumer = lane.queue.consumer().clone();
        let (low, high) = consumer.fetch_watermarks(&of.topic, of.partition, PATIENCE).map_err(|e| failure(&e))?;
        let next = lane.next;
        match self.reset {
            // The range was decided on: what is still there of it is read, whatever edge a stream begins at.
            Reset::To(_) => {
                // Where the topic ends before it, there is no place to go on from.
                let to = if high < next { *until } else { low.clamp(next, (*until).max(next)) };
                if to == next {
                    // It is there after all; who said otherwise is behind.
                    std::thread::sleep(SLICE);
                    return self.taken.move_to(to);
                }
                let text = format!("Offsets {next} to {to} of {of} are gone and left out, as kafkaParams ask.");
                self.log.write(Level::Warning, LOGGER, text);
                if to < *until {
                    return self.taken.move_to(to);
                }
                self.taken.lane = None;
                self.range.from = *until;
                Ok(())
            }
            Reset::Fail => {
                let message = format!(
                    "Ran out of messages before reaching ending offset {until} for {of}: offset {next} is gone, the topic \
                     now has {low} to {high}. It keeps messages for too short a time (retention.ms), or the stream was \
                     too late. Set failOnDataLoss to \"false\" in kafkaParams to go on with what is there."
                );
                self.taken.lane = None;
                Err(Error::new(Kind::Spark, message))
            }
        }
    }

    /// Whether the partition ends before the range does, which nothing will mend.
    fn ended(&mut self) -> Result<()> {
        let Some(lane) = &self.taken.lane else { return Ok(()) };
        let OffsetRange { of, until, .. } = &self.range;
        let Ok((low, high)) = lane.queue.consumer().fetch_watermarks(&of.topic, of.partition, PATIENCE) else {
            return Ok(());
        };
        if high >= *until {
            return Ok(());
        }
        let text = format!("Offsets from {} to {until} of {of} are gone: the topic has {low} to {high}", lane.next);
        self.taken.lane = None;
        if self.reset == Reset::Fail {
            let message = format!(
                "Ran out of messages before reaching ending offset {until} for {of}. {text}; it was deleted and made anew, \
                 or has lost messages. Set failOnDataLoss to \"false\" in kafkaParams to go on with what is there."
            );
            return Err(Error::new(Kind::Spark, message));
        }
        self.log.write(Level::Warning, LOGGER, format!("{text}; they are left out, as kafkaParams ask."));
        Ok(())
    }

    /// Nothing comes.
    fn silent(&mut self) -> Result<()> {
        let Some(lane) = &self.taken.lane else { return Ok(()) };
        let consumer = lane.queue.consumer();
        Watch::serve(consumer, SLICE);
        consumer.context().check()?;
        if let Some(patience) = self.patience.filter(|patience| self.heard.elapsed() > *patience) {
            let (of, seconds) = (&self.range.of, patience.as_secs());
            return Err(Error::new(Kind::Spark, format!("Kafka gave no message of {of} within {seconds} s")));
        }
        if self.heard.elapsed() >= self.silence {
            self.silence *= 2;
            let (of, brokers) = (&self.range.of, &self.brokers);
            let why = consumer.context().trouble().map(|trouble| format!(" ({trouble})")).unwrap_or_default();
            let text = format!("Waiting for {of} from {brokers}{why}.");
            self.log.write(Level::Warning, LOGGER, text);
            return self.ended();
        }
        Ok(())
    }

    /// As `Fetching` says, for whatever messages become.
    pub(super) fn gather(&mut self, messages: &mut impl Gathered, most: usize, cancel: &Cancel) -> Result<bool> {
        let before = messages.count();
        loop {
            let Some(lane) = &mut self.taken.lane else { return Ok(false) };
            if lane.next >= self.range.until {
                return Ok(false);
            }
            let has_come = messages.count() > before;
            let wait = if has_come { Duration::ZERO } else { SLICE };
            let Some(received) = lane.queue.next(wait) else {
                cancel.check()?;
                if has_come {
                    return Ok(true);
                }
                self.silent()?;
                continue;
            };
            if !has_come {
                (self.heard, self.silence) = (Instant::now(), SILENCE);
            }
            if let Some(error) = received.error() {
                // Errors may come without end.
                cancel.check()?;
                self.said(error, &received)?;
                continue;
            }
            if !has_come {
                lane.queue.consumer().context().well();
            }
            let offset = received.offset();
            if offset >= self.range.until {
                lane.queue.put_back(received);
                lane.next = self.range.until;
                return Ok(false);
            }
            // What a seek has left behind.
            if offset < lane.next {
                continue;
            }
            messages.add(&self.range.of, &received);
            lane.next = offset + 1;
            if messages.suffice(most) {
                return Ok(true);
            }
        }
    }
}

impl Fetching for Fetch {
    fn fill(&mut self, messages: &mut Messages, most: usize, cancel: &Cancel) -> Result<bool> {
        self.gather(messages, most, cancel)
    }
}
