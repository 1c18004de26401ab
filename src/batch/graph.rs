//! The streams of a context and what is done with them; adding to them before the start. Spark's `DStreamGraph`.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Weak};

use crate::error::{Error, Kind, Result};
use crate::id::{InputId, StreamId};
use crate::source::{Environment, Input, ReceiverEvent, ReceiverEvents};
use crate::sync::entering_foreign;

use super::context::{Inner, Phase, Streaming};
use super::events::Event;
use super::stateful::Stateful;
use super::stream::{Missing, Stream, StreamKind, StreamRef};
use super::windows::{CarriedWindow, InFull, Reducing};
use super::{DriverFn, OutputFn};

/// Something done with a stream's plan in every batch.
#[derive(Clone)]
pub struct Output {
    /// The stream.
    pub stream: StreamRef,
    /// What is done.
    pub function: Arc<dyn OutputFn>,
    /// What the program called: `pprint`, `foreachRDD`.
    pub name: String,
}

/// All input streams and output operations, in the order in which the program made them.
#[derive(Clone, Default)]
pub struct Graph {
    /// Streams of records that come in.
    pub inputs: Vec<(InputId, StreamRef)>,
    /// Output operations.
    pub outputs: Vec<Output>,
}

impl Graph {
    /// Every stream that an output needs and every input, each once.
    pub fn streams(&self) -> Vec<StreamRef> {
        let mut streams: Vec<StreamRef> = Vec::new();
        let mut pending: Vec<StreamRef> = self.outputs.iter().map(|o| o.stream.clone()).collect();
        pending.extend(self.inputs.iter().map(|(_, stream)| stream.clone()));
        while let Some(stream) = pending.pop() {
            if !streams.iter().any(|known| Arc::ptr_eq(known, &stream)) {
                pending.extend(stream.parents().iter().cloned());
                streams.push(stream);
            }
        }
        streams
    }

    /// Settles how long each stream remembers its plans: what its children need, and `least_ms` for all.
    pub fn settle_memory(&self, least_ms: i64) {
        for output in &self.outputs {
            output.stream.remember(least_ms, 0);
        }
    }

    /// Whether what the program asks of checkpoints can be done.
    pub fn validate(&self, has_directory: bool) -> Result<()> {
        self.streams().iter().try_for_each(|stream| stream.validate(has_directory))
    }

    /// The sources.
    pub fn sources(&self) -> impl Iterator<Item = &Arc<dyn Input>> {
        self.inputs.iter().filter_map(|(_, stream)| match stream.kind() {
            StreamKind::Input(input) => Some(input),
            _ => None,
        })
    }
}

impl Streaming {
    /// The input streams, each with what the program called to make it.
    pub fn inputs(&self) -> Vec<(InputId, String)> {
        let inner = self.lock();
        inner.graph.inputs.iter().map(|(id, stream)| (*id, stream.name().to_owned())).collect()
    }

    /// A stream of records that come in; `make` gets what a source needs.
    pub fn add_input(
        &self,
        name: &str,
        make: impl FnOnce(&Environment) -> Result<Arc<dyn Input>>,
    ) -> Result<StreamRef> {
        let input = {
            let mut inner = self.inner.lock();
            inner.require_initialized()?;
            inner.next_input += 1;
            InputId(inner.next_input - 1)
        };
        let env = Environment {
            input,
            batch_ms: self.timeline.interval_ms,
            clock: self.clock.clone(),
            config: self.config.clone(),
            log: self.log.clone(),
            memory: self.memory.clone(),
            events: Arc::new(Receivers(self.own.clone())),
        };
        // A source may ask others, and take its time: nothing is locked.
        entering_foreign("a source");
        let source = make(&env).inspect_err(|_| {
            // A recovered program makes no stream here, and its inputs are to have the numbers that they had.
            let mut inner = self.inner.lock();
            if inner.next_input == input.0 + 1 {
                inner.next_input = input.0;
            }
        });
        let stream = self.add_stream(name, StreamKind::Input(source?), None)?;
        let mut inner = self.inner.lock();
        inner.require_initialized()?;
        inner.graph.inputs.push((input, stream.clone()));
        Ok(stream)
    }

    /// A stream that a function of the program makes of others.
    pub fn add_transformed(
        &self,
        name: &str,
        parents: Vec<StreamRef>,
        function: Arc<dyn DriverFn>,
        missing: Missing,
    ) -> Result<StreamRef> {
        self.add_stream(name, StreamKind::Transformed { parents, function, missing }, None)
    }

    /// The last `window_ms` of a stream, every `slide_ms`. Both are multiples of the parent's slide and above 0.
    pub fn add_window(&self, parent: StreamRef, window_ms: i64, slide_ms: i64) -> Result<StreamRef> {
        require_multiples(&parent, window_ms, slide_ms)?;
        self.add_stream("window", StreamKind::Window { parent, window_ms }, Some(slide_ms))
    }

