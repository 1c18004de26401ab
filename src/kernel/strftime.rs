//! `strftime` of dates and naive times, of what is the same on every machine.

use super::calendar::{DAY, day_of_year, parts_of, push_date, push_micros, push_minutes, push_two, week, weekday};
use crate::error::Decline;

/// In the C locale.
pub const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
/// In the C locale.
pub const MONTHS: [&str; 12] = [
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

/// Appends a time as the format, which is ASCII, says.
pub fn write(time: i64, format: &str, out: &mut String) -> Result<(), Decline> {
    let [year, month, day, hour, minute, second, micro] = parts_of(time);
    if year < 1000 {
        return Err(Decline::new("strftime() of a year before 1000"));
    }
    let date = time.div_euclid(DAY);
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('Y') => *out += &year.to_string(),
            Some('m') => push_two(month, out),
            Some('d') => push_two(day, out),
            Some('H') => push_two(hour, out),
            Some('M') => push_two(minute, out),
            Some('S') => push_two(second, out),
            Some('f') => push_micros(micro, out),
            Some('y') => push_two(year % 100, out),
            Some('j') => {
                let number = day_of_year(date);
                out.push(char::from(b'0' + (number / 100) as u8));
                push_two(number % 100, out);
            }
            Some('I') => push_two((hour + 11) % 12 + 1, out),
            Some('F') => push_date(date, out),
            Some('T') => {
                push_two(hour, out);
                push_minutes(60 * minute + second, out);
            }
            Some('R') => {
                push_two(hour, out);
                out.push(':');
                push_two(minute, out);
            }
            Some('u') => *out += &(weekday(date) + 1).to_string(),
            Some('w') => *out += &((weekday(date) + 1) % 7).to_string(),
            Some('V') => push_two(week(date)?[1], out),
            Some('G') => *out += &week(date)?[0].to_string(),
            Some('p') => *out += if hour < 12 { "AM" } else { "PM" },
            Some('A') => *out += WEEKDAYS[weekday(date) as usize],
            Some('a') => *out += &WEEKDAYS[weekday(date) as usize][..3],
            Some('B') => *out += MONTHS[month as usize - 1],
            Some('b') => *out += &MONTHS[month as usize - 1][..3],
            Some('%') => out.push('%'),
            _ => return Err(Decline::new("strftime() with another directive")),
        }
    }
    Ok(())
}
