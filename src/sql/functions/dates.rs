//! Functions of dates and times that take patterns and units.

use super::{label, made, taken};
use crate::sql::cast::{Mode, cast};
use crate::sql::error::{SqlError, SqlResult};
use crate::sql::literal;
use crate::sql::operators::as_type;
use crate::sql::planner::Planner;
use crate::sql::typed::Typed;
use crate::sql::types::{Type, text_literal};

/// A pattern of Java's as the executor's, for writing; for reading only what both read alike.
fn pattern(value: &Typed, reading: bool) -> SqlResult<String> {
    let Some(text) = value.text() else {
        return Err(SqlError::declined("A datetime pattern that isn't a constant"));
    };
    let declined = || SqlError::declined(&format!("The datetime pattern {text}"));
    let chars: Vec<char> = text.chars().collect();
    let mut made = String::new();
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        if c == '\'' {
            let end = chars[at + 1..].iter().position(|c| *c == '\'').ok_or_else(declined)?;
            made.extend(&chars[at + 1..at + 1 + end]);
            at += end + 2;
            continue;
        }
        if !c.is_ascii_alphabetic() {
            if c == '%' {
                return Err(declined());
            }
            made.push(c);
            at += 1;
            continue;
        }
        let count = chars[at..].iter().take_while(|each| **each == c).count();
        at += count;
        made.push_str(match (c, count, reading) {
            ('y' | 'u', 4, _) => "%Y",
            ('y', 1, false) => "%-Y",
            ('y', 2, false) => "%y",
            ('M' | 'L', 2, _) => "%m",
            ('M' | 'L', 1, false) => "%-m",
            ('M' | 'L', 3, false) => "%b",
            ('M' | 'L', 4, false) => "%B",
            ('d', 2, _) => "%d",
            ('d', 1, false) => "%-d",
            ('H', 2, _) => "%H",
            ('H', 1, false) => "%-H",
            ('h', 2, false) => "%I",
            ('h', 1, false) => "%-I",
            ('m', 2, _) => "%M",
            ('m', 1, false) => "%-M",
            ('s', 2, _) => "%S",
            ('s', 1, false) => "%-S",
            ('S', 3, false) => "%g",
            ('S', 6, false) => "%f",
            ('E', 1..=3, false) => "%a",
            ('E', 4, false) => "%A",
            ('a', 1, false) => "%p",
            ('D', 3, false) => "%j",
            ('D', 1, false) => "%-j",
            _ => return Err(declined()),
        });
    }
    Ok(made)
}

/// A text that only what such a pattern reads matches: all digits there, nothing behind.
fn shape(pattern: &str) -> String {
    let mut shape = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '%' => shape.push_str(if chars.next() == Some('Y') { "[0-9]{4}" } else { "[0-9]{2}" }),
            c if c.is_alphanumeric() || c == ' ' => shape.push(c),
            c => {
                shape.push('\\');
                shape.push(c);
            }
        }
    }
    shape
}

/// The unit that a constant names.
fn unit_of(name: &str, unit: &Typed) -> SqlResult<String> {
    let text = unit.text().ok_or_else(|| SqlError::declined(&format!("{name} of a unit that isn't a constant")))?;
    Ok(text.to_lowercase())
}

