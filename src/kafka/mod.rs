//! What Kafka's source and its sink share: settings as programs write them, and what a client says beside messages.

#[cfg(feature = "kafka")]
mod aside;
#[cfg(feature = "kafka")]
mod failure;
mod settings;
#[cfg(feature = "kafka")]
mod watch;

#[cfg(feature = "kafka")]
pub use aside::{Aside, wait_for_ends};
#[cfg(feature = "kafka")]
pub use failure::{failure, is_moving, is_out_of_reach};
pub use settings::{Settings, refused};
#[cfg(feature = "kafka")]
pub use watch::Watch;
