//! Methods of single str values, and of matches.

use std::borrow::Cow;

use super::cell::Cell;
use super::compare::equal_item;
use super::document;
use super::maps;
use super::records;
use super::sets;
use crate::chunk::{ClassKind, DictKind};
use crate::error::{Decline, Exception};
use crate::kernel::case::convert_text;
use crate::kernel::length::text_length;
use crate::kernel::letters::{self, Change};
use crate::kernel::text::{self, Ends};
use crate::kernel::unicode::{Case, Set, is_ascii_space};
use crate::lambda::tree::functions::Method;

/// `of.method(*args)`; the number of arguments was checked.
pub fn call<'a>(method: Method, of: Cell<'a>, args: &[Cell<'a>]) -> Result<Cell<'a>, Decline> {
    has(method, &of)?;
    match of {
        Cell::Str(Cow::Borrowed(s)) => str_method(method, s, args),
        Cell::Str(Cow::Owned(s)) => str_method(method, &s, args).map(owned),
        Cell::Match(groups) => match_method(method, &groups, args),
        Cell::Record(class, items) if method == Method::Get => records::get(&class, items, args),
        Cell::Record(class, items)
            if class.kind == ClassKind::Named && args.len() == 1 && class.place(method.name()).is_none() =>
        {
            of_items(method, &items, &args[0])
        }
        Cell::Tuple(items) | Cell::List(items) if args.len() == 1 => of_items(method, &items, &args[0]),
        Cell::Map(kind, pairs) => maps::method(method, (kind, pairs), args),
        Cell::Set(items, _) => sets::method(method, items, args),
        Cell::List(items) if method == Method::Copy => Ok(Cell::List(items)),
        of @ (Cell::Dict(_) | Cell::Record(..))
            if (matches!(of, Cell::Dict(_)) || records::is_dict(&of))
                && matches!(method, Method::Items | Method::Keys | Method::Values | Method::Copy) =>
        {
            maps::method(method, (DictKind::Dict, maps::pairs(of)?), args)
        }
        Cell::Dict(Cow::Borrowed(text)) if method == Method::Get => get(text, args),
        Cell::Dict(Cow::Owned(text)) if method == Method::Get => get(&text, args).map(owned),
        Cell::Bytes(bytes) if method == Method::Decode && replaces(args) => {
            Ok(Cell::owned(String::from_utf8_lossy(&bytes).into_owned()))
        }
        Cell::Bytes(bytes) if method == Method::Decode && names_utf8(args) => match bytes {
            Cow::Borrowed(bytes) => str::from_utf8(bytes).ok().map(Cell::text),
            Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cell::owned),
        }
        .ok_or_else(|| match args {
            [_, Cell::Str(how)] if how != "strict" => Decline::new("decode() that ignores what is no UTF-8"),
            _ => Decline::raises(Exception::UnicodeDecodeError, "decode() of what is no UTF-8"),
        }),
        Cell::Bytes(bytes) if method == Method::Decode && bytes.is_ascii() && names_ascii(args) => {
            String::from_utf8(bytes.into_owned())
                .map(Cell::owned)
                .map_err(|_| Decline::new("decode() of what is no ASCII"))
        }
        other => Err(other.unsupported(&format!("{}()", method.name()))),
    }
}

/// Raises where a value has no method of that name: before the arguments are looked at.
pub fn has(method: Method, of: &Cell<'_>) -> Result<(), Decline> {
    let never = match of {
        Cell::None | Cell::Bool(_) | Cell::Int(_) | Cell::Float(_) => true,
        Cell::Tuple(_) => !matches!(method, Method::Index | Method::Count),
        Cell::List(_) => !matches!(method, Method::Index | Method::Count | Method::Copy),
        Cell::Str(_) => matches!(method, Method::Decode | Method::Group | Method::Groups),
        Cell::Bytes(_) => matches!(method, Method::Encode | Method::Casefold | Method::Group | Method::Groups),
        Cell::Date(_)
        | Cell::DateTime(_)
        | Cell::Delta(_)
        | Cell::Dict(_)
        | Cell::Map(..)
        | Cell::Set(..)
        | Cell::Group(_)
        | Cell::Match(_)
        | Cell::Real(_)
        | Cell::Vector(_)
        | Cell::Record(..) => false,
    };
    if never { Err(of.refuses(Exception::AttributeError, &format!("{}()", method.name()))) } else { Ok(()) }
}

