//! A stream: what it computes at a time, and the plans it remembers. Spark's `DStream`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, ThreadId};
use std::time::Duration;

use crate::error::{Error, Kind, Result};
use crate::fault::guarded;
use crate::id::StreamId;
use crate::plan::{Plan, PlanRef};
use crate::source::Input;
use crate::store::Level;
use crate::sync::{Condvar, Mutex, entering_foreign};
use crate::time::Time;

use super::DriverFn;
use super::events::Outcome;
use super::stateful::{At, Stateful};

/// A shared stream.
pub type StreamRef = Arc<Stream>;

/// Called while somebody waits for another's work; its error ends the wait.
pub type Check<'a> = &'a dyn Fn() -> Result<()>;

/// Between two looks at the `Check`.
const SLICE: Duration = Duration::from_millis(10);

/// When batches are: on multiples of the interval after the zero time.
#[derive(Debug)]
pub struct Timeline {
    /// The batch interval in milliseconds.
    pub interval_ms: i64,
    zero: OnceLock<Time>,
}

impl Timeline {
    /// Batches every `interval_ms`, from a time that `begin` sets.
    pub fn new(interval_ms: i64) -> Self {
        Self { interval_ms, zero: OnceLock::new() }
    }

    /// Batches come after `zero`.
    pub fn begin(&self, zero: Time) {
        // Begun once, by the one successful start.
        let _ = self.zero.set(zero);
    }

    /// The time before the first batch, once the context was started.
    pub fn zero(&self) -> Option<Time> {
        self.zero.get().copied()
    }
}

/// What a transformed stream does when a parent has no plan at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// It has none either: `transform`.
    Skip,
    /// The parent counts as empty: `transformWith` and the joins.
    Empty,
    /// The batch can't be made: `StreamingContext.transform`.
    Fail,
}

/// How a stream's plans come to be.
pub enum StreamKind {
    /// Records that come in.
    Input(Arc<dyn Input>),
    /// A function of the program over the parents' plans.
    Transformed {
        /// The streams it reads.
        parents: Vec<StreamRef>,
        /// The function.
        function: Arc<dyn DriverFn>,
        /// What a missing plan means.
        missing: Missing,
    },
    /// The parent's plans of the last `window_ms`, oldest first.
    Window {
        /// The stream it reads.
        parent: StreamRef,
        /// How far it looks back.
        window_ms: i64,
    },
    /// The parents' plans one after the other.
    Union(Vec<StreamRef>),
    /// Made of the parents' plans and of what the stream remembers.
    Stateful {
        /// The streams it reads.
        parents: Vec<StreamRef>,
        /// How.
        memory: Arc<dyn Stateful>,
    },
}

/// A stream of plans, one for each multiple of its slide.
pub struct Stream {
    id: StreamId,
    name: String,
    kind: StreamKind,
    slide_ms: i64,
    timeline: Arc<Timeline>,
    state: Mutex<State>,
    made: Condvar,
    /// Streams and output operations that read it.
    readers: AtomicUsize,
    /// Milliseconds between its checkpoints; 0 until the program or its kind says.
    checkpoint_ms: AtomicI64,
}

#[derive(Default)]
struct State {
    generated: BTreeMap<Time, PlanRef>,
    /// The plans that are being made, each by one thread.
    making: BTreeMap<Time, Arc<Making>>,
    latest: Option<PlanRef>,
    remember_ms: i64,
    /// For how long others ask for its plans, whatever the program wants remembered.
    needed_ms: i64,
    persist: bool,
}

/// The claim to the plan of one time: whoever else wants it waits for what becomes of it.
struct Making {
    by: ThreadId,
    done: OnceLock<Made>,
}

#[derive(Clone)]
enum Made {
    Plan(Option<PlanRef>),
    /// An error is for who made it: it may be that thread's own, such as an interrupt.
    Failed,
}

impl Stream {
    /// A stream with the slide of its kind: a window's is given, others take their first parent's.
    pub fn new(
        id: StreamId,
        name: &str,
        kind: StreamKind,
        slide_ms: Option<i64>,
        timeline: Arc<Timeline>,
    ) -> StreamRef {
        let slide_ms = slide_ms.unwrap_or_else(|| kind.parents().first().map_or(timeline.interval_ms, |p| p.slide_ms));
        if let StreamKind::Window { parent, .. } = &kind {
            // A window reads each plan several times. What a receiver got is in memory anyway.
            if !matches!(&parent.kind, StreamKind::Input(input) if input.in_memory()) {
                parent.persist();
            }
        }
        for parent in kind.parents() {
            parent.add_reader();
        }
        let (state, made, readers, checkpoint_ms) = Default::default();
        Arc::new(Self { id, name: name.to_owned(), kind, slide_ms, timeline, state, made, readers, checkpoint_ms })
    }

