//! The resolved form of an expression: names are looked up once, constants are values, patterns are compiled.

pub mod documents;
pub mod expr;
pub mod functions;
pub mod lower;
pub mod matches;
pub mod reals;
pub mod reducer;
pub mod shared;
mod substitute;
pub mod tries;
pub mod turns;
mod walk;

use std::sync::Arc;

pub use self::expr::{BinaryOp, CompareOp};
use self::expr::{LookupKind, UnaryOp};
use self::functions::{Function, Method};
use self::tries::Try;
use self::turns::{Loop, Over};
use crate::kernel::format::Spec;
use crate::lambda::cells::cell::Cell;
use crate::lambda::pattern::RegexCall;

pub use self::expr::Expr;
pub use self::reducer::{BinaryFn, Reducer, Ties};

/// One resolved expression.
#[derive(Debug)]
pub enum Tree {
    /// The i-th parameter.
    Param(usize),
    /// A local.
    Local(usize),
    /// A constant.
    Const(Cell<'static>),
    /// A tuple display.
    Tuple(Vec<Tree>),
    /// A list display.
    List(Vec<Tree>),
    /// `of[index]`
    Item(Box<Tree>, Box<Tree>),
    /// `of[start:stop:step]`
    Slice(Box<Tree>, [Option<Box<Tree>>; 3]),
    /// A unary operator.
    Unary(UnaryOp, Box<Tree>),
    /// A binary operator.
    Binary(BinaryOp, Box<Tree>, Box<Tree>),
    /// A comparison chain.
    Compare(Box<Tree>, Vec<(CompareOp, Tree)>),
    /// `and`
    And(Vec<Tree>),
    /// `or`
    Or(Vec<Tree>),
    /// `then if test else orelse`, as test, then, orelse.
    If(Box<[Tree; 3]>),
    /// A local's value, and where it is visible.
    Let(usize, Box<Tree>, Box<Tree>),
    /// A built-in's call.
    Call(Function, Vec<Tree>),
    /// A method's call.
    Method(Method, Box<Tree>, Vec<Tree>),
    /// A method called as `str.method(value, ...)`, which takes a str only.
    StrMethod(Method, Vec<Tree>),
    /// A pattern's use; equal ones in one tree are one.
    Regex(Arc<RegexCall>, Vec<Tree>),
    /// A look into a captured container, with the key and the default of `get`.
    Lookup(usize, LookupKind, Box<Tree>, Option<Box<Tree>>),
    /// A captured value.
    Captured(usize),
    /// A formatted string.
    Format(Vec<Part>),
    /// `[item for slot in source if conditions...]`, as slot, source, conditions, item.
    Comprehension(usize, Box<Tree>, Vec<Tree>, Box<Tree>),
    /// A loop, and what follows it.
    Loop(Box<Loop<Tree>>),
    /// A `try`, with what follows it.
    Try(Box<Try<Tree>>),
    /// What the `try` of this number doesn't protect.
    Outside(usize, Box<Tree>),
    /// What may raise something else.
    Unsure(Box<Tree>),
    /// Declines where a row gets here.
    Raises(String),
}

/// A part of a formatted string.
#[derive(Debug)]
pub enum Part {
    /// As it stands.
    Text(String),
    /// `format(value, spec)` after a conversion.
    Value(Tree, Option<char>, Spec),
}

impl Part {
    /// A value as `str` shows it.
    pub fn plain() -> Self {
        Self::Value(Tree::Const(Cell::None), Some('s'), Spec::default())
    }
}

impl Tree {
    /// Whether the value, or an operand's on the way to it, is one that no column holds: a match object.
    pub fn by_rows(&self) -> bool {
        match self {
            Self::Param(_)
            | Self::Local(_)
            | Self::Const(_)
            | Self::Captured(_)
            | Self::Raises(_)
            // Truth is found without a column of the value.
            | Self::Unary(UnaryOp::Not, _)
            | Self::Call(Function::Bool, _) => false,
            Self::Tuple(items) | Self::List(items) | Self::And(items) | Self::Or(items) => {
                items.iter().any(Self::by_rows)
            }
            Self::Item(of, index) => of.by_rows() || index.by_rows(),
            Self::Slice(of, bounds) => of.by_rows() || bounds.iter().flatten().any(|b| b.by_rows()),
            Self::Unary(_, of) | Self::Outside(_, of) | Self::Unsure(of) => of.by_rows(),
            Self::Binary(_, left, right) => left.by_rows() || right.by_rows(),
            Self::Compare(first, rest) if matches::none_test(first, rest).is_some() => false,
            Self::Method(method, of, args) if matches::is_group(*method, of, args) => false,
            Self::Compare(first, rest) => first.by_rows() || rest.iter().any(|(_, e)| e.by_rows()),
            Self::If(parts) => parts[1].by_rows() || parts[2].by_rows(),
            Self::Comprehension(_, source, ..) => source.by_rows(),
            Self::Loop(of) => {
                let over = match &of.over {
                    Over::Range { ends, .. } => ends.iter().any(Self::by_rows),
                    Over::Items { of, .. } => of.by_rows(),
                    // As for `not`.
                    Over::While(_) => false,
                };
                over || of.carried.iter().any(|(_, e)| e.by_rows()) || of.turn.by_rows() || of.body.by_rows()
            }
            Self::Let(_, value, body) => value.by_rows() || body.by_rows(),
            Self::Try(of) => of.any(Self::by_rows),
            Self::Call(_, args) | Self::StrMethod(_, args) => args.iter().any(Self::by_rows),
            Self::Method(_, of, args) => of.by_rows() || args.iter().any(Self::by_rows),
            Self::Regex(call, args) => call.gives_match() || args.iter().any(Self::by_rows),
            Self::Lookup(_, _, key, default) => key.by_rows() || default.as_ref().is_some_and(|d| d.by_rows()),
            Self::Format(parts) => parts.iter().any(|p| matches!(p, Part::Value(n, ..) if n.by_rows())),
        }
    }
}
