//! The client of Kafka on librdkafka's mock of a cluster: what it does when messages don't come, or are large.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use pyrite::chunk::{Cancel, Chunk};
use pyrite::error::{Error, Result};
use pyrite::plan::Op;
use pyrite::source::{Broker as _, KafkaClient, KafkaParams, KafkaRanges, Messages, OffsetRange, TopicPartition};
use rdkafka::config::ClientConfig;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, BaseRecord, DefaultProducerContext, Producer as _};

use super::Kept;

/// Much longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

struct Setting {
    cluster: MockCluster<'static, DefaultProducerContext>,
    log: Arc<Kept>,
}

impl Setting {
    /// A cluster with a topic of one partition that has some messages.
    fn new(messages: usize) -> Self {
        let cluster = MockCluster::new(1).unwrap();
        cluster.create_topic("t", 1, 1).unwrap();
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", cluster.bootstrap_servers());
        let producer: BaseProducer = config.create().unwrap();
        for _ in 0..messages {
            producer.send(BaseRecord::<(), _>::to("t").payload("x").partition(0)).map_err(|(e, _)| e).unwrap();
        }
        producer.flush(PATIENCE).unwrap();
        Self { cluster, log: Arc::default() }
    }

    fn client(&self, more: &[(&str, &str)]) -> KafkaClient {
        let servers = self.cluster.bootstrap_servers();
        let given = [("bootstrap.servers", servers.as_str())].into_iter().chain(more.iter().copied());
        let params = KafkaParams::of(given.map(|(name, value)| (name.to_owned(), value.to_owned()))).unwrap();
        let log: Arc<dyn pyrite::log::Log> = self.log.clone();
        KafkaClient::new(&params, &log).unwrap()
    }
}

/// Reads a range on a thread of its own, to its end.
fn read(client: KafkaClient, from: i64, until: i64, cancel: &Cancel) -> mpsc::Receiver<Result<Vec<Chunk>>> {
    let (done, waits) = mpsc::channel();
    let cancel = cancel.clone();
    std::thread::spawn(move || {
        let range = OffsetRange { of: TopicPartition { topic: "t".into(), partition: 0 }, from, until };
        let plan = KafkaRanges::plan(Arc::new(client), vec![range]);
        let Op::Scan(scan) = plan.op() else { panic!("no scan") };
        let all = || {
            let mut stream = scan.open(0, &cancel)?;
            let mut chunks = Vec::new();
            while let Some(chunk) = stream.next(usize::MAX)? {
                chunks.push(chunk);
            }
            Ok(chunks)
        };
        let _ = done.send(all());
    });
    waits
}

fn rows(chunks: &[Chunk]) -> usize {
    chunks.iter().map(Chunk::len).sum()
}

#[test]
fn a_range_whose_broker_ends_in_the_middle_waits_and_can_be_cancelled() {
    let setting = Setting::new(10);
    let cancel = Cancel::default();
    // Half of it is there, and the rest doesn't come.
    let waits = read(setting.client(&[]), 0, 20, &cancel);
    std::thread::sleep(Duration::from_secs(1));
    setting.cluster.broker_down(1).unwrap();
    assert!(waits.recv_timeout(Duration::from_secs(2)).is_err());
    cancel.set();
    assert!(matches!(waits.recv_timeout(PATIENCE).unwrap(), Err(Error::Cancelled)));
}

#[test]
fn where_the_topic_ends_before_a_range_the_range_is_left_out_if_asked_for() {
    let setting = Setting::new(5);
    let cancel = Cancel::default();
    let lenient = setting.client(&[("failOnDataLoss", "false"), ("auto.offset.reset", "earliest")]);
    let found = read(lenient, 10, 20, &cancel).recv_timeout(PATIENCE);
    cancel.set();
    assert_eq!(rows(&found.unwrap().unwrap()), 0);
    assert_eq!(setting.log.messages().iter().filter(|m| m.contains("Offsets 10 to 20")).count(), 1);
    let strict = read(setting.client(&[]), 10, 20, &Cancel::default()).recv_timeout(PATIENCE).unwrap();
    assert!(strict.unwrap_err().to_string().contains("offset 10 is gone"));
}

#[test]
fn large_messages_make_small_chunks() {
    let mut messages = Messages::default();
    let value = vec![b'x'; 6 << 20];
    let add = |messages: &mut Messages| messages.push("t", 0, 0, None, Some(&value));
    add(&mut messages);
    add(&mut messages);
    assert!(messages.are_enough(2) && !messages.are_enough(3));
    add(&mut messages);
    assert!(messages.are_enough(usize::MAX));
}

#[test]
fn a_range_is_read_in_full_chunks() {
    let setting = Setting::new(3000);
    let client = setting.client(&[]);
    assert_eq!(
        client.offsets(&[TopicPartition { topic: "t".into(), partition: 0 }], pyrite::source::Edge::Latest).unwrap(),
        Some(vec![3000])
    );
    let chunks = read(client, 0, 3000, &Cancel::default()).recv_timeout(PATIENCE).unwrap().unwrap();
    assert_eq!(chunks.iter().map(Chunk::len).collect::<Vec<_>>(), [3000]);
}
