//! Batches of messages for Kafka and the tasks that write them, where a job fails or ends in the middle.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use arrow_array::StringViewArray;
use pyrite::chunk::{Columns, Type};
use pyrite::error::{Error, Kind, Result};
use pyrite::log::{LogRef, Silent};
use pyrite::sink::KafkaOutput;
use pyrite::time::Time;
use rdkafka::mocking::MockCluster;

/// Where nobody listens.
const NOWHERE: &str = "127.0.0.1:1";
const PATIENCE: Duration = Duration::from_secs(30);

fn output(address: &str, transactional: Option<&str>, more: &[(&str, &str)]) -> KafkaOutput {
    let given = [("bootstrap.servers", address)].into_iter().chain(more.iter().copied());
    let log: LogRef = Arc::new(Silent);
    KafkaOutput::new(given.map(|(k, v)| (k.to_owned(), v.to_owned())), "t", transactional, &log).unwrap()
}

fn rows(count: usize) -> Columns {
    Columns::new(Arc::new(StringViewArray::from(vec!["a"; count])), Type::Str)
}

/// Fails once it takes too long.
fn soon() -> impl Fn() -> Result<()> {
    let begun = Instant::now();
    move || if begun.elapsed() < PATIENCE { Ok(()) } else { Err(Error::new(Kind::Spark, "it took too long")) }
}

fn failed() -> Result<()> {
    Err(Error::new(Kind::Spark, "another task has failed"))
}

#[test]
fn what_a_task_writes_behind_the_end_of_its_batch_is_refused() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("t", 1, 1).unwrap();
    for (address, name) in [(NOWHERE.to_owned(), None), (cluster.bootstrap_servers(), Some("x"))] {
        let output = output(&address, name, &[]);
        let first = output.begin(None, &soon()).unwrap().unwrap();
        let batch = first.batch().clone();
        let part = batch.part(0).unwrap();
        assert!(part.write(&rows(2), &|| Ok(())).unwrap());
        assert!(first.end(None, failed(), &soon()).is_err());
        let second = output.begin(None, &soon()).unwrap().unwrap();
        // Its chunk would be in the second batch, which makes the same rows again.
        assert!(matches!(part.write(&rows(2), &|| Ok(())), Err(Error::Cancelled)));
        assert!(matches!(part.finish(&|| Ok(())), Err(Error::Cancelled)));
        assert!(matches!(batch.part(1), Err(Error::Cancelled)));
        assert!(second.batch().part(0).unwrap().write(&rows(2), &|| Ok(())).unwrap());
    }
}

#[test]
fn the_end_of_a_batch_does_not_wait_for_a_task_without_room() {
    let output = output(NOWHERE, None, &[("queue.buffering.max.messages", "1")]);
    let begun = output.begin(None, &soon()).unwrap().unwrap();
    let part = begun.batch().part(0).unwrap();
    let (done, waits) = mpsc::channel();
    std::thread::spawn(move || done.send(part.write(&rows(10), &|| Ok(())).is_err()));
    assert!(waits.recv_timeout(Duration::from_millis(300)).is_err(), "there was room");
    assert!(begun.end(None, failed(), &soon()).is_err());
    assert!(waits.recv_timeout(PATIENCE).unwrap());
}

#[test]
fn a_batch_that_is_given_up_lets_the_next_one_begin() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("t", 1, 1).unwrap();
    let output = output(&cluster.bootstrap_servers(), Some("x"), &[]);
    let begun = output.begin(Some(Time(1000)), &soon()).unwrap().unwrap();
    let part = begun.batch().part(0).unwrap();
    // As where a panic goes through.
    drop(begun);
    assert!(part.write(&rows(1), &|| Ok(())).is_err());
    assert!(output.begin(Some(Time(1000)), &soon()).unwrap().is_some());
}
