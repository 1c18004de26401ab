//! A cluster by librdkafka.

use std::collections::BTreeSet;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::Offset;
use rdkafka::types::RDKafkaErrorCode as Code;

use crate::error::{Error, Kind, Result};
use crate::kafka::{Aside, Watch, failure, is_moving, is_out_of_reach};
use crate::log::LogRef;
use crate::sync::Mutex;

use super::broker::{Broker, Edge, Fetching, Topics};
use super::lanes::{Fetch, Lanes, More};
use super::params::{Params, Reset};
use super::queue::Consuming;
use super::ranges::{OffsetRange, TopicPartition};

/// What suits batches better than librdkafka's own: who reads a range again waits for the answer that is under way, which may
/// have nothing to say; a queue that was full is filled as soon as there is room.
const UNLESS_GIVEN: [(&str, &str); 2] = [("fetch.wait.max.ms", "100"), ("fetch.queue.backoff.ms", "20")];
/// How long is listened why a question failed.
const HEARING: Duration = Duration::from_millis(100);
/// How long a question to the cluster may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the first one waits until it is asked whether we were refused.
const FIRST: Duration = Duration::from_millis(400);

/// What the partitions of a consumer may hold that nobody has asked for yet, in kilobytes: together, and one at most and
/// at least. With librdkafka's 64 MB each, a topic of many partitions would fill the memory.
const KBYTES: (usize, usize, usize) = (256 << 10, 16 << 10, 512);

/// Consumers of one stream, at most.
const MOST_CONSUMERS: usize = 4;

/// The setting of the same for each partition.
const AHEAD: &str = "queued.max.messages.kbytes";

/// The consumer of one stream or RDD, which is assigned the partitions that are read.
pub struct Client {
    consumer: Consuming,
    params: Params,
    lanes: Mutex<Option<Arc<Lanes>>>,
    /// The most partitions that were asked about at once, which are those that will be read.
    partitions: AtomicUsize,
    log: LogRef,
    /// Whether there ever was an answer.
    known: AtomicBool,
}

impl Client {
    /// A client; connects when it is first asked. A setting that librdkafka doesn't know is an error.
    pub fn new(params: &Params, log: &LogRef) -> Result<Self> {
        Ok(Self {
            consumer: consumer(params, log, 1)?,
            params: params.clone(),
            lanes: Mutex::default(),
            partitions: AtomicUsize::new(0),
            log: log.clone(),
            known: AtomicBool::new(false),
        })
    }

    /// The partitions that are read, by the client's own consumer; if they are many, by one that holds less of each.
    fn lanes(&self) -> Result<Arc<Lanes>> {
        if let Some(lanes) = self.lanes.lock().clone() {
            return Ok(lanes);
        }
        let partitions = self.partitions.load(Ordering::Relaxed);
        let is_few = ahead_kbytes(partitions) == ahead_kbytes(1);
        let given = self.params.client.get(AHEAD).is_some();
        let consumer =
            if is_few || given { self.consumer.clone() } else { consumer(&self.params, &self.log, partitions)? };
        let made = Arc::new(Lanes::new(consumer, consumers(), self.more(partitions)));
        Ok(self.lanes.lock().get_or_insert(made).clone())
    }

    /// Makes more consumers that will read so many partitions together.
    fn more(&self, partitions: usize) -> More {
        let (params, log) = (self.params.clone(), self.log.clone());
        Box::new(move || consumer(&params, &log, partitions))
    }

    /// A range on its way.
    pub(super) fn fetching(&self, range: &OffsetRange, reset: Reset) -> Result<Fetch> {
        let lane = if let Some(lane) = self.lanes()?.take(&range.of, range.from)? {
            lane
        } else {
            // Somebody else reads the partition now, for another job.
            let apart = Arc::new(Lanes::new(consumer(&self.params, &self.log, 1)?, 1, self.more(1)));
            apart.take(&range.of, range.from)?.ok_or_else(|| no_topic(&range.of.topic))?
        };
        Ok(Fetch::new(lane, range.clone(), reset, self.log.clone(), &self.params.client.brokers))
    }

