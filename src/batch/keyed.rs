//! A stream that remembers by key: `updateStateByKey` and `mapWithState`. Each batch's plan is made of the plan before:
//! a batch whose job failed is computed again by the next one, as in Spark, so nothing is skipped. Once a batch has been
//! settled, and all its partitions are there, what they were made of is let go.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::io::{Read, Write};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::chunk::{Chunk, Decode};
use crate::error::{Error, Kind, Result};
use crate::job::{Engine, JobOptions};
use crate::plan::{FunctionRef, Plan, PlanRef, StateHow, StateView};
use crate::stage::{Interpreter, gather_rows};
use crate::state::{FileSource, Held, Manifest, ObjectIndex, Opener, Rows, Saver, restore};
use crate::store::{Level, Writer, load_partitions, save_partitions};
use crate::sync::Mutex;
use crate::time::Time;

use super::DriverFn;
use super::events::Outcome;
use super::stateful::{At, Files, StateSize, Stateful, take_old};

/// What the program asked for.
pub enum KeyedHow {
    /// `updateStateByKey`: the function, and the same for the interpreter.
    Update(FunctionRef, FunctionRef),
    /// `mapWithState`: the function, and after how many milliseconds a key times out.
    Map(FunctionRef, Option<i64>),
}

/// A stream of states.
pub struct KeyedState {
    name: String,
    how: KeyedHow,
    partitions: usize,
    engine: Arc<Engine>,
    decode: Decode,
    /// What the files of rows that were mapped are called, and no other's.
    prefix: String,
    made: Mutex<Made>,
}

#[derive(Default)]
struct Made {
    /// The newest plan that is complete and those after it; `None` where a batch has none.
    plans: BTreeMap<Time, Option<PlanRef>>,
    /// Some plans are no longer known.
    forgotten: bool,
    /// The newest batch that was committed: a checkpoint is of what it has left.
    committed: Option<Time>,
    /// The time of the state that a checkpoint has brought.
    brought: Option<Time>,
    /// Pairs that are the state before there is one.
    initial: Option<PlanRef>,
}

/// What a checkpoint keeps.
#[derive(Serialize, Deserialize)]
struct Saved {
    /// The newest time up to that of the checkpoint for which there is a state, in milliseconds: the stream may slide by
    /// several batches.
    time: Option<i64>,
    /// There is none yet: these are the pairs that are there at first.
    initial: bool,
    #[serde(flatten)]
    state: Manifest,
}

impl KeyedState {
    /// A stream of states in `partitions` partitions; `decode` makes opaque rows of what their `encode` wrote.
    pub fn new(
        name: &str,
        how: KeyedHow,
        partitions: usize,
        initial: Option<PlanRef>,
        engine: Arc<Engine>,
        decode: Decode,
    ) -> Self {
        let made = Mutex::new(Made { initial, ..Made::default() });
        let prefix = format!("mapped-{:016x}", RandomState::default().hash_one(0_u8));
        Self { name: name.to_owned(), how, partitions, engine, decode, prefix, made }
    }

    fn how_at(&self, time: Time) -> StateHow {
        match &self.how {
            KeyedHow::Update(update, whole) => StateHow::Update { update: update.clone(), whole: whole.clone() },
            KeyedHow::Map(function, timeout_ms) => {
                StateHow::Map { function: function.clone(), time, timeout_ms: *timeout_ms }
            }
        }
    }

    /// The plan of the batch before, made now where it is missing: after batches that could not be made.
    fn before(&self, at: &At<'_>) -> Result<Option<PlanRef>> {
        let slide = at.slide_ms();
        let time = at.time.plus(-slide);
        let mut next = {
            let made = self.made.lock();
            match made.plans.range(..=time).next_back() {
                Some((known, plan)) if *known == time => return Ok(plan.clone()),
                Some((known, _)) => known.plus(slide),
                None if made.forgotten => {
                    let message = format!(
                        "the state before {} is not remembered any more; StreamingContext.remember(seconds) keeps more",
                        at.time
                    );
                    return Err(Error::new(Kind::Spark, message));
                }
                None => at.zero.plus(slide),
            }
        };
        let mut plan = None;
        while next <= time {
            plan = at.own(next)?;
            next = next.plus(slide);
        }
        Ok(plan)
    }

    /// The newest state up to a time.
    fn newest(&self, time: Time) -> Option<(Time, PlanRef)> {
        let made = self.made.lock();
        let (time, plan) = made.plans.range(..=time).next_back()?;
        Some((*time, plan.clone()?))
    }

