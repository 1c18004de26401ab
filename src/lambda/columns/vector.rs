//! Evaluates trees over whole columns. A tree with a kernel for its operands' types uses it; another applies its
//! operation to the operands row by row; one whose value no column holds is evaluated by rows as a whole.

use arrow_array::Array;
use arrow_buffer::{OffsetBuffer, ScalarBuffer};

use super::comprehension::{comprehension, elements as elements_of};
use super::dicts;
use super::fast;
use super::frame::{Frame, Held, Source, Value, as_value};
use super::groups;
use super::lists;
use super::logic;
use super::lookup;
use super::loops;
use super::machines;
use super::pieces::Pieces;
use super::records;
use super::rows;
use super::splits;
use super::tables;
use super::texts;
use super::tries;
use crate::chunk::{Columns, Type};
use crate::error::{Decline, Exception};
use crate::kernel::parse::{parse_float, parse_int};
use crate::lambda::cells::builtins::{self, elements};
use crate::lambda::cells::cell::Cell;
use crate::lambda::cells::methods;
use crate::lambda::cells::operate;
use crate::lambda::cells::read::Reader;
use crate::lambda::cells::write::{MOST_ITEMS, Writer, list_column};
use crate::lambda::tree::expr::UnaryOp;
use crate::lambda::tree::functions::{Function, Method};
use crate::lambda::tree::matches::is_group;
use crate::lambda::tree::{Part, Tree};

/// The value of a tree as a parameter or a local holds it: what is split at a character stays in one piece.
pub fn held(tree: &Tree, frame: &Frame<'_>) -> Result<Held, Decline> {
    match tree {
        Tree::Param(i) => return frame.held_arg(*i),
        Tree::Local(slot) => {
            return frame.held_local(*slot)?.ok_or(Decline::new("a local that is not bound yet"));
        }
        Tree::Let(slot, value, body) if !tree.by_rows() => {
            frame.hold(*slot, held(value, frame)?);
            return held(body, frame);
        }
        _ => {}
    }
    if let Some((texts, character)) = splits::split_of(tree)
        && !tree.by_rows()
    {
        let texts = eval(texts, frame)?;
        if let Some(strings) = texts.strings() {
            return Ok(Held::Pieces(Pieces::new(strings.clone(), character)));
        }
        let separator = Value::One(Cell::owned(char::from(character).to_string()));
        return method_call(Method::Split, &texts, &[separator], frame).map(Held::Value);
    }
    eval(tree, frame).map(Held::Value)
}

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
            frame.hold(*slot, held(value, frame)?);
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
            slice(&of, &bounds, frame)
        }
        Tree::Unary(op, of) => {
            let of = eval(of, frame)?;
            strict(frame, fast::unary(*op, &of), &[of], |[v]| operate::unary(*op, &v))
        }
        Tree::Binary(op, left, right) => {
            let (left, right) = (eval(left, frame)?, eval(right, frame)?);
            strict(frame, fast::binary(*op, &left, &right), &[left, right], |[l, r]| operate::binary(*op, l, r))
        }
        // In one go for each row: what it is made of is no column.
        Tree::Call(Function::DictMake | Function::SetMake, _) => rows::eval_tree(tree, frame),
        Tree::Call(function, args) => called(*function, args, frame),
        Tree::Method(method, of, args) => method_of(tree, *method, of, args, frame),
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
            strict_list(frame, Ok(None), &args, |args| rows::regex(call, &args))
        }
        Tree::Lookup(table, how, key, default) => {
            let key = eval(key, frame)?;
            let default = default.as_ref().map(|d| eval(d, frame)).transpose()?;
            lookup::look(&frame.captured[*table], *how, key, default.as_ref(), frame)
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
            if let Some(found) = machines::whole(tree, frame) {
                return found;
            }
            loops::run(of, frame)?;
            eval(&of.body, frame)
        }
        Tree::List(items) => match display(items, frame)? {
            Some(lists) => Ok(Value::Each(lists)),
            None => rows::eval_tree(tree, frame),
        },
        Tree::Try(of) => tries::attempt(of, tree, frame),
        Tree::Outside(number, of) => eval(of, frame).map_err(|why| why.passing(*number)),
        Tree::Unsure(of) => eval(of, frame).map_err(Decline::unsure),
        Tree::Raises(why) => Err(Decline::new(why.clone())),
    }
}

