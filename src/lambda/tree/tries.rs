//! `try` with its handlers.

use serde::{Deserialize, Serialize};

use crate::error::{Decline, Exception};

/// A `try`, of expressions or of trees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Try<T> {
    /// Which one it is: what of the body it doesn't protect says so.
    pub number: usize,
    /// What is protected, and what follows where nothing is raised.
    pub body: T,
    /// In order, with the classes that each catches, subclasses too, and what then follows.
    pub handlers: Vec<(Vec<Exception>, T)>,
    /// For each handler the local that is the exception's class and text there, where it asks for them.
    #[serde(default)]
    pub names: Vec<Option<usize>>,
}

impl<T> Try<T> {
    /// The handler of what the body has raised; nothing where that is not known, or passes.
    pub fn handler(&self, raised: &Decline) -> Option<usize> {
        let exception = raised.raised().filter(|_| !raised.passes(self.number))?;
        self.handlers.iter().position(|(classes, _)| classes.contains(&exception))
    }

    /// The local for what a handler catches.
    pub fn name(&self, handler: usize) -> Option<usize> {
        self.names.get(handler).copied().flatten()
    }

    /// The same of other parts, which may not be had.
    pub fn try_map<U, E>(&self, each: &mut impl FnMut(&T) -> Result<U, E>) -> Result<Try<U>, E> {
        let body = each(&self.body)?;
        let handlers = self.handlers.iter().map(|(classes, part)| Ok((classes.clone(), each(part)?)));
        let handlers = handlers.collect::<Result<_, E>>()?;
        Ok(Try { number: self.number, body, handlers, names: self.names.clone() })
    }

    /// Whether this holds for a part.
    pub fn any(&self, test: impl Fn(&T) -> bool) -> bool {
        test(&self.body) || self.handlers.iter().any(|(_, part)| test(part))
    }
}
