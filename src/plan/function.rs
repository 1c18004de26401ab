//! A user function in the lineage: what it does to rows, how it is frozen for a job, what became of it.

use std::any::Any;
use std::sync::Arc;

use crate::error::{Decline, Result};
use crate::lambda::Compiled;

use super::counters::{Counters, Place};

/// What a narrow operation does with its function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FunctionKind {
    /// `f(row)` replaces the row.
    Map,
    /// The row stays where `f(row)` is true.
    Filter,
    /// The elements of `f(row)` replace the row.
    FlatMap,
    /// `(k, f(v))`
    MapValues,
    /// `(k, w)` for each w of `f(v)`
    FlatMapValues,
    /// `f(iterator)` replaces the partition.
    Partitions,
    /// `f(index, iterator)` replaces the partition.
    PartitionsWithIndex,
    /// `f(what it sees of the row)`, alone or in a pair with the row: the engine's own step, for rows that are sorted or laid
    /// out by what the function says.
    Key(Seen, Gives),
}

/// What a key function sees of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Seen {
    /// The row.
    Row,
    /// Its first item.
    First,
    /// The key of the pair that it must be.
    Key,
}

/// What a key step gives for a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gives {
    /// The function's value.
    Alone,
    /// A pair of that and the row.
    Beside,
}

impl FunctionKind {
    const ALL: [Self; 13] = [
        Self::Key(Seen::Row, Gives::Alone),
        Self::Key(Seen::Row, Gives::Beside),
        Self::Key(Seen::First, Gives::Alone),
        Self::Key(Seen::First, Gives::Beside),
        Self::Key(Seen::Key, Gives::Alone),
        Self::Key(Seen::Key, Gives::Beside),
        Self::Map,
        Self::Filter,
        Self::FlatMap,
        Self::MapValues,
        Self::FlatMapValues,
        Self::Partitions,
        Self::PartitionsWithIndex,
    ];

    /// Whether the function sees the whole partition as an iterator.
    pub fn takes_iterator(self) -> bool {
        matches!(self, Self::Partitions | Self::PartitionsWithIndex)
    }

    /// The name that the Python API uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Map => "map",
            Self::Filter => "filter",
            Self::FlatMap => "flat_map",
            Self::MapValues => "map_values",
            Self::FlatMapValues => "flat_map_values",
            Self::Partitions => "map_partitions",
            Self::PartitionsWithIndex => "map_partitions_with_index",
            Self::Key(Seen::Row, Gives::Alone) => "key_of_row",
            Self::Key(Seen::Row, Gives::Beside) => "key_of_row_beside",
            Self::Key(Seen::First, Gives::Alone) => "key_of_first",
            Self::Key(Seen::First, Gives::Beside) => "key_of_first_beside",
            Self::Key(Seen::Key, Gives::Alone) => "key_of_key",
            Self::Key(Seen::Key, Gives::Beside) => "key_of_key_beside",
        }
    }

    /// From the name that the Python API uses.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What a function is to a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The step of a chain.
    Step(FunctionKind),
    /// Two values or combiners become one: `reduceByKey`.
    Merge,
    /// A value becomes a combiner.
    Create,
    /// A value joins a combiner.
    MergeValue,
    /// Two combiners become one.
    MergeCombiners,
    /// What has left a window is taken from its value.
    Inverse,
    /// A key's partition.
    Partition,
    /// What is compared.
    Key,
    /// A key's new values and its state become its state.
    Update,
    /// The same as a flat map over keys with their states and values, for the interpreter.
    UpdateAll,
    /// Called with a key, a value and a state that it may change.
    WithState,
}

impl Role {
    /// With how many arguments the function is called where rows are columns; nothing where it never is.
    pub fn arguments(self) -> Result<usize, Decline> {
        match self {
            // The first takes the index, too.
            Self::Step(FunctionKind::PartitionsWithIndex)
            | Self::Merge
            | Self::MergeValue
            | Self::MergeCombiners
            | Self::Update
            | Self::Inverse => Ok(2),
            Self::Step(_) | Self::Create | Self::Key | Self::Partition => Ok(1),
            Self::UpdateAll => Err(Decline::new("the update function compiles or it doesn't")),
            // What is known of the state, the key and the value: see `lambda/mapping.rs`.
            Self::WithState => Ok(3),
        }
    }

    /// Whether every job goes on where the function doesn't compile, even one that wants all functions compiled.
    pub fn may_be_interpreted(self) -> bool {
        self == Self::Partition || self.iterator().is_some()
    }

    /// Whether the function takes a partition's iterator, and if so, whether its index before it.
    pub fn iterator(self) -> Option<bool> {
        match self {
            Self::Step(FunctionKind::Partitions) => Some(false),
            Self::Step(FunctionKind::PartitionsWithIndex) => Some(true),
            _ => None,
        }
    }

    /// How `explain` names it; a step's name is its plan's.
    pub fn name(self) -> &'static str {
        match self {
            Self::Step(_) => "step",
            Self::Merge => "merge",
            Self::Create => "create",
            Self::MergeValue => "merge value",
            Self::MergeCombiners => "merge combiners",
            Self::Inverse => "inverse",
            Self::Partition => "partition",
            Self::Key => "key",
            Self::Update => "update",
            Self::UpdateAll => "update by key",
            Self::WithState => "map with state",
        }
    }
}

/// A shared user function.
pub type FunctionRef = Arc<dyn UserFunction>;

/// The interpreter's form of something, which the engine hands on and never looks into.
#[derive(Clone)]
pub struct Opaque(Arc<dyn Any + Send + Sync>);

