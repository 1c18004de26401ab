//! The direct stream of Kafka on a cluster that is a table, with time by hand.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use pyrite::block::Pace;
use pyrite::chunk::{Cancel, drain};
use pyrite::error::{Error, Kind, Result};
use pyrite::plan::{Op, PlanRef};
use pyrite::sink::{KafkaDone, KafkaMessage};
use pyrite::source::{
    Broker, DirectInput, Edge, Fetching, Input, KafkaParams, KafkaRanges, KafkaStart, Messages, OffsetRange, Reset,
    TopicPartition, Topics,
};
use pyrite::time::{ManualClock, Time};

use super::{Kept, environment};

/// First and next offset of each partition.
#[derive(Default)]
struct Table {
    partitions: BTreeMap<TopicPartition, (i64, i64)>,
    down: bool,
    committed: Vec<OffsetRange>,
}

#[derive(Default)]
struct Fake(Mutex<Table>);

impl Fake {
    fn set(&self, topic: &str, partition: i32, first: i64, next: i64) {
        self.0.lock().unwrap().partitions.insert(at(topic, partition), (first, next));
    }

    fn down(&self, down: bool) {
        self.0.lock().unwrap().down = down;
    }
}

impl Broker for Fake {
    fn partitions(&self, topics: &Topics) -> Result<Option<Vec<TopicPartition>>> {
        let table = self.0.lock().unwrap();
        if table.down {
            return Ok(None);
        }
        let wanted = |of: &&TopicPartition| match topics {
            Topics::Named(names) => names.iter().any(|name| **name == *of.topic),
            Topics::Matching(pattern) => pattern.is_match(&of.topic),
        };
        let found: Vec<_> = table.partitions.keys().filter(wanted).cloned().collect();
        match topics {
            Topics::Named(_) if found.is_empty() => Err(Error::new(Kind::Spark, "no topic")),
            _ => Ok(Some(found)),
        }
    }

    fn offsets(&self, partitions: &[TopicPartition], edge: Edge) -> Result<Option<Vec<i64>>> {
        let table = self.0.lock().unwrap();
        if table.down {
            return Ok(None);
        }
        let of = |of| {
            let (first, next) = table.partitions[of];
            if edge == Edge::Earliest { first } else { next }
        };
        Ok(Some(partitions.iter().map(of).collect()))
    }

    fn fetch(&self, range: &OffsetRange) -> Result<Box<dyn Fetching>> {
        Ok(Box::new(Fetch(range.clone())))
    }

    fn commit(&self, ranges: &[OffsetRange]) -> Result<()> {
        self.0.lock().unwrap().committed.extend_from_slice(ranges);
        Ok(())
    }
}

struct Fetch(OffsetRange);

impl Fetching for Fetch {
    fn fill(&mut self, messages: &mut Messages, most: usize, _: &Cancel) -> Result<bool> {
        let OffsetRange { of, from, until } = &mut self.0;
        while *from < *until && messages.len() < most {
            messages.push(&of.topic, of.partition, *from, None, Some(from.to_string().as_bytes()));
            *from += 1;
        }
        Ok(*from < *until)
    }
}

fn at(topic: &str, partition: i32) -> TopicPartition {
    TopicPartition { topic: topic.into(), partition }
}

struct Setting {
    broker: Arc<Fake>,
    clock: Arc<ManualClock>,
    log: Arc<Kept>,
    settings: Vec<(&'static str, &'static str)>,
}

impl Setting {
    fn new(settings: &[(&'static str, &'static str)]) -> Self {
        let clock = Arc::new(ManualClock::default());
        Self { broker: Arc::default(), clock, log: Arc::default(), settings: settings.to_vec() }
    }

    fn input(&self, start: KafkaStart, reset: Reset) -> Result<DirectInput> {
        self.of(Topics::Named(vec!["t".to_owned()]), start, reset)
    }

    fn of(&self, topics: Topics, start: KafkaStart, reset: Reset) -> Result<DirectInput> {
        let env = environment(self.clock.clone(), self.log.clone(), &self.settings);
        DirectInput::new(&env, self.broker.clone(), "host:1", topics, start, reset, 5_000)
    }

