//! Windows that are carried on. Spark's `PythonReducedWindowedDStream`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind, Result};
use crate::job::JobOptions;
use crate::plan::{FunctionKind, JoinKind, Plan, PlanRef, Slide, Sliding};
use crate::shuffle::slide::Carry;
use crate::store::{Level, load_partitions, save_partitions};
use crate::sync::Mutex;
use crate::time::Time;

use super::super::events::Outcome;
use super::super::stateful::{At, Files, Stateful, take_old};
use super::{Inverse, Reducing};

/// Windows of fewer slides are made in full: reducing once is better than twice.
const INVERSE_FROM: i64 = 5;

/// When so many windows wait for one of which all partitions are there, it is completed: else they would be kept for ever.
/// Spark does it with a checkpoint, every ten seconds.
const WAITING: usize = 10;

/// A stream of windows, each made of the one before where it can be.
pub(in crate::batch) struct CarriedWindow {
    reducing: Reducing,
    inverse: Inverse,
    carry: Arc<Carry>,
    past: Mutex<Past>,
    /// What its files are called, and no other's.
    prefix: String,
}

#[derive(Default)]
struct Past {
    /// The windows from the newest on that is there, or that was made without those before.
    results: BTreeMap<Time, Made>,
    /// The panes that a later window needs.
    panes: BTreeMap<Time, PlanRef>,
    /// The files of what was saved last.
    files: BTreeMap<Time, String>,
    /// The newest time for which it is known what the window is, be it nothing.
    known: Option<Time>,
    /// Windows before this one are no longer known.
    forgotten: Option<Time>,
    /// The batch behind which a checkpoint has it go on: it has none of the windows before.
    brought: Option<Time>,
    /// The newest batch that was committed: a checkpoint is of what it has left.
    committed: Option<Time>,
}

struct Made {
    plan: PlanRef,
    /// Made of its panes alone.
    in_full: bool,
    /// Its batch has failed.
    failed: bool,
}

/// What a checkpoint keeps: the newest window and the panes in it, by milliseconds and file.
#[derive(Default, Serialize, Deserialize)]
struct Saved {
    result: Option<(i64, String)>,
    panes: Vec<(i64, String)>,
    /// The newest time for which it is known what the window is.
    #[serde(default)]
    known: Option<i64>,
}

impl CarriedWindow {
    /// A window without a past; `prefix` is no other stream's.
    pub(in crate::batch) fn new(reducing: Reducing, inverse: Inverse, prefix: String) -> Self {
        Self { reducing, inverse, carry: Arc::default(), past: Mutex::default(), prefix }
    }

    /// The panes after `from` up to `to`, oldest first.
    fn panes(&self, at: &At<'_>, from: Time, to: Time) -> Result<Vec<PlanRef>> {
        let step = at.parent_slide_ms(0);
        let mut panes = Vec::new();
        let mut time = from.plus(step);
        while time <= to {
            let known = self.past.lock().panes.get(&time).cloned();
            let pane = match known {
                None if time > at.zero => at.parent(0, time)?,
                known => known,
            };
            if let Some(pane) = pane {
                let old = self.past.lock().panes.insert(time, pane.clone());
                drop(old);
                panes.push(pane);
            }
            time = time.plus(step);
        }
        Ok(panes)
    }

    /// The window before the one at `at`, where that can be made of it. Those in between for which none could be made are
    /// made up for; not where all that was in them has left.
    fn before(&self, at: &At<'_>) -> Result<Option<PlanRef>> {
        let (window, slide) = (self.reducing.window_ms, at.slide_ms());
        if window < INVERSE_FROM * slide {
            return Ok(None);
        }
        let before = at.time.plus(-slide);
        let known = self.past.lock().known.unwrap_or(at.zero);
        // A checkpoint may stand between two windows.
        let mut next = known.plus(slide - known.since(at.zero).rem_euclid(slide));
        if next.plus(window) <= at.time {
            return Ok(None);
        }
        while next <= before {
            at.own(next)?;
            next = next.plus(slide);
        }
        Ok(self.past.lock().results.get(&before).map(|made| made.plan.clone()))
    }

    /// A window of the one before.
    fn of(&self, before: PlanRef, left: Vec<PlanRef>, came: Vec<PlanRef>) -> Result<PlanRef> {
        let (Reducing { name, merge, .. }, inverse) = (&self.reducing, &self.inverse);
        let mut plan = before.clone();
        if !left.is_empty() {
            let gone = self.reducing.reduce(Plan::union(left.clone())?);
            let beside = Plan::join(vec![plan, gone], JoinKind::LeftOuter, self.reducing.partitioner(), name);
            plan = Plan::narrow(beside, FunctionKind::MapValues, inverse.subtract.clone(), true, name);
        }
        let mut filter = None;
        if !came.is_empty() {
            let new = self.reducing.reduce(Plan::union(came.clone())?);
            plan = self.reducing.keep(self.reducing.reduce(Plan::union(vec![plan, new])?));
            filter.clone_from(&inverse.filter);
        }
        let how = Sliding::Inverse { inverse: inverse.inverse.clone(), filter, left: left.len() };
        let slide = Slide { merge: merge.clone(), how, carry: self.carry.clone() };
        let parts = std::iter::once(before).chain(left).chain(came).collect();
        Ok(Plan::slide(plan, parts, slide, name))
    }

