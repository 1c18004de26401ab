//! Arithmetic, comparison and logic.

use super::cast::{Mode, cast};
use super::coerce::{as_decimal, common, decimal};
use super::error::{SqlError, SqlResult};
use super::typed::Typed;
use super::types::Type;

/// A value as another type: the same expression with a cast that has no name of its own.
pub fn as_type(value: &Typed, to: &Type) -> SqlResult<Typed> {
    if value.ty == *to {
        return Ok(value.clone());
    }
    if let (Type::Struct(a), Type::Struct(b)) = (&value.ty, to)
        && a.len() != b.len()
    {
        return Err(SqlError::declined("A cast between structs of different sizes"));
    }
    let sql = cast(&value.sql, &value.ty, to, Mode::Ansi)?;
    Ok(Typed { sql, ty: to.clone(), column: None, ..value.clone() })
}

/// `left symbol right` for numbers.
pub fn arithmetic(symbol: &str, left: &Typed, right: &Typed, lenient: bool) -> SqlResult<Typed> {
    let name = format!("({} {symbol} {})", left.name, right.name);
    let wrong = |what: &str| {
        SqlError::mismatch(
            &name,
            "BINARY_OP_DIFF_TYPES",
            &format!("{what} (\"{}\" and \"{}\").", left.ty.sql(), right.ty.sql()),
        )
    };
    let made = |sql: String, ty: Type, nullable: bool| {
        Ok(Typed::new(sql, ty, nullable, name.clone()).of(&[left.clone(), right.clone()]))
    };
    let nullable = left.nullable || right.nullable;
    if let Some(moved) = dates(symbol, left, right, &name)? {
        return Ok(moved);
    }
    let numeric = |value: &Typed, other: &Typed| -> SqlResult<Typed> {
        match (&value.ty, &other.ty) {
            (Type::String, Type::String) => as_type(value, &Type::Double),
            (Type::String, Type::Decimal(..) | Type::Float | Type::Double) => as_type(value, &Type::Double),
            (Type::String, ty) if ty.is_integral() => as_type(value, &Type::Long),
            (Type::Null, Type::Null) => as_type(value, &Type::Double),
            (Type::Null, ty) if ty.is_numeric() => as_type(value, ty),
            (ty, _) if ty.is_numeric() => Ok(value.clone()),
            _ => Err(wrong("the left and right operands of the binary operator have incompatible types")),
        }
    };
    let (a, b) = (numeric(left, right)?, numeric(right, left)?);
    if symbol == "/" && !matches!(a.ty, Type::Decimal(..)) && !matches!(b.ty, Type::Decimal(..)) {
        let (a, b) = (as_type(&a, &Type::Double)?, as_type(&b, &Type::Double)?);
        return made(divided(&a.sql, &b.sql, "/", lenient), Type::Double, nullable || lenient);
    }
    let (x, y) = match (&a.ty, &b.ty) {
        (Type::Decimal(..), other) | (other, Type::Decimal(..)) if !other.is_fractional() => {
            return decimals(symbol, &decimal_of(&a), &decimal_of(&b), nullable, &name, lenient)
                .map(|made| made.of(&[left.clone(), right.clone()]));
        }
        _ => {
            let ty = common(&a.ty, &b.ty).ok_or_else(|| wrong("no common type"))?;
            (as_type(&a, &ty)?, as_type(&b, &ty)?)
        }
    };
    let ty = x.ty.clone();
    match symbol {
        "%" => made(divided(&x.sql, &y.sql, "%", lenient), ty, nullable || lenient),
        _ if lenient && ty.is_integral() => {
            let wide = format!("CAST({} AS HUGEINT) {symbol} CAST({} AS HUGEINT)", x.sql, y.sql);
            made(format!("TRY_CAST({wide} AS {})", ty.physical()), ty, true)
        }
        _ => made(format!("({} {symbol} {})", x.sql, y.sql), ty, nullable || lenient),
    }
}

/// A quotient or a remainder; a divisor of zero raises, or gives null.
pub fn divided(left: &str, right: &str, symbol: &str, lenient: bool) -> String {
    if lenient {
        format!("({left} {symbol} nullif({right}, 0))")
    } else if symbol == "%" {
        format!("({left} % p_mod_not_zero({right}))")
    } else {
        format!("({left} {symbol} p_not_zero({right}))")
    }
}

/// A number as the decimal that holds it; a literal integer takes only the digits it has.
fn decimal_of(value: &Typed) -> Typed {
    let Some((precision, scale)) = as_decimal(&value.ty) else { return value.clone() };
    if matches!(value.ty, Type::Decimal(..)) {
        return value.clone();
    }
    let precision = match value.whole() {
        Some(number) => number.unsigned_abs().to_string().len() as i32,
        None => precision,
    };
    let ty = decimal(precision, scale);
    Typed { sql: format!("CAST({} AS {})", value.sql, ty.physical()), ty, column: None, ..value.clone() }
}

