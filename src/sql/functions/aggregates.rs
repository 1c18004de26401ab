//! Aggregate functions: what each takes, gives, and how the executor reckons it.

use crate::sql::aggregate::{FIRST, IN_SETS, pivots_first};
use crate::sql::cast::{Mode, cast};
use crate::sql::coerce::decimal;
use crate::sql::error::{SqlError, SqlResult};
use crate::sql::literal;
use crate::sql::operators::{as_type, condition};
use crate::sql::planner::Planner;
use crate::sql::radix::held_in_place;
use crate::sql::relation::ROW;
use crate::sql::typed::{Parts, Typed};
use crate::sql::types::Type;
use crate::sql::window::{IN_ORDER, RANKING, ranking_type};

pub const NAMES: &[&str] = &[
    "count",
    "sum",
    "sum_distinct",
    "avg",
    "mean",
    "min",
    "max",
    "first",
    "first_value",
    "last",
    "last_value",
    "any_value",
    "collect_list",
    "array_agg",
    "collect_set",
    "stddev",
    "std",
    "stddev_samp",
    "stddev_pop",
    "variance",
    "var_samp",
    "var_pop",
    "skewness",
    "kurtosis",
    "corr",
    "covar_pop",
    "covar_samp",
    "bool_and",
    "every",
    "bool_or",
    "some",
    "any",
    "count_if",
    "max_by",
    "min_by",
    "bit_and",
    "bit_or",
    "bit_xor",
    "median",
    "percentile",
    "percentile_approx",
    "approx_percentile",
    "mode",
    "product",
    "grouping",
    "grouping_id",
    "regr_count",
    "regr_avgx",
    "regr_avgy",
    "regr_sxx",
    "regr_syy",
    "regr_sxy",
    "regr_slope",
    "regr_intercept",
    "regr_r2",
    "listagg",
    "string_agg",
    "approx_count_distinct",
    "try_sum",
    "try_avg",
];

/// Those that keep values of the group, in objects of the JVM's.
const GATHERING: &[&str] = &[
    "collect_list",
    "array_agg",
    "collect_set",
    "median",
    "percentile",
    "percentile_approx",
    "approx_percentile",
    "mode",
    "listagg",
    "string_agg",
];

/// The call of an aggregate or ranking function; over a stream it is made of what can be kept.
pub fn aggregate(
    planner: &mut Planner<'_>,
    function: &str,
    args: &[Typed],
    distinct: bool,
    over: bool,
) -> SqlResult<Typed> {
    let made = of_all_rows(planner, function, args, distinct, over)?;
    if over || !planner.scopes.last().is_some_and(|scope| scope.streams) {
        return Ok(made);
    }
    super::partials::partial(planner, &function.to_lowercase(), args, distinct, made)
}

