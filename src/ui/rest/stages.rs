//! Stages and their tasks: Spark's `StageData`, `TaskData` and `TaskMetricDistributions`. A stage runs once: its only
//! attempt is number 0.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::{Map, Value, json};

use super::executors::peaks;
use super::{Answer, Query, with};
use crate::id::StageId;
use crate::job::registry::{Attempt, Job, StageRun, Work};
use crate::metrics::Outcome;
use crate::ui::app::App;
use crate::ui::dates::gmt;

const STATUSES: &[&str] = &["ACTIVE", "COMPLETE", "FAILED", "PENDING", "SKIPPED"];

/// What Spark counts of a task and of a stage and Pyrite doesn't: serialisation, a JVM's collections.
const UNCOUNTED: &[&str] = &[
    "executorDeserializeTime",
    "executorDeserializeCpuTime",
    "resultSize",
    "jvmGcTime",
    "resultSerializationTime",
    "memoryBytesSpilled",
    "peakExecutionMemory",
];
/// The same of a stage alone: bytes between machines.
const UNCOUNTED_OF_STAGES: &[&str] = &[
    "outputBytes",
    "shuffleRemoteBlocksFetched",
    "shuffleFetchWaitTime",
    "shuffleRemoteBytesRead",
    "shuffleRemoteBytesReadToDisk",
    "shuffleCorruptMergedBlockChunks",
    "shuffleMergedFetchFallbackCount",
    "shuffleMergedRemoteBlocksFetched",
    "shuffleMergedLocalBlocksFetched",
    "shuffleMergedRemoteChunksFetched",
    "shuffleMergedLocalChunksFetched",
    "shuffleMergedRemoteBytesRead",
    "shuffleMergedLocalBytesRead",
    "shuffleRemoteReqsDuration",
    "shuffleMergedRemoteReqsDuration",
    "shuffleWriteTime",
];
/// And of what a task reads of shuffles.
const UNCOUNTED_OF_READS: &[&str] =
    &["remoteBlocksFetched", "fetchWaitTime", "remoteBytesRead", "remoteBytesReadToDisk", "remoteReqsDuration"];

/// The stages that run and that are remembered, newest first.
pub fn all(app: &App, query: &Query) -> Answer {
    let wants = query.wants(STATUSES)?;
    let jobs = app.engine.jobs().all();
    let details = query.first("details") == Some("true");
    let mut owners: HashMap<StageId, &Job> = HashMap::new();
    for job in &jobs {
        owners.extend(job.stages().iter().map(|stage| (stage.id, &**job)));
    }
    let stages = app.engine.jobs().stages();
    let stages = stages.iter().map(|stage| (stage, owners.get(&stage.id).copied()));
    let wanted = stages.filter(|(stage, job)| wants(status(stage, *job))).take(query.length());
    Ok(wanted.map(|(stage, job)| data(stage, job, details)).collect())
}

/// A stage's attempts: one.
pub fn attempts(app: &App, id: &str) -> Answer {
    one(app, id, "0").map(|one| json!([one])).map_err(|_| format!("unknown stage: {id}"))
}

/// A stage.
pub fn one(app: &App, id: &str, attempt: &str) -> Answer {
    let stage = find(app, id, attempt)?;
    let jobs = app.engine.jobs().all();
    Ok(data(&stage, owner(&jobs, &stage).map(|job| &**job), true))
}

/// A stage's tasks, as many as `length` from `offset` on.
pub fn tasks(app: &App, id: &str, attempt: &str, query: &Query) -> Answer {
    let number =
        |name: &str, default| query.first(name).map_or(Ok(default), |text| text.parse().map_err(|_| text.to_owned()));
    let (offset, length) = (number("offset", 0)?, number("length", 20)?);
    Ok(find(app, id, attempt)?.attempts().iter().skip(offset).take(length).map(task).collect())
}

