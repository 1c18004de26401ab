//! `json.dumps` of single values, as the interpreter's own encoder writes them.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::Write;

use super::cell::Cell;
use super::document;
use crate::chunk::ClassKind;
use crate::error::{Decline, Exception};
use crate::kernel::json::{parts, unescape};
use crate::kernel::repr::write_float_repr;

/// Members of one dict: they are compared with each other.
const MOST_MEMBERS: usize = 128;

/// How it is written.
#[derive(Clone, Copy, Debug)]
pub struct Style<'s> {
    /// `ensure_ascii`
    pub ascii: bool,
    /// `sort_keys`
    pub sorted: bool,
    /// What stands between items.
    pub item: &'s str,
    /// What stands behind keys.
    pub key: &'s str,
}

impl Style<'_> {
    /// That of a call with no options but `ensure_ascii`.
    pub fn plain(ascii: bool) -> Self {
        Self { ascii, sorted: false, item: ", ", key: ": " }
    }
}

/// `json.dumps(value, ...)`: a value, the options in bits (ASCII, sorted, a list of pairs that is a dict) and the separators.
pub fn call<'a>(args: &[Cell<'a>]) -> Result<Cell<'a>, Decline> {
    let [value, Cell::Int(options), Cell::Str(item), Cell::Str(key)] = args else {
        return Err(Decline::new("json.dumps() with such arguments"));
    };
    let style = Style { ascii: options & 1 != 0, sorted: options & 2 != 0, item, key };
    let mut out = String::new();
    match value {
        Cell::List(pairs) if options & 4 != 0 => write_pairs(pairs, style, &mut out)?,
        value => write_json(value, style, &mut out)?,
    }
    Ok(Cell::owned(out))
}

/// Appends the text of a value.
pub fn write_json(cell: &Cell<'_>, style: Style<'_>, out: &mut String) -> Result<(), Decline> {
    match cell {
        Cell::None => out.push_str("null"),
        Cell::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Cell::Int(i) => {
            let _ = write!(out, "{i}");
        }
        Cell::Float(f) => write_float(*f, out),
        Cell::Str(s) => write_text(s, style.ascii, out),
        Cell::Tuple(items) | Cell::List(items) => write_items(items, style, out)?,
        Cell::Record(class, items) if class.is_tuple() => write_items(items, style, out)?,
        Cell::Dict(text) => write_document(text, style, out)?,
        Cell::Record(class, items) if class.kind == ClassKind::Dict => {
            let mut members: Vec<(&String, &Cell<'_>)> = class.names.iter().zip(items).collect();
            if style.sorted {
                members.sort_by_key(|(name, _)| *name);
            }
            out.push('{');
            for (i, (name, item)) in members.into_iter().enumerate() {
                if i > 0 {
                    out.push_str(style.item);
                }
                write_text(name, style.ascii, out);
                out.push_str(style.key);
                write_json(item, style, out)?;
            }
            out.push('}');
        }
        other => return Err(other.refuses(Exception::TypeError, "json.dumps()")),
    }
    Ok(())
}

fn write_items(items: &[Cell<'_>], style: Style<'_>, out: &mut String) -> Result<(), Decline> {
    out.push('[');
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push_str(style.item);
        }
        write_json(item, style, out)?;
    }
    out.push(']');
    Ok(())
}

fn write_float(value: f64, out: &mut String) {
    if value.is_finite() {
        write_float_repr(value, out);
    } else {
        out.push_str(if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        });
    }
}

/// A dict that was loaded: of members with the same name the last counts, in the first's place.
fn write_document(text: &str, style: Style<'_>, out: &mut String) -> Result<(), Decline> {
    let mut members: Vec<(Cow<'_, str>, &str)> = Vec::new();
    let mut odd = false;
    parts(text, |part| {
        let raw = part.raw_key(text);
        let name = if part.has_escapes() { unescape(raw).map(Cow::Owned) } else { Some(Cow::Borrowed(raw)) };
        let Some(name) = name else {
            odd = true;
            return;
        };
        let value = &text[part.value()];
        match members.iter().position(|(known, _)| *known == name) {
            Some(known) => members[known].1 = value,
            None if members.len() < MOST_MEMBERS => members.push((name, value)),
            None => odd = true,
        }
    })
    .ok_or_else(|| document::invalid(text))?;
    if odd {
        return Err(Decline::new("json.dumps() of a lone surrogate, or of very many members"));
    }
    if style.sorted {
        members.sort_by(|one, other| one.0.cmp(&other.0));
    }
    out.push('{');
    for (i, (name, value)) in members.iter().enumerate() {
        if i > 0 {
            out.push_str(style.item);
        }
        write_text(name, style.ascii, out);
        out.push_str(style.key);
        write_json(&document::value(value)?, style, out)?;
    }
    out.push('}');
    Ok(())
}

/// A dict as its pairs.
fn write_pairs(pairs: &[Cell<'_>], style: Style<'_>, out: &mut String) -> Result<(), Decline> {
    let mut members = Vec::with_capacity(pairs.len());
    for pair in pairs {
        let Cell::Tuple(pair) = pair else { return Err(pair.unsupported("json.dumps()")) };
        let [key, value] = pair.as_slice() else { return Err(Decline::new("json.dumps() of such a dict")) };
        members.push((key, value));
    }
    if style.sorted {
        let texts = members.iter().all(|(key, _)| matches!(key, Cell::Str(_)));
        if !texts && !members.iter().all(|(key, _)| matches!(key, Cell::Int(_))) {
            return Err(Decline::new("json.dumps() that sorts keys of several types"));
        }
        members.sort_by(|(one, _), (other, _)| match (one, other) {
            (Cell::Str(one), Cell::Str(other)) => one.cmp(other),
            (Cell::Int(one), Cell::Int(other)) => one.cmp(other),
            _ => Ordering::Equal,
        });
    }
    out.push('{');
    for (i, (key, value)) in members.iter().enumerate() {
        if i > 0 {
            out.push_str(style.item);
        }
        match key {
            Cell::Str(name) => write_text(name, style.ascii, out),
            Cell::None | Cell::Bool(_) | Cell::Int(_) | Cell::Float(_) => {
                out.push('"');
                write_json(key, style, out)?;
                out.push('"');
            }
            other => return Err(other.refuses(Exception::TypeError, "json.dumps() with a key")),
        }
        out.push_str(style.key);
        write_json(value, style, out)?;
    }
    out.push('}');
    Ok(())
}

/// A str, in quotes.
fn write_text(text: &str, ascii: bool, out: &mut String) {
    out.push('"');
    let mut done = 0;
    for (at, c) in text.char_indices() {
        let stays = match c {
            '"' | '\\' => false,
            ' '..='~' => true,
            _ => c > '\x1F' && !ascii,
        };
        if stays {
            continue;
        }
        out.push_str(&text[done..at]);
        done = at + c.len_utf8();
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x0C' => out.push_str("\\f"),
            '\x08' => out.push_str("\\b"),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push_str(&text[done..]);
    out.push('"');
}
