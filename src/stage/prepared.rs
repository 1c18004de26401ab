//! A job's frozen functions: captures are read once, when the job is made.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::error::{Decline, Error, Kind, Result};
use crate::lambda::{self, Compiled, Reducer};
use crate::memory::Memory;
use crate::plan::{Aggregator, FrozenFunction, FunctionKind, FunctionRef, NativeMode, Op, Plan, PlanRef, Role};

use crate::store::StoredRef;

use super::{Cores, Interpreter};

/// A function as a job's tasks have it.
#[derive(Clone)]
pub struct Frozen {
    /// The operation's name, for notes on errors.
    pub name: Arc<str>,
    /// The function in the lineage: its counters.
    pub function: FunctionRef,
    /// The function as this job sees it.
    pub frozen: FrozenFunction,
}

/// One narrow operation, frozen.
#[derive(Clone)]
pub struct Step {
    /// What it does to rows.
    pub kind: FunctionKind,
    /// The operation's name, for notes on errors.
    pub name: Arc<str>,
    /// The function in the lineage: its counters.
    pub function: FunctionRef,
    /// The function as this job sees it.
    pub frozen: FrozenFunction,
}

/// How values of one key become one, frozen.
#[derive(Clone)]
#[expect(clippy::large_enum_variant, reason = "a job has few of them")]
pub enum Aggregate {
    /// `reduceByKey`
    Reduce {
        /// The native form or the reason for none.
        reducer: Result<Reducer, Decline>,
        /// The function.
        merge: Frozen,
    },
    /// `combineByKey`
    Combine {
        /// The native form of all three or the reason for none.
        native: Result<Arc<lambda::Aggregator>, Decline>,
        /// Create, merge value, merge combiners.
        functions: [Frozen; 3],
    },
    /// `groupByKey`
    Group,
    /// Rows without keys are folded by a function that the interpreter runs; what comes out is that one value.
    Whole(Frozen),
}

/// A job made ready: what its tasks share.
pub struct Prepared {
    functions: HashMap<(u64, Role), Frozen>,
    kept: HashMap<u64, Vec<StoredRef>>,
    /// What keeps rows.
    pub memory: Arc<Memory>,
    /// Who runs user functions.
    pub interpreter: Arc<dyn Interpreter>,
    /// Cores that tasks may use beside their own.
    pub cores: Arc<Cores>,
}

impl Prepared {
    /// Freezes every function that `plan` still has to run, and holds on to caches that are full: what lies above them
    /// isn't prepared, so that this job needs them even when they are dropped meanwhile.
    pub fn new(
        plan: &PlanRef,
        interpreter: Arc<dyn Interpreter>,
        mode: NativeMode,
        cores: Arc<Cores>,
        memory: Arc<Memory>,
    ) -> Result<Self> {
        let mut prepared = Self { functions: HashMap::new(), kept: HashMap::new(), memory, interpreter, cores };
        let (mut seen, mut known) = (HashSet::new(), HashMap::new());
        let mut pending: Vec<(PlanRef, bool)> = vec![(plan.clone(), false)];
        // Behind their inputs.
        let mut open: Vec<PlanRef> = Vec::new();
        while let Some((plan, inputs_are)) = pending.pop() {
            if inputs_are {
                open.push(plan);
                continue;
            }
            if !seen.insert(plan.id()) {
                continue;
            }
            if let Some(partitions) = plan.slots().all_ready() {
                prepared.kept.insert(plan.id(), partitions);
                continue;
            }
            let unread = |input: &&crate::plan::Input| input.shuffle().is_none_or(|s| s.output.get().is_none());
            let inputs = plan.inputs();
            pending.push((plan, true));
            pending.extend(inputs.iter().rev().filter(unread).map(|input| (input.plan.clone(), false)));
        }
        // In the order in which the rows meet them: what makes objects comes before what calls their methods.
        for plan in &open {
            let name: Arc<str> = plan.name().into();
            for (role, function) in plan.functions() {
                let frozen = freeze(&function, role, mode, &mut known)?;
                prepared.functions.insert((plan.id(), role), Frozen { name: name.clone(), function, frozen });
            }
        }
        Ok(prepared)
    }

