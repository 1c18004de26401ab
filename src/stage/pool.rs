//! The task pool: N threads that run tasks in the order they come. The threads are made outside (Python's own lasting
//! threads, or plain ones in tests) and lend themselves by calling `Pool::serve`.
//!
//! User code can't be ended from outside. A thread that still runs a cancelled task when the next job comes is
//! *retired*: it leaves after that task, and whoever makes the threads is asked for another.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::chunk::Cancel;
use crate::sync::{Guard, Mutex};
use crossbeam::channel::{Receiver, Sender, unbounded};

thread_local! {
    static SERVING: Cell<bool> = const { Cell::new(false) };
}

/// A cancelled task mostly ends by itself, at its next chunk: this long it may take.
const GRACE: Duration = Duration::from_millis(30);

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
    sender: Sender<Option<(Work, Cancel)>>,
    receiver: Receiver<Option<(Work, Cancel)>>,
    threads: usize,
    workers: Mutex<Vec<Worker>>,
    replace: Mutex<Option<Arc<Replace>>>,
}

struct Worker {
    ident: u64,
    running: Option<Cancel>,
    /// When it was first seen in a task that nobody waits for.
    stuck: Option<Instant>,
    retired: bool,
}

#[track_caller]

fn lock<T>(mutex: &Mutex<T>) -> Guard<'_, T> {
    mutex.lock()
}

impl Pool {
    /// A pool that `threads` threads are going to serve.
    pub fn new(threads: usize) -> Self {
        let (sender, receiver) = unbounded();
        let (workers, replace) = (Mutex::default(), Mutex::default());
        Self { shared: Arc::new(Shared { sender, receiver, threads: threads.max(1), workers, replace }) }
    }

    /// How many tasks can run at once.
    pub fn threads(&self) -> usize {
        self.shared.threads
    }

    /// Who makes another thread for one that hangs.
    pub fn on_stuck(&self, replace: Replace) {
        *lock(&self.shared.replace) = Some(Arc::new(replace));
    }

    /// Queues a task. `cancel` says whether anybody still waits for it.
    pub fn submit(&self, work: Work, cancel: Cancel) {
        // The receiver lives as long as the pool.
        let _ = self.shared.sender.send(Some((work, cancel)));
    }

    /// Retires the threads that hang in cancelled tasks and asks for others in their place. To be called again and again
    /// while somebody waits for a task.
    pub fn replace_stuck(&self) {
        let mut stuck = Vec::new();
        for worker in lock(&self.shared.workers).iter_mut().filter(|w| !w.retired) {
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
        let replace = lock(&self.shared.replace).clone();
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
        lock(&self.shared.workers).iter().any(|w| w.ident == ident)
    }

    /// Runs tasks on the calling thread, named `ident`, until the pool is closed or the thread is retired.
    pub fn serve(&self, ident: u64) {
        SERVING.set(true);
        lock(&self.shared.workers).push(Worker { ident, running: None, stuck: None, retired: false });
        while let Ok(Some((work, cancel))) = self.shared.receiver.recv() {
            self.mark(ident, Some(cancel));
            work();
            if self.mark(ident, None) {
                break;
            }
        }
        lock(&self.shared.workers).retain(|w| w.ident != ident);
        SERVING.set(false);
    }

    /// Notes what a thread runs; says whether it is retired.
    fn mark(&self, ident: u64, running: Option<Cancel>) -> bool {
        let mut workers = lock(&self.shared.workers);
        let Some(worker) = workers.iter_mut().find(|w| w.ident == ident) else { return true };
        worker.running = running;
        worker.stuck = None;
        worker.retired
    }

    /// Lets every serving thread return once the tasks queued before are done.
    pub fn close(&self) {
        *lock(&self.shared.replace) = None;
        let serving = lock(&self.shared.workers).len().max(self.shared.threads);
        for _ in 0..serving {
            let _ = self.shared.sender.send(None);
        }
    }
}
