//! Batches on the manual clock: who is asked when, in which order jobs run, failures, stopping.

mod checkpoint;
mod failures;
mod graph;
mod life;
mod mailbox;
mod settling;

use std::any::Any;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use arrow_array::StringViewArray;
use pyrite::batch::{DriverFn, Missing, OutputFn, Stop, StreamRef, Streaming};
use pyrite::chunk::{Chunk, Columns, Type};
use pyrite::config::Config;
use pyrite::error::{Error, Kind, Result};
use pyrite::memory::Memory;
use pyrite::plan::{Plan, PlanRef};
use pyrite::source::{Input, QueueInput};
use pyrite::time::{ManualClock, Time};

use crate::source::{Kept, partitions};

/// What an output operation saw.
pub type Seen = Arc<Mutex<Vec<(i64, Vec<Vec<String>>)>>>;

pub struct Bench {
    pub clock: Arc<ManualClock>,
    pub streaming: Arc<Streaming>,
    pub log: Arc<Kept>,
    threads: Vec<JoinHandle<()>>,
}

struct Call<F>(F);

impl<F: Fn(Time, &[PlanRef]) -> Result<Option<PlanRef>> + Send + Sync + 'static> DriverFn for Call<F> {
    fn call(&self, time: Time, parents: &[PlanRef]) -> Result<Option<PlanRef>> {
        (self.0)(time, parents)
    }
}

struct Out<F>(F);

impl<F: Fn(Time, &PlanRef) -> Result<()> + Send + Sync + 'static> OutputFn for Out<F> {
    fn call(&self, time: Time, plan: &PlanRef) -> Result<()> {
        (self.0)(time, plan)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

pub fn plan(words: &[&str]) -> PlanRef {
    let array = Arc::new(StringViewArray::from_iter_values(words));
    Plan::chunks(vec![vec![Chunk::Columns(Columns::new(array, Type::Str))]])
}

pub fn boom(what: &str) -> Error {
    Error::new(Kind::Spark, what)
}

impl Bench {
    pub fn new(settings: &[(&str, &str)]) -> Self {
        let clock = Arc::new(ManualClock::new());
        let log = Arc::new(Kept::default());
        let config = Config::new(settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
        let streaming = Streaming::new(1000, clock.clone(), config, log.clone(), Memory::unlimited()).unwrap();
        Self { clock, streaming, log, threads: Vec::new() }
    }

    pub fn queue(&self, batches: &[&[&str]]) -> StreamRef {
        let plans: VecDeque<PlanRef> = batches.iter().map(|b| plan(b)).collect();
        self.streaming
            .add_input("queueStream", |env| {
                Ok(Arc::new(QueueInput::new(env, plans.into(), true, None)) as Arc<dyn Input>)
            })
            .unwrap()
    }

    pub fn transform(
        &self,
        parents: &[&StreamRef],
        missing: Missing,
        f: impl Fn(Time, &[PlanRef]) -> Result<Option<PlanRef>> + Send + Sync + 'static,
    ) -> StreamRef {
        let parents = parents.iter().map(|p| (*p).clone()).collect();
        self.streaming.add_transformed("transform", parents, Arc::new(Call(f)), missing).unwrap()
    }

    pub fn each(&self, node: &StreamRef, f: impl Fn(Time, &PlanRef) -> Result<()> + Send + Sync + 'static) {
        self.streaming.add_output("foreachRDD", node.clone(), Arc::new(Out(f))).unwrap();
    }

    /// An output operation that keeps what it sees.
    pub fn see(&self, node: &StreamRef) -> Seen {
        let seen = Seen::default();
        let kept = seen.clone();
        self.each(node, move |time, plan| {
            kept.lock().unwrap().push((time.0 / 1000, partitions(plan)));
            Ok(())
        });
        seen
    }

    pub fn start(&mut self, jobs: usize) {
        self.streaming.start().unwrap();
        let s = self.streaming.clone();
        self.threads.push(thread::spawn(move || s.run_generator()));
        for _ in 0..jobs {
            let s = self.streaming.clone();
            self.threads.push(thread::spawn(move || s.run_jobs()));
        }
    }

    /// Runs `n` batches to their end.
    pub fn batches(&self, n: i64) {
        for _ in 0..n {
            self.clock.advance(1000);
            assert!(self.streaming.wait_idle(Duration::from_secs(10)));
        }
    }

    pub fn stop(&mut self, graceful: bool) {
        let stop = Stop {
            graceful,
            own_jobs: 0,
            own_generator: false,
            grace: Duration::from_millis(200),
            check: &mut || Ok(()),
            cancel: &mut || (),
        };
        self.streaming.stop(stop).unwrap();
        for thread in self.threads.drain(..) {
            thread.join().unwrap();
        }
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if !thread::panicking() {
            self.stop(false);
        }
    }
}

pub fn taken<T: Clone>(kept: &Mutex<Vec<T>>) -> Vec<T> {
    kept.lock().unwrap().clone()
}

/// `[(time, partitions)]` out of literals.
pub fn rows(expected: &[(i64, &[&[&str]])]) -> Vec<(i64, Vec<Vec<String>>)> {
    let strings = |p: &&[&str]| p.iter().map(|s| (*s).to_owned()).collect();
    expected.iter().map(|(t, parts)| (*t, parts.iter().map(strings).collect())).collect()
}
