//! The calendar of `datetime`: days and microseconds since 1970, the parts they have, and ISO's way to write them.

use crate::error::{Decline, Exception};

/// Microseconds.
pub const SECOND: i64 = 1_000_000;
/// Microseconds.
pub const DAY: i64 = 86_400 * SECOND;
/// The first of January of the year 1.
pub const FIRST_DAY: i64 = -719_162;
/// The last of December of the year 9999.
pub const LAST_DAY: i64 = 2_932_896;

/// Year, month, day, hour, minute, second, microsecond.
pub type Parts = [i64; 7];

/// Whether there is a `date` of this day.
pub fn is_day(day: i64) -> bool {
    (FIRST_DAY..=LAST_DAY).contains(&day)
}

/// Whether there is a `datetime` of this time.
pub fn is_time(time: i64) -> bool {
    is_day(time.div_euclid(DAY))
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

/// The day of a date that there is.
#[inline]
fn day_of(year: i64, month: i64, day: i64) -> i64 {
    // Years that begin in March, so that the day of a leap year is the last one.
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day.
#[inline]
pub fn date_of(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// The parts of a time.
#[inline]
pub fn parts_of(time: i64) -> Parts {
    let (days, rest) = (time.div_euclid(DAY), time.rem_euclid(DAY));
    let (year, month, day) = date_of(days);
    let seconds = rest / SECOND;
    [year, month, day, seconds / 3600, seconds / 60 % 60, seconds % 60, rest % SECOND]
}

/// The time of its parts; where there is none, `datetime` raises.
#[inline]
pub fn time_of(parts: Parts) -> Result<i64, Decline> {
    let [year, month, day, hour, minute, second, micro] = parts;
    let fits = (1..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_of(year, month)).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..60).contains(&second)
        && (0..SECOND).contains(&micro);
    if !fits {
        return Err(no_time(parts));
    }
    Ok(day_of(year, month, day) * DAY + ((hour * 60 + minute) * 60 + second) * SECOND + micro)
}

#[cold]
fn no_time(parts: Parts) -> Decline {
    let why = "a date that there is not";
    // A number that C has no int for raises something else.
    let far = parts.iter().any(|field| i32::try_from(*field).is_err());
    if far { Decline::new(why) } else { Decline::raises(Exception::ValueError, why) }
}

/// What arithmetic gives past the years 1 to 9999.
pub fn out_of_range() -> Decline {
    Decline::raises(Exception::OverflowError, "a date out of range")
}

/// 0 for Monday.
pub fn weekday(day: i64) -> i64 {
    (day + 3).rem_euclid(7)
}

/// The number of a day within its year, from 1 on.
pub fn day_of_year(day: i64) -> i64 {
    day - day_of(date_of(day).0, 1, 1) + 1
}

/// ISO's year, week and weekday.
pub fn week(day: i64) -> Result<[i64; 3], Decline> {
    // Monday of the week with the fourth of January.
    let first = |year: i64| {
        let fourth = day_of(year, 1, 4);
        fourth - weekday(fourth)
    };
    let year = date_of(day).0;
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
    Ok([year, since / 7 + 1, since % 7 + 1])
}

/// Appends a number of two digits.
pub fn push_two(number: i64, out: &mut String) {
    out.push(char::from(b'0' + (number / 10 % 10) as u8));
    out.push(char::from(b'0' + (number % 10) as u8));
}

/// Appends `2020-01-31`.
pub fn push_date(day: i64, out: &mut String) {
    let (year, month, day) = date_of(day);
    push_two(year / 100, out);
    push_two(year % 100, out);
    out.push('-');
    push_two(month, out);
    out.push('-');
    push_two(day, out);
}

/// Appends `2020-01-31T10:20:30.000001`, with another separator perhaps.
pub fn push_time(time: i64, separator: char, out: &mut String) {
    push_date(time.div_euclid(DAY), out);
    out.push(separator);
    push_clock(time.rem_euclid(DAY), out);
}

/// Appends `10:20:30.000001`.
fn push_clock(micros: i64, out: &mut String) {
    let seconds = micros / SECOND;
    push_two(seconds / 3600, out);
    push_minutes(seconds, out);
    push_fraction(micros % SECOND, out);
}

/// Appends `:20:30` of a time of so many seconds.
pub fn push_minutes(seconds: i64, out: &mut String) {
    out.push(':');
    push_two(seconds / 60 % 60, out);
    out.push(':');
    push_two(seconds % 60, out);
}

fn push_fraction(micro: i64, out: &mut String) {
    if micro != 0 {
        out.push('.');
        push_micros(micro, out);
    }
}

/// Appends `000001`.
pub fn push_micros(micro: i64, out: &mut String) {
    for pair in [micro / 10_000, micro / 100, micro] {
        push_two(pair % 100, out);
    }
}

/// Appends a difference as `str` shows it: `-1 day, 23:59:59`.
pub fn push_difference(micros: i64, out: &mut String) {
    let (days, rest) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
    if days != 0 {
        *out += &days.to_string();
        *out += if days.abs() == 1 { " day, " } else { " days, " };
    }
    let seconds = rest / SECOND;
    *out += &(seconds / 3600).to_string();
    push_minutes(seconds, out);
    push_fraction(rest % SECOND, out);
}

/// `2020-01-31`, for a time perhaps with `T10:20:30` and another single separator, and perhaps `.123` or `.123456`. Other
/// forms are the interpreter's.
pub fn from_iso(text: &str, day_only: bool) -> Result<i64, Decline> {
    let why = || Decline::new("a date in another form of ISO");
    let bytes = text.as_bytes();
    let digits = |from: usize, count: usize| {
        let digits = &bytes[from..from + count];
        digits.iter().all(u8::is_ascii_digit).then(|| digits.iter().fold(0, |n, d| n * 10 + i64::from(d - b'0')))
    };
    let known = match bytes.len() {
        10 => true,
        16 | 19 | 23 | 26 => !day_only,
        _ => false,
    };
    if !known || !text.is_ascii() || bytes[4] != b'-' || bytes[7] != b'-' {
        return Err(why());
    }
    let mut fields = [digits(0, 4), digits(5, 2), digits(8, 2), Some(0), Some(0), Some(0), Some(0)];
    if bytes.len() > 10 {
        if bytes[13] != b':' {
            return Err(why());
        }
        (fields[3], fields[4]) = (digits(11, 2), digits(14, 2));
    }
    if bytes.len() > 16 {
        if bytes[16] != b':' {
            return Err(why());
        }
        fields[5] = digits(17, 2);
    }
    if bytes.len() > 19 {
        if bytes[19] != b'.' {
            return Err(why());
        }
        fields[6] = digits(20, bytes.len() - 20).map(|n| if bytes.len() == 23 { n * 1000 } else { n });
    }
    let mut given = [0; 7];
    for (field, digits) in given.iter_mut().zip(fields) {
        *field = digits.ok_or_else(why)?;
    }
    time_of(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_has_its_parts() {
        let (mut year, mut month, mut day) = (1, 1, 1);
        for number in FIRST_DAY..=LAST_DAY {
            assert_eq!((date_of(number), day_of(year, month, day)), ((year, month, day), number));
            day += 1;
            if day > days_of(year, month) {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
        assert_eq!((year, month, day), (10_000, 1, 1));
    }
}
