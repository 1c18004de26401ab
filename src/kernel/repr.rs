//! `repr` and `str` of floats and strings.

use std::fmt::Write;

use crate::error::Decline;

/// `repr(value)` of a float: the shortest digits that give the same float back.
pub fn float_repr(value: f64) -> String {
    let mut out = String::new();
    write_float_repr(value, &mut out);
    out
}

/// Appends `repr(value)` of a float.
pub fn write_float_repr(value: f64, out: &mut String) {
    let size = value.abs();
    if value.is_nan() {
        out.push_str("nan");
    } else if value.is_infinite() {
        out.push_str(if value > 0.0 { "inf" } else { "-inf" });
    } else if size == 0.0 || (1e-4..1e16).contains(&size) {
        let from = out.len();
        let _ = write!(out, "{value}");
        if out.len() - from >= 16 {
            let decimals = out[from..].split_once('.').map_or(0, |(_, fraction)| fraction.len());
            let fixed = format!("{value:.decimals$}");
            if fixed.parse() == Ok(value) {
                out.truncate(from);
                out.push_str(&fixed);
            }
        }
        if !out[from..].contains('.') {
            out.push_str(".0");
        }
    } else {
        let scientific = shortest(value);
        let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
        out.push_str(&exponent_form(digits, exponent.parse().unwrap_or(0)));
    }
}

/// The fewest digits that give the float back and, of those, the nearest to it, as `CPython` has them: where two are
/// equally short Rust's own formatting takes either.
fn shortest(value: f64) -> String {
    let short = format!("{value:e}");
    let decimals = short.split_once('e').and_then(|(digits, _)| digits.split_once('.')).map_or(0, |(_, f)| f.len());
    let nearest = format!("{value:.decimals$e}");
    if nearest.parse() == Ok(value) { nearest } else { short }
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
