//! Whether one value may stand twice in what a function gives. Of what can't be changed nobody sees that; of an object that
//! can be there would be two where Python has one.

use super::functions::Function;
use super::{BinaryOp, Tree};
use crate::chunk::Type;
use crate::lambda::cells::cell::Cell;

/// Paths to compare; more of them count as repeated.
const MOST: usize = 200;

/// A parameter or a local, and which part of it.
#[derive(Clone, Debug, PartialEq)]
struct Path {
    local: bool,
    number: usize,
    parts: Vec<Part>,
    /// Whether it is an object that is made of what stands there, once for all its places.
    made: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    At(i64),
    Named(String),
}

impl Path {
    /// Whether one may hold the other.
    fn meets(&self, other: &Self) -> bool {
        let may_be = |(left, right): (&Part, &Part)| {
            // A named tuple's item has both.
            left == right || std::mem::discriminant(left) != std::mem::discriminant(right)
        };
        self.is_of(other.local, other.number) && self.parts.iter().zip(&other.parts).all(may_be)
    }

    fn is_of(&self, local: bool, number: usize) -> bool {
        (self.local, self.number) == (local, number)
    }

    /// The type of what stands there, where a parameter has this one and that is known.
    fn kind<'t>(&self, of: &'t Type) -> Option<&'t Type> {
        self.parts.iter().try_fold(of, |of, part| match (of.split_optional().0, part) {
            (Type::Tuple(items), Part::At(at)) => items.get(usize::try_from(*at).ok()?),
            (Type::Record(class, items), Part::At(at)) if class.is_tuple() => items.get(usize::try_from(*at).ok()?),
            (Type::Record(class, items), Part::Named(name)) => items.get(class.place(name)?),
            (Type::List(item) | Type::Group(item), _) => Some(&**item),
            // What holds no objects has no part that is one.
            (other, _) => (!other.holds_objects()).then_some(other),
        })
    }

    fn of(tree: &Tree) -> Option<Self> {
        let whole = |local, number: &usize| Some(Self { local, number: *number, parts: Vec::new(), made: false });
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
            Tree::Call(Function::RecordOf, args) => match args.as_slice() {
                [of, Tree::Const(Cell::Record(class, _))] => {
                    Self::of(of).map(|path| Self { made: class.is_mutable(), ..path })
                }
                _ => None,
            },
            Tree::Call(Function::DictMake | Function::SetMake, args) => {
                Self::of(args.first()?).map(|path| Self { made: true, ..path })
            }
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

/// What may stand more than once in what a function gives.
#[derive(Debug, Default)]
pub struct Repeats {
    paths: Vec<Path>,
    /// What is not a part of a parameter.
    other: bool,
}

impl Repeats {
    /// In the value of a tree.
    pub fn of(tree: &Tree) -> Self {
        let mut flows = Flows::default();
        flows.add(tree);
        flows.meet();
        flows.repeats
    }

    /// Whether nothing may.
    pub fn is_empty(&self) -> bool {
        !self.other && self.paths.is_empty()
    }

    /// Whether an object that can be changed may, where parameters have such types as are known.
    pub fn may_be_objects<'t>(&self, param: &dyn Fn(usize) -> Option<&'t Type>) -> bool {
        let kind = |path: &Path| if path.local { None } else { path.kind(param(path.number)?) };
        self.other || self.paths.iter().any(|path| kind(path).is_none_or(Type::holds_objects))
    }
}

/// What stands whole in a value.
#[derive(Default)]
struct Flows {
    paths: Vec<Path>,
    repeats: Repeats,
}

impl Flows {
    /// Whatever stands in a tree's value may come several times.
    fn repeat(&mut self, tree: &Tree) {
        let mut flows = Self::default();
        flows.add(tree);
        self.repeats.paths.append(&mut flows.paths);
        self.absorb(flows.repeats);
        self.repeats.other |= tree.any(&mut |of| match of {
            // What calls make is new each time, but here one of it stands twice.
            Tree::Captured(_)
            | Tree::Lookup(..)
            | Tree::Call(Function::JsonLoads | Function::DictMake | Function::SetMake, _) => true,
            Tree::Call(function, _) => function.is_of_records() && *function != Function::RecordAttr,
            _ => false,
        });
    }

    fn absorb(&mut self, mut repeats: Repeats) {
        self.repeats.paths.append(&mut repeats.paths);
        self.repeats.other |= repeats.other;
    }