/// `of.method(*args)`, which is what `tree` is.
fn method_of(tree: &Tree, method: Method, of: &Tree, args: &[Tree], frame: &Frame<'_>) -> Result<Value, Decline> {
    if is_group(method, of, args) {
        return match groups::method(method, of, args, frame, eval)? {
            Some(groups) => Ok(groups),
            None => rows::eval_tree(tree, frame),
        };
    }
    let of = eval(of, frame)?;
    // Whether there is such a method is asked before the arguments are evaluated.
    let is_str = of.strings().is_some() || of.text().is_some();
    let args = all(args, frame).map_err(|why| if is_str { why } else { why.unsure() })?;
    method_call(method, &of, &args, frame)
}

fn called(function: Function, args: &[Tree], frame: &Frame<'_>) -> Result<Value, Decline> {
    let mut args = match args.split_first() {
        Some((of, rest)) if matches!(function, Function::Len | Function::Unpack) => {
            let (of, mut rest) = (held(of, frame)?, all(rest, frame)?);
            if let Held::Pieces(pieces) = &of
                && let Some(found) = splits::call(function, pieces, &rest, frame)?
            {
                return Ok(found);
            }
            rest.insert(0, of.settled()?);
            rest
        }
        _ => all(args, frame)?,
    };
    if let Some(found) = records::call(function, &args, frame.rows)? {
        return Ok(found);
    }
    match dicts::call(function, &mut args, frame)? {
        Some(found) => Ok(found),
        None => call(function, &args, frame),
    }
}

fn call(function: Function, args: &[Value], frame: &Frame<'_>) -> Result<Value, Decline> {
    if let (Function::Str, [Value::Each(_)]) = (function, args)
        && args[0].strings().is_none()
    {
        return texts::format(&[Part::plain()], args, frame.rows).map_err(Decline::unsure);
    }
    if let (Function::Unpack, [Value::Each(columns), Value::One(Cell::Int(count))]) = (function, args)
        && let Some(made) = lists::unpack(columns, *count, frame)?
    {
        return Ok(Value::Each(made));
    }
    if let (Function::TypeName, [Value::Each(columns)]) = (function, args)
        && let Some(name) = tables::type_name(columns.kind())
    {
        return Ok(Value::One(Cell::text(name)));
    }
    let found = match lists::call(function, args) {
        Ok(None) => fast::call(function, args),
        found => found,
    };
    if let (Err(why), Function::Int | Function::Float) = (&found, function)
        && let Some(strings) = args.first().and_then(Value::strings)
    {
        return Err(frame.told(why.clone(), |row| number(function, strings.value(row))));
    }
    strict_list(frame, found, args, |args| builtins::call(function, args))
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

/// What a kernel has found, or what an operation makes of the operands' values, row by row.
fn strict<'v, const N: usize>(
    frame: &Frame<'_>,
    found: Result<Option<Columns>, Decline>,
    operands: &'v [Value; N],
    apply: impl Fn([Cell<'v>; N]) -> Result<Cell<'v>, Decline>,
) -> Result<Value, Decline> {
    let sources = operands.each_ref().map(Source::new);
    let apply = |row| {
        let mut cells = [const { Cell::None }; N];
        for (cell, source) in cells.iter_mut().zip(&sources) {
            *cell = source.get(row)?;
        }
        apply(cells)
    };
    row_by_row(frame, found, operands.iter().all(|operand| matches!(operand, Value::One(_))), apply)
}

/// As `strict`, for any number of operands.
fn strict_list<'v>(
    frame: &Frame<'_>,
    found: Result<Option<Columns>, Decline>,
    operands: &'v [Value],
    apply: impl Fn(Vec<Cell<'v>>) -> Result<Cell<'v>, Decline>,
) -> Result<Value, Decline> {
    let sources: Vec<Source<'v>> = operands.iter().map(Source::new).collect();
    let apply = |row| apply(sources.iter().map(|s| s.get(row)).collect::<Result<Vec<_>, _>>()?);
    row_by_row(frame, found, false, apply)
}

/// Whether a text is a number.
fn number(function: Function, text: &str) -> Result<(), Decline> {
    if function == Function::Int {
        parse_int(text).map(drop).ok_or_else(|| builtins::no_int(text))
    } else {
        parse_float(text).map(drop).ok_or_else(|| builtins::no_float(text))
    }
}

fn row_by_row<'v>(
    frame: &Frame<'_>,
    found: Result<Option<Columns>, Decline>,
    one: bool,
    apply: impl Fn(usize) -> Result<Cell<'v>, Decline>,
) -> Result<Value, Decline> {
    let made = match found {
        Ok(Some(columns)) => return Ok(Value::Each(columns)),
        Err(why) => Err(why),
        Ok(None) if one && frame.rows > 0 => apply(0).map(|cell| Value::One(methods::owned(cell))),
        Ok(None) => write(frame.rows, frame.loads, &apply),
    };
    made.map_err(|why| frame.told(why, |row| apply(row).map(drop)))
}

fn write<'v>(rows: usize, loads: bool, apply: impl Fn(usize) -> Result<Cell<'v>, Decline>) -> Result<Value, Decline> {
    let mut writer = Writer::mixing(loads);
    for row in 0..rows {
        writer.push(&apply(row)?)?;
    }
    Ok(Value::Each(writer.finish()?))
}

