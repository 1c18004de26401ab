//! `/metrics` for Prometheus, in the text of `OpenMetrics`; `/metrics/json/` has the names that Spark's stream and its queries
//! have there.

mod queries;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use serde_json::{Map, Value, json};

use super::app::App;
use crate::batch::{BatchInfo, Checkpoint, Overview, StateSize};
use crate::metrics::Outcome;
use crate::plan::Rows;
use crate::source::{Condition, Link};

/// A program at one moment.
struct Facts {
    app: Arc<App>,
    stream: Option<(Overview, i64)>,
    functions: Rows,
    sources: Vec<Condition>,
    states: Vec<StateSize>,
    checkpoints: Option<(u64, Option<Checkpoint>)>,
    queries: Vec<queries::Seen>,
}

/// What is measured: a name, what it is, whether it only grows, and how it is read; `None` without a stream.
type Measure = (&'static str, &'static str, bool, fn(&Facts) -> Option<f64>);

const MEASURES: &[Measure] = &[
    ("pyrite_jobs", "Jobs that were started", true, |f| Some(f.app.engine.jobs().begun() as f64)),
    ("pyrite_jobs_running", "Jobs that run", false, |f| Some(f.app.engine.jobs().running().len() as f64)),
    ("pyrite_jobs_failed_retained", "Failed ones among the jobs that are remembered", false, |f| {
        let jobs = f.app.engine.jobs().all();
        Some(jobs.iter().filter(|job| job.outcome() == Some(Outcome::Failed)).count() as f64)
    }),
    ("pyrite_tasks_running", "Tasks that run", false, |f| {
        let jobs = f.app.engine.jobs().running();
        let stages = jobs.iter().flat_map(|job| job.stages());
        Some(stages.map(|stage| stage.active.load(Ordering::Relaxed)).sum::<usize>() as f64)
    }),
    ("pyrite_cores", "Tasks that can run at once", false, |f| Some(f.app.cores as f64)),
    ("pyrite_memory_used_bytes", "Bytes that rows take", false, |f| Some(f.app.engine.memory().budget.used() as f64)),
    ("pyrite_memory_limit_bytes", "Bytes that rows may take", false, |f| {
        Some(f.app.engine.memory().budget.limit() as f64)
    }),
    ("pyrite_memory_peak_bytes", "Bytes that rows took at most", false, |f| {
        Some(f.app.engine.memory().budget.peak() as f64)
    }),
    (
        "pyrite_spilled_bytes",
        "Bytes written to spill files",
        true,
        |f| Some(f.app.engine.memory().dir.written() as f64),
    ),
    (
        "pyrite_spill_held_bytes",
        "Bytes that spill files have",
        false,
        |f| Some(f.app.engine.memory().dir.held() as f64),
    ),
    ("pyrite_functions_native_rows", "Rows that functions of the program took natively", true, |f| {
        Some(f.functions.native as f64)
    }),
    ("pyrite_functions_declined_rows", "Rows that native functions declined", true, |f| {
        Some(f.functions.declined as f64)
    }),
    ("pyrite_functions_python_rows", "Rows that functions of the program took in Python", true, |f| {
        Some(f.functions.python as f64)
    }),
    ("pyrite_functions_native_seconds", "Seconds in native functions", true, |f| {
        Some(f.functions.native_time.as_secs_f64())
    }),
    ("pyrite_functions_python_seconds", "Seconds in Python functions of this process", true, |f| {
        Some(f.functions.python_time.as_secs_f64())
    }),
    ("pyrite_queries_running", "Streaming queries that run", false, |f| Some(f.queries.len() as f64)),
    ("pyrite_queries_ended", "Streaming queries that have ended", true, |f| Some(f.app.queries.ended().0 as f64)),
    ("pyrite_queries_failed", "Streaming queries that have ended with an error", true, |f| {
        Some(f.app.queries.ended().1 as f64)
    }),
    ("pyrite_log_messages", "Messages in the log", true, |f| Some(f.app.log.count() as f64)),
    ("pyrite_batch_interval_seconds", "Seconds from one batch to the next", false, |f| {
        f.stream.as_ref().map(|(_, interval)| *interval as f64 / 1000.0)
    }),
    ("pyrite_batches_committed", "Batches whose output operations were all done", true, |f| {
        f.now().map(|now| now.counts.committed as f64)
    }),
    ("pyrite_batches_failed", "Batches that couldn't be made or had an output operation that failed", true, |f| {
        f.now().map(|now| now.counts.failed as f64)
    }),
    ("pyrite_batches_waiting", "Batches whose jobs wait", false, |f| f.now().map(|now| now.waiting.len() as f64)),
    ("pyrite_batches_running", "Batches that run", false, |f| f.now().map(|now| now.running.len() as f64)),
    ("pyrite_records", "Records of the batches that have ended", true, |f| f.now().map(|now| now.records as f64)),
    ("pyrite_last_batch_records", "Records of the last batch that ended", false, |f| {
        f.last().map(|info| info.records() as f64)
    }),
    ("pyrite_last_batch_scheduling_seconds", "How long the last batch waited", false, |f| {
        f.last().map(|info| info.scheduling.as_secs_f64())
    }),
    ("pyrite_last_batch_processing_seconds", "How long the last batch took", false, |f| {
        f.last().map(|info| info.processing.as_secs_f64())
    }),
    ("pyrite_sources_retrying", "Sources that have trouble and try again", false, |f| {
        f.of_stream(|f| f.sources.iter().filter(|source| source.link == Link::Retrying).count() as f64)
    }),
    ("pyrite_source_lag_records", "Messages that Kafka has and no batch was given", false, |f| {
        f.sum(|source| source.lag.map(|lag| lag as f64))
    }),
    ("pyrite_source_buffered_bytes", "Bytes that receivers took in and batches still have or will have", false, |f| {
        f.sum(|source| source.buffered.map(|bytes| bytes as f64))
    }),
    ("pyrite_source_max_rate", "Records a second that may come at most, where there is a limit", false, |f| {
        f.sum(|source| source.rate)
    }),
    ("pyrite_state_keys", "Keys that streams remember", false, |f| {
        f.of_stream(|f| f.states.iter().map(|state| state.keys).sum::<usize>() as f64)
    }),
    ("pyrite_state_bytes", "Bytes of what streams remember by key", false, |f| {
        f.of_stream(|f| f.states.iter().map(|state| state.bytes).sum::<usize>() as f64)
    }),
    ("pyrite_checkpoints", "Checkpoints that were written", true, |f| {
        f.checkpoints.as_ref().map(|(count, _)| *count as f64)
    }),
    ("pyrite_last_checkpoint_seconds", "How long the last checkpoint took", false, |f| {
        f.checkpoints.as_ref()?.1.map(|last| last.took.as_secs_f64())
    }),
    ("pyrite_last_checkpoint_bytes", "Bytes that were written for the last checkpoint", false, |f| {
        f.checkpoints.as_ref()?.1.map(|last| last.bytes as f64)
    }),
    ("pyrite_receivers", "Receivers", false, |f| f.now().map(|now| now.receivers.len() as f64)),
    ("pyrite_receivers_active", "Receivers that take in", false, |f| {
        f.now().map(|now| now.receivers.iter().filter(|receiver| receiver.active).count() as f64)
    }),
];

