//! Constants: their SQL, their type, and how Spark writes them in a column's name.

use super::error::{SqlError, SqlResult};
use super::messages::from_message;
use super::proto::expression::Literal;
use super::proto::expression::literal::LiteralType;
use super::typed::Typed;
use super::types::{Field, Type, physical_names, quoted, text_literal};

/// A literal of the protocol.
pub fn literal(message: &Literal) -> SqlResult<Typed> {
    let kind = message.literal_type.as_ref().ok_or_else(|| SqlError::malformed("a literal"))?;
    let made = |sql: String, ty: Type, name: String| Ok(Typed::new(sql, ty, false, name));
    let number = |sql: String, ty: Type, name: String| Ok(Typed::literal(sql, ty, name.clone(), &name));
    match kind {
        LiteralType::Null(ty) => {
            let ty = from_message(ty).unwrap_or(Type::Null);
            Ok(null(&ty))
        }
        LiteralType::Binary(bytes) => Ok(binary(bytes)),
        LiteralType::Boolean(value) => made(value.to_string(), Type::Boolean, value.to_string()),
        LiteralType::Byte(value) => number(format!("({value}::TINYINT)"), Type::Byte, value.to_string()),
        LiteralType::Short(value) => number(format!("({value}::SMALLINT)"), Type::Short, value.to_string()),
        LiteralType::Integer(value) => Ok(int(*value)),
        LiteralType::Long(value) => Ok(long(*value)),
        LiteralType::Float(value) => number(format!("CAST('{value:e}' AS FLOAT)"), Type::Float, java_float(*value)),
        LiteralType::Double(value) => Ok(double(*value)),
        LiteralType::Decimal(value) => decimal(&value.value, value.precision, value.scale),
        LiteralType::String(value) => Ok(string(value)),
        LiteralType::Date(days) => {
            let sql = format!("(DATE '1970-01-01' + {days})");
            made(sql, Type::Date, format!("DATE '{}'", date_text(i64::from(*days))))
        }
        LiteralType::Timestamp(micros) => made(
            format!("make_timestamptz({micros}::BIGINT)"),
            Type::Timestamp,
            format!("TIMESTAMP '{}'", moment_text(*micros)),
        ),
        LiteralType::TimestampNtz(micros) => made(
            format!("make_timestamp({micros}::BIGINT)"),
            Type::TimestampNtz,
            format!("TIMESTAMP_NTZ '{}'", moment_text(*micros)),
        ),
        LiteralType::DayTimeInterval(micros) => made(
            format!("({micros}::BIGINT)"),
            Type::DayTime(0, 3),
            format!("INTERVAL '{}' DAY TO SECOND", day_time_text(*micros)),
        ),
        LiteralType::YearMonthInterval(months) => made(
            format!("({months}::INTEGER)"),
            Type::YearMonth(0, 1),
            format!("INTERVAL '{}-{}' YEAR TO MONTH", months / 12, months % 12),
        ),
        LiteralType::CalendarInterval(_) => Err(SqlError::declined("A calendar interval")),
        LiteralType::Time(_) => Err(SqlError::declined("The type TIME")),
        LiteralType::Array(array) => {
            let given = match message.data_type.as_ref().map(from_message).transpose()? {
                Some(Type::Array(element, _)) => Some(*element),
                _ => None,
            };
            let elements = array.elements.iter().map(literal).collect::<SqlResult<Vec<_>>>()?;
            let element = given.or_else(|| elements.first().map(|first| first.ty.clone())).unwrap_or(Type::Null);
            let nulls = elements.iter().any(|element| element.nullable);
            let (sql, names): (Vec<_>, Vec<_>) =
                elements.into_iter().map(|element| (element.sql, element.name)).unzip();
            let ty = Type::Array(Box::new(element), nulls);
            let sql = format!("CAST([{}] AS {})", sql.join(", "), ty.physical());
            made(sql, ty, format!("ARRAY({})", names.join(", ")))
        }
        LiteralType::Map(map) => {
            let keys = map.keys.iter().map(literal).collect::<SqlResult<Vec<_>>>()?;
            let values = map.values.iter().map(literal).collect::<SqlResult<Vec<_>>>()?;
            let (key, value) = match message.data_type.as_ref().map(from_message).transpose()? {
                Some(Type::Map(key, value, _)) => (*key, *value),
                _ => (
                    keys.first().map_or(Type::Null, |key| key.ty.clone()),
                    values.first().map_or(Type::Null, |value| value.ty.clone()),
                ),
            };
            let nulls = values.iter().any(|value| value.nullable);
            let names: Vec<_> = keys.iter().zip(&values).map(|(k, v)| format!("{}, {}", k.name, v.name)).collect();
            let list = |parts: Vec<Typed>| parts.into_iter().map(|part| part.sql).collect::<Vec<_>>().join(", ");
            let ty = Type::Map(Box::new(key), Box::new(value), nulls);
            let sql = format!("CAST(map([{}], [{}]) AS {})", list(keys), list(values), ty.physical());
            made(sql, ty, format!("MAP({})", names.join(", ")))
        }
        LiteralType::Struct(value) => {
            let fields = match message.data_type.as_ref().map(from_message).transpose()? {
                Some(Type::Struct(fields)) => fields,
                _ => Vec::new(),
            };
            let elements = value.elements.iter().map(literal).collect::<SqlResult<Vec<_>>>()?;
            let fields: Vec<Field> = if fields.len() == elements.len() {
                fields
            } else {
                let field =
                    |(at, element): (usize, &Typed)| Field::new(&format!("col{}", at + 1), element.ty.clone(), true);
                elements.iter().enumerate().map(field).collect()
            };
            let sql: Vec<_> = physical_names(&fields)
                .iter()
                .zip(&elements)
                .map(|(name, element)| format!("{} := {}", quoted(name), element.sql))
                .collect();
            let names: Vec<_> =
                fields.iter().zip(&elements).map(|(field, e)| format!("{}, {}", field.name, e.name)).collect();
            made(
                format!("struct_pack({})", sql.join(", ")),
                Type::Struct(fields),
                format!("NAMED_STRUCT({})", names.join(", ")),
            )
        }
    }
}

