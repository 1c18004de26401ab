//! Blocks: when they are cut, what they weigh, and that a full budget stops the reader.

mod log;
mod rate;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use pyrite::block::{Allocation, Block, Budget, Intake, Lease, Pending, block_interval};
use pyrite::chunk::{Chunk, Columns, Type};
use pyrite::time::Time;

/// Counts records of one byte.
#[derive(Default)]
struct Count(usize);

impl Pending for Count {
    fn take(&mut self) -> Option<Block> {
        let n = std::mem::take(&mut self.0);
        let array = Arc::new(arrow_array::NullArray::new(n));
        (n > 0).then(|| Block { chunk: Chunk::Columns(Columns::new(array, Type::Null)), bytes: n })
    }
    fn bytes(&self) -> usize {
        self.0
    }
}

fn allocate(intake: &Intake<Count>) -> Allocation {
    let (allocation, logged) = intake.allocate(Time(0), &[]);
    logged.unwrap();
    allocation
}

fn sizes(blocks: &[Block]) -> Vec<usize> {
    blocks.iter().map(|b| b.chunk.len()).collect()
}

#[test]
fn a_block_for_each_interval_with_data() {
    let intake = Intake::new(Count::default(), 200, Budget::new(1000), 10);
    for (now, n) in [(0, 1), (199, 1), (200, 5), (399, 1), (1000, 7)] {
        intake.receive(Time(now), |c| c.0 += n);
    }
    assert!(intake.has_unallocated());
    let allocation = allocate(&intake);
    assert_eq!(sizes(&allocation.blocks), [2, 6, 7]);
    assert!(!intake.has_unallocated());
    assert!(allocate(&intake).blocks.is_empty());
}

#[test]
fn what_is_pending_belongs_to_the_batch_that_asks() {
    let intake = Intake::new(Count::default(), 200, Budget::new(1000), 10);
    intake.receive(Time(10), |c| c.0 += 1);
    assert_eq!(sizes(&allocate(&intake).blocks), [1]);
    intake.receive(Time(20), |c| c.0 += 2);
    assert_eq!(sizes(&allocate(&intake).blocks), [2]);
}

#[test]
fn bytes_come_back_when_the_batch_is_done() {
    let budget = Budget::new(10);
    let intake = Arc::new(Intake::new(Count::default(), 200, budget.clone(), 10));
    intake.receive(Time(0), |c| c.0 += 12);
    assert_eq!(budget.used(), 12);
    let waiter = {
        let budget = budget.clone();
        thread::spawn(move || budget.wait_below())
    };
    let allocation = allocate(&intake);
    assert_eq!(budget.used(), 12);
    thread::sleep(Duration::from_millis(20));
    assert!(!waiter.is_finished());
    drop(allocation);
    assert!(waiter.join().unwrap());
    assert_eq!(budget.used(), 0);
}

#[test]
fn a_closed_budget_ends_the_wait() {
    let budget = Budget::new(1);
    budget.charge(1);
    let waiter = {
        let budget = budget.clone();
        thread::spawn(move || budget.wait_below())
    };
    budget.close();
    assert!(!waiter.join().unwrap());
}

#[test]
fn the_block_interval_follows_short_batches() {
    assert_eq!(block_interval(None, 5000), 200);
    assert_eq!(block_interval(None, 100), 50);
    assert_eq!(block_interval(None, 1), 1);
    assert_eq!(block_interval(Some(300), 100), 300);
}

/// A batch may take and finish records the moment they are in: what they weigh must be counted by then, else it is given
/// back before it was charged, stays charged, and in the end the receiver waits for ever.
#[test]
fn records_weigh_before_a_batch_can_take_them() {
    const RECORDS: usize = 4_000_000;
    let budget = Budget::new(1 << 30);
    let intake = Arc::new(Intake::new(Count::default(), 200, budget.clone(), 10));
    let receiver = {
        let intake = intake.clone();
        thread::spawn(move || (0..RECORDS).for_each(|_| intake.receive(Time(0), |c| c.0 += 1)))
    };
    let mut taken = 0;
    while taken < RECORDS {
        taken += sizes(&allocate(&intake).blocks).iter().sum::<usize>();
    }
    receiver.join().unwrap();
    assert_eq!(budget.used(), 0);
}

#[test]
fn received_bytes_count_against_the_shared_memory() {
    let shared = pyrite::memory::Budget::new(100);
    let budget = Budget::within(1 << 20, &shared);
    budget.charge(60);
    assert_eq!(shared.used(), 60);
    let others = shared.reserve(80);
    let waits = budget.clone();
    let waiter = thread::spawn(move || waits.wait_below());
    thread::sleep(Duration::from_millis(60));
    assert!(!waiter.is_finished(), "the memory is full, and something here will give some back");
    drop(others);
    assert!(waiter.join().unwrap());
    let lease = Lease::new(budget.clone(), 60);
    drop(lease);
    assert_eq!(shared.used(), 0);
    let _others = shared.reserve(200);
    assert!(budget.wait_below(), "who holds nothing goes on, else nobody would");
}
