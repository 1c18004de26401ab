//! `kafkaParams`: the names of Spark 2.4's client, today's Java names, and every property of librdkafka.

use crate::error::{Error, Kind, Result};

use super::broker::Edge;

/// What a Java client takes and this one doesn't need.
const WITHOUT_EFFECT: [&str; 10] = [
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
];

/// Old names, and what they are called now.
const RENAMED: [(&str, &str); 6] = [
    ("metadata.broker.list", "bootstrap.servers"),
    ("fetch.message.max.bytes", "max.partition.fetch.bytes"),
    ("socket.receive.buffer.bytes", "receive.buffer.bytes"),
    ("request.required.acks", "acks"),
    ("rebalance.backoff.ms", "retry.backoff.ms"),
    ("session.timeout", "session.timeout.ms"),
];

/// What to do where the offsets that a stream wants are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset {
    /// Say so.
    Fail,
    /// Go on at an edge, and say how many messages that leaves out.
    To(Edge),
}

/// Settings of a client, sorted out.
#[derive(Clone, Debug)]
pub struct Params {
    /// Names and values for librdkafka.
    pub native: Vec<(String, String)>,
    /// `host:port`, separated by commas.
    pub brokers: String,
    /// Where a stream without offsets begins.
    pub start: Edge,
    /// What to do where offsets are gone: `failOnDataLoss=false` asks for `auto.offset.reset`.
    pub reset: Reset,
    /// The consumer group.
    pub group: Option<String>,
}

impl Params {
    /// Sorts settings out. Messages are those of Spark 2.4 where it has one.
    pub fn of(given: impl IntoIterator<Item = (String, String)>) -> Result<Self> {
        let mut native = Vec::new();
        let (mut brokers, mut listed, mut start, mut group, mut fail) = (None, None, None, None, true);
        for (name, value) in given {
            match name.as_str() {
                "metadata.broker.list" => listed = Some(value),
                "bootstrap.servers" => brokers = Some(value),
                "auto.offset.reset" => start = Some(edge(&value)),
                "failOnDataLoss" => fail = flag(&name, &value)?,
                "sasl.jaas.config" => {
                    return refused(
                        "sasl.jaas.config is for Java's client: give \"sasl.username\" and \"sasl.password\" instead",
                    );
                }
                name if WITHOUT_EFFECT.contains(&name) || name.starts_with("zookeeper.") => {}
                _ => {
                    if name == "group.id" {
                        group = Some(value.clone());
                    }
                    native.push((renamed(&name), value));
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
        let start = start.unwrap_or(Edge::Latest);
        let reset = if fail { Reset::Fail } else { Reset::To(start) };
        Ok(Self { native, brokers, start, reset, group })
    }
}

/// Spark 2.4: anything but the earliest is the latest.
fn edge(value: &str) -> Edge {
    match value.to_lowercase().as_str() {
        "smallest" | "earliest" | "beginning" => Edge::Earliest,
        _ => Edge::Latest,
    }
}

fn flag(name: &str, value: &str) -> Result<bool> {
    match value.to_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => refused(&format!("{name} must be true or false, not {value}")),
    }
}

fn renamed(name: &str) -> String {
    let known = RENAMED.iter().find(|(old, _)| *old == name);
    known.map_or(name, |(_, new)| new).to_owned()
}

fn refused<T>(message: &str) -> Result<T> {
    Err(Error::new(Kind::IllegalArgument, message))
}
