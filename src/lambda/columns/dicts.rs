//! Operations on values that were loaded from JSON. Each answers `None` where it has nothing to say of the operands, which
//! are then taken row by row. A value that turns out to be of one simple type in all rows is a column from there on.

use std::sync::Arc;

use arrow_array::{BooleanArray, Int64Array};

use super::documents::Documents;
use super::frame::{Frame, Value};
use super::merge::{invert, merge};
use crate::chunk::{Columns, Type};
use crate::error::Decline;
use crate::lambda::cells::cell::Cell;
use crate::lambda::cells::document::{self, literal};
use crate::lambda::tree::expr::CompareOp;
use crate::lambda::tree::functions::Function;

/// As a column where that is simple.
pub fn settled(documents: Documents) -> Value {
    documents.settled().map_or(Value::Documents(documents), Value::Each)
}

/// As a column of lists where it is lists.
pub fn resolved(value: Value) -> Result<Value, Decline> {
    match &value {
        Value::Documents(documents) => Ok(documents.lists()?.map_or(value, Value::Each)),
        _ => Ok(value),
    }
}

/// A built-in's call; for those that have nothing of their own here, arguments that are lists become columns.
pub fn call(function: Function, args: &mut [Value], frame: &Frame<'_>) -> Result<Option<Value>, Decline> {
    let rows = frame.rows;
    match (function, &*args) {
        (Function::JsonLoads, [text]) => match (text.strings(), text.text()) {
            (Some(texts), _) => {
                let loaded = Documents::load(texts);
                let loaded = loaded.map_err(|why| frame.told(why, |row| document::loads(texts.value(row)).map(drop)));
                return loaded.map(settled).map(Some);
            }
            (None, Some(text)) => return Documents::repeat(text, rows).map(settled).map(Some),
            (None, None) => {}
        },
        (Function::Len, [Value::Documents(documents)]) => {
            let lengths = Int64Array::from(documents.lengths()?);
            return Ok(Some(Value::Each(Columns::new(Arc::new(lengths), Type::Int))));
        }
        (Function::IsInstance, _) => {}
        _ => {
            for arg in args {
                if matches!(arg, Value::Documents(_)) {
                    *arg = resolved(arg.clone())?;
                }
            }
        }
    }
    Ok(None)
}

/// `documents[index]`
pub fn item(documents: &Documents, index: &Value, frame: &Frame<'_>) -> Result<Option<Value>, Decline> {
    match index {
        Value::One(Cell::Str(key)) => {
            let found = documents.member(key, None);
            let found = found.map_err(|why| frame.told(why, |row| documents.has_item(row, key)));
            found.map(settled).map(Some)
        }
        Value::One(Cell::Int(at)) if documents.are_lists() => documents.element(*at).map(settled).map(Some),
        _ => Ok(None),
    }
}

/// `documents.get(key, default)`
pub fn get(documents: &Documents, args: &[Value]) -> Result<Option<Value>, Decline> {
    let [Value::One(Cell::Str(key)), default @ ..] = args else { return Ok(None) };
    let text = match default {
        [] => Some("null".to_owned()),
        [Value::One(cell)] => literal(cell),
        _ => None,
    };
    if let Some(text) = text {
        return documents.member(key, Some(&text)).map(settled).map(Some);
    }
    if !documents.are_dicts() {
        return Err(Decline::new("get() of what is no dict"));
    }
    let has = documents.has(key)?;
    let found = settled(documents.pick(&has)?.member(key, None)?);
    let Some(default) = default.first() else { return Ok(None) };
    merge(&has, &found, &default.pick(&invert(&has))?).map(Some)
}

/// Whether values are `None`, and whether dicts have a key.
pub fn compare(op: CompareOp, left: &Value, right: &Value) -> Result<Option<BooleanArray>, Decline> {
    Ok(match (op, left, right) {
        (CompareOp::Is | CompareOp::Eq, Value::Documents(documents), Value::One(Cell::None)) => {
            Some(BooleanArray::new(documents.nulls(), None))
        }
        (CompareOp::IsNot | CompareOp::Ne, Value::Documents(documents), Value::One(Cell::None)) => {
            Some(BooleanArray::new(!&documents.nulls(), None))
        }
        (CompareOp::In, Value::One(Cell::Str(key)), Value::Documents(documents)) if documents.are_dicts() => {
            Some(documents.has(key)?)
        }
        (CompareOp::NotIn, Value::One(Cell::Str(key)), Value::Documents(documents)) if documents.are_dicts() => {
            Some(invert(&documents.has(key)?))
        }
        _ => None,
    })
}