    /// What is there before the first batch.
    fn at_first(&self) -> Result<Option<Held>> {
        let initial = self.made.lock().initial.clone();
        let Some(initial) = initial else { return Ok(None) };
        let mut writer = Writer::new(self.engine.memory(), Level::MemoryAndDisk);
        for chunk in self.engine.run(&initial, None, usize::MAX, &JobOptions::enclosed())? {
            writer.push(match chunk {
                Chunk::Objects(rows) => self.engine.interpreter().shareable(&rows)?,
                columns @ Chunk::Columns(_) => columns,
            })?;
        }
        let rows = writer.finish()?;
        // The first batch, if it still is to come, reads what is there now.
        let mut stored = Some(Plan::stored(vec![rows.clone()], None, &self.name));
        {
            let mut made = self.made.lock();
            if made.initial.is_some() {
                std::mem::swap(&mut made.initial, &mut stored);
            }
        }
        drop(stored);
        Ok(Some(Held::Rows(Rows::new(rows))))
    }

    /// The partitions that files hold.
    fn opened(&self, manifest: &Manifest, files: &dyn Files) -> Result<Vec<Held>> {
        let opener = EngineOpener(self.engine.interpreter().clone());
        restore(manifest, &Kept(files), self.decode, &opener, self.engine.memory())
    }

    /// Computes the partitions that nobody has asked for.
    fn complete(&self, plan: &PlanRef) -> Result<Vec<Held>> {
        // A task may have kept its state and been called off before its rows were.
        let mapped = matches!(self.how, KeyedHow::Update(..)) || plan.slots().all_ready().is_some();
        if let Some(held) = plan.held().filter(|_| mapped) {
            return Ok(held);
        }
        self.engine.count(&Plan::state_view(plan.clone(), StateView::Mapped, &self.name), &JobOptions::enclosed())?;
        plan.held().ok_or_else(|| Error::new(Kind::Spark, "a bug in Pyrite's engine: a state that isn't computed"))
    }
}

