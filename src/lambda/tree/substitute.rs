//! Expressions in place of parameters: a start value bound for good, parameters numbered anew.

use std::convert::Infallible;

use super::expr::{BinaryOp, Expr, FormatPart};

impl Expr {
    /// The same expression with `replace(i)` in place of parameter i. Items of constant tuples
    /// and sums of constant ints that show up are taken.
    #[must_use]
    pub fn with_params(&self, replace: &mut dyn FnMut(usize) -> Expr) -> Expr {
        let mut each = |expr: &Expr| expr.with_params(replace);
        match self {
            Self::Param(i) => replace(*i),
            Self::Local(_)
            | Self::None
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Str(_)
            | Self::Bytes(_)
            | Self::Captured(_)
            | Self::Raises(_) => self.clone(),
            Self::Tuple(items) => Self::Tuple(items.iter().map(each).collect()),
            Self::List(items) => Self::List(items.iter().map(each).collect()),
            Self::And(items) => Self::And(items.iter().map(each).collect()),
            Self::Or(items) => Self::Or(items.iter().map(each).collect()),
            Self::Item { of, index } => item(each(of), each(index)),
            Self::Slice { of, start, stop, step } => Self::Slice {
                of: each(of).into(),
                start: start.as_ref().map(|e| each(e).into()),
                stop: stop.as_ref().map(|e| each(e).into()),
                step: step.as_ref().map(|e| each(e).into()),
            },
            Self::Unary { op, of } => Self::Unary { op: *op, of: each(of).into() },
            Self::Binary { op, left, right } => binary(*op, each(left), each(right)),
            Self::Compare { first, rest } => Self::Compare {
                first: each(first).into(),
                rest: rest.iter().map(|(op, operand)| (*op, each(operand))).collect(),
            },
            Self::If { test, then, orelse } => {
                Self::If { test: each(test).into(), then: each(then).into(), orelse: each(orelse).into() }
            }
            Self::Let { slot, value, body } => {
                Self::Let { slot: *slot, value: each(value).into(), body: each(body).into() }
            }
            Self::Call { function, args } => {
                Self::Call { function: function.clone(), args: args.iter().map(each).collect() }
            }
            Self::Method { name, of, args } => {
                Self::Method { name: name.clone(), of: each(of).into(), args: args.iter().map(each).collect() }
            }
            Self::Regex { function, pattern, replacement, args } => Self::Regex {
                function: *function,
                pattern: pattern.clone(),
                replacement: replacement.clone(),
                args: args.iter().map(each).collect(),
            },
            Self::Lookup { table, how, key, default } => Self::Lookup {
                table: *table,
                how: *how,
                key: each(key).into(),
                default: default.as_ref().map(|e| each(e).into()),
            },
            Self::Format(parts) => Self::Format(
                parts
                    .iter()
                    .map(|part| match part {
                        FormatPart::Text(text) => FormatPart::Text(text.clone()),
                        FormatPart::Value { value, conversion, spec } => {
                            FormatPart::Value { value: each(value), conversion: *conversion, spec: spec.clone() }
                        }
                    })
                    .collect(),
            ),
            Self::Comprehension { slot, source, conditions, item } => Self::Comprehension {
                slot: *slot,
                source: each(source).into(),
                conditions: conditions.iter().map(&mut each).collect(),
                item: each(item).into(),
            },
            Self::Try(of) => {
                let Ok(made) = of.try_map(&mut |part| Ok::<_, Infallible>(each(part)));
                Self::Try(made.into())
            }
            Self::Outside(number, of) => Self::Outside(*number, each(of).into()),
            Self::Unsure(of) => Self::Unsure(each(of).into()),
            Self::Loop(of) => Self::Loop(of.map(&mut each).into()),
            Self::Generator(over) => Self::Generator(each(over).into()),
        }
    }

    /// Whether parameter `param` is mentioned.
    pub fn mentions(&self, param: usize) -> bool {
        let mut found = false;
        let _ = self.with_params(&mut |i| {
            found |= i == param;
            Self::Param(i)
        });
        found
    }

    /// Whether this is a value and nothing to evaluate.
    pub fn is_constant(&self) -> bool {
        match self {
            Self::None | Self::Bool(_) | Self::Int(_) | Self::Float(_) | Self::Str(_) | Self::Bytes(_) => true,
            Self::Tuple(items) | Self::List(items) => items.iter().all(Self::is_constant),
            _ => false,
        }
    }
}

/// `of[index]`
fn item(of: Expr, index: Expr) -> Expr {
    if let (Expr::Tuple(items), Expr::Int(at)) = (&of, &index)
        && of.is_constant()
        && let Some(known) = usize::try_from(*at).ok().and_then(|at| items.get(at))
    {
        return known.clone();
    }
    Expr::Item { of: of.into(), index: index.into() }
}

/// `left op right`
fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    if let (BinaryOp::Add, Expr::Int(a), Expr::Int(b)) = (op, &left, &right)
        && let Some(sum) = a.checked_add(*b)
    {
        return Expr::Int(sum);
    }
    Expr::Binary { op, left: left.into(), right: right.into() }
}