fn item(of: &Tree, index: &Tree, frame: &Frame<'_>) -> Result<Value, Decline> {
    let (of, index) = (held(of, frame)?, eval(index, frame)?);
    if let (Held::Pieces(pieces), Value::One(Cell::Int(i))) = (&of, &index) {
        return splits::item(pieces, *i, frame).map(Value::Each);
    }
    let of = of.settled()?;
    if let Value::Documents(documents) = &of
        && let Some(found) = dicts::item(documents, &index, frame)?
    {
        return Ok(found);
    }
    if let Some(found) = records::item(&of, &index) {
        return Ok(found);
    }
    if let Value::Each(columns) = &of
        && let Some(found) = fast::list_item(columns, &index, frame)?
    {
        return Ok(Value::Each(found));
    }
    if let (Value::Each(columns), Value::One(Cell::Int(i))) = (&of, &index) {
        if let Some(items) = columns.items() {
            let at = if *i < 0 { *i + items.len() as i64 } else { *i };
            let found = usize::try_from(at).ok().and_then(|at| items.into_iter().nth(at));
            let out = || Decline::raises(Exception::IndexError, "a tuple index out of range");
            return found.map(Value::Each).ok_or_else(|| frame.at(out(), (0..frame.rows as u32).collect()));
        }
        if let Some(strings) = of.strings() {
            let found = texts::char_at(strings, *i);
            return found.map_err(|why| {
                frame.told(why, |row| operate::item(Cell::text(strings.value(row)), &Cell::Int(*i)).map(drop))
            });
        }
    }
    strict(frame, Ok(None), &[of, index], |[of, index]| operate::item(of, &index))
}

/// `of[start:stop:step]`; bounds that aren't there are `None`.
fn slice(of: &Value, bounds: &[Option<Value>], frame: &Frame<'_>) -> Result<Value, Decline> {
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
    strict_list(frame, Ok(None), &operands, |mut cells| {
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
    if let Some(found) = records::get(method, of, args) {
        return Ok(found);
    }
    let mut declined = Ok(None);
    if let Some(strings) = of.strings() {
        match texts::method(method, strings, args) {
            Ok(Some(value)) => return Ok(value),
            Ok(None) => {}
            Err(why) => declined = Err(why),
        }
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
    strict_list(frame, declined, &operands, |mut cells| {
        let of = cells.remove(0);
        methods::call(method, of, &cells)
    })
}

fn format(parts: &[Part], frame: &Frame<'_>) -> Result<Value, Decline> {
    let mut values = Vec::new();
    let plain = parts.iter().all(|part| !matches!(part, Part::Value(_, _, spec) if !spec.is_empty()));
    for part in parts {
        if let Part::Value(tree, ..) = part {
            // A part is written before the next is evaluated: that may raise, too.
            values.push(eval(tree, frame).map_err(|why| if plain { why } else { why.unsure() })?);
        }
    }
    texts::format(parts, &values, frame.rows).map_err(Decline::unsure)
}

/// The elements of the tree's values, which are iterated.
pub fn flat(tree: &Tree, frame: &Frame<'_>) -> Result<Value, Decline> {
    let value = machines::whole(tree, frame).unwrap_or_else(|| eval(tree, frame))?;
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
    let mut writer = Writer::mixing(frame.loads);
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
