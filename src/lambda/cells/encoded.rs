//! Single values of any type as the bytes of a column of `Type::Mixed`, and back.

use std::borrow::Cow;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, LargeBinaryArray};
use arrow_buffer::{Buffer, OffsetBuffer, ScalarBuffer};

use super::cell::Cell;
use super::document;
use super::read::Reader;
use super::sets;
use crate::chunk::{ClassKind, Columns, DictKind, Token, Type};
use crate::error::Decline;

/// Appends a value. Declines what no column holds, and a set whose order nobody can make again.
pub fn write(cell: &Cell<'_>, out: &mut Vec<u8>) -> Result<(), Decline> {
    match cell {
        Cell::None => Token::None.put(out),
        Cell::Bool(b) => Token::Bool(*b).put(out),
        Cell::Int(i) => Token::Int(*i).put(out),
        Cell::Float(f) => Token::Float(*f).put(out),
        Cell::Str(text) => Token::Str(text).put(out),
        Cell::Bytes(bytes) => Token::Bytes(bytes).put(out),
        Cell::Tuple(items) => {
            Token::Tuple(items.len()).put(out);
            items.iter().try_for_each(|item| write(item, out))?;
        }
        Cell::List(items) => {
            Token::List(items.len()).put(out);
            items.iter().try_for_each(|item| write(item, out))?;
        }
        Cell::Map(kind, pairs) => {
            Token::Dict(*kind, pairs.len()).put(out);
            for (key, value) in pairs {
                write(key, out)?;
                write(value, out)?;
            }
        }
        Cell::Record(class, items) if class.kind == ClassKind::Dict => {
            Token::Dict(DictKind::Dict, items.len()).put(out);
            for (name, value) in class.names.iter().zip(items) {
                Token::Str(name).put(out);
                write(value, out)?;
            }
        }
        Cell::Set(items, as_added) => {
            Token::Set(items.len(), *as_added).put(out);
            items.iter().try_for_each(|item| write(item, out))?;
        }
        Cell::Dict(text) => write(&document::whole(text)?, out)?,
        _ => return Err(cell.unsupported("a value of any type")),
    }
    Ok(())
}

/// A column's rows as values of any type; nothing where some have no such.
pub fn mixed(rows: &Columns) -> Option<LargeBinaryArray> {
    let reader = Reader::new(rows)?;
    let (mut bytes, mut ends) = (Vec::new(), Vec::with_capacity(rows.len() + 1));
    ends.push(0);
    for row in 0..rows.len() {
        // `None` is no such value.
        match reader.get(row) {
            Cell::None => {}
            cell => write(&cell, &mut bytes).ok()?,
        }
        ends.push(bytes.len() as i64);
    }
    let ends = OffsetBuffer::new(ScalarBuffer::from(ends));
    LargeBinaryArray::try_new(ends, Buffer::from_vec(bytes), rows.array().nulls().cloned()).ok()
}

/// Declines where a set has an order that nobody can make again.
pub fn check_sets(columns: &Columns) -> Result<(), Decline> {
    let mut ordered = |token: &Token<'_>, mut whole: &[u8]| match token {
        Token::Set(2.., _) => !matches!(read(&mut whole), Some(Cell::Set(items, _)) if sets::is_without_order(&items)),
        _ => false,
    };
    if columns.kind().holds_mixed() && any(columns.array(), columns.kind(), &mut ordered) {
        return Err(Decline::new("depends on the order of a set"));
    }
    Ok(())
}

/// Whether there are dicts or sets among the values of any type.
pub fn holds_objects(columns: &Columns) -> bool {
    any(columns.array(), columns.kind(), &mut |token, _| matches!(token, Token::Dict(..) | Token::Set(..)))
}

/// Whether something holds of a token, of which the bytes are given from its own on.
fn any(array: &ArrayRef, kind: &Type, holds: &mut dyn FnMut(&Token<'_>, &[u8]) -> bool) -> bool {
    match kind {
        Type::Mixed => {
            let rows = array.as_binary::<i64>();
            let mut bytes = &rows.values()[rows.offsets().first() as usize..rows.offsets().last() as usize];
            while !bytes.is_empty() {
                let whole = bytes;
                match Token::take(&mut bytes) {
                    Some(token) if !holds(&token, whole) => {}
                    _ => return true,
                }
            }
            false
        }
        Type::Tuple(kinds) | Type::Record(_, kinds) => {
            array.as_struct().columns().iter().zip(kinds).any(|(item, kind)| any(item, kind, holds))
        }
        Type::List(item) | Type::Group(item) => {
            let list = array.as_list::<i32>();
            let (from, to) = (list.offsets().first(), list.offsets().last());
            item.holds_mixed() && any(&list.values().slice(from as usize, (to - from) as usize), item, holds)
        }
        Type::Optional(inner) => any(array, inner, holds),
        _ => false,
    }
}

/// The value at the front of these bytes; nothing where they are none of ours.
pub fn read<'a>(bytes: &mut &'a [u8]) -> Option<Cell<'a>> {
    let many = |len: usize, bytes: &mut &'a [u8]| -> Option<Vec<Cell<'a>>> {
        // Each takes a byte at least.
        let mut items = Vec::with_capacity(len.min(bytes.len()));
        for _ in 0..len {
            items.push(read(bytes)?);
        }
        Some(items)
    };
    Some(match Token::take(bytes)? {
        Token::None => Cell::None,
        Token::Bool(b) => Cell::Bool(b),
        Token::Int(i) => Cell::Int(i),
        Token::Float(f) => Cell::Float(f),
        Token::Str(text) => Cell::text(text),
        Token::Bytes(bytes) => Cell::Bytes(Cow::Borrowed(bytes)),
        Token::Tuple(len) => Cell::Tuple(many(len, bytes)?),
        Token::List(len) => Cell::List(many(len, bytes)?),
        Token::Set(len, as_added) => Cell::Set(many(len, bytes)?, as_added),
        Token::Dict(kind, len) => {
            let mut pairs = Vec::with_capacity(len.min(bytes.len()));
            for _ in 0..len {
                pairs.push((read(bytes)?, read(bytes)?));
            }
            Cell::Map(kind, pairs)
        }
    })
}