    /// Whether a batch has failed whose rows have left the window that ends at `time`, and no window since is there without
    /// them: it would fail for ever.
    fn is_broken(&self, time: Time) -> bool {
        let past = self.past.lock();
        for (made_at, made) in past.results.range(..time).rev() {
            if is_there(&made.plan) {
                return false;
            }
            if made.failed && *made_at <= time.plus(-self.reducing.window_ms) {
                return true;
            }
            if made.in_full {
                return false;
            }
        }
        false
    }

    fn make(&self, at: &At<'_>) -> Result<Option<PlanRef>> {
        let (window, slide, time) = (self.reducing.window_ms, at.slide_ms(), at.time);
        if let Some(before) = self.before(at)?.filter(|_| !self.is_broken(time)) {
            let left = self.panes(at, time.plus(-slide - window), time.plus(-window))?;
            let came = self.panes(at, time.plus(-slide), time)?;
            let made = if left.is_empty() && came.is_empty() { before } else { self.of(before, left, came)? };
            self.note(time, &made, false);
            return Ok(Some(made));
        }
        let panes = self.panes(at, time.plus(-window), time)?;
        if panes.is_empty() {
            return Ok(None);
        }
        let made = self.reducing.in_full(panes, &self.carry)?;
        self.note(time, &made, true);
        Ok(Some(made))
    }

    fn note(&self, time: Time, plan: &PlanRef, in_full: bool) {
        let made = Made { plan: plan.clone(), in_full, failed: false };
        let old = self.past.lock().results.insert(time, made);
        drop(old);
    }

    /// Computes the partitions of a window that nobody has read.
    fn complete(&self, plan: &PlanRef) -> Result<()> {
        if !is_there(plan) {
            // One that a checkpoint has brought isn't kept so far.
            plan.persist(Level::MemoryAndDisk)?;
            self.inverse.engine.count(plan, &JobOptions::enclosed())?;
        }
        Ok(())
    }

    /// Writes a plan's rows, if they are there and not yet in a file: its name.
    fn file(&self, kind: &str, time: Time, plan: &PlanRef, files: &dyn Files) -> Result<Option<String>> {
        let Some(partitions) = plan.slots().all_ready() else { return Ok(None) };
        let name = format!("{}-{kind}-{}", self.prefix, time.0);
        if !files.has(&name) {
            files.put(&name, &mut |to| save_partitions(&partitions, to))?;
        }
        Ok(Some(name))
    }

    fn load(&self, name: &str, files: &dyn Files) -> Result<PlanRef> {
        let partitions = load_partitions(&mut *files.open(name)?, self.inverse.decode)?;
        let partitioner = self.reducing.partitioner();
        if partitions.len() == partitioner.partitions {
            return Ok(Plan::stored(partitions, Some(partitioner), &self.reducing.name));
        }
        // The program that wrote it had another number of partitions.
        let plan = Plan::stored(partitions, None, &self.reducing.name);
        Ok(Plan::partition_by(plan, partitioner, &self.reducing.name))
    }
}

fn is_there(plan: &PlanRef) -> bool {
    plan.slots().all_ready().is_some()
}