impl Facts {
    fn of(app: &Arc<App>) -> Self {
        let functions = app.engine.jobs().functions().total();
        let (sources, states, queries) = (vec![], vec![], queries::seen(app));
        let mut facts = Self { app: app.clone(), stream: None, functions, sources, states, checkpoints: None, queries };
        if let Some(stream) = app.stream() {
            facts.sources = stream.conditions().into_iter().map(|(_, _, condition)| condition).collect();
            facts.states = stream.states().into_iter().map(|state| state.size).collect();
            facts.checkpoints = stream.checkpoints().map(|(count, last)| (count, last.last().copied()));
            facts.stream = Some((stream.overview(), stream.timeline().interval_ms));
        }
        facts
    }

    /// What is only there with a stream.
    fn of_stream(&self, read: impl FnOnce(&Self) -> f64) -> Option<f64> {
        self.stream.as_ref().map(|_| read(self))
    }

    /// A sum over the sources that say it; `None` where none does.
    fn sum(&self, read: impl Fn(&Condition) -> Option<f64>) -> Option<f64> {
        let known: Vec<f64> = self.sources.iter().filter_map(read).collect();
        (!known.is_empty()).then(|| known.iter().sum())
    }

    fn now(&self) -> Option<&Overview> {
        self.stream.as_ref().map(|(now, _)| now)
    }

