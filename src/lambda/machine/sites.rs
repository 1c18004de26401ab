//! What the lists that a function makes can hold: each place that makes one has a number, and places whose lists meet in
//! one variable have the same.

use std::collections::HashMap;

use super::value::{Shape, Tag, Tags};

/// Where copies of the inputs' lists are made.
pub const COPIES: usize = 1;
/// Where inputs that are empty lists are made.
pub const EMPTY: usize = 2;

/// Deeper lists in lists are left to the interpreter.
const DEEPEST: usize = 5;

/// The places that make lists, as far as known.
#[derive(Default)]
pub struct Sites {
    numbers: HashMap<(usize, usize), usize>,
    parents: Vec<usize>,
    items: Vec<Shape>,
    /// What items of the inputs' lists are, by the array where each begins.
    pub inputs: HashMap<usize, Shape>,
    /// Whether more is known than before: then code that was made with less is to be made again.
    pub changed: bool,
}

impl Sites {
    /// Whether no list is made.
    pub fn is_empty(&self) -> bool {
        self.parents.is_empty()
    }

    /// The place of a tree, by its address, or of one of those that it has.
    pub fn of(&mut self, key: (usize, usize)) -> usize {
        let new = self.parents.len();
        let number = *self.numbers.entry(key).or_insert(new);
        if number == new {
            self.parents.push(new);
            self.items.push(Shape::Nothing);
        }
        self.find(number)
    }

    fn find(&self, mut number: usize) -> usize {
        while self.parents[number] != number {
            number = self.parents[number];
        }
        number
    }

    /// What an item of such a list is.
    pub fn item(&self, number: usize) -> Shape {
        self.canonical(&self.items[self.find(number)])
    }

    fn canonical(&self, shape: &Shape) -> Shape {
        match shape {
            Shape::Made(number) => Shape::Made(self.find(*number)),
            Shape::Tuple(items) => Shape::Tuple(items.iter().map(|item| self.canonical(item)).collect()),
            other => other.clone(),
        }
    }

    /// Adds what items can be; what they are then.
    pub fn include(&mut self, number: usize, shape: &Shape) -> Option<Shape> {
        let shape = self.stored(shape)?;
        let number = self.find(number);
        let before = self.item(number);
        let joined = self.join(&before, &shape)?;
        if joined != before {
            self.changed = true;
            let number = self.find(number);
            self.items[number] = joined.clone();
        }
        Some(joined)
    }

    /// The shape for values of both; nothing where there is none.
    pub fn join(&mut self, a: &Shape, b: &Shape) -> Option<Shape> {
        Some(match (a, b) {
            (Shape::Nothing, shape) | (shape, Shape::Nothing) => self.canonical(shape),
            (Shape::Scalar(a), Shape::Scalar(b)) => Shape::Scalar(Tags(a.0 | b.0)),
            (Shape::Tuple(a), Shape::Tuple(b)) if a.len() == b.len() => {
                Shape::Tuple(a.iter().zip(b).map(|(a, b)| self.join(a, b)).collect::<Option<_>>()?)
            }
            (Shape::List(a), Shape::List(b)) if a == b => Shape::List(*a),
            (Shape::Made(a), Shape::Made(b)) => Shape::Made(self.unite(*a, *b)?),
            (Shape::Made(number), Shape::List(input)) | (Shape::List(input), Shape::Made(number)) => {
                let item = self.inputs.get(input)?.clone();
                self.include(*number, &item)?;
                Shape::Made(self.find(*number))
            }
            (a @ Shape::List(_), b @ Shape::List(_)) => {
                let (a, b) = (self.stored(a)?, self.stored(b)?);
                self.join(&a, &b)?
            }
            _ => return None,
        })
    }

    fn unite(&mut self, a: usize, b: usize) -> Option<usize> {
        let (a, b) = (self.find(a), self.find(b));
        if a == b {
            return Some(a);
        }
        let (mine, other) = (self.items[a].clone(), self.items[b].clone());
        self.parents[b] = a;
        self.changed = true;
        let joined = self.join(&mine, &other)?;
        let a = self.find(a);
        self.items[a] = self.canonical(&joined);
        Some(a)
    }

    /// A shape with what its lists hold, as results are.
    pub fn resolved(&self, shape: &Shape, depth: usize) -> Option<Shape> {
        Some(match shape {
            Shape::Made(_) if depth == DEEPEST => return None,
            Shape::Made(number) => Shape::Items(Box::new(self.resolved(&self.item(*number), depth + 1)?)),
            Shape::Tuple(items) => {
                Shape::Tuple(items.iter().map(|item| self.resolved(item, depth)).collect::<Option<_>>()?)
            }
            other => other.clone(),
        })
    }

    /// The shape in which a value is an item of a list: every str is an address and a length, and a list is one of ours.
    pub fn stored(&mut self, shape: &Shape) -> Option<Shape> {
        Some(match shape {
            Shape::Scalar(tags) if tags.has(Tag::Char) => {
                Shape::Scalar(Tags(tags.0 & !Tags::one(Tag::Char).0 | Tags::one(Tag::Text).0))
            }
            Shape::Tuple(items) => Shape::Tuple(items.iter().map(|item| self.stored(item)).collect::<Option<_>>()?),
            Shape::List(input) => {
                let number = self.of((COPIES, *input));
                let item = self.inputs.get(input)?.clone();
                self.include(number, &item)?;
                Shape::Made(self.find(number))
            }
            other => self.canonical(other),
        })
    }
}
