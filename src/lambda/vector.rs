//! Evaluates nodes over whole columns. A node with a kernel for its operands' types uses it; another applies its
//! operation to the operands row by row; one whose operands must not all be evaluated goes by rows as a whole.

use std::cell::RefCell;
use std::sync::Arc;

use arrow_array::{Array, BooleanArray, ListArray, StringViewArray};
use arrow_buffer::{BooleanBuffer, NullBuffer};

use super::builtins::{self, elements};
use super::cell::Cell;
use super::compare::compare;
use super::expr::{CompareOp, RegexFunction};
use super::fast;
use super::functions::{Function, Method};
use super::methods;
use super::node::Node;
use super::operate;
use super::pattern::Compiled;
use super::read::Reader;
use super::rows;
use super::write::{Writer, broadcast, list_column};
use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::kernel::case::{Case, convert_case};
use crate::kernel::split::{Pieces, split_class};

/// What a node is evaluated in.
pub struct Frame<'a> {
    /// The parameters.
    pub args: &'a [Columns],
    /// Number of rows.
    pub rows: usize,
    /// The locals bound so far.
    pub locals: RefCell<Vec<Option<Value>>>,
}

impl<'a> Frame<'a> {
    /// No local bound yet.
    pub fn new(args: &'a [Columns], rows: usize, locals: usize) -> Self {
        Self { args, rows, locals: RefCell::new(vec![None; locals]) }
    }
}

/// A value for each row, or one for all.
#[derive(Clone, Debug)]
pub enum Value {
    /// The same for every row.
    One(Cell<'static>),
    /// One a row.
    Each(Columns),
}

impl Value {
    /// As a column of `rows` rows.
    pub fn into_columns(self, rows: usize) -> Result<Columns, Decline> {
        match self {
            Self::One(cell) => broadcast(&cell, rows),
            Self::Each(columns) => Ok(columns),
        }
    }

