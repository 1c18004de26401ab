//! A stage's tasks on the pool: attempts, retries, cancellation, and the reports of those that succeeded.

use std::any::Any;
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam::channel::{RecvTimeoutError, Sender, unbounded};

use crate::chunk::{Cancel, Chunk};
use crate::error::{Error, Result};
use crate::fault::guarded;
use crate::id::StageId;
use crate::memory::written_here;
use crate::metrics::{Outcome, Usage};
use crate::plan::PlanRef;
use crate::stage::{Pool, Prepared, Task, TaskContext, Work, Written};

use super::follow::Rows;
use super::lineage::{Lineage, fetched};
use super::registry::{Running, StageRun};
use super::{Engine, JobOptions};

/// How long a wait for tasks may last before the caller's interrupts are looked at.
const SLICE: Duration = Duration::from_millis(20);

/// More tasks than this aren't run where they are waited for: nobody would look at interrupts meanwhile.
const HERE: usize = 64;

/// A job that takes longer than this shows how far it is.
const LONG: Duration = Duration::from_millis(500);

/// How often it does.
const REDRAW: Duration = Duration::from_millis(200);

/// The job that the calling thread runs.
pub(super) struct Current<'a> {
    engine: &'a Engine,
    running: Running,
    enclosing: Cancel,
    drawn: Cell<Option<Instant>>,
}

/// What a task that succeeded gives.
struct Report<T> {
    value: T,
    /// What it has gathered beside it is taken over once, when its turn comes.
    context: Arc<TaskContext>,
}

/// What an attempt ended with.
struct Ended<T> {
    slot: usize,
    attempt: usize,
    lost: bool,
    result: Result<Report<T>>,
}

impl<'a> Current<'a> {
    /// A job begins.
    pub fn begin(engine: &'a Engine, options: &JobOptions) -> Self {
        let running = engine.jobs.begin(options.properties.clone(), options.site.clone(), Cancel::default());
        Self { engine, running, enclosing: options.cancel.clone(), drawn: Cell::new(None) }
    }

    /// A stage that the job has, before it begins.
    pub fn add_stage(&self, name: &str, tasks: usize, of: (Vec<StageId>, Lineage)) -> Arc<StageRun> {
        self.running.add_stage(name.to_owned(), tasks, of)
    }

    /// Whether anybody may follow it.
    pub fn is_followed(&self) -> bool {
        self.running.is_followed()
    }

    /// Its stages are known: who follows is told.
    pub fn follow(&self) {
        self.running.follow();
    }

    /// What its last stage is called: by the call that started it, where that is known.
    pub fn site<'b>(&'b self, plan: &'b PlanRef) -> &'b str {
        let site = &self.running.job().site;
        if site.is_empty() { plan.name() } else { site }
    }

    /// Fails once the job was cancelled.
    pub fn check(&self) -> Result<()> {
        self.running.job().check()?;
        self.enclosing.check()?;
        self.engine.stopped.check()
    }

    /// To be called again and again while the job is waited for.
    pub fn waits(&self) -> Result<()> {
        self.engine.program.check_interrupt()?;
        self.check()?;
        let due = match self.drawn.get() {
            None => self.running.job().began.elapsed() >= LONG,
            Some(last) => last.elapsed() >= REDRAW,
        };
        if due && let Some(progress) = self.engine.progress.get() {
            self.drawn.set(Some(Instant::now()));
            progress(true)?;
        }
        Ok(())
    }

    /// The job has none, and why.
    pub fn failed(&self, error: &Error) {
        // Who gave it up needs no account of it.
        if matches!(error, Error::Cancelled) || self.enclosing.is_set() || self.engine.stopped.is_set() {
            return;
        }
        self.running.fail(error);
    }

    /// The job has its answer.
    pub fn succeeded(&self) {
        self.running.end(Outcome::Succeeded);
    }
}

impl Drop for Current<'_> {
    fn drop(&mut self) {
        if self.enclosing.is_set() || self.engine.stopped.is_set() {
            self.running.end(Outcome::Cancelled);
        }
        if self.drawn.get().is_some()
            && let Some(progress) = self.engine.progress.get()
        {
            self.running.end(Outcome::Failed);
            // What is interrupted here is at its end.
            let _ = progress(false);
        }
    }
}

