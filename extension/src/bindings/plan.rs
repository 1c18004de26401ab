//! `_engine.Plan`: a node of the lineage, and the operations that make the next one.

use std::path::PathBuf;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::objects::function::PyFunction;
use crate::objects::inside::Inside;
use crate::objects::program::PlanObject;
use crate::objects::rows::{Pickled, shareable_chunk};
use crate::objects::storage::{Told, found, storage_of};
use crate::objects::tally::function_of;
use crate::plan::{
    Aggregator, Draw, FunctionKind, JoinKind, Mark, NativeMode, Numbers, Order, Partitioner, Plan, PlanRef, Sample,
};
use crate::source::{Range, RecordFiles, TextFiles, TextParts, Whole, WholeFiles};
use crate::stage::explain::describe;
use crate::store::Level;

use super::run::RunEngine;

/// A node of the lineage: what Python's `RDD` stands on. Immutable; nothing runs until an action.
#[pyclass(frozen, name = "Plan", module = "pyrite._engine", weakref)]
pub struct PyPlan {
    pub(crate) plan: PlanRef,
}

impl PyPlan {
    pub(crate) fn new(plan: PlanRef) -> Self {
        Self { plan }
    }
}

impl PlanObject for PyPlan {
    fn wrap(py: Python<'_>, plan: PlanRef) -> PyResult<Py<PyAny>> {
        Ok(Py::new(py, Self::new(plan))?.into_any())
    }

    fn unwrap(object: &Bound<'_, PyAny>) -> PyResult<PlanRef> {
        Ok(object.cast::<Self>()?.get().plan.clone())
    }
}

fn partitioner(partitions: usize, function: Option<&Bound<'_, PyAny>>, step: &str) -> Partitioner {
    let identity = function.map_or(0, |f| f.as_ptr() as u64);
    Partitioner { partitions, function: function.map(|f| function_of(f, step)), identity }
}

#[pymethods]
impl PyPlan {
    /// Rows in memory, a list for each partition.
    #[staticmethod]
    fn parallelize(py: Python<'_>, slices: Vec<Bound<'_, PyList>>) -> PyResult<Self> {
        let _inside = Inside::enter(py);
        let mut partitions = Vec::with_capacity(slices.len());
        for slice in slices {
            let rows: Vec<Bound<'_, PyAny>> = slice.iter().collect();
            partitions.push(if rows.is_empty() { Vec::new() } else { vec![shareable_chunk(py, &rows)?] });
        }
        Ok(Self::new(Plan::chunks(partitions)))
    }

    /// The lines of text files: comma-separated paths, globs, directories. Nothing is read before an action.
    /// `elsewhere` reads those that aren't on this machine.
    #[staticmethod]
    #[pyo3(signature = (paths, min_partitions, elsewhere=None))]
    fn text_files(paths: &str, min_partitions: usize, elsewhere: Option<Py<PyAny>>) -> Self {
        Self::new(TextFiles::new(paths, min_partitions, elsewhere.map(storage_of)).plan())
    }

    /// The lines of the splits `(path, first byte, length)` of each partition; `paths` is what `explain` shows.
    /// `elsewhere` reads those that aren't on this machine; what it told of them is beside it.
    #[staticmethod]
    #[pyo3(signature = (paths, parts, elsewhere=None))]
    fn text_parts(paths: &str, parts: Vec<Vec<(String, u64, u64)>>, elsewhere: Option<(Py<PyAny>, Vec<Told>)>) -> Self {
        let known = |files: Vec<_>| files.into_iter().map(found).collect();
        Self::new(TextParts::plan(paths, parts, elsewhere.map(|(systems, files)| (storage_of(systems), known(files)))))
    }

    /// Files as one row each: a pair of address and text, of their bytes, or, with `binary`, of address and bytes.
    #[staticmethod]
    #[pyo3(signature = (paths, binary, unicode, min_partitions, parallelism, elsewhere=None))]
    fn whole_files(
        paths: &str,
        binary: bool,
        unicode: bool,
        min_partitions: usize,
        parallelism: usize,
        elsewhere: Option<Py<PyAny>>,
    ) -> Self {
        let what = match (binary, unicode) {
            (true, _) => Whole::Bytes,
            (false, true) => Whole::Text,
            (false, false) => Whole::TextBytes,
        };
        Self::new(WholeFiles::plan(paths, what, min_partitions, parallelism, elsewhere.map(storage_of)))
    }

    /// Records of so many bytes, which is not 0.
    #[staticmethod]
    #[pyo3(signature = (paths, length, elsewhere=None))]
    fn binary_records(py: Python<'_>, paths: &str, length: usize, elsewhere: Option<Py<PyAny>>) -> PyResult<Self> {
        let storage = elsewhere.map(storage_of);
        py.run_engine(|| RecordFiles::of_paths(paths, length, storage)).map(Self::new)
    }

    /// The numbers of a range; None where one of them has more than 64 bits.
    #[staticmethod]
    fn range(start: i64, step: i64, len: usize, partitions: usize) -> Option<Self> {
        let range = Range::new(start, step, len, partitions)?;
        Some(Self::new(Plan::scan(std::sync::Arc::new(range), "parallelize")))
    }

