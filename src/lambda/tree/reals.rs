//! Where comparisons of numpy's scalars would show: their answer is no `bool`, but it has a truth.

use super::expr::UnaryOp;
use super::functions::Function;
use super::turns::Over;
use super::{Part, Tree};

/// Whether a comparison's answer may be, or be in, the value of a tree, or of a part of it that is asked for more than its
/// truth.
pub fn as_value(tree: &Tree) -> bool {
    match tree {
        Tree::Compare(..) => true,
        Tree::Param(_) | Tree::Local(_) | Tree::Const(_) | Tree::Captured(_) | Tree::Raises(_) => false,
        Tree::Unary(UnaryOp::Not, of) => asked(of),
        Tree::Call(Function::Bool, args) => args.iter().any(asked),
        Tree::Tuple(items) | Tree::List(items) | Tree::And(items) | Tree::Or(items) => items.iter().any(as_value),
        Tree::Item(of, index) => as_value(of) || as_value(index),
        Tree::Slice(of, bounds) => as_value(of) || bounds.iter().flatten().any(|bound| as_value(bound)),
        Tree::Unary(_, of) | Tree::Outside(_, of) | Tree::Unsure(of) => as_value(of),
        Tree::Try(of) => of.any(as_value),
        Tree::Binary(_, left, right) => as_value(left) || as_value(right),
        Tree::If(parts) => asked(&parts[0]) || as_value(&parts[1]) || as_value(&parts[2]),
        Tree::Let(_, value, body) => as_value(value) || as_value(body),
        Tree::Call(_, args) | Tree::StrMethod(_, args) | Tree::Regex(_, args) => args.iter().any(as_value),
        Tree::Method(_, of, args) => as_value(of) || args.iter().any(as_value),
        Tree::Lookup(_, _, key, default) => as_value(key) || default.as_ref().is_some_and(|d| as_value(d)),
        Tree::Format(parts) => parts.iter().any(|part| matches!(part, Part::Value(value, ..) if as_value(value))),
        Tree::Comprehension(_, source, conditions, item) => {
            as_value(source) || conditions.iter().any(asked) || as_value(item)
        }
        Tree::Loop(of) => {
            let over = match &of.over {
                Over::Range { ends, .. } => ends.iter().any(as_value),
                Over::Items { of, .. } => as_value(of),
                Over::While(test) => asked(test),
            };
            over || of.carried.iter().any(|(_, e)| as_value(e)) || as_value(&of.turn) || as_value(&of.body)
        }
    }
}

/// The same of a tree of which only the truth is asked.
pub fn asked(tree: &Tree) -> bool {
    match tree {
        Tree::Compare(first, rest) => as_value(first) || rest.iter().any(|(_, operand)| as_value(operand)),
        Tree::And(items) | Tree::Or(items) => items.iter().any(asked),
        Tree::If(parts) => parts.iter().any(asked),
        Tree::Let(_, value, body) => as_value(value) || asked(body),
        Tree::Outside(_, of) | Tree::Unsure(of) => asked(of),
        Tree::Try(of) => of.any(asked),
        other => as_value(other),
    }
}
