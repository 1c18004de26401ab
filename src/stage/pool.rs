//! The task pool: N threads that run tasks, of each job in the order they come and of several jobs in turn. The threads
//! are made outside (Python's own lasting threads, or plain ones in tests) and lend themselves by calling `Pool::serve`.
//!
//! User code can't be ended from outside. A thread that still runs a cancelled task when the next job comes is
//! *retired*: it leaves after that task, and whoever makes the threads is asked for another.

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam::utils::Backoff;

use crate::chunk::Cancel;
use crate::id::JobId;
use crate::sync::{Condvar, Mutex};

thread_local! {
    static SERVING: Cell<bool> = const { Cell::new(false) };
}

/// A cancelled task mostly ends by itself, at its next chunk: this long it may take.
const GRACE: Duration = Duration::from_millis(30);

/// Jobs of a stream's batch come one right after the other, and to sleep and be woken takes longer than they do: so long
/// a thread looks for the next task before it sleeps.
const LOOK: Duration = Duration::from_micros(100);

/// One task's work.
pub type Work = Box<dyn FnOnce() + Send>;

/// Makes another thread that serves the pool; gets the retired threads' idents.
pub type Replace = Box<dyn Fn(&[u64]) + Send + Sync>;

/// A queue of tasks that threads serve. Cloning shares it.
#[derive(Clone)]
pub struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    queues: Mutex<Queues>,
    changed: Condvar,
    threads: usize,
    workers: Mutex<Vec<Worker>>,
    replace: Mutex<Option<Arc<Replace>>>,
}

/// Tasks that wait, by their jobs; the job in front is served next.
#[derive(Default)]
struct Queues {
    jobs: VecDeque<(JobId, VecDeque<(Work, Cancel)>)>,
    /// What a thread can do that would be idle otherwise.
    lent: VecDeque<Work>,
    closed: bool,
}

impl Queues {
    /// The next task of the job in front, which goes behind the others then.
    fn next(&mut self) -> Option<(Work, Cancel)> {
        let (job, mut tasks) = self.jobs.pop_front()?;
        let task = tasks.pop_front();
        if !tasks.is_empty() {
            self.jobs.push_back((job, tasks));
        }
        task
    }

    /// What a thread does next: tasks go first. Nobody waits for what is lent, and nobody ends it.
    fn next_or_lent(&mut self) -> Option<(Work, Cancel)> {
        self.next().or_else(|| self.lent.pop_front().map(|work| (work, Cancel::default())))
    }
}

struct Worker {
    ident: u64,
    running: Option<Cancel>,
    /// When it was first seen in a task that nobody waits for.
    stuck: Option<Instant>,
    retired: bool,
}

impl Pool {
    /// A pool that `threads` threads are going to serve.
    pub fn new(threads: usize) -> Self {
        let (queues, changed, workers, replace) = Default::default();
        Self { shared: Arc::new(Shared { queues, changed, threads: threads.max(1), workers, replace }) }
    }

    /// How many tasks can run at once.
    pub fn threads(&self) -> usize {
        self.shared.threads
    }

    /// Who makes another thread for one that hangs.
    pub fn on_stuck(&self, replace: Replace) {
        *self.shared.replace.lock() = Some(Arc::new(replace));
    }

    /// Queues tasks of a job's stage, each with what says whether anybody still waits for it. They come together, so that
    /// a stage whose tasks must all start at once can be admitted as one here.
    pub fn submit(&self, job: JobId, tasks: Vec<(Work, Cancel)>) {
        let count = tasks.len();
        let mut queues = self.shared.queues.lock();
        match queues.jobs.iter_mut().find(|(known, _)| *known == job) {
            Some((_, queue)) => queue.extend(tasks),
            None if count > 0 => queues.jobs.push_back((job, tasks.into())),
            None => {}
        }
        drop(queues);
        for _ in 0..count {
            self.shared.changed.notify_one();
        }
    }

    /// Has a thread that no task waits for help one that runs. What is lent looks by itself whether it is wanted still, and
    /// leaves when a task waits.
    pub fn lend(&self, work: Work) {
        let mut queues = self.shared.queues.lock();
        if queues.closed {
            drop(queues);
            return drop(work);
        }
        queues.lent.push_back(work);
        drop(queues);
        self.shared.changed.notify_one();
    }

    /// Whether a task waits for a thread.
    pub fn is_wanted(&self) -> bool {
        !self.shared.queues.lock().jobs.is_empty()
    }

    /// Runs a task on the calling thread, which waits for it anyway.
    pub fn run_here(work: Work) {
        let before = SERVING.replace(true);
        work();
        SERVING.set(before);
    }

    /// The next task; `None` once the pool is closed and nothing waits.
    fn next(&self) -> Option<(Work, Cancel)> {
        let (backoff, since) = (Backoff::new(), Instant::now());
        let mut queues = self.shared.queues.lock();
        loop {
            if let Some(task) = queues.next_or_lent() {
                return Some(task);
            }
            if queues.closed {
                return None;
            }
            if backoff.is_completed() && since.elapsed() >= LOOK {
                queues = self.shared.changed.wait(queues);
            } else {
                drop(queues);
                backoff.snooze();
                queues = self.shared.queues.lock();
            }
        }
    }

    /// Retires the threads that hang in cancelled tasks and asks for others in their place. To be called again and again
    /// while somebody waits for a task.
    pub fn replace_stuck(&self) {
        let mut stuck = Vec::new();
        for worker in self.shared.workers.lock().iter_mut().filter(|w| !w.retired) {
            if !worker.running.as_ref().is_some_and(Cancel::is_set) {
                continue;
            }
            if worker.stuck.get_or_insert_with(Instant::now).elapsed() >= GRACE {
                worker.retired = true;
                stuck.push(worker.ident);
            }
        }
        if stuck.is_empty() {
            return;
        }
        let replace = self.shared.replace.lock().clone();
        if let Some(replace) = replace {
            replace(&stuck);
        }
    }

    /// Whether the calling thread is one that runs tasks.
    pub fn is_serving() -> bool {
        SERVING.get()
    }

    /// Whether the thread of this ident still serves.
    pub fn serves(&self, ident: u64) -> bool {
        self.shared.workers.lock().iter().any(|w| w.ident == ident)
    }

    /// Runs tasks on the calling thread, named `ident`, until the pool is closed or the thread is retired.
    pub fn serve(&self, ident: u64) {
        SERVING.set(true);
        self.shared.workers.lock().push(Worker { ident, running: None, stuck: None, retired: false });
        while let Some((work, cancel)) = self.next() {
            self.mark(ident, Some(cancel));
            work();
            if self.mark(ident, None) {
                break;
            }
        }
        self.shared.workers.lock().retain(|w| w.ident != ident);
        SERVING.set(false);
    }

    /// Notes what a thread runs; says whether it is retired.
    fn mark(&self, ident: u64, running: Option<Cancel>) -> bool {
        let mut workers = self.shared.workers.lock();
        let Some(worker) = workers.iter_mut().find(|w| w.ident == ident) else { return true };
        worker.running = running;
        worker.stuck = None;
        worker.retired
    }

    /// Lets every serving thread return once the tasks queued before are done.
    pub fn close(&self) {
        let replace = self.shared.replace.lock().take();
        drop(replace);
        let mut queues = self.shared.queues.lock();
        queues.closed = true;
        let lent = std::mem::take(&mut queues.lent);
        drop(queues);
        drop(lent);
        self.shared.changed.notify_all();
    }
}