    /// Empty partitions.
    #[staticmethod]
    fn empty(partitions: usize) -> Self {
        Self::new(Plan::chunks(vec![Vec::new(); partitions]))
    }

    /// All rows of all plans.
    #[staticmethod]
    #[expect(clippy::needless_pass_by_value, reason = "pyo3 hands a list over by value")]
    fn union(py: Python<'_>, plans: Vec<Py<PyPlan>>) -> PyResult<Self> {
        let parents: Vec<PlanRef> = plans.iter().map(|p| p.get().plan.clone()).collect();
        py.run_engine(|| Plan::union(parents)).map(Self::new)
    }

    /// A function over rows, values or partitions; `kind` says which. With `barrier` all tasks run at once.
    #[pyo3(signature = (kind, function, preserves_partitioning, name, barrier=false))]
    fn narrow(
        &self,
        kind: &str,
        function: &Bound<'_, PyAny>,
        preserves_partitioning: bool,
        name: &str,
        barrier: bool,
    ) -> PyResult<Self> {
        let kind =
            FunctionKind::parse(kind).ok_or_else(|| PyValueError::new_err(format!("no narrow operation {kind}")))?;
        let function = function_of(function, name);
        let make = if barrier { Plan::barrier } else { Plan::narrow };
        Ok(Self::new(make(self.plan.clone(), kind, function, preserves_partitioning, name)))
    }

    /// Combine by key with Spark's three functions.
    #[pyo3(signature = (create, merge_value, merge_combiners, partitions, partition_function, name))]
    fn combine(
        &self,
        create: &Bound<'_, PyAny>,
        merge_value: &Bound<'_, PyAny>,
        merge_combiners: &Bound<'_, PyAny>,
        partitions: usize,
        partition_function: Option<&Bound<'_, PyAny>>,
        name: &str,
    ) -> Self {
        let aggregator = Aggregator::Combine {
            create: function_of(create, name),
            merge_value: function_of(merge_value, name),
            merge_combiners: function_of(merge_combiners, name),
        };
        self.combined(aggregator, partitions, partition_function, name)
    }

    /// Reduce by key.
    #[pyo3(signature = (function, partitions, partition_function, name))]
    fn reduce_by_key(
        &self,
        function: &Bound<'_, PyAny>,
        partitions: usize,
        partition_function: Option<&Bound<'_, PyAny>>,
        name: &str,
    ) -> Self {
        self.combined(Aggregator::Reduce(function_of(function, name)), partitions, partition_function, name)
    }

    /// Values of a key in a list.
    #[pyo3(signature = (partitions, partition_function, name))]
    fn group_by_key(&self, partitions: usize, partition_function: Option<&Bound<'_, PyAny>>, name: &str) -> Self {
        self.combined(Aggregator::Group, partitions, partition_function, name)
    }

    /// Pairs by the partition function of their key.
    #[pyo3(signature = (partitions, partition_function, name))]
    fn partition_by(&self, partitions: usize, partition_function: Option<&Bound<'_, PyAny>>, name: &str) -> Self {
        let partitioner = partitioner(partitions, partition_function, name);
        Self::new(Plan::partition_by(self.plan.clone(), partitioner, name))
    }

    /// Rows of several plans with equal keys, this one's first; `kind` says what comes of them.
    #[pyo3(signature = (kind, others, partitions, partition_function, name))]
    #[expect(clippy::needless_pass_by_value, reason = "pyo3 hands a list over by value")]
    fn join(
        &self,
        kind: &str,
        others: Vec<Py<PyPlan>>,
        partitions: usize,
        partition_function: Option<&Bound<'_, PyAny>>,
        name: &str,
    ) -> PyResult<Self> {
        let kind = JoinKind::parse(kind).ok_or_else(|| PyValueError::new_err(format!("no join {kind}")))?;
        let others = others.iter().map(|other| other.get().plan.clone());
        let parents = std::iter::once(self.plan.clone()).chain(others).collect();
        Ok(Self::new(Plan::join(parents, kind, partitioner(partitions, partition_function, name), name)))
    }

    /// Pairs of this plan's rows and those of another that has equally many partitions.
    fn zip(&self, other: &Self) -> Self {
        Self::new(Plan::zip(self.plan.clone(), other.plan.clone()))
    }

    /// Every row of this plan with every row of another.
    fn cartesian(&self, py: Python<'_>, other: &Self) -> PyResult<Self> {
        let (left, right) = (self.plan.clone(), other.plan.clone());
        py.run_engine(|| Plan::cartesian(left, right)).map(Self::new)
    }

    /// Pairs where the partition function wants their keys, each partition sorted by them.
    #[pyo3(signature = (key_function, ascending, partitions, partition_function, name))]
    fn sort_within(
        &self,
        key_function: Option<&Bound<'_, PyAny>>,
        ascending: bool,
        partitions: usize,
        partition_function: Option<&Bound<'_, PyAny>>,
        name: &str,
    ) -> Self {
        let order = Order { key: key_function.map(|key| function_of(key, name)), by_key: true, ascending };
        let partitioner = partitioner(partitions, partition_function, name);
        Self::new(Plan::sort_within(self.plan.clone(), order, partitioner, name))
    }