fn of_all_rows(
    planner: &mut Planner<'_>,
    function: &str,
    args: &[Typed],
    distinct: bool,
    over: bool,
) -> SqlResult<Typed> {
    if args.iter().any(|arg| arg.parts.aggregate && !arg.parts.window) && !over {
        let shown = format!("{function}({})", args.iter().map(|arg| arg.name.clone()).collect::<Vec<_>>().join(", "));
        return Err(SqlError::analysis(
            "NESTED_AGGREGATE_FUNCTION",
            "42607",
            &[],
            &format!(
                "It is not allowed to use an aggregate function in the argument of another aggregate function. Please use the inner aggregate function in a sub-query. ({shown})"
            ),
        ));
    }
    let lower = function.to_lowercase();
    let shown = match lower.as_str() {
        "mean" => "avg",
        "array_agg" => "collect_list",
        "approx_percentile" => "percentile_approx",
        "first_value" | "last_value" => &lower,
        "sum_distinct" => "sum",
        "std" => "std",
        other => other,
    };
    let distinct = distinct || lower == "sum_distinct";
    let (least, most) = match lower.as_str() {
        "count" | "grouping_id" => (0, usize::MAX),
        "corr" | "covar_pop" | "covar_samp" | "max_by" | "min_by" | "percentile" | "nth_value" => {
            (2, 2 + usize::from(lower == "nth_value"))
        }
        "percentile_approx" | "approx_percentile" => (2, 3),
        name if name.starts_with("regr_") => (2, 2),
        "first"
        | "first_value"
        | "last"
        | "last_value"
        | "any_value"
        | "approx_count_distinct"
        | "listagg"
        | "string_agg" => (1, 2),
        "lag" | "lead" => (1, 4),
        "row_number" | "rank" | "dense_rank" | "percent_rank" | "cume_dist" => (0, 0),
        _ => (1, 1),
    };
    if args.len() < least || args.len() > most {
        let known = matches!(lower.as_str(), "max_by" | "min_by" | "percentile" | "mode");
        return Err(if known {
            SqlError::declined(&format!("{lower} with {} arguments", args.len()))
        } else {
            super::wrong_count(&lower, args.len())
        });
    }
    let names: Vec<_> = args.iter().map(|arg| arg.name.clone()).collect();
    let name = format!("{shown}({}{})", if distinct { "DISTINCT " } else { "" }, names.join(", "));
    let name = if lower == "any_value" || lower.starts_with("first") || lower.starts_with("last") {
        format!("{shown}({})", names.first().cloned().unwrap_or_default())
    } else {
        name
    };
    let name = match (lower.as_str(), args) {
        ("listagg" | "string_agg", [only]) => {
            format!("{shown}({}{}, NULL)", if distinct { "DISTINCT " } else { "" }, only.name)
        }
        ("percentile_approx" | "approx_percentile", [value, at]) => {
            format!("{shown}({}, {}, 10000)", value.name, at.name)
        }
        _ => name,
    };
    let word = if distinct { "DISTINCT " } else { "" };
    let filter = planner.only.as_ref().map(|only| format!(" FILTER (WHERE {only})")).unwrap_or_default();
    // Where a window's `OVER (...)` goes.
    let tail = format!("{filter}{}", if over { "\u{2}" } else { "" });
    let one = |at: usize| args.get(at).ok_or_else(|| super::wrong_count(&lower, args.len()));
    let double = |at: usize| number(one(at)?, &name);
    let finish = |sql: String, ty: Type, nullable: bool| {
        let mut made = Typed::new(sql, ty, nullable, name.clone()).of(args);
        let reads = if over { std::mem::take(&mut made.parts.reads) } else { Vec::new() };
        let taken = matches!(
            lower.as_str(),
            "first" | "first_value" | "last" | "last_value" | "any_value" | "min" | "max" | "max_by" | "min_by"
        );
        made.parts = Parts {
            aggregate: true,
            column: args.iter().any(|arg| arg.parts.column),
            reads,
            native: !over,
            moved: taken && args.iter().any(|arg| !held_in_place(&arg.ty)),
            gathers: GATHERING.contains(&lower.as_str()),
            ..Parts::default()
        };
        Ok(made)
    };
    if RANKING.contains(&lower.as_str()) || lower == "nth_value" {
        return ranking(&lower, args, &name, &tail);
    }
    let simple = |sql: &str, ty: Type| finish(format!("{sql}{tail}"), ty, true);
    match lower.as_str() {
        "count" => {
            let sql = match args {
                [] => return Err(super::wrong_count(&lower, 0)),
                [only] if only.parts.literal && !only.nullable && !distinct => "count(*)".to_owned(),
                [only] => format!("count({word}{})", only.sql),
                several if distinct => {
                    let all: Vec<_> = several.iter().map(|arg| arg.sql.clone()).collect();
                    let there: Vec<_> = several.iter().map(|arg| format!("{} IS NOT NULL", arg.sql)).collect();
                    format!("count(DISTINCT CASE WHEN {} THEN row({}) END)", there.join(" AND "), all.join(", "))
                }
                several => {
                    let there: Vec<_> = several.iter().map(|arg| format!("{} IS NOT NULL", arg.sql)).collect();
                    format!("count(CASE WHEN {} THEN 1 END)", there.join(" AND "))
                }
            };
            finish(format!("{sql}{tail}"), Type::Long, false)
        }
        "sum" | "sum_distinct" | "try_sum" => {
            let value = one(0)?;
            let tried = lower == "try_sum";
            match &value.ty {
                ty if ty.is_integral() => {
                    let verb = if tried { "TRY_CAST" } else { "CAST" };
                    finish(format!("{verb}((sum({word}{}){tail}) AS BIGINT)", value.sql), Type::Long, true)
                }
                Type::Decimal(precision, scale) => {
                    let ty = decimal(i32::from(*precision) + 10, i32::from(*scale));
                    finish(format!("CAST((sum({word}{}){tail}) AS {})", value.sql, ty.physical()), ty, true)
                }
                Type::DayTime(..) | Type::YearMonth(..) => Err(SqlError::declined("sum of intervals")),
                _ => {
                    let value = number(value, &name)?;
                    finish(format!("sum({word}{value}){tail}"), Type::Double, true)
                }
            }
        }
        "avg" | "mean" | "try_avg" => {
            let value = one(0)?;
            if let Type::Decimal(precision, scale) = value.ty {
                let ty = decimal(i32::from(precision) + 4, i32::from(scale) + 4);
                if precision > 24 {
                    return Err(SqlError::declined("avg of decimals of more than 24 digits"));
                }
                let sql = format!(
                    "CAST(p_decimal_quotient((sum({word}{0}){tail})::DECIMAL(38,{scale}), (count({word}{0}){tail}), {scale}, 0, 4, {1}) AS {2})",
                    value.sql,
                    scale + 4,
                    ty.physical()
                );
                return finish(format!("(CASE WHEN (count({}){tail}) > 0 THEN {sql} END)", value.sql), ty, true);
            }
            finish(format!("avg({word}{}){tail}", number(value, &name)?), Type::Double, true)
        }
        "min" | "max" => {
            let value = one(0)?;
            if !value.ty.is_orderable() {
                return Err(SqlError::mismatch(
                    &name,
                    "INVALID_ORDERING_TYPE",
                    &format!("The `{lower}` does not support ordering on type \"{}\".", value.ty.sql()),
                ));
            }
            if value.ty.orders_apart() {
                return Err(SqlError::declined(&format!("{lower} of structs or arrays that may hold nulls")));
            }
            simple(&format!("{lower}({})", value.sql), value.ty.clone())
        }
        "first" | "first_value" | "last" | "last_value" | "any_value" => {
            let value = one(0)?;
            // Spark's pivot of such types puts nulls where another value stands, and so takes the first of what is left.
            let pivoted = planner.only.is_some() && !pivots_first(&value.ty);
            let ignore = pivoted || args.get(1).is_some_and(|flag| flag.sql == "true");
            let last = lower.starts_with("last");
            if over {
                let base = if last { "last" } else { "first" };
                let skip = if ignore { " IGNORE NULLS" } else { "" };
                return simple(&format!("{base}_value({}{IN_ORDER}{skip})", value.sql), value.ty.clone());
            }
            // By the number of the row: the executor's own first value is that of the thread which comes first.
            let base = if last { "arg_max_null" } else { "arg_min_null" };
            let call = format!("{base}({}, {FIRST})", value.sql);
            if ignore {
                let only = planner.only.as_ref().map(|only| format!(" AND {only}")).unwrap_or_default();
                let sql = format!("{call} FILTER (WHERE {} IS NOT NULL{only})", value.sql);
                return finish(sql, value.ty.clone(), true);
            }
            simple(&call, value.ty.clone())
        }
        "collect_list" | "array_agg" | "collect_set" => {
            let value = one(0)?;
            let word = if lower == "collect_set" { "DISTINCT " } else { word };
            if !word.is_empty() && value.ty.has_map() {
                return Err(SqlError::declined("A set of maps"));
            }
            let only = planner.only.as_ref().map(|only| format!(" AND {only}")).unwrap_or_default();
            let order = match (over, word.is_empty()) {
                (true, true) => IN_ORDER,
                (false, true) => IN_SETS,
                _ => "",
            };
            let end = if over { "\u{2}" } else { "" };
            let sql =
                format!("coalesce((list({word}{0}{order}) FILTER (WHERE {0} IS NOT NULL{only}){end}), [])", value.sql);
            finish(sql, Type::Array(Box::new(value.ty.clone()), false), false)
        }
        "stddev" | "std" | "stddev_samp" => simple(&format!("stddev_samp({word}{})", double(0)?), Type::Double),
        "stddev_pop" | "var_pop" => {
            // Of a single NaN the executor says 0.
            let value = double(0)?;
            finish(format!("({lower}({word}{value}){tail} + 0 * sum({value}){tail})"), Type::Double, true)
        }
        "variance" | "var_samp" => simple(&format!("var_samp({word}{})", double(0)?), Type::Double),
        "skewness" | "kurtosis" => {
            let value = double(0)?;
            let moments = format!("regr_count({value}, {value}){tail}");
            if over {
                return Err(SqlError::declined(&format!("{lower} over a window")));
            }
            let only = planner.only.as_ref().map(|only| format!(" AND {only}")).unwrap_or_default();
            let list = format!("(list({value} ORDER BY {value}) FILTER (WHERE {value} IS NOT NULL{only}))");
            let _ = moments;
            finish(format!("p_{lower}({list})"), Type::Double, true)
        }
        "corr" => {
            // Without variance there is none.
            let (a, b) = (double(0)?, double(1)?);
            let sql = format!(
                "(CASE WHEN (regr_sxx({a}, {b}){tail}) = 0 OR (regr_syy({a}, {b}){tail}) = 0 THEN NULL ELSE (corr({a}, {b}){tail}) END)"
            );
            finish(sql, Type::Double, true)
        }
        "covar_pop" | "covar_samp" => simple(&format!("{lower}({}, {})", double(0)?, double(1)?), Type::Double),
        "regr_count" => {
            finish(format!("CAST(regr_count({}, {}){tail} AS BIGINT)", double(0)?, double(1)?), Type::Long, false)
        }
        name if name.starts_with("regr_") => simple(&format!("{name}({}, {})", double(0)?, double(1)?), Type::Double),
        "bool_and" | "every" => simple(&format!("bool_and({})", condition(one(0)?, &name)?.sql), Type::Boolean),
        "bool_or" | "some" | "any" => simple(&format!("bool_or({})", condition(one(0)?, &name)?.sql), Type::Boolean),
        "count_if" => {
            let value = condition(one(0)?, &name)?;
            finish(format!("count({word}CASE WHEN {} THEN 1 END){tail}", value.sql), Type::Long, false)
        }
        "max_by" | "min_by" => {
            let (value, by) = (one(0)?, one(1)?);
            if by.ty.orders_apart() || !by.ty.is_orderable() {
                return Err(SqlError::declined(&format!("{lower} by structs, arrays or maps")));
            }
            // Of those that tie the last one counts.
            let (base, sign) = if lower == "max_by" { ("arg_max_null", "") } else { ("arg_min_null", "-") };
            let place = if over { ROW } else { FIRST };
            let sorted = format!("CASE WHEN {0} IS NOT NULL THEN row({0}, {sign}{place}) END", by.sql);
            simple(&format!("{base}({}, {sorted})", value.sql), value.ty.clone())
        }
        "bit_and" | "bit_or" | "bit_xor" => {
            let value = one(0)?;
            if !value.ty.is_integral() {
                return Err(SqlError::declined(&format!("{lower} of anything but whole numbers")));
            }
            simple(&format!("{lower}({word}{})", value.sql), value.ty.clone())
        }
        "median" => simple(&format!("quantile_cont({word}{}, 0.5)", double(0)?), Type::Double),
        "percentile" => {
            let at = one(1)?;
            let sql = format!("quantile_cont({word}{}, {})", double(0)?, percents(at)?);
            let ty = if matches!(at.ty, Type::Array(..)) {
                Type::Array(Box::new(Type::Double), false)
            } else {
                Type::Double
            };
            simple(&sql, ty)
        }
        "percentile_approx" | "approx_percentile" => {
            let (value, at) = (one(0)?, one(1)?);
            if !value.ty.is_numeric() {
                return Err(SqlError::declined("percentile_approx of anything but numbers"));
            }
            let sql = format!("quantile_disc({}, {})", value.sql, percents(at)?);
            let ty = if matches!(at.ty, Type::Array(..)) {
                Type::Array(Box::new(value.ty.clone()), false)
            } else {
                value.ty.clone()
            };
            simple(&sql, ty)
        }
        "mode" if args.len() == 1 => simple(&format!("mode({})", one(0)?.sql), one(0)?.ty.clone()),
        "product" => simple(&format!("product({})", double(0)?), Type::Double),
        "listagg" | "string_agg" => {
            let value = as_type(one(0)?, &Type::String)?;
            let between = match args.get(1) {
                Some(between) if between.ty == Type::String => between.clone(),
                Some(between) if between.sql.contains("NULL") => literal::string(""),
                Some(_) => return Err(SqlError::declined("listagg with a BINARY delimiter")),
                None => literal::string(""),
            };
            simple(&format!("string_agg({word}{}, {})", value.sql, between.sql), Type::String)
        }
        "approx_count_distinct" => {
            // Exact, which is the best approximation there is.
            finish(format!("count(DISTINCT {}){tail}", one(0)?.sql), Type::Long, false)
        }
        "grouping" => finish(format!("CAST(grouping({}) AS TINYINT)", a_key(one(0)?)), Type::Byte, false),
        "grouping_id" => {
            let keys: Vec<Typed> = if args.is_empty() { planner.grouping.clone() } else { args.to_vec() };
            if keys.is_empty() {
                return Err(SqlError::declined("grouping_id outside of groupBy"));
            }
            let keys: Vec<_> = keys.iter().map(a_key).collect();
            finish(format!("CAST(grouping_id({}) AS BIGINT)", keys.join(", ")), Type::Long, false)
        }
        _ => Err(SqlError::declined(&format!("The function {lower}"))),
    }
}