    /// Every function that the job has, in the order in which their plans were made.
    pub fn functions(&self) -> impl Iterator<Item = (Role, &Frozen)> {
        let mut all: Vec<_> = self.functions.iter().collect();
        all.sort_unstable_by_key(|((plan, role), _)| (*plan, role.name()));
        all.into_iter().map(|((_, role), frozen)| (*role, frozen))
    }

    /// A plan's partitions, where all were kept when the job was made.
    pub fn kept(&self, plan: &Plan) -> Option<&[StoredRef]> {
        self.kept.get(&plan.id()).map(Vec::as_slice)
    }

    /// A plan's function.
    pub fn function(&self, plan: &Plan, role: Role) -> Result<&Frozen> {
        self.functions.get(&(plan.id(), role)).ok_or_else(|| unprepared(plan))
    }

    /// A plan's function that it need not have.
    pub fn optional(&self, plan: &Plan, role: Role) -> Option<&Frozen> {
        self.functions.get(&(plan.id(), role))
    }

    /// The narrow operation of a plan.
    pub fn step(&self, plan: &Plan, kind: FunctionKind) -> Result<Step> {
        let Frozen { name, function, frozen } = self.function(plan, Role::Step(kind))?.clone();
        Ok(Step { kind, name, function, frozen })
    }

    /// How a plan combines.
    pub fn aggregate(&self, plan: &Plan) -> Result<Aggregate> {
        Ok(match plan.op() {
            Op::Combine(Aggregator::Reduce(_)) => {
                let merge = self.function(plan, Role::Merge)?.clone();
                Aggregate::Reduce { reducer: reducer(&merge.frozen), merge }
            }
            Op::Combine(Aggregator::Combine { .. }) => {
                let function = |role| self.function(plan, role).cloned();
                let functions = [function(Role::Create)?, function(Role::MergeValue)?, function(Role::MergeCombiners)?];
                Aggregate::Combine { native: aggregator(&functions), functions }
            }
            Op::Combine(Aggregator::Group) => Aggregate::Group,
            _ => return Err(unprepared(plan)),
        })
    }
}

/// Whatever a task opens was prepared, so this is a fault of the engine.
fn unprepared(plan: &Plan) -> Error {
    Error::new(Kind::Spark, format!("a bug in Pyrite's engine: {} was not prepared; please report it", plan.name()))
}

/// Functions that the job has frozen, by where they are, whether they were to be compiled and how they take an iterator: a
/// window's is in several plans.
type Known = HashMap<(*const u8, bool, Option<bool>), FrozenFunction>;

fn freeze(function: &FunctionRef, role: Role, mode: NativeMode, known: &mut Known) -> Result<FrozenFunction> {
    let arguments = role.arguments();
    let compile = mode != NativeMode::Off && arguments.is_ok();
    let mut frozen = match known.entry((Arc::as_ptr(function).cast(), compile, role.iterator())) {
        Entry::Occupied(known) => known.get().clone(),
        Entry::Vacant(free) => free.insert(function.freeze_as(role, compile)?).clone(),
    };
    match arguments {
        Ok(_) => {
            frozen.native = frozen.native_in(role);
            if let (NativeMode::Require, Err(decline)) = (mode, &frozen.native)
                && !role.may_be_interpreted()
            {
                return Err(required(function, decline));
            }
        }
        Err(decline) => frozen.native = Err(decline),
    }
    Ok(frozen)
}

/// The native form of a reduce function.
fn reducer(frozen: &FrozenFunction) -> Result<Reducer, Decline> {
    frozen.native.clone().map(reducer_of)
}

/// A compiled function of two values as a reducer: by its shape, else as it stands.
pub(super) fn reducer_of(compiled: Arc<Compiled>) -> Reducer {
    Reducer::from_expr(compiled.expr()).unwrap_or(Reducer::General(compiled))
}

/// The native form of `combineByKey`'s functions: they run natively together or not at all.
fn aggregator([create, merge_value, merge_combiners]: &[Frozen; 3]) -> Result<Arc<lambda::Aggregator>, Decline> {
    let native = |function: &Frozen| function.frozen.native.clone();
    lambda::Aggregator::new(native(create)?, native(merge_value)?, &native(merge_combiners)?).map(Arc::new)
}

fn required(function: &FunctionRef, decline: &Decline) -> Error {
    let message = format!(
        "pyrite.native is \"require\", but {} does not compile: {decline}. Change the function, or set pyrite.native to \"auto\".",
        function.describe()
    );
    Error::new(Kind::Spark, message)
}