fn decimals(symbol: &str, left: &Typed, right: &Typed, nullable: bool, name: &str, lenient: bool) -> SqlResult<Typed> {
    let (Some((p1, s1)), Some((p2, s2))) = (as_decimal(&left.ty), as_decimal(&right.ty)) else {
        return Err(SqlError::declined("Arithmetic of these types"));
    };
    let ty = match symbol {
        "+" | "-" => decimal((p1 - s1).max(p2 - s2) + s1.max(s2) + 1, s1.max(s2)),
        "*" => decimal(p1 + p2 + 1, s1 + s2),
        "/" => decimal(p1 - s1 + s2 + 6.max(s1 + p2 + 1), 6.max(s1 + p2 + 1)),
        _ => decimal((p1 - s1).min(p2 - s2) + s1.max(s2), s1.max(s2)),
    };
    let Type::Decimal(precision, scale) = ty else { return Err(SqlError::declined("Arithmetic of these types")) };
    let (a, b) = (&left.sql, &right.sql);
    let made = |sql: String| Ok(Typed::new(sql, ty.clone(), nullable || lenient, name.to_owned()));
    match symbol {
        "+" | "-" if (p1 - s1).max(p2 - s2) + s1.max(s2) < 38 => {
            let wide = ty.physical();
            made(format!("CAST((CAST({a} AS {wide}) {symbol} CAST({b} AS {wide})) AS {wide})"))
        }
        "*" if p1 + p2 < 38 => {
            // The executor's product has as many digits as both sides, so one of them takes what is left of 38.
            made(format!("CAST((CAST({a} AS DECIMAL({},{s1})) * {b}) AS {})", 38 - p2, ty.physical()))
        }
        "%" if s1.max(s2) + (p1 - s1).max(p2 - s2) <= 38 => {
            let common = format!("DECIMAL({},{})", s1.max(s2) + (p1 - s1).max(p2 - s2), s1.max(s2));
            let sides = (format!("CAST({a} AS {common})"), format!("CAST({b} AS {common})"));
            made(format!("CAST({} AS {})", divided(&sides.0, &sides.1, "%", lenient), ty.physical()))
        }
        "/" => {
            // Whole numbers: (a * 10^(scale + s2 - s1)) / b, rounded half up, while that fits 38 digits.
            let shift = i32::from(scale) + s2 - s1;
            if p1 + shift > 37 || p2 > 37 || shift < 0 {
                return Err(SqlError::declined(&format!("The quotient of decimals ({p1},{s1}) and ({p2},{s2})")));
            }
            let zero = if lenient { format!("nullif({b}, 0)") } else { format!("p_not_zero({b})") };
            made(format!("p_decimal_quotient({a}, {zero}, {s1}, {s2}, {shift}, {scale})::DECIMAL({precision},{scale})"))
        }
        _ => Err(SqlError::declined(&format!("Arithmetic of decimals ({p1},{s1}) and ({p2},{s2}) past 38 digits"))),
    }
}

