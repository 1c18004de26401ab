//! The budget, and what is asked for memory when it is exceeded.

mod limit;
mod spill;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};

use pyrite::error::{Error, Kind, Result};
use pyrite::memory::{Budget, Registration, Reservation, Share, Spill};

/// A directory of one test's own, gone when dropped.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let name = format!("pyrite-test-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Every file below, without the locks.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut folders = vec![self.0.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.file_name().unwrap() != "lock" {
                    files.push(path);
                }
            }
        }
        files
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Bytes that can be given back.
struct Kept {
    held: Mutex<Option<Reservation>>,
    spilled: AtomicUsize,
    fails: bool,
    registration: Registration,
}

impl Kept {
    fn new(budget: &Arc<Budget>, bytes: usize) -> Arc<Self> {
        Self::build(budget, bytes, false)
    }

    fn build(budget: &Arc<Budget>, bytes: usize, fails: bool) -> Arc<Self> {
        Arc::new_cyclic(|kept: &Weak<Self>| Self {
            held: Mutex::new(Some(budget.reserve(bytes))),
            spilled: AtomicUsize::new(0),
            fails,
            registration: budget.register(kept.clone()),
        })
    }

    fn spills(&self) -> usize {
        self.spilled.load(Ordering::Relaxed)
    }
}

impl Spill for Kept {
    fn weight(&self) -> usize {
        self.held.lock().unwrap().as_ref().map_or(0, Reservation::bytes)
    }

    fn spill(&self) -> Result<usize> {
        if self.fails {
            return Err(Error::new(Kind::Io, "full"));
        }
        self.spilled.fetch_add(1, Ordering::Relaxed);
        let held = self.held.lock().unwrap().take();
        let bytes = held.as_ref().map_or(0, Reservation::bytes);
        if let Some(held) = &held {
            // What is written needs some memory itself.
            drop(held.budget().reserve(100));
        }
        Ok(bytes)
    }
}

#[test]
fn reservations_count_until_they_go() {
    let budget = Budget::new(100);
    let mut a = budget.reserve(60);
    a.grow(30);
    let part = a.split(40);
    assert_eq!((a.bytes(), part.bytes(), budget.used(), budget.over()), (50, 40, 90, 0));
    a.resize(80);
    assert_eq!((budget.used(), budget.over()), (120, 20));
    a.shrink(1000);
    drop(part);
    assert_eq!((budget.used(), budget.peak()), (0, 120));
}

#[test]
fn those_that_were_not_used_for_longest_give_way() {
    let budget = Budget::new(100);
    let kept: Vec<_> = (0..4).map(|_| Kept::new(&budget, 25)).collect();
    kept[0].registration.touch();
    let _mine = budget.reserve(30);
    assert_eq!(budget.make_room(0).unwrap(), 50);
    assert_eq!(kept.iter().map(|k| k.spills()).collect::<Vec<_>>(), [0, 1, 1, 0]);
    assert_eq!(budget.make_room(0).unwrap(), 0);
    assert_eq!(budget.make_room(30).unwrap(), 25);
    assert_eq!(kept[3].spills(), 1);
    // More than there is: what can go goes, and that is no error.
    assert_eq!(budget.make_room(1000).unwrap(), 25);
    drop(kept);
    assert_eq!(budget.make_room(1000).unwrap(), 0);
}

#[test]
fn a_failed_spill_is_told_and_can_be_tried_again() {
    let budget = Budget::new(10);
    let kept = Kept::build(&budget, 20, true);
    assert!(budget.make_room(0).unwrap_err().to_string().contains("full"));
    assert!(budget.make_room(0).is_err());
    assert_eq!(kept.weight(), 20);
    assert_eq!(budget.used(), 20);
}

/// Asks for room itself while it gives room.
struct Nested {
    budget: Arc<Budget>,
    held: Mutex<Option<Reservation>>,
    _registration: Registration,
}

impl Spill for Nested {
    fn weight(&self) -> usize {
        self.held.lock().unwrap().as_ref().map_or(0, Reservation::bytes)
    }

    fn spill(&self) -> Result<usize> {
        let more = self.budget.reserve(50);
        self.budget.make_room(0)?;
        drop(more);
        let held = self.held.lock().unwrap().take();
        Ok(held.map_or(0, |held| held.bytes()))
    }
}

#[test]
fn a_spill_may_ask_for_room_itself() {
    let budget = Budget::new(10);
    let nested: Vec<_> = (0..3)
        .map(|_| {
            Arc::new_cyclic(|nested: &Weak<Nested>| Nested {
                budget: budget.clone(),
                held: Mutex::new(Some(budget.reserve(20))),
                _registration: budget.register(nested.clone()),
            })
        })
        .collect();
    budget.make_room(0).unwrap();
    assert!(nested.iter().all(|n| n.weight() == 0));
    assert_eq!(budget.used(), 0);
}

#[test]
fn many_threads_keep_to_a_small_budget() {
    let budget = Budget::new(10_000);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let budget = &budget;
            scope.spawn(move || {
                let mut kept = Vec::new();
                for i in 0..150 {
                    kept.push(Kept::new(budget, 100 + (i * 7 + thread) % 50));
                    budget.make_room(0).unwrap();
                    if i % 3 == 0 {
                        let oldest = kept.remove(0);
                        oldest.registration.touch();
                    }
                }
            });
        }
    });
    assert_eq!(budget.used(), 0);
    // Each thread exceeds by what it reserved before it asked, and by what others are at.
    assert!(budget.peak() < 10_000 + 8 * 1000, "{}", budget.peak());
}

#[test]
fn an_operator_spills_beyond_its_share_when_nobody_else_can() {
    let budget = Budget::new(64 << 20);
    let mut share = Share::new(&budget, 4);
    assert_eq!(share.fair(), 8 << 20);
    assert!(!share.hold(60 << 20).unwrap());
    let kept = Kept::new(&budget, 10 << 20);
    assert!(!share.hold(63 << 20).unwrap());
    assert_eq!(kept.spills(), 1);
    assert!(share.hold(70 << 20).unwrap());
    assert!(!share.hold(1 << 20).unwrap());
    let other = budget.reserve(64 << 20);
    // Over, but not by this one.
    assert!(!share.hold(8 << 20).unwrap());
    assert!(share.hold((8 << 20) + 1).unwrap());
    drop((other, share));
    assert_eq!(budget.used(), kept.weight());
    assert_eq!(Share::new(&Budget::new(4 << 20), 16).fair(), 1 << 20);
    assert_eq!(Share::new(&Budget::new(1000), 2).fair(), 1000);
}
