//! Functions of `urllib.parse`, `html` and `os.path` of single texts. What is read otherwise by one version of Python than by another
//! declines.

use std::fmt::Write;

use super::cell::Cell;
use crate::error::{Decline, Exception};
use crate::kernel::messages::text_of;
use crate::kernel::unicode::unknown;
use crate::lambda::tree::functions::Function;

/// `function(*args)`; the number of arguments was checked.
pub fn call<'a>(function: Function, args: &[Cell<'a>]) -> Result<Cell<'a>, Decline> {
    let text = |at: usize| match args.get(at) {
        Some(Cell::Str(s)) => Ok(&**s),
        Some(other) => Err(other.unsupported(&format!("{}()", function.name()))),
        None => Err(Decline::new("a text that is missing")),
    };
    let flag = |at: usize| matches!(args.get(at), Some(Cell::Bool(true)));
    let owned = |s: String| Ok(Cell::owned(s));
    match function {
        Function::UrlSplit => split_url(text(0)?, flag(1)),
        Function::UrlHost => Ok(host(text(0)?)),
        Function::UrlPort => port(text(0)?),
        Function::UrlUser => Ok(user(text(0)?, flag(1))),
        Function::UrlPairs => {
            let found = pairs(text(0)?, flag(1))?;
            Ok(Cell::List(found.into_iter().map(|(k, v)| Cell::Tuple(vec![Cell::owned(k), Cell::owned(v)])).collect()))
        }
        Function::UrlQuery => query(text(0)?, flag(1)),
        Function::UrlUnquote => owned(unquote(text(0)?, flag(1))?),
        Function::UrlQuote => owned(quote(text(0)?, text(1)?, flag(2))),
        Function::HtmlEscape => owned(escape(text(0)?, flag(1))),
        Function::HtmlUnescape => owned(unescape(text(0)?)?),
        Function::PathSplit => {
            let path = path(args.first())?;
            let (head, tail) = split_path(path);
            Ok(Cell::Tuple(vec![Cell::owned(head.to_owned()), Cell::owned(tail.to_owned())]))
        }
        Function::PathBase => owned(split_path(path(args.first())?).1.to_owned()),
        Function::PathDir => owned(split_path(path(args.first())?).0.to_owned()),
        Function::PathExt => {
            let (root, extension) = split_extension(path(args.first())?);
            Ok(Cell::Tuple(vec![Cell::owned(root.to_owned()), Cell::owned(extension.to_owned())]))
        }
        Function::PathJoin => {
            let mut out = String::new();
            for (i, part) in args.iter().enumerate() {
                let part = path(Some(part))?;
                if i == 0 || part.starts_with('/') {
                    out.clear();
                } else if !out.is_empty() && !out.ends_with('/') {
                    out.push('/');
                }
                out.push_str(part);
            }
            owned(out)
        }
        _ => Err(Decline::new(format!("{}() of texts", function.name()))),
    }
}

fn path<'c>(cell: Option<&'c Cell<'_>>) -> Result<&'c str, Decline> {
    match cell {
        Some(Cell::Str(s)) => Ok(s),
        Some(other @ Cell::Bytes(_)) => Err(other.unsupported("a function of os.path")),
        Some(other) => Err(other.refuses(Exception::TypeError, "a function of os.path")),
        None => Err(Decline::new("a path that is missing")),
    }
}

/// `posixpath.split`
fn split_path(path: &str) -> (&str, &str) {
    let at = path.rfind('/').map_or(0, |at| at + 1);
    let (head, tail) = path.split_at(at);
    let stripped = head.trim_end_matches('/');
    (if stripped.is_empty() { head } else { stripped }, tail)
}

/// `posixpath.splitext`
fn split_extension(path: &str) -> (&str, &str) {
    let name = path.rfind('/').map_or(0, |at| at + 1);
    match path.rfind('.') {
        // Dots that lead a name begin no extension.
        Some(dot) if dot > name && path[name..dot].bytes().any(|b| b != b'.') => path.split_at(dot),
        _ => (path, ""),
    }
}

