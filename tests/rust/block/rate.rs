//! How fast receivers go: the limiter on a clock by hand, and Spark's controller with its numbers.

use std::sync::Arc;

use pyrite::block::{Estimator, Limiter, Pace};
use pyrite::config::Config;
use pyrite::time::{ManualClock, Time, Wake};

fn config(settings: &[(&str, &str)]) -> Config {
    let prefix = "spark.streaming.backpressure.";
    Config::new(settings.iter().map(|(k, v)| (format!("{prefix}{k}"), (*v).to_owned())))
}

fn estimator(settings: &[(&str, &str)]) -> Estimator {
    let mut all = vec![("enabled", "true")];
    all.extend_from_slice(settings);
    Estimator::of(&config(&all), 1000).unwrap().unwrap()
}

fn pace(ended: i64, records: usize, processing_ms: f64, scheduling_ms: f64) -> Pace {
    Pace { ended: Time(ended), records, processing_ms, scheduling_ms }
}

#[test]
fn the_first_batch_only_sets_where_it_starts() {
    let mut pid = estimator(&[]);
    assert_eq!(pid.next(&pace(1000, 1000, 500.0, 0.0)), None);
    // Reached 2000 a second; now 1000 of them in 800 ms is 1250, and 200 ms of waiting is 250 records to make up for.
    let reached = 1250.0;
    let wished = 2000.0 - (2000.0 - reached) - 0.2 * (200.0 * reached / 1000.0);
    assert_eq!(pid.next(&pace(2000, 1000, 800.0, 200.0)), Some(wished));
}

#[test]
fn batches_that_say_nothing_change_nothing() {
    let mut pid = estimator(&[]);
    assert_eq!(pid.next(&pace(1000, 0, 500.0, 0.0)), None);
    assert_eq!(pid.next(&pace(1000, 1000, 0.0, 0.0)), None);
    assert_eq!(pid.next(&pace(1000, 1000, 500.0, 0.0)), None);
    assert_eq!(pid.next(&pace(1000, 1000, 900.0, 0.0)), None, "no newer than the last one");
    assert_eq!(pid.next(&pace(3000, 0, 900.0, 0.0)), None);
    assert_eq!(pid.next(&pace(2000, 1000, 1000.0, 0.0)), Some(1000.0));
}

#[test]
fn the_trend_counts_where_it_is_asked_for() {
    let mut pid = estimator(&[("pid.derived", "0.5"), ("pid.integral", "0")]);
    pid.next(&pace(1000, 2000, 1000.0, 0.0));
    // error 1000 after 2 s: 500 a second, half of it counts.
    assert_eq!(pid.next(&pace(3000, 1000, 1000.0, 0.0)), Some(2000.0 - 1000.0 - 0.5 * 500.0));
}

#[test]
fn it_never_goes_below_the_least_rate() {
    let mut pid = estimator(&[]);
    pid.next(&pace(1000, 1000, 1000.0, 0.0));
    assert_eq!(pid.next(&pace(2000, 10, 1000.0, 5000.0)), Some(100.0));
    let mut pid = estimator(&[("pid.minRate", "7")]);
    pid.next(&pace(1000, 1000, 1000.0, 0.0));
    assert_eq!(pid.next(&pace(2000, 10, 1000.0, 9000.0)), Some(7.0));
}

#[test]
fn settings_are_checked() {
    assert!(Estimator::of(&config(&[]), 1000).unwrap().is_none());
    let error = |settings: &[(&str, &str)]| {
        let mut all = vec![("enabled", "true")];
        all.extend_from_slice(settings);
        Estimator::of(&config(&all), 1000).unwrap_err().to_string()
    };
    assert!(error(&[("rateEstimator", "best")]).contains("Unknown rate estimator: best"));
    assert!(error(&[("pid.proportional", "-1")]).contains("must be 0 or more, not -1"));
    assert!(error(&[("pid.minRate", "0")]).contains("must be above 0, not 0"));
    assert!(error(&[("pid.integral", "much")]).contains("takes a number"));
}

struct Limited {
    clock: Arc<ManualClock>,
    limiter: Limiter,
    wake: Arc<Wake>,
}

fn limited(initial: Option<f64>, most: Option<f64>) -> Limited {
    let clock = Arc::new(ManualClock::new());
    Limited { limiter: Limiter::new(clock.clone(), initial, most), clock, wake: Arc::default() }
}

#[test]
fn records_come_as_fast_as_the_rate() {
    let l = limited(Some(50.0), Some(100.0));
    assert_eq!(l.limiter.rate(), Some(50.0));
    l.clock.advance(1000);
    assert_eq!(l.limiter.take(10, &l.wake), Some(10));
    assert_eq!(l.limiter.take(1000, &l.wake), Some(40));
    l.limiter.limit(30.0);
    l.clock.advance(100);
    assert_eq!(l.limiter.take(1000, &l.wake), Some(3));
    l.limiter.limit(1e9);
    assert_eq!(l.limiter.rate(), Some(100.0), "never above the most");
    l.limiter.limit(0.0);
    assert_eq!(l.limiter.rate(), Some(100.0));
    l.clock.advance(60_000);
    assert_eq!(l.limiter.take(1000, &l.wake), Some(100), "a second's worth after a long wait");
}

#[test]
fn without_a_rate_all_come_and_a_stop_ends_the_wait() {
    let l = limited(None, None);
    assert_eq!(l.limiter.take(1000, &l.wake), Some(1000));
    let l = limited(Some(0.001), None);
    let waiter = std::thread::scope(|scope| {
        let waiter = scope.spawn(|| l.limiter.take(1, &l.wake));
        std::thread::sleep(std::time::Duration::from_millis(20));
        l.wake.set();
        waiter.join().unwrap()
    });
    assert_eq!(waiter, None);
}