/// The value without borrows.
pub fn owned<'b>(cell: Cell<'_>) -> Cell<'b> {
    match cell {
        Cell::None => Cell::None,
        Cell::Bool(b) => Cell::Bool(b),
        Cell::Int(i) => Cell::Int(i),
        Cell::Float(f) => Cell::Float(f),
        Cell::Str(s) => Cell::owned(s.into_owned()),
        Cell::Bytes(b) => Cell::Bytes(Cow::Owned(b.into_owned())),
        Cell::Tuple(items) => Cell::Tuple(items.into_iter().map(owned).collect()),
        Cell::Record(class, items) => Cell::Record(class, items.into_iter().map(owned).collect()),
        Cell::List(items) => Cell::List(items.into_iter().map(owned).collect()),
        Cell::Dict(text) => Cell::Dict(Cow::Owned(text.into_owned())),
        Cell::Map(kind, pairs) => Cell::Map(kind, pairs.into_iter().map(|(k, v)| (owned(k), owned(v))).collect()),
        Cell::Set(items, as_added) => Cell::Set(items.into_iter().map(owned).collect(), as_added),
        Cell::Group(items) => Cell::Group(items.into_iter().map(owned).collect()),
        Cell::Vector(elements) => Cell::Vector(Cow::Owned(elements.into_owned())),
        Cell::Real(f) => Cell::Real(f),
        Cell::Date(day) => Cell::Date(day),
        Cell::DateTime(time) => Cell::DateTime(time),
        Cell::Delta(micros) => Cell::Delta(micros),
        Cell::Match(groups) => {
            Cell::Match(groups.iter().map(|g| g.as_ref().map(|s| Cow::Owned(s.clone().into_owned()))).collect())
        }
    }
}

