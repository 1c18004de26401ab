//! Streaming queries that run, each with its name: one line of `/metrics` a query, and Spark's gauges of its
//! `MetricsReporter` where `spark.sql.streaming.metricsEnabled` is set.

use std::fmt;
use std::sync::Arc;

use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use serde_json::{Value, json};

use crate::ui::app::App;
use crate::ui::queries::{Now, Run};

/// A query at one moment.
pub struct Seen {
    run: Arc<Run>,
    now: Now,
    /// Spark's `StreamingQueryProgress` of its last batch.
    last: Value,
}

/// A name, what it is, whether it only grows, and how it is read.
type Measure = (&'static str, &'static str, bool, fn(&Seen) -> Option<f64>);

const MEASURES: &[Measure] = &[
    ("pyrite_query_batches", "Batches of a streaming query", true, |q| Some(q.now.batches as f64)),
    ("pyrite_query_rows", "Rows that came into a streaming query", true, |q| Some(q.now.rows as f64)),
    ("pyrite_query_busy_seconds", "Seconds that the batches of a streaming query took", true, |q| Some(q.now.busy)),
    ("pyrite_query_last_batch_rows", "Rows of the last batch", false, |q| {
        q.now.told.back().map(|told| told.rows as f64)
    }),
    ("pyrite_query_last_batch_seconds", "How long the last batch took", false, |q| {
        q.now.told.back().map(|told| told.seconds)
    }),
    ("pyrite_query_input_rows_per_second", "Rows a second that came into the last batch", false, |q| {
        q.now.told.back().map(|told| told.input)
    }),
    ("pyrite_query_processed_rows_per_second", "Rows a second that the last batch processed", false, |q| {
        q.now.told.back().map(|told| told.processed)
    }),
    ("pyrite_query_watermark_seconds", "The watermark, in seconds since 1970", false, |q| {
        q.watermark().map(|millis| millis as f64 / 1000.0)
    }),
    ("pyrite_query_state_rows", "Rows that a streaming query remembers", false, |q| {
        q.state("numRowsTotal").map(|rows| rows as f64)
    }),
    ("pyrite_query_state_bytes", "Bytes of what a streaming query remembers", false, |q| {
        q.state("memoryUsedBytes").map(|bytes| bytes as f64)
    }),
    ("pyrite_query_dropped_rows", "Rows of the last batch that came behind the watermark", false, |q| {
        q.state("numRowsDroppedByWatermark").map(|rows| rows as f64)
    }),
];

/// The queries that run now.
pub fn seen(app: &App) -> Vec<Seen> {
    let all = app.queries.all().into_iter().rev().filter(|run| !run.ended());
    all.map(|run| {
        let now = run.now();
        let last = now.told.back().and_then(|told| serde_json::from_str(&told.json).ok()).unwrap_or_default();
        Seen { run, now, last }
    })
    .collect()
}

impl Seen {
    /// A sum over the stateful operators; `None` without one.
    fn state(&self, name: &str) -> Option<u64> {
        let operators = self.last.get("stateOperators")?.as_array().filter(|all| !all.is_empty())?;
        Some(operators.iter().filter_map(|operator| operator.get(name)?.as_u64()).sum())
    }

    /// Milliseconds since 1970; `None` where there is none.
    fn watermark(&self) -> Option<i64> {
        self.now.told.back()?.watermark
    }
}

/// Writes the lines of all queries.
pub fn encode(all: &[Seen], encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    for (name, help, grows, read) in MEASURES {
        let values: Vec<(&Seen, f64)> = all.iter().filter_map(|seen| Some((seen, read(seen)?))).collect();
        if values.is_empty() {
            continue;
        }
        let kind = if *grows { ConstCounter::new(0.0).metric_type() } else { ConstGauge::new(0.0).metric_type() };
        let mut family = encoder.encode_descriptor(name, help, None, kind)?;
        for (seen, value) in values {
            let labels = [("query", seen.run.label()), ("id", seen.run.facts.id.as_str())];
            let one = family.encode_family(&labels)?;
            if *grows {
                ConstCounter::new(value).encode(one)?;
            } else {
                ConstGauge::new(value).encode(one)?;
            }
        }
    }
    Ok(())
}

/// Spark's six gauges of each query that is metered.
pub fn gauges(app: &App) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for seen in seen(app).iter().filter(|seen| seen.run.facts.metered) {
        let last = seen.now.told.back();
        let rates = last.map_or((0.0, 0.0), |told| (told.input, told.processed));
        for (name, value) in [
            ("inputRate-total", json!(rates.0)),
            ("processingRate-total", json!(rates.1)),
            ("latency", json!(last.map_or(0, |told| (told.seconds * 1000.0) as u64))),
            ("eventTime-watermark", json!(seen.watermark().unwrap_or(0))),
            ("states-rowsTotal", json!(seen.state("numRowsTotal").unwrap_or(0))),
            ("states-usedBytes", json!(seen.state("memoryUsedBytes").unwrap_or(0))),
        ] {
            all.push((format!("{}.driver.spark.streaming.{}.{name}", app.id, seen.run.label()), value));
        }
    }
    all
}
