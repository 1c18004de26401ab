//! A receiver as an input: its thread fills an intake, its batches take the blocks. Spark's `ReceiverInputDStream` and
//! `ReceiverSupervisor`; a receiver has a thread of its own and takes no task slot.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::block::{Budget, Intake, Lease, Pending, block_interval};
use crate::chunk::Chunk;
use crate::error::{Error, Result};
use crate::fault::caught;
use crate::log::{Level, LogRef};
use crate::plan::{Plan, PlanRef};
use crate::sync::{Condvar, Mutex};
use crate::time::{Clock, Time, Wake};

use super::{Environment, Input, InputReport};

/// Enough for about 170 MB/s at 100 ms batches; twice as much doubles that and lets memory wander by 50 MB.
const DEFAULT_BUFFERED: usize = 16 << 20;

const LOGGER: &str = "streaming.receiver";

/// How long a receiver that hit a bug of ours waits before it begins again.
const AFTER_FAULT_MS: i64 = 2000;

/// Where a receiver puts what it gets, and how it learns that it must end.
pub struct Reception<P> {
    /// The records.
    pub intake: Intake<P>,
    /// Set when the receiver must end.
    pub wake: Arc<Wake>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Gets records from the outside, on a thread that never enters the interpreter.
pub trait Receiver: Send + Sync + 'static {
    /// What it collects records in.
    type Pending: Pending + 'static;
    /// Runs until `reception.wake` is set.
    fn run(&self, reception: &Reception<Self::Pending>);
    /// Ends a blocking read or connect, as far as that is possible; called after `wake` is set.
    fn interrupt(&self);
    /// The thread's name.
    fn name(&self) -> String;
}

/// A receiver's stream.
pub struct ReceiverInput<R: Receiver> {
    receiver: Arc<R>,
    reception: Arc<Reception<R::Pending>>,
    running: Arc<Running>,
    allocated: Mutex<BTreeMap<Time, Vec<Chunk>>>,
    log: LogRef,
}

/// Whether the thread runs.
#[derive(Default)]
struct Running {
    count: Mutex<usize>,
    changed: Condvar,
}

impl<R: Receiver> ReceiverInput<R> {
    /// A stream of what `receiver` gets, collected in `pending`.
    pub fn new(env: &Environment, receiver: R, pending: R::Pending) -> Result<Self> {
        let interval = block_interval(env.config.duration_ms("spark.streaming.blockInterval")?, env.batch_ms);
        let limit = env.config.bytes("pyrite.receiver.maxBufferedBytes", DEFAULT_BUFFERED)?;
        let reception = Reception {
            intake: Intake::new(pending, interval, Budget::within(limit, &env.memory.budget)),
            wake: Arc::default(),
            clock: env.clock.clone(),
        };
        Ok(Self {
            receiver: Arc::new(receiver),
            reception: Arc::new(reception),
            running: Arc::default(),
            allocated: Mutex::default(),
            log: env.log.clone(),
        })
    }
}

impl<R: Receiver> Input for ReceiverInput<R> {
    fn start(&self) -> Result<()> {
        let (receiver, reception, running) = (self.receiver.clone(), self.reception.clone(), self.running.clone());
        let log = self.log.clone();
        running.add(1);
        let spawned = thread::Builder::new().name(receiver.name()).spawn(move || {
            while let Err(fault) = caught(|| receiver.run(&reception)) {
                log.write(Level::Error, LOGGER, format!("A receiver failed and begins again: {fault}"));
                let again = reception.clock.now().plus(AFTER_FAULT_MS);
                reception.clock.wait_until(again, &reception.wake);
            }
            running.add(-1);
        });
        if let Err(error) = spawned {
            self.running.add(-1);
            return Err(Error::io("no thread for a receiver", &error));
        }
        Ok(())
    }

    fn allocate(&self, time: Time) -> Option<Lease> {
        let allocation = self.reception.intake.allocate();
        let chunks = allocation.blocks.into_iter().map(|b| b.chunk).collect();
        let before = self.allocated.lock().insert(time, chunks);
        drop(before);
        Some(allocation.lease)
    }

    /// One partition a block; none when nothing came.
    fn compute(&self, time: Time) -> Result<Option<PlanRef>> {
        let chunks = self.allocated.lock().get(&time).cloned().unwrap_or_default();
        Ok(Some(Plan::chunks(chunks.into_iter().map(|c| vec![c]).collect())))
    }

    fn report(&self, time: Time) -> Option<InputReport> {
        let records = self.allocated.lock().get(&time)?.iter().map(Chunk::len).sum();
        Some(InputReport { records, description: None })
    }

    fn has_unallocated(&self) -> bool {
        self.reception.intake.has_unallocated()
    }

    fn forget(&self, up_to: Time) {
        let old = {
            let mut allocated = self.allocated.lock();
            let kept = allocated.split_off(&up_to.plus(1));
            std::mem::replace(&mut *allocated, kept)
        };
        drop(old);
    }

    fn stop(&self) {
        self.reception.wake.set();
        self.reception.intake.budget().close();
        self.receiver.interrupt();
    }

    fn wait_stopped(&self, timeout: Duration) -> bool {
        self.running.wait_zero(timeout)
    }

    fn in_memory(&self) -> bool {
        true
    }
}

impl<R: Receiver> Drop for ReceiverInput<R> {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Running {
    fn add(&self, n: isize) {
        let mut count = self.count.lock();
        *count = count.saturating_add_signed(n);
        drop(count);
        self.changed.notify_all();
    }

    fn wait_zero(&self, timeout: Duration) -> bool {
        *self.changed.wait_timeout_while(self.count.lock(), timeout, |count| *count > 0) == 0
    }
}
