//! Actions: the stages that an answer needs run in order, on the pool, and can be cancelled.

mod barrier;
mod checkpoint;
pub mod follow;
pub mod functions;
pub mod keeping;
pub mod lineage;
pub mod registry;
mod run;
mod save;
#[cfg(feature = "kafka")]
mod save_kafka;
mod tasks;
mod total;

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};

use crate::chunk::{Cancel, Chunk, drain};
use crate::error::{Error, Kind, Result};
use crate::fault::guarded;
use crate::id::StageId;
use crate::memory::Memory;
use crate::plan::{Laid, NativeMode, Op, OutputRef, Plan, PlanRef, Shuffle};
use crate::stage::{
    Cores, Graph, Interpreter, Lifecycle, Pool, Prepared, Properties, Stage, Task, Writes, Written, is_small, open,
    sort, write_partition,
};
use crate::store::Stored;
use crate::sync::Mutex;

use follow::Follow;
use keeping::Keeping;
use lineage::Lineage;
use registry::{Jobs, Most, StageRun};
use tasks::Current;

/// Runs jobs. One a `SparkContext`.
pub struct Engine {
    pool: Pool,
    interpreter: Arc<dyn Interpreter>,
    /// The same, for what a job has to do with the program that waits for it.
    program: Arc<dyn Lifecycle>,
    native: NativeMode,
    cores: Arc<Cores>,
    memory: Arc<Memory>,
    /// Cancels every job of the engine at `stop`.
    stopped: Cancel,
    jobs: Arc<Jobs>,
    keeping: Keeping,
    /// How often a task is tried before its job fails.
    tries: usize,
    barriers: barrier::Gate,
    /// Called now and then by who waits for a job that takes long, and once when that has ended.
    progress: OnceLock<Progress>,
}

/// Shows how far the jobs are. Called detached, with whether the job goes on. Fails only when it was interrupted.
pub type Progress = Box<dyn Fn(bool) -> Result<()> + Send + Sync>;

/// What a job is started with.
#[derive(Clone, Default)]
pub struct JobOptions {
    /// Set from outside to end the job.
    pub cancel: Cancel,
    /// The local properties of the thread that starts it.
    pub properties: Arc<Properties>,
    /// The call that starts it.
    pub site: String,
}

thread_local! {
    static ENCLOSING: RefCell<Option<Cancel>> = const { RefCell::new(None) };
}

impl JobOptions {
    /// For a job that the calling thread starts: cancelled with what encloses it.
    pub fn enclosed() -> Self {
        let cancel = ENCLOSING.with_borrow(Clone::clone).unwrap_or_default();
        Self { cancel, ..Self::default() }
    }

    /// Says what encloses the jobs that the calling thread starts from now on: a batch's output operation, or nothing.
    pub fn enclose(cancel: Option<Cancel>) {
        ENCLOSING.set(cancel);
    }
}

impl Engine {
    /// An engine on a pool that somebody serves.
    pub fn new(pool: Pool, interpreter: Arc<dyn Interpreter>, native: NativeMode, memory: Arc<Memory>) -> Self {
        let cores = Arc::new(Cores::new(pool.clone()));
        let jobs = Jobs::new(Arc::default(), Most::default());
        let (stopped, progress, barriers, keeping) = Default::default();
        let program: Arc<dyn Lifecycle> = interpreter.clone();
        Self { pool, interpreter, program, native, cores, memory, stopped, jobs, keeping, tries: 1, barriers, progress }
    }

    /// What keeps its rows.
    pub fn memory(&self) -> &Arc<Memory> {
        &self.memory
    }

    /// How often a task is tried before its job fails; once by default.
    #[must_use]
    pub fn with_tries(mut self, tries: usize) -> Self {
        self.tries = tries.max(1);
        self
    }

    /// How many of the jobs and stages that ended are remembered.
    #[must_use]
    pub fn remembering(mut self, most: Most) -> Self {
        self.jobs = Jobs::new(Arc::default(), most);
        self
    }

    /// Who shows how far jobs are; set once.
    pub fn on_progress(&self, progress: Progress) {
        let _ = self.progress.set(progress);
    }

    /// The jobs that run and those that are remembered.
    pub fn jobs(&self) -> &Arc<Jobs> {
        &self.jobs
    }

    /// What the program keeps.
    pub fn keeping(&self) -> &Keeping {
        &self.keeping
    }

