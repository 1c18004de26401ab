//! How clients of Kafka end.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use pyrite::kafka::{Aside, wait_for_ends};

static ENDED: AtomicUsize = AtomicUsize::new(0);

/// Ends as slowly as a client may.
struct Slow(Duration);

impl Drop for Slow {
    fn drop(&mut self) {
        std::thread::sleep(self.0);
        ENDED.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn who_lets_go_of_a_client_does_not_wait_for_its_end() {
    let length = Duration::from_secs(2);
    let begun = Instant::now();
    drop((Aside::new(Slow(length)), Aside::new(Slow(length))));
    assert!(begun.elapsed() < length && ENDED.load(Ordering::SeqCst) == 0);
    wait_for_ends(Duration::from_secs(60));
    assert_eq!(ENDED.load(Ordering::SeqCst), 2);
}