/// `urlsplit`: scheme, netloc, path, query, fragment; or `urlparse`, which has params behind the path.
fn split_url<'a>(url: &str, params: bool) -> Result<Cell<'a>, Decline> {
    let odd = |c: char| matches!(c, '\0'..='\x1F' | '[' | ']');
    if url.contains(odd) || url.starts_with(' ') {
        return Err(Decline::new("a URL with odd characters"));
    }
    let (mut scheme, mut netloc, mut query, mut fragment) = (String::new(), "", "", "");
    let mut rest = url;
    if let Some(at) = url.find(':').filter(|at| *at > 0)
        && url[..at].bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
    {
        if !url.as_bytes()[0].is_ascii_alphabetic() {
            return Err(Decline::new("a URL with an odd scheme"));
        }
        (scheme, rest) = (url[..at].to_ascii_lowercase(), &url[at + 1..]);
    }
    if let Some(behind) = rest.strip_prefix("//") {
        let end = behind.find(['/', '?', '#']).unwrap_or(behind.len());
        (netloc, rest) = behind.split_at(end);
        if !netloc.is_ascii() {
            return Err(Decline::new("a URL with odd characters"));
        }
    }
    if let Some((before, behind)) = rest.split_once('#') {
        (rest, fragment) = (before, behind);
    }
    if let Some((before, behind)) = rest.split_once('?') {
        (rest, query) = (before, behind);
    }
    if params && rest.contains(';') {
        return Err(Decline::new("a URL with parameters of its path"));
    }
    let mut parts = vec![Cell::owned(scheme)];
    parts.extend([netloc, rest].map(|part| Cell::owned(part.to_owned())));
    parts.extend(params.then(|| Cell::owned(String::new())));
    parts.extend([query, fragment].map(|part| Cell::owned(part.to_owned())));
    Ok(Cell::Tuple(parts))
}

/// The host and the port of a network location.
fn host_and_port(netloc: &str) -> (&str, Option<&str>) {
    let place = netloc.rsplit_once('@').map_or(netloc, |(_, place)| place);
    let (host, port) = place.split_once(':').unwrap_or((place, ""));
    (host, Some(port).filter(|port| !port.is_empty()))
}

/// `.hostname`
fn host<'a>(netloc: &str) -> Cell<'a> {
    let (host, _) = host_and_port(netloc);
    if host.is_empty() {
        return Cell::None;
    }
    let zone = host.find('%').unwrap_or(host.len());
    Cell::owned(host[..zone].to_ascii_lowercase() + &host[zone..])
}

/// `.port`
fn port<'a>(netloc: &str) -> Result<Cell<'a>, Decline> {
    let (_, Some(port)) = host_and_port(netloc) else { return Ok(Cell::None) };
    let number = if port.bytes().all(|b| b.is_ascii_digit()) && port.len() < 18 { port.parse().ok() } else { None };
    number
        .filter(|port| (0..=65535).contains(port))
        .map(Cell::Int)
        .ok_or(Decline::raises(Exception::ValueError, "a port that is none"))
}

/// `.username`, or `.password`
fn user<'a>(netloc: &str, password: bool) -> Cell<'a> {
    let Some((user, _)) = netloc.rsplit_once('@') else { return Cell::None };
    let (name, secret) = user.split_once(':').map_or((user, None), |(name, secret)| (name, Some(secret)));
    let wanted = if password { secret } else { Some(name) };
    wanted.map_or(Cell::None, |text| Cell::owned(text.to_owned()))
}

/// `parse_qsl`
fn pairs(query: &str, blank: bool) -> Result<Vec<(String, String)>, Decline> {
    let mut found = Vec::new();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let (name, value) = match part.split_once('=') {
            Some(both) => both,
            None if blank => (part, ""),
            None => continue,
        };
        if !value.is_empty() || blank {
            found.push((unquote(name, true)?, unquote(value, true)?));
        }
    }
    Ok(found)
}

/// `parse_qs`, as pairs of a key and a list.
fn query<'a>(query: &str, blank: bool) -> Result<Cell<'a>, Decline> {
    let mut found: Vec<(String, Vec<Cell<'a>>)> = Vec::new();
    for (name, value) in pairs(query, blank)? {
        let value = Cell::owned(value);
        match found.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value),
            None => found.push((name, vec![value])),
        }
    }
    Ok(Cell::List(found.into_iter().map(|(k, v)| Cell::Tuple(vec![Cell::owned(k), Cell::List(v)])).collect()))
}

