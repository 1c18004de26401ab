//! Questions to a whole tree.

use super::functions::Function;
use super::tries::Try;
use super::turns::{Loop, Over};
use super::{Part, Tree};

impl Tree {
    /// Whether a turn of a loop changes a list, a set or a dict.
    pub fn changes_in_a_loop(&self) -> bool {
        self.any(&mut |tree| matches!(tree, Self::Loop(of) if of.turn.changes()))
    }

    /// Whether it sorts by a key, or takes the first or the last by one.
    pub fn sorts(&self) -> bool {
        let by_key = |function: &Function| matches!(function, Function::SortedBy | Function::MaxBy | Function::MinBy);
        self.any(&mut |tree| matches!(tree, Self::Call(function, _) if by_key(function)))
    }

    /// Whether something holds of all loops but those that stand in a comprehension, where there are many rows.
    pub fn loops_of_one_row(&self, holds: &mut dyn FnMut(&Loop<Self>) -> bool) -> bool {
        !self.decided(&mut |tree| match tree {
            Self::Loop(of) if !holds(of) => Some(true),
            Self::Comprehension(_, source, ..) => Some(!source.loops_of_one_row(holds)),
            _ => None,
        })
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

    /// Whether it changes a list, a set or a dict.
    pub fn changes(&self) -> bool {
        self.any(&mut |tree| matches!(tree, Self::Call(function, _) if function.changes()))
    }

    /// Whether something holds of a tree in it.
    pub fn any(&self, holds: &mut dyn FnMut(&Self) -> bool) -> bool {
        self.decided(&mut |tree| holds(tree).then_some(true))
    }

    /// What the first tree says that has an answer, itself or one in it; without any, it is no.
    fn decided(&self, asks: &mut dyn FnMut(&Self) -> Option<bool>) -> bool {
        if let Some(answer) = asks(self) {
            return answer;
        }
        match self {
            Self::Param(_) | Self::Local(_) | Self::Const(_) | Self::Captured(_) | Self::Raises(_) => false,
            Self::Tuple(items) | Self::List(items) | Self::And(items) | Self::Or(items) => {
                items.iter().any(|item| item.decided(asks))
            }
            Self::Call(_, args) | Self::StrMethod(_, args) | Self::Regex(_, args) => {
                args.iter().any(|arg| arg.decided(asks))
            }
            Self::Item(of, index) => of.decided(asks) || index.decided(asks),
            Self::Slice(of, bounds) => of.decided(asks) || bounds.iter().flatten().any(|bound| bound.decided(asks)),
            Self::Unary(_, of) | Self::Outside(_, of) | Self::Unsure(of) => of.decided(asks),
            Self::Binary(_, left, right) | Self::Let(_, left, right) => left.decided(asks) || right.decided(asks),
            Self::Compare(first, rest) => first.decided(asks) || rest.iter().any(|(_, operand)| operand.decided(asks)),
            Self::If(parts) => parts.iter().any(|part| part.decided(asks)),
            Self::Method(_, of, args) => of.decided(asks) || args.iter().any(|arg| arg.decided(asks)),
            Self::Lookup(_, _, key, default) => key.decided(asks) || default.as_ref().is_some_and(|d| d.decided(asks)),
            Self::Format(parts) => parts.iter().any(|part| matches!(part, Part::Value(of, ..) if of.decided(asks))),
            Self::Comprehension(_, source, conditions, item) => {
                source.decided(asks) || conditions.iter().any(|c| c.decided(asks)) || item.decided(asks)
            }
            Self::Loop(of) => in_loop(of, asks),
            Self::Try(of) => in_try(of, asks),
        }
    }
}

fn in_loop(of: &Loop<Tree>, asks: &mut dyn FnMut(&Tree) -> Option<bool>) -> bool {
    let over = match &of.over {
        Over::Range { ends, .. } => ends.iter().any(|end| end.decided(asks)),
        Over::Items { of, .. } | Over::While(of) => of.decided(asks),
    };
    over || of.carried.iter().any(|(_, value)| value.decided(asks)) || of.turn.decided(asks) || of.body.decided(asks)
}

fn in_try(of: &Try<Tree>, asks: &mut dyn FnMut(&Tree) -> Option<bool>) -> bool {
    of.body.decided(asks) || of.handlers.iter().any(|(_, handler)| handler.decided(asks))
}
