//! Records come in. For a stream: from a socket, files that appear, a queue; each is an `Input` that a batch asks for its
//! plan. For a job: text files and ranges of numbers; each is a scan.

mod blocks;
mod condition;
mod decode;
mod files;
mod kafka;
mod lines;
mod outage;
mod place;
mod queue;
mod range;
mod receiver;
mod receiver_info;
mod reception;
mod record_files;
mod saved_rows;
pub mod slicing;
mod socket;
mod taken;
mod text_files;
mod text_parts;
mod text_reader;
mod watch;
mod whole_files;

use std::any::Any;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::block::{Lease, Pace};
use crate::config::Config;
use crate::error::Result;
use crate::id::InputId;
use crate::log::LogRef;
use crate::memory::Memory;
use crate::plan::PlanRef;
use crate::time::{Clock, Time};

pub use condition::{Condition, Link};
pub use decode::{Decoder, find_encoding, looks_like_cp949};
pub use files::FileInput;
pub use kafka::{
    Broker, DirectInput, Edge, Fetching, KafkaRanges, Messages, Next, OffsetRange, Owed, Params as KafkaParams, Reset,
    Start as KafkaStart, TopicPartition, Topics,
};
#[cfg(feature = "kafka")]
pub use kafka::{Client as KafkaClient, GroupReceiver as KafkaGroupReceiver, Table as KafkaTable};
pub use lines::Lines;
pub use outage::Outage;
pub use place::{Bytes, Found, Place, Storage, StorageRef};
pub use queue::QueueInput;
pub use range::Range;
pub use receiver::{Receiver, ReceiverInput};
pub use receiver_info::ReceiverInfo;
pub use reception::{Attendance, ReceiverEvent, ReceiverEvents, Reception, Unheard};
pub use record_files::RecordFiles;
pub use saved_rows::SavedRows;
pub use socket::SocketReceiver;
pub use text_files::TextFiles;
pub use text_parts::TextParts;
pub use text_reader::FileSplit;
pub use whole_files::{Whole, WholeFiles};

/// What a source needs of its surroundings.
#[derive(Clone)]
pub struct Environment {
    /// The number of the input stream.
    pub input: InputId,
    /// The batch interval in milliseconds.
    pub batch_ms: i64,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The program's settings.
    pub config: Config,
    /// What keeps rows.
    pub memory: Arc<Memory>,
    /// Where messages go.
    pub log: LogRef,
    /// Who hears how receivers are.
    pub events: Arc<dyn ReceiverEvents>,
}

/// What a batch read from a stream, for listeners and the web page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputReport {
    /// Number of records, where it is known without a job.
    pub records: usize,
    /// What was read: a file's path a line.
    pub description: Option<String>,
}

/// A source as the batches see it. Spark's `InputDStream`.
pub trait Input: Send + Sync {
    /// Before `restore` and `start`: the context's checkpoint directory, if it has one. Refused where the source needs one.
    fn keep_in(&self, _directory: Option<&Path>) -> Result<()> {
        Ok(())
    }

    /// Begins to take in.
    fn start(&self) -> Result<()> {
        Ok(())
    }

    /// Everything that came in so far and has no batch belongs to `time`; the bytes to give back when that batch is done.
    fn allocate(&self, _time: Time) -> Option<Lease> {
        None
    }

    /// What the batch of `time` reads. Asked at most once for each time that somebody wants.
    fn compute(&self, time: Time) -> Result<Option<PlanRef>>;

    /// What to tell listeners about the batch of `time`.
    fn report(&self, _time: Time) -> Option<InputReport> {
        None
    }

    /// How it is now.
    fn condition(&self) -> Condition {
        Condition::default()
    }

    /// Whether something came in that has no batch yet.
    fn has_unallocated(&self) -> bool {
        false
    }

    /// The batch of `time` has ended, in the order of times: how it went, if it ran, and whether all of it was done.
    fn settled(&self, _time: Time, _pace: Option<&Pace>, _done: bool) {}

    /// Nobody will ask for times up to this one again.
    fn forget(&self, _up_to: Time) {}

    /// What the batch of `time` reads, in bytes that `restore` understands; `None` as long as that is not decided. Asked
    /// after `allocate` and once the batch's plans are made; the bytes are on the disk before its jobs run.
    fn record(&self, _time: Time) -> Result<Option<Vec<u8>>> {
        Ok(None)
    }

    /// What it must know after a restart beside the batches' records, such as which files are old. Asked at the start and
    /// seldom later: when the records since have become larger than this is.
    fn memory(&self) -> Result<Option<Vec<u8>>> {
        Ok(None)
    }

    /// After a restart, before `restore` and `start`: it knows what `memory` said.
    fn recall(&self, _memory: &[u8]) -> Result<()> {
        Ok(())
    }

    /// After a restart, before `start`, in the order of times: the batch of `time` reads what `record` said, whether it is
    /// asked for or not.
    fn restore(&self, _time: Time, _record: &[u8]) -> Result<()> {
        Ok(())
    }

    /// After a restart, behind `restore`: batches up to `settled` have ended, and only those that were restored come again.
    fn gone_on(&self, _settled: Time) {}

    /// No checkpoint that is kept names what batches up to this time read.
    fn unrecorded(&self, _up_to: Time) {}

    /// Takes in no more; returns at once.
    fn stop(&self) {}

    /// Waits until the stop has happened; false when it took longer.
    fn wait_stopped(&self, _timeout: Duration) -> bool {
        true
    }

    /// For the layer that made it to take it back.
    fn as_any(&self) -> Option<&dyn Any> {
        None
    }

    /// Whether its plans are already in memory, so that a window need not keep them.
    fn in_memory(&self) -> bool {
        false
    }
}