    fn earliest(&self) -> DirectInput {
        self.input(KafkaStart::At(Edge::Earliest), Reset::Fail).unwrap()
    }
}

fn ranges_of(plan: &PlanRef) -> Vec<(i32, i64, i64)> {
    let ranges = KafkaRanges::of(plan).unwrap();
    ranges.iter().map(|r| (r.of.partition, r.from, r.until)).collect()
}

fn batch(input: &DirectInput, second: i64) -> Vec<(i32, i64, i64)> {
    ranges_of(&input.compute(Time(second * 1000)).unwrap().unwrap())
}

#[test]
fn a_batch_reads_what_came_since_the_last_one() {
    let setting = Setting::new(&[]);
    setting.broker.set("t", 0, 5, 10);
    setting.broker.set("t", 1, 0, 0);
    let input = setting.earliest();
    assert_eq!(batch(&input, 1), [(0, 5, 10), (1, 0, 0)]);
    setting.broker.set("t", 1, 0, 3);
    assert_eq!(batch(&input, 2), [(0, 10, 10), (1, 0, 3)]);
    // Asked again, it is the same.
    assert_eq!(batch(&input, 1), [(0, 5, 10), (1, 0, 0)]);
    let report = input.report(Time(2000)).unwrap();
    assert_eq!(report.records, 3);
    assert_eq!(report.description.unwrap(), "topic: t\tpartition: 1\toffsets: 0 to 3\tcount: 3");
    let latest = setting.input(KafkaStart::At(Edge::Latest), Reset::Fail).unwrap();
    assert_eq!(batch(&latest, 1), [(0, 10, 10), (1, 3, 3)]);
}

#[test]
fn its_plan_has_the_messages() {
    let setting = Setting::new(&[]);
    setting.broker.set("t", 0, 0, 3);
    let input = setting.earliest();
    let plan = input.compute(Time(1000)).unwrap().unwrap();
    let Op::Scan(scan) = plan.op() else { panic!("no scan") };
    let chunks = drain(scan.open(0, &Cancel::default()).unwrap().as_mut(), usize::MAX, &Cancel::default()).unwrap();
    assert_eq!(chunks.iter().map(pyrite::chunk::Chunk::len).sum::<usize>(), 3);
}

#[test]
fn a_partition_gives_no_more_than_its_rate() {
    let setting = Setting::new(&[("spark.streaming.kafka.maxRatePerPartition", "7")]);
    setting.broker.set("t", 0, 0, 10);
    setting.broker.set("t", 1, 0, 5);
    let input = setting.earliest();
    assert_eq!(batch(&input, 1), [(0, 0, 7), (1, 0, 5)]);
    assert_eq!(batch(&input, 2), [(0, 7, 10), (1, 5, 5)]);
}

#[test]
fn with_back_pressure_a_rate_is_shared_by_what_waits() {
    let setting = Setting::new(&[
        ("spark.streaming.backpressure.enabled", "true"),
        ("spark.streaming.backpressure.initialRate", "100"),
        ("spark.streaming.kafka.maxRatePerPartition", "80"),
    ]);
    setting.broker.set("t", 0, 0, 900);
    setting.broker.set("t", 1, 0, 100);
    setting.broker.set("t", 2, 0, 1);
    let input = setting.earliest();
    // 90, 10 and a rounded 0 of 100; no more than 80, no less than one message.
    assert_eq!(batch(&input, 1), [(0, 0, 80), (1, 0, 10), (2, 0, 1)]);
    let pace = Pace { ended: Time(2000), records: 91, processing_ms: 9100.0, scheduling_ms: 0.0 };
    input.settled(Time(1000), Some(&pace), true);
    let later = Pace { ended: Time(12_000), records: 91, processing_ms: 4550.0, scheduling_ms: 0.0 };
    input.settled(Time(2000), Some(&later), true);
    // The estimator's least rate is 100.
    let [(0, 80, first), (1, 10, second), (2, 1, 1)] = batch(&input, 2)[..] else { panic!("other ranges") };
    assert!((first - 80) + (second - 10) <= 101);
}

