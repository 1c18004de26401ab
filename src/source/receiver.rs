//! A receiver as an input: it fills an intake, its batches take the blocks. Spark's `ReceiverInputDStream` and
//! `ReceiverSupervisor`; a receiver has threads of its own and takes no task slot.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::block::{
    BlockLog, Budget, Estimator, Intake, Lease, Limiter, Pace, Pending, Recovered, Rules, block_interval,
};
use crate::chunk::Decode;
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::id::InputId;
use crate::log::{Level, LogRef};
use crate::plan::{Plan, PlanRef};
use crate::sync::Mutex;
use crate::time::{Clock, Time};

use super::blocks::{Blocks, Part};
use super::reception::Reception;
use super::{Condition, Environment, Input, InputReport};

/// Enough for about 170 MB/s at 100 ms batches; twice as much doubles that and lets memory wander by 50 MB.
const DEFAULT_BUFFERED: usize = 16 << 20;

const LOGGER: &str = "streaming.receiver";

/// Gets records from the outside.
pub trait Receiver: Send + Sync + 'static {
    /// What it collects records in.
    type Pending: Pending + 'static;
    /// Begins, on threads that it makes, and returns. Each of them holds on to `reception.attend()` until it ends, which
    /// it does when `reception.wake` is set. Where there is a log they call `reception.flush` each block interval.
    fn begin(self: Arc<Self>, reception: &Arc<Reception<Self::Pending>>) -> Result<()>;
    /// Ends a blocking read or connect, as far as that is possible; called after `wake` is set.
    fn interrupt(&self);
    /// What listeners know it by, without its number: `SocketReceiver`.
    fn kind(&self) -> String;
    /// Where its records come from, as people call it: `localhost:9999`.
    fn place(&self) -> String {
        String::new()
    }
    /// Stores what it holds back, if it does: a batch is to have all that was received.
    fn hand_over(&self, _reception: &Reception<Self::Pending>) {}
    /// Whether it holds something back.
    fn holds_back(&self) -> bool {
        false
    }
    /// How rows that the engine can't look into come back from the write-ahead log.
    fn decode(&self) -> Option<Decode> {
        None
    }
}

/// A receiver's stream.
pub struct ReceiverInput<R: Receiver> {
    input: InputId,
    receiver: Arc<R>,
    reception: Arc<Reception<R::Pending>>,
    batch: Mutex<BTreeMap<Time, Vec<Part>>>,
    estimator: Mutex<Option<Estimator>>,
    /// How the log is written, if there is to be one.
    rules: Option<Rules>,
    /// Blocks that an earlier process has left in the log.
    left: Mutex<Recovered>,
    log: LogRef,
}

impl<R: Receiver> ReceiverInput<R> {
    /// A stream of what `receiver` gets, collected in `pending`.
    pub fn new(env: &Environment, receiver: R, pending: R::Pending) -> Result<Self> {
        let interval = block_interval(env.config.duration_ms("spark.streaming.blockInterval")?, env.batch_ms);
        let limit = env.config.bytes("pyrite.receiver.maxBufferedBytes", DEFAULT_BUFFERED)?;
        let queue = env.config.number("spark.streaming.blockQueueSize", 10)?.max(1) as usize;
        let budget = Budget::within(limit, &env.memory.budget);
        let estimator = Estimator::of(&env.config, env.batch_ms)?;
        let limiter = limiter_of(&env.config, &env.clock, estimator.is_some())?;
        let intake = Intake::new(pending, interval, budget, queue);
        let reception = Reception::new(env, &receiver.kind(), intake, limiter)?;
        Ok(Self {
            input: env.input,
            receiver: Arc::new(receiver),
            reception: Arc::new(reception),
            batch: Mutex::default(),
            estimator: Mutex::new(estimator),
            rules: Rules::of(&env.config)?,
            left: Mutex::default(),
            log: env.log.clone(),
        })
    }

    fn part(&self, block: &crate::block::Logged) -> Part {
        Part::Logged(block.clone(), self.receiver.decode())
    }

