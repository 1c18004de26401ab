//! `int(text)` and `float(text)`. `None` where Python raises, and for the odd forms that only Python reads.

use super::unicode::{Set, set};
use crate::error::Decline;

/// ASCII whitespace round a number, as both functions strip it.
fn strip(text: &str) -> &str {
    text.trim_matches(|c| matches!(c, ' ' | '\t'..='\r'))
}

/// So many digits are an int of 64 bits, whichever they are.
const PLAIN: usize = 17;

/// `int(text)` of ASCII digits with a sign.
#[inline]
pub fn parse_int(text: &str) -> Option<i64> {
    if text.is_empty() || text.len() > PLAIN {
        return signed_int(text);
    }
    let (mut int, mut other) = (0_i64, false);
    for byte in text.bytes() {
        let digit = byte.wrapping_sub(b'0');
        other |= digit > 9;
        int = 10 * int + i64::from(digit);
    }
    // Seventeen bytes of 255 don't overflow either.
    if other { signed_int(text) } else { Some(int) }
}

fn signed_int(text: &str) -> Option<i64> {
    let text = strip(text);
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || digits.len() > 4000 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// `float(text)` of ASCII digits, a point and an exponent, `inf` or `nan`.
pub fn parse_float(text: &str) -> Option<f64> {
    let text = strip(text);
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned.eq_ignore_ascii_case("inf") || unsigned.eq_ignore_ascii_case("infinity") {
        return Some(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY });
    }
    if text.eq_ignore_ascii_case("nan") {
        return Some(f64::NAN);
    }
    let (number, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if !digits(whole) || !digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    if let Some(exponent) = exponent {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if exponent.is_empty() || exponent.len() > 6 || !digits(exponent) {
            return None;
        }
    }
    text.parse().ok()
}

/// Whether `int(text)` raises a `ValueError` for certain.
pub fn is_no_int(text: &str) -> Result<bool, Decline> {
    if text.is_ascii() {
        let text = strip(text);
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        let group = |group: &str| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit());
        return Ok(!digits.split('_').all(group));
    }
    has_other(text, |b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'_'))
}

/// Whether `float(text)` raises a `ValueError` for certain.
pub fn is_no_float(text: &str) -> Result<bool, Decline> {
    if !text.is_ascii() {
        return has_other(text, |b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'_' | b'.' | b'e' | b'E'));
    }
    let text = strip(text);
    // An underscore stands between two digits.
    let is_digit = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    if text.bytes().enumerate().any(|(at, b)| b == b'_' && !(at > 0 && is_digit(at - 1) && is_digit(at + 1))) {
        return Ok(true);
    }
    let text = &*text.replace('_', "");
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if ["inf", "infinity", "nan"].iter().any(|name| unsigned.eq_ignore_ascii_case(name)) {
        return Ok(false);
    }
    let (number, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let is_number = digits(whole) && digits(fraction) && digits(exponent);
    Ok(!is_number || exponent.is_empty() || (whole.is_empty() && fraction.is_empty()))
}

/// Whether there is a character in the text that stands in no number: a letter of any script, or what is ASCII and
/// neither whitespace nor one that `may` be in a number.
fn has_other(text: &str, may: fn(u8) -> bool) -> Result<bool, Decline> {
    // `inf` and `nan` may be written round by whitespace of any kind.
    let names = |b: u8| b.is_ascii_alphabetic() && b"INFTYA".contains(&b.to_ascii_uppercase());
    let other = |b: u8| !may(b) && !names(b) && !matches!(b, b' ' | b'\t'..=b'\r' | 0x1c..=0x1f);
    if text.bytes().any(|b| b.is_ascii() && other(b)) {
        return Ok(true);
    }
    if text.is_ascii() {
        return Ok(false);
    }
    let letters = set(Set::IsAlpha)?;
    Ok(text.chars().any(|c| !c.is_ascii() && letters.has(c)))
}
