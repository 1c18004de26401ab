//! Sets as values of a row. Their order is `CPython`'s, which depends on hashes and on how each set came to be: nothing here
//! tells it, and a set leaves only where it is made again as it was, or where its order can't be known beforehand.

use super::cell::Cell;
use super::keys::{Places, is_key, key};
use crate::error::{Decline, Exception};
use crate::lambda::tree::BinaryOp;
use crate::lambda::tree::functions::Method;

/// The least table that a set has. Ints below that stand in it each in its own place, whatever was before.
const TABLE: i64 = 8;

/// Whether a set of these elements has one order however it came to be.
pub fn is_without_order(items: &[Cell<'_>]) -> bool {
    let is_small = |item: &Cell<'_>| match item {
        Cell::Int(i) => (0..TABLE).contains(i),
        Cell::Bool(_) => true,
        _ => false,
    };
    items.len() < 2 || items.iter().all(is_small)
}

/// Which of each of two sets' elements the other has.
pub fn shared(left: &[Cell<'_>], right: &[Cell<'_>]) -> Result<(Vec<bool>, Vec<bool>), Decline> {
    let (here, there) = (Places::of(left.iter())?, Places::of(right.iter())?);
    let has = |items: &[Cell<'_>], other: &Places<'_>| -> Result<Vec<bool>, Decline> {
        items.iter().map(|item| Ok(other.get(&key(item)?).is_some())).collect()
    };
    Ok((has(left, &there)?, has(right, &here)?))
}

/// The elements that are shared, or those that aren't.
pub fn kept<'a>(items: Vec<Cell<'a>>, shared: &[bool], common: bool) -> Vec<Cell<'a>> {
    items.into_iter().zip(shared).filter(|(_, shared)| **shared == common).map(|(item, _)| item).collect()
}

/// Whether two sets have the same elements.
pub fn equal(left: &[Cell<'_>], right: &[Cell<'_>]) -> Result<bool, Decline> {
    Ok(left.len() == right.len() && shared(left, right)?.0.iter().all(|shared| *shared))
}

/// `item in set`
pub fn contains(items: &[Cell<'_>], item: &Cell<'_>) -> Result<bool, Decline> {
    let wanted = key(item)?;
    for each in items {
        if is_key(each, &wanted)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Larger sets are copied and searched faster by `CPython`.
const MANY: usize = 64;

/// `left | right` and the like of two sets.
pub fn binary<'a>(op: BinaryOp, left: Vec<Cell<'a>>, right: Vec<Cell<'a>>) -> Result<Cell<'a>, Decline> {
    if left.len().max(right.len()) > MANY {
        return Err(Decline::new("sets of many elements"));
    }
    if op != BinaryOp::And {
        return Ok(Cell::Set(combined(op, left, right)?, false));
    }
    let (mine, _) = shared(&left, &right)?;
    // Of two equal elements of two types, one stays: which, depends on the sets' sizes.
    if !is_of_one_type(&left, &right) {
        return Err(Decline::new("an intersection of sets of several types"));
    }
    Ok(Cell::Set(kept(left, &mine, true), false))
}

/// The elements of `left | right`, `left - right` or `left ^ right`; of two equal ones the left's stays.
pub fn combined<'a>(op: BinaryOp, mut left: Vec<Cell<'a>>, right: Vec<Cell<'a>>) -> Result<Vec<Cell<'a>>, Decline> {
    if let (BinaryOp::Or, [only]) = (op, right.as_slice()) {
        if !contains(&left, only)? {
            left.extend(right);
        }
        return Ok(left);
    }
    let (mine, theirs) = shared(&left, &right)?;
    Ok(match op {
        BinaryOp::Or => left.into_iter().chain(kept(right, &theirs, false)).collect(),
        BinaryOp::Sub => kept(left, &mine, false),
        BinaryOp::Xor => {
            let rest = kept(right, &theirs, false);
            kept(left, &mine, false).into_iter().chain(rest).collect()
        }
        _ => return Err(Decline::raises(Exception::TypeError, "an operator between sets")),
    })
}

fn is_of_one_type(left: &[Cell<'_>], right: &[Cell<'_>]) -> bool {
    let mut all = left.iter().chain(right);
    let Some(first) = all.next() else { return true };
    matches!(first, Cell::Int(_) | Cell::Str(_) | Cell::Bool(_))
        && all.all(|item| item.type_name() == first.type_name())
}

/// A method that changes nothing.
pub fn method<'a>(method: Method, items: Vec<Cell<'a>>, args: &[Cell<'a>]) -> Result<Cell<'a>, Decline> {
    if let (Method::Copy, []) = (method, args) {
        return Ok(Cell::Set(items, false));
    }
    let [other] = args else { return Err(Decline::new(format!("{}() of a set", method.name()))) };
    let other = match other {
        Cell::Set(other, _) | Cell::List(other) | Cell::Tuple(other) => super::collections::distinct(other.clone())?,
        other => return Err(other.unsupported("a set")),
    };
    let (mine, theirs) = shared(&items, &other)?;
    let all = |shared: &[bool]| Ok(Cell::Bool(shared.iter().all(|shared| *shared)));
    match method {
        Method::Union => binary(BinaryOp::Or, items, other),
        Method::Intersection => binary(BinaryOp::And, items, other),
        Method::Difference => binary(BinaryOp::Sub, items, other),
        Method::SymmetricDifference => binary(BinaryOp::Xor, items, other),
        Method::IsSubset => all(&mine),
        Method::IsSuperset => all(&theirs),
        Method::IsDisjoint => Ok(Cell::Bool(!mine.contains(&true))),
        _ => Err(Decline::new(format!("{}() of a set", method.name()))),
    }
}