/// A stage's tasks as they are run.
struct Tasks<'a, T, W> {
    job: &'a Current<'a>,
    stage: Arc<StageRun>,
    plan: &'a PlanRef,
    partitions: &'a [usize],
    prepared: &'a Arc<Prepared>,
    work: Arc<W>,
    cancels: Vec<Cancel>,
    fetches: Vec<(u64, u64)>,
    ended: Sender<Ended<T>>,
}

impl Engine {
    /// One task a partition, on the pool or `here`. The error of the lowest partition wins; the others are cancelled.
    pub(super) fn run_stage<T, W>(
        &self,
        plan: &PlanRef,
        stage: &Arc<StageRun>,
        partitions: &[usize],
        (prepared, here): (&Arc<Prepared>, bool),
        job: &Current<'_>,
        work: W,
    ) -> Result<Vec<T>>
    where
        T: Send + 'static,
        W: Fn(&PlanRef, &Task) -> Result<T> + Send + Sync + 'static,
    {
        let admitted = self.admit(plan, partitions.len(), prepared, job)?;
        let here = here && admitted.is_none();
        self.pool.replace_stuck();
        job.running.begin_stage(stage);
        let done = self.run_attempts(plan, stage, partitions, (prepared, here, admitted.is_none()), job, work);
        job.running.end_stage(stage, done.as_ref().err());
        done
    }