impl Opaque {
    /// Wraps what only its maker knows.
    pub fn new<T: Any + Send + Sync>(value: T) -> Self {
        Self(Arc::new(value))
    }

    /// For the layer that made it to take it back.
    pub fn downcast_ref<T: Any>(&self) -> Option<&T> {
        self.0.downcast_ref()
    }
}

/// Whether user functions are compiled: the key `pyrite.native`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NativeMode {
    /// Compile what can be compiled.
    Auto,
    /// Compile nothing.
    Off,
    /// Fail a job whose functions don't all compile.
    Require,
}

/// A user function as the lineage holds it. Captures are read by `freeze`, once for each job (`PySpark` pickles then).
pub trait UserFunction: Any + Send + Sync {
    /// What `explain` calls it: its name and where it stands.
    fn describe(&self) -> String;
    /// Where it stands in the program's text; `None` for one that isn't the program's own. Asked once.
    fn place(&self) -> Option<Place> {
        Some(Place { name: self.describe(), ..Place::default() })
    }
    /// Reads the captures: the compiled form, or why there is none, and the interpreter's form.
    fn freeze(&self, compile: bool) -> Result<FrozenFunction>;
    /// As `freeze`, for who only tells how it would run: that no job could be made with it is an answer, and why.
    fn outlook(&self, compile: bool) -> Result<Result<FrozenFunction, String>> {
        self.freeze(compile).map(Ok)
    }
    /// As `freeze`, of a function that is called with a partition's iterator, and with its index before it where `indexed`.
    fn freeze_of_iterator(&self, _indexed: bool, _compile: bool) -> Result<FrozenFunction> {
        let frozen = self.freeze(false)?;
        Ok(FrozenFunction { native: Err(Decline::new("it takes an iterator")), ..frozen })
    }
    /// As `freeze_of_iterator`, for who only tells how it would run.
    fn outlook_of_iterator(&self, indexed: bool, compile: bool) -> Result<Result<FrozenFunction, String>> {
        self.freeze_of_iterator(indexed, compile).map(Ok)
    }
    /// As `freeze` for a role.
    fn freeze_as(&self, role: Role, compile: bool) -> Result<FrozenFunction> {
        match role.iterator() {
            Some(indexed) => self.freeze_of_iterator(indexed, compile),
            None => self.freeze(compile),
        }
    }
    /// As `outlook` for a role.
    fn outlook_as(&self, role: Role, compile: bool) -> Result<Result<FrozenFunction, String>> {
        match role.iterator() {
            Some(indexed) => self.outlook_of_iterator(indexed, compile),
            None => self.outlook(compile),
        }
    }
    /// For the layer that made it to take it back.
    fn as_any(&self) -> &dyn Any;
    /// Rows that went through it, over all jobs.
    fn counters(&self) -> &Counters;
}

/// A function as one job sees it.
#[derive(Clone)]
pub struct FrozenFunction {
    /// The compiled form, or the reason that `explain` shows.
    pub native: Result<Arc<Compiled>, Decline>,
    /// With how many arguments the compiled form may be called; any other number is for the interpreter to judge.
    pub parameters: Option<usize>,
    /// The interpreter's form.
    pub object: Opaque,
}

impl FrozenFunction {
    /// The compiled form for a role.
    pub fn native_in(&self, role: Role) -> Result<Arc<Compiled>, Decline> {
        let arguments = role.arguments()?;
        if !matches!(role, Role::Step(FunctionKind::Map | FunctionKind::FlatMap | FunctionKind::Filter))
            && self.native.as_ref().is_ok_and(|compiled| compiled.gives_documents())
        {
            return Err(Decline::new("keeps a document of JSON"));
        }
        match role {
            Role::Step(FunctionKind::Map | FunctionKind::FlatMap | FunctionKind::Filter)
                if self.native.as_ref().is_ok_and(|compiled| compiled.counts()) =>
            {
                self.called(arguments)
            }
            Role::Step(kind) if kind.takes_iterator() => {
                let compiled = self.called_with(arguments)?;
                compiled.partition().ok_or(Decline::new("it takes an iterator"))?;
                Ok(compiled.clone())
            }
            Role::Step(FunctionKind::FlatMap | FunctionKind::FlatMapValues) => self.called_with(arguments),
            Role::Merge | Role::MergeValue | Role::MergeCombiners | Role::Inverse => self.native_fold(),
            _ => self.native_for(arguments),
        }
    }

    /// The compiled form for folds. One row waits there for what became of the one before, and loops that no column of rows
    /// takes together are faster in the interpreter.
    pub fn native_fold(&self) -> Result<Arc<Compiled>, Decline> {
        match self.native_for(2)? {
            compiled if compiled.may_take_long() => Err(Decline::new("a loop row by row")),
            compiled => Ok(compiled),
        }
    }

    /// The compiled form for calls with this many arguments whose value is kept: that of a generator isn't.
    pub fn native_for(&self, arguments: usize) -> Result<Arc<Compiled>, Decline> {
        match self.called_with(arguments)? {
            compiled if compiled.generates() => Err(Decline::new("makes a generator")),
            compiled => Ok(compiled),
        }
    }

    fn called_with(&self, arguments: usize) -> Result<Arc<Compiled>, Decline> {
        match self.called(arguments)? {
            compiled if compiled.counts() => Err(Decline::new("adds to an accumulator")),
            compiled => Ok(compiled),
        }
    }

    fn called(&self, arguments: usize) -> Result<Arc<Compiled>, Decline> {
        let compiled = self.native.clone()?;
        match self.parameters {
            Some(takes) if takes != arguments => {
                Err(Decline::new(format!("it takes {takes} arguments but is called with {arguments}")))
            }
            _ => Ok(compiled),
        }
    }
}