pub fn call(planner: &mut Planner<'_>, name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    let lenient = planner.lenient() || name.starts_with("try_");
    let mode = if lenient { Mode::Try } else { Mode::Ansi };
    let value = match (name, args) {
        ("date_format", [a, by]) => {
            let by = pattern(by, false)?;
            let moment = if a.ty == Type::TimestampNtz { a.clone() } else { taken(a, 'T', 0, &label(name, args))? };
            made(
                name,
                args,
                format!("strftime(CAST({} AS TIMESTAMP), {})", moment.sql, text_literal(&by)),
                Type::String,
            )
        }
        (
            "to_date" | "try_to_date" | "to_timestamp" | "try_to_timestamp" | "to_timestamp_ltz" | "to_timestamp_ntz",
            [a, rest @ ..],
        ) if rest.len() <= 1 => {
            let to = match name {
                "to_date" | "try_to_date" => Type::Date,
                "to_timestamp_ntz" => Type::TimestampNtz,
                _ => Type::Timestamp,
            };
            let Some(by) = rest.first().filter(|_| a.ty == Type::String) else {
                if a.ty.is_numeric() && to == Type::Date {
                    return Err(SqlError::declined("to_date of a number"));
                }
                let sql = cast(&a.sql, &a.ty, &to, mode)?;
                return Ok(Some(Typed { nullable: true, ..made(name, args, sql, to) }));
            };
            let by = pattern(by, true)?;
            let kind = to.physical();
            let read = format!(
                "TRY_CAST(CASE WHEN regexp_full_match({0}, {1}) THEN try_strptime({0}, {2}) END AS {kind})",
                a.sql,
                text_literal(&shape(&by)),
                text_literal(&by)
            );
            let sql = if lenient {
                read
            } else {
                format!(
                    "(CASE WHEN {0} IS NULL THEN NULL ELSE coalesce({read}, CAST(error('[CANNOT_PARSE_TIMESTAMP] Text ''' || {0} || ''' could not be parsed. Use `try_to_timestamp` to tolerate invalid input string and return NULL instead. SQLSTATE: 22007') AS {kind})) END)",
                    a.sql
                )
            };
            Typed { nullable: true, ..made(name, args, sql, to) }
        }
        ("unix_timestamp" | "to_unix_timestamp", _) if args.len() <= 2 => {
            let Some(a) = args.first() else {
                let sql = "p_floor_by(epoch_us(p_now()), 1000000)".to_owned();
                let mut value = Typed::new(
                    sql,
                    Type::Long,
                    false,
                    "unix_timestamp(current_timestamp(), yyyy-MM-dd HH:mm:ss)".to_owned(),
                );
                value.parts.literal = false;
                return Ok(Some(value));
            };
            let default = literal::string("yyyy-MM-dd HH:mm:ss");
            let by = args.get(1).unwrap_or(&default);
            let moment = if a.ty == Type::String {
                call(planner, "to_timestamp", &[a.clone(), by.clone()])?
                    .ok_or_else(|| SqlError::malformed("to_timestamp"))?
            } else {
                as_type(a, &Type::Timestamp)?
            };
            // Before 1970 a part of a second is cut off, where the other functions of seconds go down.
            let sql = format!("p_cut_by(epoch_us({}), 1000000)", moment.sql);
            Typed {
                nullable: true,
                name: format!("{name}({}, {})", a.name, by.name),
                ..made(name, args, sql, Type::Long)
            }
        }
        ("from_unixtime", [a, rest @ ..]) if rest.len() <= 1 => {
            let default = literal::string("yyyy-MM-dd HH:mm:ss");
            let by = rest.first().unwrap_or(&default);
            let seconds = taken(a, 'l', 0, &label(name, args))?;
            let sql = format!(
                "strftime(CAST(make_timestamptz(p_in_years({}) * 1000000) AS TIMESTAMP), {})",
                seconds.sql,
                text_literal(&pattern(by, false)?)
            );
            Typed { name: format!("{name}({}, {})", a.name, by.name), ..made(name, args, sql, Type::String) }
        }
        ("trunc", [a, unit]) => {
            let date = taken(a, 'D', 0, &label(name, args))?;
            let unit = match unit_of(name, unit)?.as_str() {
                "year" | "yyyy" | "yy" => "year",
                "quarter" => "quarter",
                "month" | "mon" | "mm" => "month",
                "week" => "week",
                _ => {
                    return Ok(Some(Typed {
                        nullable: true,
                        ..made(name, args, "CAST(NULL AS DATE)".to_owned(), Type::Date)
                    }));
                }
            };
            Typed {
                nullable: true,
                ..made(name, args, format!("CAST(date_trunc('{unit}', {}) AS DATE)", date.sql), Type::Date)
            }
        }
        ("date_trunc", [unit, a]) => {
            let unit = match unit_of(name, unit)?.as_str() {
                "year" | "yyyy" | "yy" => "year",
                "quarter" => "quarter",
                "month" | "mon" | "mm" => "month",
                "week" => "week",
                "day" | "dd" => "day",
                "hour" => "hour",
                "minute" => "minute",
                "second" => "second",
                "millisecond" => "millisecond",
                "microsecond" => "microsecond",
                _ => {
                    return Ok(Some(Typed {
                        nullable: true,
                        ..made(name, args, "CAST(NULL AS TIMESTAMPTZ)".to_owned(), Type::Timestamp)
                    }));
                }
            };
            let ty = if a.ty == Type::TimestampNtz { Type::TimestampNtz } else { Type::Timestamp };
            let moment = as_type(a, &ty)?;
            Typed {
                nullable: true,
                ..made(name, args, format!("CAST(date_trunc('{unit}', {}) AS {})", moment.sql, ty.physical()), ty)
            }
        }
        ("date_part" | "datepart" | "extract", [field, a]) => {
            let function = match unit_of(name, field)?.as_str() {
                "year" | "y" | "years" | "yr" | "yrs" => "year",
                "quarter" | "qtr" => "quarter",
                "month" | "mon" | "mons" | "months" => "month",
                "week" | "w" | "weeks" => "weekofyear",
                "day" | "d" | "days" => "day",
                "dayofweek" | "dow" => "dayofweek",
                "doy" => "dayofyear",
                "hour" | "h" | "hours" | "hr" | "hrs" => "hour",
                "minute" | "m" | "min" | "mins" | "minutes" => "minute",
                "s" | "sec" | "second" | "seconds" | "secs" => {
                    let moment =
                        if a.ty == Type::TimestampNtz { a.clone() } else { taken(a, 'T', 0, &label(name, args))? };
                    let ty = Type::Decimal(8, 6);
                    let sql = format!("CAST(p_scaled_text(microsecond({}), 6) AS {})", moment.sql, ty.physical());
                    let shown = if name == "extract" {
                        format!("extract({} FROM {})", field.name, a.name)
                    } else {
                        label(name, args)
                    };
                    return Ok(Some(Typed { name: shown, ..made(name, std::slice::from_ref(a), sql, ty) }));
                }
                other => return Err(SqlError::declined(&format!("{name} of {other}"))),
            };
            let source =
                if name == "extract" { format!("extract({} FROM {})", field.name, a.name) } else { label(name, args) };
            Typed { name: source, ..super::of_values(planner, function, std::slice::from_ref(a))? }
        }
        ("make_timestamp" | "make_timestamp_ltz" | "make_timestamp_ntz", [_, _, _, _, _, seconds]) => {
            let mut parts = Vec::new();
            for (at, arg) in args[..5].iter().enumerate() {
                parts.push(taken(arg, 'i', at, &label(name, args))?.sql);
            }
            let seconds = as_type(seconds, &Type::Double)?;
            let sql = format!("make_timestamp({}, {})", parts.join(", "), seconds.sql);
            if name == "make_timestamp_ntz" {
                made(name, args, sql, Type::TimestampNtz)
            } else {
                made(name, args, format!("CAST({sql} AS TIMESTAMPTZ)"), Type::Timestamp)
            }
        }
        ("localtimestamp", []) => {
            let mut value =
                Typed::new("CAST(p_now() AS TIMESTAMP)".to_owned(), Type::TimestampNtz, false, label(name, args));
            value.parts.literal = false;
            value
        }
        ("make_dt_interval", _) if args.len() <= 4 => {
            let sizes = ["86400000000", "3600000000", "60000000"];
            let mut sum = Vec::new();
            for (arg, size) in args.iter().zip(sizes) {
                sum.push(format!("CAST({} AS BIGINT) * {size}", as_type(arg, &Type::Int)?.sql));
            }
            if let Some(seconds) = args.get(3) {
                sum.push(format!("CAST(round({} * 1000000) AS BIGINT)", as_type(seconds, &Type::Double)?.sql));
            }
            let sql = if sum.is_empty() { "0::BIGINT".to_owned() } else { format!("({})", sum.join(" + ")) };
            made(name, args, sql, Type::DayTime(0, 3))
        }
        ("make_ym_interval", _) if args.len() <= 2 => {
            let mut sum = Vec::new();
            for (arg, size) in args.iter().zip([12, 1]) {
                sum.push(format!("{} * {size}", as_type(arg, &Type::Int)?.sql));
            }
            let sql = if sum.is_empty() { "0::INTEGER".to_owned() } else { format!("({})", sum.join(" + ")) };
            made(name, args, sql, Type::YearMonth(0, 1))
        }
        ("window", _) => planner.time_window(args)?,
        ("session_window", _) => planner.session_window(args)?,
        ("window_time", _) => planner.window_time(args)?,
        ("make_interval", _) => return Err(SqlError::declined(&format!("The function {name}"))),
        _ => return Ok(None),
    };
    Ok(Some(value))
}
