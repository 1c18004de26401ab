//! Casts as Spark makes them under ANSI: a value that doesn't fit raises, in `try_cast` it becomes null.

use super::error::{SqlError, SqlResult};
use super::types::{Type, physical_names, quoted, text_literal};

/// What becomes of a value that can't be cast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Ansi,
    Try,
}

/// Whether there is such a cast at all.
pub fn allowed(from: &Type, to: &Type) -> bool {
    use Type::{
        Array, Binary, Boolean, Date, DayTime, Map, Null, String, Struct, Timestamp, TimestampNtz, Udt, YearMonth,
    };
    match (from, to) {
        _ if from == to => true,
        (Null, _) => true,
        (Udt(_, inner), _) => allowed(inner, to),
        (_, Udt(_, inner)) => allowed(from, inner),
        (Array(a, _), Array(b, _)) => allowed(a, b),
        (Map(ak, av, _), Map(bk, bv, _)) => allowed(ak, bk) && allowed(av, bv),
        (Struct(a), Struct(b)) => a.len() == b.len() && a.iter().zip(b).all(|(x, y)| allowed(&x.ty, &y.ty)),
        (DayTime(..), DayTime(..)) | (YearMonth(..), YearMonth(..)) => true,
        (_, String) => !matches!(from, DayTime(..) | YearMonth(..)),
        (String, _) => to.is_numeric() || to.is_time() || matches!(to, Boolean | Binary),
        (Boolean, _) => to.is_numeric() || *to == Timestamp,
        (_, Boolean) => from.is_numeric() || *from == Timestamp,
        (Date | Timestamp | TimestampNtz, Date | Timestamp | TimestampNtz) => true,
        (Timestamp, _) => to.is_numeric(),
        (_, Timestamp) => from.is_numeric(),
        (_, Binary) => from.is_integral(),
        _ => from.is_numeric() && to.is_numeric(),
    }
}

/// The executor's SQL of a value of one type as another.
pub fn cast(sql: &str, from: &Type, to: &Type, mode: Mode) -> SqlResult<String> {
    if let Type::Udt(_, inner) = from {
        return cast(sql, inner, to, mode);
    }
    if let Type::Udt(_, inner) = to {
        return cast(sql, from, inner, mode);
    }
    if from == to
        || from.physical() == to.physical() && !matches!((from, to), (Type::DayTime(..), _) | (_, Type::DayTime(..)))
    {
        return Ok(sql.to_owned());
    }
    let ty = to.physical();
    let plain = match mode {
        Mode::Ansi => format!("CAST({sql} AS {ty})"),
        Mode::Try => format!("TRY_CAST({sql} AS {ty})"),
    };
    let verb = if mode == Mode::Ansi { "CAST" } else { "TRY_CAST" };
    Ok(match (from, to) {
        (Type::Null, _) => format!("CAST(NULL AS {ty})"),
        (Type::DayTime(..), Type::DayTime(..)) | (Type::YearMonth(..), Type::YearMonth(..)) => sql.to_owned(),
        (_, Type::String) => to_text(sql, from, 0)?,
        (Type::String, _) => from_text(sql, to, mode)?,
        (Type::Array(a, _), Type::Array(b, _)) => {
            let inner = cast("e_", a, b, mode)?;
            format!("list_transform({sql}, lambda e_: {inner})")
        }
        (Type::Struct(a), Type::Struct(b)) => {
            let (from_names, to_names) = (physical_names(a), physical_names(b));
            let mut parts = Vec::new();
            for (index, field) in a.iter().enumerate() {
                let value = cast(&format!("({sql}).{}", quoted(&from_names[index])), &field.ty, &b[index].ty, mode)?;
                parts.push(format!("{} := {value}", quoted(&to_names[index])));
            }
            format!("CASE WHEN {sql} IS NULL THEN NULL ELSE struct_pack({}) END", parts.join(", "))
        }
        (Type::Map(ak, av, _), Type::Map(bk, bv, _)) => format!(
            "map(list_transform(map_keys({sql}), lambda e_: {}), list_transform(map_values({sql}), lambda e_: {}))",
            cast("e_", ak, bk, mode)?,
            cast("e_", av, bv, mode)?
        ),
        (Type::Float | Type::Double | Type::Decimal(..), _) if to.is_integral() => {
            format!("{verb}(trunc({sql}) AS {ty})")
        }
        (_, Type::Boolean) if from.is_numeric() => format!("({sql} <> 0)"),
        (Type::Boolean, Type::Decimal(..)) => format!("{verb}(CAST({sql} AS INTEGER) AS {ty})"),
        (Type::Timestamp, Type::Date) | (_, Type::Timestamp | Type::TimestampNtz | Type::Date) if from.is_time() => {
            plain
        }
        (Type::Timestamp, _) if to.is_integral() => format!("{verb}(p_floor_by(epoch_us({sql}), 1000000) AS {ty})"),
        (Type::Timestamp, _) if to.is_numeric() => format!("{verb}(epoch_us({sql}) / 1000000 AS {ty})"),
        (_, Type::Timestamp) if from.is_numeric() => {
            format!("make_timestamptz(CAST(trunc(CAST({sql} AS DOUBLE) * 1000000) AS BIGINT))")
        }
        (_, Type::Binary) => return Err(SqlError::declined("A cast of numbers to BINARY")),
        (Type::Float, Type::Double) => plain,
        (Type::Double | Type::Float, Type::Decimal(precision, scale)) => format!(
            "{verb}(CASE WHEN isfinite({sql}) THEN p_double_text(CAST({sql} AS DOUBLE)) END AS DECIMAL({precision},{scale}))"
        ),
        (Type::Decimal(..), Type::Decimal(..)) if mode == Mode::Ansi => plain,
        _ => plain,
    })
}

