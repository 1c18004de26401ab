//! A stream without a receiver: each batch is given a range of offsets of every partition. Spark's
//! `DirectKafkaInputDStream`; beyond it, partitions that a topic gets later are read, from their first message on.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use crate::block::{Estimator, Pace};
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::log::{Level, LogRef};
use crate::plan::PlanRef;
use crate::sync::Mutex;
use crate::time::{Clock, Time};

use super::super::{Condition, Environment, Input, InputReport, Link, Outage};
use super::broker::{Broker, Edge, Topics};
use super::memory::{Memory, Offsets};
use super::params::Reset;
use super::ranges::{self, OffsetRange, TopicPartition};
use super::scan::KafkaRanges;

const LOGGER: &str = "streaming.kafka";
const RATE: &str = "spark.streaming.kafka.maxRatePerPartition";
const INITIAL_RATE: &str = "spark.streaming.backpressure.initialRate";

/// Where a stream begins.
#[derive(Clone, Debug)]
pub enum Start {
    /// At an edge of every partition.
    At(Edge),
    /// At these offsets.
    From(Vec<(TopicPartition, i64)>),
}

/// Ranges of the partitions of some topics.
pub struct DirectInput {
    topics: Topics,
    broker: Arc<dyn Broker>,
    brokers: String,
    start: Start,
    reset: Reset,
    rates: Rates,
    /// How often the topics are asked for new partitions.
    look_ms: i64,
    clock: Arc<dyn Clock>,
    log: LogRef,
    state: Mutex<State>,
}

/// How many messages a partition may give a batch.
struct Rates {
    batch_seconds: f64,
    /// Messages a second of one partition.
    most: Option<f64>,
    /// Messages a second of all, at first.
    initial: Option<f64>,
    controlled: bool,
}

struct State {
    /// Where each partition goes on; unknown as long as no broker has said where it begins.
    next: Option<Offsets>,
    /// Partitions that were there at the start and that the program didn't ask for.
    left_out: BTreeSet<TopicPartition>,
    /// The newest batch that was given ranges.
    newest: Option<Time>,
    /// What batches read.
    batches: BTreeMap<Time, Vec<OffsetRange>>,
    estimator: Option<Estimator>,
    rate: Option<f64>,
    looked: Time,
    outage: Outage,
    /// What the brokers said last, and whether they answer.
    latest: Offsets,
    link: Link,
}

impl DirectInput {
    /// A stream of `topics`. The offsets to begin with are asked for now; where no broker answers, by the first batch that
    /// finds one.
    pub fn new(
        env: &Environment,
        broker: Arc<dyn Broker>,
        brokers: &str,
        topics: Topics,
        start: Start,
        reset: Reset,
        look_ms: i64,
    ) -> Result<Self> {
        if let (Start::From(offsets), Topics::Named(named)) = (&start, &topics) {
            same_topics(named, offsets)?;
        }
        let estimator = Estimator::of(&env.config, env.batch_ms)?;
        let input = Self {
            topics,
            broker,
            brokers: brokers.to_owned(),
            start,
            reset,
            rates: Rates::of(&env.config, env.batch_ms, estimator.is_some())?,
            look_ms,
            clock: env.clock.clone(),
            log: env.log.clone(),
            state: Mutex::new(State {
                next: None,
                left_out: BTreeSet::new(),
                newest: None,
                batches: BTreeMap::new(),
                rate: None,
                estimator,
                looked: env.clock.now(),
                outage: Outage::new(env.log.clone(), LOGGER),
                latest: Offsets::default(),
                link: Link::Connecting,
            }),
        };
        if input.begin()?.is_some() {
            input.reached();
        } else {
            input.unreachable();
        }
        Ok(input)
    }

    /// Has the consumer group remember that everything before the ranges' ends was dealt with.
    pub fn commit(&self, ranges: &[OffsetRange]) -> Result<()> {
        self.broker.commit(ranges)
    }

