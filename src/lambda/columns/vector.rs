//! Evaluates trees over whole columns. A tree with a kernel for its operands' types uses it; another applies its
//! operation to the operands row by row; one whose value no column holds is evaluated by rows as a whole.

use arrow_array::Array;
use arrow_buffer::{OffsetBuffer, ScalarBuffer};

use super::comprehension::{comprehension, elements as elements_of};
use super::dicts;
use super::fast;
use super::frame::{Frame, Source, Value, as_value};
use super::lists;
use super::logic;
use super::lookup;
use super::loops;
use super::rows;
use super::texts;
use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::lambda::cells::builtins::{self, elements};
use crate::lambda::cells::cell::Cell;
use crate::lambda::cells::methods;
use crate::lambda::cells::operate;
use crate::lambda::cells::read::Reader;
use crate::lambda::cells::write::{MOST_ITEMS, Writer, list_column};
use crate::lambda::tree::expr::UnaryOp;
use crate::lambda::tree::functions::{Function, Method};
use crate::lambda::tree::{Part, Tree};

/// The value of a tree.
pub fn eval(tree: &Tree, frame: &Frame<'_>) -> Result<Value, Decline> {
    match tree {
        Tree::Param(i) => frame.arg(*i),
        Tree::Const(cell) => Ok(Value::One(cell.clone())),
        Tree::Local(slot) => frame.local(*slot)?.ok_or(Decline::new("a local that is not bound yet")),
        Tree::Compare(..) | Tree::Unary(UnaryOp::Not, _) | Tree::Call(Function::Bool, _) => {
            Ok(as_value(logic::truth(tree, frame)?))
        }
        _ if tree.by_rows() => rows::eval_tree(tree, frame),
        Tree::Let(slot, value, body) => {
            frame.bind(*slot, eval(value, frame)?);
            eval(body, frame)
        }
        Tree::If(parts) => logic::condition(parts, frame),
        Tree::And(items) => logic::last_value(items, false, frame),
        Tree::Or(items) => logic::last_value(items, true, frame),
        Tree::Tuple(items) => {
            let columns = |item| eval(item, frame)?.into_columns(frame.rows);
            let items = items.iter().map(columns).collect::<Result<Vec<_>, _>>()?;
            Ok(Value::Each(Columns::tuple(items, frame.rows)))
        }
        Tree::Item(of, index) => item(of, index, frame),
        Tree::Slice(of, bounds) => {
            let of = dicts::resolved(eval(of, frame)?)?;
            let bounds = bounds.iter().map(|b| b.as_ref().map(|b| eval(b, frame)).transpose());
            let bounds = bounds.collect::<Result<Vec<_>, _>>()?;
            slice(&of, &bounds, frame.rows)
        }
        Tree::Unary(op, of) => {
            let of = eval(of, frame)?;
            match fast::unary(*op, &of)? {
                Some(columns) => Ok(Value::Each(columns)),
                None => strict(frame.rows, &[of], |[v]| operate::unary(*op, &v)),
            }
        }
        Tree::Binary(op, left, right) => {
            let (left, right) = (eval(left, frame)?, eval(right, frame)?);
            match fast::binary(*op, &left, &right)? {
                Some(columns) => Ok(Value::Each(columns)),
                None => strict(frame.rows, &[left, right], |[l, r]| operate::binary(*op, l, r)),
            }
        }
        Tree::Call(function, args) => builtin(*function, all(args, frame)?, frame),
        Tree::Method(method, of, args) => method_call(*method, &eval(of, frame)?, &all(args, frame)?, frame),
        Tree::StrMethod(method, args) => {
            let args = all(args, frame)?;
            if args[0].strings().is_none() && args[0].text().is_none() {
                return rows::eval_tree(tree, frame);
            }
            method_call(*method, &args[0], &args[1..], frame)
        }
        Tree::Regex(call, args) => {
            let args = all(args, frame)?;
            if let Some(strings) = args[0].strings()
                && let Some(value) = texts::regex(call, strings, &args)?
            {
                return Ok(value);
            }
            strict_list(frame.rows, &args, |args| rows::regex(call, &args))
        }
        Tree::Lookup(table, how, key, default) => {
            let key = eval(key, frame)?;
            let default = default.as_ref().map(|d| eval(d, frame)).transpose()?;
            lookup::look(&frame.captured[*table], *how, key, default.as_ref(), frame.rows)
        }
        Tree::Captured(i) => Ok(Value::One(frame.captured[*i].cell()?)),
        Tree::Format(parts) => format(parts, frame),
        Tree::Comprehension(slot, source, conditions, item) => {
            let source = eval(source, frame)?;
            match comprehension(*slot, &source, conditions, item, frame)? {
                Some(value) => Ok(value),
                None => rows::eval_tree(tree, frame),
            }
        }
        Tree::Loop(of) => {
            loops::run(of, frame)?;
            eval(&of.body, frame)
        }
        Tree::List(items) => match display(items, frame)? {
            Some(lists) => Ok(Value::Each(lists)),
            None => rows::eval_tree(tree, frame),
        },
        Tree::Raises(why) => Err(Decline::new(why.clone())),
    }
}

