//! Operators, which the client sends as functions too.

use super::{label, made};
use crate::sql::cast::{Mode, cast};
use crate::sql::coerce::{common_all, decimal};
use crate::sql::error::{SqlError, SqlResult};
use crate::sql::expr::casted;
use crate::sql::operators::{arithmetic, as_type, comparison, condition, logic};
use crate::sql::planner::Planner;
use crate::sql::typed::Typed;
use crate::sql::types::Type;

pub fn call(planner: &mut Planner<'_>, name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    let lenient = planner.lenient();
    let value = match (name, args) {
        ("+" | "-" | "*" | "/" | "%", [a, b]) => arithmetic(name, a, b, lenient)?,
        ("mod", [a, b]) => Typed { name: label(name, args), ..arithmetic("%", a, b, lenient)? },
        ("add" | "subtract" | "multiply" | "divide", [a, b]) => {
            let symbol = match name {
                "add" => "+",
                "subtract" => "-",
                "multiply" => "*",
                _ => "/",
            };
            arithmetic(symbol, a, b, lenient)?
        }
        ("try_add" | "try_subtract" | "try_multiply" | "try_divide" | "try_mod", [a, b]) => {
            let symbol = match name {
                "try_add" => "+",
                "try_subtract" => "-",
                "try_multiply" => "*",
                "try_divide" => "/",
                _ => "%",
            };
            if !a.ty.is_numeric() || !b.ty.is_numeric() {
                return Err(SqlError::declined(&format!("{name} of anything but numbers")));
            }
            Typed { name: label(name, args), nullable: true, ..arithmetic(symbol, a, b, true)? }
        }
        ("pmod", [a, b]) => {
            let rest = arithmetic("%", a, b, lenient)?;
            let other = as_type(b, &rest.ty).unwrap_or_else(|_| b.clone());
            let sql = format!("p_positive({}, {})", rest.sql, other.sql);
            let sql = cast(&sql, &Type::Null, &rest.ty, Mode::Ansi)
                .map(|_| format!("CAST({sql} AS {})", rest.ty.physical()))?;
            Typed { sql, name: label(name, args), ..rest }
        }
        ("div", [a, b]) => {
            if !a.ty.is_integral() || !b.ty.is_integral() {
                return Err(SqlError::declined("div of anything but whole numbers"));
            }
            let (x, y) = (as_type(a, &Type::Long)?, as_type(b, &Type::Long)?);
            let sql = format!(
                "({} // {})",
                x.sql,
                if lenient { format!("nullif({}, 0)", y.sql) } else { format!("p_not_zero({})", y.sql) }
            );
            let nullable = a.nullable || b.nullable;
            Typed::new(sql, Type::Long, nullable, format!("({} div {})", a.name, b.name)).of(args)
        }
        ("==" | "=", [a, b]) => comparison("=", a, b)?,
        ("<=>" | "equal_null", [a, b]) => {
            let same = comparison("<=>", a, b)?;
            if name == "equal_null" { Typed { name: label(name, args), ..same } } else { same }
        }
        ("<" | "<=" | ">" | ">=", [a, b]) => comparison(name, a, b)?,
        ("!=" | "<>", [a, b]) => negated(&comparison("=", a, b)?),
        ("and", [a, b]) => logic("AND", a, b)?,
        ("or", [a, b]) => logic("OR", a, b)?,
        ("not" | "!", [a]) => {
            let value = condition(a, &format!("(NOT {})", a.name))?;
            negated(&value)
        }
        ("negative" | "-", [a]) => {
            let value = number(a, &format!("(- {})", a.name))?;
            let shown = if name == "negative" { format!("negative({})", a.name) } else { format!("(- {})", a.name) };
            Typed {
                name: shown,
                constant: a.whole().and_then(i64::checked_neg).map(|value| value.to_string()),
                ..Typed::new(format!("(-{})", value.sql), value.ty.clone(), a.nullable, String::new()).of(args)
            }
        }
        ("positive" | "+", [a]) => Typed { name: format!("(+ {})", a.name), ..number(a, "positive")? },
        ("~", [a]) if a.ty.is_integral() => {
            Typed { name: format!("~{}", a.name), ..made(name, args, format!("(~{})", a.sql), a.ty.clone()) }
        }
        ("&" | "|" | "^", [a, b]) => {
            let ty = common_all([&a.ty, &b.ty]).filter(Type::is_integral).ok_or_else(|| {
                SqlError::mismatch(
                    &format!("({} {name} {})", a.name, b.name),
                    "BINARY_OP_WRONG_TYPE",
                    &format!("the binary operator requires the input type \"INTEGRAL\", not \"{}\".", a.ty.sql()),
                )
            })?;
            let (x, y) = (as_type(a, &ty)?, as_type(b, &ty)?);
            let sql = if name == "^" {
                format!("xor({}, {})", x.sql, y.sql)
            } else {
                format!("({} {name} {})", x.sql, y.sql)
            };
            Typed { name: format!("({} {name} {})", a.name, b.name), ..made(name, args, sql, ty) }
        }
        ("isnull", [a]) => flag(format!("({} IS NULL)", a.sql), format!("({} IS NULL)", a.name), args),
        ("isnotnull", [a]) => flag(format!("({} IS NOT NULL)", a.sql), format!("({} IS NOT NULL)", a.name), args),
        ("istrue", [a]) => flag(format!("coalesce({}, false)", a.sql), format!("({} IS TRUE)", a.name), args),
        ("isfalse", [a]) => flag(format!("coalesce(NOT {}, false)", a.sql), format!("({} IS FALSE)", a.name), args),
        ("in", [value, choices @ ..]) if !choices.is_empty() => {
            let names: Vec<_> = choices.iter().map(|choice| choice.name.clone()).collect();
            let shown = format!("({} IN ({}))", value.name, names.join(", "));
            let ty = common_all(args.iter().map(|arg| &arg.ty)).ok_or_else(|| {
                SqlError::mismatch(&shown, "DATA_DIFF_TYPES", "Input to `in` should all be the same type.")
            })?;
            let all: Vec<_> = args.iter().map(|arg| Ok(as_type(arg, &ty)?.sql)).collect::<SqlResult<_>>()?;
            let nullable = args.iter().any(|arg| arg.nullable);
            Typed::new(format!("({} IN ({}))", all[0], all[1..].join(", ")), Type::Boolean, nullable, shown).of(args)
        }
        ("in", [_]) => flag("false".to_owned(), "false".to_owned(), args),
        ("between", [value, low, high]) => {
            let both = logic("AND", &comparison(">=", value, low)?, &comparison("<=", value, high)?)?;
            Typed { name: format!("between({}, {}, {})", value.name, low.name, high.name), ..both }
        }
        ("when", _) => planner.case(args)?,
        ("like" | "ilike", [a, b, ..]) => {
            let (x, y) = (as_type(a, &Type::String)?, as_type(b, &Type::String)?);
            let escape = match args.get(2) {
                Some(escape) => escape.text().ok_or_else(|| SqlError::declined("LIKE with a computed escape"))?,
                None => "\\",
            };
            let word = name.to_uppercase();
            let sql = format!("({} {word} {} ESCAPE {})", x.sql, y.sql, crate::sql::types::text_literal(escape));
            let shown = match (name, args.get(2)) {
                ("like", None) => format!("{} LIKE {}", a.name, b.name),
                ("like", Some(_)) => format!("{} LIKE {} ESCAPE '{escape}'", a.name, b.name),
                _ => format!("ilike({}, {})", a.name, b.name),
            };
            Typed::new(sql, Type::Boolean, a.nullable || b.nullable, shown).of(args)
        }
        ("rlike" | "regexp" | "regexp_like", [a, b]) => {
            let x = as_type(a, &Type::String)?;
            let pattern = super::special::pattern(b)?;
            let shown = format!("{}({}, {})", if name == "rlike" { "RLIKE" } else { "REGEXP_LIKE" }, a.name, b.name);
            let shown = if name == "regexp" { format!("REGEXP({}, {})", a.name, b.name) } else { shown };
            Typed::new(format!("regexp_matches({}, {pattern})", x.sql), Type::Boolean, a.nullable || b.nullable, shown)
                .of(args)
        }
        ("||" | "concat", _) => return concat(args).map(Some),
        ("abs", [a]) => {
            let value = number(a, &label(name, args))?;
            made(name, args, format!("abs({})", value.sql), value.ty)
        }
        ("ceil" | "ceiling" | "floor", [a]) => {
            let value = number(a, &label(name, args))?;
            let base = if name == "floor" { "floor" } else { "ceil" };
            let ty = match value.ty {
                Type::Decimal(_, 0) => value.ty.clone(),
                Type::Decimal(precision, scale) => decimal(i32::from(precision) - i32::from(scale) + 1, 0),
                _ => Type::Long,
            };
            let shown = if name == "floor" {
                "FLOOR"
            } else if name == "ceil" {
                "CEIL"
            } else {
                "ceiling"
            };
            let sql = if value.ty.is_integral() {
                format!("CAST({} AS BIGINT)", value.sql)
            } else if value.ty.is_fractional() {
                format!("p_long_of({base}({}))", value.sql)
            } else {
                format!("CAST({base}({}) AS {})", value.sql, ty.physical())
            };
            Typed { name: format!("{shown}({})", a.name), ..made(name, args, sql, ty) }
        }
        ("round" | "bround", [a, rest @ ..]) if rest.len() <= 1 => {
            let value = number(a, &label(name, args))?;
            let scale: i32 = match rest.first() {
                Some(scale) => scale
                    .whole()
                    .and_then(|scale| i32::try_from(scale).ok())
                    .ok_or_else(|| SqlError::declined("round with a scale that isn't a constant"))?,
                None => 0,
            };
            let shown = format!("{name}({}, {scale})", a.name);
            let function = if name == "round" { "p_round" } else { "p_bround" };
            let (sql, ty) = match value.ty {
                Type::Decimal(precision, old) => {
                    let kept = scale.min(i32::from(old)).max(0);
                    let ty = decimal(i32::from(precision) - i32::from(old) + kept + 1, kept);
                    if scale < 0 || name == "bround" {
                        return Err(SqlError::declined(&format!("{name} of a decimal before the point")));
                    }
                    (format!("CAST(round({}, {kept}) AS {})", value.sql, ty.physical()), ty)
                }
                ref ty if ty.is_integral() && scale >= 0 => (value.sql.clone(), ty.clone()),
                ref ty if ty.is_integral() => {
                    if name == "bround" {
                        return Err(SqlError::declined("bround before the point"));
                    }
                    (format!("CAST(round(CAST({} AS HUGEINT), {scale}) AS {})", value.sql, ty.physical()), ty.clone())
                }
                ref ty => (format!("CAST({function}({}, {scale}) AS {})", value.sql, ty.physical()), ty.clone()),
            };
            Typed { name: shown, ..made(name, args, sql, ty) }
        }
        ("try_cast", _) => return Err(SqlError::declined("try_cast as a function")),
        (
            "boolean" | "tinyint" | "smallint" | "int" | "bigint" | "float" | "double" | "string" | "date"
            | "timestamp" | "binary",
            [a],
        ) => {
            let to = crate::sql::ddl::read_type(name)?;
            Typed { name: label(name, args), top: None, ..casted(a, &to, Mode::Ansi, false)? }
        }
        _ => return Ok(None),
    };
    Ok(Some(value))
}