    /// Who follows the jobs from now on; set once, before there is one.
    pub fn follow(&self, follower: Arc<dyn Follow>) {
        self.jobs.follow(follower);
    }

    /// Who runs user functions.
    pub fn interpreter(&self) -> &Arc<dyn Interpreter> {
        &self.interpreter
    }

    /// Whether and how user functions are compiled.
    pub fn native(&self) -> NativeMode {
        self.native
    }

    /// Ends every job and lets the pool's threads go.
    pub fn stop(&self) {
        self.stopped.set();
        self.pool.close();
    }

    /// The rows of `partitions` (all by default) in their order, at most `want` of each partition and in all.
    pub fn run(
        &self,
        plan: &PlanRef,
        partitions: Option<&[usize]>,
        want: usize,
        options: &JobOptions,
    ) -> Result<Vec<Chunk>> {
        let parts = self.run_tasks(plan, partitions, options, move |plan, task| {
            let mut stream = open(plan, task)?;
            drain(stream.as_mut(), want, &task.cancel)
        })?;
        Ok(parts.into_iter().flatten().collect())
    }

    /// Number of rows.
    pub fn count(&self, plan: &PlanRef, options: &JobOptions) -> Result<u64> {
        let parts = self.run_tasks(plan, None, options, |plan, task| open(plan, task)?.count(&task.cancel))?;
        Ok(parts.into_iter().sum())
    }

