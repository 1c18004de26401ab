//! Looks into captured containers for whole columns of keys.

use std::sync::Arc;

use arrow_array::BooleanArray;
use arrow_buffer::BooleanBuffer;

use super::frame::{Value, as_value};
use super::merge::{invert, merge};
use crate::error::Decline;
use crate::lambda::captured::{Captured, missing};
use crate::lambda::cells::cell::Cell;
use crate::lambda::tree::expr::LookupKind;

/// `container[key]`, `container.get(key, default)` or `key in container` for `rows` rows.
pub fn look(
    container: &Arc<Captured>,
    how: LookupKind,
    key: Value,
    default: Option<&Value>,
    rows: usize,
) -> Result<Value, Decline> {
    let keys = key.into_columns(rows)?;
    let places = match how {
        LookupKind::Item => container.places(&keys)?,
        LookupKind::Get | LookupKind::In => container.found(&keys)?,
    };
    let there = || BooleanArray::new(BooleanBuffer::collect_bool(rows, |row| places[row].is_some()), None);
    if how == LookupKind::In {
        return Ok(as_value(there()));
    }
    let found: Vec<u32> = places.iter().copied().flatten().collect();
    let complete = found.len() == rows;
    if how == LookupKind::Item && !complete {
        return Err(missing());
    }
    let values = Value::Each(container.values()?.take(&found)?);
    if complete {
        return Ok(values);
    }
    let there = there();
    let default = match default {
        Some(default) => default.pick(&invert(&there))?,
        None => Value::One(Cell::None),
    };
    merge(&there, &values, &default)
}
