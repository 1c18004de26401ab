//! Starting, timing and stopping.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use pyrite::batch::{Phase, Status, Stop, Streaming};
use pyrite::config::Config;
use pyrite::log::Silent;
use pyrite::memory::Memory;
use pyrite::time::{Clock, ManualClock, SystemClock, Time, Wake};

use super::{Bench, taken};

#[test]
fn the_states_and_their_messages() {
    let mut b = Bench::new(&[]);
    let q = b.queue(&[]);
    assert_eq!(b.streaming.phase(), Phase::Initialized);
    let _seen = b.see(&q);
    b.start(1);
    assert!(!b.streaming.start().unwrap(), "starting twice does nothing");
    let error = b.streaming.add_union(vec![q.clone()]).map(drop).unwrap_err().to_string();
    assert!(error.starts_with(
        "java.lang.IllegalStateException: Adding new inputs, transformations, and output operations after starting a \
         context is not supported. Set everything up before start(). To change what runs, stop it with "
    ));
    b.stop(false);
    assert_eq!(b.streaming.phase(), Phase::Stopped);
    let error = b.streaming.start().unwrap_err().to_string();
    assert_eq!(
        error,
        "java.lang.IllegalStateException: StreamingContext has already been stopped. Make a new one: StreamingContext(sc, seconds)."
    );
    let error = b.streaming.add_union(vec![q]).map(drop).unwrap_err().to_string();
    assert!(error.contains("after stopping a context"), "{error}");
    assert!(matches!(b.streaming.wait(Duration::ZERO), Status::Stopped));
}

#[test]
fn no_output_operation() {
    let b = Bench::new(&[]);
    b.queue(&[]);
    let error = b.streaming.start().unwrap_err().to_string();
    assert!(error.contains("requirement failed: No output operations registered, so nothing to execute"), "{error}");
    assert_eq!(b.streaming.phase(), Phase::Stopped);
}

#[test]
fn remember_once() {
    let b = Bench::new(&[]);
    b.streaming.remember(10_000).unwrap();
    let error = b.streaming.remember(5000).unwrap_err().to_string();
    assert!(error.ends_with("Remember duration already set as 10000 ms. Cannot set it again."), "{error}");
}

#[test]
fn an_interval_must_be_positive() {
    for ms in [0, -1000] {
        let made =
            Streaming::new(ms, Arc::new(ManualClock::new()), Config::default(), Arc::new(Silent), Memory::unlimited());
        assert!(made.map(drop).unwrap_err().to_string().contains("at least 1 ms"));
    }
}

/// A late generator makes the missed times back to back, and no more than two batches ahead of the one that runs.
#[test]
fn late_batches_are_not_skipped_and_only_two_are_made_ahead() {
    let mut b = Bench::new(&[]);
    let q = b.queue(&[]);
    let (release, gate) = mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let order = Arc::new(Mutex::new(Vec::new()));
    let kept = order.clone();
    b.each(&q, move |time, _| {
        gate.lock().unwrap().recv().unwrap();
        kept.lock().unwrap().push(time.0);
        Ok(())
    });
    let made = Arc::new(AtomicUsize::new(0));
    let counted = made.clone();
    let t = b.transform(&[&q], pyrite::batch::Missing::Skip, move |_, plans| {
        counted.fetch_add(1, Ordering::SeqCst);
        Ok(Some(plans[0].clone()))
    });
    b.each(&t, |_, _| Ok(()));
    b.start(1);
    b.clock.advance(6000);
    thread::sleep(Duration::from_millis(50));
    assert_eq!(made.load(Ordering::SeqCst), 3);
    for _ in 0..6 {
        release.send(()).unwrap();
    }
    assert!(b.streaming.wait_idle(Duration::from_secs(5)));
    assert_eq!(taken(&order), [1000, 2000, 3000, 4000, 5000, 6000]);
}

