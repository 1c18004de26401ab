//! The plain Rust program that `make bench` measures Pyrite's Kafka source against.
//!
//! `plain-kafka consume BROKERS TOPIC` reads a topic to its end and prints how many messages it has and in how many
//! seconds. `plain-kafka produce BROKERS TOPIC COUNT BYTES` fills it, with messages of so many bytes, or with BYTES 7 of one
//! of 5,000 words; a fifth number is how many a second.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that answers on standard output")]

use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::Offset;

type Done<T> = Result<T, Box<dyn std::error::Error>>;

const WORDS: u64 = 5000;
const PATIENCE: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["consume", brokers, topic] => consume(brokers, topic),
        ["produce", brokers, topic, count, bytes, rest @ ..] => produce(brokers, topic, count, bytes, rest.first()),
        _ => Err("usage: plain-kafka consume BROKERS TOPIC | produce BROKERS TOPIC COUNT BYTES [RATE]".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("plain-kafka: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn consume(brokers: &str, topic: &str) -> Done<()> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", "plain")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("enable.partition.eof", "true")
        .create()?;
    let metadata = consumer.fetch_metadata(Some(topic), PATIENCE)?;
    let begin = Instant::now();
    let mut list = TopicPartitionList::new();
    for partition in metadata.topics().iter().flat_map(rdkafka::metadata::MetadataTopic::partitions) {
        list.add_partition_offset(topic, partition.id(), Offset::Beginning)?;
    }
    consumer.assign(&list)?;
    let (mut left, mut count, mut bytes) = (list.count(), 0_u64, 0_usize);
    while left > 0 {
        match consumer.poll(PATIENCE) {
            Some(Ok(message)) => {
                count += 1;
                bytes += message.payload().map_or(0, <[u8]>::len);
            }
            Some(Err(KafkaError::PartitionEOF(_))) => left -= 1,
            Some(Err(error)) => return Err(error.into()),
            None => return Err("nothing comes".into()),
        }
    }
    println!("{count} {} {bytes}", begin.elapsed().as_secs_f64());
    Ok(())
}

fn produce(brokers: &str, topic: &str, count: &str, bytes: &str, rate: Option<&&str>) -> Done<()> {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("queue.buffering.max.messages", "500000")
        .set("linger.ms", "5")
        .set("batch.num.messages", "20000")
        .create()?;
    let (count, bytes): (u64, usize) = (count.parse()?, bytes.parse()?);
    let rate: Option<u64> = rate.map(|rate| rate.parse()).transpose()?;
    let metadata = producer.client().fetch_metadata(Some(topic), PATIENCE)?;
    let partitions: usize = metadata.topics().iter().map(|topic| topic.partitions().len()).sum();
    let mut text = "x".repeat(bytes);
    let begin = Instant::now();
    for i in 0..count {
        if bytes == 7 {
            // Scattered, as words are.
            text = format!("w{:06}", i.wrapping_mul(2_654_435_761) % WORDS);
        }
        let partition = i32::try_from(i as usize % partitions)?;
        let mut record = BaseRecord::<(), str>::to(topic).payload(&text).partition(partition);
        while let Err((error, back)) = producer.send(record) {
            if error.rdkafka_error_code() != Some(rdkafka::types::RDKafkaErrorCode::QueueFull) {
                return Err(error.into());
            }
            record = back;
            producer.poll(Duration::from_millis(10));
        }
        if i % 1000 == 0 {
            producer.poll(Duration::ZERO);
            if let Some(rate) = rate {
                let due = Duration::from_secs_f64(i as f64 / rate as f64);
                sleep(due.saturating_sub(begin.elapsed()));
            }
        }
    }
    producer.flush(PATIENCE * 4)?;
    println!("{count} {}", begin.elapsed().as_secs_f64());
    Ok(())
}
