//! What a consumer group is told while the write-ahead log fails.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use pyrite::block::{Block, BlockLog, Budget, Intake, Pending, Rules, Ticket};
use pyrite::config::Config;
use pyrite::source::{Messages, Next, Owed, TopicPartition};
use pyrite::time::SystemClock;

struct Nothing;

impl Pending for Nothing {
    fn take(&mut self) -> Option<Block> {
        None
    }
    fn bytes(&self) -> usize {
        0
    }
}

fn next(partition: i32, offset: i64) -> (TopicPartition, i64) {
    (TopicPartition { topic: "t".into(), partition }, offset)
}

fn sorted(due: &[(TopicPartition, i64)]) -> Next {
    let mut due = due.to_vec();
    due.sort_by_key(|(of, _)| of.partition);
    due
}

fn store(intake: &Intake<Nothing>, text: &str) -> Ticket {
    let mut messages = Messages::default();
    messages.push("t", 0, 0, None, Some(text.as_bytes()));
    let chunk = messages.finish();
    let bytes = chunk.weight();
    intake.store(Block { chunk, bytes })
}

fn with_log(place: &Path) -> Intake<Nothing> {
    let config = Config::new([
        ("spark.streaming.receiver.writeAheadLog.enable".to_owned(), "true".to_owned()),
        ("spark.streaming.receiver.writeAheadLog.closeFileAfterWrite".to_owned(), "true".to_owned()),
    ]);
    let rules = Rules::of(&config).unwrap().unwrap();
    let (log, left) = BlockLog::open(place, rules, Arc::new(SystemClock::new())).unwrap();
    let intake = Intake::new(Nothing, 100, Budget::new(1 << 20), 10);
    intake.log_to(log, left.next);
    intake
}

#[test]
fn nothing_behind_a_block_that_is_not_durable() {
    let place = std::env::temp_dir().join(format!("pyrite-owed-{}", std::process::id()));
    let away = place.with_extension("away");
    fs::create_dir_all(&place).unwrap();
    let intake = with_log(&place);
    let mut owed = Owed::default();

    owed.add(store(&intake, "a"), vec![next(0, 1), next(1, 1)]);
    assert!(owed.due().is_empty());
    intake.flush_all().unwrap();
    assert_eq!(sorted(owed.due()), [next(0, 1), next(1, 1)]);

    // The log can't be written: what it lacks is owed, and not due.
    fs::rename(&place, &away).unwrap();
    owed.add(store(&intake, "b"), vec![next(0, 2)]);
    assert!(intake.flush_all().is_err());
    owed.add(store(&intake, "c"), vec![next(1, 2), next(2, 5)]);
    assert!(intake.flush_all().is_err());
    assert!(owed.is_waiting());
    assert_eq!(sorted(owed.due()), [next(0, 1), next(1, 1)]);
    owed.told();
    assert!(owed.due().is_empty());

    // Who has got a partition knows where it is.
    owed.give_away(|of| of.partition == 2);
    fs::rename(&away, &place).unwrap();
    intake.flush_all().unwrap();
    assert!(!owed.is_waiting());
    assert_eq!(sorted(owed.due()), [next(0, 2), next(1, 2)]);
    fs::remove_dir_all(&place).unwrap();
}

#[test]
fn a_block_that_is_durable_waits_for_those_before_it() {
    let (one, other) = (with_log_at("one"), with_log_at("other"));
    let mut owed = Owed::default();
    owed.add(store(&one.0, "a"), vec![next(0, 10)]);
    owed.add(store(&other.0, "b"), vec![next(0, 20)]);
    other.0.flush_all().unwrap();
    assert!(owed.due().is_empty(), "the group would begin behind the first block");
    one.0.flush_all().unwrap();
    assert_eq!(owed.due(), [next(0, 20)]);
    for (_, place) in [one, other] {
        fs::remove_dir_all(place).unwrap();
    }
}

fn with_log_at(name: &str) -> (Intake<Nothing>, std::path::PathBuf) {
    let place = std::env::temp_dir().join(format!("pyrite-owed-{name}-{}", std::process::id()));
    fs::create_dir_all(&place).unwrap();
    (with_log(&place), place)
}