/// How the times of a stage's tasks are spread.
pub fn summary(app: &App, id: &str, attempt: &str, query: &Query) -> Answer {
    let wanted = query.first("quantiles").unwrap_or("0.05,0.25,0.5,0.75,0.95");
    let quantiles: Result<Vec<f64>, _> = wanted.split(',').map(|text| text.trim().parse::<f64>()).collect();
    let quantiles = quantiles.map_err(|_| format!("quantiles: {wanted}"))?;
    let attempts = find(app, id, attempt)?.attempts();
    let spread = |of: &dyn Fn(&Attempt) -> u64| -> Value {
        let mut values: Vec<u64> = attempts.iter().map(of).collect();
        values.sort_unstable();
        let at = |quantile: &f64| {
            let index = (quantile.clamp(0.0, 1.0) * values.len() as f64) as usize;
            values.get(index.min(values.len().saturating_sub(1))).map_or(0.0, |value| *value as f64)
        };
        quantiles.iter().map(at).collect()
    };
    let zeros = json!(vec![0.0; quantiles.len()]);
    let (times, rows) = (spread(&|of| of.busy.as_millis() as u64), spread(&|of| of.work.rows));
    let mut known = filled(UNCOUNTED, &zeros);
    known.extend(["gettingResultTime", "schedulerDelay"].map(|name| (name.to_owned(), zeros.clone())));
    known.insert("quantiles".into(), json!(quantiles));
    known.insert("diskBytesSpilled".into(), spread(&|of| of.work.spilled));
    known.insert("duration".into(), times.clone());
    known.insert("executorRunTime".into(), times);
    known.insert("executorCpuTime".into(), spread(&|of| of.work.used.cpu));
    let (bytes, records) = (spread(&|of| of.work.used.read_bytes), spread(&|of| of.work.used.read_rows));
    known.insert("inputMetrics".into(), json!({ "bytesRead": bytes, "recordsRead": records }));
    known.insert("outputMetrics".into(), json!({ "bytesWritten": zeros, "recordsWritten": rows }));
    let mut read = filled(UNCOUNTED_OF_READS, &zeros);
    read.insert("readBytes".into(), spread(&|of| of.work.fetched.1));
    read.insert("readRecords".into(), spread(&|of| of.work.fetched.0));
    read.insert("localBlocksFetched".into(), spread(&|of| of.work.blocks()));
    read.insert("totalBlocksFetched".into(), spread(&|of| of.work.blocks()));
    read.insert("shufflePushReadMetricsDist".into(), filled(PUSHED, &zeros).into());
    known.insert("shuffleReadMetrics".into(), read.into());
    let (bytes, records) = (spread(&|of| of.work.bytes), spread(&|of| of.work.shuffled()));
    let written = json!({ "writeBytes": bytes, "writeRecords": records, "writeTime": zeros });
    known.insert("shuffleWriteMetrics".into(), written);
    Ok(known.into())
}

/// Names that all have the same value.
fn filled(names: &[&str], value: &Value) -> Map<String, Value> {
    names.iter().map(|name| ((*name).to_owned(), value.clone())).collect()
}

fn find(app: &App, id: &str, attempt: &str) -> Result<Arc<StageRun>, String> {
    let stage = id.parse().ok().and_then(|id| app.engine.jobs().stage(StageId(id)));
    let stage = stage.ok_or_else(|| format!("unknown stage: {id}"))?;
    if attempt != "0" {
        return Err(format!("unknown attempt for stage {id}.  Found attempts: [0]"));
    }
    Ok(stage)
}

fn owner<'j>(jobs: &'j [Arc<Job>], stage: &StageRun) -> Option<&'j Arc<Job>> {
    jobs.iter().find(|job| job.stages().iter().any(|of| of.id == stage.id))
}

fn status(stage: &StageRun, job: Option<&Job>) -> &'static str {
    let span = stage.span();
    match (span.submitted, span.completed) {
        (None, _) if job.is_none_or(|job| job.outcome().is_some()) => "SKIPPED",
        (None, _) => "PENDING",
        (_, None) => "ACTIVE",
        _ if stage.completed.load(Ordering::Relaxed) >= stage.tasks => "COMPLETE",
        _ => "FAILED",
    }
}

fn data(stage: &StageRun, job: Option<&Job>, details: bool) -> Value {
    let load = |count: &std::sync::atomic::AtomicUsize| count.load(Ordering::Relaxed);
    let attempts = stage.attempts();
    let busy: u128 = attempts.iter().map(|attempt| attempt.busy.as_millis()).sum();
    let work: Work = attempts.iter().map(|attempt| attempt.work).sum();
    let blocks: u64 = attempts.iter().map(|attempt| attempt.work.blocks()).sum();
    let shuffled: u64 = attempts.iter().map(|attempt| attempt.work.shuffled()).sum();
    let mut known = filled(UNCOUNTED, &0.into());
    known.extend(filled(UNCOUNTED_OF_STAGES, &0.into()));
    let facts = json!({
        "status": status(stage, job),
        "stageId": stage.id.0,
        "attemptId": 0,
        "numTasks": stage.tasks,
        "numActiveTasks": load(&stage.active),
        "numCompleteTasks": load(&stage.completed),
        "numFailedTasks": load(&stage.failed),
        "numKilledTasks": load(&stage.killed),
        "numCompletedIndices": load(&stage.completed),
        "executorRunTime": busy as u64,
        "executorCpuTime": work.used.cpu,
        "inputBytes": work.used.read_bytes,
        "inputRecords": work.used.read_rows,
        "outputRecords": stage.rows.load(Ordering::Relaxed),
        "shuffleReadBytes": work.fetched.1,
        "shuffleReadRecords": work.fetched.0,
        "shuffleLocalBytesRead": work.fetched.1,
        "shuffleLocalBlocksFetched": blocks,
        "shuffleWriteBytes": work.bytes,
        "shuffleWriteRecords": shuffled,
        "diskBytesSpilled": work.spilled,
        "name": stage.name,
        "details": stage.name,
        "schedulingPool": "default",
        "rddIds": [],
        "accumulatorUpdates": [],
        "killedTasksSummary": {},
        "resourceProfileId": 0,
        "peakExecutorMetrics": peaks(),
        "isShufflePushEnabled": false,
        "shuffleMergersCount": 0,
    });
    if let Value::Object(facts) = facts {
        known.extend(facts);
    }
    let (span, first) = (stage.span(), attempts.iter().map(|attempt| attempt.launched).min());
    let failed = status(stage, job) == "FAILED";
    let tasks = || -> Value {
        attempts.iter().map(|attempt| (attempt.task.0.to_string(), task(attempt))).collect::<Map<_, _>>().into()
    };
    with(
        known.into(),
        [
            ("submissionTime", span.submitted.map(|time| gmt(time).into())),
            ("firstTaskLaunchedTime", first.map(|time| gmt(time).into())),
            ("completionTime", span.completed.map(|time| gmt(time).into())),
            ("description", job.and_then(Job::description).map(Value::from)),
            ("failureReason", job.and_then(Job::ended).filter(|_| failed).and_then(|end| end.failure).map(Value::from)),
            ("tasks", details.then(tasks)),
            ("executorSummary", details.then(|| json!({ "driver": executor(stage, busy, &work, shuffled) }))),
        ],
    )
}

