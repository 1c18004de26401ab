//! An aggregate whose state is of another type than the values it takes: `combineByKey`, `aggregateByKey`, `foldByKey`.
//! Goes in: three compiled functions. Comes out: what a native table folds states with.

use std::sync::Arc;

use super::tree::reducer::{choice, given, order_of};
use super::{BinaryFn, BinaryOp, Compiled, Expr, Reducer};
use crate::chunk::Columns;
use crate::error::Decline;

/// `create(v)` makes a state of a key's first value, `update(a, v)` takes a further value in, `merge(a, b)` makes one
/// of two states.
#[derive(Clone)]
pub struct Aggregator {
    create: Arc<Compiled>,
    update: Arc<Compiled>,
    step: Option<Step>,
    merge: Reducer,
}

/// An update of the shape `R(a, g(v))`, item by item where the state is a tuple.
#[derive(Clone)]
pub struct Step {
    /// `R`
    pub reducer: Reducer,
    /// `g`, a function of the value alone; nothing where `create` does as well.
    value: Option<Arc<Compiled>>,
}

impl Aggregator {
    /// From `create` of one parameter, and `update` and `merge` of two, state first.
    pub fn new(create: Arc<Compiled>, update: Arc<Compiled>, merge: &Arc<Compiled>) -> Result<Self, Decline> {
        // With a start value's items and constant sums in their places.
        let plain = create.expr().with_params(&mut Expr::Param);
        let create = if plain == *create.expr() { create } else { Arc::new(create.derive(plain)?) };
        let step = Step::find(&create, &update)?;
        let merge = Reducer::from_expr(merge.expr()).unwrap_or_else(|| Reducer::General(merge.clone()));
        Ok(Self { create, update, step, merge })
    }

    /// From a start value: a key's first value is `update`d into `zero`. Declines a `zero` that is no constant.
    pub fn from_zero(zero: &Expr, update: Arc<Compiled>, merge: &Arc<Compiled>) -> Result<Self, Decline> {
        if !zero.is_constant() {
            return Err(Decline::new("a start value that is no constant"));
        }
        let create = update.expr().with_params(&mut |i| if i == 0 { zero.clone() } else { Expr::Param(i - 1) });
        Self::new(Arc::new(update.derive(create)?), update, merge)
    }

    /// How two states become one: the reduce side of the aggregate.
    pub fn merge(&self) -> &Reducer {
        &self.merge
    }

    /// The shape of the update, where it has one.
    pub fn step(&self) -> Option<&Step> {
        self.step.as_ref()
    }

    /// `update` as it stands.
    pub fn update(&self) -> Arc<dyn BinaryFn> {
        self.update.clone()
    }

    /// The state that each value alone makes.
    pub fn create(&self, values: &Columns) -> Result<Columns, Decline> {
        self.create.map(std::slice::from_ref(values))
    }

    /// What `step` folds in for each value.
    pub fn folded(&self, step: &Step, values: &Columns) -> Result<Columns, Decline> {
        step.value.as_ref().unwrap_or(&self.create).map(std::slice::from_ref(values))
    }
}

impl Step {
    /// Whether what is folded in is what `create` makes.
    pub fn is_create(&self) -> bool {
        self.value.is_none()
    }

    fn find(create: &Compiled, update: &Compiled) -> Result<Option<Self>, Decline> {
        // All expressions of the value speak of it as the update does.
        let first = create.expr().with_params(&mut |i| Expr::Param(i + 1));
        let Some((reducer, value)) = shape(update.expr(), &Expr::Param(0), &first) else { return Ok(None) };
        let value = value.with_params(&mut |i| Expr::Param(i.saturating_sub(1)));
        if folds_alike(&reducer, &value, create.expr()) {
            return Ok(Some(Self { reducer, value: None }));
        }
        Ok(Some(Self { reducer, value: Some(Arc::new(update.derive(value)?)) }))
    }
}

/// `body` as a reducer over `state` and an expression of the value alone, if it is that. `first` is what `create` makes
/// of the value.
fn shape(body: &Expr, state: &Expr, first: &Expr) -> Option<(Reducer, Expr)> {
    let body = given(body);
    if body == state {
        // Whatever is folded in is forgotten; it only has to be of the state's type.
        return Some((Reducer::First, first.clone()));
    }
    if !body.mentions(0) {
        return Some((Reducer::Last, body.clone()));
    }
    match body {
        Expr::Binary { op: BinaryOp::Add, left, right } if **left == *state && !right.mentions(0) => {
            Some((Reducer::Sum, (**right).clone()))
        }
        Expr::Call { function, args } => {
            let [left, right] = args.as_slice() else { return None };
            match function.as_str() {
                "list.append" | "list.extend" if left != state || right.mentions(0) => return None,
                "list.append" => return Some((Reducer::Extend, Expr::List(vec![right.clone()]))),
                "list.extend" => return Some((Reducer::Extend, right.clone())),
                _ => {}
            }
            let value = other(left, right, state)?;
            let ties = order_of((left, right), state, value)?;
            match function.as_str() {
                "min" => Some((Reducer::Min(ties), value.clone())),
                "max" => Some((Reducer::Max(ties), value.clone())),
                _ => None,
            }
        }
        Expr::If { test, then, orelse } => {
            let Expr::Compare { first, rest } = &**test else { return None };
            let [(op, second)] = rest.as_slice() else { return None };
            let value = other(first, second, state)?;
            Some((choice((first, *op, second), (then, orelse), state, value)?, value.clone()))
        }
        Expr::Tuple(items) => {
            let item = |of: &Expr, i: usize| Expr::Item { of: of.clone().into(), index: Expr::Int(i as i64).into() };
            let parts = items.iter().enumerate().map(|(i, part)| {
                let first = match first {
                    Expr::Tuple(items) => items.get(i)?.clone(),
                    _ => item(first, i),
                };
                shape(part, &item(state, i), &first)
            });
            let (reducers, values) = parts.collect::<Option<Vec<_>>>()?.into_iter().unzip();
            Some((Reducer::Tuple(reducers), Expr::Tuple(values)))
        }
        _ => None,
    }
}

/// Whether folding in what `create` makes is folding in `value`: they are the same, or `create` adds the value to zero,
/// which changes no sum that began so: it can't be -0.0.
fn folds_alike(reducer: &Reducer, value: &Expr, create: &Expr) -> bool {
    if value == create {
        return true;
    }
    match (reducer, value, create) {
        (Reducer::Sum, _, Expr::Binary { op: BinaryOp::Add, left, right }) => {
            let zero = matches!(**left, Expr::Int(0)) || **left == Expr::Float(0.0_f64.to_bits());
            zero && **right == *value
        }
        (Reducer::Tuple(reducers), Expr::Tuple(values), Expr::Tuple(created)) => {
            let all = reducers.iter().zip(values).zip(created);
            values.len() == created.len() && all.into_iter().all(|((r, v), c)| folds_alike(r, v, c))
        }
        _ => false,
    }
}

/// The one of two operands that is not the state, if it doesn't mention it.
fn other<'a>(left: &'a Expr, right: &'a Expr, state: &Expr) -> Option<&'a Expr> {
    let value = if left == state { right } else { left };
    (!value.mentions(0)).then_some(value)
}
