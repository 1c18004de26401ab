//! Resolves an expression into nodes: finds functions and methods, compiles patterns, checks what can be checked
//! before a row is seen. What doesn't compile is declined with its reason.

use super::cell::Cell;
use super::expr::{Expr, FormatPart, LookupKind, RegexFunction};
use super::functions::{Function, Method};
use super::node::{Node, Part};
use super::pattern::RegexCall;
use crate::error::Decline;
use crate::kernel::format::Spec;

/// The node of an expression, and how many locals and parameters it uses.
#[derive(Default)]
pub struct Lowering {
    /// One more than the highest local.
    pub locals: usize,
    /// One more than the highest parameter.
    pub params: usize,
    /// Which captured container or value is used, and how.
    pub captured: Vec<(usize, Option<LookupKind>)>,
}

impl Lowering {
    /// Resolves one expression.
    pub fn node(&mut self, expr: &Expr) -> Result<Node, Decline> {
        Ok(match expr {
            Expr::Param(i) => {
                self.params = self.params.max(i + 1);
                Node::Param(*i)
            }
            Expr::Local(slot) => {
                self.locals = self.locals.max(slot + 1);
                Node::Local(*slot)
            }
            Expr::None => Node::Const(Cell::None),
            Expr::Bool(b) => Node::Const(Cell::Bool(*b)),
            Expr::Int(i) => Node::Const(Cell::Int(*i)),
            Expr::Float(bits) => Node::Const(Cell::Float(f64::from_bits(*bits))),
            Expr::Str(s) => Node::Const(Cell::owned(s.clone())),
            Expr::Bytes(b) => Node::Const(Cell::Bytes(b.clone().into())),
            Expr::Tuple(items) => self.tuple(items)?,
            Expr::List(items) => Node::List(self.nodes(items)?),
            Expr::Item { of, index } => Node::Item(self.boxed(of)?, self.boxed(index)?),
            Expr::Slice { of, start, stop, step } => Node::Slice(
                self.boxed(of)?,
                [self.maybe(start.as_deref())?, self.maybe(stop.as_deref())?, self.maybe(step.as_deref())?],
            ),
            Expr::Unary { op, of } => Node::Unary(*op, self.boxed(of)?),
            Expr::Binary { op, left, right } => Node::Binary(*op, self.boxed(left)?, self.boxed(right)?),
            Expr::Compare { first, rest } => Node::Compare(
                self.boxed(first)?,
                rest.iter().map(|(op, e)| Ok((*op, self.node(e)?))).collect::<Result<_, Decline>>()?,
            ),
            Expr::And(items) => Node::And(self.nodes(items)?),
            Expr::Or(items) => Node::Or(self.nodes(items)?),
            Expr::If { test, then, orelse } => {
                Node::If(Box::new([self.node(test)?, self.node(then)?, self.node(orelse)?]))
            }
            Expr::Let { slot, value, body } => {
                self.locals = self.locals.max(slot + 1);
                Node::Let(*slot, self.boxed(value)?, self.boxed(body)?)
            }
            Expr::Call { function, args } => {
                if let Some(name) = function.strip_prefix("str.")
                    && let Some(method) = Method::from_name(name)
                    && !args.is_empty()
                    && method.takes(args.len() - 1)
                {
                    return Ok(Node::StrMethod(method, self.nodes(args)?));
                }
                if function == "bool" && args.is_empty() {
                    return Ok(Node::Const(Cell::Bool(false)));
                }
                let known = Function::from_name(function)
                    .ok_or_else(|| Decline::new(format!("{function}() is not compiled")))?;
                if !known.takes(args.len()) {
                    return Err(Decline::new(format!("{function}() with {} arguments", args.len())));
                }
                Node::Call(known, self.nodes(args)?)
            }
            Expr::Method { name, of, args } => {
                let known = Method::from_name(name)
                    .ok_or_else(|| Decline::new(format!("the method {name}() is not compiled")))?;
                if !known.takes(args.len()) {
                    return Err(Decline::new(format!("{name}() with {} arguments", args.len())));
                }
                Node::Method(known, self.boxed(of)?, self.nodes(args)?)
            }
            Expr::Regex { function, pattern, replacement, args } => {
                let (least, most) = match function {
                    RegexFunction::Split | RegexFunction::Sub => (1, 2),
                    _ => (1, 1),
                };
                if !(least..=most).contains(&args.len()) {
                    return Err(Decline::new(format!("a function of re with {} arguments", args.len())));
                }
                Node::Regex(Box::new(RegexCall::new(*function, pattern, replacement)?), self.nodes(args)?)
            }
            Expr::Lookup { table, how, key, default } => {
                self.captured.push((*table, Some(*how)));
                Node::Lookup(*table, *how, self.boxed(key)?, self.maybe(default.as_deref())?)
            }
            Expr::Captured(i) => {
                self.captured.push((*i, None));
                Node::Captured(*i)
            }
            Expr::Format(parts) => Node::Format(parts.iter().map(|p| self.part(p)).collect::<Result<_, _>>()?),
            Expr::Comprehension { slot, source, conditions, item } => {
                self.locals = self.locals.max(slot + 1);
                Node::Comprehension(*slot, self.boxed(source)?, self.nodes(conditions)?, self.boxed(item)?)
            }
        })
    }

    /// A display of constants is a constant.
    fn tuple(&mut self, items: &[Expr]) -> Result<Node, Decline> {
        let nodes = self.nodes(items)?;
        if nodes.iter().all(|n| matches!(n, Node::Const(_))) {
            let cells = nodes.into_iter().filter_map(|n| if let Node::Const(c) = n { Some(c) } else { None });
            return Ok(Node::Const(Cell::Tuple(cells.collect())));
        }
        Ok(Node::Tuple(nodes))
    }

    fn nodes(&mut self, exprs: &[Expr]) -> Result<Vec<Node>, Decline> {
        exprs.iter().map(|e| self.node(e)).collect()
    }

    fn boxed(&mut self, expr: &Expr) -> Result<Box<Node>, Decline> {
        Ok(Box::new(self.node(expr)?))
    }

    fn maybe(&mut self, expr: Option<&Expr>) -> Result<Option<Box<Node>>, Decline> {
        expr.map(|e| self.boxed(e)).transpose()
    }

    fn part(&mut self, part: &FormatPart) -> Result<Part, Decline> {
        Ok(match part {
            FormatPart::Text(text) => Part::Text(text.clone()),
            FormatPart::Value { value, conversion, spec } => {
                if !matches!(conversion, None | Some('s' | 'r')) {
                    return Err(Decline::new("the conversion !a of a formatted string"));
                }
                Part::Value(self.node(value)?, *conversion, Spec::parse(spec)?)
            }
        })
    }
}
