//! Event time: watermarks, windows of time and sessions. Columns that bear an event time say so in their metadata, as in Spark.

use super::error::{SqlError, SqlResult};
use super::expr::column_value;
use super::operators::as_type;
use super::planner::Planner;
use super::proto;
use super::relation::{Planned, ROW, numbered};
use super::scope::{Column, name_parts};
use super::typed::{Parts, Typed};
use super::types::{Field, Type};

const DELAY: &str = "spark.watermarkDelayMs";
const WINDOW: &str = "spark.timeWindow";
const SESSION: &str = "spark.sessionWindow";

/// A window that the expressions at hand name: a column that the relation under them gets.
#[derive(Debug, Clone)]
pub struct Windowed {
    pub column: Column,
    time: Typed,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// Length, slide and start in microseconds.
    Time(i64, i64, i64),
    /// SQL of the gap in microseconds.
    Session(String),
}

fn metadata_with(metadata: &str, key: &str, value: Option<serde_json::Value>) -> String {
    let mut map = match serde_json::from_str(metadata) {
        Ok(serde_json::Value::Object(map)) => map,
        _ => serde_json::Map::new(),
    };
    match value {
        Some(value) => map.insert(key.to_owned(), value),
        None => map.remove(key),
    };
    if map.is_empty() { String::new() } else { serde_json::Value::Object(map).to_string() }
}

/// The delay of a column that bears an event time, in milliseconds.
pub fn delay(metadata: &str) -> Option<i64> {
    if !metadata.contains(DELAY) {
        return None;
    }
    serde_json::from_str::<serde_json::Value>(metadata).ok()?.get(DELAY)?.as_i64()
}

/// What a column's metadata are once it bears an event time of this delay.
pub fn delayed(metadata: &str, delay: i64) -> String {
    metadata_with(metadata, DELAY, Some(delay.into()))
}

/// Whether a column holds sessions.
pub fn is_session(metadata: &str) -> bool {
    metadata.contains(SESSION)
}

/// The place of the first column with an event time.
pub fn place<'a>(mut metadata: impl Iterator<Item = &'a str>) -> Option<usize> {
    metadata.position(|each| delay(each).is_some())
}

/// Months and microseconds of `10 seconds`, `1 hour 30 minutes`, `interval 1 day`.
pub fn interval(text: &str) -> Option<(i64, i64)> {
    let lower = text.trim().to_lowercase();
    let body = lower.strip_prefix("interval ").unwrap_or(&lower).trim();
    let words: Vec<&str> = body.split_whitespace().collect();
    if words.is_empty() || !words.len().is_multiple_of(2) {
        return None;
    }
    let (mut months, mut micros) = (0i64, 0i64);
    for pair in words.chunks(2) {
        let unit = pair[1].strip_suffix('s').unwrap_or(pair[1]);
        if unit == "second" {
            let value: f64 = pair[0].parse().ok()?;
            #[expect(clippy::cast_possible_truncation, reason = "a literal that a person wrote")]
            let value = (value * 1e6).round() as i64;
            micros = micros.checked_add(value)?;
            continue;
        }
        let number: i64 = pair[0].parse().ok()?;
        let size = match unit {
            "year" => {
                months = months.checked_add(number.checked_mul(12)?)?;
                continue;
            }
            "month" => {
                months = months.checked_add(number)?;
                continue;
            }
            "week" => 604_800_000_000,
            "day" => 86_400_000_000,
            "hour" => 3_600_000_000,
            "minute" => 60_000_000,
            "millisecond" => 1000,
            "microsecond" => 1,
            _ => return None,
        };
        micros = micros.checked_add(number.checked_mul(size)?)?;
    }
    Some((months, micros))
}

fn no_interval(text: &str) -> SqlError {
    SqlError::analysis(
        "CANNOT_PARSE_INTERVAL",
        "22006",
        &[("intervalString", text)],
        &format!(
            "Unable to parse '{text}'. Please ensure that the value provided is in a valid format for defining an interval. \
             You can reference the documentation for the correct format. If the issue persists, please double check that the \
             input value is not null or empty and try again."
        ),
    )
}

/// What Spark says in plain words.
fn said(kind: &'static str, condition: &str, message: String) -> SqlError {
    SqlError { kind, condition: condition.to_owned(), state: "", parameters: Vec::new(), message }
}