/// Dates and times moved by days and intervals, and subtracted.
fn dates(symbol: &str, left: &Typed, right: &Typed, name: &str) -> SqlResult<Option<Typed>> {
    use Type::{Date, DayTime, YearMonth};
    let nullable = left.nullable || right.nullable;
    let moved = left.ty.is_time() && matches!(right.ty, DayTime(..) | YearMonth(..));
    let name = &if moved { format!("{} {symbol} {}", left.name, right.name) } else { name.to_owned() };
    let made = |sql: String, ty: Type| {
        Ok(Some(Typed::new(sql, ty, nullable, name.clone()).of(&[left.clone(), right.clone()])))
    };
    let (a, b) = (&left.sql, &right.sql);
    match (&left.ty, symbol, &right.ty) {
        (Date, "-", Date) => made(format!("(CAST(({a} - {b}) AS BIGINT) * 86400000000)"), DayTime(0, 0)),
        (Date, "+" | "-", YearMonth(..)) => made(format!("CAST(({a} {symbol} to_months({b})) AS DATE)"), Date),
        (ty, "+" | "-", YearMonth(..)) if ty.is_time() => made(format!("({a} {symbol} to_months({b}))"), ty.clone()),
        (YearMonth(..), "+", ty) if ty.is_time() => dates(symbol, right, left, name),
        (Date, "+" | "-", DayTime(0, 0)) => made(format!("({a} {symbol} CAST(({b} // 86400000000) AS INTEGER))"), Date),
        (Date, "+" | "-", DayTime(..)) => {
            made(format!("(CAST({a} AS TIMESTAMPTZ) {symbol} to_microseconds({b}))"), Type::Timestamp)
        }
        (ty, "+" | "-", DayTime(..)) if ty.is_time() => {
            made(format!("({a} {symbol} to_microseconds({b}))"), ty.clone())
        }
        (DayTime(..), "+", ty) if ty.is_time() => dates(symbol, right, left, name),
        (ty, "-", other) if ty.is_time() && other.is_time() => {
            let time = common(ty, other).unwrap_or(Type::Timestamp);
            let (x, y) = (as_type(left, &time)?, as_type(right, &time)?);
            made(format!("(epoch_us({}) - epoch_us({}))", x.sql, y.sql), DayTime(0, 3))
        }
        (DayTime(f1, t1), "+" | "-", DayTime(f2, t2)) => {
            made(format!("({a} {symbol} {b})"), DayTime(*f1.min(f2), *t1.max(t2)))
        }
        (YearMonth(f1, t1), "+" | "-", YearMonth(f2, t2)) => {
            made(format!("({a} {symbol} {b})"), YearMonth(*f1.min(f2), *t1.max(t2)))
        }
        (DayTime(..) | YearMonth(..), "*" | "/", _) | (_, "*", DayTime(..) | YearMonth(..)) => {
            Err(SqlError::declined("The product or quotient of an interval"))
        }
        (Date, "+" | "-", Type::Int | Type::Short | Type::Byte) => {
            let word = if symbol == "+" { "date_add" } else { "date_sub" };
            let name = format!("{word}({}, {})", left.name, right.name);
            Ok(Some(moved_by_days(a, b, symbol, name, left, right)))
        }
        (Type::Int | Type::Short | Type::Byte, "+", Date) => {
            let name = format!("date_add({}, {})", right.name, left.name);
            Ok(Some(moved_by_days(b, a, "+", name, left, right)))
        }
        _ => Ok(None),
    }
}

fn moved_by_days(date: &str, days: &str, symbol: &str, name: String, left: &Typed, right: &Typed) -> Typed {
    let sql = format!("({date} {symbol} CAST({days} AS INTEGER))");
    Typed::new(sql, Type::Date, left.nullable || right.nullable, name).of(&[left.clone(), right.clone()])
}

/// `left symbol right` for any two values of a common type: `=`, `<=>`, `<`, ...
pub fn comparison(symbol: &str, left: &Typed, right: &Typed) -> SqlResult<Typed> {
    let name = format!("({} {symbol} {})", left.name, right.name);
    let wrong = || {
        SqlError::mismatch(
            &name,
            "BINARY_OP_DIFF_TYPES",
            &format!(
                "the left and right operands of the binary operator have incompatible types (\"{}\" and \"{}\").",
                left.ty.sql(),
                right.ty.sql()
            ),
        )
    };
    let ty = common(&left.ty, &right.ty).ok_or_else(wrong)?;
    if ty.has_map() {
        return Err(SqlError::mismatch(
            &name,
            "INVALID_ORDERING_TYPE",
            &format!("The `{symbol}` does not support ordering on type \"{}\".", ty.sql()),
        ));
    }
    if !matches!(symbol, "=" | "<=>") && ty.orders_apart() {
        return Err(SqlError::declined("An order of structs or arrays that may hold nulls"));
    }
    let (a, b) = (as_type(left, &ty)?, as_type(right, &ty)?);
    let sql = match symbol {
        "<=>" => format!("({} IS NOT DISTINCT FROM {})", a.sql, b.sql),
        _ => format!("({} {symbol} {})", a.sql, b.sql),
    };
    let nullable = symbol != "<=>" && (left.nullable || right.nullable);
    Ok(Typed::new(sql, Type::Boolean, nullable, name).of(&[left.clone(), right.clone()]))
}

/// `AND` and `OR`.
pub fn logic(symbol: &str, left: &Typed, right: &Typed) -> SqlResult<Typed> {
    let name = format!("({} {symbol} {})", left.name, right.name);
    let (a, b) = (condition(left, &name)?, condition(right, &name)?);
    let sql = format!("({} {symbol} {})", a.sql, b.sql);
    Ok(Typed::new(sql, Type::Boolean, left.nullable || right.nullable, name).of(&[left.clone(), right.clone()]))
}

/// A value that must be a boolean.
pub fn condition(value: &Typed, call: &str) -> SqlResult<Typed> {
    match value.ty {
        Type::Boolean => Ok(value.clone()),
        Type::Null => as_type(value, &Type::Boolean),
        Type::String => as_type(value, &Type::Boolean),
        _ => Err(SqlError::mismatch(
            call,
            "UNEXPECTED_INPUT_TYPE",
            &format!(
                "The parameter requires the \"BOOLEAN\" type, however \"{}\" has the type \"{}\".",
                value.name,
                value.ty.sql()
            ),
        )),
    }
}
