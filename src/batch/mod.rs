//! A clock tick makes a batch: the graph of streams yields one plan for each output operation, and jobs run in order.
//! Spark's `DStreamGraph`, `JobGenerator` and `JobScheduler`.

mod checkpoint;
mod context;
mod events;
mod generator;
mod graph;
mod history;
mod job;
mod keyed;
mod life;
mod listeners;
mod mailbox;
mod recording;
mod stateful;
mod stop;
mod stream;
mod view;
mod windows;

use std::any::Any;

use crate::error::Result;
use crate::plan::PlanRef;
use crate::time::Time;

pub use checkpoint::{Checkpoint, Found, Program};
pub use context::{Phase, Status, Streaming};
pub use events::{BatchInfo, Event, Listener, Outcome, OutputInfo};
pub use graph::{Graph, Output};
pub use history::{Counts, Overview};
pub use job::Job;
pub use keyed::{KeyedHow, KeyedState, Viewed};
pub use mailbox::Mailbox;
pub use stateful::{At, Files, StateSize, Stateful};
pub use stop::Stop;
pub use stream::{Check, Missing, Stream, StreamKind, StreamRef, Timeline};
pub use view::StateInfo;
pub use windows::{Inverse, Reducing};

/// A function of the program that runs on the driver while a batch is made: plans in, a plan out. `None` out means
/// that the stream has nothing at that time: what depends on it is skipped.
pub trait DriverFn: Any + Send + Sync {
    /// Calls it for the batch of `time`.
    fn call(&self, time: Time, parents: &[PlanRef]) -> Result<Option<PlanRef>>;
}

/// A function of the program that gets a stream's plan in every batch and does something with it.
pub trait OutputFn: Any + Send + Sync {
    /// Calls it for the batch of `time`.
    fn call(&self, time: Time, plan: &PlanRef) -> Result<()>;
    /// For the layer that made it to take it back.
    fn as_any(&self) -> &dyn Any;
}
