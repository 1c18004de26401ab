//! Actions: the stages that an answer needs run in order, on the pool, and can be cancelled.

mod save;
mod total;

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam::channel::{RecvTimeoutError, unbounded};

use crate::chunk::{Cancel, Chunk, drain};
use crate::error::{Error, Kind, Result};
use crate::fault::guarded;
use crate::plan::{By, NativeMode, Plan, PlanRef};
use crate::stage::{Cores, Graph, Interpreter, Pool, Prepared, Task, Writes, open, sort_partitions, write_partition};

/// How long a wait for tasks may last before the caller's interrupts are looked at.
const SLICE: Duration = Duration::from_millis(20);

/// Runs jobs. One a `SparkContext`.
pub struct Engine {
    pool: Pool,
    interpreter: Arc<dyn Interpreter>,
    native: NativeMode,
    cores: Arc<Cores>,
    /// Cancels every job of the engine at `stop`.
    stopped: Cancel,
}

/// How a job is cancelled.
#[derive(Clone, Default)]
pub struct JobOptions {
    /// Set from outside to end the job.
    pub cancel: Cancel,
}

thread_local! {
    static ENCLOSING: RefCell<Option<Cancel>> = const { RefCell::new(None) };
}

impl JobOptions {
    /// For a job that the calling thread starts: cancelled with what encloses it.
    pub fn enclosed() -> Self {
        let cancel = ENCLOSING.with_borrow(Clone::clone).unwrap_or_default();
        Self { cancel }
    }

    /// Says what encloses the jobs that the calling thread starts from now on: a batch's output operation, or nothing.
    pub fn enclose(cancel: Option<Cancel>) {
        ENCLOSING.set(cancel);
    }
}

