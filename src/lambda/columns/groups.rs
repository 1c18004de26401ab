//! Matches that a tree names, and their groups. One that a function has bound stands in its tree once for each use: the
//! pattern is tried the first time, and what it found is remembered.

use super::frame::{Frame, Value};
use super::matches::Matches;
use crate::error::{Decline, Exception};
use crate::lambda::cells::cell::Cell;
use crate::lambda::tree::Tree;
use crate::lambda::tree::functions::Method;
use crate::lambda::tree::matches::{group_number, is_group, parts};

/// The matches of a tree; `None` where it is no such tree or its texts are not all of type str.
pub fn matches(
    tree: &Tree,
    frame: &Frame<'_>,
    eval: impl Fn(&Tree, &Frame<'_>) -> Result<Value, Decline>,
) -> Result<Option<Matches>, Decline> {
    let Some((call, text, key)) = parts(tree) else { return Ok(None) };
    if let Some(known) = frame.known_matches(&key) {
        return Ok(Some(known));
    }
    let texts = eval(text, frame)?;
    let Some(texts) = texts.strings() else { return Ok(None) };
    let found = Matches::find(call, texts)?;
    frame.keep_matches(key, found.clone());
    Ok(Some(found))
}

/// `match.group(i)` or `match.groups()`; `None` as for `matches`.
pub fn method(
    method: Method,
    of: &Tree,
    args: &[Tree],
    frame: &Frame<'_>,
    eval: impl Fn(&Tree, &Frame<'_>) -> Result<Value, Decline>,
) -> Result<Option<Value>, Decline> {
    if !is_group(method, of, args) {
        return Ok(None);
    }
    let Some(matches) = matches(of, frame, eval)? else { return Ok(None) };
    let without = matches.missing();
    if !without.is_empty() {
        let why = Cell::None.refuses(Exception::AttributeError, &format!("{}()", method.name()));
        return Err(frame.at(why, without));
    }
    let made = match group_number(args) {
        Some(i) if method == Method::Group => matches.group(i)?,
        _ => matches.groups()?,
    };
    Ok(Some(Value::Each(made)))
}
