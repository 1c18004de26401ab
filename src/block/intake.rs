//! Where a receiver puts records and a batch takes blocks. With a write-ahead log a block is there once it is durable.

use std::mem;
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::error::Result;
use crate::sync::{Condvar, Guard, Mutex};
use crate::time::Time;

use super::logged::Payload;
use super::{Block, BlockLog, Budget, Lease};

/// Records that are not in a block yet.
pub trait Pending: Send {
    /// The complete records as a block, or the first block of them; an incomplete one stays.
    fn take(&mut self) -> Option<Block>;
    /// What the complete records weigh.
    fn bytes(&self) -> usize;
}

/// The records of one receiver between the wire and the batch. There is no timer: the block of an interval is cut when
/// the first records of a later one arrive, or when a batch asks for everything.
pub struct Intake<P> {
    interval_ms: i64,
    /// So many blocks may wait for the log.
    queue: usize,
    budget: Arc<Budget>,
    log: OnceLock<BlockLog>,
    stored: Arc<Stored>,
    state: Mutex<State<P>>,
    moved: Condvar,
}

struct State<P> {
    pending: P,
    interval: i64,
    /// Blocks that aren't in the log yet.
    cut: Vec<Block>,
    /// Blocks for the next batch, right before those that are cut.
    ready: Vec<Block>,
    /// The number of the next block that is cut.
    next: u64,
    /// A thread makes what is cut ready.
    moving: bool,
    closed: bool,
}

/// The blocks of one batch.
pub struct Allocation {
    /// In the order in which they were cut.
    pub blocks: Vec<Block>,
    /// Their numbers.
    pub numbers: Range<u64>,
    /// To be dropped when the batch is done.
    pub lease: Lease,
}

/// Tells when a block is stored: in memory, or with a write-ahead log on the disk.
pub struct Ticket {
    stored: Arc<Stored>,
    number: u64,
}

/// The number behind the last stored block.
#[derive(Default)]
struct Stored {
    next: Mutex<u64>,
    changed: Condvar,
}

impl<P: Pending> Intake<P> {
    /// An intake that cuts a block every `interval_ms`; a receiver waits while `queue` of them wait for the log.
    pub fn new(pending: P, interval_ms: i64, budget: Arc<Budget>, queue: usize) -> Self {
        let (cut, ready) = (Vec::new(), Vec::new());
        let state = State { pending, interval: 0, cut, ready, next: 0, moving: false, closed: false };
        Self {
            interval_ms: interval_ms.max(1),
            queue: queue.max(1),
            budget,
            log: OnceLock::new(),
            stored: Arc::default(),
            state: Mutex::new(state),
            moved: Condvar::new(),
        }
    }

    /// Before the first record: blocks go to a log, the first one with this number.
    pub fn log_to(&self, log: BlockLog, next: u64) {
        // A context starts once.
        let _ = self.log.set(log);
        self.state.lock().next = next;
        *self.stored.next.lock() = next;
    }

    /// Where its blocks go.
    pub fn log(&self) -> Option<&BlockLog> {
        self.log.get()
    }

    /// The budget that its records use.
    pub fn budget(&self) -> &Arc<Budget> {
        &self.budget
    }

    /// Milliseconds from one block to the next.
    pub fn interval_ms(&self) -> i64 {
        self.interval_ms
    }

    /// Waits until there is room for more records: true. False when no more are to come.
    pub fn wait_for_room(&self) -> bool {
        if !self.budget.wait_below() {
            return false;
        }
        let mut state = self.state.lock();
        while !state.closed && state.cut.len() >= self.queue && self.log.get().is_some() {
            state = self.moved.wait(state);
        }
        !state.closed
    }

    /// Ends every wait for room.
    pub fn close(&self) {
        self.budget.close();
        self.state.lock().closed = true;
        self.moved.notify_all();
    }

    /// Adds records that arrived at `now`.
    pub fn receive<T>(&self, now: Time, add: impl FnOnce(&mut P) -> T) -> T {
        let mut state = self.state.lock();
        let interval = now.0.div_euclid(self.interval_ms);
        if interval != state.interval {
            state.cut();
            state.interval = interval;
        }
        let before = state.pending.bytes();
        let result = add(&mut state.pending);
        let after = state.pending.bytes();
        // Charged before a batch can take it: what is given back first would stay charged for ever.
        self.budget.charge(after.saturating_sub(before));
        drop(state);
        result
    }

    /// Adds a block of its own, behind what was received before.
    pub fn store(&self, block: Block) -> Ticket {
        self.budget.charge(block.bytes);
        self.store_charged(block)
    }

    /// The same for a block whose bytes were charged as they came in.
    pub fn store_charged(&self, block: Block) -> Ticket {
        let mut state = self.state.lock();
        state.cut();
        state.push(block);
        self.ticket(state)
    }

    /// Cuts a block now; the ticket is of everything that was received.
    pub fn cut(&self) -> Ticket {
        let mut state = self.state.lock();
        state.cut();
        self.ticket(state)
    }

    fn ticket(&self, state: Guard<'_, State<P>>) -> Ticket {
        let number = state.next;
        drop(state);
        if self.log.get().is_none() {
            self.stored.up_to(number);
        }
        Ticket { stored: self.stored.clone(), number }
    }

    /// What was received in block intervals that are over at `now` is made durable, where there is a log.
    pub fn flush(&self, now: Time) -> Result<()> {
        if self.log.get().is_none() {
            return Ok(());
        }
        {
            let mut state = self.state.lock();
            if now.0.div_euclid(self.interval_ms) != state.interval {
                state.cut();
            }
        }
        self.flush_cut()
    }

