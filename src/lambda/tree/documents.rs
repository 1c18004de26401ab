//! Whether a function gives what `json.loads` gave, as far as its tree tells.

use super::Tree;
use super::functions::Function;
use crate::chunk::DictKind;
use crate::lambda::cells::cell::Cell;

/// The number of a Counter among the classes of dicts.
const COUNTER: i64 = DictKind::Counter as i64;

/// What a function gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Given {
    /// Nothing that is known to be a document.
    Others,
    /// A dict or a set, or a tuple or a list with one in it, at least where a condition is so.
    Maps,
    /// What `json.loads` gave, at least where a condition is so.
    Documents,
    /// A tuple or a list with such a document in it, which no column holds.
    Kept,
}

/// What a tree gives.
pub fn given(tree: &Tree) -> Given {
    of(tree, &mut Vec::new())
}

/// `slots` are the locals that are documents.
fn of(tree: &Tree, slots: &mut Vec<usize>) -> Given {
    match tree {
        Tree::Call(Function::JsonLoads, _) => Given::Documents,
        Tree::Call(function, args) if makes_map(*function, args) => Given::Maps,
        Tree::Local(slot) if slots.contains(slot) => Given::Documents,
        Tree::Let(slot, value, body) => {
            if of(value, slots) == Given::Documents {
                slots.push(*slot);
            }
            of(body, slots)
        }
        Tree::If(parts) => of(&parts[1], slots).max(of(&parts[2], slots)),
        Tree::And(items) | Tree::Or(items) => most(items, slots),
        Tree::Tuple(items) | Tree::List(items) => kept(most(items, slots)),
        Tree::Comprehension(_, _, _, item) => kept(of(item, slots)),
        Tree::Loop(inner) => of(&inner.body, slots),
        Tree::Outside(_, inner) | Tree::Unsure(inner) => of(inner, slots),
        Tree::Try(inner) => {
            let handlers = inner.handlers.iter().map(|(_, part)| of(part, slots)).max();
            of(&inner.body, slots).max(handlers.unwrap_or(Given::Others))
        }
        _ => Given::Others,
    }
}

/// Whether dicts or sets are made somewhere in it, which may be in what it gives.
pub fn makes_maps(tree: &Tree) -> bool {
    tree.any(&mut |of| matches!(of, Tree::Call(function, args) if makes_map(*function, args)))
}

/// Whether a call makes a dict or a set, Counters apart: those are made slowly by `CPython`.
fn makes_map(function: Function, args: &[Tree]) -> bool {
    match function {
        Function::DictMake => !matches!(args.get(1), Some(Tree::Const(Cell::Int(COUNTER)))),
        Function::SetMake => true,
        _ => false,
    }
}

fn most(items: &[Tree], slots: &mut Vec<usize>) -> Given {
    items.iter().map(|item| of(item, slots)).max().unwrap_or(Given::Others)
}

fn kept(within: Given) -> Given {
    if within == Given::Documents { Given::Kept } else { within }
}
