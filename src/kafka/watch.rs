//! What a client says beside messages: that a cluster refuses it, that nobody answers.

use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::RDKafkaErrorCode as Code;

use crate::error::{Error, Kind, Result};
use crate::log::{Level, LogRef};
use crate::sync::Mutex;

const LOGGER: &str = "streaming.kafka";
/// Words that are served at once.
const MOST: usize = 20;
/// How long a refusal from before is doubted; librdkafka tells the same one again only every 30 seconds.
const GRACE: Duration = Duration::from_secs(3);

/// Hears what goes on in a client's threads.
pub struct Watch {
    log: LogRef,
    heard: Mutex<Heard>,
}

#[derive(Default)]
struct Heard {
    /// Why the cluster doesn't let us in, and when it last said so.
    refusal: Option<(String, Instant)>,
    /// The last other trouble.
    trouble: Option<String>,
}

impl Watch {
    /// For a client whose words go to a log, for who looks for a fault.
    pub fn new(log: LogRef) -> Self {
        Self { log, heard: Mutex::default() }
    }

    /// Fails where the cluster has refused us since something last worked.
    pub fn check(&self) -> Result<()> {
        self.check_since(None)
    }

    /// The same for who began to wait then: a refusal from before may be over, and counts only where nothing has worked for
    /// some time.
    pub fn check_since(&self, begun: Option<Instant>) -> Result<()> {
        let counts = |heard: Instant| begun.is_none_or(|begun| heard >= begun || begun.elapsed() >= GRACE);
        match self.heard.lock().refusal.clone() {
            Some((reason, heard)) if counts(heard) => Err(Error::new(
                Kind::Spark,
                format!(
                    "Kafka refuses the connection: {reason}. Check security.protocol, sasl.mechanism, sasl.username and \
                     sasl.password, or ssl.ca.location, in kafkaParams."
                ),
            )),
            _ => Ok(()),
        }
    }

    /// Serves what the threads of a consumer have said beside messages, of which it has none. Without patience what stands
    /// behind a word for the log may wait for the next call.
    pub fn serve(consumer: &BaseConsumer<Self>, patience: Duration) {
        let end = Instant::now() + patience;
        // A connection that is refused again and again has always something to say.
        for _ in 0..MOST {
            let Some(said) = consumer.poll(end.saturating_duration_since(Instant::now())) else { break };
            if let Err(error) = said {
                consumer.context().hear(&error, &error.to_string());
            }
        }
    }

    /// Something is wrong.
    pub fn hear(&self, error: &KafkaError, reason: &str) {
        let refused = matches!(
            error.rdkafka_error_code(),
            Some(
                Code::Authentication
                    | Code::SaslAuthenticationFailed
                    | Code::SSL
                    | Code::ClusterAuthorizationFailed
                    | Code::UnsupportedSASLMechanism
            )
        );
        let mut heard = self.heard.lock();
        if refused {
            heard.refusal = Some((reason.to_owned(), Instant::now()));
        } else {
            heard.trouble = Some(reason.to_owned());
        }
    }

    /// Something worked.
    pub fn well(&self) {
        *self.heard.lock() = Heard::default();
    }

    /// The last trouble that was heard of.
    pub fn trouble(&self) -> Option<String> {
        self.heard.lock().trouble.clone()
    }
}

impl ClientContext for Watch {
    fn log(&self, _: RDKafkaLogLevel, facility: &str, message: &str) {
        self.log.write(Level::Debug, LOGGER, format!("{facility}: {message}"));
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.hear(&error, reason);
    }
}

impl ConsumerContext for Watch {
    fn commit_callback(&self, told: KafkaResult<()>, _: &TopicPartitionList) {
        if let Err(error) = told {
            let text = format!(
                "The consumer group wasn't told how far the stream is, and will be with the next commit: {error}"
            );
            self.log.write(Level::Warning, LOGGER, text);
        }
    }
}
