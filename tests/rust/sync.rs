//! Locks: no poison, and in debug builds a word with who enters foreign code under one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use pyrite::sync::{Condvar, Mutex, entering_foreign};

#[test]
fn a_panic_under_the_lock_leaves_it_usable() {
    let kept = Arc::new(Mutex::new(1));
    let other = kept.clone();
    let panicked = thread::spawn(move || {
        let _open = other.lock();
        std::panic::resume_unwind(Box::new("no words"));
    });
    assert!(panicked.join().is_err());
    *kept.lock() += 1;
    assert_eq!(*kept.lock(), 2);
}

#[test]
fn waits_end_with_the_change() {
    let shared = Arc::new((Mutex::new(false), Condvar::new()));
    let other = shared.clone();
    let waiter = thread::spawn(move || {
        let mut open = other.0.lock();
        while !*open {
            open = other.1.wait(open);
        }
    });
    *shared.0.lock() = true;
    shared.1.notify_all();
    waiter.join().unwrap();
    assert!(*shared.1.wait_timeout(shared.0.lock(), Duration::from_millis(1)));
    assert!(*shared.1.wait_timeout_while(shared.0.lock(), Duration::from_millis(1), |set| *set));
}

#[test]
fn foreign_code_is_entered_with_nothing_locked() {
    let (one, two) = (Mutex::new(()), Mutex::new(()));
    let tries = || catch_unwind(AssertUnwindSafe(|| entering_foreign("a test")));
    assert!(tries().is_ok());
    let (first, second) = (one.lock(), two.lock());
    drop(first);
    let said = tries().map_err(|said| said.downcast_ref::<String>().cloned().unwrap());
    if cfg!(debug_assertions) {
        let said = said.unwrap_err();
        assert!(
            said.starts_with("a test is entered with the lock held that was taken at tests/rust/sync.rs:"),
            "{said}"
        );
    } else {
        assert!(said.is_ok());
    }
    drop(second);
    assert!(tries().is_ok());
}
