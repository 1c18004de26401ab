//! A window's values by key, made of what came and what went. Its first input makes the same in full: that is read
//! wherever the functions don't compile, or another grouping might show.

use std::sync::Arc;

use crate::shuffle::slide::Carry;

use super::function::{FunctionKind, FunctionRef, Role};

/// How a window's values follow from its parts.
pub struct Slide {
    /// Two values of a key become one.
    pub merge: FunctionRef,
    /// From which parts.
    pub how: Sliding,
    /// What is carried from one slide to the next.
    pub carry: Arc<Carry>,
}

/// The parts of a window: the inputs behind the first.
pub enum Sliding {
    /// All its panes, oldest first; they are put together in any grouping that shows nothing.
    Panes,
    /// The window before, the panes that have left it and those that came, each oldest first.
    Inverse {
        /// What has left is taken from a key's value.
        inverse: FunctionRef,
        /// Which pairs stay.
        filter: Option<FunctionRef>,
        /// How many panes have left.
        left: usize,
    },
}

impl Slide {
    /// The user's functions that it runs.
    pub fn functions(&self) -> Vec<(Role, FunctionRef)> {
        let mut all = vec![(Role::Merge, self.merge.clone())];
        if let Sliding::Inverse { inverse, filter, .. } = &self.how {
            all.push((Role::Inverse, inverse.clone()));
            all.extend(filter.iter().map(|filter| (Role::Step(FunctionKind::Filter), filter.clone())));
        }
        all
    }

    /// What `explain` says behind the plan's name.
    pub fn describe(&self) -> String {
        match &self.how {
            Sliding::Panes => "from panes put together before".to_owned(),
            Sliding::Inverse { .. } => "from the window before".to_owned(),
        }
    }
}
