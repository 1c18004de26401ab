//! Dates and times as ints: microseconds since the first of January of the year 1, which is what `datetime` compares
//! and subtracts. The translator knows which int is one.

use super::cell::Cell;
use crate::error::{Decline, Exception};
use crate::lambda::tree::functions::Function;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;
/// One past the last microsecond of the year 9999.
const END: i64 = 3_652_059 * DAY;
const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The parts of a time: year, month, day, hour, minute, second, microsecond.
type Parts = [i64; 7];

/// A function of this file; the number of arguments was checked.
pub fn call<'a>(function: Function, args: &[Cell<'a>]) -> Result<Cell<'a>, Decline> {
    match (function, args) {
        (Function::DateStrptime, [Cell::Str(text), Cell::Str(format)]) => parse(text, format).map(Cell::Int),
        (Function::DateStrptime, [other, _]) => Err(other.refuses(Exception::TypeError, "strptime()")),
        (Function::DateParts, [Cell::Int(time)]) => Ok(Cell::Tuple(parts(*time)?.map(Cell::Int).into())),
        (Function::DateWeek, [Cell::Int(time)]) => week(*time),
        (Function::DateMake, fields) => {
            let mut given = [0; 7];
            for (field, cell) in given.iter_mut().zip(fields) {
                *field = match cell {
                    Cell::Int(i) => *i,
                    Cell::Bool(b) => i64::from(*b),
                    other => return Err(other.unsupported("datetime()")),
                };
            }
            time_of(given).map(Cell::Int)
        }
        (Function::DateFormat, [Cell::Int(time), Cell::Str(format)]) => formatted(*time, format).map(Cell::owned),
        (Function::DateIso, [Cell::Int(time), Cell::Str(separator)]) => iso(*time, separator).map(Cell::owned),
        (Function::DateFromIso, [Cell::Str(text), Cell::Bool(day)]) => from_iso(text, *day).map(Cell::Int),
        (Function::DateCheck, [Cell::Int(time)]) => {
            parts(*time)?;
            Ok(Cell::Int(*time))
        }
        (_, args) => Err(args.first().unwrap_or(&Cell::None).unsupported(&format!("{}()", function.name()))),
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days before the first of January of a year.
fn days_before(year: i64) -> i64 {
    let past = year - 1;
    past * 365 + past / 4 - past / 100 + past / 400
}

fn time_of([year, month, day, hour, minute, second, micro]: Parts) -> Result<i64, Decline> {
    let fits = (1..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_of(year, month)).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..60).contains(&second)
        && (0..SECOND).contains(&micro);
    if !fits {
        let far = [year, month, day, hour, minute, second, micro].iter().any(|field| i32::try_from(*field).is_err());
        let why = "a date that there is not";
        return Err(if far { Decline::new(why) } else { Decline::raises(Exception::ValueError, why) });
    }
    let days = days_before(year) + (1..month).map(|month| days_of(year, month)).sum::<i64>() + day - 1;
    Ok(days * DAY + ((hour * 60 + minute) * 60 + second) * SECOND + micro)
}

fn parts(time: i64) -> Result<Parts, Decline> {
    if !(0..END).contains(&time) {
        return Err(Decline::raises(Exception::OverflowError, "a date out of range"));
    }
    let (mut days, rest) = (time / DAY, time % DAY);
    let mut year = days * 400 / 146_097 + 1;
    while days_before(year) > days {
        year -= 1;
    }
    while days_before(year + 1) <= days {
        year += 1;
    }
    days -= days_before(year);
    let mut month = 1;
    while days >= days_of(year, month) {
        days -= days_of(year, month);
        month += 1;
    }
    let seconds = rest / SECOND;
    Ok([year, month, days + 1, seconds / 3600, seconds / 60 % 60, seconds % 60, rest % SECOND])
}

