//! Kept rows: Spark's `RDDStorageInfo`.

use serde_json::{Value, json};

use super::Answer;
use crate::ui::app::{App, Storage};

/// Everything that is kept.
pub fn all(app: &App) -> Value {
    app.storage().iter().map(|rdd| data(app, rdd)).collect()
}

/// What an RDD keeps.
pub fn one(app: &App, id: &str) -> Answer {
    let found = app.storage().into_iter().find(|rdd| rdd.id.to_string() == id);
    found.map(|rdd| data(app, &rdd)).ok_or_else(|| format!("no rdd found w/ id {id}"))
}

fn data(app: &App, rdd: &Storage) -> Value {
    let slots = rdd.plan.slots();
    let (mut memory, mut disk) = (0, 0);
    let mut partitions = Vec::new();
    for number in 0..slots.partitions() {
        let Some(rows) = slots.get(number) else { continue };
        let here = rows.weight();
        let there = rows.bytes().saturating_sub(here);
        memory += here;
        disk += there;
        partitions.push(json!({
            "blockName": format!("rdd_{}_{number}", rdd.id),
            "storageLevel": rdd.level,
            "memoryUsed": here,
            "diskUsed": there,
            "executors": ["driver"],
        }));
    }
    let free = app.engine.memory().budget.limit().saturating_sub(app.engine.memory().budget.used());
    json!({
        "id": rdd.id,
        "name": rdd.name,
        "numPartitions": slots.partitions(),
        "numCachedPartitions": partitions.len(),
        "storageLevel": rdd.level,
        "memoryUsed": memory,
        "diskUsed": disk,
        "dataDistribution": [{
            "address": "localhost:0",
            "memoryUsed": memory,
            "memoryRemaining": free,
            "diskUsed": disk,
            "onHeapMemoryUsed": memory,
            "offHeapMemoryUsed": 0,
            "onHeapMemoryRemaining": free,
            "offHeapMemoryRemaining": 0,
        }],
        "partitions": partitions,
    })
}
