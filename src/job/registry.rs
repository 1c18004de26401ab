//! The jobs of a context: those that run, found by group and tag and cancelled from any thread, and the newest of those
//! that ended, for whoever asks how they went.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::chunk::Cancel;
use crate::error::{Error, Kind, Result};
use crate::id::{JobId, StageId, TaskId};
use crate::metrics::{Bus, Event, Outcome};
use crate::stage::{Properties, TaskContext};
use crate::sync::Mutex;
use crate::time::Time;

/// The property that names a job's group.
pub const GROUP: &str = "spark.jobGroup.id";
/// The property that holds a job's tags, with commas between them.
pub const TAGS: &str = "spark.job.tags";
/// The property that describes a job.
pub const DESCRIPTION: &str = "spark.job.description";

/// The jobs of a context.
pub struct Jobs {
    state: Mutex<State>,
    next_job: AtomicU64,
    next_stage: AtomicU64,
    next_task: AtomicU64,
    bus: Arc<Bus>,
    most: Most,
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

/// One run of an action's stages.
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// The local properties of the thread that started it: its group, tags and description are among them.
    pub properties: Arc<Properties>,
    /// The call that started it: `collect at word_count.py:12`.
    pub site: String,
    /// Ends its tasks.
    pub cancel: Cancel,
    /// When it began.
    pub began: Instant,
    /// When it began, by the clock on the wall.
    pub submitted: Time,
    end: Mutex<Option<End>>,
    reason: Mutex<Option<String>>,
    stages: Mutex<Vec<Arc<StageRun>>>,
}

/// How and when a job ended.
#[derive(Clone, Debug)]
pub struct End {
    /// How.
    pub outcome: Outcome,
    /// When.
    pub time: Time,
    /// What went wrong, in full.
    pub failure: Option<String>,
}

/// A stage as a job runs it, and how far it is.
pub struct StageRun {
    /// Its number.
    pub id: StageId,
    /// The operation it ends in.
    pub name: String,
    /// How many tasks it has.
    pub tasks: usize,
    /// Attempts that run.
    pub active: AtomicUsize,
    /// Tasks that are done.
    pub completed: AtomicUsize,
    /// Attempts that failed.
    pub failed: AtomicUsize,
    /// Attempts that nobody wanted any more.
    pub killed: AtomicUsize,
    /// Rows that the done tasks gave.
    pub rows: AtomicU64,
    span: Mutex<Span>,
    attempts: Mutex<Vec<Attempt>>,
}

/// When a stage began and ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    /// Its tasks were put on the pool.
    pub submitted: Option<Time>,
    /// Its last task was done, or it was given up.
    pub completed: Option<Time>,
}