fn executor(stage: &StageRun, busy: u128, work: &Work, shuffled: u64) -> Value {
    let load = |count: &std::sync::atomic::AtomicUsize| count.load(Ordering::Relaxed);
    json!({
        "taskTime": busy as u64,
        "failedTasks": load(&stage.failed),
        "succeededTasks": load(&stage.completed),
        "killedTasks": load(&stage.killed),
        "inputBytes": work.used.read_bytes, "inputRecords": work.used.read_rows, "outputBytes": 0,
        "outputRecords": stage.rows.load(Ordering::Relaxed),
        "shuffleRead": work.fetched.1, "shuffleReadRecords": work.fetched.0,
        "shuffleWrite": work.bytes, "shuffleWriteRecords": shuffled,
        "memoryBytesSpilled": 0, "diskBytesSpilled": work.spilled, "isBlacklistedForStage": false,
        "peakMemoryMetrics": peaks(), "isExcludedForStage": false,
    })
}

fn task(attempt: &Attempt) -> Value {
    let status = match attempt.outcome {
        Outcome::Succeeded => "SUCCESS",
        Outcome::Failed => "FAILED",
        Outcome::Cancelled => "KILLED",
    };
    let busy = attempt.busy.as_millis() as u64;
    let work = &attempt.work;
    let mut metrics = filled(UNCOUNTED, &0.into());
    metrics.insert("executorRunTime".into(), busy.into());
    metrics.insert("executorCpuTime".into(), work.used.cpu.into());
    let read = json!({ "bytesRead": work.used.read_bytes, "recordsRead": work.used.read_rows });
    metrics.insert("inputMetrics".into(), read);
    metrics.insert("diskBytesSpilled".into(), work.spilled.into());
    metrics.insert("outputMetrics".into(), json!({ "bytesWritten": 0, "recordsWritten": work.rows }));
    let mut read = filled(UNCOUNTED_OF_READS, &0.into());
    read.insert("localBlocksFetched".into(), work.blocks().into());
    read.insert("localBytesRead".into(), work.fetched.1.into());
    read.insert("recordsRead".into(), work.fetched.0.into());
    read.insert("shufflePushReadMetrics".into(), filled(PUSHED, &0.into()).into());
    metrics.insert("shuffleReadMetrics".into(), read.into());
    let written = json!({ "bytesWritten": work.bytes, "writeTime": 0, "recordsWritten": work.shuffled() });
    metrics.insert("shuffleWriteMetrics".into(), written);
    json!({
        "taskId": attempt.task.0,
        "index": attempt.partition,
        "attempt": attempt.attempt,
        "partitionId": attempt.partition,
        "launchTime": gmt(attempt.launched),
        "duration": busy,
        "executorId": "driver",
        "host": "localhost",
        "status": status,
        "taskLocality": "PROCESS_LOCAL",
        "speculative": false,
        "accumulatorUpdates": [],
        "taskMetrics": metrics,
        "executorLogs": {},
        "schedulerDelay": 0,
        "gettingResultTime": 0,
    })
}

/// What a push-based shuffle would read.
const PUSHED: &[&str] = &[
    "corruptMergedBlockChunks",
    "mergedFetchFallbackCount",
    "remoteMergedBlocksFetched",
    "localMergedBlocksFetched",
    "remoteMergedChunksFetched",
    "localMergedChunksFetched",
    "remoteMergedBytesRead",
    "localMergedBytesRead",
    "remoteMergedReqsDuration",
];
