//! Whether an update function leaves the state of a key alone that got nothing: then only keys that came are looked at.

use std::collections::HashMap;

use super::{BinaryOp, CompareOp, Expr, UnaryOp};
use crate::chunk::Type;

impl Expr {
    /// Whether `f([], state)` is `state`, for every state of this type, and raises nothing.
    pub fn keeps_idle(&self, state: &Type) -> bool {
        let idle = self.with_params(&mut |i| if i == 0 { Expr::List(Vec::new()) } else { Expr::Param(i) });
        Idle { state, locals: HashMap::new() }.simple(&idle) == STATE
    }
}

const STATE: Expr = Expr::Param(1);

struct Idle<'a> {
    state: &'a Type,
    locals: HashMap<usize, Expr>,
}

impl Idle<'_> {
    /// The same value, written shorter where it can be.
    fn simple(&mut self, expr: &Expr) -> Expr {
        match expr {
            Expr::Local(slot) => self.locals.get(slot).cloned().unwrap_or_else(|| expr.clone()),
            Expr::Let { slot, value, body } => {
                let value = self.simple(value);
                self.locals.insert(*slot, value);
                self.simple(body)
            }
            Expr::Call { function, args } => {
                let args: Vec<Expr> = args.iter().map(|arg| self.simple(arg)).collect();
                match (function.as_str(), args.as_slice()) {
                    ("sum" | "len", [Expr::List(items)]) if items.is_empty() => Expr::Int(0),
                    ("sum", [Expr::List(items), start]) if items.is_empty() => start.clone(),
                    _ => Expr::Call { function: function.clone(), args },
                }
            }
            Expr::Or(items) => {
                let items: Vec<Expr> = items.iter().map(|item| self.simple(item)).collect();
                self.either(&items)
            }
            Expr::If { test, then, orelse } => {
                let test = self.simple(test);
                let (then, orelse) = (self.simple(then), self.simple(orelse));
                match truth(&test) {
                    Some(true) => then,
                    Some(false) => orelse,
                    None => self.choice(test, then, orelse),
                }
            }
            Expr::Unary { op: UnaryOp::Not, of } => {
                let of = self.simple(of);
                match truth(&of) {
                    Some(truth) => Expr::Bool(!truth),
                    None => Expr::Unary { op: UnaryOp::Not, of: of.into() },
                }
            }
            Expr::Compare { first, rest } => {
                let first = self.simple(first);
                let rest: Vec<(CompareOp, Expr)> = rest.iter().map(|(op, e)| (*op, self.simple(e))).collect();
                self.compared(&first, &rest).map_or_else(|| Expr::Compare { first: first.into(), rest }, Expr::Bool)
            }
            Expr::Binary { op, left, right } => {
                let (left, right) = (self.simple(left), self.simple(right));
                self.arithmetic(*op, left, right)
            }
            Expr::Tuple(items) => {
                let items: Vec<Expr> = items.iter().map(|item| self.simple(item)).collect();
                let same = |(i, item): (usize, &Expr)| *item == item_of(i);
                match self.state {
                    Type::Tuple(kinds) if kinds.len() == items.len() && items.iter().enumerate().all(same) => STATE,
                    _ => Expr::Tuple(items),
                }
            }
            Expr::Item { of, index } => {
                let (of, index) = (self.simple(of), self.simple(index));
                match (&of, &index) {
                    (Expr::Tuple(items), Expr::Int(i)) if (*i as usize) < items.len() => items[*i as usize].clone(),
                    _ => Expr::Item { of: of.into(), index: index.into() },
                }
            }
            other => other.clone(),
        }
    }

    /// `a or b`: what is false, and of a state's type, may stand for the same of the state.
    fn either(&self, items: &[Expr]) -> Expr {
        match items {
            [only] => only.clone(),
            [first, rest @ ..] => match truth(first) {
                Some(true) => first.clone(),
                Some(false) => self.either(rest),
                None if rest.len() == 1 && self.is_empty_of(&rest[0], first) => first.clone(),
                None => Expr::Or(items.to_vec()),
            },
            [] => Expr::None,
        }
    }

    fn choice(&self, test: Expr, then: Expr, orelse: Expr) -> Expr {
        if (then == orelse && self.kind(&test).is_some())
            || (test == then && self.is_empty_of(&orelse, &then))
            || matches!(&test, Expr::Unary { op: UnaryOp::Not, of } if **of == orelse && self.is_empty_of(&then, &orelse))
        {
            return if matches!(test, Expr::Unary { .. }) { orelse } else { then };
        }
        Expr::If { test: test.into(), then: then.into(), orelse: orelse.into() }
    }

    fn arithmetic(&self, op: BinaryOp, left: Expr, right: Expr) -> Expr {
        let nothing = |this: &Expr, other: &Expr| match self.kind(other) {
            Some(Type::Int) => *this == Expr::Int(0),
            Some(Type::List(_)) => *this == Expr::List(Vec::new()),
            _ => false,
        };
        match op {
            BinaryOp::Add if nothing(&left, &right) => right,
            BinaryOp::Add if nothing(&right, &left) => left,
            BinaryOp::Sub if right == Expr::Int(0) && self.kind(&left) == Some(&Type::Int) => left,
            _ => Expr::Binary { op, left: left.into(), right: right.into() },
        }
    }

    /// What a comparison says, where that is known.
    fn compared(&self, first: &Expr, rest: &[(CompareOp, Expr)]) -> Option<bool> {
        let [(op, second)] = rest else { return None };
        if self.kind(first).is_some() && *second == Expr::None {
            return match op {
                CompareOp::Is | CompareOp::Eq => Some(false),
                CompareOp::IsNot | CompareOp::Ne => Some(true),
                _ => None,
            };
        }
        let (Expr::Int(a), Expr::Int(b)) = (first, second) else { return None };
        Some(match op {
            CompareOp::Lt => a < b,
            CompareOp::Le => a <= b,
            CompareOp::Gt => a > b,
            CompareOp::Ge => a >= b,
            CompareOp::Eq => a == b,
            CompareOp::Ne => a != b,
            _ => return None,
        })
    }

    /// The type of what is the state or an item of it, and never `None`.
    fn kind(&self, expr: &Expr) -> Option<&Type> {
        let kind = match expr {
            Expr::Param(1) => self.state,
            Expr::Item { of, index } => match (self.kind(of)?, &**index) {
                (Type::Tuple(kinds), Expr::Int(i)) => kinds.get(usize::try_from(*i).ok()?)?,
                _ => return None,
            },
            _ => return None,
        };
        (!matches!(kind, Type::Null | Type::Optional(_))).then_some(kind)
    }

    /// Whether `zero` is the one false value of the type of `of`. A float has two.
    fn is_empty_of(&self, zero: &Expr, of: &Expr) -> bool {
        match self.kind(of) {
            Some(Type::Int) => *zero == Expr::Int(0),
            Some(Type::Str) => *zero == Expr::Str(String::new()),
            Some(Type::Bool) => *zero == Expr::Bool(false),
            Some(Type::List(_)) => *zero == Expr::List(Vec::new()),
            _ => false,
        }
    }
}

fn item_of(i: usize) -> Expr {
    Expr::Item { of: STATE.into(), index: Expr::Int(i as i64).into() }
}

/// The truth of a constant.
fn truth(expr: &Expr) -> Option<bool> {
    Some(match expr {
        Expr::None => false,
        Expr::Bool(value) => *value,
        Expr::Int(value) => *value != 0,
        Expr::Str(text) => !text.is_empty(),
        Expr::List(items) if items.is_empty() => false,
        _ => return None,
    })
}
