//! `casefold`, `swapcase`, `title` and `capitalize` of single strings, and what `isupper` and its like ask of their letters.

use super::case::small_sigma;
use super::unicode::{Case, Set, cases, set};
use crate::error::Decline;

/// How the letters of a string change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// `str.casefold`
    Fold,
    /// `str.swapcase`
    Swap,
    /// `str.title`
    Title,
    /// `str.capitalize`
    Capitalize,
}

/// Appends the changed string.
pub fn change(text: &str, how: Change, out: &mut String) -> Result<(), Decline> {
    if !text.is_ascii() {
        return change_wide(text, how, out);
    }
    match how {
        Change::Fold => out.extend(text.bytes().map(|b| char::from(b.to_ascii_lowercase()))),
        Change::Swap => {
            out.extend(text.bytes().map(|b| char::from(if b.is_ascii_alphabetic() { b ^ 0x20 } else { b })));
        }
        Change::Title => {
            let mut inside = false;
            out.extend(text.bytes().map(|b| {
                let made = if inside { b.to_ascii_lowercase() } else { b.to_ascii_uppercase() };
                inside = b.is_ascii_alphabetic();
                char::from(made)
            }));
        }
        Change::Capitalize => {
            let start = out.len();
            out.push_str(text);
            let (first, rest) = out[start..].split_at_mut(text.len().min(1));
            first.make_ascii_uppercase();
            rest.make_ascii_lowercase();
        }
    }
    Ok(())
}

fn change_wide(text: &str, how: Change, out: &mut String) -> Result<(), Decline> {
    match how {
        Change::Fold => {
            let map = cases(Case::Fold)?;
            text.chars().for_each(|c| push(out, c, map.get(c)));
        }
        Change::Swap => {
            let map = cases(Case::Swap)?;
            for (at, c) in text.char_indices() {
                if c == 'Σ' {
                    out.push_str(small_sigma(text, at)?);
                } else {
                    push(out, c, map.get(c));
                }
            }
        }
        Change::Title | Change::Capitalize => {
            let (lower, title, cased) = (cases(Case::Lower)?, cases(Case::Title)?, set(Set::Cased)?);
            let mut inside = false;
            for (at, c) in text.char_indices() {
                if !inside {
                    push(out, c, title.get(c));
                } else if c == 'Σ' {
                    out.push_str(small_sigma(text, at)?);
                } else {
                    push(out, c, lower.get(c));
                }
                inside = how == Change::Capitalize || cased.has(c);
            }
        }
    }
    Ok(())
}

fn push(out: &mut String, c: char, changed: Option<&str>) {
    match changed {
        Some(changed) => out.push_str(changed),
        None => out.push(c),
    }
}

/// `str.isupper`, or `str.islower` where `upper` isn't asked for.
pub fn is_all(text: &str, upper: bool) -> Result<bool, Decline> {
    if text.is_ascii() {
        let mut found = false;
        for b in text.bytes().filter(u8::is_ascii_alphabetic) {
            if b.is_ascii_uppercase() != upper {
                return Ok(false);
            }
            found = true;
        }
        return Ok(found);
    }
    let (uppers, lowers, titles) = (set(Set::IsUpper)?, set(Set::IsLower)?, set(Set::IsTitle)?);
    let (wanted, others) = if upper { (uppers, lowers) } else { (lowers, uppers) };
    let mut found = false;
    for c in text.chars() {
        if others.has(c) || titles.has(c) {
            return Ok(false);
        }
        found |= wanted.has(c);
    }
    Ok(found)
}

/// `str.istitle`
pub fn is_title(text: &str) -> Result<bool, Decline> {
    if text.is_ascii() {
        return Ok(titled(text, |c| c.is_ascii_uppercase(), |c| c.is_ascii_lowercase()));
    }
    let (uppers, lowers, titles) = (set(Set::IsUpper)?, set(Set::IsLower)?, set(Set::IsTitle)?);
    Ok(titled(text, |c| uppers.has(c) || titles.has(c), |c| lowers.has(c)))
}

fn titled(text: &str, begins: impl Fn(char) -> bool, follows: impl Fn(char) -> bool) -> bool {
    let (mut inside, mut found) = (false, false);
    for c in text.chars() {
        let begins = begins(c);
        let follows = !begins && follows(c);
        if (begins && inside) || (follows && !inside) {
            return false;
        }
        inside = begins || follows;
        found |= inside;
    }
    found
}

/// `str.isidentifier`
pub fn is_identifier(text: &str) -> Result<bool, Decline> {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return Ok(false) };
    if text.is_ascii() {
        let begins = first.is_ascii_alphabetic() || first == '_';
        return Ok(begins && chars.all(|c| c.is_ascii_alphanumeric() || c == '_'));
    }
    let (starts, parts) = (set(Set::NameStart)?, set(Set::NamePart)?);
    Ok(starts.has(first) && chars.all(|c| parts.has(c)))
}

/// `str.isprintable`
pub fn is_printable(text: &str) -> Result<bool, Decline> {
    if text.is_ascii() {
        return Ok(text.bytes().all(|b| (0x20..0x7F).contains(&b)));
    }
    let printable = set(Set::IsPrintable)?;
    Ok(text.chars().all(|c| printable.has(c)))
}
