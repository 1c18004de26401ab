//! Executors: there is one, the program itself. Spark's `ExecutorSummary`.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use crate::job::registry::{Attempt, StageRun, Work};
use crate::ui::app::App;
use crate::ui::dates::gmt;

/// The names of what Spark measures of a JVM's memory.
const PEAKS: &[&str] = &[
    "JVMHeapMemory",
    "JVMOffHeapMemory",
    "OnHeapExecutionMemory",
    "OffHeapExecutionMemory",
    "OnHeapStorageMemory",
    "OffHeapStorageMemory",
    "OnHeapUnifiedMemory",
    "OffHeapUnifiedMemory",
    "DirectPoolMemory",
    "MappedPoolMemory",
    "ProcessTreeJVMVMemory",
    "ProcessTreeJVMRSSMemory",
    "ProcessTreePythonVMemory",
    "ProcessTreePythonRSSMemory",
    "ProcessTreeOtherVMemory",
    "ProcessTreeOtherRSSMemory",
    "MinorGCCount",
    "MinorGCTime",
    "MajorGCCount",
    "MajorGCTime",
    "TotalGCTime",
    "ConcurrentGCCount",
    "ConcurrentGCTime",
];

/// The program as an executor.
pub fn driver(app: &App) -> Value {
    let stages = app.engine.jobs().stages();
    let sum = |of: fn(&StageRun) -> usize| stages.iter().map(|stage| of(stage)).sum::<usize>();
    let active = sum(|stage| stage.active.load(Ordering::Relaxed));
    let failed = sum(|stage| stage.failed.load(Ordering::Relaxed));
    let completed = sum(|stage| stage.completed.load(Ordering::Relaxed));
    let attempts: Vec<Attempt> = stages.iter().flat_map(|stage| stage.attempts()).collect();
    let busy: u128 = attempts.iter().map(|attempt| attempt.busy.as_millis()).sum();
    let work: Work = attempts.iter().map(|attempt| attempt.work).sum();
    let memory = app.engine.memory();
    let (used, limit, disk) = (memory.budget.used(), memory.budget.limit(), memory.dir.held());
    json!({
        "id": "driver",
        "hostPort": "localhost:0",
        "isActive": true,
        "rddBlocks": app.storage().iter().map(|rdd| rdd.plan.slots().ready()).sum::<usize>(),
        "memoryUsed": used,
        "diskUsed": disk,
        "totalCores": app.cores,
        "maxTasks": app.cores,
        "activeTasks": active,
        "failedTasks": failed,
        "completedTasks": completed,
        "totalTasks": active + failed + completed,
        "totalDuration": busy as u64,
        "totalGCTime": 0,
        "totalInputBytes": work.used.read_bytes,
        "totalShuffleRead": work.fetched.1,
        "totalShuffleWrite": work.bytes,
        "isBlacklisted": false,
        "maxMemory": limit,
        "addTime": gmt(app.started),
        "executorLogs": {},
        "memoryMetrics": {
            "usedOnHeapStorageMemory": used,
            "usedOffHeapStorageMemory": 0,
            "totalOnHeapStorageMemory": limit,
            "totalOffHeapStorageMemory": 0,
        },
        "blacklistedInStages": [],
        "peakMemoryMetrics": peaks(),
        "attributes": {},
        "resources": {},
        "resourceProfileId": 0,
        "isExcluded": false,
        "excludedInStages": [],
    })
}

/// What Spark measures of a JVM, of which there is none.
pub fn peaks() -> Value {
    PEAKS.iter().map(|name| ((*name).to_owned(), Value::from(0))).collect::<serde_json::Map<_, _>>().into()
}
