//! States of an aggregate by slot, of another type than the values. An update of a known shape is a fold of what it
//! makes of the values; any other is evaluated as it stands.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Float64Array, Int64Array};

use super::general::{General, others};
use super::values::{Batch, Fold, choose};
use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::lambda::{Aggregator, Reducer, Step};
use crate::shuffle::widen::fit;

/// The state of each slot.
pub(super) struct States {
    aggregator: Arc<Aggregator>,
    /// What is there once the first state has told its type.
    folded: Option<Folded>,
}

struct Folded {
    kind: Type,
    way: Way,
}

enum Way {
    /// By the update's shape.
    Shaped(Box<dyn Fold>),
    /// By the update itself.
    General(General),
}

impl Folded {
    fn new(aggregator: &Aggregator, kind: &Type) -> Self {
        let shaped = aggregator.step().and_then(|step| choose(&step.reducer, kind).ok());
        let way = shaped.map_or_else(|| Way::General(General::new(kind, aggregator.update())), Way::Shaped);
        Self { kind: kind.clone(), way }
    }

    fn fold(&self) -> &dyn Fold {
        match &self.way {
            Way::Shaped(fold) => &**fold,
            Way::General(general) => general,
        }
    }
}

impl States {
    pub(super) fn new(aggregator: Arc<Aggregator>) -> Self {
        Self { aggregator, folded: None }
    }

    /// Folds a batch of values in. A decline changes nothing.
    pub(super) fn merge(&mut self, batch: &Batch<'_>, values: &Columns) -> Result<(), Decline> {
        let step = self.aggregator.step().cloned();
        let general = self.folded.as_ref().is_some_and(|folded| matches!(folded.way, Way::General(_)));
        // One evaluation does where every row is folded in as a first one is.
        let whole = !general && step.as_ref().is_some_and(Step::is_create);
        let made = if whole {
            Some(self.aggregator.create(values)?)
        } else if batch.fresh.is_empty() {
            None
        } else {
            Some(self.aggregator.create(&rows_of(values, batch.fresh)?)?)
        };
        if let (None, Some(made)) = (&self.folded, &made) {
            self.folded = Some(Folded::new(&self.aggregator, made.kind()));
        }
        let folded = self.folded.as_mut().ok_or(Decline::new("a first batch without a first row"))?;
        let odd = |made: &Columns, kind: &Type| Decline::new(format!("a state of {} among {kind}", made.kind()));
        let made = match made {
            Some(made) => fit(&made, &folded.kind).ok_or_else(|| odd(&made, &folded.kind))?,
            None => Columns::empty(folded.kind.clone()),
        };
        let fold = match &mut folded.way {
            Way::General(general) => {
                let first = if whole { made.take(batch.fresh)? } else { made };
                return general.fold_in(batch, &first, values);
            }
            Way::Shaped(fold) => fold,
        };
        let (rows, slots): (Vec<u32>, Vec<u32>) = if whole { Default::default() } else { others(batch).unzip() };
        if rows.is_empty() {
            // Each row is a state by itself.
            return fold.merge(batch, &made);
        }
        let step = step.ok_or(Decline::new("an update without a shape"))?;
        let steps = self.aggregator.folded(&step, &rows_of(values, &rows)?)?;
        if let Some(steps) = coerce(&step.reducer, &steps, &folded.kind) {
            return fold_apart(fold.as_mut(), batch, &made, &slots, &steps);
        }
        // The types are not what the shape takes: from here on the update itself says what comes out.
        let mut general = General::new(&folded.kind, self.aggregator.update());
        let before: Vec<u32> = (0..batch.before as u32).collect();
        if batch.before > 0 {
            let known = Batch { slots: &before, fresh: &before, before: 0, after: batch.before };
            general.seed(&known, &fold.to_columns())?;
        }
        general.fold_in(batch, &made, values)?;
        folded.way = Way::General(general);
        Ok(())
    }

    /// Takes over the states of another table, one for each slot of an empty one.
    pub(super) fn seed(&mut self, batch: &Batch<'_>, states: &Columns) -> Result<(), Decline> {
        let mut folded = Folded::new(&self.aggregator, states.kind());
        match &mut folded.way {
            Way::Shaped(fold) => fold.seed(batch, states)?,
            Way::General(general) => general.seed(batch, states)?,
        }
        self.folded = Some(folded);
        Ok(())
    }

    pub(super) fn to_columns(&self) -> Columns {
        self.folded.as_ref().map_or_else(|| Columns::empty(Type::Null), |folded| folded.fold().to_columns())
    }

    pub(super) fn weight(&self) -> usize {
        self.folded.as_ref().map_or(0, |folded| folded.fold().weight())
    }
}

/// Folds the states of new slots in, then what the other rows make: those of one slot are in order either way.
fn fold_apart(
    fold: &mut dyn Fold,
    batch: &Batch<'_>,
    made: &Columns,
    slots: &[u32],
    steps: &Columns,
) -> Result<(), Decline> {
    let (new, all): (Vec<u32>, Vec<u32>) =
        ((batch.before as u32..batch.after as u32).collect(), (0..batch.fresh.len() as u32).collect());
    let first = Batch { slots: &new, fresh: &all, before: batch.before, after: batch.after };
    fold.merge(&first, made)?;
    let rest = Batch { slots, fresh: &[], before: batch.after, after: batch.after };
    // Of the first batch only new slots are left to undo.
    fold.merge(&rest, steps).inspect_err(|_| fold.undo(&first, made))
}

fn rows_of(values: &Columns, rows: &[u32]) -> Result<Columns, Decline> {
    if rows.len() == values.len() { Ok(values.clone()) } else { values.take(rows) }
}

/// What is folded in, under the state's type, where that changes no answer: Python adds a bool to an int, and either to
/// a float, as the same number of that type.
fn coerce(reducer: &Reducer, steps: &Columns, kind: &Type) -> Option<Columns> {
    if let Some(fitting) = fit(steps, kind) {
        return Some(fitting);
    }
    let array = steps.array();
    match (reducer, steps.kind(), kind) {
        (Reducer::Sum, Type::Bool, Type::Int) => {
            let ints = array.as_boolean().values().iter().map(i64::from);
            Some(Columns::new(Arc::new(Int64Array::from_iter_values(ints)), Type::Int))
        }
        (Reducer::Sum, Type::Bool, Type::Float) => {
            let floats = array.as_boolean().values().iter().map(f64::from);
            Some(Columns::new(Arc::new(Float64Array::from_iter_values(floats)), Type::Float))
        }
        (Reducer::Sum, Type::Int, Type::Float) => {
            let floats = array.as_primitive::<Int64Type>().values().iter().map(|i| *i as f64);
            Some(Columns::new(Arc::new(Float64Array::from_iter_values(floats)), Type::Float))
        }
        (Reducer::Tuple(reducers), Type::Tuple(_), Type::Tuple(kinds)) => {
            let items = steps.items().filter(|items| items.len() == kinds.len() && items.len() == reducers.len())?;
            let items = items.iter().zip(reducers.iter().zip(kinds)).map(|(item, (r, k))| coerce(r, item, k));
            Some(Columns::tuple(items.collect::<Option<_>>()?, steps.len()))
        }
        _ => None,
    }
}
