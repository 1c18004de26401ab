//! Times as Spark's REST writes them.

use crate::kernel::calendar::{date_of, push_two};
use crate::time::Time;

const DAY: i64 = 86_400_000;

/// `2026-11-22T15:26:40.000GMT`
pub fn gmt(time: Time) -> String {
    let (day, rest) = (time.0.div_euclid(DAY), time.0.rem_euclid(DAY));
    let (year, month, date) = date_of(day);
    let mut text = format!("{year:04}-{month:02}-{date:02}T");
    push_two(rest / 3_600_000, &mut text);
    for part in [rest / 60_000 % 60, rest / 1000 % 60] {
        text.push(':');
        push_two(part, &mut text);
    }
    text + &format!(".{:03}GMT", rest % 1000)
}
