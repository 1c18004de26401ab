//! What the engine tells of its work: events on a bounded bus, which readers follow at their own pace.

mod bus;
mod event;

pub use bus::{Bus, Read};
pub use event::{Event, Outcome};