    /// Finds out where the partitions begin, and has them go on there; `None` when no broker answers.
    fn begin(&self) -> Result<Option<Offsets>> {
        let Some(partitions) = self.broker.partitions(&self.topics)? else { return Ok(None) };
        let offsets: Offsets = match &self.start {
            Start::From(offsets) => offsets.iter().cloned().collect(),
            Start::At(edge) => {
                let Some(offsets) = self.broker.offsets(&partitions, *edge)? else { return Ok(None) };
                partitions.iter().cloned().zip(offsets).collect()
            }
        };
        let mut state = self.state.lock();
        if state.next.is_none() {
            state.left_out = partitions.into_iter().filter(|of| !offsets.contains_key(of)).collect();
            state.next = Some(offsets);
        }
        Ok(state.next.clone())
    }

    /// Where the partitions go on, and new ones begin; `None` when no broker answers.
    fn positions(&self) -> Result<Option<Offsets>> {
        let now = self.clock.now();
        let (known, left_out, due) = {
            let mut state = self.state.lock();
            let due = now.since(state.looked) >= self.look_ms;
            if due {
                state.looked = now;
            }
            (state.next.clone(), state.left_out.clone(), due)
        };
        let Some(mut offsets) = known else { return self.begin() };
        if due {
            let Some(partitions) = self.broker.partitions(&self.topics)? else { return Ok(None) };
            let is_new = |of: &TopicPartition| !offsets.contains_key(of) && !left_out.contains(of);
            let new: Vec<_> = partitions.into_iter().filter(is_new).collect();
            if !new.is_empty() {
                let Some(first) = self.broker.offsets(&new, Edge::Earliest)? else { return Ok(None) };
                for (partition, offset) in new.into_iter().zip(first) {
                    self.log.write(
                        Level::Info,
                        LOGGER,
                        format!("There is a new {partition}; it is read from {offset} on."),
                    );
                    offsets.insert(partition, offset);
                }
            }
        }
        Ok(Some(offsets))
    }

    /// What a new batch reads.
    fn ranges(&self) -> Result<Option<Vec<OffsetRange>>> {
        let Some(offsets) = self.positions()? else { return Ok(None) };
        let partitions: Vec<_> = offsets.keys().cloned().collect();
        let Some(latest) = self.broker.offsets(&partitions, Edge::Latest)? else { return Ok(None) };
        let mut ranges = Vec::with_capacity(partitions.len());
        for ((of, mut from), latest) in offsets.into_iter().zip(latest) {
            if latest < from {
                let Some(there) = self.cut_back(&of, from, latest)? else { return Ok(None) };
                from = there;
            }
            ranges.push(OffsetRange { of, from, until: latest });
        }
        let rate = {
            let mut state = self.state.lock();
            state.latest = ranges.iter().map(|range| (range.of.clone(), range.until)).collect();
            state.rate
        };
        self.rates.limit(&mut ranges, rate);
        Ok(Some(ranges))
    }

    /// The partition ends before the offset that would come next: where it goes on; `None` when no broker answers.
    fn cut_back(&self, of: &TopicPartition, from: i64, latest: i64) -> Result<Option<i64>> {
        match self.reset {
            Reset::Fail => Err(Error::new(
                Kind::Spark,
                format!(
                    "Beginning offset {from} is after the ending offset {latest} for {of}: the topic was deleted and made \
                     anew, or has lost messages. Remove the checkpoint to begin anew, or set failOnDataLoss to \"false\" \
                     in kafkaParams to go on with what is there."
                ),
            )),
            Reset::To(edge) => {
                let text = format!(
                    "{of} ends at {latest}, before {from}, which would come next; going on with what is there."
                );
                self.log.write(Level::Warning, LOGGER, text);
                let there = self.broker.offsets(std::slice::from_ref(of), edge)?;
                Ok(there.and_then(|offsets| offsets.first().copied()))
            }
        }
    }

