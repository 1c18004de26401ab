//! Typed expressions: what a compiled user function is, its inference and lowering to kernels, and why it declines.

mod added;
mod aggregator;
mod backtrack;
mod captured;
mod cells;
mod columns;
mod compiled;
mod idle;
mod machine;
mod mapping;
mod partition;
mod pattern;
mod scan;
mod tree;

pub use added::added;
pub use aggregator::{Aggregator, Step};
pub use captured::Captured;
pub use cells::encoded::mixed;
pub use cells::read::Reader;
pub use compiled::{Compiled, Passing};
pub use machine::{machine_code_calls, use_machine_code};
pub use mapping::{REMOVED, States, UPDATED};
pub use partition::Partition;
pub use tree::expr::{
    BinaryOp, CharClass, CompareOp, Expr, FormatPart, LookupKind, Matcher, Pattern, Piece, RegexFunction, UnaryOp,
};
pub use tree::{BinaryFn, Reducer, Ties};