impl Stateful for CarriedWindow {
    fn class_name(&self) -> &'static str {
        "PythonReducedWindowedDStream"
    }

    fn looks_back_ms(&self) -> i64 {
        self.reducing.window_ms
    }

    fn compute(&self, at: &At<'_>) -> Result<Option<PlanRef>> {
        let time = at.time;
        let (found, gone) = {
            let past = self.past.lock();
            let found = past.results.get(&time).map(|made| made.plan.clone());
            // What a checkpoint hasn't brought is made of its panes.
            let brought = past.brought.is_some_and(|brought| time <= brought);
            (found, !brought && past.forgotten.is_some_and(|forgotten| time < forgotten))
        };
        if found.is_some() {
            return Ok(found);
        }
        if gone {
            let message = format!(
                "the window of {time} is not remembered any more; StreamingContext.remember(seconds) keeps more"
            );
            return Err(Error::new(Kind::Spark, message));
        }
        let made = self.make(at)?;
        let mut past = self.past.lock();
        past.known = past.known.max(Some(time));
        Ok(made)
    }

    fn settled(&self, time: Time, outcome: Outcome) -> Result<()> {
        let settled: Vec<(Time, PlanRef, bool)> = {
            let mut past = self.past.lock();
            if let Some(made) = past.results.get_mut(&time) {
                made.failed = outcome == Outcome::Failed;
            }
            if outcome == Outcome::Committed {
                past.committed = Some(time);
            }
            past.results.range(..=time).rev().map(|(at, made)| (*at, made.plan.clone(), made.in_full)).collect()
        };
        let completed = match settled.first() {
            Some((_, plan, _)) if outcome == Outcome::Committed && settled.len() >= WAITING => self.complete(plan),
            _ => Ok(()),
        };
        let needed = settled.iter().find(|(_, plan, in_full)| *in_full || is_there(plan)).map(|(at, _, _)| *at);
        let Some(needed) = needed else { return completed };
        // What a later window was made of is needed no more, and must not be held on to by it.
        for (_, plan, _) in settled.iter().filter(|(at, _, _)| *at < needed) {
            plan.settle();
        }
        let old = {
            let past = &mut *self.past.lock();
            let (results, kept) = take_old(&mut past.results, needed, past.committed);
            let panes = past.panes.split_off(&kept.unwrap_or(needed).plus(1 - self.reducing.window_ms));
            past.forgotten = Some(needed);
            (results, std::mem::replace(&mut past.panes, panes))
        };
        drop((old, settled));
        completed
    }

    fn save(&self, time: Time, files: &dyn Files) -> Result<Vec<u8>> {
        let known = self.past.lock().known.map(|known| known.min(time).0);
        let mut saved = Saved { known, ..Saved::default() };
        let newest = self.past.lock().results.range(..=time).next_back().map(|(at, made)| (*at, made.plan.clone()));
        let Some((made_at, plan)) = newest else { return encoded(&saved) };
        // One that fails is made of its panes after a restart.
        let _ = self.complete(&plan);
        let panes: Vec<(Time, PlanRef)> =
            self.past.lock().panes.range(..=time).map(|(at, pane)| (*at, pane.clone())).collect();
        saved.result = self.file("window", made_at, &plan, files)?.map(|name| (made_at.0, name));
        for (at, pane) in panes.iter().filter(|(at, _)| *at > made_at.plus(-self.reducing.window_ms)) {
            // One that a checkpoint has brought is in a file of that run.
            let known = self.past.lock().files.get(at).cloned().filter(|name| files.has(name));
            let name = match known {
                Some(name) => Some(name),
                None => self.file("pane", *at, pane, files)?,
            };
            saved.panes.extend(name.map(|name| (at.0, name)));
        }
        self.past.lock().files = saved.panes.iter().map(|(at, name)| (Time(*at), name.clone())).collect();
        encoded(&saved)
    }

    fn restore(&self, time: Time, saved: &[u8], files: &dyn Files) -> Result<()> {
        let saved: Saved = serde_json::from_slice(saved)
            .map_err(|e| Error::new(Kind::Spark, format!("the checkpoint of {}: {e}", self.reducing.name)))?;
        if let Some((at, name)) = &saved.result {
            self.note(Time(*at), &self.load(name, files)?, true);
        }
        {
            let mut past = self.past.lock();
            (past.brought, past.committed) = (Some(time), Some(time));
            past.known = saved.known.or(saved.result.as_ref().map(|(at, _)| *at)).map(Time);
        }
        for (at, name) in &saved.panes {
            let pane = self.load(name, files)?;
            let mut past = self.past.lock();
            past.panes.insert(Time(*at), pane);
            past.files.insert(Time(*at), name.clone());
        }
        Ok(())
    }

    fn save_plan(&self, time: Time, plan: &PlanRef, files: &dyn Files) -> Result<Option<Vec<u8>>> {
        let _ = self.complete(plan);
        Ok(self.file("window", time, plan, files)?.map(String::into_bytes))
    }

    fn load_plan(&self, time: Time, saved: &[u8], files: &dyn Files) -> Result<Option<PlanRef>> {
        let known = self.past.lock().results.get(&time).map(|made| made.plan.clone());
        known.map_or_else(|| self.load(named(saved)?, files), Ok).map(Some)
    }
}

/// What `save_plan` gives is the file's name.
fn named(saved: &[u8]) -> Result<&str> {
    std::str::from_utf8(saved).map_err(|e| Error::new(Kind::Spark, format!("the checkpoint of a window: {e}")))
}

fn encoded(saved: &Saved) -> Result<Vec<u8>> {
    serde_json::to_vec(saved).map_err(|e| Error::new(Kind::Spark, format!("a window's checkpoint: {e}")))
}
