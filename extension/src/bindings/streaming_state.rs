//! Streams that remember by key, as Python makes them.

use std::sync::Arc;

use pyo3::prelude::*;

use crate::batch::{KeyedHow, KeyedState, Missing, Viewed};
use crate::objects::rows::decode;
use crate::objects::tally::function_of;
use crate::plan::StateView;

use super::engine::PyEngine;
use super::plan::PyPlan;
use super::run::RunEngine;
use super::streaming::PyStreaming;
use super::streaming_stream::PyStream;

/// The states of `updateStateByKey`: `update(values, state)`, and `whole`, the same as a flat map for the interpreter.
#[pyfunction]
#[pyo3(signature = (streaming, engine, parent, update, whole, partitions, initial, name))]
#[expect(clippy::too_many_arguments, reason = "what Python's call gives")]
pub fn state_by_key(
    py: Python<'_>,
    streaming: &PyStreaming,
    engine: &PyEngine,
    parent: &PyStream,
    update: &Bound<'_, PyAny>,
    whole: &Bound<'_, PyAny>,
    partitions: usize,
    initial: Option<&PyPlan>,
    name: &str,
) -> PyResult<PyStream> {
    let how = KeyedHow::Update(function_of(update, name), function_of(whole, name));
    add(py, streaming, engine, parent, name, how, partitions, initial)
}

/// The states of `mapWithState`; keys time out after `timeout_ms`.
#[pyfunction]
#[pyo3(signature = (streaming, engine, parent, function, partitions, initial, timeout_ms, name))]
#[expect(clippy::too_many_arguments, reason = "what Python's call gives")]
pub fn map_with_state(
    py: Python<'_>,
    streaming: &PyStreaming,
    engine: &PyEngine,
    parent: &PyStream,
    function: &Bound<'_, PyAny>,
    partitions: usize,
    initial: Option<&PyPlan>,
    timeout_ms: Option<i64>,
    name: &str,
) -> PyResult<PyStream> {
    let how = KeyedHow::Map(function_of(function, name), timeout_ms);
    add(py, streaming, engine, parent, name, how, partitions, initial)
}

#[expect(clippy::too_many_arguments, reason = "what Python's call gives, handed on")]
fn add(
    py: Python<'_>,
    streaming: &PyStreaming,
    engine: &PyEngine,
    parent: &PyStream,
    name: &str,
    how: KeyedHow,
    partitions: usize,
    initial: Option<&PyPlan>,
) -> PyResult<PyStream> {
    let initial = initial.map(|plan| plan.plan.clone());
    let memory = KeyedState::new(name, how, partitions, initial, engine.engine.clone(), decode);
    let parents = vec![parent.stream.clone()];
    py.run_engine(|| streaming.streaming.add_stateful(name, parents, Arc::new(memory), None)).map(PyStream::new)
}

/// What is read of a stream of states: its pairs, or what the function returned.
#[pyfunction]
pub fn state_view(
    py: Python<'_>,
    streaming: &PyStreaming,
    states: &PyStream,
    pairs: bool,
    name: &str,
) -> PyResult<PyStream> {
    let view = if pairs { StateView::Pairs } else { StateView::Mapped };
    let function = Arc::new(Viewed { view, name: name.to_owned() });
    let parents = vec![states.stream.clone()];
    py.run_engine(|| streaming.streaming.add_transformed(name, parents, function, Missing::Skip)).map(PyStream::new)
}
