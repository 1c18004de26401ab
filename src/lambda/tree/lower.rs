//! Resolves an expression into trees: finds functions and methods, compiles patterns, checks what can be checked
//! before a row is seen. What doesn't compile is declined with its reason.

use std::sync::Arc;

use super::expr::{Expr, FormatPart, LookupKind, Pattern, Piece, RegexFunction};
use super::functions::{Function, Method};
use super::tries::Try;
use super::{Part, Tree};
use crate::chunk::Class;
use crate::error::Decline;
use crate::kernel::format::Spec;
use crate::lambda::cells::cell::Cell;
use crate::lambda::cells::dates;
use crate::lambda::pattern::RegexCall;

/// The tree of an expression, and how many locals and parameters it uses.
#[derive(Default)]
pub struct Lowering {
    /// One more than the highest local.
    pub locals: usize,
    /// One more than the highest parameter.
    pub params: usize,
    /// Whether there is a loop in it.
    pub loops: bool,
    /// Whether there is a scalar of numpy's in it.
    pub reals: bool,
    /// Which captured container or value is used, and how.
    pub captured: Vec<(usize, Option<LookupKind>)>,
    /// The patterns so far: a local that is a match stands in the expression once for each of its uses.
    pub patterns: Patterns,
}

/// Patterns by how they are used.
type Patterns = Vec<((RegexFunction, Pattern, Vec<Piece>), Arc<RegexCall>)>;

impl Lowering {
    /// Resolves one expression.
    pub fn tree(&mut self, expr: &Expr) -> Result<Tree, Decline> {
        Ok(match expr {
            Expr::Param(i) => {
                self.params = self.params.max(i + 1);
                Tree::Param(*i)
            }
            Expr::Local(slot) => {
                self.locals = self.locals.max(slot + 1);
                Tree::Local(*slot)
            }
            Expr::None => Tree::Const(Cell::None),
            Expr::Bool(b) => Tree::Const(Cell::Bool(*b)),
            Expr::Int(i) => Tree::Const(Cell::Int(*i)),
            Expr::Float(bits) => Tree::Const(Cell::Float(f64::from_bits(*bits))),
            Expr::Str(s) => Tree::Const(Cell::owned(s.clone())),
            Expr::Bytes(b) => Tree::Const(Cell::Bytes(b.clone().into())),
            Expr::Tuple(items) => self.tuple(items)?,
            Expr::List(items) => Tree::List(self.trees(items)?),
            Expr::Item { of, index } => Tree::Item(self.boxed(of)?, self.boxed(index)?),
            Expr::Slice { of, start, stop, step } => Tree::Slice(
                self.boxed(of)?,
                [self.maybe(start.as_deref())?, self.maybe(stop.as_deref())?, self.maybe(step.as_deref())?],
            ),
            Expr::Unary { op, of } => Tree::Unary(*op, self.boxed(of)?),
            Expr::Binary { op, left, right } => Tree::Binary(*op, self.boxed(left)?, self.boxed(right)?),
            Expr::Compare { first, rest } => Tree::Compare(
                self.boxed(first)?,
                rest.iter().map(|(op, e)| Ok((*op, self.tree(e)?))).collect::<Result<_, Decline>>()?,
            ),
            Expr::And(items) => Tree::And(self.trees(items)?),
            Expr::Or(items) => Tree::Or(self.trees(items)?),
            Expr::If { test, then, orelse } => {
                Tree::If(Box::new([self.tree(test)?, self.tree(then)?, self.tree(orelse)?]))
            }
            Expr::Let { slot, value, body } => {
                self.locals = self.locals.max(slot + 1);
                Tree::Let(*slot, self.boxed(value)?, self.boxed(body)?)
            }
            Expr::Call { function, args } => self.call(function, args)?,
            Expr::Method { name, of, args } => {
                let known = Method::from_name(name)
                    .ok_or_else(|| Decline::new(format!("the method {name}() is not compiled")))?;
                if !known.takes(args.len()) {
                    return Err(Decline::new(format!("{name}() with {} arguments", args.len())));
                }
                Tree::Method(known, self.boxed(of)?, self.trees(args)?)
            }
            Expr::Regex { function, pattern, replacement, args } => {
                let (least, most) = match function {
                    RegexFunction::Split | RegexFunction::Sub | RegexFunction::Finditer => (1, 2),
                    _ => (1, 1),
                };
                if !(least..=most).contains(&args.len()) {
                    return Err(Decline::new(format!("a function of re with {} arguments", args.len())));
                }
                Tree::Regex(self.pattern(*function, pattern, replacement)?, self.trees(args)?)
            }
            Expr::Lookup { table, how, key, default } => {
                self.captured.push((*table, Some(*how)));
                Tree::Lookup(*table, *how, self.boxed(key)?, self.maybe(default.as_deref())?)
            }
            Expr::Captured(i) => {
                self.captured.push((*i, None));
                Tree::Captured(*i)
            }
            Expr::Format(parts) => Tree::Format(parts.iter().map(|p| self.part(p)).collect::<Result<_, _>>()?),
            Expr::Comprehension { slot, source, conditions, item } => {
                self.locals = self.locals.max(slot + 1);
                Tree::Comprehension(*slot, self.boxed(source)?, self.trees(conditions)?, self.boxed(item)?)
            }
            Expr::Loop(of) => {
                self.loops = true;
                let slots = of.slots().map(|slot| slot + 1);
                self.locals = slots.fold(self.locals, usize::max);
                Tree::Loop(of.try_map(&mut |e| self.tree(e))?.into())
            }
            Expr::Try(of) => Tree::Try(self.attempt(of)?.into()),
            Expr::Outside(number, of) => Tree::Outside(*number, self.boxed(of)?),
            Expr::Unsure(of) => Tree::Unsure(self.boxed(of)?),
            Expr::Generator(_) => return Err(Decline::new("makes a generator")),
            Expr::Raises(why) => Tree::Raises(why.clone()),
        })
    }

