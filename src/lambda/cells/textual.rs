//! Values as text: `str`, `repr`, `format`.

use std::borrow::Cow;
use std::fmt::Write;

use super::cell::Cell;
use super::dates;
use super::document;
use super::dumps::{Style, write_json};
use crate::chunk::DictKind;
use crate::error::{Decline, Exception};
use crate::kernel::format::Spec;
use crate::kernel::repr::{write_float_repr, write_str_repr};

/// `str(cell)`
pub fn to_str<'a>(cell: &Cell<'a>) -> Result<Cow<'a, str>, Decline> {
    if let Cell::Str(s) = cell {
        return Ok(s.clone());
    }
    let mut out = String::new();
    write_str(cell, &mut out)?;
    Ok(Cow::Owned(out))
}

/// `str(cell)` of what is no str.
fn write_str(cell: &Cell<'_>, out: &mut String) -> Result<(), Decline> {
    if dates::push_str(cell, out) { Ok(()) } else { write_repr(cell, out) }
}

/// `repr(cell)`
pub fn to_repr(cell: &Cell<'_>) -> Result<String, Decline> {
    let mut out = String::new();
    write_repr(cell, &mut out)?;
    Ok(out)
}

/// Why a dict without a key declines: the interpreter raises, and says the key.
pub fn no_key(key: &Cell<'_>) -> Decline {
    Decline::raises(Exception::KeyError, "a key that a dict has not").saying(|| to_repr(key).ok())
}

fn write_repr(cell: &Cell<'_>, out: &mut String) -> Result<(), Decline> {
    match cell {
        Cell::None => out.push_str("None"),
        Cell::Bool(b) => out.push_str(if *b { "True" } else { "False" }),
        Cell::Int(i) => {
            let _ = write!(out, "{i}");
        }
        Cell::Float(f) => write_float_repr(*f, out),
        Cell::Str(s) => write_str_repr(s, out)?,
        Cell::Date(_) | Cell::DateTime(_) | Cell::Delta(_) => dates::push_repr(cell, out),
        Cell::Tuple(items) => {
            write_items("(", items, out)?;
            out.push_str(if items.len() == 1 { ",)" } else { ")" });
        }
        Cell::List(items) => {
            write_items("[", items, out)?;
            out.push(']');
        }
        Cell::Map(DictKind::Dict, pairs) => {
            out.push('{');
            for (i, (key, value)) in pairs.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                write_repr(key, out)?;
                out.push_str(": ");
                write_repr(value, out)?;
            }
            out.push('}');
        }
        Cell::Dict(text) => write_repr(&document::whole(text)?, out)?,
        Cell::Bytes(_)
        | Cell::Map(..)
        | Cell::Set(..)
        | Cell::Match(_)
        | Cell::Group(_)
        | Cell::Vector(_)
        | Cell::Record(..)
        | Cell::Real(_) => {
            return Err(cell.unsupported("repr()"));
        }
    }
    Ok(())
}

fn write_items(open: &str, items: &[Cell<'_>], out: &mut String) -> Result<(), Decline> {
    out.push_str(open);
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        write_repr(item, out)?;
    }
    Ok(())
}

/// Appends `format(cell, spec)` after an `s` or `r` conversion; `j` and `J` are `json.dumps`, the second with letters beyond
/// ASCII as they are.
pub fn write_format(cell: &Cell<'_>, conversion: Option<char>, spec: &Spec, out: &mut String) -> Result<(), Decline> {
    if let Some(ascii @ ('j' | 'J')) = conversion {
        return write_json(cell, Style::plain(ascii == 'j'), out);
    }
    if spec.is_empty() && conversion != Some('r') {
        return match cell {
            Cell::Str(s) => {
                out.push_str(s);
                Ok(())
            }
            other => write_str(other, out),
        };
    }
    let converted;
    let cell = match conversion {
        Some('s') => {
            converted = Cell::Str(to_str(cell)?);
            &converted
        }
        Some('r') => {
            converted = Cell::owned(to_repr(cell)?);
            &converted
        }
        _ => cell,
    };
    if spec.is_empty() {
        out.push_str(&to_str(cell)?);
        return Ok(());
    }
    match cell {
        Cell::Str(s) => spec.text(s, out),
        Cell::Int(i) => spec.int(*i, out),
        Cell::Float(f) => spec.float(*f, out),
        _ => None,
    }
    .ok_or_else(|| cell.unsupported("this format"))
}
