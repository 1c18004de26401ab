//! Stages and their tasks: Spark's `StageData`, `TaskData` and `TaskMetricDistributions`. A stage runs once: its only
//! attempt is number 0.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::{Map, Value, json};

use super::executors::peaks;
use super::{Answer, Query, with};
use crate::id::StageId;
use crate::job::registry::{Attempt, Job, StageRun};
use crate::metrics::Outcome;
use crate::ui::app::App;
use crate::ui::dates::gmt;

const STATUSES: &[&str] = &["ACTIVE", "COMPLETE", "FAILED", "PENDING", "SKIPPED"];

/// What Spark counts of a stage and Pyrite doesn't: bytes between machines, serialisation, a JVM's collections.
const ZEROS: &[&str] = &[
    "executorDeserializeTime",
    "executorDeserializeCpuTime",
    "executorCpuTime",
    "resultSize",
    "jvmGcTime",
    "resultSerializationTime",
    "memoryBytesSpilled",
    "diskBytesSpilled",
    "peakExecutionMemory",
    "inputBytes",
    "inputRecords",
    "outputBytes",
    "shuffleRemoteBlocksFetched",
    "shuffleLocalBlocksFetched",
    "shuffleFetchWaitTime",
    "shuffleRemoteBytesRead",
    "shuffleRemoteBytesReadToDisk",
    "shuffleLocalBytesRead",
    "shuffleReadBytes",
    "shuffleReadRecords",
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
    "shuffleWriteBytes",
    "shuffleWriteTime",
    "shuffleWriteRecords",
];
/// The same of a task.
const TASK_ZEROS: &[&str] = &[
    "executorDeserializeTime",
    "executorDeserializeCpuTime",
    "executorCpuTime",
    "resultSize",
    "jvmGcTime",
    "resultSerializationTime",
    "memoryBytesSpilled",
    "diskBytesSpilled",
    "peakExecutionMemory",
];

/// The stages that run and that are remembered, newest first.
pub fn all(app: &App, query: &Query) -> Answer {
    let wants = query.wants(STATUSES)?;
    let jobs = app.engine.jobs().all();
    let details = query.first("details") == Some("true");
    let stages = app.engine.jobs().stages();
    let stages = stages.iter().map(|stage| (stage, owner(&jobs, stage)));
    Ok(stages
        .filter(|(stage, job)| wants(status(stage, job.map(|job| &**job))))
        .map(|(stage, job)| data(stage, job.map(|job| &**job), details))
        .collect())
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
    let mut times: Vec<f64> = attempts.iter().map(|attempt| attempt.busy.as_millis() as f64).collect();
    let mut rows: Vec<f64> = attempts.iter().map(|attempt| attempt.rows as f64).collect();
    let spread = |values: &mut Vec<f64>| -> Vec<f64> {
        values.sort_by(f64::total_cmp);
        let at = |quantile: f64| ((quantile.clamp(0.0, 1.0) * values.len() as f64) as usize).min(values.len() - 1);
        quantiles.iter().map(|quantile| if values.is_empty() { 0.0 } else { values[at(*quantile)] }).collect()
    };
    let (times, rows) = (spread(&mut times), spread(&mut rows));
    let zeros = || json!(vec![0.0; quantiles.len()]);
    let mut known: Map<String, Value> = TASK_ZEROS.iter().map(|name| ((*name).to_owned(), zeros())).collect();
    known.extend(["gettingResultTime", "schedulerDelay"].map(|name| (name.to_owned(), zeros())));
    known.insert("quantiles".into(), json!(quantiles));
    known.insert("duration".into(), json!(times));
    known.insert("executorRunTime".into(), json!(times));
    known.insert("inputMetrics".into(), json!({ "bytesRead": zeros(), "recordsRead": zeros() }));
    known.insert("outputMetrics".into(), json!({ "bytesWritten": zeros(), "recordsWritten": rows }));
    known.insert(
        "shuffleReadMetrics".into(),
        json!({
            "readBytes": zeros(), "readRecords": zeros(), "remoteBlocksFetched": zeros(), "localBlocksFetched": zeros(),
            "fetchWaitTime": zeros(), "remoteBytesRead": zeros(), "remoteBytesReadToDisk": zeros(),
            "totalBlocksFetched": zeros(), "remoteReqsDuration": zeros(), "shufflePushReadMetricsDist": push(&zeros()),
        }),
    );
    known.insert(
        "shuffleWriteMetrics".into(),
        json!({ "writeBytes": zeros(), "writeRecords": zeros(), "writeTime": zeros() }),
    );
    Ok(known.into())
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
    let mut known: Map<String, Value> = ZEROS.iter().map(|name| ((*name).to_owned(), Value::from(0))).collect();
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
        "outputRecords": stage.rows.load(Ordering::Relaxed),
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
            ("executorSummary", details.then(|| json!({ "driver": executor(stage, busy) }))),
        ],
    )
}

fn executor(stage: &StageRun, busy: u128) -> Value {
    let load = |count: &std::sync::atomic::AtomicUsize| count.load(Ordering::Relaxed);
    json!({
        "taskTime": busy as u64,
        "failedTasks": load(&stage.failed),
        "succeededTasks": load(&stage.completed),
        "killedTasks": load(&stage.killed),
        "inputBytes": 0, "inputRecords": 0, "outputBytes": 0,
        "outputRecords": stage.rows.load(Ordering::Relaxed),
        "shuffleRead": 0, "shuffleReadRecords": 0, "shuffleWrite": 0, "shuffleWriteRecords": 0,
        "memoryBytesSpilled": 0, "diskBytesSpilled": 0, "isBlacklistedForStage": false,
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
    let mut metrics: Map<String, Value> = TASK_ZEROS.iter().map(|name| ((*name).to_owned(), Value::from(0))).collect();
    metrics.insert("executorRunTime".into(), busy.into());
    metrics.insert("inputMetrics".into(), json!({ "bytesRead": 0, "recordsRead": 0 }));
    metrics.insert("outputMetrics".into(), json!({ "bytesWritten": 0, "recordsWritten": attempt.rows }));
    metrics.insert(
        "shuffleReadMetrics".into(),
        json!({
            "remoteBlocksFetched": 0, "localBlocksFetched": 0, "fetchWaitTime": 0, "remoteBytesRead": 0,
            "remoteBytesReadToDisk": 0, "localBytesRead": 0, "recordsRead": 0, "remoteReqsDuration": 0,
            "shufflePushReadMetrics": push(&Value::from(0)),
        }),
    );
    metrics.insert("shuffleWriteMetrics".into(), json!({ "bytesWritten": 0, "writeTime": 0, "recordsWritten": 0 }));
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
fn push(zero: &Value) -> Value {
    const NAMES: &[&str] = &[
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
    NAMES.iter().map(|name| ((*name).to_owned(), zero.clone())).collect::<Map<_, _>>().into()
}