    /// Blocks of an earlier process that come in the batch of `time`: its own and those of batches before it that nobody
    /// does again; with the last batch that has some, those that no batch took. Whether this is the last one, or comes
    /// behind it: what is newer must not come before what is older, and the log is released in the order of numbers.
    fn before(&self, time: Time) -> (Vec<crate::block::Logged>, bool) {
        let restored_later = self.batch.lock().range(time.plus(1)..).next().is_some();
        let mut left = self.left.lock();
        let later = left.taken.split_off(&time.plus(1));
        let mut blocks: Vec<_> = std::mem::replace(&mut left.taken, later).into_values().flatten().collect();
        let last = left.taken.is_empty() && !restored_later;
        if last {
            blocks.append(&mut left.free);
        }
        (blocks, last)
    }

    /// The blocks of `before`, and with the last of them those that were received since; the bytes of those.
    fn take(&self, time: Time, before: &[crate::block::Logged], last: bool) -> Result<(Vec<Part>, Option<Lease>)> {
        let earlier: Vec<_> = before.iter().map(|block| block.number..block.number + 1).collect();
        let mut parts: Vec<Part> = before.iter().map(|block| self.part(block)).collect();
        if !last {
            self.reception.intake.allocate_earlier(time, &earlier)?;
            return Ok((parts, None));
        }
        let (allocation, logged) = self.reception.intake.allocate(time, &earlier);
        logged?;
        let first = allocation.numbers.start;
        parts.extend((first..).zip(allocation.blocks).map(|(number, block)| Part::Memory(block.chunk, number)));
        Ok((parts, Some(allocation.lease)))
    }
}

impl<R: Receiver> Input for ReceiverInput<R> {
    fn keep_in(&self, directory: Option<&Path>) -> Result<()> {
        let Some(rules) = &self.rules else { return Ok(()) };
        let Some(directory) = directory else {
            let message = "Cannot enable receiver write-ahead log without checkpoint directory set. Please use \
                           streamingContext.checkpoint() to set the checkpoint directory. See documentation for more details.";
            return Err(Error::new(Kind::Spark, message));
        };
        let place = directory.join("receivedData").join(self.input.to_string());
        let (log, left) = BlockLog::open(&place, rules.clone(), self.reception.clock.clone())?;
        self.reception.intake.log_to(log, left.next);
        *self.left.lock() = left;
        Ok(())
    }

    fn start(&self) -> Result<()> {
        self.reception.limiter.begin();
        self.receiver.clone().begin(&self.reception)
    }

    fn allocate(&self, time: Time) -> Option<Lease> {
        if self.batch.lock().contains_key(&time) {
            // A batch of before the restart, whose blocks are known.
            return None;
        }
        self.receiver.hand_over(&self.reception);
        let (before, last) = self.before(time);
        match self.take(time, &before, last) {
            Ok((parts, lease)) => {
                self.batch.lock().insert(time, parts);
                lease
            }
            Err(error) => {
                let text = format!("What was received waits for the next batch: {error}");
                self.log.write(Level::Error, LOGGER, text);
                // They come again, with all others.
                self.left.lock().taken.entry(time).or_default().extend(before);
                None
            }
        }
    }

    /// One partition a block; none when nothing came.
    fn compute(&self, time: Time) -> Result<Option<PlanRef>> {
        let parts = self.batch.lock().get(&time).cloned().unwrap_or_default();
        Ok(Some(match Blocks::in_memory(&parts) {
            Some(chunks) => Plan::chunks(chunks),
            None => Plan::scan(Arc::new(Blocks::new(parts)), "receiver"),
        }))
    }

    fn report(&self, time: Time) -> Option<InputReport> {
        let records = self.batch.lock().get(&time)?.iter().map(Part::rows).sum();
        Some(InputReport { records, description: None })
    }

