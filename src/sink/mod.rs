//! Results go out.

mod kafka;
mod pprint;
mod process;
mod staging;
mod text;

#[cfg(feature = "kafka")]
pub use kafka::{Batch as KafkaBatch, Begun as KafkaBegun, KafkaOutput, Outcome as KafkaOutcome, Part as KafkaPart};
pub use kafka::{Done as KafkaDone, Message as KafkaMessage};
#[cfg(feature = "kafka")]
pub use kafka::{Outgoing as KafkaOutgoing, write_rows as write_kafka_rows};
pub use pprint::pprint_text;
pub use text::{Carrier, Codec, Part, TextOutput};
