//! Rows go out to a topic of Kafka.

mod done;
mod message;
#[cfg(feature = "kafka")]
mod output;
#[cfg(feature = "kafka")]
mod producer;
#[cfg(feature = "kafka")]
mod rows;
#[cfg(feature = "kafka")]
mod transaction;

pub use done::Done;
pub use message::Message;
#[cfg(feature = "kafka")]
pub use output::{Batch, Begun, KafkaOutput, Outcome, Part};
#[cfg(feature = "kafka")]
pub use producer::Outgoing;
#[cfg(feature = "kafka")]
pub use rows::write_rows;