    fn condition(&self) -> Condition {
        let (link, trouble) = self.reception.link();
        Condition {
            link,
            place: self.receiver.place(),
            trouble,
            rate: self.reception.limiter.rate(),
            controlled: self.estimator.lock().is_some(),
            buffered: Some(self.reception.intake.budget().used() as u64),
            ..Condition::default()
        }
    }

    fn has_unallocated(&self) -> bool {
        self.receiver.holds_back() || self.reception.intake.has_unallocated() || !self.left.lock().free.is_empty()
    }

    fn settled(&self, time: Time, pace: Option<&Pace>, done: bool) {
        if let Some(log) = self.reception.intake.log().filter(|_| done) {
            log.done(time);
        }
        let rate = pace.and_then(|pace| self.estimator.lock().as_mut().and_then(|e| e.next(pace)));
        if let Some(rate) = rate {
            self.reception.limiter.limit(rate);
        }
    }

    fn forget(&self, up_to: Time) {
        let old = {
            let mut batch = self.batch.lock();
            let kept = batch.split_off(&up_to.plus(1));
            std::mem::replace(&mut *batch, kept)
        };
        drop(old);
    }

    /// The numbers of the batch's blocks, in runs.
    fn record(&self, time: Time) -> Result<Option<Vec<u8>>> {
        if self.reception.intake.log().is_none() {
            return Ok(None);
        }
        let Some(numbers) = self.batch.lock().get(&time).map(|parts| parts.iter().map(Part::number).collect()) else {
            return Ok(None);
        };
        let numbers: Vec<u64> = numbers;
        let mut bytes = Vec::new();
        for run in numbers.chunk_by(|a, b| a + 1 == *b) {
            bytes.extend(run[0].to_le_bytes());
            bytes.extend((run.len() as u64).to_le_bytes());
        }
        Ok(Some(bytes))
    }

    fn restore(&self, time: Time, record: &[u8]) -> Result<()> {
        let words: Vec<u64> =
            record.chunks_exact(8).map(|w| u64::from_le_bytes(w.try_into().unwrap_or_default())).collect();
        let mut left = self.left.lock();
        let mut parts = Vec::new();
        let own = [left.done.remove(&time), left.taken.remove(&time)];
        let own: BTreeMap<u64, _> = own.into_iter().flatten().flatten().map(|b| (b.number, b)).collect();
        for number in words.chunks_exact(2).flat_map(|run| run[0]..run[0] + run[1]) {
            if let Some(block) = own.get(&number) {
                parts.push(self.part(block));
            } else {
                let message = format!(
                    "block {number} of the batch of {time} isn't in the write-ahead log of stream {}: the log was \
                     removed or is another program's. Restore it, or remove the checkpoint directory to begin anew.",
                    self.input
                );
                return Err(Error::new(Kind::Spark, message));
            }
        }
        drop(left);
        let before = self.batch.lock().insert(time, parts);
        drop(before);
        Ok(())
    }

    fn gone_on(&self, settled: Time) {
        let mut left = self.left.lock();
        let later = left.taken.split_off(&settled.plus(1));
        let ended = std::mem::replace(&mut left.taken, later);
        drop(left);
        drop(ended);
    }

    fn unrecorded(&self, up_to: Time) {
        if let Some(log) = self.reception.intake.log() {
            log.release(up_to);
        }
    }

    fn stop(&self) {
        self.reception.wake.set();
        self.reception.intake.close();
        self.receiver.interrupt();
    }

    fn wait_stopped(&self, timeout: Duration) -> bool {
        self.reception.wait_ended(timeout)
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

/// By `spark.streaming.receiver.maxRate` and `spark.streaming.backpressure.initialRate`; 0 or less is no limit.
fn limiter_of(config: &Config, clock: &Arc<dyn Clock>, backpressure: bool) -> Result<Limiter> {
    let rate = |key| config.number(key, 0).map(|rate| (rate > 0).then_some(rate as f64));
    let initial = rate("spark.streaming.backpressure.initialRate")?.filter(|_| backpressure);
    Ok(Limiter::new(clock.clone(), initial, rate("spark.streaming.receiver.maxRate")?))
}
