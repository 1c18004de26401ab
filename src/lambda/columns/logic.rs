//! Truth, and the constructs that evaluate an operand only at some rows: `and`, `or`, conditions and chains. Each
//! operand is evaluated over a frame of just those rows.

use arrow_array::BooleanArray;
use arrow_buffer::BooleanBuffer;

use super::dicts;
use super::fast;
use super::frame::{Frame, Source, Value};
use super::groups;
use super::merge::{expand, invert, merge};
use super::records;
use super::rows;
use super::vector::{eval, held};
use crate::error::Decline;
use crate::lambda::cells::cell::Cell;
use crate::lambda::cells::compare::compare;
use crate::lambda::tree::Tree;
use crate::lambda::tree::expr::{CompareOp, UnaryOp};
use crate::lambda::tree::functions::Function;
use crate::lambda::tree::matches::{is_match, none_test};

/// Python's truth of a tree's value.
pub fn truth(tree: &Tree, frame: &Frame<'_>) -> Result<BooleanArray, Decline> {
    match tree {
        Tree::Const(cell) => Ok(same(cell.truth()?, frame.rows)),
        Tree::Unary(UnaryOp::Not, of) => Ok(invert(&truth(of, frame)?)),
        Tree::Call(Function::Bool, args) if args.len() == 1 => truth(&args[0], frame),
        Tree::And(items) => all(items, frame),
        Tree::Or(items) => any(items, frame),
        Tree::If(parts) => {
            let [test, then, orelse] = &**parts;
            let test = truth(test, frame)?;
            let otherwise = invert(&test);
            let then = expand(&test, &truth_at(then, frame, &test)?);
            let orelse = expand(&otherwise, &truth_at(orelse, frame, &otherwise)?);
            Ok(BooleanArray::new(then.values() | orelse.values(), None))
        }
        Tree::Let(slot, value, body) if !value.by_rows() => {
            frame.hold(*slot, held(value, frame)?);
            truth(body, frame)
        }
        Tree::Regex(..) if is_match(tree) => match groups::matches(tree, frame, eval)? {
            Some(matches) => Ok(matches.found()),
            None => Ok(BooleanArray::from(rows::truth_tree(tree, frame)?)),
        },
        _ if tree.by_rows() => Ok(BooleanArray::from(rows::truth_tree(tree, frame)?)),
        Tree::Compare(first, rest) => {
            if let Some(op) = none_test(first, rest) {
                return match groups::matches(first, frame, eval)? {
                    Some(matches) if op == CompareOp::IsNot => Ok(matches.found()),
                    Some(matches) => Ok(invert(&matches.found())),
                    None => Ok(BooleanArray::from(rows::truth_tree(tree, frame)?)),
                };
            }
            if let Some(mask) = emptiness_test(first, rest, frame)? {
                return Ok(mask);
            }
            chain(&eval(first, frame)?, rest, frame)
        }
        _ => truth_of(&eval(tree, frame)?, frame.rows),
    }
}

fn same(value: bool, rows: usize) -> BooleanArray {
    BooleanArray::new(if value { BooleanBuffer::new_set(rows) } else { BooleanBuffer::new_unset(rows) }, None)
}

/// Python's truth of a value.
pub fn truth_of(value: &Value, rows: usize) -> Result<BooleanArray, Decline> {
    match value {
        Value::One(cell) => Ok(same(cell.truth()?, rows)),
        Value::Each(columns) => fast::truth(columns),
        Value::Documents(documents) => Ok(documents.truth()),
    }
}

/// The truth of a tree at the rows where a mask is true.
fn truth_at(tree: &Tree, frame: &Frame<'_>, mask: &BooleanArray) -> Result<BooleanArray, Decline> {
    match mask.true_count() {
        0 => Ok(same(false, 0)),
        count if count == frame.rows => truth(tree, frame),
        _ => {
            let inner = frame.pick(mask);
            truth(tree, &inner).map_err(|why| inner.outward(why))
        }
    }
}

/// Whether all operands are true, each evaluated only where those before it are.
pub fn all(items: &[Tree], frame: &Frame<'_>) -> Result<BooleanArray, Decline> {
    let mut mask = same(true, frame.rows);
    for item in items {
        mask = expand(&mask, &truth_at(item, frame, &mask)?);
    }
    Ok(mask)
}

fn any(items: &[Tree], frame: &Frame<'_>) -> Result<BooleanArray, Decline> {
    let mut mask = same(false, frame.rows);
    for item in items {
        let open = invert(&mask);
        let found = expand(&open, &truth_at(item, frame, &open)?);
        mask = BooleanArray::new(mask.values() | found.values(), None);
    }
    Ok(mask)
}

