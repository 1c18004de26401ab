//! A context is written down while it runs, and goes on from where another run of the program was. Spark's
//! `CheckpointWriter` and the recovering half of its `JobGenerator`.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use crate::error::{Error, Kind, Result};
use crate::fault::guarded;
use crate::id::InputId;
use crate::source::Input;
use crate::sync::entering_foreign;
use crate::time::Time;

use super::checkpoint::{Checkpoints, Found, Program};
use super::context::{Phase, Streaming};
use super::events::Outcome;
use super::graph::Graph;
use super::stream::{StreamKind, StreamRef};

/// What is written down of a started context.
pub(super) struct Recording {
    checkpoints: Arc<Checkpoints>,
    /// The inputs, and for how many milliseconds what they read is needed.
    inputs: Vec<(InputId, i64, Arc<dyn Input>)>,
    /// The streams with a memory.
    states: Vec<StreamRef>,
    /// Milliseconds from one saving of the memories to the next.
    every_ms: i64,
}

impl Streaming {
    /// Checkpoints are written to a directory, which is made; `program` says what the program's language needs.
    pub fn checkpoint(&self, directory: &Path, program: Arc<dyn Program>) -> Result<()> {
        if self.lock().found.is_some() {
            let message = "this context goes on from a checkpoint, and writes its own to the same directory";
            return Err(Error::new(Kind::IllegalState, message));
        }
        let interval = self.timeline.interval_ms;
        let checkpoints = Checkpoints::new(directory, program, interval, self.log.clone(), None)?;
        let before = self.lock().checkpoints.replace(Arc::new(checkpoints));
        drop(before);
        Ok(())
    }

    /// No checkpoints are written.
    pub fn no_checkpoint(&self) {
        let before = self.lock().checkpoints.take();
        drop(before);
    }

    /// Goes on from a checkpoint, once the streams are made that it had: in the same order.
    pub fn recover(&self, found: Found, directory: &Path, program: Arc<dyn Program>) -> Result<()> {
        let interval = self.timeline.interval_ms;
        let checkpoints = Checkpoints::new(directory, program, interval, self.log.clone(), Some(&found))?;
        let mut inner = self.lock();
        let before = (inner.checkpoints.replace(Arc::new(checkpoints)), inner.found.replace(found));
        drop(inner);
        drop(before);
        Ok(())
    }

    /// Sets the zero time. The batches to make, of which the last is the first of those that the clock makes.
    pub(super) fn begin_recording(
        &self,
        graph: &Graph,
        streams: &[StreamRef],
    ) -> Result<(Option<Arc<Recording>>, VecDeque<Time>)> {
        let interval = self.timeline.interval_ms;
        let now = self.clock.now().0;
        let (checkpoints, found) = {
            let mut inner = self.lock();
            (inner.checkpoints.clone(), inner.found.take())
        };
        let zero = found.as_ref().map_or(Time(now.div_euclid(interval) * interval), Found::zero);
        self.timeline.begin(zero);
        entering_foreign("a source");
        let directory = checkpoints.as_ref().map(|checkpoints| checkpoints.path());
        graph.sources().try_for_each(|source| source.keep_in(directory))?;
        let Some(checkpoints) = checkpoints else { return Ok((None, VecDeque::new())) };
        let recording = Recording::new(checkpoints, graph, streams);
        let times = match found {
            None => {
                let inputs: Vec<_> = recording.inputs.iter().map(|(id, ms, _)| (*id, *ms)).collect();
                recording.checkpoints.begin(zero, &inputs, !recording.states.is_empty());
                recording.save_initial(zero);
                VecDeque::new()
            }
            Some(found) => {
                let restart = |settled: Time| {
                    let next = zero.plus(((now - zero.0).div_euclid(interval) + 1) * interval);
                    next.max(settled.plus(interval))
                };
                let (mut restarted, mut done) = (zero, zero);
                let again = recording.checkpoints.resume(found, &recording.inputs, &recording.states, |settled| {
                    (restarted, done) = (restart(settled), settled);
                    restarted
                })?;
                graph.sources().for_each(|source| source.gone_on(done));
                again.into_iter().chain([restarted]).collect()
            }
        };
        let begun = Instant::now();
        recording.checkpoints.record_program()?;
        if let Err(error) = recording.checkpoints.write(&recording.inputs, begun) {
            recording.checkpoints.tell(&error);
        }
        Ok((Some(Arc::new(recording)), times))
    }