    fn unreachable(&self) {
        let (now, brokers) = (self.clock.now(), &self.brokers);
        let text = format!(
            "No Kafka broker answers at {brokers}. Start one or mend bootstrap.servers; trying again with every batch."
        );
        let mut state = self.state.lock();
        state.link = Link::Retrying;
        state.outage.trouble(now, text);
    }

    fn reached(&self) {
        let brokers = &self.brokers;
        let mut state = self.state.lock();
        state.link = Link::Connected;
        state.outage.connected(|| format!("Connected to Kafka at {brokers}."));
    }
}

impl Input for DirectInput {
    fn compute(&self, time: Time) -> Result<Option<PlanRef>> {
        let decided = self.state.lock().batches.get(&time).cloned();
        let ranges = match decided {
            Some(ranges) => ranges,
            None => self.decide(time)?,
        };
        Ok(Some(KafkaRanges::plan(self.broker.clone(), ranges)))
    }

    fn report(&self, time: Time) -> Option<InputReport> {
        let mut ranges = self.state.lock().batches.get(&time)?.clone();
        let records = ranges.iter().map(OffsetRange::len).sum();
        ranges.retain(|range| !range.is_empty());
        ranges.sort_by_key(|range| std::cmp::Reverse(range.len()));
        let mut lines = String::new();
        for OffsetRange { of, from, until } in &ranges {
            let (topic, partition, count) = (&of.topic, of.partition, until - from);
            let line = format!("topic: {topic}\tpartition: {partition}\toffsets: {from} to {until}\tcount: {count}");
            let _ = write!(lines, "{}{line}", if lines.is_empty() { "" } else { "\n" });
        }
        Some(InputReport { records, description: Some(lines) })
    }

    fn condition(&self) -> Condition {
        let state = self.state.lock();
        let next = state.next.iter().flatten();
        let partitions: Vec<_> = next
            .map(|(of, next)| {
                let latest = state.latest.get(of).copied().unwrap_or(*next);
                (of.to_string(), *next, latest.saturating_sub(*next).max(0) as u64)
            })
            .collect();
        let unreachable = || format!("No Kafka broker answers at {}.", self.brokers);
        Condition {
            link: state.link,
            place: self.brokers.clone(),
            trouble: (state.link == Link::Retrying).then(unreachable),
            rate: state.rate.or(self.rates.initial.filter(|_| self.rates.controlled)),
            controlled: self.rates.controlled,
            buffered: None,
            lag: Some(partitions.iter().map(|(_, _, lag)| lag).sum()),
            partitions,
        }
    }

    fn settled(&self, _: Time, pace: Option<&Pace>, _: bool) {
        if let Some(pace) = pace {
            let mut state = self.state.lock();
            if let Some(rate) = state.estimator.as_mut().and_then(|estimator| estimator.next(pace)) {
                state.rate = Some(rate);
            }
        }
    }

    fn forget(&self, up_to: Time) {
        let mut state = self.state.lock();
        let kept = state.batches.split_off(&up_to.plus(1));
        state.batches = kept;
    }

    fn record(&self, time: Time) -> Result<Option<Vec<u8>>> {
        Ok(self.state.lock().batches.get(&time).map(|ranges| ranges::encode(ranges)))
    }

    fn memory(&self) -> Result<Option<Vec<u8>>> {
        let state = self.state.lock();
        let Some(next) = &state.next else { return Ok(None) };
        let memory = Memory {
            newest: state.newest,
            next: next.clone(),
            left_out: state.left_out.clone(),
            batches: state.batches.clone(),
        };
        Ok(Some(memory.encode()))
    }

    fn recall(&self, memory: &[u8]) -> Result<()> {
        let memory = Memory::decode(memory)?;
        let mut state = self.state.lock();
        state.next = Some(memory.next);
        state.newest = memory.newest;
        state.left_out = memory.left_out;
        state.batches = memory.batches;
        Ok(())
    }