    /// Its number among the context's streams.
    pub fn id(&self) -> StreamId {
        self.id
    }

    /// Its source, if it is one.
    pub fn input(&self) -> Option<&Arc<dyn Input>> {
        match &self.kind {
            StreamKind::Input(input) => Some(input),
            _ => None,
        }
    }

    /// What the program called to make it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How its plans come to be.
    pub fn kind(&self) -> &StreamKind {
        &self.kind
    }

    /// The streams it reads.
    pub fn parents(&self) -> &[StreamRef] {
        self.kind.parents()
    }

    /// Milliseconds from one of its plans to the next.
    pub fn slide_ms(&self) -> i64 {
        self.slide_ms
    }

    /// Keeps the rows of its plans from now on.
    pub fn persist(&self) {
        self.state.lock().persist = true;
    }

    /// The plan it made last.
    pub fn latest(&self) -> Option<PlanRef> {
        self.state.lock().latest.clone()
    }

    /// It is to be written down every `ms` milliseconds.
    pub fn checkpoint(&self, ms: i64) {
        self.checkpoint_ms.store(ms, Ordering::Relaxed);
    }

    /// How often it is written down: what was asked for; a stream with a memory about every ten seconds, as in Spark.
    pub(super) fn checkpoint_ms(&self) -> Option<i64> {
        match (self.checkpoint_ms.load(Ordering::Relaxed), &self.kind) {
            (0, StreamKind::Stateful { .. }) => {
                Some(self.slide_ms * (10_000 + self.slide_ms - 1).div_euclid(self.slide_ms))
            }
            (0, _) => None,
            (ms, _) => Some(ms),
        }
    }

    /// Spark's rules for what is asked of a stream's checkpoints.
    pub(super) fn validate(&self, has_directory: bool) -> Result<()> {
        let Some(ms) = self.checkpoint_ms() else { return Ok(()) };
        let refused =
            |message: String| Err(Error::new(Kind::IllegalArgument, format!("requirement failed: {message}")));
        if !has_directory {
            return refused(
                "The checkpoint directory has not been set. Please set it by StreamingContext.checkpoint().".to_owned(),
            );
        }
        let (slide, class) = (self.slide_ms, self.kind.class_name());
        if ms < slide {
            return refused(format!(
                "The checkpoint interval for {class} has been set to {ms} ms which is lower than its slide time ({slide} \
                 ms). Please set it to at least {slide} ms."
            ));
        }
        if ms % slide != 0 {
            return refused(format!(
                "The checkpoint interval for {class} has been set to  {ms} ms which not a multiple of its slide time \
                 ({slide} ms). Please set it to a multiple of {slide} ms."
            ));
        }
        Ok(())
    }

    /// How long it remembers its plans.
    pub fn remember_ms(&self) -> i64 {
        self.state.lock().remember_ms.max(self.slide_ms)
    }

    /// Remembers plans for `ms` at least, of which others ask for those of `needed_ms`; its parents as long as it needs them.
    pub(super) fn remember(&self, ms: i64, needed_ms: i64) {
        let own = 2 * self.checkpoint_ms.load(Ordering::Relaxed);
        let (kept, needed) = {
            let mut state = self.state.lock();
            let kept = state.remember_ms.max(ms).max(self.slide_ms).max(own);
            let needed = state.needed_ms.max(needed_ms).max(self.slide_ms);
            if (state.remember_ms, state.needed_ms) == (kept, needed) {
                // Its parents know already: a stream may be reached on very many ways.
                return;
            }
            (state.remember_ms, state.needed_ms) = (kept, needed);
            (kept, needed)
        };
        let back = match &self.kind {
            StreamKind::Window { window_ms, .. } => *window_ms,
            StreamKind::Stateful { memory, .. } => memory.looks_back_ms(),
            _ => 0,
        };
        for parent in self.parents() {
            parent.remember(kept + back, needed + back);
        }
    }

    /// What it remembers by, if it does.
    pub fn memory(&self) -> Option<&Arc<dyn Stateful>> {
        if let StreamKind::Stateful { memory, .. } = &self.kind { Some(memory) } else { None }
    }

    /// The plans up to `time` that later batches ask for: a window over it does.
    pub(super) fn looked_back_on(&self, time: Time) -> Vec<(Time, PlanRef)> {
        let state = self.state.lock();
        let from = time.plus(self.slide_ms - state.needed_ms.max(self.slide_ms) + 1);
        if from > time {
            return Vec::new();
        }
        state.generated.range(from..=time).map(|(at, plan)| (*at, plan.clone())).collect()
    }

