//! Whether a function gives what `json.loads` gave, as far as its tree tells.

use super::Tree;
use super::functions::Function;
use crate::lambda::cells::cell::Cell;

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
        // Counters are made slowly by `CPython`.
        Tree::Call(Function::DictMake, args) if matches!(args.get(1), Some(Tree::Const(Cell::Int(1)))) => Given::Others,
        Tree::Call(Function::DictMake | Function::SetMake, _) => Given::Maps,
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
    tree.any(&mut |of| match of {
        Tree::Call(Function::DictMake, args) => !matches!(args.get(1), Some(Tree::Const(Cell::Int(1)))),
        Tree::Call(Function::SetMake, _) => true,
        _ => false,
    })
}

fn most(items: &[Tree], slots: &mut Vec<usize>) -> Given {
    items.iter().map(|item| of(item, slots)).max().unwrap_or(Given::Others)
}

fn kept(within: Given) -> Given {
    if within == Given::Documents { Given::Kept } else { within }
}