    /// The consumer that questions are asked with.
    pub(super) fn consumer(&self) -> &Consuming {
        &self.consumer
    }

    /// The answer to a question that may take so long; `None` where nobody gives one. Who is refused would wait for it in
    /// vain, so that who has never had one asks in pieces.
    fn answer<T>(&self, ask: impl Fn(Duration) -> KafkaResult<T>) -> Result<Option<T>> {
        let watch = self.consumer.context();
        let begun = Instant::now();
        let mut piece = if self.known.load(Ordering::Relaxed) { PATIENCE } else { FIRST };
        loop {
            let asked = Instant::now();
            let result = ask(piece);
            Watch::serve(&self.consumer, if result.is_ok() { Duration::ZERO } else { HEARING });
            match result {
                Ok(answer) => {
                    watch.well();
                    self.known.store(true, Ordering::Relaxed);
                    return Ok(Some(answer));
                }
                Err(error) if moves(&error) => std::thread::sleep(HEARING),
                Err(error) if is_out_of_reach(&error) => {
                    watch.check()?;
                    if asked.elapsed() < piece {
                        return Ok(None);
                    }
                    piece *= 2;
                }
                Err(error) => return Err(failure(&error)),
            }
            let left = PATIENCE.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Ok(None);
            }
            piece = piece.min(left);
        }
    }
}

impl Broker for Client {
    fn partitions(&self, topics: &Topics) -> Result<Option<Vec<TopicPartition>>> {
        let mut found = Vec::new();
        let mut add = |topic: &rdkafka::metadata::MetadataTopic| {
            let name: Arc<str> = topic.name().into();
            let mut partitions: Vec<i32> =
                topic.partitions().iter().map(rdkafka::metadata::MetadataPartition::id).collect();
            partitions.sort_unstable();
            found.extend(partitions.into_iter().map(|partition| TopicPartition { topic: name.clone(), partition }));
        };
        match topics {
            Topics::Named(names) => {
                for name in names {
                    let Some(metadata) = self.answer(|timeout| self.consumer.fetch_metadata(Some(name), timeout))?
                    else {
                        return Ok(None);
                    };
                    let Some(topic) = metadata.topics().first() else { return Err(no_topic(name)) };
                    match topic.error().map(Code::from) {
                        None if !topic.partitions().is_empty() => add(topic),
                        Some(code) if is_moving(code) => return Ok(None),
                        Some(code @ Code::TopicAuthorizationFailed) => {
                            return Err(failure(&KafkaError::MetadataFetch(code)));
                        }
                        _ => return Err(no_topic(name)),
                    }
                }
            }
            Topics::Matching(pattern) => {
                let Some(metadata) = self.answer(|timeout| self.consumer.fetch_metadata(None, timeout))? else {
                    return Ok(None);
                };
                let matching = |topic: &&rdkafka::metadata::MetadataTopic| {
                    pattern.is_match(topic.name()) && !topic.name().starts_with("__") && topic.error().is_none()
                };
                let mut topics: Vec<_> = metadata.topics().iter().filter(matching).collect();
                topics.sort_by_key(|topic| topic.name());
                topics.into_iter().for_each(&mut add);
            }
        }
        self.partitions.fetch_max(found.len(), Ordering::Relaxed);
        Ok(Some(found))
    }

    fn offsets(&self, partitions: &[TopicPartition], edge: Edge) -> Result<Option<Vec<i64>>> {
        if partitions.is_empty() {
            return Ok(Some(Vec::new()));
        }
        self.partitions.fetch_max(partitions.len(), Ordering::Relaxed);
        // Kafka's protocol has the edges as times that no message has.
        let edge = match edge {
            Edge::Earliest => Offset::Beginning,
            Edge::Latest => Offset::End,
        };
        let each: BTreeSet<&TopicPartition> = partitions.iter().collect();
        let list = list(each.into_iter().map(|of| (of, edge)))?;
        let found = self.answer(|timeout| match self.consumer.offsets_for_times(list.clone(), timeout) {
            Err(error) if is_unknown(&error) => Ok(None),
            Err(error) => Err(error),
            // A leader that is being chosen anew is asked for again.
            Ok(found) => match found.elements().iter().filter_map(|element| element.error().err()).find(moves) {
                Some(error) => Err(error),
                None => Ok(Some(found)),
            },
        })?;
        let Some(found) = found else { return Ok(None) };
        let Some(found) = found else { return Err(no_topic(&partitions[0].topic)) };
        let mut offsets = Vec::with_capacity(partitions.len());
        for of in partitions {
            let Some(element) = found.find_partition(&of.topic, of.partition) else { return Ok(None) };
            match (element.error(), element.offset()) {
                (Ok(()), Offset::Offset(offset)) => offsets.push(offset),
                (Err(error), _) if is_unknown(&error) => return Err(no_topic(&of.topic)),
                (Err(error), _) if !is_out_of_reach(&error) => return Err(failure(&error)),
                _ => return Ok(None),
            }
        }
        Ok(Some(offsets))
    }

