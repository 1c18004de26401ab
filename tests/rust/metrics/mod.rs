//! The bus keeps the newest events and says what a reader missed.

use pyrite::id::{JobId, StageId};
use pyrite::metrics::{Bus, Event, Outcome};

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