/// A value as text.
pub fn to_text(sql: &str, from: &Type, depth: usize) -> SqlResult<String> {
    Ok(match from {
        Type::Null => "CAST(NULL AS VARCHAR)".to_owned(),
        Type::String => sql.to_owned(),
        Type::Decimal(precision, scale) if i32::from(*precision) == i32::from(*scale) => {
            // The executor leaves out the zero before the point.
            format!("regexp_replace(CAST({sql} AS VARCHAR), '^(-?)\\.', '\\10.')")
        }
        Type::Boolean | Type::Byte | Type::Short | Type::Int | Type::Long | Type::Date | Type::Decimal(..) => {
            format!("CAST({sql} AS VARCHAR)")
        }
        Type::Float => format!("p_float_text({sql})"),
        Type::Double => format!("p_double_text({sql})"),
        Type::Binary => format!("decode({sql})"),
        Type::TimestampNtz => format!("CAST({sql} AS VARCHAR)"),
        Type::Timestamp => format!("CAST(CAST({sql} AS TIMESTAMP) AS VARCHAR)"),
        Type::DayTime(..) | Type::YearMonth(..) => return Err(SqlError::declined("A cast of intervals to STRING")),
        Type::Udt(_, inner) => to_text(sql, inner, depth)?,
        Type::Array(element, _) => {
            let name = format!("e{depth}_");
            let inner = to_text(&name, element, depth + 1)?;
            format!(
                "('[' || array_to_string(list_transform({sql}, lambda {name}: coalesce({inner}, 'null')), ', ') || ']')"
            )
        }
        Type::Map(key, value, _) => {
            let name = format!("e{depth}_");
            let key = to_text(&format!("{name}.key"), key, depth + 1)?;
            let value = to_text(&format!("{name}.value"), value, depth + 1)?;
            format!(
                "('{{' || array_to_string(list_transform(map_entries({sql}), lambda {name}: {key} || ' -> ' || \
                 coalesce({value}, 'null')), ', ') || '}}')"
            )
        }
        Type::Struct(fields) => {
            let names = physical_names(fields);
            let mut parts = Vec::new();
            for (field, name) in fields.iter().zip(&names) {
                let inner = to_text(&format!("({sql}).{}", quoted(name)), &field.ty, depth + 1)?;
                parts.push(format!("coalesce({inner}, 'null')"));
            }
            let inside = if parts.is_empty() { "''".to_owned() } else { parts.join(" || ', ' || ") };
            format!("(CASE WHEN {sql} IS NULL THEN NULL ELSE '{{' || {inside} || '}}' END)")
        }
    })
}

fn from_text(sql: &str, to: &Type, mode: Mode) -> SqlResult<String> {
    let ty = to.physical();
    let tried = match to {
        _ if to.is_integral() => format!("TRY_CAST(p_whole({sql}) AS {ty})"),
        Type::Float | Type::Double => format!("TRY_CAST(p_fraction({sql}) AS {ty})"),
        Type::Decimal(..) => format!("TRY_CAST(p_number({sql}) AS {ty})"),
        Type::Boolean => format!("p_boolean({sql})"),
        Type::Date => format!("p_date({sql})"),
        Type::Timestamp => format!("TRY_CAST(p_moment({sql}) AS TIMESTAMPTZ)"),
        Type::TimestampNtz => format!("TRY_CAST(p_moment({sql}) AS TIMESTAMP)"),
        Type::Binary => return Ok(format!("encode({sql})")),
        _ => return Err(SqlError::declined(&format!("A cast of STRING to {}", to.sql()))),
    };
    if mode == Mode::Try {
        return Ok(tried);
    }
    let message = text_literal(&format!(
        "' of the type \"STRING\" cannot be cast to \"{}\" because it is malformed. Correct the value as per the \
         syntax, or change its target type. Use `try_cast` to tolerate malformed input and return NULL instead. \
         SQLSTATE: 22018",
        to.sql()
    ));
    Ok(format!(
        "(CASE WHEN {sql} IS NULL THEN NULL ELSE coalesce({tried}, CAST(error('[CAST_INVALID_INPUT] The value ''' || \
         {sql} || {message}) AS {ty})) END)"
    ))
}