/// A built-in's call.
fn builtin(function: Function, mut args: Vec<Value>, frame: &Frame<'_>) -> Result<Value, Decline> {
    if let Some(found) = dicts::call(function, &mut args, frame.rows)? {
        return Ok(found);
    }
    if let (Function::Str, [Value::Each(_)]) = (function, args.as_slice())
        && args[0].strings().is_none()
    {
        return texts::format(&[Part::plain()], &args, frame.rows);
    }
    let found = match lists::call(function, &args)? {
        None => fast::call(function, &args)?,
        found => found,
    };
    match found {
        Some(columns) => Ok(Value::Each(columns)),
        None => strict_list(frame.rows, &args, |args| builtins::call(function, args)),
    }
}

/// A list display whose items are columns of one type, or nothing: other lists are made row by row.
fn display(items: &[Tree], frame: &Frame<'_>) -> Result<Option<Columns>, Decline> {
    let (count, rows) = (items.len(), frame.rows);
    if count == 0 || rows == 0 || count.saturating_mul(rows) > MOST_ITEMS {
        return Ok(None);
    }
    let columns = items.iter().map(|item| eval(item, frame)?.into_columns(rows)).collect::<Result<Vec<_>, _>>()?;
    if columns.iter().any(|c| matches!(c.kind(), Type::Null | Type::Optional(_))) {
        return Ok(None);
    }
    let Some(one_after_another) = Columns::concat(&columns) else { return Ok(None) };
    let order: Vec<u32> = (0..rows).flat_map(|row| (0..count).map(move |item| (item * rows + row) as u32)).collect();
    let offsets = OffsetBuffer::new(ScalarBuffer::from((0..=rows).map(|row| (row * count) as i32).collect::<Vec<_>>()));
    list_column(offsets, &one_after_another.take(&order)?, None).map(Some)
}

fn all(trees: &[Tree], frame: &Frame<'_>) -> Result<Vec<Value>, Decline> {
    trees.iter().map(|n| eval(n, frame)).collect()
}

