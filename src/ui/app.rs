//! The program that is shown: one SparkContext and the stream that it runs.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use crate::batch::{Phase, Streaming};
use crate::job::Engine;
use crate::plan::Plan;
use crate::sync::Mutex;
use crate::time::Time;

/// What is shown of a program.
pub struct App {
    /// Spark's `applicationId`.
    pub id: String,
    /// The program's name.
    pub name: String,
    /// Who runs it.
    pub user: String,
    /// When it began.
    pub started: Time,
    /// The version of PySpark that answers as this does.
    pub spark: String,
    /// How many tasks run at once.
    pub cores: usize,
    /// Settings and what the program runs on, by section; secrets are left out by who gives them.
    pub environment: Vec<Section>,
    /// Runs the jobs.
    pub engine: Arc<Engine>,
    /// The stream that was started last.
    stream: Mutex<Weak<Streaming>>,
    kept: Mutex<BTreeMap<u64, Kept>>,
}

/// Rows that the program keeps.
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

/// Names and values.
pub struct Section {
    /// What Spark calls it: `sparkProperties`.
    pub name: String,
    /// Name and value.
    pub entries: Vec<(String, String)>,
}

impl App {
    /// A program without a stream.
    #[expect(clippy::too_many_arguments, reason = "each is a fact of its own")]
    pub fn new(
        id: String,
        name: String,
        user: String,
        started: Time,
        spark: String,
        cores: usize,
        environment: Vec<Section>,
        engine: Arc<Engine>,
    ) -> Arc<Self> {
        Arc::new(Self {
            id,
            name,
            user,
            started,
            spark,
            cores,
            environment,
            engine,
            stream: Mutex::default(),
            kept: Mutex::default(),
        })
    }

    /// The program has a stream, which is shown as long as it runs.
    pub fn show_stream(&self, streaming: &Arc<Streaming>) {
        let old = std::mem::replace(&mut *self.stream.lock(), Arc::downgrade(streaming));
        drop(old);
    }

    /// The stream, while it runs.
    pub fn stream(&self) -> Option<Arc<Streaming>> {
        let stream = self.stream.lock().upgrade()?;
        (stream.phase() == Phase::Active).then_some(stream)
    }

    /// The rows of this plan are kept from now on.
    pub fn keeps(&self, plan: &Arc<Plan>, name: String, level: String) {
        let kept = Kept { name, level, plan: Arc::downgrade(plan) };
        let mut all = self.kept.lock();
        all.retain(|_, of| of.plan.strong_count() > 0);
        let old = all.insert(plan.id(), kept);
        drop(all);
        drop(old);
    }

    /// What is kept now, oldest first. What it gives may be the last that holds a plan: nothing may be locked.
    pub fn storage(&self) -> Vec<Storage> {
        let all: Vec<(u64, Kept)> = self.kept.lock().iter().map(|(id, kept)| (*id, kept.clone())).collect();
        let there = all.into_iter().filter_map(|(id, Kept { name, level, plan })| {
            let plan = plan.upgrade().filter(|plan| plan.slots().is_enabled() && plan.slots().ready() > 0)?;
            Some(Storage { id, name, level, plan })
        });
        there.collect()
    }
}