/// A key of the groups, marked, for it may be a constant.
fn a_key(key: &Typed) -> String {
    format!("\u{4}{}\u{4}", key.sql)
}

/// A number as a double.
pub fn number(value: &Typed, call: &str) -> SqlResult<String> {
    if value.ty.is_numeric() || matches!(value.ty, Type::String | Type::Null) {
        return cast(&value.sql, &value.ty, &Type::Double, Mode::Ansi);
    }
    Err(SqlError::mismatch(
        call,
        "UNEXPECTED_INPUT_TYPE",
        &format!(
            "The first parameter requires the \"NUMERIC\" type, however \"{}\" has the type \"{}\".",
            value.name,
            value.ty.sql()
        ),
    ))
}

fn percents(at: &Typed) -> SqlResult<String> {
    match &at.ty {
        _ if !at.parts.literal => Err(SqlError::declined("A percentage that isn't a constant")),
        Type::Array(element, _) => {
            cast(&at.sql, &Type::Array(element.clone(), false), &Type::Array(Box::new(Type::Double), false), Mode::Ansi)
        }
        ty => cast(&at.sql, ty, &Type::Double, Mode::Ansi),
    }
}

fn ranking(function: &str, args: &[Typed], name: &str, tail: &str) -> SqlResult<Typed> {
    let finish = |sql: String, ty: Type, nullable: bool, name: &str| {
        let mut made = Typed::new(sql, ty, nullable, name.to_owned()).of(args);
        made.parts.literal = false;
        Ok(made)
    };
    let offset = |at: usize, default: i64| match args.get(at) {
        Some(arg) => arg.whole().ok_or_else(|| SqlError::declined("An offset that isn't a constant")),
        None => Ok(default),
    };
    match function {
        "lag" | "lead" => {
            let value = args.first().ok_or_else(|| super::wrong_count(function, 0))?;
            let by = offset(1, 1)?;
            let default = match args.get(2) {
                Some(default) => as_type(default, &value.ty)?,
                None => literal::null(&value.ty),
            };
            let ignore = args.get(3).is_some_and(|flag| flag.sql == "true");
            let skip = if ignore { " IGNORE NULLS" } else { "" };
            let shown =
                format!("{function}({}, {by}, {})", value.name, args.get(2).map_or("NULL", |default| &default.name));
            let nullable = value.nullable || default.nullable;
            finish(
                format!("{function}({}, {by}, {}{skip}){tail}", value.sql, default.sql),
                value.ty.clone(),
                nullable,
                &shown,
            )
        }
        "nth_value" => {
            let value = args.first().ok_or_else(|| super::wrong_count(function, 0))?;
            let ignore = args.get(2).is_some_and(|flag| flag.sql == "true");
            let skip = if ignore { " IGNORE NULLS" } else { "" };
            let shown = format!("nth_value({}, {})", value.name, offset(1, 1)?);
            finish(
                format!("nth_value({}, {}{IN_ORDER}{skip}){tail}", value.sql, offset(1, 1)?),
                value.ty.clone(),
                true,
                &shown,
            )
        }
        "ntile" => finish(format!("CAST(ntile({}){tail} AS INTEGER)", offset(0, 1)?), Type::Int, false, name),
        _ => {
            let ty = ranking_type(function);
            let name = if matches!(function, "row_number" | "cume_dist") {
                format!("{function}()")
            } else {
                format!("{}()", function.to_uppercase())
            };
            finish(format!("CAST({function}(){tail} AS {})", ty.physical()), ty, false, &name)
        }
    }
}
