//! What in a tree is a match of a pattern that is found for all rows at once, rather than row by row.

use std::sync::Arc;

use super::Tree;
use super::expr::CompareOp;
use super::functions::Method;
use crate::lambda::cells::cell::Cell;
use crate::lambda::pattern::RegexCall;

/// A pattern and what it is tried on: a parameter, a local, or an item of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    call: *const RegexCall,
    /// The local, if it is one.
    pub slot: Option<usize>,
    path: Vec<i64>,
}

impl Key {
    fn new(call: &Arc<RegexCall>, of: &Tree) -> Option<Self> {
        let mut key = Self { call: Arc::as_ptr(call), slot: None, path: Vec::new() };
        let mut of = of;
        loop {
            match of {
                Tree::Param(i) => {
                    key.path.push(i64::try_from(*i).ok()?);
                    return Some(key);
                }
                Tree::Local(slot) => {
                    key.slot = Some(*slot);
                    return Some(key);
                }
                Tree::Item(inner, index) => {
                    let Tree::Const(Cell::Int(index)) = &**index else { return None };
                    key.path.push(*index);
                    of = inner;
                }
                _ => return None,
            }
        }
    }
}

/// The pattern and the text of a tree whose matches are found for all rows at once.
pub fn parts(tree: &Tree) -> Option<(&Arc<RegexCall>, &Tree, Key)> {
    let Tree::Regex(call, args) = tree else { return None };
    let [text] = &**args else { return None };
    if !call.gives_match() {
        return None;
    }
    Some((call, text, Key::new(call, text)?))
}

/// Whether a tree is such a match.
pub fn is_match(tree: &Tree) -> bool {
    parts(tree).is_some()
}

/// Whether a method asks such a match for groups that its pattern has.
pub fn is_group(method: Method, of: &Tree, args: &[Tree]) -> bool {
    let Some((call, ..)) = parts(of) else { return false };
    match (method, args) {
        (Method::Groups, []) => true,
        (Method::Group, args) => group_number(args).is_some_and(|i| i <= call.groups()),
        _ => false,
    }
}

/// The group that `match.group(*args)` asks for, where that is known.
pub fn group_number(args: &[Tree]) -> Option<usize> {
    match args {
        [] => Some(0),
        [Tree::Const(Cell::Int(i))] => usize::try_from(*i).ok(),
        _ => None,
    }
}

/// Whether a comparison asks such a match whether it is `None`; the operator, if so.
pub fn none_test(first: &Tree, rest: &[(CompareOp, Tree)]) -> Option<CompareOp> {
    match rest {
        [(op @ (CompareOp::Is | CompareOp::IsNot), Tree::Const(Cell::None))] if is_match(first) => Some(*op),
        _ => None,
    }
}
