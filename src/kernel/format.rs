//! Format specifications of f-strings and %-formats: `[[fill]align][sign][0][width][,][.precision][type]`.

use std::fmt::Write;

use super::length::text_length;
use super::repr::{exponent_form, float_repr};
use crate::error::Decline;

/// A parsed specification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    fill: char,
    /// One of `<>^=`.
    align: Option<char>,
    /// One of `+-` and space.
    sign: Option<char>,
    zero: bool,
    width: usize,
    comma: bool,
    precision: Option<usize>,
    /// The type's letter, or a blank for none.
    kind: char,
    empty: bool,
}

impl Default for Spec {
    /// The empty specification.
    fn default() -> Self {
        Self {
            fill: ' ',
            align: None,
            sign: None,
            zero: false,
            width: 0,
            comma: false,
            precision: None,
            kind: ' ',
            empty: true,
        }
    }
}

impl Spec {
    /// Parses a specification; declines those that aren't done natively.
    pub fn parse(spec: &str) -> Result<Self, Decline> {
        let odd = || Decline::new(format!("the format specification {spec:?}"));
        let mut out = Self { empty: spec.is_empty(), ..Self::default() };
        let chars: Vec<char> = spec.chars().collect();
        let is_align = |at: usize| chars.get(at).is_some_and(|c| "<>^=".contains(*c));
        let mut at = 0;
        if is_align(1) {
            (out.fill, out.align) = (chars[0], chars.get(1).copied());
            at = 2;
        } else if is_align(0) {
            out.align = chars.first().copied();
            at = 1;
        }
        if let Some(&sign) = chars.get(at).filter(|c| "+- ".contains(**c)) {
            out.sign = Some(sign);
            at += 1;
        }
        // A fill that was given is not replaced.
        if !is_align(1) && chars.get(at) == Some(&'0') {
            (out.fill, out.zero) = ('0', true);
            at += 1;
        }
        let number = |at: &mut usize| {
            let digits: String = chars[*at..].iter().take_while(|c| c.is_ascii_digit()).collect();
            *at += digits.len();
            if digits.is_empty() { Ok(None) } else { digits.parse().map(Some) }
        };
        out.width = number(&mut at).map_err(|_| odd())?.unwrap_or(0);
        if chars.get(at) == Some(&',') {
            out.comma = true;
            at += 1;
        }
        if chars.get(at) == Some(&'.') {
            at += 1;
            out.precision = Some(number(&mut at).map_err(|_| odd())?.ok_or_else(odd)?);
        }
        if let Some(&kind) = chars.get(at) {
            out.kind = kind;
            at += 1;
        }
        let known = out.kind == ' ' && chars.last() != Some(&' ') || "sdxXobfFeEgG%".contains(out.kind);
        if at != chars.len() || !known || out.width > 10_000 || out.precision.is_some_and(|p| p > 1_000) {
            return Err(odd());
        }
        // Zeros that fill are grouped too.
        if out.comma && (out.fill == '0' || !" dfF%".contains(out.kind)) {
            return Err(odd());
        }
        Ok(out)
    }

    /// Whether it is the empty one.
    pub fn is_empty(&self) -> bool {
        self.empty
    }

    /// Formats a str.
    pub fn text(&self, text: &str, out: &mut String) -> Option<()> {
        if !matches!(self.kind, ' ' | 's') || self.sign.is_some() || self.comma || self.align == Some('=') {
            return None;
        }
        let text = match self.precision {
            Some(most) => text.char_indices().nth(most).map_or(text, |(at, _)| &text[..at]),
            None => text,
        };
        self.pad("", text, '<', out);
        Some(())
    }

    /// Formats an int.
    pub fn int(&self, value: i64, out: &mut String) -> Option<()> {
        let size = value.unsigned_abs();
        let digits = match self.kind {
            ' ' | 'd' => size.to_string(),
            'x' => format!("{size:x}"),
            'X' => format!("{size:X}"),
            'o' => format!("{size:o}"),
            'b' => format!("{size:b}"),
            's' => return None,
            _ => return self.float(value as f64, out),
        };
        if self.precision.is_some() {
            return None;
        }
        self.number(value < 0, &digits, out);
        Some(())
    }

    /// Formats a float.
    pub fn float(&self, value: f64, out: &mut String) -> Option<()> {
        let value = if self.kind == '%' { value * 100.0 } else { value };
        let size = value.abs();
        if !size.is_finite() && (self.zero || self.fill == '0' || self.comma || self.kind == '%') {
            return None;
        }
        let mut digits = match self.kind {
            ' ' if self.precision.is_none() => float_repr(size),
            'd' | 's' | ' ' | 'x' | 'X' | 'o' | 'b' => return None,
            _ if !size.is_finite() => float_repr(size),
            'f' | 'F' | '%' => format!("{size:.*}", self.precision.unwrap_or(6)),
            'e' | 'E' => {
                let scientific = format!("{size:.*e}", self.precision.unwrap_or(6));
                let (digits, exponent) = scientific.split_once('e')?;
                exponent_form(digits, exponent.parse().ok()?)
            }
            _ => general(size, self.precision.unwrap_or(6).max(1))?,
        };
        if self.kind.is_ascii_uppercase() {
            digits.make_ascii_uppercase();
        }
        if self.kind == '%' {
            digits.push('%');
        }
        self.number(value.is_sign_negative() && !value.is_nan(), &digits, out);
        Some(())
    }

    fn number(&self, negative: bool, digits: &str, out: &mut String) {
        let sign = match (negative, self.sign) {
            (true, _) => "-",
            (_, Some('+')) => "+",
            (_, Some(' ')) => " ",
            _ => "",
        };
        let grouped;
        let digits = if self.comma {
            grouped = group_thousands(digits);
            &grouped
        } else {
            digits
        };
        self.pad(sign, digits, if self.zero { '=' } else { '>' }, out);
    }

    fn pad(&self, sign: &str, body: &str, default: char, out: &mut String) {
        let len = sign.len() + text_length(body.as_bytes()) as usize;
        let missing = self.width.saturating_sub(len);
        let (left, inner, right) = match self.align.unwrap_or(default) {
            '<' => (0, 0, missing),
            '^' => (missing / 2, 0, missing - missing / 2),
            '=' => (0, missing, 0),
            _ => (missing, 0, 0),
        };
        let fill = |count| std::iter::repeat_n(self.fill, count);
        out.extend(fill(left));
        out.push_str(sign);
        out.extend(fill(inner));
        out.push_str(body);
        out.extend(fill(right));
    }
}

/// `g`: the shorter of the two forms at a number of significant digits, without trailing zeros.
fn general(size: f64, precision: usize) -> Option<String> {
    let scientific = format!("{size:.*e}", precision - 1);
    let (digits, exponent) = scientific.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    let trim = |s: &str| {
        if s.contains('.') { s.trim_end_matches('0').trim_end_matches('.').to_owned() } else { s.to_owned() }
    };
    if exponent < -4 || exponent >= precision as i32 {
        return Some(exponent_form(&trim(digits), exponent));
    }
    let decimals = usize::try_from(precision as i32 - 1 - exponent).ok()?;
    Some(trim(&format!("{size:.decimals$}")))
}

fn group_thousands(digits: &str) -> String {
    let whole = digits.bytes().take_while(u8::is_ascii_digit).count();
    let mut out = String::new();
    for (i, c) in digits[..whole].chars().enumerate() {
        if i > 0 && (whole - i) % 3 == 0 {
            out.push(',');
        }
        out.push(c);
    }
    let _ = write!(out, "{}", &digits[whole..]);
    out
}