    /// What the batch reads is on the disk afterwards.
    pub(super) fn log_records(&self, time: Time) {
        let Some(recording) = self.recording() else { return };
        if let Err(error) = guarded(|| recording.checkpoints.log_records(time, &recording.inputs)) {
            recording.checkpoints.tell(&error);
        }
    }

    /// A batch has ended.
    pub(super) fn log_settled(&self, time: Time, outcome: Outcome) {
        if let Some(recording) = self.recording() {
            recording.checkpoints.log_settled(time, outcome);
        }
    }

    fn recording(&self) -> Option<Arc<Recording>> {
        self.lock().recording.clone()
    }

    /// Writes checkpoints until the context has stopped, each when a batch has been settled, and a last one.
    pub fn run_checkpoints(&self) {
        self.lock().writers += 1;
        loop {
            let (recording, last) = {
                let mut inner = self.lock();
                loop {
                    let Some(recording) = &inner.recording else { break (None, true) };
                    let last = inner.phase == Phase::Stopped && inner.batches.is_empty();
                    if inner.due || last {
                        break (Some(recording.clone()), last);
                    }
                    inner = self.changed.wait(inner);
                }
            };
            if let Some(recording) = recording {
                self.lock().due = false;
                if let Err(error) = guarded(|| self.write_checkpoint(&recording, last)) {
                    recording.checkpoints.tell(&error);
                }
            }
            if last {
                break;
            }
        }
        let mut inner = self.lock();
        inner.writers = inner.writers.saturating_sub(1);
        drop(inner);
        self.changed.notify_all();
    }

    fn write_checkpoint(&self, recording: &Recording, last: bool) -> Result<()> {
        let (checkpoints, begun) = (&recording.checkpoints, Instant::now());
        // What can't be written now could be before: a function may have caught something since.
        let recorded = guarded(|| checkpoints.record_program());
        let saved = self.save_states(recording, last);
        checkpoints.write(&recording.inputs, begun)?;
        recorded.and(saved)
    }

    /// Nothing is settled while the memories are saved: each is as the newest committed batch has left it.
    fn save_states(&self, recording: &Recording, last: bool) -> Result<()> {
        let due = || recording.checkpoints.states_due(recording.every_ms, last);
        if recording.states.is_empty() || due().is_none() {
            return Ok(());
        }
        let mut inner = self.lock();
        inner.saving = true;
        while inner.settling {
            inner = self.changed.wait(inner);
        }
        drop(inner);
        let saved = guarded(|| match due() {
            Some(time) => recording.checkpoints.save_states(time, &recording.states),
            None => Ok(()),
        });
        self.lock().saving = false;
        self.settle_ended();
        saved
    }
}

impl Recording {
    /// What is there before the first batch is written at once: a restart before the first saving needs it.
    fn save_initial(&self, zero: Time) {
        if !self.states.iter().filter_map(|stream| stream.memory()).any(|memory| memory.has_initial()) {
            return;
        }
        if let Err(error) = guarded(|| self.checkpoints.save_states(zero, &self.states)) {
            self.checkpoints.tell(&error);
        }
    }

    fn new(checkpoints: Arc<Checkpoints>, graph: &Graph, streams: &[StreamRef]) -> Self {
        let input = |(id, stream): &(InputId, StreamRef)| match stream.kind() {
            StreamKind::Input(input) => Some((*id, stream.remember_ms(), input.clone())),
            _ => None,
        };
        let states: Vec<_> = streams.iter().filter(|stream| stream.memory().is_some()).cloned().collect();
        Self {
            inputs: graph.inputs.iter().filter_map(input).collect(),
            every_ms: states.iter().filter_map(|stream| stream.checkpoint_ms()).min().unwrap_or(0),
            states,
            checkpoints,
        }
    }
}
