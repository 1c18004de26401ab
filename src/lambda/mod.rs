//! Typed expressions: what a compiled user function is, its inference and lowering to kernels, and why it declines.

mod expr;
mod reducer;

pub use expr::{BinaryOp, CharClass, CompareOp, Expr, FormatPart, Matcher, Pattern, RegexFunction, UnaryOp};
pub use reducer::{BinaryFn, Reducer, Ties};