    /// One result of `work` for each of `partitions`, in their order. Shuffles that the plan needs run before; rows that
    /// are marked for it are saved afterwards.
    pub fn run_tasks<T: Send + 'static>(
        &self,
        plan: &PlanRef,
        partitions: Option<&[usize]>,
        options: &JobOptions,
        work: impl Fn(&PlanRef, &Task) -> Result<T> + Send + Sync + 'static,
    ) -> Result<Vec<T>> {
        let done = self.run_job(plan, partitions, options, work)?;
        self.save_marked(plan, options)?;
        Ok(done)
    }

    /// The same without what comes afterwards.
    fn run_job<T: Send + 'static>(
        &self,
        plan: &PlanRef,
        partitions: Option<&[usize]>,
        options: &JobOptions,
        work: impl Fn(&PlanRef, &Task) -> Result<T> + Send + Sync + 'static,
    ) -> Result<Vec<T>> {
        if self.stopped.is_set() {
            return Err(Error::new(
                Kind::IllegalState,
                "Cannot call methods on a stopped SparkContext. Make a new one: SparkContext(...).",
            ));
        }
        if Pool::is_serving() {
            // Its thread would wait for threads that may all be waiting like it.
            return Err(Error::new(
                Kind::IllegalState,
                "An action was called inside a function that runs on the data (a map, a filter, ...). Actions can only \
                 be called by the program itself, outside of such functions.",
            ));
        }
        let total = plan.partitions()?;
        let all: Vec<usize>;
        let partitions = if let Some(some) = partitions {
            if let Some(bad) = some.iter().find(|p| **p >= total) {
                return Err(Error::new(
                    Kind::IllegalArgument,
                    format!(
                        "requirement failed: Attempting to access a non-existent partition: {bad}. \
                         Total number of partitions: {total}"
                    ),
                ));
            }
            some
        } else {
            all = (0..total).collect();
            &all
        };
        let job = Current::begin(self, options);
        let done = self.run_stages(plan, partitions, &job, work);
        match &done {
            Ok(_) => job.succeeded(),
            Err(error) => job.failed(error),
        }
        done
    }

    fn run_stages<T: Send + 'static>(
        &self,
        plan: &PlanRef,
        partitions: &[usize],
        job: &Current<'_>,
        work: impl Fn(&PlanRef, &Task) -> Result<T> + Send + Sync + 'static,
    ) -> Result<Vec<T>> {
        let prepared = Arc::new(Prepared::new(
            plan,
            self.interpreter.clone(),
            self.native,
            self.cores.clone(),
            self.memory.clone(),
        )?);
        self.jobs.functions().note(&prepared);
        let stages = cut(plan, partitions.len(), &prepared, job)?;
        job.follow();
        self.run_shuffles(&stages, &prepared, job)?;
        let Some((_, answer)) = stages.last() else { return Ok(Vec::new()) };
        let here = is_small(plan, None, &prepared);
        self.run_stage(plan, answer, partitions, (&prepared, here), job, work)
    }

    /// Runs the shuffles that the last stage reads and that have not run, parents first.
    fn run_shuffles(
        &self,
        stages: &[(Stage, Arc<StageRun>)],
        prepared: &Arc<Prepared>,
        job: &Current<'_>,
    ) -> Result<()> {
        for (stage, run) in stages {
            let Some(writes) = &stage.writes else { continue };
            let inputs = writes.reader.inputs();
            let Some(shuffle) = inputs.get(writes.input).and_then(|input| input.shuffle()) else { continue };
            let waiting = || job.waits();
            let work = || self.run_shuffle(&stage.plan, run, (writes, shuffle), prepared, job);
            shuffle.output.get_or_run(waiting, work)?;
        }
        Ok(())
    }

    fn run_shuffle(
        &self,
        input: &PlanRef,
        run: &Arc<StageRun>,
        (writes, shuffle): (&Writes, &Arc<Shuffle>),
        prepared: &Arc<Prepared>,
        job: &Current<'_>,
    ) -> Result<OutputRef> {
        let (shuffle, n) = (shuffle.clone(), shuffle.partitions);
        let partitions: Vec<usize> = (0..input.partitions()?).collect();
        let reader = writes.reader.clone();
        let here = is_small(input, Some(&reader), prepared);
        let written = self.run_stage(input, run, &partitions, (prepared, here), job, move |input, task| {
            write_partition(input, &shuffle, &reader, task)
        })?;
        let (mut parts, mut runs) = (Vec::with_capacity(written.len()), Vec::new());
        for task in written {
            match task {
                Written::Parts(outputs) => parts.push(outputs),
                Written::Runs(more) => runs.extend(more),
            }
        }
        let Op::Sort(order) = writes.reader.op() else {
            let output = |i: usize| Stored::concat(&parts.iter().map(|outputs| outputs[i].clone()).collect::<Vec<_>>());
            return Ok(Arc::new(Laid((0..n).map(output).collect())));
        };
        let runs = match sort::cut_in_memory(runs, order, n, self.interpreter.clone()) {
            Ok(cut) => return Ok(cut),
            Err(runs) => runs,
        };
        // Keys that only the interpreter compares are compared by a task.
        let (order, once) = (order.clone(), (Mutex::new(Some(runs)), Mutex::new(None)));
        let run = job.add_stage(writes.reader.name(), 1, Default::default());
        let cut = self.run_stage(&writes.reader, &run, &[0], (prepared, false), job, move |plan, task| {
            let runs = once.0.lock().take();
            let Some(runs) = runs else {
                // The runs are used up: another attempt would compare the same keys.
                return Err(once.1.lock().clone().unwrap_or(Error::Cancelled));
            };
            // A panic, too, is why the next attempt has no runs.
            let cut = guarded(|| sort::cut(runs, &order, n, plan, task));
            cut.inspect_err(|error| *once.1.lock() = Some(error.clone()))
        })?;
        Ok(cut.into_iter().next().unwrap_or_else(|| Arc::new(Laid(Vec::new()))))
    }
}

/// The stages that `plan` needs; the last one has `tasks` tasks.
fn cut(plan: &PlanRef, tasks: usize, prepared: &Prepared, job: &Current<'_>) -> Result<Vec<(Stage, Arc<StageRun>)>> {
    let ready = |plan: &Plan, input: Option<usize>| match input {
        None => prepared.kept(plan).is_some(),
        Some(input) => shuffle_has_run(plan, input),
    };
    let mut all: Vec<(Stage, Arc<StageRun>)> = Vec::new();
    for stage in Graph::cut(plan, &ready).stages {
        let before: Vec<StageId> = stage.reads.iter().filter_map(|read| Some(all.get(*read)?.1.id)).collect();
        let lineage = job.is_followed().then(|| Lineage::of(&stage.plan, before.clone(), stage.writes.is_some()));
        let of = (before, lineage.unwrap_or_default());
        let run = match &stage.writes {
            Some(writes) => job.add_stage(writes.reader.name(), stage.plan.partitions()?, of),
            None => job.add_stage(job.site(plan), tasks, of),
        };
        all.push((stage, run));
    }
    Ok(all)
}

fn shuffle_has_run(plan: &Plan, input: usize) -> bool {
    plan.inputs().get(input).and_then(|input| input.shuffle()).is_some_and(|shuffle| shuffle.output.get().is_some())
}
