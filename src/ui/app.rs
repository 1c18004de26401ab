//! The program that is shown: one SparkContext and the stream that it runs.

use std::sync::{Arc, Weak};

use super::asking::Asking;
use super::log::LogRing;
use super::queries::Queries;
use crate::batch::{Phase, Streaming};
use crate::job::Engine;
use crate::job::keeping::Storage;
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
    /// The last messages of the program's log.
    pub log: LogRing,
    /// Its streaming queries.
    pub queries: Queries,
    /// What only the program itself can say or do.
    pub asking: Asking,
    /// The stream that was started last.
    stream: Mutex<Weak<Streaming>>,
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
            log: LogRing::default(),
            queries: Queries::default(),
            asking: Asking::default(),
            stream: Mutex::default(),
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

    /// What is kept now, oldest first.
    pub fn storage(&self) -> Vec<Storage> {
        let mut kept = self.engine.keeping().all();
        kept.retain(|rdd| rdd.plan.slots().ready() > 0);
        kept
    }
}