/// ISO's year, week and weekday.
fn week<'a>(time: i64) -> Result<Cell<'a>, Decline> {
    let year = parts(time)?[0];
    let day = time / DAY;
    // Monday of the week with the fourth of January.
    let first = |year: i64| {
        let fourth = days_before(year) + 3;
        fourth - fourth % 7
    };
    let year = if day < first(year) {
        year - 1
    } else if day >= first(year + 1) {
        year + 1
    } else {
        year
    };
    if !(1..=9998).contains(&year) {
        return Err(Decline::new("a week at the end of the calendar"));
    }
    let since = day - first(year);
    Ok(Cell::Tuple([year, since / 7 + 1, since % 7 + 1].map(Cell::Int).into()))
}

fn iso(time: i64, separator: &str) -> Result<String, Decline> {
    let [year, month, day, hour, minute, second, micro] = parts(time)?;
    let date = format!("{year:04}-{month:02}-{day:02}");
    if separator.is_empty() {
        return Ok(date);
    }
    let fraction = if micro == 0 { String::new() } else { format!(".{micro:06}") };
    Ok(format!("{date}{separator}{hour:02}:{minute:02}:{second:02}{fraction}"))
}

/// `2020-01-31`, for a time perhaps with `T10:20:30` and another single separator. Other forms are the interpreter's.
fn from_iso(text: &str, day_only: bool) -> Result<i64, Decline> {
    let why = || Decline::new("a date in another form of ISO");
    let bytes = text.as_bytes();
    let digits = |from: usize, count: usize| {
        let digits = &bytes[from..from + count];
        digits.iter().all(u8::is_ascii_digit).then(|| digits.iter().fold(0, |n, d| n * 10 + i64::from(d - b'0')))
    };
    let long = bytes.len() == 19 && !day_only && text.is_ascii();
    if !(bytes.len() == 10 || long) || !text.is_ascii() || bytes[4] != b'-' || bytes[7] != b'-' {
        return Err(why());
    }
    let mut fields = [digits(0, 4), digits(5, 2), digits(8, 2), Some(0), Some(0), Some(0), Some(0)];
    if long {
        if bytes[13] != b':' || bytes[16] != b':' {
            return Err(why());
        }
        (fields[3], fields[4], fields[5]) = (digits(11, 2), digits(14, 2), digits(17, 2));
    }
    let mut given = [0; 7];
    for (field, digits) in given.iter_mut().zip(fields) {
        *field = digits.ok_or_else(why)?;
    }
    time_of(given)
}

/// `strftime`, of what is the same on every machine.
fn formatted(time: i64, format: &str) -> Result<String, Decline> {
    let [year, month, day, hour, minute, second, micro] = parts(time)?;
    if year < 1000 {
        return Err(Decline::new("strftime() of a year before 1000"));
    }
    let weekday = WEEKDAYS[(time / DAY % 7) as usize];
    let name = MONTHS[month as usize - 1];
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let (number, width) = match chars.next() {
            Some('Y') => (year, 4),
            Some('m') => (month, 2),
            Some('d') => (day, 2),
            Some('H') => (hour, 2),
            Some('M') => (minute, 2),
            Some('S') => (second, 2),
            Some('f') => (micro, 6),
            Some('y') => (year % 100, 2),
            Some('j') => (time / DAY - days_before(year) + 1, 3),
            Some('I') => ((hour + 11) % 12 + 1, 2),
            other => {
                out += match other {
                    Some('p') => {
                        if hour < 12 {
                            "AM"
                        } else {
                            "PM"
                        }
                    }
                    Some('A') => weekday,
                    Some('a') => &weekday[..3],
                    Some('B') => name,
                    Some('b') => &name[..3],
                    Some('%') => "%",
                    _ => return Err(Decline::new("strftime() with another directive")),
                };
                continue;
            }
        };
        let number = number.to_string();
        out.extend(std::iter::repeat_n('0', width - number.len().min(width)));
        out += &number;
    }
    Ok(out)
}

