//! Evaluates nodes row by row: exact for every construct, with branches and short circuits as Python takes them.

use std::borrow::Cow;
use std::sync::Arc;

use super::builtins::{self, elements};
use super::captured::Captured;
use super::cell::Cell;
use super::compare::compare;
use super::expr::RegexFunction;
use super::frame::{Frame, Source, Value};
use super::methods;
use super::node::{Node, Part};
use super::operate::{binary, item, slice, unary};
use super::pattern::{self, RegexCall};
use super::read::Reader;
use super::textual::write_format;
use super::write::Writer;
use crate::error::Decline;

/// What a row is evaluated in.
struct Env<'a> {
    args: Vec<Source<'a>>,
    /// Locals that were bound for all rows.
    outer: Vec<Option<Source<'a>>>,
    /// Locals that this row bound.
    inner: Vec<Option<Cell<'a>>>,
    captured: &'a [Arc<Captured>],
    row: usize,
}

/// The columns that a frame's rows are read from.
struct Operands<'f> {
    args: Vec<Value>,
    locals: Vec<Option<Value>>,
    captured: &'f [Arc<Captured>],
}

impl<'f> Operands<'f> {
    fn new(frame: &Frame<'f>) -> Result<Self, Decline> {
        let args = (0..frame.params()).map(|i| frame.arg(i).map(Value::Each)).collect::<Result<_, _>>()?;
        let locals = (0..frame.locals()).map(|slot| frame.local(slot)).collect::<Result<_, _>>()?;
        Ok(Self { args, locals, captured: frame.captured })
    }

    fn env(&self) -> Env<'_> {
        Env {
            args: self.args.iter().map(Source::new).collect(),
            outer: self.locals.iter().map(|l| l.as_ref().map(Source::new)).collect(),
            inner: vec![None; self.locals.len()],
            captured: self.captured,
            row: 0,
        }
    }
}

/// The values of a node, each row by itself.
pub fn eval_node(node: &Node, frame: &Frame<'_>) -> Result<Value, Decline> {
    let operands = Operands::new(frame)?;
    let mut env = operands.env();
    let mut writer = Writer::default();
    for row in 0..frame.rows {
        env.row = row;
        writer.push(&env.eval(node)?)?;
    }
    Ok(Value::Each(writer.finish()?))
}

/// Python's truth of a node's value, each row by itself; the value may be of any type.
pub fn truth_node(node: &Node, frame: &Frame<'_>) -> Result<Vec<bool>, Decline> {
    let operands = Operands::new(frame)?;
    let mut env = operands.env();
    let mut truths = Vec::with_capacity(frame.rows);
    for row in 0..frame.rows {
        env.row = row;
        truths.push(env.truth(node)?);
    }
    Ok(truths)
}

impl<'a> Env<'a> {
    fn eval(&mut self, node: &'a Node) -> Result<Cell<'a>, Decline> {
        if let Some(reader) = self.path(node) {
            return Ok(reader.get(self.row));
        }
        Ok(match node {
            Node::Param(i) => self.args[*i].get(self.row)?,
            Node::Local(slot) => self.local(*slot)?,
            Node::Const(cell) => cell.borrowed(),
            Node::Tuple(items) => Cell::Tuple(self.all(items)?),
            Node::List(items) => Cell::List(self.all(items)?),
            Node::Item(of, index) => {
                let (of, index) = (self.eval(of)?, self.eval(index)?);
                item(of, &index)?
            }
            Node::Slice(of, bounds) => {
                let of = self.eval(of)?;
                let mut cells = [const { None }; 3];
                for (cell, bound) in cells.iter_mut().zip(bounds) {
                    *cell = bound.as_ref().map(|b| self.eval(b)).transpose()?;
                }
                slice(of, &cells)?
            }
            Node::Unary(op, of) => unary(*op, &self.eval(of)?)?,
            Node::Binary(op, left, right) => {
                let (left, right) = (self.eval(left)?, self.eval(right)?);
                binary(*op, left, right)?
            }
            Node::Compare(..) => Cell::Bool(self.truth(node)?),
            Node::And(items) | Node::Or(items) => {
                let stop = matches!(node, Node::Or(_));
                let mut value = Cell::None;
                for item in items {
                    value = self.eval(item)?;
                    if value.truth() == stop {
                        break;
                    }
                }
                value
            }
            Node::If(parts) => {
                let [test, then, orelse] = &**parts;
                let taken = if self.truth(test)? { then } else { orelse };
                self.eval(taken)?
            }
            Node::Let(slot, value, body) => {
                let value = self.eval(value)?;
                self.inner[*slot] = Some(value);
                self.eval(body)?
            }
            Node::Call(function, args) => builtins::call(*function, self.all(args)?)?,
            Node::Method(method, of, args) => {
                let of = self.eval(of)?;
                let args = self.all(args)?;
                methods::call(*method, of, &args)?
            }
            Node::StrMethod(method, args) => {
                let mut args = self.all(args)?;
                let of = args.remove(0);
                if !matches!(of, Cell::Str(_)) {
                    return Err(of.unsupported("a method of str"));
                }
                methods::call(*method, of, &args)?
            }
            Node::Lookup(table, how, key, default) => {
                let key = self.eval(key)?;
                let default = default.as_ref().map(|d| self.eval(d)).transpose()?;
                self.captured[*table].look(*how, &key, default)?
            }
            Node::Captured(i) => self.captured[*i].cell()?,
            Node::Regex(call, args) => regex(call, &self.all(args)?)?,
            Node::Format(parts) => {
                let mut out = String::new();
                for part in parts {
                    match part {
                        Part::Text(text) => out.push_str(text),
                        Part::Value(value, conversion, spec) => {
                            write_format(&self.eval(value)?, *conversion, spec, &mut out)?;
                        }
                    }
                }
                Cell::owned(out)
            }
            Node::Comprehension(slot, source, conditions, item) => {
                let source = elements(self.eval(source)?)?;
                let mut out = Vec::with_capacity(source.len());
                'items: for element in source {
                    self.inner[*slot] = Some(element);
                    for condition in conditions {
                        if !self.truth(condition)? {
                            continue 'items;
                        }
                    }
                    out.push(self.eval(item)?);
                }
                Cell::List(out)
            }
        })
    }

