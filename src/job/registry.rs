//! The jobs of a context: those that run, found by group and tag and cancelled from any thread, and the newest of those
//! that ended, for whoever asks how they went.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::chunk::Cancel;
use crate::error::Error;
use crate::id::{JobId, StageId, TaskId};
use crate::metrics::{Bus, Event, Outcome};
use crate::stage::{Properties, TaskContext};
use crate::sync::Mutex;
use crate::time::Time;

use super::follow::{Failure, Follow, Gave, Rows, Step, Trial};
use super::functions::Functions;
use super::lineage::Lineage;

pub use super::run::{Attempt, BATCH_TIME, DESCRIPTION, End, GROUP, Job, OUTPUT, Span, StageRun, TAGS, Work};

/// The jobs of a context.
pub struct Jobs {
    state: Mutex<State>,
    next_job: AtomicU64,
    next_stage: AtomicU64,
    next_task: AtomicU64,
    bus: Arc<Bus>,
    most: Most,
    functions: Functions,
    follower: OnceLock<Arc<dyn Follow>>,
}

/// How many of those that ended are remembered: `spark.ui.retainedJobs` and `spark.ui.retainedStages`.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    /// Jobs.
    pub jobs: usize,
    /// Stages.
    pub stages: usize,
}

impl Default for Most {
    fn default() -> Self {
        Self { jobs: 1000, stages: 1000 }
    }
}

#[derive(Default)]
struct State {
    running: BTreeMap<JobId, Arc<Job>>,
    ended: VecDeque<Arc<Job>>,
    stages: BTreeMap<StageId, Arc<StageRun>>,
}

/// So many attempts of a stage are remembered.
const ATTEMPTS: usize = 10_000;

/// A job that runs; it has failed if this is dropped before it ends otherwise.
pub struct Running {
    jobs: Arc<Jobs>,
    job: Arc<Job>,
}

impl Jobs {
    /// No job yet; what happens is told on `bus`.
    pub fn new(bus: Arc<Bus>, most: Most) -> Arc<Self> {
        let (next_job, next_stage, next_task, state, functions) = Default::default();
        let follower = OnceLock::new();
        Arc::new(Self { state, next_job, next_stage, next_task, bus, most, functions, follower })
    }

    /// Who follows the jobs that begin from now on; set once.
    pub fn follow(&self, follower: Arc<dyn Follow>) {
        let _ = self.follower.set(follower);
    }

    /// Where it is told what happens.
    pub fn bus(&self) -> &Arc<Bus> {
        &self.bus
    }

    /// The program's functions that jobs had.
    pub fn functions(&self) -> &Functions {
        &self.functions
    }

    /// A job begins; `cancel` ends its tasks.
    pub fn begin(self: &Arc<Self>, properties: Arc<Properties>, site: String, cancel: Cancel) -> Running {
        let id = JobId(self.next_job.fetch_add(1, Ordering::Relaxed));
        let told = Event::JobStarted { job: id, site: site.clone() };
        let (followed, end, reason, stages) = Default::default();
        let (began, submitted) = (Instant::now(), Time::wall());
        let job = Arc::new(Job { id, properties, site, cancel, began, submitted, followed, end, reason, stages });
        self.state.lock().running.insert(id, job.clone());
        self.bus.tell(told);
        Running { jobs: self.clone(), job }
    }

    /// Cancels a running job. Says whether there was one.
    pub fn cancel(&self, id: JobId, why: &str) -> bool {
        let found = self.state.lock().running.get(&id).cloned();
        found.inspect(|job| job.give_up(why)).is_some()
    }

    /// Cancels the running jobs of a group.
    pub fn cancel_group(&self, group: &str) {
        self.cancel_where(&format!("part of cancelled job group {group}"), |job| job.group() == Some(group));
    }

    /// Cancels the running jobs that carry a tag.
    pub fn cancel_tag(&self, tag: &str) {
        self.cancel_where(&format!("part of cancelled job tags {tag}"), |job| job.tags().any(|t| t == tag));
    }

    /// Cancels every running job.
    pub fn cancel_all(&self) {
        self.cancel_where("as part of cancellation of all jobs", |_| true);
    }

    fn cancel_where(&self, why: &str, which: impl Fn(&Job) -> bool) {
        for job in self.running() {
            if which(&job) {
                job.give_up(why);
            }
        }
    }

    /// The jobs that run, oldest first.
    pub fn running(&self) -> Vec<Arc<Job>> {
        self.state.lock().running.values().cloned().collect()
    }