pub fn null(ty: &Type) -> Typed {
    let sql = if *ty == Type::Null { "NULL".to_owned() } else { format!("CAST(NULL AS {})", ty.physical()) };
    Typed::new(sql, ty.clone(), true, "NULL".to_owned())
}

pub fn int(value: i32) -> Typed {
    let text = value.to_string();
    Typed::literal(format!("({value}::INTEGER)"), Type::Int, text.clone(), &text)
}

pub fn long(value: i64) -> Typed {
    let sql = if value == i64::MIN {
        "CAST('-9223372036854775808' AS BIGINT)".to_owned()
    } else {
        format!("({value}::BIGINT)")
    };
    let text = value.to_string();
    Typed::literal(sql, Type::Long, text.clone(), &text)
}

pub fn double(value: f64) -> Typed {
    let sql =
        if value.is_finite() { format!("CAST('{value:e}' AS DOUBLE)") } else { format!("CAST('{value}' AS DOUBLE)") };
    let text = java_double(value);
    Typed::literal(sql, Type::Double, text.clone(), &text)
}

pub fn string(value: &str) -> Typed {
    Typed::literal(format!("{}::VARCHAR", text_literal(value)), Type::String, value.to_owned(), value)
}

pub fn binary(bytes: &[u8]) -> Typed {
    let hex = bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02X}"));
    Typed::new(format!("unhex('{hex}')"), Type::Binary, false, format!("X'{hex}'"))
}

pub fn decimal(text: &str, precision: Option<i32>, scale: Option<i32>) -> SqlResult<Typed> {
    let digits = text.trim_start_matches(['-', '+']);
    if digits.contains(['e', 'E']) {
        return Err(SqlError::declined("A decimal literal with an exponent"));
    }
    let behind = digits.split_once('.').map_or(0, |(_, behind)| behind.len() as i32);
    let whole = digits.split('.').next().unwrap_or_default().trim_start_matches('0').len() as i32;
    let scale = scale.unwrap_or(behind);
    let precision = precision.unwrap_or_else(|| (whole + scale).max(1).max(scale));
    if precision > 38 {
        return Err(SqlError::declined("A decimal literal of more than 38 digits"));
    }
    let ty = Type::Decimal(precision as u8, scale as i8);
    Ok(Typed::literal(format!("CAST('{text}' AS {})", ty.physical()), ty, text.to_owned(), text))
}

/// A double as Java prints it.
pub fn java_double(value: f64) -> String {
    java(
        value.is_nan(),
        value == 0.0,
        value.is_sign_negative(),
        value.is_infinite(),
        value.abs(),
        &format!("{:e}", value.abs()),
    )
}

/// A float as Java prints it.
pub fn java_float(value: f32) -> String {
    let shown = format!("{:e}", value.abs());
    java(value.is_nan(), value == 0.0, value.is_sign_negative(), value.is_infinite(), f64::from(value.abs()), &shown)
}

#[expect(clippy::fn_params_excessive_bools, reason = "what a float is asked")]
fn java(nan: bool, zero: bool, negative: bool, infinite: bool, size: f64, shown: &str) -> String {
    let sign = if negative { "-" } else { "" };
    if nan {
        return "NaN".to_owned();
    }
    if infinite {
        return format!("{sign}Infinity");
    }
    if zero {
        return format!("{sign}0.0");
    }
    let (mantissa, exponent) = shown.split_once('e').unwrap_or((shown, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    if !(1e-3..1e7).contains(&size) {
        let rest = if digits.len() > 1 { &digits[1..] } else { "0" };
        return format!("{sign}{}.{rest}E{exponent}", &digits[..1]);
    }
    if exponent < 0 {
        return format!("{sign}0.{}{digits}", "0".repeat((-exponent - 1) as usize));
    }
    let point = exponent as usize + 1;
    if digits.len() <= point {
        return format!("{sign}{digits}{}.0", "0".repeat(point - digits.len()));
    }
    format!("{sign}{}.{}", &digits[..point], &digits[point..])
}

/// The date that is so many days after 1970-01-01.
pub fn date_text(days: i64) -> String {
    // Howard Hinnant's civil_from_days.
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{:02}", doy - (153 * mp + 2) / 5 + 1)
}

fn moment_text(micros: i64) -> String {
    let (days, rest) = (micros.div_euclid(86_400_000_000), micros.rem_euclid(86_400_000_000));
    let (seconds, fraction) = (rest / 1_000_000, rest % 1_000_000);
    let text = format!("{} {:02}:{:02}:{:02}", date_text(days), seconds / 3600, seconds / 60 % 60, seconds % 60);
    if fraction == 0 { text } else { format!("{text}.{}", format!("{fraction:06}").trim_end_matches('0')) }
}

fn day_time_text(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let all = micros.unsigned_abs();
    let (seconds, fraction) = (all / 1_000_000, all % 1_000_000);
    let text =
        format!("{sign}{} {:02}:{:02}:{:02}", seconds / 86400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    if fraction == 0 { text } else { format!("{text}.{}", format!("{fraction:06}").trim_end_matches('0')) }
}
