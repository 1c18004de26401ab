//! Spark's functions: which there are, what they take and give, and the executor's SQL for them.

mod aggregates;
mod collections;
mod dates;
mod higher;
mod operators;
pub mod partials;
mod scalar;
mod special;

use super::coerce::implicit;
use super::error::{SqlError, SqlResult};
use super::operators::as_type;
use super::planner::Planner;
use super::proto::Expression;
use super::proto::expression::ExprType;
use super::typed::Typed;
use super::types::Type;

/// A call by name.
pub fn call(planner: &mut Planner<'_>, name: &str, arguments: &[Expression], distinct: bool) -> SqlResult<Typed> {
    let over = std::mem::take(&mut planner.over);
    let lower = name.to_lowercase();
    if higher::NAMES.contains(&lower.as_str())
        && arguments.iter().any(|argument| matches!(argument.expr_type, Some(ExprType::LambdaFunction(_))))
    {
        return higher::call(planner, &lower, arguments);
    }
    if lower == "count"
        && let [only] = arguments
        && is_star(only)
    {
        return aggregates::aggregate(planner, "count", &[super::literal::int(1)], distinct, over);
    }
    let aggregates = aggregates::NAMES.contains(&lower.as_str());
    let args = if planner.aliases_first && (aggregates || planner.catalog.function(&lower)?.is_some()) {
        // What is aggregated goes in, and has the names that it has there.
        let aliases = std::mem::take(&mut planner.aliases);
        let args = planner.exprs(arguments);
        planner.aliases = aliases;
        match args {
            Err(error) if error.is_unresolved() && !aggregates => planner.exprs(arguments)?,
            args => args?,
        }
    } else {
        planner.exprs(arguments)?
    };
    if args.iter().any(|arg| arg.generator.is_some()) {
        return Err(SqlError::analysis(
            "UNSUPPORTED_GENERATOR.NESTED_IN_EXPRESSIONS",
            "42K0E",
            &[("expression", name)],
            &format!("The generator is not supported: nested in expressions \"{name}\"."),
        ));
    }
    if aggregates::NAMES.contains(&lower.as_str())
        || super::window::RANKING.contains(&lower.as_str())
        || lower == "nth_value"
    {
        return aggregates::aggregate(planner, name, &args, distinct, over);
    }
    of_values(planner, &lower, &args)
}

fn is_star(message: &Expression) -> bool {
    match &message.expr_type {
        Some(ExprType::UnresolvedStar(star)) => star.unparsed_target.is_none(),
        Some(ExprType::ExpressionString(text)) => text.expression.trim() == "*",
        _ => false,
    }
}

/// Functions that Spark knows to be null where an argument is.
#[rustfmt::skip]
const STRICT: &[&str] = &[
    "+", "-", "*", "/", "%", "==", "=", "!=", "<>", "<", "<=", ">", ">=", "not", "!", "negative", "positive", "abs", "mod", "pmod", "div",
    "upper", "lower", "ucase", "lcase", "length", "char_length", "substring", "substr", "like", "startswith", "endswith", "contains",
    "ceil", "floor", "sqrt", "year", "month", "day", "dayofmonth", "hour", "minute", "second", "date_add", "date_sub", "datediff",
];

/// A call whose arguments are resolved.
pub fn of_values(planner: &mut Planner<'_>, name: &str, args: &[Typed]) -> SqlResult<Typed> {
    let mut made = resolved(planner, name, args)?;
    let strict = STRICT.contains(&name);
    made.parts.strict = args.iter().filter(|_| strict).flat_map(|arg| arg.parts.strict.clone()).collect();
    Ok(made)
}

fn resolved(planner: &mut Planner<'_>, name: &str, args: &[Typed]) -> SqlResult<Typed> {
    if let Some(made) = operators::call(planner, name, args)? {
        return Ok(made);
    }
    let of_arrays = matches!(args, [Typed { ty: Type::Array(..), .. }]) && name == "reverse";
    if !of_arrays && let Some(made) = from_table(name, args)? {
        return Ok(made);
    }
    if let Some(made) = special::call(planner, name, args)? {
        return Ok(made);
    }
    if let Some(made) = collections::call(name, args)? {
        return Ok(made);
    }
    if let Some(made) = dates::call(planner, name, args)? {
        return Ok(made);
    }
    if let Some(function) = planner.catalog.function(name)? {
        return planner.registered(&function, args);
    }
    if scalar::SCALAR.iter().any(|(each, ..)| *each == name) {
        return Err(wrong_count(name, args.len()));
    }
    if super::known::FUNCTIONS.contains(&name) {
        return Err(SqlError::declined(&format!("The function {name}")));
    }
    Err(unknown(name))
}

/// There is no function of this name.
pub fn unknown(name: &str) -> SqlError {
    SqlError::analysis(
        "UNRESOLVED_ROUTINE",
        "42883",
        &[
            ("routineName", &super::types::backquoted(name)),
            ("searchPath", "[`system`.`builtin`, `system`.`session`, `spark_catalog`.`default`]"),
        ],
        &format!(
            "Cannot resolve routine `{name}` on search path [`system`.`builtin`, `system`.`session`, `spark_catalog`.`default`]."
        ),
    )
}