/// `dict.get(key, default)`
fn get<'s>(text: &'s str, args: &[Cell<'s>]) -> Result<Cell<'s>, Decline> {
    let Some(Cell::Str(key)) = args.first() else { return Err(Decline::new("get() of a key that is no str")) };
    Ok(document::get(text, key)?.unwrap_or_else(|| args.get(1).cloned().unwrap_or(Cell::None)))
}

fn match_method<'a>(method: Method, groups: &[Option<Cow<'a, str>>], args: &[Cell<'a>]) -> Result<Cell<'a>, Decline> {
    let value = |g: &Option<Cow<'a, str>>| g.clone().map_or(Cell::None, Cell::Str);
    match (method, args) {
        (Method::Groups, []) => Ok(Cell::Tuple(groups.iter().skip(1).map(value).collect())),
        (Method::Group, []) => Ok(groups.first().map_or(Cell::None, value)),
        (Method::Group, [Cell::Int(i)]) => usize::try_from(*i)
            .ok()
            .and_then(|i| groups.get(i))
            .map(value)
            .ok_or(Decline::new("a group that the pattern has not")),
        _ => Err(Decline::new(format!("{}() of a match", method.name()))),
    }
}

/// A method of a str. The arguments' lifetime differs from the receiver's where the receiver is a temporary.
fn str_method<'s>(method: Method, s: &'s str, args: &[Cell<'_>]) -> Result<Cell<'s>, Decline> {
    let cut = |part: &'s str| Ok(Cell::text(part));
    let int = |value: i64| Ok(Cell::Int(value));
    match method {
        Method::Lower => case(s, Case::Lower),
        Method::Upper => case(s, Case::Upper),
        Method::Strip => stripped(s, args, Ends::Both),
        Method::Lstrip => stripped(s, args, Ends::Left),
        Method::Rstrip => stripped(s, args, Ends::Right),
        Method::Split | Method::Rsplit => split(method, s, args),
        Method::Splitlines => {
            let keep = args.first().map(Cell::truth).transpose()?.unwrap_or(false);
            Ok(list(text::split_lines(s, keep)))
        }
        Method::Partition | Method::Rpartition => partition(method, s, arg_text(method, args, 0)?),
        Method::StartsWith | Method::EndsWith => {
            let Some((part, _)) = window(method, s, args)? else { return Ok(Cell::Bool(false)) };
            let holds = |affix: &str| {
                if method == Method::StartsWith { part.starts_with(affix) } else { part.ends_with(affix) }
            };
            Ok(Cell::Bool(any_affix(method, args, holds)?))
        }
        Method::Find | Method::Rfind => int(find(method, s, args)?.unwrap_or(-1)),
        Method::Index | Method::Rindex => find(method, s, args)?
            .map(Cell::Int)
            .ok_or(Decline::raises(Exception::ValueError, "index() of what isn't there")),
        Method::Count => {
            let part = arg_text(method, args, 0)?;
            int(window(method, s, args)?.map_or(0, |(inside, _)| text::count(inside, part)))
        }
        Method::Encode if names_utf8(args) => Ok(Cell::Bytes(Cow::Borrowed(s.as_bytes()))),
        Method::Replace => {
            let (old, new) = (arg_text(method, args, 0)?, arg_text(method, args, 1)?);
            let count = if args.len() > 2 { arg_int(method, args, 2)? } else { -1 };
            if s.contains(old) { Ok(Cell::owned(text::replace(s, old, new, count))) } else { cut(s) }
        }
        Method::Join => join(s, args),
        Method::RemovePrefix => cut(s.strip_prefix(arg_text(method, args, 0)?).unwrap_or(s)),
        Method::RemoveSuffix => cut(s.strip_suffix(arg_text(method, args, 0)?).unwrap_or(s)),
        Method::Zfill => {
            let sign = usize::from(s.starts_with(['+', '-']));
            let missing = missing(s, arg_int(method, args, 0)?)?;
            Ok(Cell::owned(format!("{}{}{}", &s[..sign], "0".repeat(missing), &s[sign..])))
        }
        Method::Ljust | Method::Rjust | Method::Center => justified(method, s, args),
        Method::IsDigit => test(s, |b| b.is_ascii_digit(), Set::IsDigit),
        Method::IsAlpha => test(s, |b| b.is_ascii_alphabetic(), Set::IsAlpha),
        Method::IsAlnum => test(s, |b| b.is_ascii_alphanumeric(), Set::IsAlnum),
        Method::IsSpace => test(s, is_ascii_space, Set::IsSpace),
        Method::IsAscii => Ok(Cell::Bool(s.is_ascii())),
        Method::IsDecimal => test(s, |b| b.is_ascii_digit(), Set::Digit),
        Method::IsNumeric => test(s, |b| b.is_ascii_digit(), Set::IsNumeric),
        Method::IsUpper => Ok(Cell::Bool(letters::is_all(s, true)?)),
        Method::IsLower => Ok(Cell::Bool(letters::is_all(s, false)?)),
        Method::IsTitle => Ok(Cell::Bool(letters::is_title(s)?)),
        Method::IsIdentifier => Ok(Cell::Bool(letters::is_identifier(s)?)),
        Method::IsPrintable => Ok(Cell::Bool(letters::is_printable(s)?)),
        Method::Casefold => changed(s, Change::Fold),
        Method::Swapcase => changed(s, Change::Swap),
        Method::Title => changed(s, Change::Title),
        Method::Capitalize => changed(s, Change::Capitalize),
        Method::Encode => encoded(s, args),
        Method::Expandtabs => expanded(s, if args.is_empty() { 8 } else { arg_int(method, args, 0)? }),
        _ => Err(Decline::new(format!("{}() of a str", method.name()))),
    }
}

/// `encode` to ASCII or Latin-1.
fn encoded<'s>(s: &str, args: &[Cell<'_>]) -> Result<Cell<'s>, Decline> {
    let odd = || Decline::new("encode() to such an encoding");
    let (name, how) = match args {
        [Cell::Str(name)] => (name, "strict"),
        [Cell::Str(name), Cell::Str(how)] => (name, &**how),
        _ => return Err(odd()),
    };
    let last = match name.to_ascii_lowercase().as_str() {
        "ascii" => '\x7F',
        "latin-1" | "latin1" | "iso-8859-1" => '\u{FF}',
        _ => return Err(odd()),
    };
    let mut out = Vec::with_capacity(s.len());
    for c in s.chars() {
        match how {
            _ if c <= last => out.push(c as u8),
            "ignore" => {}
            "replace" => out.push(b'?'),
            _ => return Err(Decline::new("encode() of a character that the encoding has not")),
        }
    }
    Ok(Cell::Bytes(out.into()))
}

/// `count` and `index` of a tuple or a list.
fn of_items<'a>(method: Method, items: &[Cell<'a>], wanted: &Cell<'a>) -> Result<Cell<'a>, Decline> {
    let (mut count, mut first) = (0, None);
    for (at, item) in items.iter().enumerate() {
        if equal_item(item, wanted)? {
            count += 1;
            first = first.or(Some(at as i64));
            if method == Method::Index {
                break;
            }
        }
    }
    match method {
        Method::Count => Ok(Cell::Int(count)),
        Method::Index => {
            first.map(Cell::Int).ok_or(Decline::raises(Exception::ValueError, "index() of what isn't there"))
        }
        _ => Err(Decline::new(format!("{}() of a list", method.name()))),
    }
}