fn flag(sql: String, name: String, args: &[Typed]) -> Typed {
    Typed::new(sql, Type::Boolean, false, name).of(args)
}

fn negated(value: &Typed) -> Typed {
    Typed::new(format!("(NOT {})", value.sql), Type::Boolean, value.nullable, format!("(NOT {})", value.name))
        .of(std::slice::from_ref(value))
}

fn number(value: &Typed, call: &str) -> SqlResult<Typed> {
    match value.ty {
        Type::String | Type::Null => as_type(value, &Type::Double),
        ref ty if ty.is_numeric() => Ok(value.clone()),
        _ => Err(SqlError::mismatch(
            call,
            "UNEXPECTED_INPUT_TYPE",
            &format!(
                "The first parameter requires the \"NUMERIC\" type, however \"{}\" has the type \"{}\".",
                value.name,
                value.ty.sql()
            ),
        )),
    }
}

fn concat(args: &[Typed]) -> SqlResult<Typed> {
    if args.iter().any(|arg| matches!(arg.ty, Type::Array(..))) {
        let ty = common_all(args.iter().map(|arg| &arg.ty)).ok_or_else(|| {
            SqlError::mismatch(
                &label("concat", args),
                "DATA_DIFF_TYPES",
                "Input to `concat` should all be the same type.",
            )
        })?;
        let mut sql = Vec::new();
        for arg in args {
            sql.push(as_type(arg, &ty)?.sql);
        }
        let there: Vec<_> = sql.iter().map(|each| format!("{each} IS NULL")).collect();
        let all = sql.iter().skip(1).fold(sql[0].clone(), |all, each| format!("list_concat({all}, {each})"));
        return Ok(made("concat", args, format!("(CASE WHEN {} THEN NULL ELSE {all} END)", there.join(" OR ")), ty));
    }
    if !args.is_empty() && args.iter().all(|arg| arg.ty == Type::Binary) {
        let sql: Vec<_> = args.iter().map(|arg| arg.sql.clone()).collect();
        return Ok(made("concat", args, format!("({})", sql.join(" || ")), Type::Binary));
    }
    let mut sql = Vec::new();
    for arg in args {
        if arg.ty == Type::Binary || matches!(arg.ty, Type::Map(..) | Type::Struct(_)) {
            return Err(SqlError::declined("concat of values of different kinds"));
        }
        sql.push(as_type(arg, &Type::String)?.sql);
    }
    let sql = if sql.is_empty() { "''".to_owned() } else { format!("({})", sql.join(" || ")) };
    Ok(made("concat", args, sql, Type::String))
}
