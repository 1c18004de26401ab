//! Dicts as values of a row, by their pairs in order.

use super::cell::Cell;
use super::compare::{equal_item, order};
use super::document;
use super::keys::{Key, Places, is_key, key};
use super::operate;
use super::records;
use super::textual::no_key;
use crate::chunk::DictKind;
use crate::error::Decline;
use crate::lambda::tree::BinaryOp;
use crate::lambda::tree::functions::Method;

/// Keys and values.
pub type Pairs<'a> = Vec<(Cell<'a>, Cell<'a>)>;

/// The pairs of a dict of any kind.
pub fn pairs(cell: Cell<'_>) -> Result<Pairs<'_>, Decline> {
    match cell {
        Cell::Map(_, pairs) => Ok(pairs),
        Cell::Dict(std::borrow::Cow::Borrowed(text)) => pairs(document::whole(text)?),
        Cell::Dict(text) => pairs(super::methods::owned(document::whole(&text)?)),
        of @ Cell::Record(..) if records::is_dict(&of) => {
            let Cell::Record(class, items) = of else { return Ok(Vec::new()) };
            Ok(class.names.iter().map(|name| Cell::owned(name.clone())).zip(items).collect())
        }
        other => Err(other.unsupported("a dict")),
    }
}

fn place(pairs: &[(Cell<'_>, Cell<'_>)], wanted: &Key<'_>) -> Result<Option<usize>, Decline> {
    for (at, (known, _)) in pairs.iter().enumerate() {
        if is_key(known, wanted)? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// The value of a key, if the dict has it.
pub fn get<'p, 'a>(pairs: &'p [(Cell<'a>, Cell<'a>)], name: &Cell<'_>) -> Result<Option<&'p Cell<'a>>, Decline> {
    if let Cell::Str(name) = name {
        // Most keys are texts: none is made to be compared.
        for (known, value) in pairs {
            match known {
                Cell::Str(known) if known == name => return Ok(Some(value)),
                _ => {}
            }
        }
        return Ok(None);
    }
    Ok(place(pairs, &key(name)?)?.map(|at| &pairs[at].1))
}

/// `dict[key]`
pub fn item<'a>(kind: DictKind, pairs: &[(Cell<'a>, Cell<'a>)], name: &Cell<'_>) -> Result<Cell<'a>, Decline> {
    match (get(pairs, name)?, kind) {
        (Some(value), _) => Ok(value.clone()),
        (None, DictKind::Dict) => Err(no_key(name)),
        (None, DictKind::Counter) => Ok(Cell::Int(0)),
        (None, _) => Err(Decline::new("asks a defaultdict for a key, which it then has")),
    }
}

/// Larger dicts are copied and searched faster by `CPython`.
const MANY: usize = 64;

fn check_size(left: &Pairs<'_>, right: &Pairs<'_>) -> Result<(), Decline> {
    if left.len().max(right.len()) > MANY { Err(Decline::new("dicts of many keys")) } else { Ok(()) }
}

/// `{**left, **right}`
pub fn merged<'a>(mut left: Pairs<'a>, right: Pairs<'a>) -> Result<Pairs<'a>, Decline> {
    check_size(&left, &right)?;
    for (name, value) in right {
        match place(&left, &key(&name)?)? {
            Some(at) => left[at].1 = value,
            None => left.push((name, value)),
        }
    }
    Ok(left)
}

/// `left | right` of dicts, `left + right` and `left - right` of Counters.
pub fn binary<'a>(
    op: BinaryOp,
    (kind, left): (DictKind, Pairs<'a>),
    (other, right): (DictKind, Pairs<'a>),
) -> Result<Cell<'a>, Decline> {
    check_size(&left, &right)?;
    match (op, kind, other) {
        (BinaryOp::Or, DictKind::Dict, DictKind::Dict) => Ok(Cell::Map(kind, merged(left, right)?)),
        (BinaryOp::Add | BinaryOp::Sub, DictKind::Counter, DictKind::Counter) => {
            let mine: Vec<Option<usize>> = {
                let there = Places::of(right.iter().map(|(name, _)| name))?;
                left.iter().map(|(name, _)| Ok(there.get(&key(name)?))).collect::<Result<_, Decline>>()?
            };
            let mut is_shared = vec![false; right.len()];
            let mut out = Vec::with_capacity(left.len().max(right.len()));
            let mut keep = |name: Cell<'a>, count: Cell<'a>| -> Result<(), Decline> {
                if order(&count, &Cell::Int(0))? == Some(std::cmp::Ordering::Greater) {
                    out.push((name, count));
                }
                Ok(())
            };
            for ((name, count), at) in left.into_iter().zip(mine) {
                let more = at.map_or(Cell::Int(0), |at| {
                    is_shared[at] = true;
                    right[at].1.clone()
                });
                keep(name, operate::binary(op, count, more)?)?;
            }
            for ((name, count), is_shared) in right.into_iter().zip(is_shared) {
                if is_shared {
                    continue;
                }
                let count = if op == BinaryOp::Sub { operate::binary(op, Cell::Int(0), count)? } else { count };
                keep(name, count)?;
            }
            Ok(Cell::Map(kind, out))
        }
        _ => Err(Decline::new(format!("{op:?} of two dicts"))),
    }
}

/// Whether two dicts have equal keys with equal values.
pub fn equal(
    (kind, left): (DictKind, &[(Cell<'_>, Cell<'_>)]),
    (other, right): (DictKind, &[(Cell<'_>, Cell<'_>)]),
) -> Result<bool, Decline> {
    if kind == DictKind::Counter || other == DictKind::Counter {
        return Err(Decline::new("a comparison of a Counter"));
    }
    if left.len() != right.len() {
        return Ok(false);
    }
    let index = Places::of(right.iter().map(|(name, _)| name))?;
    for (name, value) in left {
        match index.get(&key(name)?) {
            Some(at) if equal_item(value, &right[at].1)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

/// A method that changes nothing.
pub fn method<'a>(
    method: Method,
    (kind, pairs): (DictKind, Pairs<'a>),
    args: &[Cell<'a>],
) -> Result<Cell<'a>, Decline> {
    match (method, args) {
        (Method::Get, [name, default @ ..]) => {
            Ok(get(&pairs, name)?.or(default.first()).cloned().unwrap_or(Cell::None))
        }
        (Method::Items, []) => {
            Ok(Cell::List(pairs.into_iter().map(|(name, value)| Cell::Tuple(vec![name, value])).collect()))
        }
        (Method::Keys, []) => Ok(Cell::List(pairs.into_iter().map(|(name, _)| name).collect())),
        (Method::Values, []) => Ok(Cell::List(pairs.into_iter().map(|(_, value)| value).collect())),
        (Method::Copy, []) => Ok(Cell::Map(kind, pairs)),
        _ => Err(Decline::new(format!("{}() of a dict", method.name()))),
    }
}
