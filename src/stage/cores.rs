//! Cores that no task uses help the tasks that run: chunks of a native chain are independent, so several can be worked on
//! at once and put together in order. Only pure kernels run here; these threads never attach to an interpreter. Rows that
//! only the interpreter's functions take are worked on by threads of the pool that no task waits for: what is lent to them.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::chunk::Cancel;
use crate::metrics::Usage;

use super::{Pool, Work};

/// The machine's share of an engine: as many cores as the pool has threads.
pub struct Cores {
    pool: Pool,
    threads: usize,
    busy: AtomicUsize,
    helpers: OnceLock<Option<ThreadPool>>,
}

/// A task that occupies a core while this lives.
pub struct Busy<'a>(&'a Cores);

impl Cores {
    /// As many cores as the pool has threads, none busy.
    pub fn new(pool: Pool) -> Self {
        Self { threads: pool.threads(), pool, busy: AtomicUsize::new(0), helpers: OnceLock::new() }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.threads
    }

    /// Occupies a core.
    pub fn enter(&self) -> Busy<'_> {
        self.busy.fetch_add(1, Ordering::Relaxed);
        Busy(self)
    }

    /// Cores that no task occupies.
    pub fn idle(&self) -> usize {
        self.threads.saturating_sub(self.busy.load(Ordering::Relaxed))
    }

    /// Has a thread of the pool do this beside its tasks, once none of them waits.
    pub fn lend(&self, work: Work) {
        self.pool.lend(work);
    }

    /// Whether a task waits for a thread.
    pub fn is_wanted(&self) -> bool {
        self.pool.is_wanted()
    }

    /// `work` on every item, on all cores; the answers in the items' order. Within such work it is done alone: a helper that
    /// waited for others would do some of theirs meanwhile, and count its time twice.
    pub fn map<T: Send, R: Send>(&self, items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
        let is_helper = rayon::current_thread_index().is_some();
        match self.helpers.get_or_init(|| self.build()).as_ref().filter(|_| !is_helper) {
            Some(pool) => {
                let (current, cpu) = (Cancel::current(), AtomicU64::new(0));
                let work = |item| {
                    let (_entered, before) = (current.as_ref().map(Cancel::enter), Usage::here());
                    let done = work(item);
                    cpu.fetch_add(Usage::here().since(before).cpu, Ordering::Relaxed);
                    done
                };
                let done = pool.install(|| items.into_par_iter().map(work).collect());
                Usage::note_cpu(cpu.into_inner());
                done
            }
            None => items.into_iter().map(work).collect(),
        }
    }

    /// No threads to be had is no reason to fail: the task does its work alone.
    fn build(&self) -> Option<ThreadPool> {
        ThreadPoolBuilder::new().num_threads(self.threads).thread_name(|i| format!("pyrite-kernel-{i}")).build().ok()
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::Relaxed);
    }
}