    /// What two paths have in common stands twice.
    fn meet(&mut self) {
        for (i, path) in self.paths.iter().enumerate() {
            for other in self.paths[..i].iter().filter(|other| other.meets(path)) {
                self.repeats.other |= path.made && other.made;
                let longer = if other.parts.len() > path.parts.len() { other } else { path };
                if self.repeats.paths.len() > MOST {
                    self.repeats.other = true;
                    return;
                }
                if !self.repeats.paths.contains(longer) {
                    self.repeats.paths.push(longer.clone());
                }
            }
        }
    }

    fn add_all<'t>(&mut self, trees: impl IntoIterator<Item = &'t Tree>) {
        trees.into_iter().for_each(|tree| self.add(tree));
    }

    /// Of ways of which one is taken.
    fn add_one_of(&mut self, trees: &[&Tree]) {
        let mut ways: Vec<Path> = Vec::new();
        for tree in trees {
            let mut way = Self::default();
            way.add(tree);
            way.meet();
            self.absorb(way.repeats);
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
        if self.paths.len() > MOST || self.repeats.paths.len() > MOST {
            self.repeats.other = true;
        }
        if self.repeats.other {
            return;
        }
        if let Some(path) = Path::of(tree) {
            self.paths.push(path);
            return;
        }
        match tree {
            // `json.loads` gives a new object each time.
            Tree::Call(Function::JsonLoads, _)
            | Tree::Param(_)
            | Tree::Local(_)
            | Tree::Const(_)
            | Tree::Captured(_)
            | Tree::Raises(_)
            | Tree::Unary(..)
            | Tree::Compare(..)
            | Tree::StrMethod(..)
            | Tree::Regex(..)
            | Tree::Format(_) => {}
            Tree::Call(Function::RecordAttr | Function::Unpack | Function::NoList, args) => {
                self.add_all(args.first());
            }
            Tree::Call(Function::Combinations | Function::Product | Function::Accumulate, args) => {
                for arg in args {
                    self.repeat(arg);
                }
            }
            Tree::Tuple(items) | Tree::List(items) | Tree::Call(_, items) => self.add_all(items),
            Tree::And(items) | Tree::Or(items) => self.add_one_of(&items.iter().collect::<Vec<_>>()),
            Tree::Item(of, _) | Tree::Slice(of, _) | Tree::Outside(_, of) | Tree::Unsure(of) => self.add(of),
            Tree::Method(_, of, args) => {
                self.add(of);
                self.add_all(args);
            }
            Tree::Binary(BinaryOp::Mul, left, right) => {
                self.repeat(left);
                self.repeat(right);
            }
            Tree::Binary(_, left, right) => {
                self.add(left);
                self.add(right);
            }
            Tree::If(parts) => self.add_one_of(&[&parts[1], &parts[2]]),
            Tree::Let(slot, value, body) => {
                self.add(body);
                let is_it = |path: &Path| path.is_of(true, *slot);
                if !self.paths.iter().chain(&self.repeats.paths).any(is_it) {
                    return;
                }
                if let Some(of) = Path::of(value) {
                    for path in self.paths.iter_mut().chain(&mut self.repeats.paths).filter(|path| is_it(path)) {
                        let parts = of.parts.iter().chain(&path.parts).cloned().collect();
                        *path = Path { parts, made: path.made, ..of.clone() };
                    }
                    return;
                }
                self.meet();
                self.paths.retain(|path| !is_it(path));
                let repeated = self.repeats.paths.iter().any(is_it);
                self.repeats.paths.retain(|path| !is_it(path));
                if repeated { self.repeat(value) } else { self.add(value) }
            }
            Tree::Comprehension(slot, source, _, item) => {
                let mut inner = Self::default();
                inner.add(item);
                inner.meet();
                let is_own = |path: &Path| path.is_of(true, *slot);
                let repeated = inner.repeats.paths.iter().any(is_own);
                // What is of outside stands in each item.
                let outside = inner.paths.into_iter().chain(inner.repeats.paths).filter(|path| !is_own(path));
                for path in outside {
                    self.repeats.other |= path.made;
                    self.repeats.paths.push(path);
                }
                self.repeats.other |= inner.repeats.other;
                if repeated { self.repeat(source) } else { self.add(source) }
            }
            Tree::Try(of) => {
                let handlers = of.handlers.iter().map(|(_, handler)| handler);
                self.add_one_of(&std::iter::once(&of.body).chain(handlers).collect::<Vec<_>>());
            }
            Tree::Lookup(_, _, _, default) => default.iter().for_each(|default| self.add(default)),
            Tree::Loop(_) => self.repeats.other = true,
        }
    }
}