/// A constant length of time in microseconds.
pub fn length(value: &Typed) -> SqlResult<i64> {
    if !value.parts.literal {
        return Err(SqlError::declined("A window whose length isn't a constant"));
    }
    if let Type::DayTime(..) = value.ty {
        let digits: String = value.sql.chars().take_while(|c| *c != ':').filter(|c| *c != '(').collect();
        return digits.parse().map_err(|_| SqlError::declined("A window of such an interval"));
    }
    let (months, micros) = interval(&value.name).ok_or_else(|| no_interval(&value.name))?;
    if months != 0 {
        return Err(said(
            "IllegalArgumentException",
            "_LEGACY_ERROR_TEMP_3231",
            format!("Intervals greater than a month is not supported ({}).", value.name),
        ));
    }
    Ok(micros)
}

/// A window's bounds as Spark types them.
fn window_type(time: &Type) -> Type {
    Type::Struct(vec![Field::new("start", time.clone(), true), Field::new("end", time.clone(), true)])
}

fn moment(ty: &Type, micros: &str) -> String {
    if *ty == Type::TimestampNtz { format!("make_timestamp({micros})") } else { format!("make_timestamptz({micros})") }
}

fn bounds(ty: &Type, start: &str, end: &str) -> String {
    format!("struct_pack(\"start\" := {}, \"end\" := {})", moment(ty, start), moment(ty, end))
}