    fn all(&mut self, nodes: &'a [Node]) -> Result<Vec<Cell<'a>>, Decline> {
        nodes.iter().map(|n| self.eval(n)).collect()
    }

    /// Python's truth of a node's value.
    fn truth(&mut self, node: &'a Node) -> Result<bool, Decline> {
        match node {
            Node::Compare(first, rest) => {
                let mut left = self.eval(first)?;
                for (op, right) in rest {
                    let holds = if let Node::Const(right) = right {
                        let holds = compare(*op, &left, right)?;
                        left = if rest.len() > 1 { right.borrowed() } else { Cell::None };
                        holds
                    } else {
                        let right = self.eval(right)?;
                        let holds = compare(*op, &left, &right)?;
                        left = right;
                        holds
                    };
                    if !holds {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            _ => Ok(self.eval(node)?.truth()),
        }
    }

    fn local(&self, slot: usize) -> Result<Cell<'a>, Decline> {
        match (&self.inner[slot], &self.outer[slot]) {
            (Some(cell), _) => Ok(cell.clone()),
            (None, Some(source)) => source.get(self.row),
            (None, None) => Err(Decline::new("a local that is not bound yet")),
        }
    }

    /// The column that a node names by a parameter and constant indices, so that no tuple is made to take one item.
    fn path(&self, node: &Node) -> Option<&Reader<'a>> {
        match node {
            Node::Param(i) => match &self.args[*i] {
                Source::Each(reader) => reader.as_ref(),
                Source::One(_) => None,
            },
            Node::Item(of, index) => {
                let Node::Const(Cell::Int(index)) = &**index else { return None };
                let tuple = match self.path(of)? {
                    Reader::Optional(None, tuple) => tuple,
                    other => other,
                };
                match tuple {
                    Reader::Tuple(items) => {
                        let at = if *index < 0 { *index + items.len() as i64 } else { *index };
                        items.get(usize::try_from(at).ok()?)
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// A function of `re` on a row's values.
pub fn regex<'a>(call: &RegexCall, args: &[Cell<'a>]) -> Result<Cell<'a>, Decline> {
    let limit = |at: usize| match args.get(at) {
        None => Ok(0),
        Some(Cell::Int(i)) => Ok(*i),
        Some(other) => Err(other.unsupported("a limit")),
    };
    match (call.function, args) {
        (RegexFunction::Sub, [Cell::Str(text), ..]) => Ok(Cell::owned(pattern::substitute(call, text, limit(1)?)?)),
        (function, [Cell::Str(Cow::Borrowed(text)), ..]) => match function {
            RegexFunction::Split => Ok(Cell::List(pattern::split(&call.pattern, text, limit(1)?)?)),
            RegexFunction::Findall => Ok(Cell::List(pattern::find_all(&call.pattern, text)?)),
            _ => pattern::first_match(&call.pattern, text),
        },
        (function, [Cell::Str(text), ..]) => match function {
            RegexFunction::Split => Ok(methods::owned(Cell::List(pattern::split(&call.pattern, text, limit(1)?)?))),
            RegexFunction::Findall => Ok(methods::owned(Cell::List(pattern::find_all(&call.pattern, text)?))),
            _ => Ok(methods::owned(pattern::first_match(&call.pattern, text)?)),
        },
        _ => Err(Decline::new("a function of re on what is no str")),
    }
}