    fn last(&self) -> Option<&BatchInfo> {
        self.now()?.completed.last().map(|info| &**info)
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Facts").finish_non_exhaustive()
    }
}

impl Collector for Facts {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for (name, help, grows, read) in MEASURES {
            let Some(value) = read(self) else { continue };
            if *grows {
                let counter = ConstCounter::new(value);
                counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)?;
            } else {
                let gauge = ConstGauge::new(value);
                gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
            }
        }
        queries::encode(&self.queries, &mut encoder)
    }
}

/// The paths of the metrics.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/metrics", get(open))
        .route("/metrics/", get(open))
        .route("/metrics/json", get(spark))
        .route("/metrics/json/", get(spark))
}

async fn open(State(app): State<Arc<App>>) -> Response {
    let labels = [("application", app.name.clone()), ("application_id", app.id.clone())];
    let labels = labels.map(|(name, value)| (name.into(), value.into()));
    let mut registry = Registry::with_labels(labels.into_iter());
    registry.register_collector(Box::new(Facts::of(&app)));
    let mut text = String::new();
    if encode(&mut text, &registry).is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

async fn spark(State(app): State<Arc<App>>) -> Response {
    let mut gauges = Map::new();
    let facts = Facts::of(&app);
    if let Some(now) = facts.now() {
        let prefix = format!("{}.driver.{}.StreamingMetrics.streaming.", app.id, app.name);
        for (name, value) in of_stream(now) {
            gauges.insert(format!("{prefix}{name}"), json!({ "value": value }));
        }
    }
    for (name, value) in queries::gauges(&app) {
        gauges.insert(name, json!({ "value": value }));
    }
    let jobs = app.engine.jobs();
    for (name, value) in [("activeJobs", jobs.running().len() as u64), ("allJobs", jobs.begun())] {
        gauges.insert(format!("{}.driver.DAGScheduler.job.{name}", app.id), json!({ "value": value }));
    }
    let all = json!({
        "version": "4.0.0", "gauges": gauges, "counters": {}, "histograms": {}, "meters": {}, "timers": {},
    });
    ([(header::CONTENT_TYPE, "text/json;charset=utf-8")], all.to_string()).into_response()
}

/// The 18 gauges of Spark's `StreamingSource`.
fn of_stream(now: &Overview) -> Vec<(&'static str, Value)> {
    let unknown = || Value::from(-1);
    let last = now.completed.last().map(|info| &**info);
    let received = now.running.last().or(now.waiting.last()).or(last);
    let time = |info: Option<&BatchInfo>, of: fn(&BatchInfo) -> Option<i64>| {
        info.and_then(of).map_or_else(unknown, Value::from)
    };
    let millis = |of: fn(&BatchInfo) -> u128| last.map_or_else(unknown, |info| Value::from(of(info) as u64));
    let running: u64 = now.running.iter().map(|info| info.records() as u64).sum();
    let waiting = now.waiting.len() + now.running.len();
    vec![
        ("receivers", now.receivers.len().into()),
        ("totalCompletedBatches", (now.counts.committed + now.counts.failed).into()),
        ("totalReceivedRecords", (now.records + running).into()),
        ("totalProcessedRecords", now.records.into()),
        ("unprocessedBatches", waiting.into()),
        ("waitingBatches", now.waiting.len().into()),
        ("runningBatches", now.running.len().into()),
        ("retainedCompletedBatches", now.completed.len().into()),
        ("lastCompletedBatch_submissionTime", time(last, |info| Some(info.submitted.0))),
        ("lastCompletedBatch_processingStartTime", time(last, |info| info.started.map(|time| time.0))),
        ("lastCompletedBatch_processingEndTime", time(last, |info| info.ended.map(|time| time.0))),
        ("lastCompletedBatch_processingDelay", millis(|info| info.processing.as_millis())),
        ("lastCompletedBatch_schedulingDelay", millis(|info| info.scheduling.as_millis())),
        ("lastCompletedBatch_totalDelay", millis(|info| (info.scheduling + info.processing).as_millis())),
        ("lastReceivedBatch_submissionTime", time(received, |info| Some(info.submitted.0))),
        ("lastReceivedBatch_processingStartTime", time(received, |info| info.started.map(|time| time.0))),
        ("lastReceivedBatch_processingEndTime", time(received, |info| info.ended.map(|time| time.0))),
        ("lastReceivedBatch_records", received.map_or_else(|| Value::from(0), |info| info.records().into())),
    ]
}