impl Planner<'_> {
    /// `withWatermark`.
    pub fn watermark(&mut self, message: &proto::WithWatermark) -> SqlResult<Planned> {
        let input = message.input.as_deref().ok_or_else(|| SqlError::malformed("an input"))?;
        let mut below = self.relation(input)?;
        let text = &message.delay_threshold;
        let parts = name_parts(&message.event_time)?;
        let value = self.within(&[&below], |planner| planner.named(&parts, None))?;
        let (months, micros) = interval(text).ok_or_else(|| no_interval(text))?;
        // A month has 31 days here.
        let delay = months * 31 * 86_400_000 + micros.div_euclid(1000);
        if delay < 0 {
            return Err(said(
                "IllegalArgumentException",
                "",
                format!("requirement failed: delay threshold ({text}) should not be negative."),
            ));
        }
        let timed = match &value.ty {
            Type::Timestamp | Type::TimestampNtz => true,
            Type::Struct(fields) => fields.iter().any(|field| field.name == "end" && field.ty == Type::Timestamp),
            _ => false,
        };
        if !timed {
            return Err(SqlError::analysis(
                "EVENT_TIME_IS_NOT_ON_TIMESTAMP_TYPE",
                "42K09",
                &[
                    ("eventName", &super::types::backquoted(&value.name)),
                    ("eventType", &format!("\"{}\"", value.ty.sql())),
                ],
                &format!(
                    "The event time `{}` has the invalid type \"{}\", but expected \"TIMESTAMP\".",
                    value.name,
                    value.ty.sql()
                ),
            ));
        }
        let id = value.column.ok_or_else(|| SqlError::declined("A watermark of a field"))?;
        if !below.streams() {
            return Ok(below);
        }
        if self.start.is_some() && place(below.columns.iter().map(|column| column.metadata.as_str())).is_some() {
            self.rules.in_a_batch(super::stream::refused(
                "Redefining watermark is disallowed. You can set the config 'spark.sql.streaming.statefulOperator.allowMultiple' to 'false' to restore the previous behavior. Note that multiple stateful operators will be disallowed.",
            ));
        }
        for column in &mut below.columns {
            let held = (column.id == id).then(|| serde_json::Value::from(delay));
            column.metadata = metadata_with(&column.metadata, DELAY, held);
        }
        if self.start.is_none() {
            return Ok(below);
        }
        Ok(self.stateful("watermark", below, &[format!("c{id}")], vec![("delay", delay.to_string())]))
    }

    /// `window(...)`: a column of the relation under the expression.
    pub fn time_window(&mut self, args: &[Typed]) -> SqlResult<Typed> {
        let [time, lengths @ ..] = args else { return Err(super::functions::wrong_count("window", args.len())) };
        if lengths.is_empty() || lengths.len() > 3 {
            return Err(super::functions::wrong_count("window", args.len()));
        }
        let size = length(&lengths[0])?;
        let slide = lengths.get(1).map_or(Ok(size), length)?;
        let start = lengths.get(2).map_or(Ok(0), length)?;
        let names: Vec<String> = args.iter().map(|arg| arg.name.clone()).collect();
        let shown = format!("window({}, {size}, {slide}, {start})", names[0]);
        let of_bounds = |first: &str, left: i64, right: i64, sign: &str, wrong: bool| {
            if !wrong {
                return Ok(());
            }
            Err(SqlError::mismatch(
                &shown,
                if sign == "> 0" { "VALUE_OUT_OF_RANGE" } else { "PARAMETER_CONSTRAINT_VIOLATION" },
                &if sign == "> 0" {
                    format!("The `{first}` must be between (0, 9223372036854775807] (current value = {left}L).")
                } else {
                    format!("The `{first}`({left}L) must be {sign}({right}L).")
                },
            ))
        };
        of_bounds("window_duration", size, 0, "> 0", size <= 0)?;
        of_bounds("slide_duration", slide, 0, "> 0", slide <= 0)?;
        of_bounds("slide_duration", slide, size, "<= the `window_duration`", slide > size)?;
        of_bounds("abs(start_time)", start.abs(), slide, "< the `slide_duration`", start.abs() >= slide)?;
        let time = self.time_of(time, &shown)?;
        self.windowed(time, Kind::Time(size, slide, start), "window", WINDOW)
    }

    /// `session_window(...)`.
    pub fn session_window(&mut self, args: &[Typed]) -> SqlResult<Typed> {
        let [time, gap] = args else { return Err(super::functions::wrong_count("session_window", args.len())) };
        let sql = if gap.parts.literal {
            format!("{}::BIGINT", length(gap)?)
        } else if gap.ty == Type::String {
            format!("CAST(epoch_us(TIMESTAMP '1970-01-01' + CAST({} AS INTERVAL)) AS BIGINT)", gap.sql)
        } else if let Type::DayTime(..) = gap.ty {
            gap.sql.clone()
        } else {
            return Err(SqlError::declined("session_window with such a gap"));
        };
        let time = self.time_of(time, "session_window")?;
        self.windowed(time, Kind::Session(sql), "session_window", SESSION)
    }

    /// `window_time(window)`: the last moment of a window.
    pub fn window_time(&mut self, args: &[Typed]) -> SqlResult<Typed> {
        let [window] = args else { return Err(super::functions::wrong_count("window_time", args.len())) };
        if !(window.metadata.contains(WINDOW) || window.metadata.contains(SESSION)) {
            return Err(said(
                "AnalysisException",
                "_LEGACY_ERROR_TEMP_3101",
                "The input is not a correct window column: `window_time` takes a column that `window` or `session_window` made.".to_owned(),
            ));
        }
        let ty = match &window.ty {
            Type::Struct(fields) => fields.first().map_or(Type::Timestamp, |field| field.ty.clone()),
            _ => Type::Timestamp,
        };
        let end = format!("epoch_us(({}).\"end\") - 1", window.sql);
        let metadata = metadata_with(&metadata_with(&window.metadata, WINDOW, None), SESSION, None);
        let name = format!("window_time({})", window.name);
        let made = Typed::new(moment(&ty, &end), ty, true, name).of(std::slice::from_ref(window));
        Ok(Typed { metadata, ..made })
    }

    /// The time that a window is of: a window's own is its last moment.
    fn time_of(&mut self, time: &Typed, label: &str) -> SqlResult<Typed> {
        match &time.ty {
            Type::Timestamp | Type::TimestampNtz => Ok(time.clone()),
            Type::Date | Type::String => as_type(time, &Type::Timestamp),
            Type::Struct(_) if time.metadata.contains(WINDOW) => self.window_time(std::slice::from_ref(time)),
            _ => Err(SqlError::mismatch(
                label,
                "UNEXPECTED_INPUT_TYPE",
                &format!(
                    "The first parameter requires the (\"(TIMESTAMP OR TIMESTAMP WITHOUT TIME ZONE)\" or \"STRUCT<start: TIMESTAMP, \
                     end: TIMESTAMP>\" or \"STRUCT<start: TIMESTAMP_NTZ, end: TIMESTAMP_NTZ>\") type, however \"{}\" has the type \"{}\".",
                    time.name,
                    time.ty.sql()
                ),
            )),
        }
    }

    fn windowed(&mut self, time: Typed, kind: Kind, name: &str, marker: &str) -> SqlResult<Typed> {
        if let Some(other) = self.windows.first()
            && (other.kind != kind || other.time.sql != time.sql)
        {
            return Err(said(
                "AnalysisException",
                "_LEGACY_ERROR_TEMP_1039",
                "Multiple time/session window expressions would result in a cartesian product of rows, therefore they are currently not supported.".to_owned(),
            ));
        }
        let column = if let Some(same) = self.windows.first() {
            same.column.clone()
        } else {
            let overlaps = matches!(kind, Kind::Time(size, slide, _) if size != slide);
            let mut column = self.column(name, window_type(&time.ty), overlaps);
            let held = delay(&time.metadata).map(serde_json::Value::from);
            let metadata = metadata_with("", DELAY, held);
            column.metadata = metadata_with(&metadata, marker, Some(serde_json::Value::from(true)));
            self.windows.push(Windowed { column: column.clone(), time, kind });
            column
        };
        let mut value = column_value(&column);
        value.named = false;
        value.column = None;
        value.parts = Parts { column: true, ..Parts::default() };
        Ok(value)
    }

    /// The relation with a window's column; rows without a time go.
    pub fn with_window(&mut self, below: Planned, window: &Windowed) -> Planned {
        let (time, ty, name) = (&window.time.sql, &window.time.ty, window.column.sql());
        let micros = format!("epoch_us({time})");
        let sql = match &window.kind {
            Kind::Session(gap) => format!(
                "SELECT *, {} AS {name} FROM {} WHERE {time} IS NOT NULL AND ({gap}) > 0",
                bounds(ty, &micros, &format!("{micros} + {gap}")),
                below.from()
            ),
            Kind::Time(size, slide, start) => {
                let last = format!("({micros} - ((({micros} - ({start})) % {slide} + {slide}) % {slide}))");
                let some = format!("{} WHERE {time} IS NOT NULL", below.from());
                if size == slide {
                    let window = bounds(ty, &last, &format!("{last} + {size}"));
                    format!("SELECT *, {window} AS {name} FROM {some}")
                } else {
                    let count = (size + slide - 1) / slide;
                    let from = format!("{last} - i_ * {slide}");
                    let window = bounds(ty, &from, &format!("{from} + {size}"));
                    let all = format!(
                        "SELECT *, unnest(list_transform(range({count}), lambda i_: {window})) AS {name} FROM {some}"
                    );
                    if size % slide == 0 {
                        all
                    } else {
                        // The unnested name isn't to be seen by WHERE of the same query.
                        format!("SELECT * FROM ({all}) WHERE {time} >= {name}.\"start\" AND {time} < {name}.\"end\"")
                    }
                }
            }
        };
        let mut extra = below.extra.clone();
        extra.push(window.column.clone());
        Planned { sql, extra, ..below }
    }

    /// Rows whose sessions, the column `session`, are put together within each of the other keys.
    pub fn merged_sessions(&mut self, below: Planned, session: &str, names: &[String]) -> Planned {
        let others: Vec<&str> = names.iter().map(String::as_str).filter(|name| *name != session).collect();
        let by = |more: &str| {
            let all: Vec<&str> = others.iter().copied().chain((!more.is_empty()).then_some(more)).collect();
            if all.is_empty() { String::new() } else { format!("PARTITION BY {} ", all.join(", ")) }
        };
        let order = format!("ORDER BY {session}.\"start\", {ROW}");
        let begins = format!(
            "SELECT *, CASE WHEN {session}.\"start\" <= max({session}.\"end\") OVER ({}{order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) THEN 0 ELSE 1 END AS b_in_ FROM ({})",
            by(""),
            numbered(&below, ROW)
        );
        let runs = format!(
            "SELECT *, sum(b_in_) OVER ({}{order} ROWS UNBOUNDED PRECEDING) AS r_in_, {session}.\"start\" AS s_in_ FROM ({begins})",
            by("")
        );
        let sql = format!(
            "SELECT * EXCLUDE (b_in_, r_in_, s_in_, {ROW}) REPLACE (struct_pack(\"start\" := min({session}.\"start\") OVER w_, \"end\" := max({session}.\"end\") OVER w_) AS {session}) FROM ({runs}) WINDOW w_ AS ({}) ORDER BY s_in_, {ROW}",
            by("r_in_")
        );
        Planned { sql, ..below }
    }
}
