//! The bus keeps the newest events and says what a reader missed; a thread knows what was used on it and for it.

use pyrite::chunk::Cancel;
use pyrite::id::{JobId, StageId};
use pyrite::metrics::{Bus, Event, Outcome, Usage};
use pyrite::plan::Scan;
use pyrite::source::TextFiles;
use pyrite::stage::{Cores, Pool};

fn ended(job: u64) -> Event {
    Event::JobEnded { job: JobId(job), outcome: Outcome::Succeeded }
}

#[test]
fn readers_go_on_where_they_were() {
    let bus = Bus::new(10);
    bus.tell(ended(0));
    bus.tell(ended(1));
    let first = bus.read(0);
    assert_eq!((first.events, first.missed, first.next), (vec![ended(0), ended(1)], 0, 2));
    assert_eq!(bus.read(2).events, vec![]);
    bus.tell(Event::StageStarted { job: JobId(2), stage: StageId(7), name: "collect".into(), tasks: 3 });
    assert_eq!(bus.read(2).next, 3);
    assert_eq!(bus.read(2).events.len(), 1);
}

#[test]
fn a_slow_reader_is_told_how_many_it_missed() {
    let bus = Bus::new(3);
    (0..10).for_each(|job| bus.tell(ended(job)));
    let read = bus.read(2);
    assert_eq!((read.events, read.missed, read.next), (vec![ended(7), ended(8), ended(9)], 5, 10));
    // From beyond the end: nothing, and nothing missed.
    assert_eq!((bus.read(99).events, bus.read(99).missed, bus.read(99).next), (vec![], 0, 10));
}

/// Keeps the calling thread's processor busy for so many milliseconds of its time.
fn work(millis: u64) {
    let before = Usage::here();
    while Usage::here().since(before).cpu < millis * 1_000_000 {}
}

#[test]
fn what_helpers_do_counts_for_who_asked_them() {
    let cores = Cores::new(Pool::new(2));
    let before = Usage::here();
    cores.map(vec![5, 10, 15], work);
    let used = Usage::here().since(before);
    assert!((30_000_000..1_000_000_000).contains(&used.cpu), "{used:?}");
    assert_eq!((used.read_bytes, used.read_rows), (0, 0));
}

#[test]
fn what_helpers_ask_of_helpers_counts_once() {
    let cores = Cores::new(Pool::new(2));
    let before = Usage::here();
    cores.map(vec![(), ()], |()| cores.map(vec![20, 20], work));
    let used = Usage::here().since(before);
    assert!((80_000_000..110_000_000).contains(&used.cpu), "{used:?}");
}

#[test]
fn time_without_a_processor_is_none() {
    let before = Usage::here();
    std::thread::sleep(std::time::Duration::from_millis(50));
    assert!(Usage::here().since(before).cpu < 25_000_000);
}

#[test]
fn who_reads_a_file_has_its_bytes_and_its_lines() {
    let path = std::env::temp_dir().join(format!("pyrite-usage-{}", std::process::id()));
    std::fs::write(&path, "one\ntwo\r\n\nthree").unwrap();
    let files = TextFiles::new(&path.to_string_lossy(), 1, None);
    let before = Usage::here();
    let mut lines = files.open(0, &Cancel::default()).unwrap();
    while lines.next(usize::MAX).unwrap().is_some() {}
    assert_eq!(Usage { cpu: 0, ..Usage::here().since(before) }, Usage { cpu: 0, read_bytes: 15, read_rows: 4 });
    std::fs::remove_file(path).unwrap();
}
