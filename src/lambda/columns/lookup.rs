//! Looks into captured containers for whole columns of keys.

use std::sync::Arc;

use arrow_array::BooleanArray;
use arrow_buffer::BooleanBuffer;

use super::frame::{Frame, Value, as_value};
use super::merge::{invert, merge};
use crate::error::Decline;
use crate::lambda::captured::Captured;
use crate::lambda::cells::cell::Cell;
use crate::lambda::tree::expr::LookupKind;

/// `container[key]`, `container.get(key, default)` or `key in container` for the rows of a frame.
pub fn look(
    container: &Arc<Captured>,
    how: LookupKind,
    key: Value,
    default: Option<&Value>,
    frame: &Frame<'_>,
) -> Result<Value, Decline> {
    let rows = frame.rows;
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
        let without = (0..rows as u32).filter(|row| places[*row as usize].is_none());
        return Err(frame.at(container.missing(), without.collect()));
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
