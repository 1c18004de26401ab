//! Adding streams and output operations to a context that was not started.

use std::sync::Arc;

use crate::error::{Error, Kind, Result};
use crate::id::StreamId;
use crate::source::{Environment, Input};

use super::graph::Output;
use super::node::{Missing, Node, NodeKind, NodeRef};
use super::scheduler::{Inner, Phase, Streaming};
use super::{DriverFn, OutputFn};

impl Streaming {
    /// A stream of records that come in; `make` gets what a source needs.
    pub fn add_input(&self, name: &str, make: impl FnOnce(&Environment) -> Result<Arc<dyn Input>>) -> Result<NodeRef> {
        let mut inner = self.lock();
        inner.require_initialized()?;
        let env = Environment {
            stream: StreamId(inner.next_stream),
            batch_ms: self.timeline.interval_ms,
            clock: self.clock.clone(),
            config: self.config.clone(),
            log: self.log.clone(),
        };
        let node = Node::new(name, NodeKind::Input(make(&env)?), None, self.timeline.clone());
        inner.next_stream += 1;
        inner.graph.inputs.push(node.clone());
        Ok(node)
    }

    /// A stream that a function of the program makes of others.
    pub fn add_transformed(
        &self,
        name: &str,
        parents: Vec<NodeRef>,
        function: Arc<dyn DriverFn>,
        missing: Missing,
    ) -> Result<NodeRef> {
        self.add_node(name, NodeKind::Transformed { parents, function, missing }, None)
    }

    /// The last `window_ms` of a stream, every `slide_ms`. Both are multiples of the parent's slide and above 0.
    pub fn add_window(&self, parent: NodeRef, window_ms: i64, slide_ms: i64) -> Result<NodeRef> {
        for (what, ms) in [("windowDuration", window_ms), ("slideDuration", slide_ms)] {
            if ms <= 0 || ms % parent.slide_ms() != 0 {
                let slide = parent.slide_ms();
                let message =
                    format!("{what} must be multiple of the parent dstream's slide (batch) duration ({slide} ms)");
                return Err(Error::new(Kind::IllegalArgument, message));
            }
        }
        self.add_node("window", NodeKind::Window { parent, window_ms }, Some(slide_ms))
    }

    /// Several streams as one.
    pub fn add_union(&self, parents: Vec<NodeRef>) -> Result<NodeRef> {
        self.add_node("union", NodeKind::Union(parents), None)
    }

    fn add_node(&self, name: &str, kind: NodeKind, slide_ms: Option<i64>) -> Result<NodeRef> {
        self.lock().require_initialized()?;
        Ok(Node::new(name, kind, slide_ms, self.timeline.clone()))
    }

    /// Something to do with a stream's plan in every batch.
    pub fn add_output(&self, name: &str, node: NodeRef, function: Arc<dyn OutputFn>) -> Result<()> {
        let mut inner = self.lock();
        inner.require_initialized()?;
        inner.graph.outputs.push(Output { node, function, name: name.to_owned() });
        Ok(())
    }

    /// Every stream remembers its plans for `ms` at least. Once only, as in Spark.
    pub fn remember(&self, ms: i64) -> Result<()> {
        let mut inner = self.lock();
        if let Some(set) = inner.remember_ms {
            let message =
                format!("requirement failed: Remember duration already set as {set} ms. Cannot set it again.");
            return Err(Error::new(Kind::IllegalArgument, message));
        }
        inner.remember_ms = Some(ms);
        Ok(())
    }
}

impl Inner {
    fn require_initialized(&self) -> Result<()> {
        let (when, remedy) = match self.phase {
            Phase::Initialized => return Ok(()),
            Phase::Active => (
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
