//! What the source takes of `kafkaParams` for itself.

use crate::error::Result;
use crate::kafka::{Settings, refused};

use super::broker::Edge;

/// What to do where the offsets that a stream wants are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset {
    /// Say so.
    Fail,
    /// Go on at an edge, and say how many messages that leaves out.
    To(Edge),
}

/// Settings of a stream's client.
#[derive(Clone, Debug)]
pub struct Params {
    /// Those of the client.
    pub client: Settings,
    /// Where a stream without offsets begins.
    pub start: Edge,
    /// What to do where offsets are gone: `failOnDataLoss=false` asks for `auto.offset.reset`.
    pub reset: Reset,
    /// The consumer group.
    pub group: Option<String>,
    /// How often topics are asked for new partitions.
    pub look_ms: i64,
}

/// How often, unless `metadata.max.age.ms` or `topic.metadata.refresh.interval.ms` says.
const LOOK_MS: i64 = 5_000;

impl Params {
    /// Sorts settings out.
    pub fn of(given: impl IntoIterator<Item = (String, String)>) -> Result<Self> {
        let (mut start, mut group, mut fail) = (None, None, true);
        let client = Settings::of(given, |name, value| {
            match name {
                "auto.offset.reset" => start = Some(edge(value)),
                "failOnDataLoss" => fail = flag(name, value)?,
                "group.id" => {
                    group = Some(value.to_owned());
                    return Ok(false);
                }
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        let start = start.unwrap_or(Edge::Latest);
        let reset = if fail { Reset::Fail } else { Reset::To(start) };
        let look =
            ["metadata.max.age.ms", "topic.metadata.refresh.interval.ms"].iter().filter_map(|name| client.get(name));
        let look_ms = look.filter_map(|ms| ms.parse().ok()).filter(|ms| *ms > 0).min().unwrap_or(LOOK_MS);
        Ok(Self { client, start, reset, group, look_ms })
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
