//! What the program keeps: Spark's `SparkListenerBlockUpdated` and `SparkListenerUnpersistRDD`. Stages say what they left;
//! what goes without one (given up, evicted, moved to a file) is seen by the thread that writes, which looks now and then.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::events::{Event, manager, storage_level};
use crate::job::keeping::Keeping;
use crate::job::lineage::{Block, Node};
use crate::store::Level;

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

    /// What a stage left, where that is new.
    pub fn left(&mut self, blocks: &[Block]) -> Vec<Event> {
        blocks.iter().filter_map(|block| self.put(block)).collect()
    }

    /// What changed without one. Partitions are looked at where they are `wanted`.
    pub fn changes(&mut self, keeping: &Keeping, wanted: bool) -> Vec<Event> {
        let kept = keeping.all();
        let mut told = Vec::new();
        for rdd in kept.iter().filter(|_| wanted) {
            let now: Vec<Block> = Block::all(rdd.id, rdd.plan.slots()).collect();
            told.extend(self.left(&now));
            if let Some(known) = self.known.get_mut(&rdd.id) {
                let there: BTreeSet<usize> = now.iter().map(|block| block.partition).collect();
                let gone: Vec<usize> = known.keys().copied().filter(|partition| !there.contains(partition)).collect();
                for partition in gone {
                    known.remove(&partition);
                    told.push(updated(&Block { plan: rdd.id, partition, memory: 0, disk: 0 }, None));
                }
            }
        }
        self.known.retain(|id, _| {
            let stays = kept.iter().any(|rdd| rdd.id == *id);
            if !stays {
                told.push(("SparkListenerUnpersistRDD", json!({ "RDD ID": id })));
            }
            stays
        });
        told
    }

    fn put(&mut self, block: &Block) -> Option<Event> {
        let size = (block.memory, block.disk);
        let before = self.known.get_mut(&block.plan)?.insert(block.partition, size);
        let level = match (block.memory > 0, block.disk > 0) {
            (true, true) => Level::MemoryAndDisk,
            (false, true) => Level::Disk,
            // No rows are in memory, too.
            (_, false) => Level::Memory,
        };
        (before != Some(size)).then(|| updated(block, Some(level)))
    }
}

/// Where a partition is.
fn updated(block: &Block, level: Option<Level>) -> Event {
    let fields = json!({ "Block Updated Info": {
        "Block Manager ID": manager(),
        "Block ID": format!("rdd_{}_{}", block.plan, block.partition),
        "Storage Level": storage_level(level),
        "Memory Size": block.memory,
        "Disk Size": block.disk,
    } });
    ("SparkListenerBlockUpdated", fields)
}