    /// The values of each key over a window of a stream of reduced pairs, every `slide_ms`.
    pub fn add_reduced_window(&self, parent: StreamRef, reducing: Reducing, slide_ms: i64) -> Result<StreamRef> {
        require_multiples(&parent, reducing.window_ms, slide_ms)?;
        // Each pane is read when it comes, and again when it goes.
        parent.persist();
        let name = reducing.name.clone();
        let Some(inverse) = reducing.inverse.clone() else {
            let window = self.add_window(parent, reducing.window_ms, slide_ms)?;
            return self.add_transformed(&name, vec![window], Arc::new(InFull::new(reducing)), Missing::Skip);
        };
        let prefix = format!("window-{:016x}", RandomState::default().hash_one(0_u8));
        let memory = Arc::new(CarriedWindow::new(reducing, inverse, prefix));
        let stream = self.add_stateful(&name, vec![parent], memory, Some(slide_ms))?;
        stream.persist();
        Ok(stream)
    }

    /// Several streams as one.
    pub fn add_union(&self, parents: Vec<StreamRef>) -> Result<StreamRef> {
        self.add_stream("union", StreamKind::Union(parents), None)
    }

    /// A stream that remembers, with the slide given or its first parent's.
    pub fn add_stateful(
        &self,
        name: &str,
        parents: Vec<StreamRef>,
        memory: Arc<dyn Stateful>,
        slide_ms: Option<i64>,
    ) -> Result<StreamRef> {
        self.add_stream(name, StreamKind::Stateful { parents, memory }, slide_ms)
    }

    fn add_stream(&self, name: &str, kind: StreamKind, slide_ms: Option<i64>) -> Result<StreamRef> {
        let id = {
            let mut inner = self.inner.lock();
            inner.require_initialized()?;
            inner.next_stream += 1;
            StreamId(inner.next_stream - 1)
        };
        Ok(Stream::new(id, name, kind, slide_ms, self.timeline.clone()))
    }

    /// Something to do with a stream's plan in every batch.
    pub fn add_output(&self, name: &str, stream: StreamRef, function: Arc<dyn OutputFn>) -> Result<()> {
        let output = Output { stream, function, name: name.to_owned() };
        let mut inner = self.inner.lock();
        inner.require_initialized()?;
        output.stream.add_reader();
        inner.graph.outputs.push(output);
        Ok(())
    }

    /// Every stream remembers its plans for `ms` at least. Once only, as in Spark.
    pub fn remember(&self, ms: i64) -> Result<()> {
        let mut inner = self.inner.lock();
        if let Some(set) = inner.remember_ms {
            let message =
                format!("requirement failed: Remember duration already set as {set} ms. Cannot set it again.");
            return Err(Error::new(Kind::IllegalArgument, message));
        }
        inner.remember_ms = Some(ms);
        Ok(())
    }
}

/// A window's durations are multiples of its parent's.
fn require_multiples(parent: &StreamRef, window_ms: i64, slide_ms: i64) -> Result<()> {
    let slide = parent.slide_ms();
    for (what, ms) in [("windowDuration", window_ms), ("slideDuration", slide_ms)] {
        if ms <= 0 || ms % slide != 0 {
            let message =
                format!("{what} must be multiple of the parent dstream's slide (batch) duration ({slide} ms)");
            return Err(Error::new(Kind::IllegalArgument, message));
        }
    }
    Ok(())
}

impl Inner {
    fn require_initialized(&self) -> Result<()> {
        let (when, remedy) = match self.phase {
            Phase::Initialized if !self.starting => return Ok(()),
            Phase::Initialized | Phase::Active => (
                "starting",
                "Set everything up before start(). To change what runs, stop it with ssc.stop(stopSparkContext=False) \
                 and set everything up on a new StreamingContext(sc, seconds).",
            ),
            Phase::Stopped => ("stopping", "Set everything up on a new StreamingContext(sc, seconds)."),
        };
        let message = format!(
            "Adding new inputs, transformations, and output operations after {when} a context is not supported. {remedy}"
        );
        Err(Error::new(Kind::IllegalState, message))
    }
}

/// Tells a context's listeners how its receivers are.
struct Receivers(Weak<Streaming>);

impl ReceiverEvents for Receivers {
    fn event(&self, event: ReceiverEvent) {
        if let Some(streaming) = self.0.upgrade() {
            streaming.tell_of_receiver(match event {
                ReceiverEvent::Started(info) => Event::ReceiverStarted(info),
                ReceiverEvent::Error(info) => Event::ReceiverError(info),
                ReceiverEvent::Stopped(info) => Event::ReceiverStopped(info),
            });
        }
    }
}
