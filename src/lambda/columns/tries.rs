//! `try` over whole columns. All rows are tried at once, which is all there is to do where none raises. Where some do,
//! they are known, and what they raise; the others are tried again without them.

use arrow_array::BooleanArray;
use arrow_buffer::BooleanBuffer;

use super::frame::{Frame, Value};
use super::loops::several;
use super::merge::merge;
use super::rows;
use super::vector::eval;
use crate::chunk::Columns;
use crate::error::Decline;
use crate::lambda::cells::cell::Cell;
use crate::lambda::tree::Tree;
use crate::lambda::tree::tries::Try;

/// So often rows that raise are put aside; after that each row is tried by itself.
const MOST: usize = 16;

/// Evaluates a tree over a frame: a value, or the items of a tuple.
type Eval<'e> = &'e dyn Fn(&Tree, &Frame<'_>) -> Result<Vec<Value>, Decline>;

/// The whole, row by row: the same values; nothing where that is none of these rows' ways.
type ByRow<'e> = &'e dyn Fn(&Frame<'_>) -> Result<Option<Vec<Value>>, Decline>;

/// The value of a `try`, which is the whole of `tree`.
pub fn attempt(of: &Try<Tree>, tree: &Tree, frame: &Frame<'_>) -> Result<Value, Decline> {
    // Items of tuples are put together by themselves: those of different types only with `None` are none of a column.
    let made = if items(tree).is_some() {
        let by_row = |inner: &Frame<'_>| {
            let items = rows::eval_tree(tree, inner)?.into_columns(inner.rows)?.items();
            Ok(items.map(|items| items.into_iter().map(Value::Each).collect()))
        };
        values(of, frame, &several, &by_row)?.map(|parts| {
            let parts = parts.into_iter().map(|part| part.into_columns(frame.rows)).collect::<Result<_, _>>()?;
            Ok(Value::Each(Columns::tuple(parts, frame.rows)))
        })
    } else {
        let one: Eval<'_> = &|tree, frame| Ok(vec![eval(tree, frame)?]);
        let by_row = |inner: &Frame<'_>| Ok(Some(vec![rows::eval_tree(tree, inner)?]));
        values(of, frame, one, &by_row)?.and_then(|mut one| one.pop()).map(Ok)
    };
    made.unwrap_or_else(|| rows::eval_tree(tree, frame))
}

/// The same as several values; nothing where only row by row it can be told what is raised.
/// Rows whose handler asks for the exception are given to `by_row`.
pub fn values(
    of: &Try<Tree>,
    frame: &Frame<'_>,
    eval: Eval<'_>,
    by_row: ByRow<'_>,
) -> Result<Option<Vec<Value>>, Decline> {
    let mut first = &of.body;
    while let Tree::Let(slot, _, following) = first {
        frame.unbind(*slot);
        first = following;
    }
    let mut why = match frame.protected(|frame| eval(&of.body, frame)) {
        Ok(values) => return Ok(Some(values)),
        Err(why) => why,
    };
    // What was bound before any row raised needn't be evaluated again.
    let mut body = &of.body;
    while let Tree::Let(slot, _, following) = body
        && frame.is_bound(*slot)
    {
        body = following;
    }
    let mut left: Vec<u32> = (0..frame.rows as u32).collect();
    let mut caught = vec![Vec::new(); of.handlers.len()];
    let mut groups = Vec::new();
    for _ in 0..MOST {
        let Some(raising) = frame.raising(&why) else { return Ok(None) };
        let Some(at) = of.handler(&why) else { return Err(why) };
        let stays = |row: &u32| raising.binary_search(row).is_err();
        left.retain(stays);
        caught[at].extend_from_slice(raising);
        let inner = frame.spread(&left);
        let tried = if left.is_empty() { Ok(None) } else { inner.protected(|inner| eval(body, inner)).map(Some) };
        why = match tried {
            Ok(values) => {
                groups.extend(values.map(|values| (left.clone(), values)));
                break;
            }
            Err(why) => inner.outward(why),
        };
    }
    if caught.iter().map(Vec::len).sum::<usize>() + groups.iter().map(|(rows, _)| rows.len()).sum::<usize>()
        < frame.rows
    {
        return Ok(None);
    }
    for (at, (rows, (_, handler))) in caught.iter_mut().zip(&of.handlers).enumerate() {
        if rows.is_empty() {
            continue;
        }
        rows.sort_unstable();
        let inner = frame.spread(rows);
        // The texts of exceptions are known row by row.
        if of.name(at).is_some() {
            let Some(values) = by_row(&inner)? else { return Ok(None) };
            groups.push((rows.clone(), values));
            continue;
        }
        groups.push((rows.clone(), eval(handler, &inner).map_err(|why| inner.outward(why))?));
    }
    together(groups)
}

/// The values of all rows, of groups of them.
fn together(groups: Vec<(Vec<u32>, Vec<Value>)>) -> Result<Option<Vec<Value>>, Decline> {
    let mut groups = groups.into_iter();
    let Some((mut rows, mut values)) = groups.next() else { return Ok(None) };
    for (further, others) in groups {
        let mut all: Vec<u32> = rows.iter().chain(&further).copied().collect();
        all.sort_unstable();
        let first = |at: usize| rows.binary_search(&all[at]).is_ok();
        let mask = BooleanArray::new(BooleanBuffer::collect_bool(all.len(), first), None);
        if values.len() != others.len() {
            return Err(Decline::new("the rows have different types"));
        }
        let pairs = values.iter().zip(&others);
        values = pairs.map(|(value, other)| merge(&mask, value, other)).collect::<Result<_, _>>()?;
        rows = all;
    }
    Ok(Some(values))
}

/// How many items the tuples have that a tree makes, where it always makes one of so many.
fn items(tree: &Tree) -> Option<usize> {
    match tree {
        Tree::Tuple(items) => Some(items.len()),
        Tree::Const(Cell::Tuple(cells)) => Some(cells.len()),
        Tree::Let(_, _, body) | Tree::Outside(_, body) => items(body),
        Tree::Loop(of) => items(&of.body),
        Tree::If(parts) => same(parts[1..].iter().map(items)),
        Tree::Try(of) => {
            let handlers = of.handlers.iter().map(|(_, handler)| handler);
            same(std::iter::once(&of.body).chain(handlers).map(items))
        }
        _ => None,
    }
}

fn same(mut all: impl Iterator<Item = Option<usize>>) -> Option<usize> {
    let first = all.next()??;
    all.all(|other| other == Some(first)).then_some(first)
}