    /// All known jobs of a group (`None`: of no group), newest first.
    pub fn of_group(&self, group: Option<&str>) -> Vec<JobId> {
        let state = self.state.lock();
        let known = state.ended.iter().chain(state.running.values());
        let mut found: Vec<JobId> = known.filter(|job| job.group() == group).map(|job| job.id).collect();
        drop(state);
        found.sort_unstable_by(|a, b| b.cmp(a));
        found
    }

    /// A job that runs or is remembered.
    pub fn job(&self, id: JobId) -> Option<Arc<Job>> {
        let state = self.state.lock();
        state.running.get(&id).or_else(|| state.ended.iter().find(|job| job.id == id)).cloned()
    }

    /// A stage of a job that runs or is remembered.
    pub fn stage(&self, id: StageId) -> Option<Arc<StageRun>> {
        self.state.lock().stages.get(&id).cloned()
    }

    /// The stages of running jobs that have begun and have tasks left.
    pub fn active_stages(&self) -> Vec<StageId> {
        let mut found = Vec::new();
        for job in self.running() {
            found.extend(job.stages().iter().filter(|stage| stage.is_active()).map(|stage| stage.id));
        }
        found.sort_unstable();
        found
    }

    /// The jobs that run and that are remembered, newest first.
    pub fn all(&self) -> Vec<Arc<Job>> {
        let state = self.state.lock();
        let mut all: Vec<Arc<Job>> = state.ended.iter().chain(state.running.values()).cloned().collect();
        drop(state);
        all.sort_unstable_by_key(|job| std::cmp::Reverse(job.id));
        all
    }

    /// The stages that run and that are remembered, newest first.
    pub fn stages(&self) -> Vec<Arc<StageRun>> {
        self.state.lock().stages.values().rev().cloned().collect()
    }

    /// How many jobs there were.
    pub fn begun(&self) -> u64 {
        self.next_job.load(Ordering::Relaxed)
    }

    /// Who has taken the job.
    fn follower_of(&self, job: &Job) -> Option<&Arc<dyn Follow>> {
        self.follower.get().filter(|_| job.is_followed())
    }

    fn end(&self, job: &Arc<Job>, outcome: Outcome, failure: Option<String>) {
        let time = Time::wall();
        {
            let mut known = job.end.lock();
            if known.is_some() {
                return;
            }
            *known = Some(End { outcome, time, failure });
        }
        if let Some(follower) = self.follower_of(job)
            && let Some(end) = job.ended()
        {
            follower.take(Step::JobEnded(job.id, end));
        }
        for stage in job.stages() {
            stage.end(time);
        }
        let mut forgotten = Vec::new();
        let mut state = self.state.lock();
        if let Some(job) = state.running.remove(&job.id) {
            state.ended.push_back(job);
        }
        while state.ended.len() > self.most.jobs {
            forgotten.extend(state.ended.pop_front());
        }
        let mut old = Vec::new();
        while state.stages.len() > self.most.stages {
            let Some((_, oldest)) = state.stages.pop_first() else { break };
            old.push(oldest);
        }
        drop(state);
        drop((forgotten, old));
        self.bus.tell(Event::JobEnded { job: job.id, outcome });
    }
}

impl Running {
    /// The job.
    pub fn job(&self) -> &Arc<Job> {
        &self.job
    }

    /// Whether anybody may follow it.
    pub fn is_followed(&self) -> bool {
        self.jobs.follower.get().is_some()
    }

    /// Its stages are known: who follows is told.
    pub fn follow(&self) {
        if let Some(follower) = self.jobs.follower.get() {
            let taken = follower.take(Step::JobBegan(self.job.clone()));
            self.job.followed.store(taken, Ordering::Relaxed);
        }
    }

    /// A stage that the job has, before it begins.
    pub fn add_stage(&self, name: String, tasks: usize, (reads, lineage): (Vec<StageId>, Lineage)) -> Arc<StageRun> {
        let id = StageId(self.jobs.next_stage.fetch_add(1, Ordering::Relaxed));
        let (active, completed, failed, killed, rows) = Default::default();
        let (span, attempts) = Default::default();
        let stage =
            StageRun { id, name, tasks, reads, active, completed, failed, killed, rows, lineage, span, attempts };
        let stage = Arc::new(stage);
        self.job.stages.lock().push(stage.clone());
        self.jobs.state.lock().stages.insert(id, stage.clone());
        stage
    }

    /// A stage's tasks are going to run.
    pub fn begin_stage(&self, stage: &Arc<StageRun>) {
        stage.span.lock().submitted = Some(Time::wall());
        if let Some(follower) = self.jobs.follower_of(&self.job) {
            follower.take(Step::StageBegan(self.job.clone(), stage.clone()));
        }
        let (name, tasks) = (stage.name.clone(), stage.tasks);
        self.jobs.bus.tell(Event::StageStarted { job: self.job.id, stage: stage.id, name, tasks });
    }