/// Applies an operation to the operands' values, row by row.
fn strict<const N: usize>(
    rows: usize,
    operands: &[Value; N],
    apply: impl Fn([Cell<'_>; N]) -> Result<Cell<'_>, Decline>,
) -> Result<Value, Decline> {
    let sources = operands.each_ref().map(Source::new);
    if rows > 0 && operands.iter().all(|operand| matches!(operand, Value::One(_))) {
        let mut cells = [const { Cell::None }; N];
        for (cell, source) in cells.iter_mut().zip(&sources) {
            *cell = source.get(0)?;
        }
        return apply(cells).map(|cell| Value::One(methods::owned(cell)));
    }
    let mut writer = Writer::default();
    for row in 0..rows {
        let mut cells = [const { Cell::None }; N];
        for (cell, source) in cells.iter_mut().zip(&sources) {
            *cell = source.get(row)?;
        }
        writer.push(&apply(cells)?)?;
    }
    Ok(Value::Each(writer.finish()?))
}

/// As `strict`, for any number of operands.
fn strict_list(
    rows: usize,
    operands: &[Value],
    apply: impl Fn(Vec<Cell<'_>>) -> Result<Cell<'_>, Decline>,
) -> Result<Value, Decline> {
    let sources: Vec<Source<'_>> = operands.iter().map(Source::new).collect();
    let mut writer = Writer::default();
    for row in 0..rows {
        let cells = sources.iter().map(|s| s.get(row)).collect::<Result<Vec<_>, _>>()?;
        writer.push(&apply(cells)?)?;
    }
    Ok(Value::Each(writer.finish()?))
}

fn item(of: &Tree, index: &Tree, frame: &Frame<'_>) -> Result<Value, Decline> {
    let (of, index) = (eval(of, frame)?, eval(index, frame)?);
    if let Value::Documents(documents) = &of
        && let Some(found) = dicts::item(documents, &index)?
    {
        return Ok(found);
    }
    if let Value::Each(columns) = &of
        && let Some(found) = fast::list_item(columns, &index)?
    {
        return Ok(Value::Each(found));
    }
    if let (Value::Each(columns), Value::One(Cell::Int(i))) = (&of, &index) {
        if let Some(items) = columns.items() {
            let at = if *i < 0 { *i + items.len() as i64 } else { *i };
            let found = usize::try_from(at).ok().and_then(|at| items.into_iter().nth(at));
            return found.map(Value::Each).ok_or(Decline::new("a tuple index out of range"));
        }
        if let Some(strings) = of.strings() {
            return texts::char_at(strings, *i);
        }
    }
    strict(frame.rows, &[of, index], |[of, index]| operate::item(of, &index))
}

/// `of[start:stop:step]`; bounds that aren't there are `None`.
fn slice(of: &Value, bounds: &[Option<Value>], rows: usize) -> Result<Value, Decline> {
    let constant = |bound: &Option<Value>| match bound {
        None | Some(Value::One(Cell::None)) => Some(None),
        Some(Value::One(Cell::Int(i))) => Some(Some(*i)),
        _ => None,
    };
    if let ([start, stop, None], Some(strings)) = (bounds, of.strings())
        && let (Some(start), Some(stop)) = (constant(start), constant(stop))
    {
        return texts::slice(strings, start, stop);
    }
    let none = Value::One(Cell::None);
    let mut operands = vec![of.clone()];
    operands.extend(bounds.iter().map(|b| b.clone().unwrap_or_else(|| none.clone())));
    strict_list(rows, &operands, |mut cells| {
        let of = cells.remove(0);
        let mut bounds = cells.into_iter().map(Some);
        operate::slice(of, &[const { None }; 3].map(|_: Option<Cell<'_>>| bounds.next().flatten()))
    })
}

fn method_call(method: Method, of: &Value, args: &[Value], frame: &Frame<'_>) -> Result<Value, Decline> {
    if let (Method::Get, Value::Documents(documents)) = (method, of)
        && let Some(found) = dicts::get(documents, args)?
    {
        return Ok(found);
    }
    if let Some(strings) = of.strings()
        && let Some(value) = texts::method(method, strings, args)?
    {
        return Ok(value);
    }
    if method == Method::Decode
        && let Some(value) = texts::decode(of, args)
    {
        return Ok(value);
    }
    let mut operands = vec![of.clone()];
    operands.extend_from_slice(args);
    for operand in &mut operands {
        *operand = dicts::resolved(operand.clone())?;
    }
    strict_list(frame.rows, &operands, |mut cells| {
        let of = cells.remove(0);
        methods::call(method, of, &cells)
    })
}

fn format(parts: &[Part], frame: &Frame<'_>) -> Result<Value, Decline> {
    let mut values = Vec::new();
    for part in parts {
        if let Part::Value(tree, ..) = part {
            values.push(eval(tree, frame)?);
        }
    }
    texts::format(parts, &values, frame.rows)
}

/// The elements of the tree's values, which are iterated.
pub fn flat(tree: &Tree, frame: &Frame<'_>) -> Result<Value, Decline> {
    let value = eval(tree, frame)?;
    if let Value::Documents(_) = &value
        && let Some((_, elements)) = elements_of(&value)?
    {
        return Ok(elements);
    }
    let columns = value.into_columns(frame.rows)?;
    if columns.array().logical_null_count() > 0 {
        return Err(Decline::new("None is iterated"));
    }
    let present = match columns.kind() {
        Type::Optional(inner) => Columns::new(columns.array().clone(), (**inner).clone()),
        _ => columns.clone(),
    };
    if let Some((_, items)) = present.lists() {
        return Ok(Value::Each(items));
    }
    let mut writer = Writer::default();
    let reader = Reader::new(&columns).ok_or(Decline::new("a column whose array is of another type"))?;
    for row in 0..frame.rows {
        for cell in elements(reader.get(row))? {
            writer.push(&cell)?;
        }
        if writer.len() > MOST_ITEMS {
            return Err(Decline::new("more than 2^24 rows out of one chunk"));
        }
    }
    writer.finish().map(Value::Each)
}