#[test]
fn without_a_broker_a_batch_has_nothing_and_the_next_has_all() {
    let setting = Setting::new(&[]);
    setting.broker.set("t", 0, 0, 4);
    setting.broker.down(true);
    let input = setting.earliest();
    assert!(batch(&input, 1).is_empty());
    setting.broker.down(false);
    assert_eq!(batch(&input, 2), [(0, 0, 4)]);
    setting.broker.down(true);
    setting.broker.set("t", 0, 0, 6);
    assert_eq!(batch(&input, 3), [(0, 4, 4)]);
    assert_eq!(batch(&input, 4), [(0, 4, 4)]);
    setting.broker.down(false);
    assert_eq!(batch(&input, 5), [(0, 4, 6)]);
    let said = || {
        let said = setting.log.messages();
        let count = |text: &str| said.iter().filter(|message| message.contains(text)).count();
        (count("No Kafka broker answers at host:1"), count("Connected to Kafka"))
    };
    // An outage is told once a minute.
    assert_eq!(said(), (1, 1));
    setting.clock.advance(60_000);
    setting.broker.down(true);
    assert_eq!(batch(&input, 70), [(0, 6, 6)]);
    setting.broker.down(false);
    assert_eq!(batch(&input, 71), [(0, 6, 6)]);
    assert_eq!(said(), (2, 2));
}

#[test]
fn new_partitions_are_read_from_their_beginning() {
    let setting = Setting::new(&[]);
    setting.broker.set("t", 0, 0, 4);
    let input = setting.input(KafkaStart::At(Edge::Latest), Reset::Fail).unwrap();
    assert_eq!(batch(&input, 1), [(0, 4, 4)]);
    setting.broker.set("t", 1, 0, 2);
    // It is looked for every five seconds.
    assert_eq!(batch(&input, 2), [(0, 4, 4)]);
    setting.clock.advance(5000);
    assert_eq!(batch(&input, 3), [(0, 4, 4), (1, 0, 2)]);
    let all = setting.of(Topics::matching("t|u.*").unwrap(), KafkaStart::At(Edge::Latest), Reset::Fail).unwrap();
    batch(&all, 1);
    setting.broker.set("uu", 0, 3, 9);
    setting.clock.advance(5000);
    assert_eq!(batch(&all, 2), [(0, 4, 4), (1, 2, 2), (0, 3, 9)]);
}

#[test]
fn partitions_that_were_not_asked_for_stay_out() {
    let setting = Setting::new(&[]);
    setting.broker.set("t", 0, 0, 4);
    setting.broker.set("t", 1, 0, 4);
    let from = || KafkaStart::From(vec![(at("t", 1), 2)]);
    let input = setting.input(from(), Reset::Fail).unwrap();
    assert_eq!(batch(&input, 1), [(1, 2, 4)]);
    setting.clock.advance(5000);
    assert_eq!(batch(&input, 2), [(1, 4, 4)]);
    let memory = input.memory().unwrap().unwrap();
    setting.broker.set("t", 2, 0, 1);
    let again = setting.input(from(), Reset::Fail).unwrap();
    again.recall(&memory).unwrap();
    setting.clock.advance(5000);
    // What came while it was down is new all the same.
    assert_eq!(batch(&again, 3), [(1, 4, 4), (2, 0, 1)]);
    let other = KafkaStart::From(vec![(at("u", 1), 2)]);
    assert!(setting.input(other, Reset::Fail).is_err());
}

#[test]
fn what_a_partition_has_lost_is_an_error_unless_asked_for() {
    let setting = Setting::new(&[]);
    setting.broker.set("t", 0, 0, 10);
    let [strict, from_latest, from_earliest] =
        [Reset::Fail, Reset::To(Edge::Latest), Reset::To(Edge::Earliest)].map(|reset| {
            let input = setting.input(KafkaStart::At(Edge::Earliest), reset).unwrap();
            assert_eq!(batch(&input, 1), [(0, 0, 10)]);
            input
        });
    setting.broker.set("t", 0, 0, 3);
    let error = strict.compute(Time(2000)).err().unwrap().to_string();
    assert!(error.contains("Beginning offset 10 is after the ending offset 3 for partition 0 of topic 't'"), "{error}");
    assert_eq!(batch(&from_latest, 2), [(0, 3, 3)]);
    assert_eq!(batch(&from_earliest, 2), [(0, 0, 3)]);
    setting.broker.set("t", 0, 0, 5);
    assert_eq!(batch(&from_latest, 3), [(0, 3, 5)]);
}