    /// Nobody waits for a stage's tasks any more; it failed where there is an `error`.
    pub fn end_stage(&self, stage: &Arc<StageRun>, error: Option<&Error>) {
        if let Some(follower) = self.jobs.follower_of(&self.job) {
            let blocks = if follower.wants_blocks() { stage.lineage.blocks() } else { Vec::new() };
            follower.take(Step::StageEnded(stage.clone(), Time::wall(), error.map(Error::report), blocks));
        }
    }

    /// The number of the next attempt at a task.
    pub fn next_task(&self) -> TaskId {
        TaskId(self.jobs.next_task.fetch_add(1, Ordering::Relaxed))
    }

    /// For a task to tell how it goes, from its own thread. `index` is its place among the stage's.
    /// `fetches` are rows and bytes that it reads of shuffles.
    pub fn teller(&self, stage: &Arc<StageRun>, index: usize, fetches: (u64, u64)) -> Teller {
        let follower = self.jobs.follower_of(&self.job).cloned();
        Teller { bus: self.jobs.bus.clone(), follower, stage: stage.clone(), index, fetches, trial: None }
    }

    /// The job ended; only the first time counts.
    pub fn end(&self, outcome: Outcome) {
        self.jobs.end(&self.job, outcome, None);
    }

    /// The job failed, and with what.
    pub fn fail(&self, error: &Error) {
        self.jobs.end(&self.job, Outcome::Failed, Some(error.report()));
    }
}

/// Tells of an attempt at a task.
pub struct Teller {
    bus: Arc<Bus>,
    follower: Option<Arc<dyn Follow>>,
    stage: Arc<StageRun>,
    index: usize,
    fetches: (u64, u64),
    /// Where somebody has taken it.
    trial: Option<Trial>,
}

impl Teller {
    /// The attempt begins.
    pub fn began(&mut self, at: &TaskContext) {
        let Some(follower) = &self.follower else { return };
        let (task, partition, attempt) = (at.task, at.partition, at.attempt);
        let (stage, shuffles, index) = (self.stage.id, self.stage.lineage.shuffles, self.index);
        let (launched, fetches) = (Time::wall(), self.fetches);
        let trial = Trial { task, stage, shuffles, index, partition, attempt, launched, fetches };
        self.trial = follower.take(Step::TaskBegan(trial)).then_some(trial);
    }

    /// The attempt ended, after `busy`; it gave `rows`, or failed.
    pub fn ended(self, at: &TaskContext, outcome: Outcome, rows: Rows, busy: Duration, error: Option<&Error>) {
        let stage = &self.stage;
        let Rows { answered, shuffled, shuffled_bytes: bytes, spilled, used } = rows;
        let work = Work { rows: answered + shuffled, bytes, spilled, fetched: self.fetches, used };
        match outcome {
            Outcome::Succeeded => {
                stage.completed.fetch_add(1, Ordering::Relaxed);
                stage.rows.fetch_add(work.rows, Ordering::Relaxed);
            }
            Outcome::Failed => {
                stage.failed.fetch_add(1, Ordering::Relaxed);
            }
            Outcome::Cancelled => {
                stage.killed.fetch_add(1, Ordering::Relaxed);
            }
        }
        let (task, partition, attempt) = (at.task, at.partition, at.attempt);
        let now = Time::wall();
        if stage.completed.load(Ordering::Relaxed) >= stage.tasks {
            stage.end(now);
        }
        let launched = now.plus(-(busy.as_millis() as i64));
        let mut attempts = stage.attempts.lock();
        if attempts.len() < ATTEMPTS {
            attempts.push(Attempt { task, partition, attempt, launched, busy, outcome, work });
        }
        drop(attempts);
        if let (Some(follower), Some(trial)) = (&self.follower, self.trial) {
            let failure = |error: &Error| {
                let (class, line, report) = (error.class(), error.to_string(), error.report());
                Failure { class, line, report }
            };
            let failure = error.filter(|_| outcome == Outcome::Failed).map(failure);
            follower.take(Step::TaskEnded(trial, Gave { outcome, time: now, busy, rows, failure }));
        }
        let rows = work.rows;
        self.bus.tell(Event::TaskEnded { stage: stage.id, task, partition, attempt, outcome, rows, busy });
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let outcome = if self.job.cancel.is_set() { Outcome::Cancelled } else { Outcome::Failed };
        self.jobs.end(&self.job, outcome, None);
    }
}
