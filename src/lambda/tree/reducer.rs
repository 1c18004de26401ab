//! What a reduce function does, where its shape says it: a sum, a minimum, the first value, a tuple of such.
//! Goes in: the function's expression of two parameters. Comes out: the reducer a native hash table folds with.

use std::fmt;
use std::sync::Arc;

use super::{BinaryOp, CompareOp, Expr};
use crate::chunk::{Columns, Type};
use crate::error::Decline;

/// A pure function of two values, evaluated for many pairs at once.
pub trait BinaryFn: Send + Sync {
    /// The value of each pair of rows. Both columns have the same length, and so has the answer.
    fn apply(&self, left: &Columns, right: &Columns) -> Result<Columns, Decline>;

    /// Folds from the left, one pair after the other: state i takes the rows `runs[i]` of `values`. For few states with
    /// many rows each, where `apply` would be called for hardly more than one row at a time.
    fn fold(&self, states: &Columns, values: &Columns, runs: &[&[u32]]) -> Result<Columns, Decline> {
        let mut folded = Vec::with_capacity(runs.len());
        for (i, run) in runs.iter().enumerate() {
            let mut state = states.slice(i, 1);
            for row in *run {
                state = self.apply(&state, &values.slice(*row as usize, 1))?;
            }
            folded.push(state);
        }
        Columns::concat(&folded).ok_or(Decline::new("states of different types"))
    }
}

/// Which of two equal values is kept. It shows only where equal values differ: 0.0 and -0.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ties {
    /// The one that came first, as Python's `min(a, b)` and `max(a, b)` do.
    First,
    /// The one that came last, as `a if a < b else b` does.
    Last,
}

/// How the values of one key become one.
#[derive(Clone)]
pub enum Reducer {
    /// `a + b`: numbers are added, str, bytes and lists joined.
    Sum,
    /// Lists alone are joined: `a.extend(b)`.
    Extend,
    /// The smaller value.
    Min(Ties),
    /// The larger value.
    Max(Ties),
    /// `a`
    First,
    /// `b`
    Last,
    /// `[a, b, ...]`: what `groupByKey` makes of its values. No function has this shape.
    Collect,
    /// How many values there are, whatever they are: `countByKey`. No function has this shape.
    Count,
    /// A tuple whose items are folded each on its own.
    Tuple(Vec<Reducer>),
    /// Any other pure function.
    General(Arc<dyn BinaryFn>),
}

impl Reducer {
    /// The reducer of a function's body over parameters 0 (`a`) and 1 (`b`); `None` when it has no special shape.
    pub fn from_expr(body: &Expr) -> Option<Self> {
        classify(body, &Expr::Param(0), &Expr::Param(1))
    }

    /// Whether a key's value is one of those that came, and no other is looked at: then it shows nowhere in how many rows a key
    /// is handed on.
    pub fn keeps_one(&self) -> bool {
        matches!(self, Self::First | Self::Last)
    }

    /// Whether values of this type may be folded in any grouping that keeps their order: the answer is the same.
    pub fn is_exact(&self, kind: &Type) -> bool {
        match (self, kind) {
            (Self::First | Self::Last | Self::Extend, _) => true,
            (Self::Sum, kind) => matches!(kind, Type::Int | Type::Str | Type::Bytes | Type::List(_)),
            (Self::Min(_) | Self::Max(_), kind) => {
                matches!(kind, Type::Bool | Type::Int | Type::Float | Type::Str | Type::Bytes)
                    || matches!(kind, Type::Date | Type::DateTime | Type::Delta)
            }
            (Self::Tuple(items), Type::Tuple(kinds)) => {
                items.len() == kinds.len() && items.iter().zip(kinds).all(|(r, k)| r.is_exact(k))
            }
            (Self::Collect | Self::Count | Self::Tuple(_) | Self::General(_), _) => false,
        }
    }
}

impl fmt::Debug for Reducer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sum => f.write_str("Sum"),
            Self::Extend => f.write_str("Extend"),
            Self::Min(ties) => write!(f, "Min({ties:?})"),
            Self::Max(ties) => write!(f, "Max({ties:?})"),
            Self::First => f.write_str("First"),
            Self::Last => f.write_str("Last"),
            Self::Collect => f.write_str("Collect"),
            Self::Count => f.write_str("Count"),
            Self::Tuple(items) => f.debug_tuple("Tuple").field(items).finish(),
            Self::General(_) => f.write_str("General"),
        }
    }
}

/// What a name stands for that is given at once: `{ x = value; x }`.
pub(in crate::lambda) fn given(body: &Expr) -> &Expr {
    match body {
        Expr::Let { slot, value, body } if **body == Expr::Local(*slot) => given(value),
        other => other,
    }
}

fn classify(body: &Expr, a: &Expr, b: &Expr) -> Option<Reducer> {
    let body = given(body);
    if body == a {
        return Some(Reducer::First);
    }
    if body == b {
        return Some(Reducer::Last);
    }
    match body {
        Expr::Binary { op: BinaryOp::Add, left, right } if **left == *a && **right == *b => Some(Reducer::Sum),
        Expr::Call { function, args } => {
            let [left, right] = args.as_slice() else { return None };
            let ties = order_of((left, right), a, b)?;
            if function == "list.extend" && ties == Ties::First {
                return Some(Reducer::Extend);
            }
            match function.as_str() {
                "min" => Some(Reducer::Min(ties)),
                "max" => Some(Reducer::Max(ties)),
                _ => None,
            }
        }
        Expr::If { test, then, orelse } => {
            let Expr::Compare { first, rest } = &**test else { return None };
            let [(op, second)] = rest.as_slice() else { return None };
            choice((first, *op, second), (then, orelse), a, b)
        }
        Expr::Tuple(items) => {
            let item = |of: &Expr, i: usize| Expr::Item { of: of.clone().into(), index: Expr::Int(i as i64).into() };
            let parts = items.iter().enumerate().map(|(i, part)| classify(part, &item(a, i), &item(b, i)));
            Some(Reducer::Tuple(parts.collect::<Option<_>>()?))
        }
        _ => None,
    }
}

/// Which of equal values `min(pair)` and `max(pair)` keep: the first argument's.
pub(in crate::lambda) fn order_of(pair: (&Expr, &Expr), a: &Expr, b: &Expr) -> Option<Ties> {
    if pair == (a, b) {
        Some(Ties::First)
    } else if pair == (b, a) {
        Some(Ties::Last)
    } else {
        None
    }
}

/// `then if first op second else orelse`, where both pairs are `a` and `b` in some order.
pub(in crate::lambda) fn choice(
    test: (&Expr, CompareOp, &Expr),
    arms: (&Expr, &Expr),
    a: &Expr,
    b: &Expr,
) -> Option<Reducer> {
    let (first, op, second) = test;
    let straight = order_of((first, second), a, b)? == Ties::First;
    let keeps_a = order_of(arms, a, b)? == Ties::First;
    // As `a op b`: whether the test asks for the larger `a`, and whether it holds of equal values.
    let (greater, equal) = match op {
        CompareOp::Gt => (straight, false),
        CompareOp::Ge => (straight, true),
        CompareOp::Lt => (!straight, false),
        CompareOp::Le => (!straight, true),
        _ => return None,
    };
    let ties = if equal == keeps_a { Ties::First } else { Ties::Last };
    Some(if greater == keeps_a { Reducer::Max(ties) } else { Reducer::Min(ties) })
}