impl Engine {
    /// An engine on a pool that somebody serves.
    pub fn new(pool: Pool, interpreter: Arc<dyn Interpreter>, native: NativeMode) -> Self {
        let cores = Arc::new(Cores::new(pool.threads()));
        Self { pool, interpreter, native, cores, stopped: Cancel::default() }
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

    /// One result of `work` for each of `partitions`, in their order. Shuffles that the plan needs run before.
    pub fn run_tasks<T, W>(
        &self,
        plan: &PlanRef,
        partitions: Option<&[usize]>,
        options: &JobOptions,
        work: W,
    ) -> Result<Vec<T>>
    where
        T: Send + 'static,
        W: Fn(&PlanRef, &Task) -> Result<T> + Send + Sync + 'static,
    {
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
        let prepared = Arc::new(Prepared::new(plan, self.interpreter.clone(), self.native, self.cores.clone())?);
        self.run_shuffles(plan, &prepared, options)?;
        self.run_stage(plan, partitions, &prepared, options, work)
    }

    /// Runs the shuffles that `plan` reads and that have not run, parents first.
    fn run_shuffles(&self, plan: &PlanRef, prepared: &Arc<Prepared>, options: &JobOptions) -> Result<()> {
        let ready = |plan: &Plan, input: Option<usize>| match input {
            None => prepared.kept(plan).is_some(),
            Some(input) => shuffle_has_run(plan, input),
        };
        for stage in Graph::cut(plan, &ready).stages {
            let Some(writes) = stage.writes else { continue };
            let inputs = writes.reader.inputs();
            let Some(shuffle) = inputs.get(writes.input).and_then(|input| input.shuffle()) else { continue };
            let waiting = || {
                self.interpreter.check_interrupt()?;
                self.check(options)
            };
            shuffle.output.get_or_run(waiting, || self.run_shuffle(&stage.plan, &writes, prepared, options))?;
        }
        Ok(())
    }

    fn run_shuffle(
        &self,
        input: &PlanRef,
        writes: &Writes,
        prepared: &Arc<Prepared>,
        options: &JobOptions,
    ) -> Result<Vec<Vec<Chunk>>> {
        let inputs = writes.reader.inputs();
        let Some(shuffle) = inputs.get(writes.input).and_then(|input| input.shuffle()).cloned() else {
            return Ok(Vec::new());
        };
        let n = shuffle.partitions;
        let partitions: Vec<usize> = (0..input.partitions()?).collect();
        let (reader, by) = (writes.reader.clone(), shuffle.by.clone());
        let written = self.run_stage(input, &partitions, prepared, options, move |input, task| {
            write_partition(input, &shuffle, &reader, task)
        })?;
        if matches!(by, By::Range) {
            let rows: Vec<Chunk> = written.into_iter().flatten().flatten().collect();
            if rows.is_empty() {
                return Ok(vec![Vec::new(); n]);
            }
            let rows = std::sync::Mutex::new(Some(rows));
            let sorted = self.run_stage(&writes.reader, &[0], prepared, options, move |plan, task| {
                let rows = rows.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take().unwrap_or_default();
                sort_partitions(rows, plan, n, task)
            })?;
            return Ok(sorted.into_iter().next().unwrap_or_default());
        }
        let mut outputs: Vec<Vec<Chunk>> = vec![Vec::new(); n];
        for task in written {
            for (output, chunks) in outputs.iter_mut().zip(task) {
                output.extend(chunks);
            }
        }
        Ok(outputs)
    }

    /// One task a partition on the pool. The error of the lowest partition wins; the others are cancelled.
    fn run_stage<T, W>(
        &self,
        plan: &PlanRef,
        partitions: &[usize],
        prepared: &Arc<Prepared>,
        options: &JobOptions,
        work: W,
    ) -> Result<Vec<T>>
    where
        T: Send + 'static,
        W: Fn(&PlanRef, &Task) -> Result<T> + Send + Sync + 'static,
    {
        self.pool.replace_stuck();
        let (sender, results) = unbounded();
        let work = Arc::new(work);
        let cancels: Vec<Cancel> = partitions.iter().map(|_| Cancel::default()).collect();
        for (slot, partition) in partitions.iter().copied().enumerate() {
            let task = Task { prepared: prepared.clone(), partition, cancel: cancels[slot].clone(), depth: 0 };
            let (plan, work, sender) = (plan.clone(), work.clone(), sender.clone());
            let cancel = task.cancel.clone();
            let cores = self.cores.clone();
            let run = move || {
                let _busy = cores.enter();
                let result = task.cancel.check().and_then(|()| guarded(|| work(&plan, &task)));
                let _ = sender.send((slot, result));
            };
            self.pool.submit(Box::new(run), cancel);
        }
        drop(sender);
        let cancel_from = |first: usize| cancels[first..].iter().for_each(Cancel::set);
        let mut done: Vec<Option<T>> = partitions.iter().map(|_| None).collect();
        let mut failed: Option<(usize, Error)> = None;
        let mut left = partitions.len();
        let mut looked = Instant::now();
        while left > 0 && failed.as_ref().is_none_or(|(slot, _)| done[..*slot].iter().any(Option::is_none)) {
            // Results that come one after the other must not keep an interrupt waiting either.
            if looked.elapsed() >= SLICE {
                looked = Instant::now();
                if let Err(error) = self.interpreter.check_interrupt().and_then(|()| self.check(options)) {
                    cancel_from(0);
                    return Err(error);
                }
            }
            match results.recv_timeout(SLICE) {
                Ok((slot, Ok(value))) => {
                    done[slot] = Some(value);
                    left -= 1;
                }
                Ok((slot, Err(error))) => {
                    left -= 1;
                    if failed.as_ref().is_none_or(|(first, _)| slot < *first) {
                        cancel_from(slot + 1);
                        failed = Some((slot, error));
                    }
                }
                Err(RecvTimeoutError::Timeout) => self.pool.replace_stuck(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        if let Some((_, error)) = failed {
            return Err(error);
        }
        let values: Vec<T> = done.into_iter().flatten().collect();
        if values.len() < partitions.len() {
            return Err(Error::Cancelled);
        }
        Ok(values)
    }

    fn check(&self, options: &JobOptions) -> Result<()> {
        options.cancel.check()?;
        self.stopped.check()
    }
}

fn shuffle_has_run(plan: &Plan, input: usize) -> bool {
    plan.inputs().get(input).and_then(|input| input.shuffle()).is_some_and(|shuffle| shuffle.output.get().is_some())
}
