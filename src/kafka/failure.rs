//! librdkafka's errors as ours.

use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode as Code;

use crate::error::{Error, Kind};

/// Whether nobody answers now, though somebody may later.
pub fn is_out_of_reach(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::OperationTimedOut
                | Code::BrokerTransportFailure
                | Code::AllBrokersDown
                | Code::Resolve
                | Code::RequestTimedOut
                | Code::LeaderNotAvailable
                | Code::NotLeaderForPartition
                | Code::CoordinatorNotAvailable
                | Code::CoordinatorLoadInProgress
                | Code::NotCoordinator
                | Code::WaitingForCoordinator
                | Code::UnstableOffsetCommit
        )
    )
}

/// librdkafka's words, and for a setting its name.
pub fn failure(error: &KafkaError) -> Error {
    match error {
        KafkaError::ClientConfig(_, reason, name, value) => {
            let shown = if name.contains("password") || name.contains("secret") { "..." } else { value };
            let message = format!("kafkaParams: \"{name}\": \"{shown}\" is refused: {reason}");
            Error::new(Kind::IllegalArgument, message)
        }
        KafkaError::ClientCreation(reason) => {
            Error::new(Kind::IllegalArgument, format!("kafkaParams are refused: {reason}"))
        }
        other => Error::new(Kind::Spark, format!("Kafka: {other}")),
    }
}
