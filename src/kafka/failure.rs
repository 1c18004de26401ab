//! librdkafka's errors as ours.

use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode as Code;

use crate::error::{Error, Kind};

/// Whether a partition is between two leaders, or we know the old one: to be asked again soon.
pub fn is_moving(code: Code) -> bool {
    matches!(
        code,
        Code::LeaderNotAvailable
            | Code::NotLeaderForPartition
            | Code::FencedLeaderEpoch
            | Code::UnknownLeaderEpoch
            | Code::ReplicaNotAvailable
            | Code::OffsetNotAvailable
            | Code::PreferredLeaderNotAvailable
            | Code::ListenerNotFound
            | Code::KafkaStorageError
    )
}

/// Whether nobody answers now, though somebody may later.
pub fn is_out_of_reach(error: &KafkaError) -> bool {
    if error.rdkafka_error_code().is_some_and(is_moving) {
        return true;
    }
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::OperationTimedOut
                | Code::BrokerTransportFailure
                | Code::AllBrokersDown
                | Code::Resolve
                | Code::RequestTimedOut
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
