//! Events as Spark's `JsonProtocol` writes them: a name and fields. What Pyrite has no notion of (a JVM's memory, blocks
//! from other machines) is 0.

use serde_json::{Map, Value, json};

use super::program::Program;
use super::wanted::Wanted;
use crate::job::follow::{Gave, Step, Trial};
use crate::job::keeping::Keeping;
use crate::job::lineage::{Lineage, Node};
use crate::job::registry::{End, Job, StageRun};
use crate::metrics::Outcome;
use crate::store::Level;
use crate::time::Time;
use crate::ui::peaks;

/// The name of an event and its fields.
pub type Event = (&'static str, Value);

/// An event's line. Its name comes first: Spark's reader knows lines by how they begin.
pub fn line((name, fields): &Event) -> String {
    let fields = fields.to_string();
    match fields.strip_prefix('{') {
        Some("}") | None => format!("{{\"Event\":\"{name}\"}}"),
        Some(rest) => format!("{{\"Event\":\"{name}\",{rest}"),
    }
}

/// What stands at the beginning of a log. `memory` is the number of bytes that rows may take.
pub fn beginning(of: &Program, memory: usize) -> Vec<Event> {
    let resource = |name: &str, amount: usize| json!({ "Resource Name": name, "Amount": amount, "Discovery Script": "", "Vendor": "" });
    let environment: Map<String, Value> = of
        .environment
        .iter()
        .map(|(name, entries)| {
            let entries: Map<String, Value> = entries.iter().map(|(k, v)| (k.clone(), v.clone().into())).collect();
            (name.clone(), entries.into())
        })
        .collect();
    vec![
        ("SparkListenerLogStart", json!({ "Spark Version": of.spark })),
        (
            "SparkListenerResourceProfileAdded",
            json!({
                "Resource Profile Id": 0,
                "Executor Resource Requests": {
                    "cores": resource("cores", of.cores),
                    "memory": resource("memory", memory >> 20),
                    "offHeap": resource("offHeap", 0),
                },
                "Task Resource Requests": { "cpus": { "Resource Name": "cpus", "Amount": 1.0 } },
            }),
        ),
        (
            "SparkListenerExecutorAdded",
            json!({
                "Timestamp": of.started.0,
                "Executor ID": "driver",
                "Executor Info": {
                    "Host": HOST,
                    "Total Cores": of.cores,
                    "Log Urls": {},
                    "Attributes": {},
                    "Resources": {},
                    "Resource Profile Id": 0,
                },
            }),
        ),
        (
            "SparkListenerBlockManagerAdded",
            json!({
                "Block Manager ID": manager(),
                "Maximum Memory": memory,
                "Timestamp": of.started.0,
                "Maximum Onheap Memory": memory,
                "Maximum Offheap Memory": 0,
            }),
        ),
        ("SparkListenerEnvironmentUpdate", environment.into()),
        (
            "SparkListenerApplicationStart",
            json!({ "App Name": of.name, "App ID": of.id, "Timestamp": of.started.0, "User": of.user }),
        ),
    ]
}

/// What stands at its end.
pub fn end(at: Time) -> Event {
    ("SparkListenerApplicationEnd", json!({ "Timestamp": at.0, "ExitCode": 0 }))
}

/// What a step of a job is called; `keeping` knows what the program calls its RDDs.
pub fn of(step: &Step, wanted: &Wanted, keeping: &Keeping) -> Event {
    match step {
        Step::JobBegan(job) => ("SparkListenerJobStart", job_start(job, wanted, keeping)),
        Step::StageBegan(job, stage) => {
            let fields = json!({ "Stage Info": submitted(stage, keeping), "Properties": properties(job, wanted) });
            ("SparkListenerStageSubmitted", fields)
        }
        Step::TaskBegan(trial) => {
            let fields = json!({
                "Stage ID": trial.stage.0, "Stage Attempt ID": 0, "Task Info": task_info(trial, None),
            });
            ("SparkListenerTaskStart", fields)
        }
        Step::TaskEnded(trial, gave) => ("SparkListenerTaskEnd", task_end(trial, gave)),
        Step::StageEnded(stage, time, failure, _) => {
            let mut info = submitted(stage, keeping);
            info["Completion Time"] = time.0.into();
            if let Some(failure) = failure {
                info["Failure Reason"] = failure.clone().into();
            }
            ("SparkListenerStageCompleted", json!({ "Stage Info": info }))
        }
        Step::JobEnded(id, end) => {
            let fields = json!({ "Job ID": id.0, "Completion Time": end.time.0, "Job Result": job_result(end) });
            ("SparkListenerJobEnd", fields)
        }
    }
}

const HOST: &str = "localhost";

/// The one block manager. It listens nowhere, but Spark reads no port below 1.
pub fn manager() -> Value {
    json!({ "Executor ID": "driver", "Host": HOST, "Port": 1 })
}

/// Where rows may be; `None`: they aren't kept.
pub fn storage_level(level: Option<Level>) -> Value {
    json!({
        "Use Disk": matches!(level, Some(Level::MemoryAndDisk | Level::Disk)),
        "Use Memory": matches!(level, Some(Level::Memory | Level::MemoryAndDisk)),
        "Use Off Heap": false,
        "Deserialized": false,
        "Replication": 1,
    })
}

fn job_start(job: &Job, wanted: &Wanted, keeping: &Keeping) -> Value {
    let stages = job.stages();
    json!({
        "Job ID": job.id.0,
        "Submission Time": job.submitted.0,
        "Stage Infos": stages.iter().map(|stage| stage_info(stage, keeping)).collect::<Vec<_>>(),
        "Stage IDs": stages.iter().map(|stage| stage.id.0).collect::<Vec<_>>(),
        "Properties": properties(job, wanted),
    })
}

fn properties(job: &Job, wanted: &Wanted) -> Value {
    let mut known: Map<String, Value> =
        job.properties.iter().map(|(name, value)| (name.clone(), Value::from(wanted.shown(name, value)))).collect();
    if !job.site.is_empty() {
        known.entry("callSite.short").or_insert_with(|| job.site.clone().into());
    }
    known.into()
}

fn job_result(end: &End) -> Value {
    let failure = match (end.outcome, &end.failure) {
        (Outcome::Succeeded, _) => return json!({ "Result": "JobSucceeded" }),
        (_, Some(failure)) => failure.as_str(),
        (Outcome::Cancelled, None) => "the job was cancelled",
        (Outcome::Failed, None) => "the job failed",
    };
    json!({ "Result": "JobFailed", "Exception": { "Message": failure, "Stack Trace": [] } })
}

fn stage_info(stage: &StageRun, keeping: &Keeping) -> Value {
    let Lineage { plans, parents, .. } = &stage.lineage;
    json!({
        "Stage ID": stage.id.0,
        "Stage Attempt ID": 0,
        "Stage Name": stage.name,
        "Number of Tasks": stage.tasks,
        "RDD Info": plans.iter().map(|plan| rdd_info(plan, keeping)).collect::<Vec<_>>(),
        "Parent IDs": parents.iter().map(|parent| parent.0).collect::<Vec<_>>(),
        "Details": stage.name,
        "Accumulables": [],
        "Resource Profile Id": 0,
        "Shuffle Push Enabled": false,
        "Shuffle Push Mergers Count": 0,
    })
}

/// The same of a stage that has begun.
fn submitted(stage: &StageRun, keeping: &Keeping) -> Value {
    let mut info = stage_info(stage, keeping);
    if let Some(submitted) = stage.span().submitted {
        info["Submission Time"] = submitted.0.into();
    }
    info
}

fn rdd_info(plan: &Node, keeping: &Keeping) -> Value {
    let operation = plan.name.split(" at ").next().unwrap_or_default();
    let named = plan.kept.and_then(|_| keeping.name(plan.id));
    json!({
        "RDD ID": plan.id,
        "Name": named.as_deref().unwrap_or(operation),
        "Scope": json!({ "id": plan.id.to_string(), "name": operation }).to_string(),
        "Callsite": plan.name,
        "Parent IDs": plan.parents,
        "Storage Level": storage_level(plan.kept),
        "Barrier": plan.barrier,
        "DeterministicLevel": "DETERMINATE",
        "Number of Partitions": plan.partitions,
        "Number of Cached Partitions": plan.ready,
        "Memory Size": 0,
        "Disk Size": 0,
    })
}

fn task_info(trial: &Trial, gave: Option<&Gave>) -> Value {
    json!({
        "Task ID": trial.task.0,
        "Index": trial.index,
        "Attempt": trial.attempt,
        "Partition ID": trial.partition,
        "Launch Time": trial.launched.0,
        "Executor ID": "driver",
        "Host": HOST,
        "Locality": "PROCESS_LOCAL",
        "Speculative": false,
        "Getting Result Time": 0,
        "Finish Time": gave.map_or(0, |gave| gave.time.0),
        "Failed": gave.is_some_and(|gave| gave.outcome == Outcome::Failed),
        "Killed": gave.is_some_and(|gave| gave.outcome == Outcome::Cancelled),
        "Accumulables": [],
    })
}

fn task_end(trial: &Trial, gave: &Gave) -> Value {
    let used = &gave.rows.used;
    json!({
        "Stage ID": trial.stage.0,
        "Stage Attempt ID": 0,
        "Task Type": if trial.shuffles { "ShuffleMapTask" } else { "ResultTask" },
        "Task End Reason": reason(gave),
        "Task Info": task_info(trial, Some(gave)),
        "Task Executor Metrics": peaks(),
        "Task Metrics": {
            "Executor Deserialize Time": 0,
            "Executor Deserialize CPU Time": 0,
            "Executor Run Time": gave.busy.as_millis() as u64,
            "Executor CPU Time": used.cpu,
            "Peak Execution Memory": 0,
            "Peak On Heap Execution Memory": 0,
            "Peak Off Heap Execution Memory": 0,
            "Result Size": 0,
            "JVM GC Time": 0,
            "Result Serialization Time": 0,
            "Memory Bytes Spilled": 0,
            "Disk Bytes Spilled": gave.rows.spilled,
            "Shuffle Read Metrics": {
                "Remote Blocks Fetched": 0,
                "Local Blocks Fetched": u8::from(trial.fetches.0 > 0),
                "Fetch Wait Time": 0,
                "Remote Bytes Read": 0,
                "Remote Bytes Read To Disk": 0,
                "Local Bytes Read": trial.fetches.1,
                "Total Records Read": trial.fetches.0,
                "Remote Requests Duration": 0,
                "Push Based Shuffle": push(),
            },
            "Shuffle Write Metrics": {
                "Shuffle Bytes Written": gave.rows.shuffled_bytes,
                "Shuffle Write Time": 0,
                "Shuffle Records Written": gave.rows.shuffled,
            },
            "Input Metrics": { "Bytes Read": used.read_bytes, "Records Read": used.read_rows },
            "Output Metrics": { "Bytes Written": 0, "Records Written": gave.rows.answered },
            "Updated Blocks": [],
        },
    })
}

fn reason(gave: &Gave) -> Value {
    match (gave.outcome, &gave.failure) {
        (Outcome::Succeeded, _) => json!({ "Reason": "Success" }),
        (Outcome::Failed, Some(failure)) => json!({
            "Reason": "ExceptionFailure",
            "Class Name": failure.class,
            "Description": failure.line,
            "Stack Trace": [],
            "Full Stack Trace": failure.report,
            "Accumulator Updates": [],
        }),
        _ => {
            json!({ "Reason": "TaskKilled", "Kill Reason": "nobody wants its rows any more", "Accumulator Updates": [] })
        }
    }
}

/// What a push-based shuffle would read.
fn push() -> Value {
    json!({
        "Corrupt Merged Block Chunks": 0,
        "Merged Fetch Fallback Count": 0,
        "Merged Remote Blocks Fetched": 0,
        "Merged Local Blocks Fetched": 0,
        "Merged Remote Chunks Fetched": 0,
        "Merged Local Chunks Fetched": 0,
        "Merged Remote Bytes Read": 0,
        "Merged Local Bytes Read": 0,
        "Merged Remote Requests Duration": 0,
    })
}
