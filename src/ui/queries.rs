//! Streaming queries as the program tells of them: what each is, how far it is, its last batches, how it ended. Who tells
//! takes a lock for as long as it takes to put a text down; what the texts say is read when somebody looks.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::sync::Mutex;
use crate::time::Time;

/// A query's batches may take so many bytes here, however many are remembered.
const LARGEST: usize = 4 << 20;

/// The queries of a program: all that run, and the last that have ended.
#[derive(Debug, Default)]
pub struct Queries {
    runs: Mutex<VecDeque<Arc<Run>>>,
    changes: Arc<Changes>,
}

/// How much has happened.
#[derive(Debug, Default)]
struct Changes {
    told: AtomicU64,
    ended: AtomicU64,
    failed: AtomicU64,
}

/// What a query is.
#[derive(Debug)]
pub struct Facts {
    /// Stays from run to run, where there is a checkpoint.
    pub id: String,
    /// Of this run only.
    pub run_id: String,
    /// What the program calls it.
    pub name: Option<String>,
    /// When it began.
    pub started: Time,
    /// A JSON object of what else is known: sink, output mode, trigger.
    pub more: String,
    /// How it is computed.
    pub plan: String,
    /// Whether it is among Spark's own metrics, too: `spark.sql.streaming.metricsEnabled`.
    pub metered: bool,
}

/// A query, from its start on.
#[derive(Debug)]
pub struct Run {
    /// What it is.
    pub facts: Facts,
    /// So many batches are remembered.
    most: usize,
    now: Mutex<Now>,
    changes: Arc<Changes>,
}

/// How far a query is.
#[derive(Clone, Debug, Default)]
pub struct Now {
    /// What it does.
    pub message: Arc<str>,
    /// Its last batches, oldest first.
    pub told: VecDeque<Arc<Told>>,
    /// How many batches there were.
    pub batches: u64,
    /// Rows that came in.
    pub rows: u64,
    /// Seconds that its batches took.
    pub busy: f64,
    /// How it ended.
    pub end: Option<End>,
    bytes: usize,
}

/// What is told of a batch.
#[derive(Debug)]
pub struct Told {
    /// Spark's `StreamingQueryProgress`.
    pub json: String,
    /// Whether a batch ran: a query that waits tells, too.
    pub ran: bool,
    /// Rows that came in.
    pub rows: u64,
    /// Seconds it took.
    pub seconds: f64,
    /// Rows a second that came in.
    pub input: f64,
    /// Rows a second that were processed.
    pub processed: f64,
    /// How far event time was, in milliseconds since 1970; `None` where there is none.
    pub watermark: Option<i64>,
}

/// The end of a query.
#[derive(Clone, Debug)]
pub struct End {
    /// When.
    pub time: Time,
    /// Spark's message, with the user's own traceback, where it failed.
    pub failure: Option<Arc<str>>,
}

impl Queries {
    /// One more, which remembers its last `updates` batches; of those that have ended, `ended` are remembered.
    pub fn begin(&self, facts: Facts, ended: usize, updates: usize) -> Arc<Run> {
        let (now, changes) = (Mutex::default(), self.changes.clone());
        let run = Arc::new(Run { facts, most: updates.max(1), now, changes });
        let mut runs = self.runs.lock();
        let mut over = runs.iter().filter(|run| run.ended()).count().saturating_sub(ended);
        let mut gone = Vec::new();
        runs.retain(|run| {
            let goes = over > 0 && run.ended();
            if goes {
                over -= 1;
                gone.push(run.clone());
            }
            !goes
        });
        runs.push_back(run.clone());
        drop(runs);
        drop(gone);
        self.changes.told.fetch_add(1, Ordering::Relaxed);
        run
    }

    /// All that are remembered, newest first.
    pub fn all(&self) -> Vec<Arc<Run>> {
        self.runs.lock().iter().rev().cloned().collect()
    }

    /// The run of that id.
    pub fn find(&self, run_id: &str) -> Option<Arc<Run>> {
        self.runs.lock().iter().find(|run| run.facts.run_id == run_id).cloned()
    }

    /// Another number whenever there is something new.
    pub fn pulse(&self) -> u64 {
        self.changes.told.load(Ordering::Relaxed)
    }

    /// How many have ended, and how many of these failed.
    pub fn ended(&self) -> (u64, u64) {
        (self.changes.ended.load(Ordering::Relaxed), self.changes.failed.load(Ordering::Relaxed))
    }
}

impl Run {
    /// What it does now.
    pub fn say(&self, message: &str) {
        let message = Arc::from(message);
        let old = std::mem::replace(&mut self.now.lock().message, message);
        drop(old);
    }

    /// A batch is done.
    pub fn tell(&self, told: Told) {
        let told = Arc::new(told);
        let mut gone = Vec::new();
        let mut now = self.now.lock();
        now.batches += u64::from(told.ran);
        now.rows += told.rows;
        now.busy += told.seconds;
        now.bytes += told.json.len();
        now.told.push_back(told);
        while now.told.len() > self.most || (now.bytes > LARGEST && now.told.len() > 1) {
            let Some(old) = now.told.pop_front() else { break };
            now.bytes -= old.json.len();
            gone.push(old);
        }
        drop(now);
        drop(gone);
        self.changes.told.fetch_add(1, Ordering::Relaxed);
    }

    /// It is over.
    pub fn end(&self, time: Time, failure: Option<&str>) {
        let end = End { time, failure: failure.map(Arc::from) };
        let before = self.now.lock().end.replace(end);
        if before.is_none() {
            self.changes.ended.fetch_add(1, Ordering::Relaxed);
            self.changes.failed.fetch_add(u64::from(failure.is_some()), Ordering::Relaxed);
        }
        self.changes.told.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether it is over.
    pub fn ended(&self) -> bool {
        self.now.lock().end.is_some()
    }

    /// How far it is.
    pub fn now(&self) -> Now {
        self.now.lock().clone()
    }

    /// What others call it.
    pub fn label(&self) -> &str {
        self.facts.name.as_deref().unwrap_or(&self.facts.id)
    }
}