impl Stateful for KeyedState {
    fn class_name(&self) -> &'static str {
        match self.how {
            KeyedHow::Update(..) => "PythonStateDStream",
            KeyedHow::Map(..) => "InternalMapWithStateDStream",
        }
    }

    fn made_up_to(&self, zero: Time) -> Option<Time> {
        Some(self.made.lock().plans.last_key_value().map_or(zero, |(at, _)| *at))
    }

    fn has_initial(&self) -> bool {
        self.made.lock().initial.is_some()
    }

    fn compute(&self, at: &At<'_>) -> Result<Option<PlanRef>> {
        {
            let made = self.made.lock();
            // What a checkpoint has brought isn't made again; it brings all that is asked for and was there.
            if let Some(known) = made.plans.get(&at.time) {
                return Ok(known.clone());
            }
            if made.brought.is_some_and(|brought| at.time < brought) {
                return Ok(None);
            }
        }
        let before = self.before(at)?;
        let plan = match (at.parent(0, at.time)?, &self.how) {
            // A batch without an RDD leaves the state as it is.
            (None, KeyedHow::Update(..)) => before,
            (batch, _) => {
                let batch = batch.unwrap_or_else(|| Plan::chunks(Vec::new()));
                let before = before.or_else(|| self.made.lock().initial.clone());
                Some(Plan::state(before, batch, self.how_at(at.time), self.partitions, &self.name))
            }
        };
        let old = self.made.lock().plans.insert(at.time, plan.clone());
        drop(old);
        Ok(plan)
    }

    fn settled(&self, time: Time, outcome: Outcome) -> Result<()> {
        let Some((newest, plan)) = self.newest(time) else { return Ok(()) };
        if outcome == Outcome::Committed {
            self.made.lock().committed = Some(time);
            self.complete(&plan)?;
        }
        if plan.held().is_none() {
            return Ok(());
        }
        plan.settle();
        let dropped = {
            let made = &mut *self.made.lock();
            let (old, _) = take_old(&mut made.plans, newest, made.committed);
            made.forgotten = true;
            (old, made.initial.take())
        };
        drop(dropped);
        Ok(())
    }

    fn save(&self, time: Time, files: &dyn Files) -> Result<Vec<u8>> {
        let at = self.made.lock().plans.range(..=time).next_back().map(|(at, _)| at.0);
        let newest = self.newest(time);
        let initial = newest.is_none();
        let held = match newest {
            Some((_, plan)) => self.complete(&plan)?,
            None if self.made.lock().forgotten => {
                return Err(Error::new(Kind::Spark, format!("the state behind {time} is not there any more")));
            }
            None => self.at_first()?.into_iter().collect(),
        };
        let saved = Saved { time: at, initial, state: Manifest::save(&held, &Kept(files))? };
        serde_json::to_vec(&saved).map_err(|e| Error::new(Kind::Spark, format!("writing state: {e}")))
    }

    fn restore(&self, time: Time, saved: &[u8], files: &dyn Files) -> Result<()> {
        if saved.is_empty() {
            return Ok(());
        }
        let Saved { time: at, initial, state } = serde_json::from_slice(saved).map_err(|e| damaged(&e))?;
        let held = self.opened(&state, files)?;
        // The keys go where they belong once a batch reads them.
        let spread = initial || held.len() != self.partitions;
        let nothing = held.is_empty();
        let plan = Plan::restored_state(held, None, self.how_at(time), &self.name);
        let pairs = (spread && !nothing).then(|| Plan::state_view(plan.clone(), StateView::Pairs, &self.name));
        let mut made = self.made.lock();
        let before = std::mem::replace(&mut made.initial, pairs);
        (made.brought, made.committed) = (at.map(Time), at.map(Time));
        let others = at.map(|at| made.plans.insert(Time(at), (!spread).then_some(plan)));
        drop(made);
        drop((before, others));
        Ok(())
    }

    fn save_plan(&self, time: Time, plan: &PlanRef, files: &dyn Files) -> Result<Option<Vec<u8>>> {
        let manifest = Manifest::save(&self.complete(plan)?, &Kept(files))?;
        let mut saved = Version { manifest, mapped: None };
        if matches!(self.how, KeyedHow::Map(..)) {
            let rows = plan.slots().all_ready().ok_or_else(|| Error::new(Kind::Spark, "rows that went too early"))?;
            let name = format!("{}-{}", self.prefix, time.0);
            if !files.has(&name) {
                files.put(&name, &mut |to| save_partitions(&rows, to))?;
            }
            saved.mapped = Some(name);
        }
        serde_json::to_vec(&saved).map(Some).map_err(|e| Error::new(Kind::Spark, format!("writing state: {e}")))
    }

    fn load_plan(&self, time: Time, saved: &[u8], files: &dyn Files) -> Result<Option<PlanRef>> {
        let Version { manifest, mapped } = serde_json::from_slice(saved).map_err(|e| damaged(&e))?;
        if manifest.partitions.len() != self.partitions {
            return Ok(None);
        }
        let known = self.made.lock().plans.get(&time).cloned().flatten();
        let held = match known.and_then(|plan| plan.held()) {
            Some(held) => held,
            None => self.opened(&manifest, files)?,
        };
        let mapped = match mapped {
            Some(name) => Some(load_partitions(&mut *files.open(&name)?, Some(self.decode))?),
            None => None,
        };
        Ok(Some(Plan::restored_state(held, mapped, self.how_at(time), &self.name)))
    }

    fn size(&self) -> Option<StateSize> {
        let plan = self.made.lock().plans.values().rev().flatten().find_map(|plan| plan.held())?;
        let (keys, bytes) = (plan.iter().map(Held::keys).sum(), plan.iter().map(Held::bytes).sum());
        Some(StateSize { keys, bytes })
    }
}

/// A state at a time that later batches ask for.
#[derive(Serialize, Deserialize)]
struct Version {
    manifest: Manifest,
    /// The file of what the batch's pairs were mapped to.
    mapped: Option<String>,
}

fn damaged(error: &serde_json::Error) -> Error {
    Error::new(Kind::Spark, format!("a checkpoint's list of state files is damaged: {error}"))
}

/// What of a state a stream shows in each batch.
pub struct Viewed {
    /// What.
    pub view: StateView,
    /// What its plans are called.
    pub name: String,
}

impl DriverFn for Viewed {
    fn call(&self, _: Time, parents: &[PlanRef]) -> Result<Option<PlanRef>> {
        Ok(parents.first().map(|state| Plan::state_view(state.clone(), self.view, &self.name)))
    }
}

/// A checkpoint's files as the state sees them.
struct Kept<'a>(&'a dyn Files);

impl Saver for Kept<'_> {
    fn has(&self, name: &str) -> bool {
        self.0.has(name)
    }

    fn put(&self, name: &str, write: &mut dyn FnMut(&mut dyn Write) -> Result<()>) -> Result<()> {
        self.0.put(name, write)
    }
}

impl FileSource for Kept<'_> {
    fn open(&self, name: &str) -> Result<Box<dyn Read + Send>> {
        self.0.open(name)
    }
}

struct EngineOpener(Arc<dyn Interpreter>);

impl Opener for EngineOpener {
    fn gather(&self, chunks: &[Chunk], places: &[(usize, usize)]) -> Result<Chunk> {
        gather_rows(self.0.as_ref(), chunks, places)
    }

    fn index(&self) -> Result<Arc<dyn ObjectIndex>> {
        self.0.key_index()
    }
}
