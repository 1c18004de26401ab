//! Questions to a whole tree.

use super::tries::Try;
use super::turns::{Loop, Over};
use super::{Part, Tree};

impl Tree {
    /// Whether a turn of a loop changes a list, a set or a dict.
    pub fn changes_in_a_loop(&self) -> bool {
        self.any(&mut |tree| matches!(tree, Self::Loop(of) if of.turn.changes()))
    }

    /// Whether a parameter is asked for in one place only, and there once.
    pub fn asks_once(&self, param: usize) -> bool {
        let (mut asked, mut again) = (0, false);
        self.any(&mut |tree| {
            asked += usize::from(matches!(tree, Self::Param(i) if *i == param));
            again |= matches!(tree, Self::Comprehension(..) | Self::Loop(_) | Self::Try(_));
            false
        });
        asked == 1 && !again
    }

    fn changes(&self) -> bool {
        self.any(&mut |tree| matches!(tree, Self::Call(function, _) if function.changes()))
    }

    /// Whether something holds of a tree in it.
    fn any(&self, holds: &mut dyn FnMut(&Self) -> bool) -> bool {
        if holds(self) {
            return true;
        }
        match self {
            Self::Param(_) | Self::Local(_) | Self::Const(_) | Self::Captured(_) | Self::Raises(_) => false,
            Self::Tuple(items) | Self::List(items) | Self::And(items) | Self::Or(items) => {
                items.iter().any(|item| item.any(holds))
            }
            Self::Call(_, args) | Self::StrMethod(_, args) | Self::Regex(_, args) => {
                args.iter().any(|arg| arg.any(holds))
            }
            Self::Item(of, index) => of.any(holds) || index.any(holds),
            Self::Slice(of, bounds) => of.any(holds) || bounds.iter().flatten().any(|bound| bound.any(holds)),
            Self::Unary(_, of) | Self::Outside(_, of) | Self::Unsure(of) => of.any(holds),
            Self::Binary(_, left, right) | Self::Let(_, left, right) => left.any(holds) || right.any(holds),
            Self::Compare(first, rest) => first.any(holds) || rest.iter().any(|(_, operand)| operand.any(holds)),
            Self::If(parts) => parts.iter().any(|part| part.any(holds)),
            Self::Method(_, of, args) => of.any(holds) || args.iter().any(|arg| arg.any(holds)),
            Self::Lookup(_, _, key, default) => key.any(holds) || default.as_ref().is_some_and(|d| d.any(holds)),
            Self::Format(parts) => parts.iter().any(|part| matches!(part, Part::Value(of, ..) if of.any(holds))),
            Self::Comprehension(_, source, conditions, item) => {
                source.any(holds) || conditions.iter().any(|c| c.any(holds)) || item.any(holds)
            }
            Self::Loop(of) => in_loop(of, holds),
            Self::Try(of) => in_try(of, holds),
        }
    }
}

fn in_loop(of: &Loop<Tree>, holds: &mut dyn FnMut(&Tree) -> bool) -> bool {
    let over = match &of.over {
        Over::Range { ends, .. } => ends.iter().any(|end| end.any(holds)),
        Over::Items { of, .. } | Over::While(of) => of.any(holds),
    };
    over || of.carried.iter().any(|(_, value)| value.any(holds)) || of.turn.any(holds) || of.body.any(holds)
}

fn in_try(of: &Try<Tree>, holds: &mut dyn FnMut(&Tree) -> bool) -> bool {
    of.body.any(holds) || of.handlers.iter().any(|(_, handler)| handler.any(holds))
}