pub fn wrong_count(name: &str, count: usize) -> SqlError {
    SqlError::analysis(
        "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
        "42605",
        &[("functionName", &super::types::backquoted(name)), ("actualNum", &count.to_string())],
        &format!("The `{name}` requires another number of parameters but the actual number is {count}."),
    )
}

/// A function of the table.
fn from_table(name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    let Some((_, takes, gives, formula)) =
        scalar::SCALAR.iter().find(|(each, takes, ..)| *each == name && takes.len() == args.len())
    else {
        return Ok(None);
    };
    let label = label(name, args);
    let mut made = Vec::new();
    for (at, (arg, code)) in args.iter().zip(takes.chars()).enumerate() {
        made.push(taken(arg, code, at, &label)?);
    }
    let mut gives = gives.chars();
    let ty = match gives.next() {
        Some('s') => Type::String,
        Some('i') => Type::Int,
        Some('l') => Type::Long,
        Some('d') => Type::Double,
        Some('b') => Type::Boolean,
        Some('y') if matches!(name, "bit_get" | "getbit") => Type::Byte,
        Some('y') => Type::Binary,
        Some('D') => Type::Date,
        Some('T') => Type::Timestamp,
        _ => return Err(SqlError::declined(&format!("The function {name}"))),
    };
    let nullable = match gives.next() {
        Some('?') => true,
        Some('!') => false,
        _ => args.iter().any(|arg| arg.nullable),
    };
    let mut sql = (*formula).to_owned();
    for (at, arg) in made.iter().enumerate() {
        sql = sql.replace(&format!("{{{at}}}"), &arg.sql);
    }
    let mut value = Typed::new(sql, ty, nullable, label).of(args);
    if takes.is_empty() {
        value.parts.literal = false;
    }
    Ok(Some(value))
}

/// An argument as the type that a code means, as Spark casts it on its own.
pub fn taken(arg: &Typed, code: char, at: usize, label: &str) -> SqlResult<Typed> {
    let wanted = match code {
        's' => Type::String,
        'i' => Type::Int,
        'l' => Type::Long,
        'd' => Type::Double,
        'b' => Type::Boolean,
        'y' => Type::Binary,
        'D' => Type::Date,
        'T' => Type::Timestamp,
        _ => return Ok(arg.clone()),
    };
    if implicit(&arg.ty, &wanted)
        || matches!(code, 'i' | 'l') && arg.ty == Type::String
        || code == 'i' && arg.ty == Type::Long
    {
        return as_type(arg, &wanted);
    }
    if code == 's' && arg.ty == Type::Binary {
        return Err(SqlError::declined(&format!("A BINARY argument of {label}")));
    }
    let ordinal = ["first", "second", "third", "fourth", "fifth"].get(at).copied().unwrap_or("next");
    Err(SqlError::mismatch(
        label,
        "UNEXPECTED_INPUT_TYPE",
        &format!(
            "The {ordinal} parameter requires the \"{}\" type, however \"{}\" has the type \"{}\".",
            wanted.sql(),
            arg.name,
            arg.ty.sql()
        ),
    ))
}

/// `name(a, b)`, which is what Spark calls most columns that a function makes.
pub fn label(name: &str, args: &[Typed]) -> String {
    let args: Vec<_> = args.iter().map(|arg| arg.name.clone()).collect();
    if let ("trim" | "ltrim" | "rtrim", [what, text]) = (name, args.as_slice()) {
        let side = match name {
            "trim" => "BOTH",
            "ltrim" => "LEADING",
            _ => "TRAILING",
        };
        return format!("TRIM({side} {what} FROM {text})");
    }
    let shown = match name {
        "asinh" => "ASINH",
        "acosh" => "ACOSH",
        "atanh" => "ATANH",
        "ucase" => "ucase",
        "power" => "POWER",
        "log2" => "LOG2",
        "log10" => "LOG10",
        "sqrt" => "SQRT",
        "exp" => "EXP",
        "cbrt" => "CBRT",
        "expm1" => "EXPM1",
        "sin" => "SIN",
        "cos" => "COS",
        "tan" => "TAN",
        "cot" => "COT",
        "sec" => "SEC",
        "csc" => "CSC",
        "asin" => "ASIN",
        "acos" => "ACOS",
        "atan" => "ATAN",
        "atan2" => "ATAN2",
        "sinh" => "SINH",
        "cosh" => "COSH",
        "tanh" => "TANH",
        "degrees" => "DEGREES",
        "radians" => "RADIANS",
        "hypot" => "HYPOT",
        "signum" => "SIGNUM",
        "pi" => "PI",
        "e" => "E",
        "curdate" => "current_date",
        "dateadd" => "date_add",
        "user" | "session_user" => "session_user",
        "current_database" => "current_schema",
        other => other,
    };
    format!("{shown}({})", args.join(", "))
}

/// A value made of arguments, with the usual name.
pub fn made(name: &str, args: &[Typed], sql: String, ty: Type) -> Typed {
    let nullable = args.iter().any(|arg| arg.nullable);
    Typed::new(sql, ty, nullable, label(name, args)).of(args)
}
