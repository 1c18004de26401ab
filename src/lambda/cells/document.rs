//! Single values of JSON texts that were checked. A dict stays the text that it is, and is looked into; its last member of
//! a name is the one that counts.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::cell::Cell;
use crate::chunk::DictKind;
use crate::error::{Decline, Exception};
use crate::kernel::json::{Number, Part, is_refused, number, parts, unescape};

/// Among so few members a name is looked for one by one.
const FEW: usize = 16;

/// What the text's first byte says of the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `None`
    Null,
    /// `True`, `False`
    Bool,
    /// An int or a float.
    Number,
    /// A str.
    Str,
    /// A list.
    List,
    /// A dict.
    Dict,
}

/// The kind of a value by its text.
#[inline]
pub fn kind(text: &str) -> Kind {
    match text.as_bytes().first() {
        Some(b'n') => Kind::Null,
        Some(b't' | b'f') => Kind::Bool,
        Some(b'"') => Kind::Str,
        Some(b'[') => Kind::List,
        Some(b'{') => Kind::Dict,
        _ => Kind::Number,
    }
}

/// Why a text that isn't what the interpreter takes declines: it raises.
pub fn invalid(text: &str) -> Decline {
    let why = "a text that json.loads() refuses";
    if is_refused(text) { Decline::raises(Exception::JSONDecodeError, why) } else { Decline::new(why) }
}

/// `json.loads(text)`
pub fn loads(text: &str) -> Result<Cell<'_>, Decline> {
    value(&text[parts(text, |_| {}).ok_or_else(|| invalid(text))?])
}

/// The value of a checked text.
pub fn value(text: &str) -> Result<Cell<'_>, Decline> {
    Ok(match kind(text) {
        Kind::Null => Cell::None,
        Kind::Bool => Cell::Bool(text.starts_with('t')),
        Kind::Number => match number(text).ok_or(Decline::new("an int past 64 bits"))? {
            Number::Int(i) => Cell::Int(i),
            Number::Float(f) => Cell::Float(f),
        },
        Kind::Str => Cell::Str(string(text)?),
        Kind::Dict => Cell::Dict(Cow::Borrowed(text)),
        Kind::List => {
            let mut items = Vec::new();
            each(text, |part| items.push(part))?;
            Cell::List(items.iter().map(|part| value(&text[part.value()])).collect::<Result<_, _>>()?)
        }
    })
}

/// The str of a string's text.
#[inline]
pub fn string(text: &str) -> Result<Cow<'_, str>, Decline> {
    let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
    if inner.as_bytes().contains(&b'\\') {
        unescape(inner).map(Cow::Owned).ok_or(Decline::new("a lone surrogate"))
    } else {
        Ok(Cow::Borrowed(inner))
    }
}

fn each(text: &str, each: impl FnMut(Part)) -> Result<(), Decline> {
    parts(text, each).map(drop).ok_or_else(|| invalid(text))
}

/// The text of a dict's value.
pub fn member<'t>(text: &'t str, key: &str) -> Result<Option<&'t str>, Decline> {
    let mut found = None;
    each(text, |part| {
        if part.is_named(key, text) {
            found = Some(part);
        }
    })?;
    Ok(found.map(|part| &text[part.value()]))
}

/// A dict's value, if it has the key.
pub fn get<'a>(text: &'a str, key: &str) -> Result<Option<Cell<'a>>, Decline> {
    member(text, key)?.map(value).transpose()
}

/// `len(dict)`
pub fn len(text: &str) -> Result<i64, Decline> {
    let mut members = Vec::new();
    each(text, |part| members.push(part))?;
    distinct(&members, text)
}

/// How many keys the members of a dict have.
pub fn distinct(members: &[Part], text: &str) -> Result<i64, Decline> {
    let mut keys = HashSet::with_capacity(members.len());
    for part in members {
        let raw = part.raw_key(text);
        keys.insert(if part.has_escapes() {
            Cow::Owned(unescape(raw).ok_or(Decline::new("a lone surrogate"))?)
        } else {
            Cow::Borrowed(raw)
        });
    }
    Ok(keys.len() as i64)
}

/// A dict with all its values, dicts in lists apart.
pub fn whole(text: &str) -> Result<Cell<'_>, Decline> {
    let mut members = Vec::new();
    each(text, |part| members.push(part))?;
    let mut pairs: Vec<(Cell<'_>, Cell<'_>)> = Vec::with_capacity(members.len());
    let mut places: HashMap<Cow<'_, str>, usize> = HashMap::new();
    for part in members {
        let raw = part.raw_key(text);
        let name = if part.has_escapes() {
            Cow::Owned(unescape(raw).ok_or(Decline::new("a lone surrogate"))?)
        } else {
            Cow::Borrowed(raw)
        };
        let given = value(&text[part.value()])?;
        let known = if pairs.len() <= FEW {
            pairs.iter().position(|(known, _)| matches!(known, Cell::Str(known) if *known == name))
        } else {
            if places.is_empty() {
                for (at, (known, _)) in pairs.iter().enumerate() {
                    if let Cell::Str(known) = known {
                        places.insert(known.clone(), at);
                    }
                }
            }
            places.get(&name).copied()
        };
        if let Some(at) = known {
            pairs[at].1 = given;
        } else {
            if !places.is_empty() {
                places.insert(name.clone(), pairs.len());
            }
            pairs.push((Cell::Str(name), given));
        }
    }
    Ok(Cell::Map(DictKind::Dict, pairs))
}

/// The text of a scalar, where it has one.
pub fn literal(cell: &Cell<'_>) -> Option<String> {
    Some(match cell {
        Cell::None => "null".to_owned(),
        Cell::Bool(b) => b.to_string(),
        Cell::Int(i) => i.to_string(),
        Cell::Float(f) if f.is_nan() => "NaN".to_owned(),
        Cell::Float(f) if f.is_finite() => format!("{f:?}"),
        Cell::Float(f) => format!("{}Infinity", if *f > 0.0 { "" } else { "-" }),
        Cell::Str(s) => serde_json::to_string(s).ok()?,
        _ => return None,
    })
}