    /// The strings, when the value is a column of str without `None`.
    pub fn strings(&self) -> Option<&StringViewArray> {
        match self {
            Self::Each(c) if *c.kind() == Type::Str => c.array().as_any().downcast_ref(),
            _ => None,
        }
    }
}

/// The value of a node.
pub fn eval(node: &Node, frame: &Frame<'_>) -> Result<Value, Decline> {
    match node {
        Node::Param(i) => Ok(Value::Each(frame.args[*i].clone())),
        Node::Const(cell) => Ok(Value::One(cell.clone())),
        Node::Local(slot) => frame.locals.borrow()[*slot].clone().ok_or(Decline::new("a local that is not bound yet")),
        _ if node.by_rows() => rows::eval_node(node, frame),
        Node::Let(slot, value, body) => {
            let value = eval(value, frame)?;
            frame.locals.borrow_mut()[*slot] = Some(value);
            eval(body, frame)
        }
        Node::Tuple(items) => {
            let items =
                items.iter().map(|item| eval(item, frame)?.into_columns(frame.rows)).collect::<Result<Vec<_>, _>>()?;
            Ok(Value::Each(Columns::tuple(items, frame.rows)))
        }
        Node::Item(of, index) => item(of, index, frame),
        Node::Binary(op, left, right) => {
            let (left, right) = (eval(left, frame)?, eval(right, frame)?);
            match fast::binary(*op, &left, &right)? {
                Some(columns) => Ok(Value::Each(columns)),
                None => strict(frame.rows, &[left, right], |[l, r]| operate::binary(*op, l, r)),
            }
        }
        Node::Compare(first, rest) => {
            let [(op, other)] = rest.as_slice() else { return rows::eval_node(node, frame) };
            let (left, right) = (eval(first, frame)?, eval(other, frame)?);
            match fast::compare(*op, &left, &right) {
                Some(mask) => Ok(Value::Each(Columns::new(Arc::new(mask), Type::Bool))),
                None => strict(frame.rows, &[left, right], |[l, r]| Ok(Cell::Bool(compare(*op, &l, &r)?))),
            }
        }
        Node::Call(Function::Len, args) => {
            let value = eval(&args[0], frame)?;
            match fast::length(&value) {
                Some(columns) => Ok(Value::Each(columns)),
                None => strict(frame.rows, &[value], |[v]| builtins::length(&v)),
            }
        }
        Node::Method(method, of, args) => method_call(*method, &eval(of, frame)?, args, false, frame),
        Node::StrMethod(method, args) => method_call(*method, &eval(&args[0], frame)?, &args[1..], true, frame),
        Node::Regex(call, args) if call.function == RegexFunction::Split && args.len() == 1 => {
            let text = eval(&args[0], frame)?;
            match (&call.pattern, text.strings()) {
                (Compiled::Class(class, run), Some(strings)) => pieces(split_class(strings, class, *run)?),
                _ => rows::eval_node(node, frame),
            }
        }
        _ => rows::eval_node(node, frame),
    }
}

/// Applies an operation to the operands' values, row by row.
fn strict<const N: usize>(
    rows: usize,
    operands: &[Value; N],
    apply: impl Fn([Cell<'_>; N]) -> Result<Cell<'_>, Decline>,
) -> Result<Value, Decline> {
    let sources = operands.each_ref().map(Source::new);
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

/// Reads an operand.
pub enum Source<'a> {
    /// One value for all rows.
    One(&'a Cell<'static>),
    /// A column; nothing when the array isn't what its type says.
    Each(Option<Reader<'a>>),
}

impl<'a> Source<'a> {
    /// For a value.
    pub fn new(value: &'a Value) -> Self {
        match value {
            Value::One(cell) => Self::One(cell),
            Value::Each(columns) => Self::Each(Reader::new(columns)),
        }
    }

    /// The value of a row.
    pub fn get(&self, row: usize) -> Result<Cell<'a>, Decline> {
        match self {
            Self::One(cell) => Ok(cell.borrowed()),
            Self::Each(Some(reader)) => Ok(reader.get(row)),
            Self::Each(None) => Err(Decline::new("a column whose array is of another type")),
        }
    }
}

fn item(of: &Node, index: &Node, frame: &Frame<'_>) -> Result<Value, Decline> {
    let (of, index) = (eval(of, frame)?, eval(index, frame)?);
    if let (Value::Each(columns), Value::One(Cell::Int(i))) = (&of, &index)
        && let Some(items) = columns.items()
    {
        let at = if *i < 0 { *i + items.len() as i64 } else { *i };
        let found = usize::try_from(at).ok().and_then(|at| items.into_iter().nth(at));
        return found.map(Value::Each).ok_or(Decline::new("a tuple index out of range"));
    }
    strict(frame.rows, &[of, index], |[of, index]| operate::item(of, &index))
}

/// A method's call; `only_str` where another receiver would raise.
fn method_call(method: Method, of: &Value, args: &[Node], only_str: bool, frame: &Frame<'_>) -> Result<Value, Decline> {
    let args = args.iter().map(|a| eval(a, frame)).collect::<Result<Vec<_>, _>>()?;
    if let (Some(strings), []) = (of.strings(), args.as_slice())
        && let Some(case) = match method {
            Method::Lower => Some(Case::Lower),
            Method::Upper => Some(Case::Upper),
            _ => None,
        }
    {
        return Ok(Value::Each(Columns::new(Arc::new(convert_case(strings, case)?), Type::Str)));
    }
    let (of, sources) = (Source::new(of), args.iter().map(Source::new).collect::<Vec<_>>());
    let mut writer = Writer::default();
    for row in 0..frame.rows {
        let of = of.get(row)?;
        if only_str && !matches!(of, Cell::Str(_)) {
            return Err(of.unsupported("a method of str"));
        }
        let args = sources.iter().map(|s| s.get(row)).collect::<Result<Vec<_>, _>>()?;
        writer.push(&methods::call(method, of, &args)?)?;
    }
    Ok(Value::Each(writer.finish()?))
}

/// Lists of strings from the pieces of a split.
fn pieces(pieces: Pieces) -> Result<Value, Decline> {
    let values = Columns::new(Arc::new(pieces.values), Type::Str);
    Ok(Value::Each(list_column(pieces.offsets, &values, None)?))
}

/// Python's truth of a node's value.
pub fn truth(node: &Node, frame: &Frame<'_>) -> Result<BooleanArray, Decline> {
    if let Some(strings) = emptiness_test(node, frame)? {
        return Ok(strings);
    }
    if node.by_rows() {
        return Ok(BooleanArray::from(rows::truth_node(node, frame)?));
    }
    let columns = eval(node, frame)?.into_columns(frame.rows)?;
    fast::truth(&columns)
}

/// `len(x) > 0` and its likes, which needn't count code points.
fn emptiness_test(node: &Node, frame: &Frame<'_>) -> Result<Option<BooleanArray>, Decline> {
    let Node::Compare(first, rest) = node else { return Ok(None) };
    let (Node::Call(Function::Len, args), [(op, Node::Const(Cell::Int(bound)))]) = (&**first, rest.as_slice()) else {
        return Ok(None);
    };
    let full = match (op, bound) {
        (CompareOp::Gt | CompareOp::Ne, 0) | (CompareOp::Ge, 1) => true,
        (CompareOp::Eq, 0) | (CompareOp::Lt, 1) => false,
        _ => return Ok(None),
    };
    if args[0].by_rows() {
        return Ok(None);
    }
    let value = eval(&args[0], frame)?;
    let Some(strings) = value.strings() else { return Ok(None) };
    let views = strings.views();
    Ok(Some(BooleanArray::new(BooleanBuffer::collect_bool(views.len(), |i| (views[i] as u32 != 0) == full), None)))
}

/// The elements of the node's values, which are iterated.
pub fn flat(node: &Node, frame: &Frame<'_>) -> Result<Columns, Decline> {
    let columns = eval(node, frame)?.into_columns(frame.rows)?;
    if columns.array().logical_null_count() > 0 {
        return Err(Decline::new("None is iterated"));
    }
    let (kind, _) = columns.kind().split_optional();
    if let (Type::List(item), Some(list)) = (kind, columns.array().as_any().downcast_ref::<ListArray>()) {
        let offsets = list.value_offsets();
        let (from, to) = (offsets.first().copied().unwrap_or(0), offsets.last().copied().unwrap_or(0));
        let values = Columns::new(list.values().clone(), (**item).clone());
        return Ok(values.slice(from as usize, (to - from) as usize));
    }
    let mut writer = Writer::default();
    let reader = Reader::new(&columns).ok_or(Decline::new("a column whose array is of another type"))?;
    for row in 0..frame.rows {
        for cell in elements(reader.get(row))? {
            writer.push(&cell)?;
        }
    }
    writer.finish()
}

/// The rows that are not null.
pub fn validity(nulls: Option<&NullBuffer>, rows: usize) -> BooleanBuffer {
    nulls.map_or_else(|| BooleanBuffer::new_set(rows), |n| n.inner().clone())
}
