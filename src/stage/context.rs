//! What a task is: of which job and stage, which partition, which attempt. The thread that runs it knows its context,
//! so that user code can ask for it, and the interpreter keeps beside it what the task has gathered (accumulators).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use crate::chunk::Cancel;
use crate::id::{JobId, StageId, TaskId};
use crate::plan::Opaque;

/// The local properties of the thread that started a job, as they were then.
pub type Properties = BTreeMap<String, String>;

/// One attempt at a task.
#[derive(Default)]
pub struct TaskContext {
    /// Of which job.
    pub job: JobId,
    /// Of which stage.
    pub stage: StageId,
    /// Which partition it computes.
    pub partition: usize,
    /// How often it was tried before.
    pub attempt: usize,
    /// The attempt's own number.
    pub task: TaskId,
    /// What the job's thread had set.
    pub properties: Arc<Properties>,
    /// Set when it is to end early.
    pub cancel: Cancel,
    local: OnceLock<Opaque>,
    lost: AtomicBool,
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<TaskContext>>> = const { RefCell::new(None) };
}

/// The calling thread runs a task while this lives.
#[must_use]
pub struct Running(Option<Arc<TaskContext>>);

impl TaskContext {
    /// An attempt that nobody has begun.
    pub fn new(
        job: JobId,
        stage: StageId,
        partition: usize,
        attempt: usize,
        task: TaskId,
        properties: Arc<Properties>,
        cancel: Cancel,
    ) -> Self {
        Self {
            job,
            stage,
            partition,
            attempt,
            task,
            properties,
            cancel,
            local: OnceLock::new(),
            lost: AtomicBool::new(false),
        }
    }

    /// The process that its functions ran in has ended.
    pub fn lose_worker(&self) {
        self.lost.store(true, Ordering::Relaxed);
    }

    /// Whether it did: the task may begin again.
    pub fn has_lost_worker(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    /// The task that the calling thread runs.
    pub fn current() -> Option<Arc<Self>> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Makes the calling thread run this task.
    pub fn enter(self: &Arc<Self>) -> Running {
        Running(CURRENT.replace(Some(self.clone())))
    }

    /// What the interpreter has gathered for this attempt, if anything.
    pub fn local(&self) -> Option<&Opaque> {
        self.local.get()
    }

    /// The same; `make` makes it at first.
    pub fn local_or(&self, make: impl FnOnce() -> Opaque) -> &Opaque {
        self.local.get_or_init(make)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // What it held may refer to anything: dropped after the cell is free.
        let ended = CURRENT.replace(self.0.take());
        drop(ended);
    }
}
