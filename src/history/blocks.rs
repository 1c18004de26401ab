//! What the program keeps, looked at now and then by the thread that writes: Spark's `SparkListenerUnpersistRDD` and
//! `SparkListenerBlockUpdated`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::events::{manager, storage_level};
use crate::job::follow::Node;
use crate::job::keeping::Keeping;

/// The kept RDDs that the log knows, with what their partitions take in memory and in files.
#[derive(Default)]
pub struct Blocks {
    known: BTreeMap<u64, BTreeMap<usize, (usize, usize)>>,
}

impl Blocks {
    /// The log has said that these are kept.
    pub fn told(&mut self, plans: &[Node], keeping: &Keeping) {
        for plan in plans.iter().filter(|plan| plan.kept.is_some() && keeping.name(plan.id).is_some()) {
            self.known.entry(plan.id).or_default();
        }
    }

    /// What changed: names of events and their fields. Partitions are told of where that is `wanted`.
    pub fn changes(&mut self, keeping: &Keeping, wanted: bool) -> Vec<(&'static str, Value)> {
        let mut told = Vec::new();
        let mut now = BTreeMap::new();
        for rdd in keeping.all() {
            let slots = rdd.plan.slots();
            let mut parts = BTreeMap::new();
            for number in (0..slots.partitions()).filter(|_| wanted) {
                let Some(rows) = slots.get(number) else { continue };
                let memory = rows.weight();
                parts.insert(number, (memory, rows.bytes().saturating_sub(memory)));
            }
            if wanted {
                let before = self.known.get(&rdd.id);
                let level = slots.level();
                let update = |number: &usize, (memory, disk): (usize, usize)| {
                    let kept = (memory > 0, disk > 0);
                    let there = if memory + disk > 0 || parts.contains_key(number) { Some(level) } else { None };
                    let mut level = storage_level(there);
                    if kept.0 || kept.1 {
                        level["Use Memory"] = kept.0.into();
                        level["Use Disk"] = kept.1.into();
                    }
                    json!({ "Block Updated Info": {
                        "Block Manager ID": manager(),
                        "Block ID": format!("rdd_{}_{number}", rdd.id),
                        "Storage Level": level,
                        "Memory Size": memory,
                        "Disk Size": disk,
                    } })
                };
                for (number, size) in &parts {
                    if before.and_then(|before| before.get(number)) != Some(size) {
                        told.push(("SparkListenerBlockUpdated", update(number, *size)));
                    }
                }
                for number in before.into_iter().flat_map(|before| before.keys()) {
                    if !parts.contains_key(number) {
                        told.push(("SparkListenerBlockUpdated", update(number, (0, 0))));
                    }
                }
            }
            now.insert(rdd.id, parts);
        }
        for id in self.known.keys().filter(|id| !now.contains_key(id)) {
            told.push(("SparkListenerUnpersistRDD", json!({ "RDD ID": id })));
        }
        self.known = now;
        told
    }
}
