//! Typed expressions: what a compiled user function is, its inference and lowering to kernels, and why it declines.

mod builtins;
mod captured;
mod cell;
mod compare;
mod compiled;
mod comprehension;
mod expr;
mod fast;
mod frame;
mod functions;
mod lists;
mod logic;
mod lookup;
mod lower;
mod mathematics;
mod merge;
mod methods;
mod node;
mod operate;
mod pattern;
mod read;
mod reducer;
mod rows;
mod texts;
mod textual;
mod vector;
mod write;

pub use captured::Captured;
pub use compiled::{Compiled, CompiledRef};
pub use expr::{
    BinaryOp, CharClass, CompareOp, Expr, FormatPart, LookupKind, Matcher, Pattern, Piece, RegexFunction, UnaryOp,
};
pub use read::Reader;
pub use reducer::{BinaryFn, Reducer, Ties};
