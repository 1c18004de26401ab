//! `kafkaParams`: the names of Spark 2.4's client, today's Java names, and every property of librdkafka.

use crate::error::{Error, Kind, Result};

/// What a Java client takes and this one doesn't need.
const WITHOUT_EFFECT: [&str; 11] = [
    "key.deserializer",
    "value.deserializer",
    "key.serializer",
    "value.serializer",
    "deserializer.encoding",
    "serializer.class",
    "refresh.leader.backoff.ms",
    "consumer.timeout.ms",
    "auto.commit.enable",
    "enable.auto.commit",
    "max.poll.records",
];

/// Old names and Java's, and what librdkafka calls them.
const RENAMED: [(&str, &str); 7] = [
    ("fetch.message.max.bytes", "max.partition.fetch.bytes"),
    ("fetch.max.wait.ms", "fetch.wait.max.ms"),
    ("max.request.size", "message.max.bytes"),
    ("socket.receive.buffer.bytes", "receive.buffer.bytes"),
    ("request.required.acks", "acks"),
    ("rebalance.backoff.ms", "retry.backoff.ms"),
    ("session.timeout", "session.timeout.ms"),
];

/// Java's ways to name a secret, and what to give instead.
const OF_JAVA: [(&str, &str); 3] = [
    ("sasl.jaas.config", "\"sasl.username\" and \"sasl.password\""),
    ("ssl.truststore.", "\"ssl.ca.location\", a PEM file"),
    (
        "ssl.keystore.type",
        "\"ssl.keystore.location\", a PKCS#12 file, or \"ssl.certificate.location\" and \"ssl.key.location\"",
    ),
];

/// Settings of a client, sorted out.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Names and values for librdkafka.
    pub native: Vec<(String, String)>,
    /// `host:port`, separated by commas.
    pub brokers: String,
}

impl Settings {
    /// Sorts settings out; `own` takes those that the caller has a use for itself and says whether that was one. Messages
    /// are those of Spark 2.4 where it has one.
    pub fn of(
        given: impl IntoIterator<Item = (String, String)>,
        mut own: impl FnMut(&str, &str) -> Result<bool>,
    ) -> Result<Self> {
        let mut native = Vec::new();
        let (mut brokers, mut listed) = (None, None);
        for (name, value) in given {
            match name.as_str() {
                "metadata.broker.list" => listed = Some(value),
                "bootstrap.servers" => brokers = Some(value),
                name if WITHOUT_EFFECT.contains(&name) || name.starts_with("zookeeper.") => {}
                name => {
                    if let Some((_, instead)) = OF_JAVA.iter().find(|(java, _)| name.starts_with(java)) {
                        return refused(&format!("{name} is for Java's client: give {instead} instead"));
                    }
                    if !own(name, &value)? {
                        native.push((renamed(name), value));
                    }
                }
            }
        }
        let Some(brokers) = listed.or(brokers) else {
            return Err(Error::new(Kind::Spark, "Must specify metadata.broker.list or bootstrap.servers"));
        };
        for broker in brokers.split(',').map(str::trim) {
            let port = broker.rsplit_once(':').and_then(|(host, port)| (!host.is_empty()).then_some(port));
            if port.and_then(|port| port.parse::<u16>().ok()).is_none() {
                let message = format!("Broker not in the correct format of <host>:<port> [{broker}]");
                return Err(Error::new(Kind::Spark, message));
            }
        }
        let by_token = |(name, value): &(String, String)| {
            matches!(name.as_str(), "sasl.mechanism" | "sasl.mechanisms") && value.eq_ignore_ascii_case("OAUTHBEARER")
        };
        // librdkafka takes it, and waits for a token that nobody gives.
        if native.iter().any(by_token) && !native.iter().any(|(name, _)| name == "enable.sasl.oauthbearer.unsecure.jwt")
        {
            return refused("sasl.mechanism OAUTHBEARER has no way to get a token here: give PLAIN or SCRAM-SHA-512");
        }
        Ok(Self { native, brokers })
    }

    /// What is set under a name of librdkafka's.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.native.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A client's configuration, that of the program.
    #[cfg(feature = "kafka")]
    pub fn config(&self) -> rdkafka::config::ClientConfig {
        let mut config = rdkafka::config::ClientConfig::new();
        for (name, value) in &self.native {
            config.set(name, value);
        }
        config.set("bootstrap.servers", &self.brokers);
        if self.get("reconnect.backoff.ms").or(self.get("reconnect.backoff.max.ms")).is_none() {
            // Java's; librdkafka's 10 s would be added to every outage.
            config.set("reconnect.backoff.max.ms", "1000");
        }
        config
    }
}

fn renamed(name: &str) -> String {
    let known = RENAMED.iter().find(|(old, _)| *old == name);
    known.map_or(name, |(_, new)| new).to_owned()
}

/// A setting that isn't taken.
pub fn refused<T>(message: &str) -> Result<T> {
    Err(Error::new(Kind::IllegalArgument, message))
}