    /// A plan that a checkpoint has brought.
    pub(super) fn brought(&self, time: Time, plan: PlanRef) {
        let old = self.state.lock().generated.insert(time, plan);
        drop(old);
    }

    /// The plan at `time`, made now unless it is remembered or another thread makes it. `None` when the stream has nothing
    /// then.
    pub fn plan(&self, time: Time, check: Check<'_>) -> Result<Option<PlanRef>> {
        let Some(zero) = self.timeline.zero() else {
            return Err(Error::new(Kind::Spark, format!("{self} has not been initialized")));
        };
        if time <= zero || time.since(zero) % self.slide_ms != 0 {
            return Ok(None);
        }
        loop {
            let others = {
                let mut state = self.state.lock();
                if let Some(plan) = state.generated.get(&time) {
                    return Ok(Some(plan.clone()));
                }
                match state.making.entry(time) {
                    Entry::Occupied(others) => others.get().clone(),
                    Entry::Vacant(free) => {
                        let claim = Making { by: thread::current().id(), done: OnceLock::new() };
                        let claim = free.insert(Arc::new(claim)).clone();
                        drop(state);
                        return self.make(time, zero, check, &claim);
                    }
                }
            };
            if let Made::Plan(plan) = self.await_others(&others, time, check)? {
                return Ok(plan);
            }
        }
    }

    /// Makes a plan that this thread has claimed.
    fn make(&self, time: Time, zero: Time, check: Check<'_>, claim: &Making) -> Result<Option<PlanRef>> {
        // Nothing is locked while the program's functions run. What panics has a result, too.
        let made = guarded(|| {
            let plan = self.compute(time, zero, check)?;
            let persist = self.state.lock().persist;
            if let Some(plan) = &plan
                && persist
            {
                plan.persist(Level::MemoryAndDisk)?;
            }
            Ok(plan)
        });
        let mut state = self.state.lock();
        let old = match &made {
            Ok(Some(plan)) => (state.latest.replace(plan.clone()), state.generated.insert(time, plan.clone())),
            _ => (None, None),
        };
        let claimed = state.making.remove(&time);
        // Under the lock, so that who has just looked in vain is waiting by now.
        let _ = claim.done.set(made.as_ref().map_or(Made::Failed, |plan| Made::Plan(plan.clone())));
        drop(state);
        self.made.notify_all();
        drop((old, claimed));
        made
    }

    fn await_others(&self, making: &Making, time: Time, check: Check<'_>) -> Result<Made> {
        if making.by == thread::current().id() {
            let message = format!("{self} is asked for its RDD of {time} by the function that makes it");
            return Err(Error::new(Kind::IllegalState, message));
        }
        loop {
            let mut state = self.state.lock();
            if making.done.get().is_none() {
                state = self.made.wait_timeout(state, SLICE);
            }
            drop(state);
            if let Some(made) = making.done.get() {
                return Ok(made.clone());
            }
            check()?;
        }
    }

    fn compute(&self, time: Time, zero: Time, check: Check<'_>) -> Result<Option<PlanRef>> {
        match &self.kind {
            StreamKind::Input(input) => {
                entering_foreign("a source");
                input.compute(time)
            }
            StreamKind::Transformed { parents, function, missing } => {
                let mut plans = Vec::with_capacity(parents.len());
                for parent in parents {
                    match (parent.plan(time, check)?, missing) {
                        (Some(plan), _) => plans.push(plan),
                        (None, Missing::Skip) => return Ok(None),
                        (None, Missing::Empty) => plans.push(Plan::chunks(Vec::new())),
                        (None, Missing::Fail) => {
                            return Err(Error::new(
                                Kind::Spark,
                                format!("Couldn't generate RDD from parent at time {time}"),
                            ));
                        }
                    }
                }
                entering_foreign("a function of the program");
                function.call(time, &plans)
            }
            StreamKind::Window { parent, window_ms } => {
                let mut plans = Vec::new();
                let mut at = time.plus(parent.slide_ms - window_ms);
                while at <= time {
                    if at > zero {
                        plans.extend(parent.plan(at, check)?);
                    }
                    at = at.plus(parent.slide_ms);
                }
                Plan::union(plans).map(Some)
            }
            StreamKind::Stateful { memory, .. } => memory.compute(&At::new(time, zero, self, check)),
            StreamKind::Union(parents) => {
                let mut plans = Vec::with_capacity(parents.len());
                for parent in parents {
                    plans.push(parent.plan(time, check)?.ok_or_else(|| {
                        Error::new(
                            Kind::Spark,
                            format!("Could not generate RDD from a parent for unifying at time {time}"),
                        )
                    })?);
                }
                Plan::union(plans).map(Some)
            }
        }
    }

