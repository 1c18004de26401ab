//! What functions ask of texts that are split at a character: the pieces one by one, how many there are, or all of so many.

use super::frame::{Frame, Value};
use super::pieces::Pieces;
use crate::chunk::Columns;
use crate::error::{Decline, Exception};
use crate::lambda::cells::cell::Cell;
use crate::lambda::tree::Tree;
use crate::lambda::tree::functions::{Function, Method};

/// The texts and the ASCII character at which a tree splits them.
pub fn split_of(tree: &Tree) -> Option<(&Tree, u8)> {
    let Tree::Method(Method::Split, texts, args) = tree else { return None };
    let [Tree::Const(Cell::Str(separator))] = args.as_slice() else { return None };
    match separator.as_bytes() {
        [character] => Some((texts, *character)),
        _ => None,
    }
}

/// `pieces[index]`
pub fn item(pieces: &Pieces, index: i64, frame: &Frame<'_>) -> Result<Columns, Decline> {
    let out = |rows| frame.at(Decline::raises(Exception::IndexError, "a list index out of range"), rows);
    pieces.item(index)?.map_err(out)
}

/// The pieces of rows that have so many each, as a tuple.
fn unpacked(pieces: &Pieces, count: i64, frame: &Frame<'_>) -> Result<Columns, Decline> {
    let other = pieces.others(count)?;
    if !other.is_empty() {
        let why = "unpacking into another number of names";
        return Err(frame.at(Decline::raises(Exception::ValueError, why), other));
    }
    let items = (0..count).map(|at| item(pieces, at, frame)).collect::<Result<_, _>>()?;
    Ok(Columns::tuple(items, pieces.len()))
}

/// A built-in's call that needs no list; `None` for another.
pub fn call(function: Function, pieces: &Pieces, rest: &[Value], frame: &Frame<'_>) -> Result<Option<Value>, Decline> {
    Ok(match (function, rest) {
        (Function::Len, []) => Some(Value::Each(pieces.lengths()?)),
        (Function::Unpack, [Value::One(Cell::Int(count))]) => Some(Value::Each(unpacked(pieces, *count, frame)?)),
        _ => None,
    })
}