    /// The tasks of a stage that has begun; `alone` where each of them may be tried again without the others.
    fn run_attempts<T, W>(
        &self,
        plan: &PlanRef,
        stage: &Arc<StageRun>,
        partitions: &[usize],
        (prepared, here, alone): (&Arc<Prepared>, bool, bool),
        job: &Current<'_>,
        work: W,
    ) -> Result<Vec<T>>
    where
        T: Send + 'static,
        W: Fn(&PlanRef, &Task) -> Result<T> + Send + Sync + 'static,
    {
        let (ended, results) = unbounded();
        let cancels: Vec<Cancel> = partitions.iter().map(|_| Cancel::default()).collect();
        let fetches = fetched(plan, partitions);
        let (stage, work) = (stage.clone(), Arc::new(work));
        let tasks = Tasks { job, stage, plan, partitions, prepared, work, cancels, fetches, ended };
        let attempts = (0..partitions.len()).map(|slot| tasks.attempt(slot, 0));
        if here && partitions.len() <= HERE {
            attempts.for_each(|(work, _)| Pool::run_here(work));
        } else {
            self.pool.submit(job.running.job().id, attempts.collect());
        }
        let mut done: Vec<Option<Report<T>>> = partitions.iter().map(|_| None).collect();
        let mut taken_over = 0;
        let mut failed: Option<(usize, Error)> = None;
        let mut left = partitions.len();
        let mut looked = Instant::now();
        while left > 0 && failed.as_ref().is_none_or(|(slot, _)| done[..*slot].iter().any(Option::is_none)) {
            // Results that come one after the other must not keep an interrupt waiting either.
            if looked.elapsed() >= SLICE {
                looked = Instant::now();
                if let Err(error) = job.waits() {
                    tasks.cancel_from(0);
                    // What succeeded counts, also where it waits behind a partition that didn't.
                    for Ended { slot, result, .. } in results.try_iter() {
                        done[slot] = result.ok();
                    }
                    // The reason why the job ends is what is told.
                    let _ = self.take_over(&done[taken_over..]);
                    return Err(error);
                }
            }
            match results.recv_timeout(SLICE) {
                Ok(Ended { slot, result: Ok(report), .. }) => {
                    done[slot] = Some(report);
                    left -= 1;
                    while let Some(Some(report)) = done.get(taken_over) {
                        taken_over += 1;
                        if let Err(error) = self.program.apply(&report.context) {
                            tasks.cancel_from(0);
                            return Err(error);
                        }
                    }
                }
                Ok(Ended { slot, attempt, lost, result: Err(error) }) => {
                    // The tasks of a barrier stage would wait for one that has ended: all begin again, or none.
                    // Whoever ended a worker may not have meant this task: it has one try more.
                    let tries = if lost { self.tries.max(2) } else { self.tries };
                    if alone
                        && attempt + 1 < tries
                        && !tasks.cancels[slot].is_set()
                        && !matches!(error, Error::Cancelled)
                    {
                        self.pool.submit(job.running.job().id, vec![tasks.attempt(slot, attempt + 1)]);
                        continue;
                    }
                    left -= 1;
                    if failed.as_ref().is_none_or(|(first, _)| slot < *first) {
                        tasks.cancel_from(if alone { slot + 1 } else { 0 });
                        failed = Some((slot, error));
                    }
                    if !alone {
                        break;
                    }
                }
                Err(RecvTimeoutError::Timeout) => self.pool.replace_stuck(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        // Of a job that fails, too, the tasks that succeeded count.
        self.take_over(&done[taken_over..])?;
        if let Some((_, error)) = failed {
            return Err(error);
        }
        let values: Vec<T> = done.into_iter().flatten().map(|report| report.value).collect();
        if values.len() < partitions.len() {
            return Err(Error::Cancelled);
        }
        Ok(values)
    }

    /// Takes over what tasks that succeeded have gathered beside their results.
    fn take_over<T>(&self, done: &[Option<Report<T>>]) -> Result<()> {
        done.iter().flatten().try_for_each(|report| self.program.apply(&report.context))
    }
}

impl<T, W> Tasks<'_, T, W>
where
    T: Send + 'static,
    W: Fn(&PlanRef, &Task) -> Result<T> + Send + Sync + 'static,
{
    fn cancel_from(&self, first: usize) {
        self.cancels[first..].iter().for_each(Cancel::set);
    }

    /// An attempt at a task, for the pool.
    fn attempt(&self, slot: usize, attempt: usize) -> (Work, Cancel) {
        let partition = self.partitions[slot];
        let (id, task) = (self.job.running.job().id, self.job.running.next_task());
        let properties = self.job.running.job().properties.clone();
        let cancel = self.cancels[slot].clone();
        let context = TaskContext::new(id, self.stage.id, partition, attempt, task, properties, cancel.clone());
        let context = Arc::new(context);
        let prepared = self.prepared.clone();
        let task = Task { prepared, context: context.clone(), partition, cancel: cancel.clone(), depth: 0 };
        let (plan, work, ended, stage) = (self.plan.clone(), self.work.clone(), self.ended.clone(), self.stage.clone());
        let cores = self.job.engine.cores.clone();
        let mut told = self.job.running.teller(&self.stage, slot, self.fetches[slot]);
        let run = move || {
            let _busy = cores.enter();
            stage.active.fetch_add(1, Ordering::Relaxed);
            told.began(&context);
            let (began, spilled, used) = (Instant::now(), written_here(), Usage::here());
            let running = context.enter();
            let entered = task.cancel.enter();
            let result = task.cancel.check().and_then(|()| guarded(|| work(&plan, &task)));
            drop((running, entered));
            stage.active.fetch_sub(1, Ordering::Relaxed);
            let busy = began.elapsed();
            let (outcome, rows) = match &result {
                Ok(value) => (Outcome::Succeeded, rows_of(value)),
                Err(Error::Cancelled) => (Outcome::Cancelled, Rows::default()),
                Err(_) => (Outcome::Failed, Rows::default()),
            };
            let used = Usage::here().since(used);
            let rows = Rows { spilled: written_here().saturating_sub(spilled), used, ..rows };
            told.ended(&context, outcome, rows, busy, result.as_ref().err());
            let lost = context.has_lost_worker();
            let result = result.map(|value| Report { value, context });
            // Who has the answer can let go of the rows: nothing may hold them here a moment longer.
            drop((task, plan, work));
            let _ = ended.send(Ended { slot, attempt, lost, result });
        };
        (Box::new(run), cancel)
    }
}

/// How many rows a task's result stands for, where it shows that.
fn rows_of(value: &dyn Any) -> Rows {
    let answered = |answered| Rows { answered, ..Rows::default() };
    if let Some(count) = value.downcast_ref::<u64>() {
        return answered(*count);
    }
    if let Some(chunks) = value.downcast_ref::<Vec<Chunk>>() {
        return answered(chunks.iter().map(|chunk| chunk.len() as u64).sum());
    }
    if let Some(written) = value.downcast_ref::<Written>() {
        let (shuffled, shuffled_bytes) = written.size();
        return Rows { shuffled, shuffled_bytes, ..Rows::default() };
    }
    let Some(outputs) = value.downcast_ref::<Vec<Vec<Chunk>>>() else { return Rows::default() };
    answered(outputs.iter().flatten().map(|chunk| chunk.len() as u64).sum())
}
