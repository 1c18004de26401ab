//! `datetime.strptime`, as the pattern that `_strptime` makes of a format matches: the first way that matches counts.

use super::calendar::{Parts, time_of};
use super::strftime::{MONTHS, WEEKDAYS};
use crate::error::{Decline, Exception};

/// A format, read once.
#[derive(Debug)]
pub struct Format {
    pieces: Vec<Piece>,
    /// Whether the hour is one of twelve, which `%p` says more of.
    halves: bool,
}

/// A piece of a format.
#[derive(Clone, Copy, Debug)]
enum Piece {
    /// A character, whatever its case.
    Char(u8),
    /// White space, at least one.
    Space,
    /// A directive.
    Field(u8),
}

/// What directives say: the parts of a time, whether it is past noon, and a weekday, which nobody asks for.
type Fields = [i64; 9];

const AFTERNOON: usize = 7;
const WEEKDAY: usize = 8;

impl Format {
    /// Reads a format; declines directives that aren't done natively.
    pub fn new(format: &str) -> Result<Self, Decline> {
        if !format.is_ascii() {
            return Err(beyond_ascii());
        }
        let odd = || Decline::new("strptime() with such a format");
        let (mut pieces, mut seen) = (Vec::new(), Vec::new());
        let mut bytes = format.bytes();
        while let Some(c) = bytes.next() {
            if is_space(c) {
                if !matches!(pieces.last(), Some(Piece::Space)) {
                    pieces.push(Piece::Space);
                }
                continue;
            }
            if c != b'%' {
                pieces.push(Piece::Char(c));
                continue;
            }
            match bytes.next().ok_or_else(odd)? {
                b'%' => pieces.push(Piece::Char(b'%')),
                field if b"YymdHIMSfbBaAp".contains(&field) && !seen.contains(&field) => {
                    seen.push(field);
                    pieces.push(Piece::Field(field));
                }
                _ => return Err(Decline::new("strptime() with another directive")),
            }
        }
        let count = |of: &[u8]| seen.iter().filter(|field| of.contains(field)).count();
        // A day without a year is checked against another year, and later versions warn.
        if [&b"Yy"[..], b"mbB", b"HI", b"aA"].iter().any(|same| count(same) > 1) || count(b"d") > count(b"Yy") {
            return Err(odd());
        }
        Ok(Self { pieces, halves: seen.contains(&b'I') })
    }

    /// The time that a text tells.
    #[inline]
    pub fn parse(&self, text: &str) -> Result<i64, Decline> {
        if !text.is_ascii() {
            return Err(beyond_ascii());
        }
        let text = text.as_bytes();
        let mut fields = [1900, 1, 1, 0, 0, 0, 0, 0, 0];
        let mut end = straight(text, &self.pieces, &mut fields);
        if end.is_none() {
            fields = [1900, 1, 1, 0, 0, 0, 0, 0, 0];
            end = matched(text, 0, &self.pieces, &mut fields);
        }
        if end != Some(text.len()) {
            return Err(Decline::raises(Exception::ValueError, "a time that doesn't match its format"));
        }
        let [year, month, day, mut hour, minute, second, micro, afternoon, _] = fields;
        if self.halves {
            hour = hour % 12 + 12 * afternoon;
        }
        let parts: Parts = [year, month, day, hour, minute, second, micro];
        time_of(parts)
    }
}

#[cold]
fn beyond_ascii() -> Decline {
    Decline::new("strptime() of a character beyond ASCII")
}

fn is_space(c: u8) -> bool {
    matches!(c, b'\t'..=b'\r' | b' ' | 0x1c..=0x1f)
}

fn digit(text: &[u8], at: usize) -> Option<i64> {
    text.get(at).filter(|c| c.is_ascii_digit()).map(|c| i64::from(c - b'0'))
}

#[inline]
fn number(text: &[u8], len: usize) -> Option<i64> {
    let digits = text.get(..len)?;
    digits.iter().try_fold(0, |n, c| c.is_ascii_digit().then(|| n * 10 + i64::from(c - b'0')))
}

/// Where the text ends where each piece matches the first way it can, which is the first way of all.
#[inline]
fn straight(text: &[u8], pieces: &[Piece], fields: &mut Fields) -> Option<usize> {
    let mut at = 0;
    for piece in pieces {
        match piece {
            Piece::Char(c) => {
                if !text.get(at)?.eq_ignore_ascii_case(c) {
                    return None;
                }
                at += 1;
            }
            Piece::Space => {
                let count = text[at..].iter().take_while(|c| is_space(**c)).count();
                if count == 0 {
                    return None;
                }
                at += count;
            }
            Piece::Field(field) => {
                let (place, value, len) = first_way(*field, &text[at..])?;
                fields[place] = value;
                at += len;
            }
        }
    }
    Some(at)
}

