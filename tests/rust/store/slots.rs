//! Slots: one task computes what many want; what is evicted is computed again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use pyrite::chunk::Cancel;
use pyrite::error::{Error, Result};
use pyrite::memory::Memory;
use pyrite::store::{Found, Level, Slots, Stored, StoredRef};

use super::{memory, objects, pairs, read, store};
use crate::memory::Folder;

fn claim(slots: &Arc<Slots>, partition: usize) -> pyrite::store::Claim {
    match slots.find(partition, &Cancel::default()) {
        Found::Claim(claim) => claim,
        Found::Ready(_) => panic!("{partition} is ready"),
        Found::Busy => panic!("{partition} is busy"),
    }
}

fn some(n: usize) -> StoredRef {
    Stored::of(vec![objects(0, n)])
}

#[test]
fn nothing_is_kept_until_enabled() {
    let slots = Arc::<Slots>::default();
    claim(&slots, 0).fulfil(some(1));
    assert!(slots.get(0).is_none() && slots.all_ready().is_none() && !slots.is_enabled());
    slots.enable(2, Level::Disk);
    slots.enable(5, Level::Memory);
    assert_eq!(slots.level(), Level::Disk);
    claim(&slots, 0).fulfil(some(1));
    assert_eq!((slots.get(0).unwrap().rows(), slots.ready()), (1, 1));
    assert!(slots.all_ready().is_none());
    claim(&slots, 1).fulfil(some(2));
    assert_eq!(slots.all_ready().unwrap().len(), 2);
    slots.clear();
    assert_eq!((slots.ready(), slots.is_enabled()), (0, true));
    slots.disable();
    assert!(!slots.is_enabled());
    assert!(Slots::keeping(0, Level::Memory).all_ready().unwrap().is_empty());
}

#[test]
fn claims_free_themselves_and_pass_on() {
    let slots = Slots::keeping(1, Level::MemoryAndDisk);
    let cancel = Cancel::default();
    let Found::Claim(first) = slots.find(0, &cancel) else { panic!("not empty") };
    assert!(matches!(slots.find(0, &Cancel::default()), Found::Busy));
    drop(first);
    let Found::Claim(first) = slots.find(0, &cancel) else { panic!("not freed") };
    cancel.set();
    let second = claim(&slots, 0);
    // Who gave up comes too late, and takes nothing away.
    first.fulfil(some(1));
    assert!(slots.get(0).is_none());
    assert!(matches!(slots.find(0, &Cancel::default()), Found::Busy));
    second.fulfil(some(2));
    assert_eq!(slots.get(0).unwrap().rows(), 2);
    let stale = {
        slots.clear();
        claim(&slots, 0)
    };
    slots.clear();
    stale.fulfil(some(3));
    assert!(slots.get(0).is_none());
}

#[test]
fn waiting_can_be_interrupted() {
    let slots = Slots::keeping(1, Level::MemoryAndDisk);
    let _held = claim(&slots, 0);
    let mut calls = 0;
    let stop = || {
        calls += 1;
        if calls == 3 { Err(Error::Cancelled) } else { Ok(()) }
    };
    assert!(slots.obtain(0, &Cancel::default(), stop).is_err());
    let cancel = Cancel::default();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| slots.obtain(0, &cancel, || Ok(())).is_err());
        std::thread::sleep(Duration::from_millis(30));
        cancel.set();
        assert!(waiter.join().unwrap());
    });
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn each_partition_is_computed_once() {
    let slots = Slots::keeping(50, Level::MemoryAndDisk);
    let computed = AtomicUsize::new(0);
    let get = |partition| -> Result<StoredRef> {
        match slots.obtain(partition, &Cancel::default(), || Ok(()))? {
            Found::Ready(rows) => Ok(rows),
            Found::Claim(claim) => {
                // Every third try fails, as tasks do.
                if computed.fetch_add(1, Ordering::Relaxed) % 3 == 2 {
                    return Err(Error::Cancelled);
                }
                std::thread::yield_now();
                claim.fulfil(some(partition + 1));
                Ok(some(partition + 1))
            }
            Found::Busy => panic!("obtain waits"),
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for partition in 0..50 {
                    let rows = loop {
                        if let Ok(rows) = get(partition) {
                            break rows;
                        }
                    };
                    assert_eq!(rows.rows(), partition + 1);
                }
            });
        }
    });
    let computed = computed.load(Ordering::Relaxed);
    assert!((50..=80).contains(&computed), "{computed}");
    assert_eq!(slots.all_ready().unwrap().len(), 50);
}

fn fill(slots: &Arc<Slots>, memory: &Arc<Memory>, partition: usize) {
    claim(slots, partition).fulfil(store(memory, slots.level(), [pairs(partition as i64, 2000)]));
}

#[test]
fn memory_only_lets_go_of_what_was_not_used_for_longest() {
    let folder = Folder::new();
    let memory = memory(900_000, &folder);
    let slots = Slots::keeping(4, Level::Memory);
    for partition in 0..3 {
        fill(&slots, &memory, partition);
    }
    assert_eq!(slots.ready(), 3);
    drop(slots.get(0));
    fill(&slots, &memory, 3);
    memory.budget.make_room(0).unwrap();
    assert!(slots.get(0).is_some() && slots.get(1).is_none());
    assert!(slots.all_ready().is_none());
    assert!(memory.budget.used() <= 900_000);
    // One that is read stays, as nothing would be won.
    let read_now = slots.get(2).unwrap();
    memory.budget.make_room(1_000_000).unwrap();
    assert_eq!(slots.ready(), 1);
    assert_eq!(read(&read_now), (2..2002).collect::<Vec<_>>());
    drop(read_now);
    memory.budget.make_room(1_000_000).unwrap();
    assert_eq!((slots.ready(), memory.budget.used(), folder.files().len()), (0, 0, 0));
    fill(&slots, &memory, 1);
    assert_eq!(slots.get(1).unwrap().rows(), 2000);
}

#[test]
fn memory_and_disk_keeps_everything() {
    let folder = Folder::new();
    let memory = memory(500_000, &folder);
    let slots = Slots::keeping(10, Level::MemoryAndDisk);
    for partition in 0..10 {
        fill(&slots, &memory, partition);
    }
    assert!(memory.budget.used() <= 500_000 && memory.budget.used() > 0);
    for (i, rows) in slots.all_ready().unwrap().iter().enumerate() {
        assert_eq!(read(rows), (i as i64..i as i64 + 2000).collect::<Vec<_>>());
    }
    slots.disable();
    assert_eq!((memory.budget.used(), folder.files().len()), (0, 0));
}

#[test]
fn eviction_and_readers_race() {
    let folder = Folder::new();
    let memory = memory(600_000, &folder);
    let slots = Slots::keeping(8, Level::Memory);
    std::thread::scope(|scope| {
        for thread in 0..6 {
            let (slots, memory) = (&slots, &memory);
            scope.spawn(move || {
                for round in 0..40 {
                    let partition = (round * 3 + thread) % 8;
                    let rows = match slots.obtain(partition, &Cancel::default(), || Ok(())).unwrap() {
                        Found::Ready(rows) => rows,
                        Found::Claim(claim) => {
                            let rows = store(memory, Level::Memory, [pairs(partition as i64, 1000)]);
                            claim.fulfil(rows.clone());
                            rows
                        }
                        Found::Busy => panic!("obtain waits"),
                    };
                    assert_eq!(read(&rows)[0], partition as i64);
                }
            });
        }
    });
    drop(slots);
    assert_eq!(memory.budget.used(), 0);
}
