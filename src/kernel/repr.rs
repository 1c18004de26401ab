//! `repr` and `str` of floats and strings.

use std::fmt::Write;

use crate::error::Decline;

/// `repr(value)` of a float: the shortest digits that give the same float back.
pub fn float_repr(value: f64) -> String {
    if value.is_nan() {
        return "nan".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf".into() } else { "-inf".into() };
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let mut plain = format!("{value}");
        if !plain.contains('.') {
            plain.push_str(".0");
        }
        return plain;
    }
    exponent_form(digits, exponent)
}

/// Digits and an exponent of at least two digits, as C prints them.
pub fn exponent_form(digits: &str, exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// Appends `repr(text)`. Characters beyond ASCII may or may not be printable: the interpreter knows.
pub fn write_str_repr(text: &str, out: &mut String) -> Result<(), Decline> {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if c == quote => {
                out.push('\\');
                out.push(c);
            }
            ' '..='~' => out.push(c),
            _ if c.is_ascii() => {
                let _ = write!(out, "\\x{:02x}", c as u32);
            }
            _ => return Err(Decline::new("repr() of a character beyond ASCII")),
        }
    }
    out.push(quote);
    Ok(())
}
