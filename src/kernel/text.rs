//! Functions of single strings with Python's semantics: positions are code points, whitespace is `str.isspace`.

use super::unicode::{Set, is_ascii_space, set};
use crate::error::Decline;

/// Which ends are stripped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// `strip`
    Both,
    /// `lstrip`
    Left,
    /// `rstrip`
    Right,
}

/// Whether a character is whitespace for `strip` and `split`.
pub fn is_space(c: char) -> Result<bool, Decline> {
    if c.is_ascii() { Ok(is_ascii_space(c as u8)) } else { Ok(set(Set::IsSpace)?.has(c)) }
}

/// `strip()` and its likes.
pub fn strip(text: &str, ends: Ends) -> Result<&str, Decline> {
    let mut text = text;
    if ends != Ends::Right {
        while let Some(c) = text.chars().next() {
            if !is_space(c)? {
                break;
            }
            text = &text[c.len_utf8()..];
        }
    }
    if ends != Ends::Left {
        while let Some(c) = text.chars().next_back() {
            if !is_space(c)? {
                break;
            }
            text = &text[..text.len() - c.len_utf8()];
        }
    }
    Ok(text)
}

/// `strip(chars)` and its likes.
pub fn strip_chars<'a>(text: &'a str, chars: &str, ends: Ends) -> &'a str {
    let inside = |c: char| chars.contains(c);
    match ends {
        Ends::Both => text.trim_matches(inside),
        Ends::Left => text.trim_start_matches(inside),
        Ends::Right => text.trim_end_matches(inside),
    }
}

/// `split()` and `split(None, maxsplit)`; a negative limit is none.
pub fn split_space(text: &str, maxsplit: i64) -> Result<Vec<&str>, Decline> {
    let mut out = Vec::new();
    let mut rest = strip(text, Ends::Left)?;
    while !rest.is_empty() {
        if out.len() as i64 == maxsplit {
            out.push(rest);
            break;
        }
        let mut end = rest.len();
        for (at, c) in rest.char_indices() {
            if is_space(c)? {
                end = at;
                break;
            }
        }
        out.push(&rest[..end]);
        rest = strip(&rest[end..], Ends::Left)?;
    }
    Ok(out)
}

/// `rsplit()` and `rsplit(None, maxsplit)`; a negative limit is none.
pub fn rsplit_space(text: &str, maxsplit: i64) -> Result<Vec<&str>, Decline> {
    let mut out = Vec::new();
    let mut rest = strip(text, Ends::Right)?;
    while !rest.is_empty() {
        if out.len() as i64 == maxsplit {
            out.push(rest);
            break;
        }
        let mut start = 0;
        for (at, c) in rest.char_indices().rev() {
            if is_space(c)? {
                start = at + c.len_utf8();
                break;
            }
        }
        out.push(&rest[start..]);
        rest = strip(&rest[..start], Ends::Right)?;
    }
    out.reverse();
    Ok(out)
}

/// `split(sep, maxsplit)` with a separator that isn't empty.
pub fn split_at<'a>(text: &'a str, sep: &str, maxsplit: i64) -> Vec<&'a str> {
    match usize::try_from(maxsplit) {
        Ok(limit) => text.splitn(limit.saturating_add(1), sep).collect(),
        Err(_) => text.split(sep).collect(),
    }
}

/// `rsplit(sep, maxsplit)` with a separator that isn't empty.
pub fn rsplit_at<'a>(text: &'a str, sep: &str, maxsplit: i64) -> Vec<&'a str> {
    let mut out: Vec<&str> = match usize::try_from(maxsplit) {
        Ok(limit) => text.rsplitn(limit.saturating_add(1), sep).collect(),
        Err(_) => text.rsplit(sep).collect(),
    };
    out.reverse();
    out
}

/// `splitlines(keepends)`
pub fn split_lines(text: &str, keep_ends: bool) -> Vec<&str> {
    let mut out = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if !matches!(c, '\n'..='\r' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}') {
            continue;
        }
        let mut end = at + c.len_utf8();
        if c == '\r' && chars.next_if(|&(_, next)| next == '\n').is_some() {
            end += 1;
        }
        out.push(&text[start..if keep_ends { end } else { at }]);
        start = end;
    }
    if start < text.len() {
        out.push(&text[start..]);
    }
    out
}

/// The code point position of a byte position.
pub fn position(text: &str, byte: usize) -> i64 {
    super::length::text_length(&text.as_bytes()[..byte])
}

/// `replace(old, new, count)`; a negative count is none.
pub fn replace(text: &str, old: &str, new: &str, count: i64) -> String {
    match usize::try_from(count) {
        Ok(count) => text.replacen(old, new, count),
        Err(_) => text.replace(old, new),
    }
}

/// `count(part)` of parts that don't overlap.
pub fn count(text: &str, part: &str) -> i64 {
    if part.is_empty() {
        return super::length::text_length(text.as_bytes()) + 1;
    }
    text.matches(part).count() as i64
}

/// The only character of a text of one.
pub fn single(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}

/// The character at a code point position, which may be negative.
pub fn char_at(text: &str, index: i64) -> Option<&str> {
    let at = if text.is_ascii() {
        let at = if index < 0 { index.checked_add(text.len() as i64)? } else { index };
        usize::try_from(at).ok().filter(|&at| at < text.len())?
    } else if index >= 0 {
        text.char_indices().nth(usize::try_from(index).ok()?)?.0
    } else {
        text.char_indices().rev().nth(usize::try_from(-(index + 1)).ok()?)?.0
    };
    let len = text[at..].chars().next()?.len_utf8();
    Some(&text[at..at + len])
}

/// The bounds of `[start:stop]` over `len` items: clipped, and `start <= stop`.
pub fn slice_bounds(start: Option<i64>, stop: Option<i64>, len: i64) -> (i64, i64) {
    let clip = |bound: i64| if bound < 0 { bound.saturating_add(len).max(0) } else { bound.min(len) };
    let start = start.map_or(0, clip);
    (start, stop.map_or(len, clip).max(start))
}

/// `text[start:stop]` by code points.
pub fn slice(text: &str, start: Option<i64>, stop: Option<i64>) -> &str {
    if text.is_ascii() {
        let (start, stop) = slice_bounds(start, stop, text.len() as i64);
        return &text[start as usize..stop as usize];
    }
    let (start, stop) = slice_bounds(start, stop, super::length::text_length(text.as_bytes()));
    let byte = |at: i64| text.char_indices().nth(at as usize).map_or(text.len(), |(byte, _)| byte);
    &text[byte(start)..byte(stop)]
}

/// Whether the text isn't empty and all its characters are in a set: `isdigit` and its likes.
pub fn all_in(text: &str, ascii: fn(u8) -> bool, table: Set) -> Result<bool, Decline> {
    if text.is_ascii() {
        return Ok(!text.is_empty() && text.bytes().all(ascii));
    }
    let set = set(table)?;
    Ok(text.chars().all(|c| if c.is_ascii() { ascii(c as u8) } else { set.has(c) }))
}
