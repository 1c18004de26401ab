//! `str.lower` and `str.upper` over a column. A string that doesn't change keeps its view.

use arrow_array::{Array, StringViewArray};

use super::unicode::{Case, Set, cases, set};
use super::views::{INLINE, Source, Views};
use crate::error::Decline;

const HIGH: u128 = 0x8080_8080_8080_8080_8080_8080u128 << 32;
const ONES: u128 = 0x0101_0101_0101_0101_0101_0101u128 << 32;

/// The column in the given case.
pub fn convert_case(input: &StringViewArray, case: Case) -> Result<StringViewArray, Decline> {
    let buffers = input.data_buffers();
    let mut out = Views::new(buffers, input.len());
    // The first letter of those that change.
    let first = if case == Case::Lower { b'A' } else { b'a' };
    let from_first = ONES * u128::from(0x80 - first);
    let past_last = ONES * u128::from(0x80 - first - 26);
    let flip = |byte: u8| if byte.wrapping_sub(first) < 26 { byte ^ 0x20 } else { byte };
    for &view in input.views() {
        if view as u32 as usize <= INLINE && view & HIGH == 0 {
            let text = view >> 32 << 32;
            // Each byte is below 0x80, so no sum carries into its neighbour.
            let letters = ((text + from_first) & !(text + past_last)) & HIGH;
            out.push(view ^ (letters >> 2));
            continue;
        }
        let mut room = [0u8; 32];
        // SAFETY: the view comes from the array whose buffers these are.
        let source = unsafe { Source::new(view, buffers, &mut room) };
        let bytes = source.bytes();
        if !bytes.is_ascii() {
            // SAFETY: string arrays hold valid UTF-8.
            let text = unsafe { std::str::from_utf8_unchecked(bytes) };
            match convert_wide(text, case)? {
                Some(changed) => out.push_text(&changed),
                None => out.push(view),
            }
        } else if bytes.iter().any(|b| b.wrapping_sub(first) < 26) {
            out.push_with(bytes.len(), |fresh| fresh.extend(bytes.iter().map(|&b| flip(b))));
        } else {
            out.push(view);
        }
    }
    out.finish(input.nulls().cloned())
}

/// One string in the given case, or nothing when it doesn't change.
pub fn convert_text(text: &str, case: Case) -> Result<Option<String>, Decline> {
    if !text.is_ascii() {
        return convert_wide(text, case);
    }
    Ok(match case {
        Case::Lower if text.bytes().any(|b| b.is_ascii_uppercase()) => Some(text.to_ascii_lowercase()),
        Case::Upper if text.bytes().any(|b| b.is_ascii_lowercase()) => Some(text.to_ascii_uppercase()),
        _ => None,
    })
}

/// The lower case of the capital sigma at this place: it depends on whether it ends a word.
pub fn small_sigma(text: &str, at: usize) -> Result<&'static str, Decline> {
    let (cased, ignorable) = (set(Set::Cased)?, set(Set::Ignorable)?);
    let is_cased = |mut chars: &mut dyn Iterator<Item = char>| {
        let seen = (&mut chars).find(|c| !ignorable.has(*c));
        seen.is_some_and(|c| cased.has(c))
    };
    let ends = is_cased(&mut text[..at].chars().rev()) && !is_cased(&mut text[at + 'Σ'.len_utf8()..].chars());
    Ok(if ends { "ς" } else { "σ" })
}

fn convert_wide(text: &str, case: Case) -> Result<Option<String>, Decline> {
    let map = cases(case)?;
    let mut out = String::new();
    let mut done = 0;
    for (at, c) in text.char_indices() {
        let mut ascii = [0u8];
        let changed = if c.is_ascii() {
            let other = if case == Case::Lower { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() };
            (other != c).then(|| &*other.encode_utf8(&mut ascii))
        } else if c == 'Σ' && case == Case::Lower {
            Some(small_sigma(text, at)?)
        } else {
            map.get(c)
        };
        if let Some(changed) = changed {
            out.push_str(&text[done..at]);
            out.push_str(changed);
            done = at + c.len_utf8();
        }
    }
    if done == 0 {
        return Ok(None);
    }
    out.push_str(&text[done..]);
    Ok(Some(out))
}
