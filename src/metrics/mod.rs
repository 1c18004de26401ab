//! What the engine tells of its work: events on a bounded bus, which readers follow at their own pace; and what tasks use.

mod bus;
mod event;
mod usage;

pub use bus::{Bus, Read};
pub use event::{Event, Outcome};
pub use usage::Usage;
