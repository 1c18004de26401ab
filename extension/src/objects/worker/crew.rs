//! All workers of this process. Idle ones wait for the next task of any context, a minute at most.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::sync::{Condvar, Guard, Mutex};

use super::process::{Launch, Worker};

/// The workers that no task uses, and how many are used.
pub struct Crew {
    state: Mutex<State>,
    changed: Condvar,
    /// Workers that tasks have.
    used: AtomicUsize,
    /// Tasks that wait for one.
    wanted: AtomicUsize,
}

/// A task waits for a worker.
pub struct Wanted(&'static Crew);

impl Wanted {
    /// How many tasks do.
    pub fn all(&self) -> usize {
        self.0.wanted.load(Ordering::Relaxed)
    }
}

impl Drop for Wanted {
    fn drop(&mut self) {
        self.0.wanted.fetch_sub(1, Ordering::Relaxed);
    }
}

thread_local! {
    /// Workers that this thread's task has. A task that reads another chain has two, one for each.
    static HELD: Cell<usize> = const { Cell::new(0) };
}

/// A worker that a task has; it ends when this is dropped.
pub struct Hired(Option<Worker>);

impl Hired {
    fn new(worker: Worker) -> Self {
        CREW.used.fetch_add(1, Ordering::Relaxed);
        HELD.set(HELD.get() + 1);
        Self(Some(worker))
    }

    /// The worker.
    pub fn worker(&mut self) -> Option<&mut Worker> {
        self.0.as_mut()
    }

    /// It is free for another task.
    pub fn release(mut self) {
        if let Some(worker) = self.0.take() {
            CREW.lock().rest(worker);
        }
    }
}

impl Drop for Hired {
    fn drop(&mut self) {
        CREW.used.fetch_sub(1, Ordering::Relaxed);
        HELD.set(HELD.get().saturating_sub(1));
        CREW.changed.notify_all();
    }
}

#[derive(Default)]
struct State {
    idle: Vec<Worker>,
    starting: usize,
    /// Why the last start failed.
    failed: Option<String>,
    /// Whether a context has stopped and no task has come since.
    lingering: bool,
    /// Whose workers these are.
    process: u32,
}

impl State {
    fn rest(&mut self, worker: Worker) {
        if self.lingering {
            worker.linger();
        }
        self.idle.push(worker);
    }
}

/// The crew.
pub static CREW: Crew = Crew {
    state: Mutex::new(State { idle: Vec::new(), starting: 0, failed: None, lingering: false, process: 0 }),
    changed: Condvar::new(),
    used: AtomicUsize::new(0),
    wanted: AtomicUsize::new(0),
};

impl Crew {
    #[track_caller]
    fn lock(&self) -> Guard<'_, State> {
        let mut state = self.state.lock();
        let process = std::process::id();
        if state.process != process {
            // A forked process must leave its parent's workers alone.
            std::mem::forget(std::mem::take(&mut *state));
            state.process = process;
            self.used.store(0, Ordering::Relaxed);
            HELD.set(0);
        }
        state
    }

    /// Whether the calling thread's task may have a worker where `most` tasks may. One that has a worker and needs another
    /// would wait for itself.
    pub fn admits(&self, most: usize) -> bool {
        HELD.get() > 0 || self.used.load(Ordering::Relaxed) < most
    }

    /// How many more workers may be used where `most` tasks may have one, the calling thread's at least.
    pub fn room(&self, most: usize) -> usize {
        most.saturating_sub(self.used.load(Ordering::Relaxed)).max(1)
    }

    /// An idle worker that `fits`, if there is one.
    pub fn take(&self, fits: impl Fn(&Worker) -> bool) -> Option<Hired> {
        let mut state = self.lock();
        state.idle.retain_mut(Worker::runs);
        let at = state.idle.iter().rposition(fits)?;
        let worker = state.idle.swap_remove(at);
        state.lingering = false;
        drop(state);
        Some(Hired::new(worker))
    }

    /// A context has stopped: workers without a task end soon, unless another context wants them.
    pub fn linger(&self) {
        let mut state = self.lock();
        state.lingering = true;
        for worker in &state.idle {
            worker.linger();
        }
    }

    /// Whether a worker is about to be there.
    pub fn is_starting(&self) -> bool {
        self.lock().starting > 0
    }

    /// Whether a worker waits for a task.
    pub fn has_idle(&self) -> bool {
        !self.lock().idle.is_empty()
    }

    /// Whether a task waits for a worker.
    pub fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::Relaxed) > 0
    }

    /// Notes that a task waits for a worker, as long as the answer lives.
    pub fn wanted(&'static self) -> Wanted {
        self.wanted.fetch_add(1, Ordering::Relaxed);
        Wanted(self)
    }

    /// Waits a moment for a worker to come back or to be there.
    pub fn wait(&self, patience: Duration) {
        let state = self.lock();
        let _ = self.changed.wait_timeout(state, patience);
    }

    /// Forgets idle workers that have ended: one that has waited long enough says goodbye.
    pub fn bury(&self) {
        self.lock().idle.retain_mut(Worker::runs);
    }

    /// Starts workers, without waiting for them, until `wanted` are idle or starting. Says why the last start failed.
    pub fn start(&'static self, wanted: usize, launch: &Launch) -> Option<String> {
        let mut state = self.lock();
        let failed = state.failed.take();
        if failed.is_some() {
            return failed;
        }
        while state.idle.len() + state.starting < wanted {
            state.starting += 1;
            let launch = launch.clone();
            let start = move || {
                let at_end = move || {
                    thread::sleep(Duration::from_secs(1));
                    self.bury();
                };
                let started = Worker::start(&launch, at_end);
                let mut state = self.lock();
                state.starting -= 1;
                match started {
                    Ok(worker) => state.rest(worker),
                    Err(why) => state.failed = Some(why),
                }
                drop(state);
                self.changed.notify_all();
            };
            if let Err(error) = thread::Builder::new().name("pyrite-worker-start".to_owned()).spawn(start) {
                state.starting -= 1;
                return Some(error.to_string());
            }
        }
        None
    }
}