#[test]
fn a_restart_reads_the_same_ranges_and_goes_on_behind_them() {
    let setting = Setting::new(&[]);
    setting.broker.set("t", 0, 0, 4);
    let input = setting.earliest();
    let memory = input.memory().unwrap().unwrap();
    batch(&input, 1);
    let first = input.record(Time(1000)).unwrap().unwrap();
    setting.broker.set("t", 0, 0, 6);
    batch(&input, 2);
    let second = input.record(Time(2000)).unwrap().unwrap();
    setting.broker.set("t", 0, 0, 9);
    let again = setting.input(KafkaStart::At(Edge::Latest), Reset::Fail).unwrap();
    again.recall(&memory).unwrap();
    again.restore(Time(1000), &first).unwrap();
    again.restore(Time(2000), &second).unwrap();
    assert_eq!(batch(&again, 1), [(0, 0, 4)]);
    assert_eq!(batch(&again, 2), [(0, 4, 6)]);
    assert_eq!(batch(&again, 3), [(0, 6, 9)]);
    assert!(again.recall(b"what is this").is_err());
    assert!(again.restore(Time(4000), b"what is this").is_err());
}

#[test]
fn a_memory_newer_than_the_records_loses_nothing_and_doubles_nothing() {
    let setting = Setting::new(&[]);
    setting.broker.set("t", 0, 0, 4);
    let input = setting.earliest();
    batch(&input, 1);
    let failed = input.record(Time(1000)).unwrap().unwrap();
    setting.broker.set("t", 0, 0, 6);
    batch(&input, 2);
    // Written when the second batch had its ranges and no record yet.
    let memory = input.memory().unwrap().unwrap();
    setting.broker.set("t", 0, 0, 9);
    let again = setting.earliest();
    again.recall(&memory).unwrap();
    // The first batch has failed and comes again: the stream doesn't go back to it.
    again.restore(Time(1000), &failed).unwrap();
    assert_eq!(batch(&again, 1), [(0, 0, 4)]);
    assert_eq!(batch(&again, 2), [(0, 4, 6)]);
    assert_eq!(batch(&again, 3), [(0, 6, 9)]);
}

#[test]
fn batches_are_forgotten() {
    let setting = Setting::new(&[]);
    setting.broker.set("t", 0, 0, 4);
    let input = setting.earliest();
    batch(&input, 1);
    batch(&input, 2);
    input.forget(Time(1000));
    assert!(input.record(Time(1000)).unwrap().is_none());
    assert!(input.record(Time(2000)).unwrap().is_some());
    let range = OffsetRange { of: at("t", 0), from: 0, until: 4 };
    input.commit(std::slice::from_ref(&range)).unwrap();
    assert_eq!(setting.broker.0.lock().unwrap().committed, [range]);
}