/// Whether Python calls ASCII so.
fn names_ascii(args: &[Cell<'_>]) -> bool {
    matches!(args, [Cell::Str(name)] if name.eq_ignore_ascii_case("ascii"))
}

/// Whether the encoding is UTF-8.
fn names_utf8(args: &[Cell<'_>]) -> bool {
    match args {
        [] => true,
        [Cell::Str(name)] => is_utf8(name),
        // There are no lone surrogates to ignore.
        [Cell::Str(name), Cell::Str(how)] => is_utf8(name) && matches!(&**how, "strict" | "ignore" | "replace"),
        _ => false,
    }
}

/// Whether what isn't UTF-8 is replaced: Rust and Python count such bytes alike, as Unicode recommends.
fn replaces(args: &[Cell<'_>]) -> bool {
    matches!(args, [Cell::Str(name), Cell::Str(how)] if is_utf8(name) && how == "replace")
}

/// Whether Python calls UTF-8 so.
pub fn is_utf8(name: &str) -> bool {
    name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("utf8")
}

/// The part of a text that the second and third argument leave, and where it begins in code points; nothing when
/// they leave not even an empty one.
fn window<'s>(method: Method, s: &'s str, args: &[Cell<'_>]) -> Result<Option<(&'s str, i64)>, Decline> {
    if args.len() < 2 {
        return Ok(Some((s, 0)));
    }
    let len = text_length(s.as_bytes());
    let bound = |at: usize, default: i64| match args.get(at) {
        None | Some(Cell::None) => Ok(default),
        Some(_) => arg_int(method, args, at).map(|b| if b < 0 { b.saturating_add(len).max(0) } else { b }),
    };
    let (start, stop) = (bound(1, 0)?, bound(2, len)?.min(len));
    Ok((start <= stop).then(|| (text::slice(s, Some(start), Some(stop)), start)))
}

fn find(method: Method, s: &str, args: &[Cell<'_>]) -> Result<Option<i64>, Decline> {
    let part = arg_text(method, args, 0)?;
    let Some((inside, start)) = window(method, s, args)? else { return Ok(None) };
    let found = if matches!(method, Method::Find | Method::Index) { inside.find(part) } else { inside.rfind(part) };
    Ok(found.map(|at| start + text::position(inside, at)))
}

fn test<'s>(s: &str, ascii: fn(u8) -> bool, table: Set) -> Result<Cell<'s>, Decline> {
    Ok(Cell::Bool(text::all_in(s, ascii, table)?))
}

fn arg_text<'b>(method: Method, args: &'b [Cell<'_>], at: usize) -> Result<&'b str, Decline> {
    match args.get(at) {
        Some(Cell::Str(s)) => Ok(s),
        Some(other) => Err(other.refuses(Exception::TypeError, &format!("{}() with what is no str", method.name()))),
        None => Err(Decline::new(format!("{}() with what is no str", method.name()))),
    }
}

fn arg_int(method: Method, args: &[Cell<'_>], at: usize) -> Result<i64, Decline> {
    match args.get(at) {
        Some(Cell::Int(i)) => Ok(*i),
        Some(Cell::Bool(b)) => Ok(i64::from(*b)),
        Some(other) => Err(other.refuses(Exception::TypeError, &format!("{}() with what is no int", method.name()))),
        None => Err(Decline::new(format!("{}() with what is no int", method.name()))),
    }
}

fn list(parts: Vec<&str>) -> Cell<'_> {
    Cell::List(parts.into_iter().map(Cell::text).collect())
}

fn case(s: &str, case: Case) -> Result<Cell<'_>, Decline> {
    Ok(convert_text(s, case)?.map_or(Cell::text(s), Cell::owned))
}

fn changed(s: &str, how: Change) -> Result<Cell<'_>, Decline> {
    let mut out = String::with_capacity(s.len());
    letters::change(s, how, &mut out)?;
    Ok(Cell::owned(out))
}

fn stripped<'s>(s: &'s str, args: &[Cell<'_>], ends: Ends) -> Result<Cell<'s>, Decline> {
    match args.first() {
        None | Some(Cell::None) => Ok(Cell::text(text::strip(s, ends)?)),
        Some(Cell::Str(chars)) => Ok(Cell::text(text::strip_chars(s, chars, ends))),
        Some(other) => Err(other.refuses(Exception::TypeError, "strip()")),
    }
}

fn split<'s>(method: Method, s: &'s str, args: &[Cell<'_>]) -> Result<Cell<'s>, Decline> {
    let limit = if args.len() > 1 { arg_int(method, args, 1)? } else { -1 };
    let right = method == Method::Rsplit;
    match args.first() {
        None | Some(Cell::None) if right => Ok(list(text::rsplit_space(s, limit)?)),
        None | Some(Cell::None) => Ok(list(text::split_space(s, limit)?)),
        Some(Cell::Str(sep)) if sep.is_empty() => {
            Err(Decline::raises(Exception::ValueError, "split() with an empty separator"))
        }
        Some(Cell::Str(sep)) if right => Ok(list(text::rsplit_at(s, sep, limit))),
        Some(Cell::Str(sep)) => Ok(list(text::split_at(s, sep, limit))),
        Some(other) => Err(other.refuses(Exception::TypeError, "split()")),
    }
}

fn partition<'s>(method: Method, s: &'s str, sep: &str) -> Result<Cell<'s>, Decline> {
    if sep.is_empty() {
        return Err(Decline::raises(Exception::ValueError, "partition() with an empty separator"));
    }
    let found = if method == Method::Partition { s.find(sep) } else { s.rfind(sep) };
    let parts = match found {
        Some(at) => [&s[..at], &s[at..at + sep.len()], &s[at + sep.len()..]],
        None if method == Method::Partition => [s, "", ""],
        None => ["", "", s],
    };
    Ok(Cell::Tuple(parts.map(Cell::text).into()))
}

/// `startswith` and `endswith` take a str or a tuple of them.
fn any_affix(method: Method, args: &[Cell<'_>], test: impl Fn(&str) -> bool) -> Result<bool, Decline> {
    if let Some(Cell::Tuple(parts)) = args.first() {
        for i in 0..parts.len() {
            if test(arg_text(method, parts, i)?) {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    Ok(test(arg_text(method, args, 0)?))
}

fn join<'s>(s: &str, args: &[Cell<'_>]) -> Result<Cell<'s>, Decline> {
    let mut out = String::new();
    let mut push = |i: usize, part: &str| {
        if i > 0 {
            out.push_str(s);
        }
        out.push_str(part);
    };
    match &args[0] {
        Cell::List(items) | Cell::Tuple(items) | Cell::Group(items) => {
            for i in 0..items.len() {
                push(i, arg_text(Method::Join, items, i)?);
            }
        }
        Cell::Str(text) => {
            let mut room = [0; 4];
            text.chars().enumerate().for_each(|(i, c)| push(i, c.encode_utf8(&mut room)));
        }
        other => return Err(other.refuses(Exception::TypeError, "join()")),
    }
    Ok(Cell::owned(out))
}

/// How many characters are missing to a width.
fn missing(s: &str, width: i64) -> Result<usize, Decline> {
    let missing = width.saturating_sub(text_length(s.as_bytes())).max(0);
    usize::try_from(missing).ok().filter(|&m| m <= 1 << 20).ok_or(Decline::new("a very wide text"))
}

fn justified<'s>(method: Method, s: &'s str, args: &[Cell<'_>]) -> Result<Cell<'s>, Decline> {
    let width = arg_int(method, args, 0)?;
    let fill = if args.len() > 1 { arg_text(method, args, 1)? } else { " " };
    if text_length(fill.as_bytes()) != 1 {
        return Err(Decline::new("a fill that is no single character"));
    }
    let missing = missing(s, width)?;
    let left = match method {
        Method::Ljust => 0,
        Method::Rjust => missing,
        // CPython's own rounding.
        _ => missing / 2 + (missing & width.max(0) as usize & 1),
    };
    Ok(Cell::owned(format!("{}{s}{}", fill.repeat(left), fill.repeat(missing - left))))
}

/// `expandtabs`
fn expanded(s: &str, size: i64) -> Result<Cell<'_>, Decline> {
    if size > 1 << 10 {
        return Err(Decline::new("a very wide text"));
    }
    let (mut out, mut column) = (String::with_capacity(s.len()), 0);
    for c in s.chars() {
        match c {
            '\t' if size > 0 => {
                let width = size - column % size;
                out.extend(std::iter::repeat_n(' ', width as usize));
                column += width;
            }
            '\t' => {}
            other => {
                column = if matches!(other, '\n' | '\r') { 0 } else { column + 1 };
                out.push(other);
            }
        }
    }
    Ok(Cell::owned(out))
}
