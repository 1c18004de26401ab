//! Sets, dicts and what iterates, as lists: a set is the list of its elements, a dict that of its pairs, in the order in
//! which they came. The translator knows which list is which, and asks a set for nothing that depends on its order.

use std::cmp::Ordering;

use super::builtins::{self, elements};
use super::cell::Cell;
use super::compare::order;
use super::keys::{Key, is_key, key, places};
use super::maps::{self, Pairs};
use super::records;
use super::sets;
use super::textual::no_key;
use crate::chunk::DictKind;
use crate::error::{Decline, Exception};
use crate::lambda::tree::BinaryOp;
use crate::lambda::tree::functions::Function;
use crate::lambda::tree::turns::{range_item, range_len};

/// More items than this are the interpreter's: what is made here is made of one row.
const MOST: u64 = 1 << 20;
/// A dict of more keys is the interpreter's, which doesn't search it.
const MOST_KEYS: usize = 2048;

/// A function of this file; the number of arguments was checked.
pub fn call(function: Function, args: Vec<Cell<'_>>) -> Result<Cell<'_>, Decline> {
    match function {
        Function::Range => range(&args),
        Function::Zip => zip(args),
        Function::ZipOf => zip(args.into_iter().next().map(elements).transpose()?.unwrap_or_default()),
        Function::Enumerate => enumerate(args),
        Function::Reversed => reversed(args),
        Function::Flatten => flatten(args),
        Function::Distinct => first_of(args).and_then(in_order).and_then(distinct).map(Cell::List),
        // A row that is a dict is copied with what it has.
        Function::Counts | Function::DictOf if matches!(&args[..], [of] if records::is_dict(of)) => {
            first_of(args).and_then(records::items).map(Cell::List)
        }
        Function::Counts => first_of(args).and_then(in_order).and_then(counts).map(tuples),
        Function::DictMake => dict_make(args),
        Function::DictPairs => maps::pairs(first_of(args)?).map(tuples),
        Function::SetMake => {
            let [of, as_added] = many(args)?;
            Ok(Cell::Set(elements(of)?, as_added.truth()?))
        }
        Function::SetItems => match first_of(args)? {
            Cell::Set(items, _) => Ok(Cell::List(items)),
            other => in_order(other).and_then(distinct).map(Cell::List),
        },
        Function::DictOf => first_of(args).and_then(dict_of).map(tuples),
        Function::DictMerge => {
            let [left, right] = many(args)?;
            maps::merged(pairs_of(left)?, pairs_of(right)?).map(tuples)
        }
        Function::SortedBy => sorted_by(args),
        Function::MaxBy => extreme_by(args, Ordering::Greater),
        Function::MinBy => extreme_by(args, Ordering::Less),
        Function::Combinations => combinations(args),
        Function::Product => product(args),
        Function::MostCommon => most_common(args),
        Function::Accumulate => accumulate(args),
        Function::GroupRuns => group_runs(args),
        Function::UnpackStar => unpack_star(args),
        Function::Append | Function::Extend | Function::Insert | Function::SetItem | Function::DelItem => {
            change(function, args)
        }
        Function::Remove => change(function, args),
        _ => of_sets(function, args),
    }
}

/// As `call`, of a list that stays where it is.
pub fn look<'a>(function: Function, of: &Cell<'a>, rest: &[Cell<'a>]) -> Result<Cell<'a>, Decline> {
    let Cell::List(items) = of else { return Err(Decline::new("a look into what is no list")) };
    let (Some(name), true) = (
        rest.first(),
        matches!(function, Function::DictGet | Function::DictItem | Function::DictHas | Function::SetHas),
    ) else {
        let mut all = vec![of.clone()];
        all.extend_from_slice(rest);
        return call(function, all);
    };
    let found = if function == Function::SetHas {
        let wanted = key(name)?;
        let mut found = None;
        for (at, item) in items.iter().enumerate() {
            if is_key(item, &wanted)? {
                found = Some(at);
                break;
            }
        }
        found
    } else {
        place(items, &key(name)?)?
    };
    let value = |at: usize| match &items[at] {
        Cell::Tuple(pair) => pair.get(1).cloned(),
        _ => None,
    };
    Ok(match (function, found) {
        (Function::DictHas | Function::SetHas, found) => Cell::Bool(found.is_some()),
        (Function::DictGet, None) => rest.get(1).cloned().unwrap_or(Cell::None),
        (_, Some(at)) => value(at).ok_or(Decline::new("a pair that is none"))?,
        (_, None) => return Err(no_key(name)),
    })
}

/// Where the pair of a key is.
fn place(pairs: &[Cell<'_>], wanted: &Key<'_>) -> Result<Option<usize>, Decline> {
    if pairs.len() > MOST_KEYS {
        return Err(Decline::new("a dict of many keys"));
    }
    for (at, each) in pairs.iter().enumerate() {
        let Cell::Tuple(items) = each else { return Err(Decline::new("a pair that is none")) };
        let [known, _] = items.as_slice() else { return Err(Decline::new("a pair that is none")) };
        if is_key(known, wanted)? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

fn first_of(args: Vec<Cell<'_>>) -> Result<Cell<'_>, Decline> {
    args.into_iter().next().ok_or(Decline::new("a number of arguments"))
}

/// What is iterated to be counted, or to make a set: of a dict and of a set that is another matter.
fn in_order(cell: Cell<'_>) -> Result<Vec<Cell<'_>>, Decline> {
    match cell {
        Cell::Map(..) | Cell::Dict(_) | Cell::Set(..) => Err(cell.unsupported("a set or a Counter")),
        other => elements(other),
    }
}

/// A dict of the class with this number, as a value.
fn dict_make(args: Vec<Cell<'_>>) -> Result<Cell<'_>, Decline> {
    let [of, kind] = many(args)?;
    Ok(Cell::Map(dict_kind(&kind)?, pairs_of(of)?))
}

/// The class with this number.
pub fn dict_kind(number: &Cell<'_>) -> Result<DictKind, Decline> {
    let number = int(number, "a dict")?;
    u8::try_from(number).ok().and_then(DictKind::of).ok_or(Decline::new("a dict of no known class"))
}

fn many<const N: usize>(args: Vec<Cell<'_>>) -> Result<[Cell<'_>; N], Decline> {
    args.try_into().map_err(|_| Decline::new("a number of arguments"))
}

fn int(cell: &Cell<'_>, what: &str) -> Result<i64, Decline> {
    match cell {
        Cell::Int(i) => Ok(*i),
        Cell::Bool(b) => Ok(i64::from(*b)),
        other => Err(other.refuses(Exception::TypeError, what)),
    }
}

fn fits(count: u64) -> Result<(), Decline> {
    if count > MOST { Err(Decline::new("more than 2^20 items of one row")) } else { Ok(()) }
}

fn range<'a>(args: &[Cell<'_>]) -> Result<Cell<'a>, Decline> {
    let ints = args.iter().map(|arg| int(arg, "range()")).collect::<Result<Vec<_>, _>>()?;
    let (start, stop, by) = match ints[..] {
        [stop] => (0, stop, 1),
        [start, stop] => (start, stop, 1),
        [start, stop, by] => (start, stop, by),
        _ => return Err(Decline::new("a number of arguments")),
    };
    if by == 0 {
        return Err(Decline::raises(Exception::ValueError, "a range of step 0"));
    }
    let count = range_len(start, stop, by)?;
    fits(count)?;
    Ok(Cell::List((0..count).map(|at| Cell::Int(range_item(start, by, at))).collect()))
}

/// As far as the shortest goes.
fn zip(args: Vec<Cell<'_>>) -> Result<Cell<'_>, Decline> {
    let mut sources = args.into_iter().map(|arg| elements(arg).map(Vec::into_iter)).collect::<Result<Vec<_>, _>>()?;
    let count = sources.iter().map(ExactSizeIterator::len).min().unwrap_or(0);
    let tuple = |_| Cell::Tuple(sources.iter_mut().filter_map(Iterator::next).collect());
    Ok(Cell::List((0..count).map(tuple).collect()))
}

fn enumerate(args: Vec<Cell<'_>>) -> Result<Cell<'_>, Decline> {
    let [of, start] = many(args)?;
    let start = int(&start, "enumerate()")?;
    let items = elements(of)?;
    if start.checked_add(items.len() as i64).is_none() {
        return Err(Decline::new("an int past 64 bits"));
    }
    let pair = |(at, item)| Cell::Tuple(vec![Cell::Int(start + at as i64), item]);
    Ok(Cell::List(items.into_iter().enumerate().map(pair).collect()))
}

fn reversed(args: Vec<Cell<'_>>) -> Result<Cell<'_>, Decline> {
    let of = first_of(args)?;
    if !matches!(of, Cell::List(_) | Cell::Tuple(_) | Cell::Str(_)) {
        return Err(of.unsupported("reversed()"));
    }
    let mut items = elements(of)?;
    items.reverse();
    Ok(Cell::List(items))
}

/// All elements of all elements.
fn flatten(args: Vec<Cell<'_>>) -> Result<Cell<'_>, Decline> {
    let mut out = Vec::new();
    for part in elements(first_of(args)?)? {
        out.extend(elements(part)?);
    }
    fits(out.len() as u64)?;
    Ok(Cell::List(out))
}

/// The first of all that are equal.
pub fn distinct(items: Vec<Cell<'_>>) -> Result<Vec<Cell<'_>>, Decline> {
    let places = places(items.iter())?;
    let mut out = Vec::with_capacity(items.len());
    for (item, place) in items.into_iter().zip(places) {
        if place == out.len() {
            out.push(item);
        }
    }
    Ok(out)
}

/// `Counter(items)`: each with how often it is there, in the order in which they came.
pub fn counts(items: Vec<Cell<'_>>) -> Result<Pairs<'_>, Decline> {
    let places = places(items.iter())?;
    let mut out: Pairs<'_> = Vec::with_capacity(items.len());
    for (item, place) in items.into_iter().zip(places) {
        match out.get_mut(place) {
            Some((_, Cell::Int(count))) => *count += 1,
            _ => out.push((item, Cell::Int(1))),
        }
    }
    Ok(out)
}

/// Pairs as a list of tuples.
fn tuples(pairs: Pairs<'_>) -> Cell<'_> {
    Cell::List(pairs.into_iter().map(|(name, value)| Cell::Tuple(vec![name, value])).collect())
}

fn pair(cell: Cell<'_>) -> Result<(Cell<'_>, Cell<'_>), Decline> {
    let why = || Decline::new("a pair that is none");
    let mut items = match cell {
        Cell::Tuple(items) | Cell::List(items) if items.len() == 2 => items,
        other => elements(other).map_err(Decline::unsure)?,
    };
    let (Some(value), Some(key), None) = (items.pop(), items.pop(), items.pop()) else { return Err(why()) };
    Ok((key, value))
}

/// `dict(of)`: a key stays where it came first, with the last value.
pub fn dict_of(of: Cell<'_>) -> Result<Pairs<'_>, Decline> {
    if matches!(of, Cell::Map(..) | Cell::Dict(_)) {
        return maps::pairs(of);
    }
    let all = elements(of)?.into_iter().map(pair).collect::<Result<Vec<_>, _>>()?;
    let places = places(all.iter().map(|(name, _)| name))?;
    let mut out: Pairs<'_> = Vec::with_capacity(all.len());
    for ((name, value), place) in all.into_iter().zip(places) {
        match out.get_mut(place) {
            Some((_, known)) => *known = value,
            None => out.push((name, value)),
        }
    }
    Ok(out)
}

/// The pairs of a dict that is a list of them, or a value.
pub fn pairs_of(of: Cell<'_>) -> Result<Pairs<'_>, Decline> {
    match of {
        Cell::List(items) => items.into_iter().map(pair).collect(),
        other => maps::pairs(other),
    }
}

/// Keys and items of pairs.
fn keyed(args: Vec<Cell<'_>>) -> Result<(Vec<(Cell<'_>, Cell<'_>)>, bool), Decline> {
    let [of, reverse] = many(args)?;
    let pairs = elements(of)?.into_iter().map(pair).collect::<Result<_, _>>()?;
    match reverse {
        Cell::Bool(b) => Ok((pairs, b)),
        Cell::Int(i) => Ok((pairs, i != 0)),
        other => Err(other.unsupported("sorted() in the order")),
    }
}

/// `sorted(items, key=..., reverse=...)` of pairs of keys and items.
fn sorted_by(args: Vec<Cell<'_>>) -> Result<Cell<'_>, Decline> {
    let (mut pairs, reverse) = keyed(args)?;
    builtins::sort_by(&mut pairs, reverse, |(key, _)| key)?;
    Ok(Cell::List(pairs.into_iter().map(|(_, item)| item).collect()))
}

/// `max(items, key=...)` of pairs of keys and items: the first of equals.
fn extreme_by(args: Vec<Cell<'_>>, better: Ordering) -> Result<Cell<'_>, Decline> {
    let pairs = elements(first_of(args)?)?.into_iter().map(pair).collect::<Result<Vec<_>, _>>()?;
    let mut pairs = pairs.into_iter();
    let mut best = pairs.next().ok_or(Decline::raises(Exception::ValueError, "min() or max() of nothing"))?;
    for other in pairs {
        if order(&other.0, &best.0)? == Some(better) {
            best = other;
        }
    }
    Ok(best.1)
}

fn combinations(args: Vec<Cell<'_>>) -> Result<Cell<'_>, Decline> {
    let [of, size] = many(args)?;
    let size =
        usize::try_from(int(&size, "combinations()")?).map_err(|_| Decline::new("combinations() of less than 0"))?;
    let items = elements(of)?;
    if size > items.len() {
        return Ok(Cell::List(Vec::new()));
    }
    let mut out = Vec::new();
    let mut chosen: Vec<usize> = (0..size).collect();
    loop {
        out.push(Cell::Tuple(chosen.iter().map(|&at| items[at].clone()).collect()));
        fits(out.len() as u64)?;
        let Some(moving) = (0..size).rev().find(|&i| chosen[i] != i + items.len() - size) else { break };
        chosen[moving] += 1;
        for later in moving + 1..size {
            chosen[later] = chosen[later - 1] + 1;
        }
    }
    Ok(Cell::List(out))
}

fn product(args: Vec<Cell<'_>>) -> Result<Cell<'_>, Decline> {
    let mut out = vec![Vec::new()];
    for arg in args {
        let items = elements(arg)?;
        fits((out.len() as u64).saturating_mul(items.len() as u64))?;
        let mut longer = Vec::with_capacity(out.len() * items.len());
        for begun in out {
            for item in &items {
                let mut next = begun.clone();
                next.push(item.clone());
                longer.push(next);
            }
        }
        out = longer;
    }
    Ok(Cell::List(out.into_iter().map(Cell::Tuple).collect()))
}

/// `Counter.most_common(n)` of pairs: the largest counts first, and the first of equals.
fn most_common(args: Vec<Cell<'_>>) -> Result<Cell<'_>, Decline> {
    let [of, count] = many(args)?;
    let most = match count {
        Cell::None => usize::MAX,
        other => usize::try_from(int(&other, "most_common()")?).unwrap_or(0),
    };
    let pairs = elements(of)?.into_iter().map(pair).collect::<Result<Vec<_>, _>>()?;
    let keyed = pairs.into_iter().map(|(name, count)| Cell::Tuple(vec![count.clone(), Cell::Tuple(vec![name, count])]));
    let sorted = elements(sorted_by(vec![Cell::List(keyed.collect()), Cell::Bool(true)])?)?;
    Ok(Cell::List(sorted.into_iter().take(most).collect()))
}

/// Running sums.
fn accumulate(args: Vec<Cell<'_>>) -> Result<Cell<'_>, Decline> {
    let mut out: Vec<Cell<'_>> = Vec::new();
    for item in elements(first_of(args)?)? {
        let next = match out.last() {
            None => item,
            Some(sum) => super::operate::binary(crate::lambda::tree::BinaryOp::Add, sum.clone(), item)?,
        };
        out.push(next);
    }
    Ok(Cell::List(out))
}

/// `groupby` of pairs of keys and items: each run of equal keys with its items.
fn group_runs(args: Vec<Cell<'_>>) -> Result<Cell<'_>, Decline> {
    let mut out: Vec<(Cell<'_>, Vec<Cell<'_>>)> = Vec::new();
    for item in elements(first_of(args)?)? {
        let (name, value) = pair(item)?;
        match out.last_mut() {
            Some((known, run)) if super::compare::equal(known, &name)? => run.push(value),
            _ => out.push((name, vec![value])),
        }
    }
    Ok(Cell::List(out.into_iter().map(|(name, run)| Cell::Tuple(vec![name, Cell::List(run)])).collect()))
}

/// `a, *b, c = of`: so many before the star and behind it.
fn unpack_star(args: Vec<Cell<'_>>) -> Result<Cell<'_>, Decline> {
    let [of, before, behind] = many(args)?;
    let (before, behind) = (int(&before, "unpacking")? as usize, int(&behind, "unpacking")? as usize);
    let mut items = elements(of)?;
    if items.len() < before + behind {
        return Err(Decline::raises(Exception::ValueError, "unpacking into another number of names"));
    }
    let last = items.split_off(items.len() - behind);
    let middle = items.split_off(before);
    items.push(Cell::List(middle));
    items.extend(last);
    Ok(Cell::Tuple(items))
}

/// A list after a statement has changed it.
fn change(function: Function, args: Vec<Cell<'_>>) -> Result<Cell<'_>, Decline> {
    let mut args = args.into_iter();
    let Some(Cell::List(mut items)) = args.next() else { return Err(Decline::new("a change of what is no list")) };
    let (first, second) = (args.next().unwrap_or(Cell::None), args.next());
    let place = |len: usize| {
        let at = int(&first, "an index")?;
        let from = if at < 0 { at.saturating_add(len as i64) } else { at };
        usize::try_from(from)
            .ok()
            .filter(|&at| at < len)
            .ok_or(Decline::raises(Exception::IndexError, "an index out of range"))
    };
    match (function, second) {
        (Function::Append, _) => items.push(first),
        (Function::Extend, _) => items.extend(elements(first)?),
        (Function::Insert, Some(item)) => {
            let (at, len) = (int(&first, "insert()")?, items.len() as i64);
            let at = if at < 0 { at.saturating_add(len).max(0) } else { at.min(len) };
            items.insert(at as usize, item);
        }
        (Function::SetItem, Some(item)) => {
            let at = place(items.len())?;
            items[at] = item;
        }
        (Function::DelItem, _) => {
            let at = place(items.len())?;
            items.remove(at);
        }
        (Function::Remove, _) => {
            let mut found = None;
            for (at, item) in items.iter().enumerate() {
                if super::compare::equal(item, &first)? {
                    found = Some(at);
                    break;
                }
            }
            items.remove(found.ok_or(Decline::raises(Exception::ValueError, "remove() of what isn't there"))?);
        }
        _ => return Err(Decline::new("a change with so many arguments")),
    }
    Ok(Cell::List(items))
}

/// Sets, and looks into dicts.
fn of_sets(function: Function, args: Vec<Cell<'_>>) -> Result<Cell<'_>, Decline> {
    match function {
        Function::SetAnd | Function::SetOr | Function::SetSub | Function::SetXor | Function::SetLe => {
            let [left, right] = many(args)?;
            both(function, elements(left)?, elements(right)?)
        }
        Function::SetHas => {
            let [of, item] = many(args)?;
            let wanted = key(&item)?;
            for each in elements(of)? {
                if key(&each)? == wanted {
                    return Ok(Cell::Bool(true));
                }
            }
            Ok(Cell::Bool(false))
        }
        Function::DictKeys | Function::DictValues => {
            let pairs = elements(first_of(args)?)?.into_iter().map(pair).collect::<Result<Vec<_>, _>>()?;
            let one = |(name, value)| if function == Function::DictKeys { name } else { value };
            Ok(Cell::List(pairs.into_iter().map(one).collect()))
        }
        _ => of_dicts(function, args),
    }
}

fn both<'a>(function: Function, left: Vec<Cell<'a>>, right: Vec<Cell<'a>>) -> Result<Cell<'a>, Decline> {
    let op = match function {
        Function::SetOr => Some(BinaryOp::Or),
        Function::SetSub => Some(BinaryOp::Sub),
        Function::SetXor => Some(BinaryOp::Xor),
        _ => None,
    };
    if let Some(op) = op {
        return sets::combined(op, left, right).map(Cell::List);
    }
    let (mine, theirs) = sets::shared(&left, &right)?;
    if function != Function::SetAnd {
        return Ok(Cell::Bool(mine.iter().all(|shared| *shared)));
    }
    // Which of two equal elements of two types stays is CPython's.
    let (mine, other) = (sets::kept(left, &mine, true), sets::kept(right, &theirs, true));
    if !mine.is_empty() && (types(&mine).is_none() || types(&mine) != types(&other)) {
        return Err(Decline::new("an intersection of sets of several types"));
    }
    Ok(Cell::List(mine))
}

/// The types of the elements, without order.
fn types(items: &[Cell<'_>]) -> Option<&'static str> {
    let mut names = items.iter().map(Cell::type_name);
    let first = names.next()?;
    (!matches!(first, "tuple" | "float") && names.all(|name| name == first)).then_some(first)
}

fn of_dicts(function: Function, args: Vec<Cell<'_>>) -> Result<Cell<'_>, Decline> {
    let mut args = args.into_iter();
    let Some(Cell::List(mut pairs)) = args.next() else { return Err(Decline::new("a dict that is none")) };
    let name = args.next().unwrap_or(Cell::None);
    let found = place(&pairs, &key(&name)?)?;
    match (function, found) {
        (Function::DictHas, found) => Ok(Cell::Bool(found.is_some())),
        (Function::DictItem | Function::DictDel, None) => Err(no_key(&name)),
        (Function::DictGet, None) => Ok(args.next().unwrap_or(Cell::None)),
        (Function::DictItem | Function::DictGet, Some(at)) => Ok(pair(pairs.swap_remove(at))?.1),
        (Function::DictSet, found) => {
            let given = args.next().unwrap_or(Cell::None);
            match found.and_then(|at| pairs.get_mut(at)) {
                Some(Cell::Tuple(items)) => items[1] = given,
                _ => pairs.push(Cell::Tuple(vec![name, given])),
            }
            Ok(Cell::List(pairs))
        }
        (Function::DictDel, Some(at)) => {
            pairs.remove(at);
            Ok(Cell::List(pairs))
        }
        _ => Err(Decline::new(format!("{}()", function.name()))),
    }
}