/// An attempt at a task that has ended.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    /// Its number.
    pub task: TaskId,
    /// Which partition it computed.
    pub partition: usize,
    /// How often it was tried before.
    pub attempt: usize,
    /// When it began.
    pub launched: Time,
    /// How long it took.
    pub busy: Duration,
    /// How it ended.
    pub outcome: Outcome,
    /// Rows that it gave.
    pub rows: u64,
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
        let (next_job, next_stage, next_task, state) = Default::default();
        Arc::new(Self { state, next_job, next_stage, next_task, bus, most })
    }

    /// Where it is told what happens.
    pub fn bus(&self) -> &Arc<Bus> {
        &self.bus
    }

    /// A job begins; `cancel` ends its tasks.
    pub fn begin(self: &Arc<Self>, properties: Arc<Properties>, site: String, cancel: Cancel) -> Running {
        let id = JobId(self.next_job.fetch_add(1, Ordering::Relaxed));
        let told = Event::JobStarted { job: id, site: site.clone() };
        let (end, reason, stages) = Default::default();
        let (began, submitted) = (Instant::now(), Time::wall());
        let job = Arc::new(Job { id, properties, site, cancel, began, submitted, end, reason, stages });
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

    fn end(&self, job: &Arc<Job>, outcome: Outcome, failure: Option<String>) {
        let time = Time::wall();
        {
            let mut known = job.end.lock();
            if known.is_some() {
                return;
            }
            *known = Some(End { outcome, time, failure });
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

impl Job {
    /// Its group.
    pub fn group(&self) -> Option<&str> {
        self.properties.get(GROUP).map(String::as_str)
    }

    /// Its tags.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.properties.get(TAGS).map_or("", String::as_str).split(',').filter(|tag| !tag.is_empty())
    }

    /// What it was described as.
    pub fn description(&self) -> Option<&str> {
        self.properties.get(DESCRIPTION).map(String::as_str)
    }

    /// How it ended; `None` while it runs.
    pub fn outcome(&self) -> Option<Outcome> {
        self.end.lock().as_ref().map(|end| end.outcome)
    }

    /// How and when it ended; `None` while it runs.
    pub fn ended(&self) -> Option<End> {
        self.end.lock().clone()
    }

    /// Its stages so far.
    pub fn stages(&self) -> Vec<Arc<StageRun>> {
        self.stages.lock().clone()
    }

    /// Fails once it was cancelled, and says why.
    pub fn check(&self) -> Result<()> {
        if !self.cancel.is_set() {
            return Ok(());
        }
        let why = self.reason.lock().clone();
        match why {
            Some(why) => {
                let message = format!("[SPARK_JOB_CANCELLED] Job {} cancelled {why} SQLSTATE: XXKDA", self.id);
                Err(Error::new(Kind::Spark, message))
            }
            None => Err(Error::Cancelled),
        }
    }

    fn give_up(&self, why: &str) {
        let why = why.to_owned();
        self.reason.lock().get_or_insert(why);
        self.cancel.set();
    }
}

impl StageRun {
    /// Whether it has begun and isn't done.
    pub fn is_active(&self) -> bool {
        let span = self.span();
        span.submitted.is_some() && span.completed.is_none()
    }

    /// When it began and ended.
    pub fn span(&self) -> Span {
        *self.span.lock()
    }

    /// The attempts at its tasks that have ended, oldest first.
    pub fn attempts(&self) -> Vec<Attempt> {
        self.attempts.lock().clone()
    }

    fn end(&self, time: Time) {
        let mut span = self.span.lock();
        if span.submitted.is_some() {
            span.completed.get_or_insert(time);
        }
    }
}

impl Running {
    /// The job.
    pub fn job(&self) -> &Arc<Job> {
        &self.job
    }

    /// A stage that the job has, before it begins.
    pub fn add_stage(&self, name: String, tasks: usize) -> Arc<StageRun> {
        let id = StageId(self.jobs.next_stage.fetch_add(1, Ordering::Relaxed));
        let (active, completed, failed, killed, rows) = Default::default();
        let (span, attempts) = Default::default();
        let stage = Arc::new(StageRun { id, name, tasks, active, completed, failed, killed, rows, span, attempts });
        self.job.stages.lock().push(stage.clone());
        self.jobs.state.lock().stages.insert(id, stage.clone());
        stage
    }

    /// A stage's tasks are going to run.
    pub fn begin_stage(&self, stage: &StageRun) {
        stage.span.lock().submitted = Some(Time::wall());
        let (name, tasks) = (stage.name.clone(), stage.tasks);
        self.jobs.bus.tell(Event::StageStarted { job: self.job.id, stage: stage.id, name, tasks });
    }

    /// The number of the next attempt at a task.
    pub fn next_task(&self) -> TaskId {
        TaskId(self.jobs.next_task.fetch_add(1, Ordering::Relaxed))
    }

    /// For a task to tell how it ended, from its own thread.
    pub fn teller(&self) -> Teller {
        Teller(self.jobs.bus.clone())
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

/// Tells of attempts at tasks.
pub struct Teller(Arc<Bus>);

impl Teller {
    /// An attempt ended.
    /// `work` is its rows and how long it took.
    pub fn task_ended(&self, stage: &StageRun, at: &TaskContext, outcome: Outcome, work: (u64, Duration)) {
        match outcome {
            Outcome::Succeeded => {
                stage.completed.fetch_add(1, Ordering::Relaxed);
                stage.rows.fetch_add(work.0, Ordering::Relaxed);
            }
            Outcome::Failed => {
                stage.failed.fetch_add(1, Ordering::Relaxed);
            }
            Outcome::Cancelled => {
                stage.killed.fetch_add(1, Ordering::Relaxed);
            }
        }
        let (task, partition, attempt) = (at.task, at.partition, at.attempt);
        let (rows, busy) = work;
        let now = Time::wall();
        if stage.completed.load(Ordering::Relaxed) >= stage.tasks {
            stage.end(now);
        }
        let launched = now.plus(-(busy.as_millis() as i64));
        let mut attempts = stage.attempts.lock();
        if attempts.len() < ATTEMPTS {
            attempts.push(Attempt { task, partition, attempt, launched, busy, outcome, rows });
        }
        drop(attempts);
        self.0.tell(Event::TaskEnded { stage: stage.id, task, partition, attempt, outcome, rows, busy });
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let outcome = if self.job.cancel.is_set() { Outcome::Cancelled } else { Outcome::Failed };
        self.jobs.end(&self.job, outcome, None);
    }
}
