//! Whether one value may stand twice in what a function gives. Of what can't be changed nobody sees that; of an object that
//! can be there would be two where Python has one.

use super::Tree;
use super::functions::Function;
use crate::lambda::cells::cell::Cell;

/// Paths to compare; more of them count as repeated.
const MOST: usize = 200;

/// A parameter or a local, and which part of it.
#[derive(Clone, PartialEq)]
struct Path {
    local: bool,
    number: usize,
    parts: Vec<Part>,
}

#[derive(Clone, PartialEq)]
enum Part {
    At(i64),
    Named(String),
}

impl Path {
    /// Whether one holds the other.
    fn meets(&self, other: &Self) -> bool {
        (self.local, self.number) == (other.local, other.number)
            && self.parts.iter().zip(&other.parts).all(|(left, right)| left == right)
    }

    fn of(tree: &Tree) -> Option<Self> {
        let whole = |local, number: &usize| Some(Self { local, number: *number, parts: Vec::new() });
        let part = |of: &Tree, part: Part| {
            let mut path = Self::of(of)?;
            path.parts.push(part);
            Some(path)
        };
        match tree {
            Tree::Param(i) => whole(false, i),
            Tree::Local(slot) => whole(true, slot),
            Tree::Unsure(of) | Tree::Outside(_, of) => Self::of(of),
            Tree::Call(Function::Unpack | Function::NoList, args) => Self::of(args.first()?),
            Tree::Call(Function::RecordAttr, args) => match args.as_slice() {
                [of, Tree::Const(Cell::Str(name))] => part(of, Part::Named(name.to_string())),
                _ => None,
            },
            Tree::Item(of, index) => match &**index {
                Tree::Const(Cell::Int(at @ 0..)) => part(of, Part::At(*at)),
                Tree::Const(Cell::Str(name)) => part(of, Part::Named(name.to_string())),
                // Which one isn't known: it may be any.
                _ => Self::of(of),
            },
            _ => None,
        }
    }
}

/// What stands whole in a value.
#[derive(Default)]
struct Flows {
    paths: Vec<Path>,
    /// Something stands several times.
    repeated: bool,
}

/// Whether a parameter, a local or a part of one may stand more than once in the tree's value.
pub fn repeats(tree: &Tree) -> bool {
    let mut flows = Flows::default();
    flows.add(tree);
    let Flows { paths, repeated } = flows;
    repeated || paths.iter().enumerate().any(|(i, path)| paths[..i].iter().any(|other| other.meets(path)))
}

impl Flows {
    fn add_all<'t>(&mut self, trees: impl IntoIterator<Item = &'t Tree>) {
        trees.into_iter().for_each(|tree| self.add(tree));
    }

    /// Of ways of which one is taken.
    fn add_one_of(&mut self, trees: &[&Tree]) {
        let mut ways: Vec<Path> = Vec::new();
        for tree in trees {
            let mut way = Self::default();
            way.add(tree);
            self.repeated |= way.repeated;
            self.repeated |= way.paths.iter().enumerate().any(|(i, path)| way.paths[..i].iter().any(|p| p.meets(path)));
            for path in way.paths {
                if !ways.contains(&path) {
                    ways.push(path);
                }
            }
        }
        // Those of one way may hold those of another: the shorter ones stand for both.
        let longer = |path: &Path| {
            ways.iter().any(|other| other != path && other.meets(path) && other.parts.len() < path.parts.len())
        };
        let kept: Vec<Path> = ways.iter().filter(|path| !longer(path)).cloned().collect();
        self.paths.extend(kept);
    }

    fn add(&mut self, tree: &Tree) {
        if self.paths.len() > MOST {
            self.repeated = true;
        }
        if self.repeated {
            return;
        }
        if let Some(path) = Path::of(tree) {
            self.paths.push(path);
            return;
        }
        if let Tree::Call(Function::JsonLoads, _) = tree {
            // A new object each time.
            return;
        }
        match tree {
            Tree::Call(Function::RecordAttr | Function::Unpack | Function::NoList, args) => {
                self.add_all(args.first());
            }
            Tree::Tuple(items) | Tree::List(items) | Tree::Call(_, items) => self.add_all(items),
            Tree::And(items) | Tree::Or(items) => self.add_one_of(&items.iter().collect::<Vec<_>>()),
            Tree::Item(of, _) | Tree::Slice(of, _) | Tree::Outside(_, of) | Tree::Unsure(of) => self.add(of),
            Tree::Method(_, of, args) => {
                self.add(of);
                self.add_all(args);
            }
            Tree::Binary(_, left, right) => {
                self.add(left);
                self.add(right);
            }
            Tree::If(parts) => self.add_one_of(&[&parts[1], &parts[2]]),
            Tree::Let(slot, value, body) => {
                self.add(body);
                let is_it = |path: &Path| path.local && path.number == *slot;
                if !self.paths.iter().any(is_it) {
                    return;
                }
                match Path::of(value) {
                    Some(of) => {
                        for path in self.paths.iter_mut().filter(|path| is_it(path)) {
                            let parts = of.parts.iter().chain(&path.parts).cloned().collect();
                            *path = Path { parts, ..of.clone() };
                        }
                    }
                    None => self.add(value),
                }
            }
            Tree::Comprehension(slot, source, _, item) => {
                let mut inner = Self::default();
                inner.add(item);
                let own = inner.paths.iter().filter(|path| path.local && path.number == *slot).count();
                // Something of outside stands in each item.
                self.repeated |= inner.repeated || own > 1 || inner.paths.len() > own;
                self.add(source);
            }
            Tree::Try(of) => {
                let handlers = of.handlers.iter().map(|(_, handler)| handler);
                self.add_one_of(&std::iter::once(&of.body).chain(handlers).collect::<Vec<_>>());
            }
            Tree::Lookup(_, _, _, default) => default.iter().for_each(|default| self.add(default)),
            Tree::Loop(_) => self.repeated = true,
            Tree::Param(_)
            | Tree::Local(_)
            | Tree::Const(_)
            | Tree::Captured(_)
            | Tree::Raises(_)
            | Tree::Unary(..)
            | Tree::Compare(..)
            | Tree::StrMethod(..)
            | Tree::Regex(..)
            | Tree::Format(_) => {}
        }
    }
}
