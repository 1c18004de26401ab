//! Functions of single values that look into a table or a list as a whole: `str.translate`, `bisect`, `statistics`; and
//! what a value is of: the name of its type, its hash.

use std::cmp::Ordering;

use super::builtins::{elements, sort_by};
use super::cell::Cell;
use super::compare::order;
use super::operate::binary;
use crate::error::Decline;
use crate::kernel::hashes::{python_float_hash, python_int_hash};
use crate::kernel::number::exact_mean;
use crate::kernel::translate::Table;
use crate::lambda::tree::expr::BinaryOp;
use crate::lambda::tree::functions::Function;

/// A function of this file; the number of arguments was checked.
pub fn call<'a>(function: Function, args: &[Cell<'a>]) -> Result<Cell<'a>, Decline> {
    match (function, args) {
        (Function::Translate, [Cell::Str(text), pairs]) => {
            let mut out = String::with_capacity(text.len());
            table(pairs)?.write(text, &mut out);
            Ok(Cell::owned(out))
        }
        (Function::Bisect, [Cell::Tuple(items) | Cell::List(items), item, Cell::Bool(right)]) => {
            bisect(items, item, *right).map(|at| Cell::Int(at as i64))
        }
        (Function::TypeName, [of]) if of.is_plain() => Ok(Cell::text(of.type_name())),
        (Function::Hash, [of]) => hash(of).map(Cell::Int).ok_or_else(|| of.unsupported("hash()")),
        (Function::Mean, [of]) => mean(&elements(of.clone())?),
        (Function::Median, [of]) => median(elements(of.clone())?),
        (_, args) => Err(args.first().unwrap_or(&Cell::None).unsupported(&format!("{}()", function.name()))),
    }
}

/// The table of `translate`, from pairs of a character and what takes its place.
pub fn table(pairs: &Cell<'_>) -> Result<Table, Decline> {
    let odd = || Decline::new("translate() by what is no table");
    let Cell::Tuple(pairs) = pairs else { return Err(odd()) };
    let mut texts = Vec::with_capacity(pairs.len());
    for pair in pairs {
        match pair {
            Cell::Tuple(pair) => match pair.as_slice() {
                [Cell::Str(from), Cell::Str(to)] => texts.push((&**from, &**to)),
                _ => return Err(odd()),
            },
            _ => return Err(odd()),
        }
    }
    Table::new(texts.into_iter())
}

/// `bisect_left` or `bisect_right`, which compares as Python's does, also in a list that isn't in order.
fn bisect(items: &[Cell<'_>], item: &Cell<'_>, right: bool) -> Result<usize, Decline> {
    let (mut low, mut high) = (0, items.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        let before = if right {
            order(item, &items[middle])? != Some(Ordering::Less)
        } else {
            order(&items[middle], item)? == Some(Ordering::Less)
        };
        if before {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// `hash` of a number.
fn hash(of: &Cell<'_>) -> Option<i64> {
    match of {
        Cell::Int(i) => Some(python_int_hash(*i)),
        Cell::Bool(b) => Some(i64::from(*b)),
        Cell::Float(f) => python_float_hash(*f),
        _ => None,
    }
}

/// `statistics.mean`: the exact mean, rounded once; of ints an int where it is one.
fn mean<'a>(items: &[Cell<'a>]) -> Result<Cell<'a>, Decline> {
    let odd = || Decline::new("mean() of what are no numbers of one type");
    let ints: Option<Vec<i64>> = items.iter().map(Cell::whole).collect();
    if items.is_empty() {
        return Err(Decline::new("mean() of nothing"));
    }
    if let Some(ints) = ints {
        let (total, count): (i128, i128) = (ints.iter().map(|i| i128::from(*i)).sum(), ints.len() as i128);
        if total % count == 0 {
            return i64::try_from(total / count).map(Cell::Int).map_err(|_| odd());
        }
        // Both are exact as floats, so that their quotient is rounded once.
        let exact = total.unsigned_abs() <= 1 << 53;
        return if exact { Ok(Cell::Float(total as f64 / count as f64)) } else { Err(odd()) };
    }
    let floats = items.iter().map(|item| if let Cell::Float(f) = item { Some(*f) } else { None });
    let floats: Vec<f64> = floats.collect::<Option<_>>().ok_or_else(odd)?;
    exact_mean(&floats).map(Cell::Float).ok_or(Decline::new("mean() of very different floats"))
}

/// `statistics.median`
fn median(mut items: Vec<Cell<'_>>) -> Result<Cell<'_>, Decline> {
    if items.is_empty() {
        return Err(Decline::new("median() of nothing"));
    }
    sort_by(&mut items, false, |item| item)?;
    let at = items.len() / 2;
    if items.len() % 2 == 1 {
        return Ok(items.swap_remove(at));
    }
    binary(BinaryOp::TrueDiv, binary(BinaryOp::Add, items[at - 1].clone(), items[at].clone())?, Cell::Int(2))
}