    /// Everything that was received is made durable, where there is a log.
    pub fn flush_all(&self) -> Result<()> {
        self.state.lock().cut();
        self.flush_cut()
    }

    fn flush_cut(&self) -> Result<()> {
        let nothing = self.log.get().is_none() || self.state.lock().cut.is_empty();
        if nothing { Ok(()) } else { self.make_ready(None).map(drop) }
    }

    /// Everything that was received and belongs to no batch yet, and to the batch of `time` from now on. With a log the
    /// batch also takes the blocks of `earlier` numbers, and what can't be made durable waits for the next batch.
    pub fn allocate(&self, time: Time, earlier: &[Range<u64>]) -> (Allocation, Result<()>) {
        self.state.lock().cut();
        let (made, (blocks, end)) = match self.make_ready(Some(Asked { time, earlier, new: true })) {
            Ok(taken) => (Ok(()), taken),
            // Where the log didn't say who takes them, nobody does.
            Err(error) => (Err(error), (Vec::new(), 0)),
        };
        let bytes = blocks.iter().map(|b| b.bytes).sum();
        let numbers = end - blocks.len() as u64..end;
        (Allocation { blocks, numbers, lease: Lease::new(self.budget.clone(), bytes) }, made)
    }

    /// The batch of `time` takes blocks of `earlier` numbers only: what was received since waits for a later one.
    pub fn allocate_earlier(&self, time: Time, earlier: &[Range<u64>]) -> Result<()> {
        self.make_ready(Some(Asked { time, earlier, new: false })).map(drop)
    }

    /// Whether a batch would get something.
    pub fn has_unallocated(&self) -> bool {
        let state = self.state.lock();
        !state.ready.is_empty() || !state.cut.is_empty() || state.moving || state.pending.bytes() > 0
    }

    /// Makes blocks that were cut ready for a batch, one thread at a time. Nothing is locked meanwhile: rows of the
    /// program's objects may be pickled here, and a disk may take its time. Gives a batch what is ready, and the number
    /// behind that.
    fn make_ready(&self, batch: Option<Asked<'_>>) -> Result<(Vec<Block>, u64)> {
        let (blocks, first) = {
            let mut state = self.state.lock();
            while state.moving {
                state = self.moved.wait(state);
            }
            state.moving = true;
            (state.cut.clone(), state.next - state.cut.len() as u64)
        };
        let moving = Moving(self);
        if let Some(log) = self.log.get() {
            let numbered = (first..).zip(&blocks);
            let payloads = numbered.map(|(number, block)| Payload::new(number, &block.chunk, block.bytes));
            let payloads = payloads.collect::<Result<Vec<Payload>>>()?;
            let taken = batch.map(|Asked { time, earlier, new }| {
                let from = first - self.state.lock().ready.len() as u64;
                let own = new.then_some(from..first + blocks.len() as u64);
                let all = earlier.iter().cloned().chain(own);
                (time, all.filter(|range| !range.is_empty()).collect::<Vec<_>>())
            });
            if !payloads.is_empty() || taken.as_ref().is_some_and(|(_, numbers)| !numbers.is_empty()) {
                log.write(&payloads, taken.as_ref().map(|(time, numbers)| (*time, numbers.as_slice())))?;
            }
        }
        let ready = blocks.len();
        let end = first + ready as u64;
        let (old, taken) = {
            let mut state = self.state.lock();
            state.ready.extend(blocks);
            let old = state.cut.drain(..ready).collect::<Vec<_>>();
            (old, if batch.is_some_and(|asked| asked.new) { mem::take(&mut state.ready) } else { Vec::new() })
        };
        drop(moving);
        drop(old);
        self.stored.up_to(end);
        Ok((taken, end))
    }
}

/// What a batch takes.
#[derive(Clone, Copy)]
struct Asked<'a> {
    time: Time,
    /// Blocks of an earlier process.
    earlier: &'a [Range<u64>],
    /// Whether it takes what was received since.
    new: bool,
}

/// However making blocks ready ended.
struct Moving<'a, P>(&'a Intake<P>);

impl<P> Drop for Moving<'_, P> {
    fn drop(&mut self) {
        self.0.state.lock().moving = false;
        self.0.moved.notify_all();
    }
}

impl<P: Pending> State<P> {
    fn cut(&mut self) {
        while let Some(block) = self.pending.take() {
            self.push(block);
        }
    }
}

impl<P> State<P> {
    fn push(&mut self, block: Block) {
        self.cut.push(block);
        self.next += 1;
    }
}

impl Ticket {
    /// Waits until the block is stored, for `timeout` at most; whether it is.
    pub fn wait(&self, timeout: Duration) -> bool {
        let end = Instant::now().checked_add(timeout);
        let mut next = self.stored.next.lock();
        while *next < self.number {
            let left = end.map_or(timeout, |end| end.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return false;
            }
            next = self.stored.changed.wait_timeout(next, left);
        }
        true
    }

    /// Whether the block is stored.
    pub fn is_stored(&self) -> bool {
        *self.stored.next.lock() >= self.number
    }
}

impl Stored {
    fn up_to(&self, number: u64) {
        let mut next = self.next.lock();
        *next = (*next).max(number);
        drop(next);
        self.changed.notify_all();
    }
}

/// The block interval: the key's if it is set, else 200 ms, or half the batch interval if that is less.
pub fn block_interval(set: Option<i64>, batch_ms: i64) -> i64 {
    set.unwrap_or_else(|| 200.min(batch_ms / 2)).max(1)
}