#[test]
fn jobs_run_in_order_unless_told_otherwise() {
    let mut b = Bench::new(&[]);
    let q = b.queue(&[]);
    let order = Arc::new(Mutex::new(Vec::new()));
    for i in 0..3 {
        let kept = order.clone();
        b.each(&q, move |time, _| {
            kept.lock().unwrap().push((time.0 / 1000, i));
            Ok(())
        });
    }
    b.start(1);
    b.clock.advance(3000);
    assert!(b.streaming.wait_idle(Duration::from_secs(5)));
    let expected: Vec<(i64, i32)> = (1..4).flat_map(|t| (0..3).map(move |i| (t, i))).collect();
    assert_eq!(taken(&order), expected);
}

/// As in Spark: the interval that is waited for and one more are still made.
#[test]
fn a_graceful_stop_makes_two_more_batches() {
    let mut b = Bench::new(&[]);
    let seen = b.see(&b.queue(&[&["1"], &["2"], &["3"], &["4"]]));
    b.start(1);
    b.batches(1);
    let clock = b.clock.clone();
    let ticker = thread::spawn(move || {
        for _ in 0..4 {
            thread::sleep(Duration::from_millis(60));
            clock.advance(1000);
        }
    });
    b.stop(true);
    ticker.join().unwrap();
    let times: Vec<i64> = taken(&seen).iter().map(|(t, _)| *t).collect();
    assert_eq!(times, [1, 2, 3]);
}

#[test]
fn a_stop_gives_up_on_a_job_that_never_ends_and_says_so() {
    let mut b = Bench::new(&[]);
    let q = b.queue(&[]);
    let (release, gate) = mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let (begin, started) = mpsc::channel::<()>();
    let begin = Mutex::new(begin);
    b.each(&q, move |_, _| {
        let _ = begin.lock().unwrap().send(());
        let _ = gate.lock().unwrap().recv();
        Ok(())
    });
    b.start(1);
    b.clock.advance(1000);
    started.recv().unwrap();
    let start = Instant::now();
    let mut cancelled = 0;
    let mut cancel = || cancelled += 1;
    let stop = Stop {
        graceful: false,
        own_jobs: 0,
        own_generator: false,
        grace: Duration::from_millis(200),
        check: &mut || Ok(()),
        cancel: &mut cancel,
    };
    b.streaming.stop(stop).unwrap();
    assert!(start.elapsed() < Duration::from_secs(6));
    assert_eq!(cancelled, 1);
    assert!(b.log.messages().iter().any(|m| m.contains("gave up")), "{:?}", b.log.messages());
    drop(release);
}

#[test]
fn ten_milliseconds_hold() {
    let streaming =
        Streaming::new(10, Arc::new(SystemClock::new()), Config::default(), Arc::new(Silent), Memory::unlimited())
            .unwrap();
    let lateness = Arc::new(Mutex::new(Vec::new()));
    let clock = SystemClock::new();
    let wake = Arc::new(Wake::default());
    for i in 1..20 {
        let until = Time(clock.now().0 + 10);
        assert!(clock.wait_until(until, &wake));
        lateness.lock().unwrap().push(clock.now().since(until));
        let _ = i;
    }
    let mut late = taken(&lateness);
    late.sort_unstable();
    assert!(late[0] >= 0, "never early");
    assert!(late[late.len() / 2] <= 2, "{late:?}");
    drop(streaming);
}

#[test]
fn a_wake_ends_a_wait_of_either_clock() {
    let clocks: [Arc<dyn Clock>; 2] = [Arc::new(SystemClock::new()), Arc::new(ManualClock::new())];
    for clock in clocks {
        let wake = Arc::new(Wake::default());
        let until = clock.now().plus(60_000);
        let waiter = {
            let wake = wake.clone();
            thread::spawn(move || clock.wait_until(until, &wake))
        };
        thread::sleep(Duration::from_millis(10));
        wake.set();
        assert!(!waiter.join().unwrap());
    }
}