/// `left op0 e0 op1 e1 ...`, each further operand only where all comparisons held so far.
fn chain(left: &Value, rest: &[(CompareOp, Tree)], frame: &Frame<'_>) -> Result<BooleanArray, Decline> {
    let [(op, right), further @ ..] = rest else { return Ok(same(true, frame.rows)) };
    let right = eval(right, frame)?;
    let mask = compare_values(*op, left, &right, frame)?;
    if further.is_empty() || mask.true_count() == 0 {
        return Ok(mask);
    }
    if mask.true_count() == frame.rows {
        return chain(&right, further, frame);
    }
    let inner = frame.pick(&mask);
    let further = chain(&right.pick(&mask)?, further, &inner).map_err(|why| inner.outward(why))?;
    Ok(expand(&mask, &further))
}

fn compare_values(op: CompareOp, left: &Value, right: &Value, frame: &Frame<'_>) -> Result<BooleanArray, Decline> {
    if let Some(mask) = records::compare(op, left, right) {
        return Ok(mask);
    }
    if let Some(mask) = dicts::compare(op, left, right)? {
        return Ok(mask);
    }
    if let Some(mask) = fast::compare(op, left, right)? {
        return Ok(mask);
    }
    let (left, right) = (Source::new(left), Source::new(right));
    let compare = |row| match &right {
        // A constant tuple needs no copy to be searched.
        Source::One(right) => compare(op, &left.get(row)?, right),
        _ => compare(op, &left.get(row)?, &right.get(row)?),
    };
    let told = |why| frame.told(why, |row| compare(row).map(drop));
    if frame.rows > 0 && matches!((&left, &right), (Source::One(_), Source::One(_))) {
        return Ok(same(compare(0).map_err(told)?, frame.rows));
    }
    let bits = (0..frame.rows).map(compare).collect::<Result<Vec<bool>, _>>();
    Ok(BooleanArray::from(bits.map_err(told)?))
}

/// `len(x) > 0` and its likes, which needn't count code points.
fn emptiness_test(
    first: &Tree,
    rest: &[(CompareOp, Tree)],
    frame: &Frame<'_>,
) -> Result<Option<BooleanArray>, Decline> {
    let (Tree::Call(Function::Len, args), [(op, Tree::Const(Cell::Int(bound)))]) = (first, rest) else {
        return Ok(None);
    };
    let full = match (op, bound) {
        (CompareOp::Gt | CompareOp::Ne, 0) | (CompareOp::Ge, 1) => true,
        (CompareOp::Eq, 0) | (CompareOp::Lt, 1) => false,
        _ => return Ok(None),
    };
    let value = eval(&args[0], frame)?;
    if let Value::Documents(documents) = &value
        && (documents.are_lists() || documents.are_dicts())
    {
        let mask = documents.truth();
        return Ok(Some(if full { mask } else { invert(&mask) }));
    }
    let Some(strings) = value.strings() else { return Ok(None) };
    let views = strings.views();
    Ok(Some(BooleanArray::new(BooleanBuffer::collect_bool(views.len(), |i| (views[i] as u32 != 0) == full), None)))
}

/// The value of a tree at the rows where a mask is true; no matter what when there are none.
fn eval_at(tree: &Tree, frame: &Frame<'_>, mask: &BooleanArray) -> Result<Value, Decline> {
    match mask.true_count() {
        0 => Ok(Value::One(Cell::None)),
        count if count == frame.rows => eval(tree, frame),
        _ => {
            let inner = frame.pick(mask);
            eval(tree, &inner).map_err(|why| inner.outward(why))
        }
    }
}

/// `then if test else orelse`
pub fn condition(parts: &[Tree; 3], frame: &Frame<'_>) -> Result<Value, Decline> {
    let [test, then, orelse] = parts;
    let mask = truth(test, frame)?;
    let then = eval_at(then, frame, &mask)?;
    merge(&mask, &then, &eval_at(orelse, frame, &invert(&mask))?)
}

/// `a and b and ...`, or with `or`, as values: the last operand that was evaluated.
pub fn last_value(items: &[Tree], or: bool, frame: &Frame<'_>) -> Result<Value, Decline> {
    let [first, rest @ ..] = items else { return Err(Decline::new("an empty operator")) };
    let value = eval(first, frame)?;
    if rest.is_empty() {
        return Ok(value);
    }
    let mask = truth_of(&value, frame.rows)?;
    let open = if or { invert(&mask) } else { mask };
    if open.true_count() == 0 {
        return Ok(value);
    }
    let inner = frame.pick(&open);
    let further = last_value(rest, or, &inner).map_err(|why| inner.outward(why))?;
    merge(&open, &further, &value.pick(&invert(&open))?)
}
