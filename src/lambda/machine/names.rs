//! What a tree reads that it doesn't bind itself.

use std::collections::HashSet;

use super::bail::Unsupported;
use crate::lambda::cells::cell::Cell;
use crate::lambda::tree::functions::Function;
use crate::lambda::tree::turns::{Loop, Over};
use crate::lambda::tree::{Part, Tree};

/// Where an input comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Name {
    /// A parameter of the function.
    Param(usize),
    /// A local that is bound outside.
    Local(usize),
    /// A captured value.
    Captured(usize),
    /// What was evaluated before: the tree of this number.
    Before(usize),
}

/// An input: a name, and perhaps an item of the tuple that it is, and of that one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Path {
    /// The name.
    pub name: Name,
    /// Indices of tuples, each with the number of items that there must be, or 0.
    pub items: Vec<(usize, usize)>,
}

/// The inputs of a tree. Constructs that aren't translated have none.
pub fn free(tree: &Tree) -> Result<Vec<Path>, Unsupported> {
    let mut found = Free { paths: Vec::new(), bound: HashSet::new() };
    found.tree(tree)?;
    Ok(found.paths)
}

/// The inputs of a loop's turns, without the first values of the carried locals and what the loop goes through.
pub fn free_in_turns(of: &Loop<Tree>) -> Result<Vec<Path>, Unsupported> {
    let mut found = Free { paths: Vec::new(), bound: of.slots().collect() };
    if let Over::While(test) = &of.over {
        found.tree(test)?;
    }
    found.tree(&of.turn)?;
    Ok(found.paths)
}

/// The same of a loop whose items are the rows: the item, too, is an input.
pub fn free_in_scan(of: &Loop<Tree>) -> Result<Vec<Path>, Unsupported> {
    let bound = of.carried.iter().map(|(slot, _)| *slot).collect();
    let mut found = Free { paths: Vec::new(), bound };
    found.tree(&of.turn)?;
    Ok(found.paths)
}

struct Free {
    paths: Vec<Path>,
    bound: HashSet<usize>,
}

/// The path that a tree names: indices of tuples by constants, through an unpacking too.
pub fn path(tree: &Tree) -> Option<Path> {
    match tree {
        Tree::Param(i) => Some(Path { name: Name::Param(*i), items: Vec::new() }),
        Tree::Local(slot) => Some(Path { name: Name::Local(*slot), items: Vec::new() }),
        Tree::Captured(i) => Some(Path { name: Name::Captured(*i), items: Vec::new() }),
        Tree::Item(of, index) => {
            let Tree::Const(Cell::Int(at)) = &**index else { return None };
            let (of, count) = match &**of {
                Tree::Call(Function::Unpack, args) => match args.as_slice() {
                    [of, Tree::Const(Cell::Int(count))] => (of, usize::try_from(*count).ok()?),
                    _ => return None,
                },
                other => (other, 0),
            };
            let mut path = path(of)?;
            path.items.push((usize::try_from(*at).ok()?, count));
            Some(path)
        }
        _ => None,
    }
}

impl Free {
    fn tree(&mut self, tree: &Tree) -> Result<(), Unsupported> {
        if let Some(path) = path(tree) {
            match path.name {
                Name::Local(slot) if self.bound.contains(&slot) => {}
                _ if self.paths.contains(&path) => {}
                _ => self.paths.push(path),
            }
            return Ok(());
        }
        match tree {
            Tree::Const(_) | Tree::Raises(_) => Ok(()),
            Tree::Tuple(items) | Tree::List(items) | Tree::And(items) | Tree::Or(items) | Tree::Call(_, items) => {
                self.all(items)
            }
            Tree::Item(of, index) => {
                self.tree(of)?;
                self.tree(index)
            }
            Tree::Slice(of, bounds) => {
                self.tree(of)?;
                bounds.iter().flatten().try_for_each(|bound| self.tree(bound))
            }
            Tree::Unary(_, of) | Tree::Unsure(of) => self.tree(of),
            Tree::Binary(_, left, right) => {
                self.tree(left)?;
                self.tree(right)
            }
            Tree::Compare(first, rest) => {
                self.tree(first)?;
                rest.iter().try_for_each(|(_, operand)| self.tree(operand))
            }
            Tree::If(parts) => self.all(&parts[..]),
            Tree::Let(slot, value, body) => {
                self.tree(value)?;
                self.bound.insert(*slot);
                self.tree(body)
            }
            Tree::Format(parts) => parts.iter().try_for_each(|part| match part {
                Part::Text(_) => Ok(()),
                Part::Value(of, ..) => self.tree(of),
            }),
            Tree::Comprehension(slot, source, conditions, item) => {
                self.tree(source)?;
                self.bound.insert(*slot);
                self.all(conditions)?;
                self.tree(item)
            }
            Tree::Method(_, of, args) => {
                self.tree(of)?;
                self.all(args)
            }
            Tree::Loop(of) => {
                of.carried.iter().try_for_each(|(_, first)| self.tree(first))?;
                match &of.over {
                    Over::Range { ends, .. } => self.all(ends)?,
                    Over::Items { of, .. } => self.tree(of)?,
                    Over::While(_) => {}
                }
                self.bound.extend(of.slots());
                if let Over::While(test) = &of.over {
                    self.tree(test)?;
                }
                self.tree(&of.turn)?;
                self.tree(&of.body)
            }
            _ => Err(Unsupported),
        }
    }

    fn all(&mut self, trees: &[Tree]) -> Result<(), Unsupported> {
        trees.iter().try_for_each(|tree| self.tree(tree))
    }
}
