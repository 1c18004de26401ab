//! Records of whole columns: their values by name. Each answers `None` where it has nothing to say of the operands, which
//! are then taken row by row.

use std::sync::Arc;

use arrow_array::{Array, BooleanArray};
use arrow_buffer::BooleanBuffer;

use super::dates;
use super::frame::Value;
use crate::chunk::{Class, ClassKind, Columns, Type};
use crate::error::Decline;
use crate::lambda::cells::cell::Cell;
use crate::lambda::cells::records::{dict_of, is_of, merged, missing, places};
use crate::lambda::tree::expr::CompareOp;
use crate::lambda::tree::functions::{Function, Method};

/// The class and the values by name of a column of records without `None`.
fn held(value: &Value) -> Option<(&Class, Vec<Columns>)> {
    let Value::Each(columns) = value else { return None };
    let present;
    let columns = match columns.kind() {
        Type::Record(..) => columns,
        Type::Optional(inner) if matches!(**inner, Type::Record(..)) && columns.array().null_count() == 0 => {
            present = Columns::new(columns.array().clone(), (**inner).clone());
            let items = present.held()?.1;
            let Type::Record(class, _) = &**inner else { return None };
            return Some((class, items));
        }
        _ => return None,
    };
    columns.held().map(|(class, items)| (&**class, items))
}

/// A function of records.
pub fn call(function: Function, args: &[Value], rows: usize) -> Result<Option<Value>, Decline> {
    match (function, args) {
        (Function::RecordOf, [items, Value::One(Cell::Record(class, _))]) => {
            let items = items.clone().into_columns(rows)?.items();
            let items = items.ok_or(Decline::new("a record of what is no tuple"))?;
            Columns::record(class.clone(), items, None).map(|made| Some(Value::Each(made)))
        }
        (Function::RecordAttr, [of, Value::One(Cell::Str(name))]) => match held(of) {
            Some((class, mut items)) if class.kind != ClassKind::Dict => match class.attribute(name) {
                Some(at) => Ok(Some(Value::Each(items.swap_remove(at)))),
                None => Err(missing(name)),
            },
            _ => Ok(dates::call(Function::DateField, args)?.map(Value::Each)),
        },
        (Function::RecordDict, [of, Value::One(Cell::Str(method))]) => match held(of) {
            Some((class, items)) => {
                let class = Arc::new(dict_of(class, method)?);
                Columns::record(class, items, None).map(|made| Some(Value::Each(made)))
            }
            None => Ok(None),
        },
        (Function::RecordReplace, [of, Value::One(names), values]) => match held(of) {
            Some((class, mut items)) => {
                let values = values.clone().into_columns(rows)?.items();
                let values = values.ok_or(Decline::new("_replace() of no values"))?;
                for (at, value) in places(class, names)?.into_iter().zip(values) {
                    items[at] = value;
                }
                Columns::record(Arc::new(class.clone()), items, None).map(|made| Some(Value::Each(made)))
            }
            None => Ok(None),
        },
        (Function::RecordIs, [Value::Each(columns), Value::One(Cell::Record(class, _)), Value::One(name)]) => {
            let of = match columns.kind() {
                Type::Record(of, _) => Some(&**of),
                Type::Optional(_) => return Ok(None),
                _ => None,
            };
            let found = is_of(of, class, name)?;
            Ok(Some(Value::One(Cell::Bool(found))))
        }
        (Function::RecordMerge, [left, right]) => match (held(left), held(right)) {
            (Some(left), Some(right)) => {
                let (class, items) = merged(left, right)?;
                Columns::record(Arc::new(class), items, None).map(|made| Some(Value::Each(made)))
            }
            _ => Ok(None),
        },
        (Function::Unpack, [of, Value::One(Cell::Int(count))]) => Ok(match held(of) {
            Some((class, items)) if class.is_tuple() && items.len() as i64 == *count => {
                Some(Value::Each(Columns::tuple(items, rows)))
            }
            _ => None,
        }),
        _ => Ok(None),
    }
}

/// `records[index]`
pub fn item(of: &Value, index: &Value) -> Option<Value> {
    let (class, mut items) = held(of)?;
    let place = match index {
        Value::One(Cell::Int(at)) if class.is_tuple() => {
            let at = if *at < 0 { *at + items.len() as i64 } else { *at };
            usize::try_from(at).ok().filter(|at| *at < items.len())
        }
        Value::One(Cell::Str(name)) if matches!(class.kind, ClassKind::Dict | ClassKind::Row) => class.place(name),
        _ => None,
    };
    place.map(|at| Value::Each(items.swap_remove(at)))
}

/// `records.get(key)`, `records.get(key, default)`
pub fn get(method: Method, of: &Value, args: &[Value]) -> Option<Value> {
    let (Method::Get, [Value::One(Cell::Str(key)), default @ ..]) = (method, args) else { return None };
    let (class, mut items) = held(of)?;
    if class.kind != ClassKind::Dict {
        return None;
    }
    match (class.place(key), default) {
        (Some(at), _) => Some(Value::Each(items.swap_remove(at))),
        (None, []) => Some(Value::One(Cell::None)),
        (None, [default]) => Some(default.clone()),
        _ => None,
    }
}

/// `key in records`
pub fn compare(op: CompareOp, left: &Value, right: &Value) -> Option<BooleanArray> {
    let (CompareOp::In | CompareOp::NotIn, Value::One(Cell::Str(key)), Value::Each(columns)) = (op, left, right) else {
        return None;
    };
    let (class, _) = held(right)?;
    if !matches!(class.kind, ClassKind::Dict | ClassKind::Row) {
        return None;
    }
    let yes = class.place(key).is_some() == (op == CompareOp::In);
    let bits = if yes { BooleanBuffer::new_set(columns.len()) } else { BooleanBuffer::new_unset(columns.len()) };
    Some(BooleanArray::new(bits, None))
}
