//! `repr` and `str` of floats and strings.

use std::fmt::Write;

use super::unicode::{Set, set};
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
        if !out[from..].contains('.') {
            out.push_str(".0");
        }
        let digits = out[from..].bytes().filter(u8::is_ascii_digit).count();
        if digits >= TIES {
            even_out(value, from, "", out);
        }
    } else {
        let mut scientific = format!("{value:e}");
        let exponent = scientific.split_off(scientific.find('e').unwrap_or(scientific.len()));
        if scientific.len() > TIES {
            even_out(value, 0, &exponent, &mut scientific);
        }
        out.push_str(&exponent_form(&scientific, exponent[1..].parse().unwrap_or(0)));
    }
}

/// From this many digits on, two shortest forms can be equally near to a float.
const TIES: usize = 16;

/// Of two equally near forms Rust writes the larger, and `CPython` the one whose last digit is even. Corrects the
/// digits in `out[from..]`, which end in the form's last digit; `exponent` follows them.
fn even_out(value: f64, from: usize, exponent: &str, out: &mut String) {
    let Some(last) = out.pop() else { return };
    let even = match last {
        '1' | '3' | '5' | '7' | '9' => char::from(last as u8 - 1),
        _ => {
            out.push(last);
            return;
        }
    };
    let written = out[from..].trim_start_matches(['-', '0', '.']);
    let count = written.bytes().filter(u8::is_ascii_digit).count() + 1;
    // The exact digits: as many as were written, one lower in the last place, then a 5 and nothing.
    let exact = format!("{:.*e}", count + 40, value.abs());
    let mut digits = exact.bytes().filter(u8::is_ascii_digit).skip(count - 1);
    let tie = digits.next() == Some(even as u8)
        && digits.next() == Some(b'5')
        && digits.take(40 - 1).all(|digit| digit == b'0');
    // Below a power of two floats are denser: the lower form may be another float's.
    let back =
        |out: &str| format!("{out}{even}{exponent}").parse::<f64>().is_ok_and(|f| f.to_bits() == value.to_bits());
    let lower = tie && back(&out[from..]);
    out.push(if lower { even } else { last });
}

/// Digits and an exponent of at least two digits, as C prints them.
pub fn exponent_form(digits: &str, exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// Appends `repr(text)`. Which characters beyond ASCII are printable is the interpreter's to say.
pub fn write_str_repr(text: &str, out: &mut String) -> Result<(), Decline> {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    let mut done = 0;
    for (at, c) in text.char_indices() {
        let plain = if c.is_ascii() { matches!(c, ' '..='~') } else { set(Set::IsPrintable)?.has(c) };
        if plain && c != quote && c != '\\' {
            continue;
        }
        out.push_str(&text[done..at]);
        done = at + c.len_utf8();
        let code = u32::from(c);
        let _ = match c {
            '\n' => out.write_str("\\n"),
            '\r' => out.write_str("\\r"),
            '\t' => out.write_str("\\t"),
            _ if plain => write!(out, "\\{c}"),
            '\0'..='\u{FF}' => write!(out, "\\x{code:02x}"),
            '\0'..='\u{FFFF}' => write!(out, "\\u{code:04x}"),
            _ => write!(out, "\\U{code:08x}"),
        };
    }
    out.push_str(&text[done..]);
    out.push(quote);
    Ok(())
}