/// `unquote`, or `unquote_plus`
fn unquote(text: &str, plus: bool) -> Result<String, Decline> {
    let spaced;
    let text = if plus && text.contains('+') {
        spaced = text.replace('+', " ");
        &spaced
    } else {
        text
    };
    if !text.contains('%') {
        return Ok(text.to_owned());
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    let mut run = 0;
    while at < bytes.len() {
        let digit = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16));
        if bytes[at] == b'%'
            && let (Some(high), Some(low)) = (digit(at + 1), digit(at + 2))
        {
            out.push((high * 16 + low) as u8);
            at += 3;
            continue;
        }
        // Python decodes what is ASCII in one piece, apart from the rest.
        if !bytes[at].is_ascii() && at > 0 && bytes[at - 1].is_ascii() {
            check_utf8(&out[run..])?;
        }
        out.push(bytes[at]);
        at += 1;
        if !bytes[at - 1].is_ascii() && bytes.get(at).is_none_or(u8::is_ascii) {
            run = out.len();
        }
    }
    check_utf8(&out[run..])?;
    String::from_utf8(out).map_err(|_| Decline::new("unquote() of what is no UTF-8"))
}

fn check_utf8(bytes: &[u8]) -> Result<(), Decline> {
    str::from_utf8(bytes).map(drop).map_err(|_| Decline::new("unquote() of what is no UTF-8"))
}

/// `quote`, or `quote_plus`
fn quote(text: &str, safe: &str, plus: bool) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric()
            || b"_.-~".contains(&byte)
            || (byte.is_ascii() && safe.as_bytes().contains(&byte))
        {
            out.push(char::from(byte));
        } else if plus && byte == b' ' {
            out.push('+');
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// `html.escape`
fn escape(text: &str, quotes: bool) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if quotes => out.push_str("&quot;"),
            '\'' if quotes => out.push_str("&#x27;"),
            other => out.push(other),
        }
    }
    out
}

/// `html.unescape`
fn unescape(text: &str) -> Result<String, Decline> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.chars().next() {
            // No name can begin so.
            None | Some('\t' | '\n' | '\x0C' | ' ' | '<' | '&' | ';') => out.push('&'),
            Some('#') => {
                let (c, behind) = numbered(&rest[1..])?;
                out.push(c);
                rest = behind;
            }
            Some(_) => {
                let (to, behind) = named(rest)?;
                out.push_str(&to);
                rest = behind;
            }
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// What a name at a text's begin stands for, and what follows it; an ampersand where it is none.
fn named(text: &str) -> Result<(String, &str), Decline> {
    let ends = |c: char| matches!(c, '\t' | '\n' | '\x0C' | ' ' | '<' | '&' | '#' | ';');
    let letters = text.char_indices().take(32).take_while(|(_, c)| !ends(*c));
    let mut places: Vec<usize> = letters.map(|(at, c)| at + c.len_utf8()).collect();
    if let Some(end) = places.last().filter(|end| text[**end..].starts_with(';')) {
        places.push(end + 1);
    }
    // Some may stand without a semicolon, before other letters: the longest that isn't a letter alone.
    for at in places.into_iter().skip(1).rev() {
        if let Some(to) = text_of(&format!("&{}", &text[..at])) {
            return Ok((to, &text[at..]));
        }
    }
    // There is such a name, if the interpreter was asked.
    text_of("&amp;").ok_or_else(unknown)?;
    Ok(("&".to_owned(), text))
}

/// The character of a number, `65` or `x41`, and what follows it.
fn numbered(text: &str) -> Result<(char, &str), Decline> {
    let odd = || Decline::new("unescape() of an odd number");
    let (digits, base) = match text.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16),
        None => (text, 10),
    };
    let end = digits.find(|c: char| !c.is_digit(base)).unwrap_or(digits.len());
    if !(1..=8).contains(&end) {
        return Err(odd());
    }
    let number = u32::from_str_radix(&digits[..end], base).map_err(|_| odd())?;
    let plain = matches!(number, 9 | 10 | 0x20..=0x7E | 0xA0..=0xD7FF | 0xE000..=0xFDCF | 0xFDF0..=0x10_FFFF);
    let c = char::from_u32(number).filter(|_| plain && number & 0xFFFE != 0xFFFE).ok_or_else(odd)?;
    let behind = &digits[end..];
    Ok((c, behind.strip_prefix(';').unwrap_or(behind)))
}
