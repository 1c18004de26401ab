//! The task pool: N threads that run tasks in the order they come. The threads are made outside (Python's own lasting
//! threads, or plain ones in tests) and lend themselves by calling `Pool::serve`.

use std::sync::Arc;

use crossbeam::channel::{Receiver, Sender, unbounded};

/// One task's work.
pub type Work = Box<dyn FnOnce() + Send>;

/// A queue of tasks that threads serve. Cloning shares it.
#[derive(Clone)]
pub struct Pool {
    sender: Arc<Sender<Option<Work>>>,
    receiver: Receiver<Option<Work>>,
    threads: usize,
}

impl Pool {
    /// A pool that `threads` threads are going to serve.
    pub fn new(threads: usize) -> Self {
        let (sender, receiver) = unbounded();
        Self { sender: Arc::new(sender), receiver, threads: threads.max(1) }
    }

    /// How many tasks can run at once.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Queues a task.
    pub fn submit(&self, work: Work) {
        // The receiver lives as long as the pool.
        let _ = self.sender.send(Some(work));
    }

    /// Runs tasks on the calling thread until the pool is closed.
    pub fn serve(&self) {
        while let Ok(Some(work)) = self.receiver.recv() {
            work();
        }
    }

    /// Lets every serving thread return once the tasks queued before are done.
    pub fn close(&self) {
        for _ in 0..self.threads {
            let _ = self.sender.send(None);
        }
    }
}
