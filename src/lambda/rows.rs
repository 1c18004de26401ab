//! Evaluates nodes row by row.
use super::cell::Cell;
use super::expr::{BinaryOp, CompareOp};
use super::functions::Method;
use super::node::Node;
use super::vector::{Frame, Value};
use crate::error::Decline;

fn later<T>() -> Result<T, Decline> {
    Err(Decline::new("not built yet"))
}
/// By rows.
pub fn eval_node(_node: &Node, _frame: &Frame<'_>) -> Result<Value, Decline> {
    later()
}
/// A binary operator.
pub fn binary<'a>(_op: BinaryOp, _l: Cell<'a>, _r: Cell<'a>) -> Result<Cell<'a>, Decline> {
    later()
}
/// A comparison.
pub fn compare(_op: CompareOp, _l: &Cell<'_>, _r: &Cell<'_>) -> Result<bool, Decline> {
    later()
}
/// len
pub fn length<'a>(_v: &Cell<'a>) -> Result<Cell<'a>, Decline> {
    later()
}
/// index
pub fn item<'a>(_of: Cell<'a>, _index: &Cell<'a>) -> Result<Cell<'a>, Decline> {
    later()
}
/// method
pub fn method<'a>(_m: Method, _of: Cell<'a>, _args: &[Cell<'a>]) -> Result<Cell<'a>, Decline> {
    later()
}
/// iteration
pub fn elements(_cell: Cell<'_>) -> Result<Vec<Cell<'_>>, Decline> {
    later()
}
