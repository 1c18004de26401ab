//! A stream: what it computes at a time, and the plans it remembers. Spark's `DStream`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::error::{Error, Kind, Result};
use crate::plan::{Plan, PlanRef};
use crate::source::Input;
use crate::store::Level;
use crate::time::Time;

use super::DriverFn;

/// A shared stream.
pub type NodeRef = Arc<Node>;

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
pub enum NodeKind {
    /// Records that come in.
    Input(Arc<dyn Input>),
    /// A function of the program over the parents' plans.
    Transformed {
        /// The streams it reads.
        parents: Vec<NodeRef>,
        /// The function.
        function: Arc<dyn DriverFn>,
        /// What a missing plan means.
        missing: Missing,
    },
    /// The parent's plans of the last `window_ms`, oldest first.
    Window {
        /// The stream it reads.
        parent: NodeRef,
        /// How far it looks back.
        window_ms: i64,
    },
    /// The parents' plans one after the other.
    Union(Vec<NodeRef>),
}

/// A stream of plans, one for each multiple of its slide.
pub struct Node {
    name: String,
    kind: NodeKind,
    slide_ms: i64,
    timeline: Arc<Timeline>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    generated: BTreeMap<Time, PlanRef>,
    latest: Option<PlanRef>,
    remember_ms: i64,
    persist: bool,
}

impl Node {
    /// A stream with the slide of its kind: a window's is given, others take their first parent's.
    pub fn new(name: &str, kind: NodeKind, slide_ms: Option<i64>, timeline: Arc<Timeline>) -> NodeRef {
        let slide_ms = slide_ms.unwrap_or_else(|| kind.parents().first().map_or(timeline.interval_ms, |p| p.slide_ms));
        if let NodeKind::Window { parent, .. } = &kind {
            // A window reads each plan several times. What a receiver got is in memory anyway.
            if !matches!(&parent.kind, NodeKind::Input(input) if input.in_memory()) {
                parent.persist();
            }
        }
        Arc::new(Self { name: name.to_owned(), kind, slide_ms, timeline, state: Mutex::default() })
    }

    /// What the program called to make it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How its plans come to be.
    pub fn kind(&self) -> &NodeKind {
        &self.kind
    }

    /// The streams it reads.
    pub fn parents(&self) -> &[NodeRef] {
        self.kind.parents()
    }

    /// Milliseconds from one of its plans to the next.
    pub fn slide_ms(&self) -> i64 {
        self.slide_ms
    }

    /// Keeps the rows of its plans from now on.
    pub fn persist(&self) {
        self.lock().persist = true;
    }

    /// The plan it made last.
    pub fn latest(&self) -> Option<PlanRef> {
        self.lock().latest.clone()
    }

    /// How long it remembers its plans.
    pub fn remember_ms(&self) -> i64 {
        self.lock().remember_ms.max(self.slide_ms)
    }

    /// Remembers plans for `ms` at least; its parents as long as it needs them.
    pub(super) fn remember(&self, ms: i64) {
        let kept = {
            let mut state = self.lock();
            state.remember_ms = state.remember_ms.max(ms).max(self.slide_ms);
            state.remember_ms
        };
        let back = if let NodeKind::Window { window_ms, .. } = &self.kind { *window_ms } else { 0 };
        for parent in self.parents() {
            parent.remember(kept + back);
        }
    }

    /// The plan at `time`, made now unless it is remembered. `None` when the stream has nothing then.
    pub fn plan(&self, time: Time) -> Result<Option<PlanRef>> {
        if let Some(plan) = self.lock().generated.get(&time) {
            return Ok(Some(plan.clone()));
        }
        let Some(zero) = self.timeline.zero() else {
            return Err(Error::new(Kind::Spark, format!("{self} has not been initialized")));
        };
        if time <= zero || time.since(zero) % self.slide_ms != 0 {
            return Ok(None);
        }
        // Nothing is locked while the program's functions run.
        let Some(plan) = self.compute(time, zero)? else { return Ok(None) };
        let persist = self.lock().persist;
        if persist {
            plan.persist(Level::MemoryAndDisk)?;
        }
        let mut state = self.lock();
        state.latest = Some(plan.clone());
        let _old = state.generated.insert(time, plan.clone());
        Ok(Some(plan))
    }

    fn compute(&self, time: Time, zero: Time) -> Result<Option<PlanRef>> {
        match &self.kind {
            NodeKind::Input(input) => input.compute(time),
            NodeKind::Transformed { parents, function, missing } => {
                let mut plans = Vec::with_capacity(parents.len());
                for parent in parents {
                    match (parent.plan(time)?, missing) {
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
                function.call(time, &plans)
            }
            NodeKind::Window { parent, window_ms } => {
                let mut plans = Vec::new();
                let mut at = time.plus(parent.slide_ms - window_ms);
                while at <= time {
                    if at > zero {
                        plans.extend(parent.plan(at)?);
                    }
                    at = at.plus(parent.slide_ms);
                }
                Plan::union(plans).map(Some)
            }
            NodeKind::Union(parents) => {
                let mut plans = Vec::with_capacity(parents.len());
                for parent in parents {
                    plans.push(parent.plan(time)?.ok_or_else(|| {
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

    /// The batch of `time` is done: drops what nobody asks for again.
    pub(super) fn forget(&self, time: Time, unpersist: bool) {
        let (old, persist) = {
            let mut state = self.lock();
            let up_to = time.plus(-state.remember_ms.max(self.slide_ms));
            let kept = state.generated.split_off(&up_to.plus(1));
            (std::mem::replace(&mut state.generated, kept), state.persist)
        };
        if persist && unpersist {
            for plan in old.values() {
                plan.unpersist();
            }
        }
        if let NodeKind::Input(input) = &self.kind {
            input.forget(time.plus(-self.remember_ms()));
        }
    }

    /// Drops every plan.
    pub(super) fn clear(&self) {
        let (_old, _latest) = {
            let mut state = self.lock();
            (std::mem::take(&mut state.generated), state.latest.take())
        };
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl NodeKind {
    /// The streams it reads.
    pub fn parents(&self) -> &[NodeRef] {
        match self {
            Self::Input(_) => &[],
            Self::Transformed { parents, .. } | Self::Union(parents) => parents,
            Self::Window { parent, .. } => std::slice::from_ref(parent),
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            NodeKind::Window { window_ms, .. } => {
                write!(f, "{} of {window_ms} ms every {} ms", self.name, self.slide_ms)
            }
            _ => f.write_str(&self.name),
        }
    }
}
