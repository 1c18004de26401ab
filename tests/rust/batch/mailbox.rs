//! Events wait in a mailbox for a thread that takes its time; history and overview.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use pyrite::batch::{Counts, Event, Listener, Mailbox};
use pyrite::config::Config;
use pyrite::id::InputId;
use pyrite::memory::Memory;
use pyrite::source::ReceiverInfo;
use pyrite::time::{ManualClock, Time};

use super::{Bench, boom};
use crate::source::Kept;

fn began(n: i64) -> Event {
    Event::StreamingStarted(Time(n))
}

fn number(event: Option<&Event>) -> Option<i64> {
    match event {
        Some(Event::StreamingStarted(time)) => Some(time.0),
        _ => None,
    }
}

#[test]
fn what_there_is_no_room_for_is_dropped_and_said_once() {
    let log = Arc::new(Kept::default());
    let mailbox = Mailbox::new(2, log.clone());
    (0..5).for_each(|n| mailbox.event(&began(n)));
    assert_eq!(mailbox.dropped(), 3);
    assert_eq!(log.messages().len(), 1, "{:?}", log.messages());
    assert_eq!(number(mailbox.fetch().as_ref()), Some(0));
    mailbox.event(&began(9));
    assert_eq!(mailbox.close(true), 2);
    mailbox.event(&began(10));
    assert_eq!(
        [number(mailbox.fetch().as_ref()), number(mailbox.fetch().as_ref()), number(mailbox.fetch().as_ref())],
        [Some(1), Some(9), None]
    );
}

#[test]
fn a_wait_ends_when_the_last_event_was_worked_on() {
    let mailbox = Arc::new(Mailbox::new(10, Arc::new(Kept::default())));
    mailbox.event(&began(1));
    let reader = mailbox.clone();
    let reading = thread::spawn(move || {
        while reader.fetch().is_some() {
            thread::sleep(Duration::from_millis(30));
        }
    });
    assert!(mailbox.wait_empty(Duration::from_secs(5)));
    mailbox.event(&began(2));
    assert!(!mailbox.wait_empty(Duration::ZERO), "it waits, or is being worked on");
    mailbox.close(false);
    reading.join().unwrap();
    assert!(mailbox.wait_empty(Duration::ZERO));
}

#[test]
fn an_overview_counts_what_became_of_batches() {
    let mut b = Bench::new(&[]);
    let q = b.queue(&[]);
    b.each(&q, |time, _| if time.0 == 2000 { Err(boom("second")) } else { Ok(()) });
    b.start(1);
    b.batches(3);
    let info = ReceiverInfo::new(InputId(4), "SocketReceiver", true);
    b.streaming.tell_of_receiver(Event::ReceiverStarted(info.clone()));
    let stopped = ReceiverInfo { active: false, ..info }.failed("gone", "all of it", Time(2500));
    b.streaming.tell_of_receiver(Event::ReceiverStopped(stopped.clone()));
    let now = b.streaming.overview();
    assert_eq!(now.counts, Counts { committed: 2, failed: 1, dropped: 0, first_dropped: None });
    assert_eq!((now.started, now.completed.len(), now.waiting.len() + now.running.len()), (Some(Time(0)), 3, 0));
    assert_eq!(now.receivers, [stopped]);
}

#[test]
fn concurrent_jobs_are_one_or_more() {
    let config = Config::new([("spark.streaming.concurrentJobs".to_owned(), "0".to_owned())]);
    let log = Arc::new(Kept::default());
    let made = pyrite::batch::Streaming::new(1000, Arc::new(ManualClock::new()), config, log, Memory::unlimited());
    assert!(made.map(drop).unwrap_err().to_string().contains("takes 1 or more"));
}