    fn restore(&self, time: Time, record: &[u8]) -> Result<()> {
        let ranges = ranges::decode(record)?;
        let mut state = self.state.lock();
        let state = &mut *state;
        // A batch that the memory knows may come again, alone: the stream goes on behind the newest.
        if state.newest.is_none_or(|newest| time > newest) {
            state.newest = Some(time);
            if !ranges.is_empty() {
                let next = state.next.get_or_insert_default();
                next.extend(ranges.iter().map(|range| (range.of.clone(), range.until)));
            }
        }
        state.batches.insert(time, ranges);
        Ok(())
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl DirectInput {
    /// Gives the batch of `time` its ranges. Only one thread makes new batches; should another ask for an old time that
    /// nobody remembers meanwhile, it takes its turn.
    fn decide(&self, time: Time) -> Result<Vec<OffsetRange>> {
        loop {
            let before = self.state.lock().newest;
            let Some(ranges) = self.ranges()? else {
                self.unreachable();
                // Nothing is known to have come: partitions without messages.
                let mut state = self.state.lock();
                let nothing = |(of, offset): (&TopicPartition, &i64)| OffsetRange {
                    of: of.clone(),
                    from: *offset,
                    until: *offset,
                };
                let ranges: Vec<_> = state.next.iter().flatten().map(nothing).collect();
                state.decided(time, &ranges);
                return Ok(ranges);
            };
            self.reached();
            let mut state = self.state.lock();
            if state.newest == before {
                state.next = Some(ranges.iter().map(|range| (range.of.clone(), range.until)).collect());
                state.decided(time, &ranges);
                return Ok(ranges);
            }
        }
    }
}

impl State {
    fn decided(&mut self, time: Time, ranges: &[OffsetRange]) {
        self.newest = self.newest.max(Some(time));
        self.batches.insert(time, ranges.to_vec());
    }
}

impl Rates {
    fn of(config: &Config, batch_ms: i64, controlled: bool) -> Result<Self> {
        let rate = |key: &str| config.number(key, 0).map(|rate| (rate > 0).then_some(rate as f64));
        Ok(Self {
            batch_seconds: batch_ms as f64 / 1000.0,
            most: rate(RATE)?,
            initial: rate(INITIAL_RATE)?,
            controlled,
        })
    }

    /// Shortens ranges: with back-pressure each partition gets its part of the rate, by how much waits in it; at least one
    /// message each.
    fn limit(&self, ranges: &mut [OffsetRange], estimate: Option<f64>) {
        let rate = estimate.or(self.initial).filter(|_| self.controlled);
        let waiting: usize = ranges.iter().map(OffsetRange::len).sum();
        for range in ranges {
            let part = rate.map(|rate| (rate * range.len() as f64 / waiting.max(1) as f64).round());
            let limit = match (part, self.most) {
                (Some(part), Some(most)) => Some(part.min(most)),
                (part, most) => part.or(most),
            };
            if let Some(limit) = limit {
                let most = ((self.batch_seconds * limit) as i64).max(1);
                range.until = range.until.min(range.from.saturating_add(most));
            }
        }
    }
}

/// Spark's check of `fromOffsets`.
fn same_topics(named: &[String], offsets: &[(TopicPartition, i64)]) -> Result<()> {
    let given: std::collections::BTreeSet<&str> = offsets.iter().map(|(of, _)| &*of.topic).collect();
    let wanted: std::collections::BTreeSet<&str> = named.iter().map(String::as_str).collect();
    if given == wanted {
        return Ok(());
    }
    let list = |topics: std::collections::BTreeSet<&str>| topics.into_iter().collect::<Vec<_>>().join(" ");
    let (wanted, given) = (list(wanted), list(given));
    let message = format!("The specified topics: {wanted} do not equal to the topic from offsets: {given}");
    Err(Error::new(Kind::IllegalState, message))
}