#[test]
fn settings_have_old_names_and_new_ones() {
    let of = |given: &[(&str, &str)]| KafkaParams::of(given.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
    let params = of(&[
        ("metadata.broker.list", "a:1,b:2"),
        ("auto.offset.reset", "smallest"),
        ("fetch.message.max.bytes", "9"),
        ("zookeeper.connect", "x"),
        ("group.id", "g"),
        ("failOnDataLoss", "false"),
    ])
    .unwrap();
    assert_eq!(params.client.brokers, "a:1,b:2");
    assert_eq!((params.start, params.reset), (Edge::Earliest, Reset::To(Edge::Earliest)));
    assert_eq!(params.client.get("max.partition.fetch.bytes"), Some("9"));
    assert_eq!(params.client.get("group.id"), params.group.as_deref());
    assert_eq!(params.client.native.len(), 2);
    for (given, message) in [
        (&[("a", "b")][..], "Must specify metadata.broker.list or bootstrap.servers"),
        (&[("bootstrap.servers", "host")], "Broker not in the correct format of <host>:<port> [host]"),
        (&[("bootstrap.servers", "a:1"), ("sasl.jaas.config", "x")], "sasl.username"),
        (&[("bootstrap.servers", "a:1"), ("ssl.truststore.location", "x")], "ssl.ca.location"),
        (&[("bootstrap.servers", "a:1"), ("sasl.mechanism", "OAUTHBEARER")], "no way to get a token"),
        (&[("bootstrap.servers", "a:1"), ("failOnDataLoss", "maybe")], "must be true or false"),
    ] {
        let error = of(given).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn which_batches_are_written_fits_into_a_short_text() {
    let mut done = KafkaDone::default();
    for second in 1..=100_000 {
        done = done.with(Time(second * 1000));
    }
    assert_eq!(done.to_string(), "1000:1000:100000");
    assert!(done.contains(Time(5000)) && !done.contains(Time(5500)) && !done.contains(Time(100_001_000)));
    assert_eq!(KafkaDone::parse(&done.to_string()), done);
    // Batches that failed make gaps; one may be filled later.
    let mut done = KafkaDone::default();
    for second in [1, 2, 3, 5, 6, 9, 4] {
        done = done.with(Time(second * 1000));
    }
    let there: Vec<i64> = (0..12).filter(|second| done.contains(Time(second * 1000))).collect();
    assert_eq!(there, [1, 2, 3, 4, 5, 6, 9]);
    assert_eq!(done.newest(), Some(Time(9000)));
    assert_eq!(KafkaDone::parse(&done.to_string()), done);
    assert_eq!(KafkaDone::parse("somebody else's"), KafkaDone::default());
}

#[test]
fn any_order_of_batches_is_remembered() {
    let mut state = 7_u64;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for _ in 0..50 {
        let mut done = KafkaDone::default();
        let mut known = std::collections::BTreeSet::new();
        let mut now = 1_700_000_000_000;
        for _ in 0..150 {
            now += 100 * i64::try_from(1 + next(8) / 6).unwrap();
            let time = now - 100 * i64::try_from(if next(5) == 0 { next(30) } else { 0 }).unwrap();
            done = done.with(Time(time));
            known.insert(time);
        }
        for time in (now - 40_000..now + 1000).step_by(50) {
            // What is forgotten is the oldest.
            if done.contains(Time(time)) || time > now - 4000 {
                assert_eq!(done.contains(Time(time)), known.contains(&time), "{time} in {done}");
            }
        }
        assert!(done.to_string().len() <= 4000);
    }
}

#[test]
fn rows_of_text_are_messages() {
    use arrow_array::{BinaryViewArray, Int64Array, NullArray, StringViewArray};
    use pyrite::chunk::{Columns, Type};
    let texts = Columns::new(Arc::new(StringViewArray::from(vec!["a", "b"])), Type::Str);
    let some = Columns::new(
        Arc::new(BinaryViewArray::from(vec![Some(&b"x"[..]), None])),
        Type::Optional(Box::new(Type::Bytes)),
    );
    let none = Columns::new(Arc::new(NullArray::new(2)), Type::Null);
    let numbers = Columns::new(Arc::new(Int64Array::from(vec![1, 2])), Type::Int);
    let all = |rows: &Columns| {
        let messages = KafkaMessage::of(rows)?;
        let owned = |text: Option<&[u8]>| text.map(<[u8]>::to_vec);
        Some((0..messages.len()).map(|row| messages.get(row)).map(|(k, v)| (owned(k), owned(v))).collect::<Vec<_>>())
    };
    let bytes = |text: &str| Some(text.as_bytes().to_vec());
    assert_eq!(all(&texts).unwrap(), [(None, bytes("a")), (None, bytes("b"))]);
    let pairs = Columns::tuple(vec![texts.clone(), some], 2);
    assert_eq!(all(&pairs).unwrap(), [(bytes("a"), bytes("x")), (bytes("b"), None)]);
    assert_eq!(all(&pairs.slice(1, 1)).unwrap(), [(bytes("b"), None)]);
    assert_eq!(all(&Columns::tuple(vec![none, texts.clone()], 2)).unwrap()[0], (None, bytes("a")));
    assert!(all(&numbers).is_none());
    assert!(all(&Columns::tuple(vec![texts, numbers], 2)).is_none());
}
