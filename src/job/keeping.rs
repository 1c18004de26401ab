//! The RDDs whose rows the program keeps, for whoever shows them.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use crate::plan::Plan;
use crate::sync::Mutex;

/// What is kept.
#[derive(Default)]
pub struct Keeping {
    kept: Mutex<BTreeMap<u64, Kept>>,
}

#[derive(Clone)]
struct Kept {
    name: String,
    level: String,
    plan: Weak<Plan>,
}

/// An RDD whose rows are kept, while it is there.
pub struct Storage {
    /// Its number.
    pub id: u64,
    /// What the program calls it.
    pub name: String,
    /// Where the rows are, in Spark's words.
    pub level: String,
    /// It.
    pub plan: Arc<Plan>,
}

impl Keeping {
    /// The rows of this plan are kept from now on.
    pub fn add(&self, plan: &Arc<Plan>, name: String, level: String) {
        let kept = Kept { name, level, plan: Arc::downgrade(plan) };
        let mut all = self.kept.lock();
        all.retain(|_, of| of.plan.strong_count() > 0);
        let old = all.insert(plan.id(), kept);
        drop(all);
        drop(old);
    }

    /// What the program calls this one.
    pub fn name(&self, id: u64) -> Option<String> {
        self.kept.lock().get(&id).map(|kept| kept.name.clone())
    }

    /// What is kept now, oldest first. What it gives may be the last that holds a plan: nothing may be locked.
    pub fn all(&self) -> Vec<Storage> {
        let all: Vec<(u64, Kept)> = self.kept.lock().iter().map(|(id, kept)| (*id, kept.clone())).collect();
        let there = all.into_iter().filter_map(|(id, Kept { name, level, plan })| {
            let plan = plan.upgrade().filter(|plan| plan.slots().is_enabled())?;
            Some(Storage { id, name, level, plan })
        });
        there.collect()
    }
}