    fn fetch(&self, range: &OffsetRange) -> Result<Box<dyn Fetching>> {
        Ok(Box::new(self.fetching(range, self.params.reset)?))
    }

    fn commit(&self, ranges: &[OffsetRange]) -> Result<()> {
        if self.params.group.is_none() {
            let message = "Offsets are committed to a consumer group: give \"group.id\" in kafkaParams";
            return Err(Error::new(Kind::IllegalArgument, message));
        }
        let list = list(ranges.iter().map(|range| (&range.of, Offset::Offset(range.until))))?;
        self.consumer.commit(&list, CommitMode::Async).map_err(|e| failure(&e))
    }
}

/// How much the queue of each of so many partitions holds, in kilobytes, unless the program says.
fn ahead_kbytes(partitions: usize) -> usize {
    let (all, most, least) = KBYTES;
    (all / partitions.max(1)).clamp(least, most)
}

/// How many consumers read a stream of as many partitions or more: one for each core, as more would be busy no more.
pub(super) fn consumers() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get).min(MOST_CONSUMERS)
}

/// A consumer that will read so many partitions.
pub(super) fn consumer(params: &Params, log: &LogRef, partitions: usize) -> Result<Consuming> {
    let mut config = params.client.config();
    if params.group.is_none() {
        // librdkafka assigns partitions only to who names a group; nothing is committed to it unless asked.
        config.set("group.id", "pyrite");
    }
    for (name, value) in UNLESS_GIVEN {
        if params.client.get(name).is_none() {
            config.set(name, value);
        }
    }
    if params.client.get(AHEAD).is_none() {
        config.set(AHEAD, ahead_kbytes(partitions).to_string());
    }
    config.set("auto.offset.reset", "error");
    config.set("enable.auto.commit", "false");
    config.set("enable.auto.offset.store", "false");
    config.set("enable.partition.eof", "true");
    let made = config.create_with_context(Watch::new(log.clone()));
    made.map(|consumer| Arc::new(Aside::new(consumer))).map_err(|e| failure(&e))
}

fn list<'a>(offsets: impl Iterator<Item = (&'a TopicPartition, Offset)>) -> Result<TopicPartitionList> {
    let mut list = TopicPartitionList::new();
    for (of, offset) in offsets {
        list.add_partition_offset(&of.topic, of.partition, offset).map_err(|e| failure(&e))?;
    }
    Ok(list)
}

fn moves(error: &KafkaError) -> bool {
    error.rdkafka_error_code().is_some_and(is_moving)
}

fn is_unknown(error: &KafkaError) -> bool {
    use Code::{UnknownPartition, UnknownTopic, UnknownTopicOrPartition};
    matches!(error.rdkafka_error_code(), Some(UnknownPartition | UnknownTopic | UnknownTopicOrPartition))
}

fn no_topic(name: &str) -> Error {
    Error::new(Kind::Spark, format!("Error getting partition metadata for '{name}'. Does the topic exist?"))
}

#[cfg(test)]
mod tests {
    use super::ahead_kbytes;

    #[test]
    fn many_partitions_hold_less_each() {
        assert_eq!([0, 1, 16, 32, 100_000].map(ahead_kbytes), [16_384, 16_384, 16_384, 8_192, 512]);
    }
}
