//! The folded values of a table: one fold for each reducer and type, chosen when the first chunk tells the type.

use std::sync::Arc;

use arrow_array::NullArray;

use super::How;
use super::concat::Concat;
use super::extreme::Extreme;
use super::general::General;
use super::lists::Lists;
use super::picked::{Picked, Policy};
use super::states::States;
use super::sums::{Counts, FloatSum, IntSum};
use super::vectors::VectorSum;
use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::lambda::{self, Reducer, Ties};
use crate::shuffle::widen::widen;

/// Rows of one chunk, seen from the table.
pub(super) struct Batch<'a> {
    /// The slot of each row.
    pub(super) slots: &'a [u32],
    /// The first rows of slots `before .. after`, which are new.
    pub(super) fresh: &'a [u32],
    /// Slots there were before.
    pub(super) before: usize,
    /// Slots there are now.
    pub(super) after: usize,
}

/// One value a slot, folded over rows of one type.
pub(super) trait Fold: Send + Sync {
    /// Folds a batch in. A decline changes nothing.
    fn merge(&mut self, batch: &Batch<'_>, values: &Columns) -> Result<(), Decline>;
    /// Undoes the last merge, which was of this batch.
    fn undo(&mut self, batch: &Batch<'_>, values: &Columns);
    /// Takes over folded values, one for each slot of an empty table.
    fn seed(&mut self, batch: &Batch<'_>, folded: &Columns) -> Result<(), Decline> {
        self.merge(batch, folded)
    }
    /// The value of every slot.
    fn to_columns(&self) -> Columns;
    /// About how many bytes the values take.
    fn weight(&self) -> usize;
}

/// The values of a table.
pub(super) enum Values {
    /// Values of one type, folded as they are.
    Folded(Type, Box<dyn Fold>),
    /// How many there are, of whatever type.
    Counted(Counts),
    /// States made of values of whatever type.
    States(States),
}

impl Values {
    pub(super) fn new(how: &How, kind: &Type) -> Result<Self, Decline> {
        Ok(match how {
            How::Reduce(Reducer::Count) => Self::Counted(Counts::default()),
            How::Reduce(reducer) => Self::Folded(kind.clone(), choose(reducer, kind)?),
            How::Aggregate(aggregator) => Self::States(States::new(aggregator.clone())),
        })
    }

    /// The type that values must have; nothing where any will do.
    pub(super) fn kind(&self) -> Option<&Type> {
        match self {
            Self::Folded(kind, _) => Some(kind),
            Self::Counted(_) | Self::States(_) => None,
        }
    }

    pub(super) fn merge(&mut self, batch: &Batch<'_>, values: &Columns) -> Result<(), Decline> {
        match self {
            Self::Folded(_, fold) => fold.merge(batch, values),
            Self::Counted(counts) => counts.merge(batch, values),
            Self::States(states) => states.merge(batch, values),
        }
    }

    /// Takes over values that were folded under a narrower type.
    pub(super) fn seed(&mut self, batch: &Batch<'_>, folded: &Columns) -> Result<(), Decline> {
        match self {
            Self::Folded(_, fold) => {
                let kind = fold.to_columns().kind().clone();
                fold.seed(batch, &widen(folded, &kind))
            }
            Self::Counted(counts) => counts.seed(batch, folded),
            Self::States(states) => states.seed(batch, folded),
        }
    }

    pub(super) fn to_columns(&self) -> Columns {
        match self {
            Self::Folded(_, fold) => fold.to_columns(),
            Self::Counted(counts) => counts.to_columns(),
            Self::States(states) => states.to_columns(),
        }
    }

    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Folded(_, fold) => fold.weight(),
            Self::Counted(counts) => counts.weight(),
            Self::States(states) => states.weight(),
        }
    }
}