/// The field that a directive says, what it says, and in how many characters, as the first of its alternatives has it.
#[inline]
fn first_way(field: u8, text: &[u8]) -> Option<(usize, i64, usize)> {
    let short = |place: usize, most: i64, least: i64| match number(text, 2) {
        Some(two) if (least..=most).contains(&two) => Some((place, two, 2)),
        _ => digit(text, 0).filter(|one| *one >= least).map(|one| (place, one, 1)),
    };
    match field {
        b'Y' => Some((0, number(text, 4)?, 4)),
        b'm' => short(1, 12, 1),
        b'd' => short(2, 31, 1),
        b'H' => short(3, 23, 0),
        b'I' => short(3, 12, 1),
        b'M' => short(4, 59, 0),
        b'S' => short(5, 61, 0),
        b'b' => {
            let name = [text.first()? | 0x20, text.get(1)? | 0x20, text.get(2)? | 0x20];
            let same = |month: &&str| month.as_bytes().iter().zip(name).all(|(c, n)| c | 0x20 == n);
            Some((1, MONTHS.iter().position(same)? as i64 + 1, 3))
        }
        _ => ways(field, text).first().copied(),
    }
}

/// Where the text ends that the pieces match from `at` on.
fn matched(text: &[u8], at: usize, pieces: &[Piece], fields: &mut Fields) -> Option<usize> {
    let Some((first, rest)) = pieces.split_first() else { return Some(at) };
    match first {
        Piece::Char(c) => {
            let same = text.get(at)?.eq_ignore_ascii_case(c);
            if same { matched(text, at + 1, rest, fields) } else { None }
        }
        Piece::Space => {
            let count = text[at..].iter().take_while(|c| is_space(**c)).count();
            (1..=count).rev().find_map(|count| matched(text, at + count, rest, fields))
        }
        Piece::Field(field) => {
            for (place, value, len) in ways(*field, &text[at..]) {
                let before = fields[place];
                fields[place] = value;
                if let Some(end) = matched(text, at + len, rest, fields) {
                    return Some(end);
                }
                fields[place] = before;
            }
            None
        }
    }
}

/// How a directive may match, as its alternatives stand in `_strptime`: the field, its value, and how many characters.
fn ways(field: u8, text: &[u8]) -> Vec<(usize, i64, usize)> {
    let (one, two) = (number(text, 1), number(text, 2));
    let mut out = Vec::new();
    let mut push = |place, value: Option<i64>, len, range: std::ops::RangeInclusive<i64>| {
        if let Some(value) = value.filter(|value| range.contains(value)) {
            out.push((place, value, len));
        }
    };
    let mut names = |place, names: &[&str], short: bool, from: i64| {
        for (i, name) in names.iter().enumerate() {
            let name = if short { &name[..3] } else { name };
            let same = text.get(..name.len()).is_some_and(|part| part.eq_ignore_ascii_case(name.as_bytes()));
            push(place, same.then_some(i as i64 + from), name.len(), 0..=12);
        }
    };
    match field {
        b'b' | b'B' => names(1, &MONTHS, field == b'b', 1),
        b'a' | b'A' => names(WEEKDAY, &WEEKDAYS, field == b'a', 0),
        b'p' => names(AFTERNOON, &["am", "pm"], false, 0),
        b'Y' => push(0, number(text, 4), 4, 0..=9999),
        b'y' => push(0, two.map(|two| if two <= 68 { 2000 + two } else { 1900 + two }), 2, 0..=9999),
        b'm' | b'I' => {
            let place = if field == b'm' { 1 } else { 3 };
            push(place, two, 2, 1..=12);
            push(place, one, 1, 1..=9);
        }
        b'd' => {
            push(2, two, 2, 1..=31);
            push(2, one, 1, 1..=9);
            if text.first() == Some(&b' ') {
                push(2, digit(text, 1), 2, 1..=9);
            }
        }
        b'H' => {
            push(3, two, 2, 0..=23);
            push(3, one, 1, 0..=9);
        }
        b'M' => {
            push(4, two, 2, 0..=59);
            push(4, one, 1, 0..=9);
        }
        b'S' => {
            push(5, two, 2, 0..=61);
            push(5, one, 1, 0..=9);
        }
        _ => {
            for len in (1..=6).rev() {
                push(6, number(text, len).map(|n| n * 10_i64.pow(6 - len as u32)), len, 0..=999_999);
            }
        }
    }
    out
}