    /// The batch of `time` has ended: what it has made of the stream's memory counts, or is given up.
    pub(super) fn settled(&self, time: Time, outcome: Outcome) -> Result<()> {
        self.memory().map_or(Ok(()), |memory| memory.settled(time, outcome))
    }

    /// The first time up to `time` for which it was not made although a later time will ask for that: its batch failed
    /// before. What its parents have for then is needed until it is made up for.
    pub(super) fn owes(&self, time: Time) -> Option<Time> {
        let next = self.memory()?.made_up_to(self.timeline.zero()?)?.plus(self.slide_ms);
        (next <= time).then_some(next)
    }

    /// Another stream or output operation reads it.
    pub(super) fn add_reader(&self) {
        self.readers.fetch_add(1, Ordering::Relaxed);
    }

    /// The batch of `time` is settled: drops what nobody asks for again. With `release` also what plans were made of whose
    /// rows are kept: nobody has asked for it to be remembered.
    pub(super) fn forget(&self, time: Time, unpersist: bool, release: bool) {
        let (old, persist) = {
            let mut state = self.state.lock();
            let up_to = time.plus(-state.remember_ms.max(self.slide_ms));
            let kept = state.generated.split_off(&up_to.plus(1));
            (std::mem::replace(&mut state.generated, kept), state.persist)
        };
        if persist && unpersist {
            for plan in old.values() {
                plan.unpersist();
            }
        }
        if persist && release {
            self.let_inputs_go();
        }
        if let StreamKind::Input(input) = &self.kind {
            input.forget(time.plus(-self.remember_ms()));
        }
    }

    /// Plans whose rows are kept need not hold on to what they were made of: a window over small aggregates would keep all
    /// that was received. The newest one's lineage stays for `explain`.
    fn let_inputs_go(&self) {
        let plans: Vec<(Time, PlanRef)> = {
            let state = self.state.lock();
            state.generated.iter().rev().skip(1).map(|(time, plan)| (*time, plan.clone())).collect()
        };
        for (time, plan) in plans {
            if plan.settle() && !matches!(self.kind, StreamKind::Window { .. } | StreamKind::Stateful { .. }) {
                for parent in self.kind.parents() {
                    parent.release(time);
                }
            }
        }
    }

    /// Its only reader needs its plan of `time` no more.
    fn release(&self, time: Time) {
        if self.readers.load(Ordering::Relaxed) != 1 {
            return;
        }
        let plan = {
            let mut state = self.state.lock();
            // A checkpoint has to bring what later batches ask for: the reader's own rows aren't in it.
            if matches!(self.kind, StreamKind::Stateful { .. }) && state.needed_ms > self.slide_ms {
                return;
            }
            state.generated.remove(&time)
        };
        if plan.is_none() {
            return;
        }
        drop(plan);
        match &self.kind {
            StreamKind::Input(input) => input.forget(time),
            StreamKind::Window { .. } | StreamKind::Stateful { .. } => {}
            StreamKind::Transformed { parents, .. } | StreamKind::Union(parents) => {
                for parent in parents {
                    parent.release(time);
                }
            }
        }
    }

    /// Drops every plan.
    pub(super) fn clear(&self) {
        let dropped = {
            let mut state = self.state.lock();
            (std::mem::take(&mut state.generated), state.latest.take())
        };
        drop(dropped);
    }
}

impl StreamKind {
    /// What Spark calls it.
    fn class_name(&self) -> &'static str {
        match self {
            Self::Input(_) => "InputDStream",
            Self::Transformed { parents, .. } if parents.len() == 1 => "PythonTransformedDStream",
            Self::Transformed { .. } => "PythonTransformed2DStream",
            Self::Window { .. } => "WindowedDStream",
            Self::Union(_) => "UnionDStream",
            Self::Stateful { memory, .. } => memory.class_name(),
        }
    }

    /// The streams it reads.
    pub fn parents(&self) -> &[StreamRef] {
        match self {
            Self::Input(_) => &[],
            Self::Transformed { parents, .. } | Self::Union(parents) | Self::Stateful { parents, .. } => parents,
            Self::Window { parent, .. } => std::slice::from_ref(parent),
        }
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            StreamKind::Window { window_ms, .. } => {
                write!(f, "{} of {window_ms} ms every {} ms", self.name, self.slide_ms)
            }
            _ => f.write_str(&self.name),
        }
    }
}
