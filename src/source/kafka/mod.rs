//! Kafka. A batch reads ranges of offsets, one a partition of the topic; what fetches them stands behind `Broker`, so that
//! the ranges, their rates and their recovery are known without a client.

mod broker;
#[cfg(feature = "kafka")]
mod client;
mod direct;
#[cfg(feature = "kafka")]
mod group;
#[cfg(feature = "kafka")]
mod lanes;
mod memory;
mod messages;
mod owed;
mod params;
#[cfg(feature = "kafka")]
mod queue;
mod ranges;
mod scan;
#[cfg(feature = "kafka")]
mod table;

pub use broker::{Broker, Edge, Fetching, Topics};
#[cfg(feature = "kafka")]
pub use client::Client;
pub use direct::{DirectInput, Start};
#[cfg(feature = "kafka")]
pub use group::GroupReceiver;
pub use messages::Messages;
pub use owed::{Next, Owed};
pub use params::{Params, Reset};
pub use ranges::{OffsetRange, TopicPartition};
pub use scan::KafkaRanges;
#[cfg(feature = "kafka")]
pub use table::Table;