    /// Rows in range partitions, sorted.
    #[pyo3(signature = (key_function, by_key, ascending, partitions, name))]
    fn sort(
        &self,
        key_function: Option<&Bound<'_, PyAny>>,
        by_key: bool,
        ascending: bool,
        partitions: usize,
        name: &str,
    ) -> Self {
        let order = Order { key: key_function.map(|key| function_of(key, name)), by_key, ascending };
        Self::new(Plan::sort(self.plan.clone(), order, partitions, name))
    }

    /// Pairs of a row and its number: on from each partition's first number, or by steps from the partition's index.
    #[pyo3(signature = (name, starts=None, step=1))]
    fn numbered(&self, name: &str, starts: Option<Vec<i64>>, step: i64) -> Self {
        let numbers = starts.map_or(Numbers::By(step), Numbers::From);
        Self::new(Plan::numbered(self.plan.clone(), numbers, name))
    }

    /// Rows whose random number is at least `low` and below `high`; with `mean`, each as often as that says.
    #[pyo3(signature = (name, seed, keeps, low=0.0, high=1.0, mean=None))]
    fn sampled(&self, name: &str, seed: i64, keeps: bool, low: f64, high: f64, mean: Option<f64>) -> Self {
        let draw = mean.map_or(Draw::Within(low, high), Draw::Times);
        Self::new(Plan::sampled(self.plan.clone(), Sample { seed, draw }, keeps, name))
    }

    /// Fewer partitions without a shuffle.
    fn coalesce(&self, py: Python<'_>, n: usize) -> PyResult<Self> {
        let parent = self.plan.clone();
        py.run_engine(|| Plan::coalesce(parent, n)).map(Self::new)
    }

    /// `n` partitions by a shuffle, as PySpark lays the rows out.
    fn repartition(&self, n: usize) -> Self {
        Self::new(Plan::repartition(self.plan.clone(), n))
    }

    /// Number of partitions; lists files the first time.
    #[getter]
    fn num_partitions(&self, py: Python<'_>) -> PyResult<usize> {
        py.run_engine(|| self.plan.partitions())
    }

    /// The number that names this plan in the process.
    #[getter]
    fn id(&self) -> u64 {
        self.plan.id()
    }

    /// The operation that made it.
    #[getter]
    fn name(&self) -> &str {
        self.plan.name()
    }

    /// `(partitions, function)` where keys have known places; `portable_hash` is None.
    #[getter]
    fn partitioner(&self, py: Python<'_>) -> Option<(usize, Option<Py<PyAny>>)> {
        let known = self.plan.partitioner()?;
        let function = known.function.as_ref().and_then(|f| f.as_any().downcast_ref::<PyFunction>());
        Some((known.partitions, function.map(|f| f.function().clone_ref(py))))
    }

    /// Keeps partitions from the next job on, in memory, in files, or both.
    fn persist(&self, py: Python<'_>, memory: bool, disk: bool) -> PyResult<()> {
        match Level::of(memory, disk) {
            Some(level) => py.run_engine(|| self.plan.persist(level)),
            None => Ok(()),
        }
    }

    /// Drops kept partitions.
    fn unpersist(&self) {
        self.plan.unpersist();
    }

    /// Whether partitions are kept.
    #[getter]
    fn is_cached(&self) -> bool {
        self.plan.slots().is_enabled()
    }

    /// Has the rows saved after the next job that uses them: in this directory, or where they are kept anyway.
    #[pyo3(signature = (directory=None))]
    fn checkpoint(&self, py: Python<'_>, directory: Option<PathBuf>) {
        let mark = directory.map_or(Mark::Local, |directory| Mark::Files(directory, Pickled::decode));
        py.run_detached(|| self.plan.mark(mark));
    }

    /// Whether they are still to be saved.
    #[getter]
    fn is_marked(&self) -> bool {
        self.plan.is_marked()
    }

    /// Whether they were saved in files.
    #[getter]
    fn is_saved(&self) -> bool {
        self.plan.saved().is_some()
    }

    /// The lineage as text.
    fn lineage(&self, py: Python<'_>) -> PyResult<String> {
        py.run_engine(|| describe(&self.plan, true))
    }
}

impl PyPlan {
    fn combined(
        &self,
        aggregator: Aggregator,
        partitions: usize,
        partition_function: Option<&Bound<'_, PyAny>>,
        name: &str,
    ) -> Self {
        let partitioner = partitioner(partitions, partition_function, name);
        Self::new(Plan::combine(self.plan.clone(), aggregator, partitioner, name))
    }
}

/// From the key `pyrite.native`.
pub(crate) fn native_mode(text: &str) -> PyResult<NativeMode> {
    match text {
        "auto" => Ok(NativeMode::Auto),
        "off" => Ok(NativeMode::Off),
        "require" => Ok(NativeMode::Require),
        other => Err(PyValueError::new_err(format!(
            "pyrite.native is \"{other}\"; it can be \"auto\" (compile what can be compiled), \"off\" or \"require\""
        ))),
    }
}