/// A piece of a format for `strptime`.
#[derive(Clone, Copy)]
enum Piece {
    /// A character, whatever its case.
    Char(u8),
    /// White space, at least one.
    Space,
    /// A directive.
    Field(u8),
}

/// `strptime`, as the pattern that `_strptime` makes of the format matches: the first way that matches counts.
fn parse(text: &str, format: &str) -> Result<i64, Decline> {
    if !text.is_ascii() || !format.is_ascii() {
        return Err(Decline::new("strptime() of a character beyond ASCII"));
    }
    let pieces = pieces(format.as_bytes())?;
    let mut fields = [1900, 1, 1, 0, 0, 0, 0];
    let end = matched(text.as_bytes(), 0, &pieces, &mut fields);
    if end != Some(text.len()) {
        return Err(Decline::raises(Exception::ValueError, "a time that doesn't match its format"));
    }
    time_of(fields)
}

fn pieces(format: &[u8]) -> Result<Vec<Piece>, Decline> {
    let mut out = Vec::new();
    let mut seen = Vec::new();
    let mut at = 0;
    while at < format.len() {
        let c = format[at];
        at += 1;
        if is_space(c) {
            if !matches!(out.last(), Some(Piece::Space)) {
                out.push(Piece::Space);
            }
        } else if c == b'%' {
            let Some(&field) = format.get(at) else { return Err(Decline::new("strptime() with such a format")) };
            at += 1;
            match field {
                b'%' => out.push(Piece::Char(b'%')),
                b'Y' | b'm' | b'd' | b'H' | b'M' | b'S' | b'f' | b'b' | b'B' if !seen.contains(&field) => {
                    seen.push(field);
                    out.push(Piece::Field(field));
                }
                _ => return Err(Decline::new("strptime() with another directive")),
            }
        } else {
            out.push(Piece::Char(c));
        }
    }
    let month = seen.iter().filter(|field| matches!(field, b'm' | b'b' | b'B')).count();
    // Without a year, later versions warn.
    if !seen.contains(&b'Y') || month > 1 {
        return Err(Decline::new("strptime() with such a format"));
    }
    Ok(out)
}

fn is_space(c: u8) -> bool {
    matches!(c, b'\t'..=b'\r' | b' ' | 0x1c..=0x1f)
}

/// Where the text ends that the pieces match from `at` on.
fn matched(text: &[u8], at: usize, pieces: &[Piece], fields: &mut Parts) -> Option<usize> {
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
    let digit = |at: usize| text.get(at).filter(|c| c.is_ascii_digit()).map(|c| i64::from(c - b'0'));
    let number = |len: usize| (0..len).try_fold(0, |n, at| digit(at).map(|d| n * 10 + d));
    let (one, two) = (number(1), number(2));
    let mut out = Vec::new();
    let mut push = |place, value: Option<i64>, len, range: std::ops::RangeInclusive<i64>| {
        if let Some(value) = value.filter(|value| range.contains(value)) {
            out.push((place, value, len));
        }
    };
    match field {
        b'Y' => push(0, number(4), 4, 0..=9999),
        b'm' => {
            push(1, two, 2, 10..=12);
            push(1, two, 2, 1..=9);
            push(1, one, 1, 1..=9);
        }
        b'd' => {
            push(2, two, 2, 1..=31);
            push(2, one, 1, 1..=9);
            if text.first() == Some(&b' ') {
                push(2, digit(1), 2, 1..=9);
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
        b'f' => {
            for len in (1..=6).rev() {
                push(6, number(len).map(|n| n * 10_i64.pow(6 - len as u32)), len, 0..=999_999);
            }
        }
        _ => {
            for (month, name) in MONTHS.iter().enumerate() {
                let name = if field == b'b' { &name[..3] } else { name };
                let same = text.get(..name.len()).is_some_and(|part| part.eq_ignore_ascii_case(name.as_bytes()));
                push(1, same.then_some(month as i64 + 1), name.len(), 1..=12);
            }
        }
    }
    out
}