/// The fold of a reducer over values of one type.
pub(super) fn choose(reducer: &Reducer, kind: &Type) -> Result<Box<dyn Fold>, Decline> {
    Ok(match (reducer, kind) {
        (Reducer::First | Reducer::Last, Type::Null) => Box::new(Nones(0)),
        (Reducer::First, _) => Box::new(Picked::new(kind, Policy::First)),
        (Reducer::Last, _) => Box::new(Picked::new(kind, Policy::Last)),
        (Reducer::Sum, Type::Int) => Box::new(IntSum::default()),
        (Reducer::Sum, Type::Float) => Box::new(FloatSum::default()),
        (Reducer::Sum, Type::Vector) => Box::new(VectorSum::default()),
        (Reducer::Sum, Type::Str | Type::Bytes) => Box::new(Concat::new(kind)),
        (Reducer::Sum | Reducer::Extend, Type::List(item)) => Box::new(Lists::joined(item)),
        (Reducer::Sum, Type::Mixed) => Box::new(General::new(kind, lambda::added())),
        (Reducer::Collect, _) => Box::new(Lists::collected(kind)),
        (Reducer::Count, _) => Box::new(Counts::default()),
        (Reducer::Min(ties), _) => choose_extreme(true, *ties, kind)?,
        (Reducer::Max(ties), _) => choose_extreme(false, *ties, kind)?,
        (Reducer::Tuple(reducers), Type::Tuple(kinds)) if reducers.len() == kinds.len() => {
            let items = reducers.iter().zip(kinds).map(|(reducer, kind)| choose(reducer, kind));
            Box::new(TupleFold { items: items.collect::<Result<_, _>>()?, len: 0 })
        }
        (Reducer::General(function), _) => Box::new(General::new(kind, function.clone())),
        (reducer, _) => return Err(Decline::new(format!("{reducer:?} of {kind} is left to Python"))),
    })
}

fn choose_extreme(smaller: bool, ties: Ties, kind: &Type) -> Result<Box<dyn Fold>, Decline> {
    Ok(match kind {
        Type::Bool => Box::new(Extreme::<bool>::new(smaller, ties)),
        Type::Int => Box::new(Extreme::<i64>::new(smaller, ties)),
        Type::Float => Box::new(Extreme::<f64>::new(smaller, ties)),
        Type::Str | Type::Bytes | Type::Tuple(_) | Type::Date | Type::DateTime | Type::Delta => {
            Box::new(Picked::new(kind, Policy::Extreme { smaller, ties }))
        }
        _ => return Err(Decline::new(format!("values of {kind} are compared by Python"))),
    })
}

/// A tuple whose items are folded each on its own.
struct TupleFold {
    items: Vec<Box<dyn Fold>>,
    len: usize,
}

impl Fold for TupleFold {
    fn merge(&mut self, batch: &Batch<'_>, values: &Columns) -> Result<(), Decline> {
        let columns = values.items().ok_or(Decline::new("values that are not tuples"))?;
        for (i, column) in columns.iter().enumerate() {
            if let Err(decline) = self.items[i].merge(batch, column) {
                for (item, column) in self.items[..i].iter_mut().zip(&columns) {
                    item.undo(batch, column);
                }
                return Err(decline);
            }
        }
        self.len = batch.after;
        Ok(())
    }

    fn seed(&mut self, batch: &Batch<'_>, folded: &Columns) -> Result<(), Decline> {
        let columns = folded.items().ok_or(Decline::new("values that are not tuples"))?;
        self.len = batch.after;
        self.items.iter_mut().zip(columns).try_for_each(|(item, column)| item.seed(batch, &column))
    }

    fn undo(&mut self, batch: &Batch<'_>, values: &Columns) {
        for (item, column) in self.items.iter_mut().zip(values.items().unwrap_or_default()) {
            item.undo(batch, &column);
        }
        self.len = batch.before;
    }

    fn to_columns(&self) -> Columns {
        Columns::tuple(self.items.iter().map(|item| item.to_columns()).collect(), self.len)
    }

    fn weight(&self) -> usize {
        self.items.iter().map(|item| item.weight()).sum()
    }
}

/// Values that are all `None`, as `distinct` has them.
struct Nones(usize);

impl Fold for Nones {
    fn merge(&mut self, batch: &Batch<'_>, _: &Columns) -> Result<(), Decline> {
        self.0 = batch.after;
        Ok(())
    }

    fn undo(&mut self, batch: &Batch<'_>, _: &Columns) {
        self.0 = batch.before;
    }

    fn to_columns(&self) -> Columns {
        Columns::new(Arc::new(NullArray::new(self.0)), Type::Null)
    }

    fn weight(&self) -> usize {
        0
    }
}