    /// A call of a function by its canonical name.
    fn call(&mut self, function: &str, args: &[Expr]) -> Result<Tree, Decline> {
        if let Some(name) = function.strip_prefix("str.")
            && let Some(method) = Method::from_name(name)
            && !args.is_empty()
            && method.takes(args.len() - 1)
        {
            return Ok(Tree::StrMethod(method, self.trees(args)?));
        }
        if function == "bool" && args.is_empty() {
            return Ok(Tree::Const(Cell::Bool(false)));
        }
        let known =
            Function::from_name(function).ok_or_else(|| Decline::new(format!("{function}() is not compiled")))?;
        if !known.takes(args.len()) {
            return Err(Decline::new(format!("{function}() with {} arguments", args.len())));
        }
        if known == Function::RecordOf {
            return self.record(args);
        }
        if let (Function::RecordIs, [of, Expr::Str(mark), name]) = (known, args) {
            let class = Class::bare(mark).ok_or(Decline::new("a class of no mark"))?;
            let class = Tree::Const(Cell::Record(Arc::new(class), Vec::new()));
            return Ok(Tree::Call(known, vec![self.tree(of)?, class, self.tree(name)?]));
        }
        self.reals |= known == Function::NumpySum;
        if let (Function::DateConstant, [Expr::Str(kind), Expr::Int(number)]) = (known, args)
            && let Some(constant) = dates::constant(kind, *number)
        {
            return Ok(Tree::Const(constant));
        }
        Ok(Tree::Call(known, self.trees(args)?))
    }

    /// A record of a tuple, by the mark of its class and the names of its values.
    fn record(&mut self, args: &[Expr]) -> Result<Tree, Decline> {
        let [items, Expr::Tuple(parts)] = args else { return Err(Decline::new("a record of no class")) };
        let texts: Option<Vec<String>> =
            parts.iter().map(|part| if let Expr::Str(text) = part { Some(text.clone()) } else { None }).collect();
        let class = texts.and_then(|mut texts| {
            let names = texts.split_off(1.min(texts.len()));
            Class::marked(texts.first()?, names)
        });
        let class = class.ok_or(Decline::new("a record of no class"))?;
        let class = Tree::Const(Cell::Record(Arc::new(class), Vec::new()));
        Ok(Tree::Call(Function::RecordOf, vec![self.tree(items)?, class]))
    }

    fn attempt(&mut self, of: &Try<Expr>) -> Result<Try<Tree>, Decline> {
        self.locals = of.names.iter().flatten().fold(self.locals, |most, slot| most.max(slot + 1));
        of.try_map(&mut |e| self.tree(e))
    }

    fn pattern(
        &mut self,
        function: RegexFunction,
        pattern: &Pattern,
        replacement: &[Piece],
    ) -> Result<Arc<RegexCall>, Decline> {
        let same = |(f, p, r): &(_, _, Vec<_>)| *f == function && p == pattern && r == replacement;
        if let Some((_, call)) = self.patterns.iter().find(|(known, _)| same(known)) {
            return Ok(call.clone());
        }
        let call = Arc::new(RegexCall::new(function, pattern, replacement)?);
        self.patterns.push(((function, pattern.clone(), replacement.to_vec()), call.clone()));
        Ok(call)
    }

    /// A display of constants is a constant.
    fn tuple(&mut self, items: &[Expr]) -> Result<Tree, Decline> {
        let trees = self.trees(items)?;
        if trees.iter().all(|n| matches!(n, Tree::Const(_))) {
            let cells = trees.into_iter().filter_map(|n| if let Tree::Const(c) = n { Some(c) } else { None });
            return Ok(Tree::Const(Cell::Tuple(cells.collect())));
        }
        Ok(Tree::Tuple(trees))
    }

    fn trees(&mut self, exprs: &[Expr]) -> Result<Vec<Tree>, Decline> {
        exprs.iter().map(|e| self.tree(e)).collect()
    }

    fn boxed(&mut self, expr: &Expr) -> Result<Box<Tree>, Decline> {
        Ok(Box::new(self.tree(expr)?))
    }

    fn maybe(&mut self, expr: Option<&Expr>) -> Result<Option<Box<Tree>>, Decline> {
        expr.map(|e| self.boxed(e)).transpose()
    }

    fn part(&mut self, part: &FormatPart) -> Result<Part, Decline> {
        Ok(match part {
            FormatPart::Text(text) => Part::Text(text.clone()),
            FormatPart::Value { value, conversion, spec } => {
                if !matches!(conversion, None | Some('s' | 'r' | 'j' | 'J')) {
                    return Err(Decline::new("the conversion !a of a formatted string"));
                }
                Part::Value(self.tree(value)?, *conversion, Spec::parse(spec)?)
            }
        })
    }
}
