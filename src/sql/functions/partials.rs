//! Aggregates over streams: each is made of partial results that can be kept. A batch's own come first; then each is merged with
//! what was kept of its group; the value is reckoned from what that gives. The ways are those of Spark's aggregate buffers.

use crate::sql::error::{SqlError, SqlResult};
use crate::sql::planner::Planner;
use crate::sql::stream::refused;
use crate::sql::typed::Typed;
use crate::sql::types::{Field, Type};

/// One partial result of a group.
#[derive(Debug, Clone)]
pub struct Partial {
    /// Its column.
    pub field: Field,
    /// What it is of the rows of a batch.
    pub sql: String,
    /// What it becomes with the kept one.
    pub merge: String,
}

/// How a partial result meets the kept one, where both are there.
#[derive(Debug, Clone, Copy)]
enum Meet {
    Sum,
    Least,
    Greatest,
    And,
    Or,
    BitAnd,
    BitOr,
    BitXor,
    Times,
}

impl Meet {
    fn sql(self, old: &str, new: &str) -> String {
        match self {
            Self::Sum => format!("{old} + {new}"),
            Self::Least => format!("CASE WHEN {old} <= {new} THEN {old} ELSE {new} END"),
            Self::Greatest => format!("CASE WHEN {old} >= {new} THEN {old} ELSE {new} END"),
            Self::And => format!("{old} AND {new}"),
            Self::Or => format!("{old} OR {new}"),
            Self::BitAnd => format!("{old} & {new}"),
            Self::BitOr => format!("{old} | {new}"),
            Self::BitXor => format!("xor({old}, {new})"),
            Self::Times => format!("{old} * {new}"),
        }
    }
}

/// A call of an aggregate function over a stream; `made` is what it is over rows that stay.
pub fn partial(
    planner: &mut Planner<'_>,
    function: &str,
    args: &[Typed],
    distinct: bool,
    made: Typed,
) -> SqlResult<Typed> {
    if distinct || function == "sum_distinct" {
        return Err(refused(
            "Distinct aggregations are not supported on streaming DataFrames/Datasets. Consider using approx_count_distinct() instead.",
        ));
    }
    let whole = made.sql.clone();
    let value = args.first().map(|arg| arg.sql.clone()).unwrap_or_default();
    let ty = made.ty.clone();
    let sql = match function {
        "count" | "count_if" | "regr_count" => keep(planner, &whole, &Type::Long, Meet::Sum),
        "sum" => keep(planner, &whole, &ty, Meet::Sum),
        "avg" | "mean" => average(planner, &args[0], &ty)?,
        "min" => keep(planner, &whole, &ty, Meet::Least),
        "max" => keep(planner, &whole, &ty, Meet::Greatest),
        "bool_and" | "every" => keep(planner, &whole, &ty, Meet::And),
        "bool_or" | "some" | "any" => keep(planner, &whole, &ty, Meet::Or),
        "bit_and" => keep(planner, &whole, &ty, Meet::BitAnd),
        "bit_or" => keep(planner, &whole, &ty, Meet::BitOr),
        "bit_xor" => keep(planner, &whole, &ty, Meet::BitXor),
        "product" => keep(planner, &whole, &ty, Meet::Times),
        "first" | "first_value" | "last" | "last_value" | "any_value" => {
            let counted = if args.get(1).is_some_and(|flag| flag.sql == "true") {
                format!("count({value})")
            } else {
                "count(*)".to_owned()
            };
            let rows = keep(planner, &counted, &Type::Long, Meet::Sum);
            let test = if function.starts_with("last") {
                format!("coalesce(p_{rows}, 0) = 0")
            } else {
                format!("coalesce(o_{rows}, 0) > 0")
            };
            keep_so(planner, &whole, &ty, |old, new| format!("CASE WHEN {test} THEN {old} ELSE {new} END"))
        }
        "max_by" | "min_by" => {
            let by = args.get(1).ok_or_else(|| super::wrong_count(function, args.len()))?;
            let (base, meet, sign) =
                if function == "max_by" { ("max", Meet::Greatest, ">=") } else { ("min", Meet::Least, "<=") };
            let by = keep(planner, &format!("{base}({})", by.sql), &by.ty, meet);
            keep_so(planner, &whole, &ty, |old, new| {
                format!(
                    "CASE WHEN o_{by} IS NULL THEN {new} WHEN p_{by} IS NULL OR o_{by} {sign} p_{by} THEN {old} ELSE {new} END"
                )
            })
        }
        "collect_list" | "array_agg" => {
            keep_so(planner, &whole, &ty, |old, new| format!("list_concat(coalesce({old}, []), coalesce({new}, []))"))
        }
        "collect_set" => keep_so(planner, &whole, &ty, |old, new| {
            format!("list_distinct(list_concat(coalesce({old}, []), coalesce({new}, [])))")
        }),
        "stddev" | "std" | "stddev_samp" | "stddev_pop" | "variance" | "var_samp" | "var_pop" => {
            moments(planner, function, &args[0])?
        }
        _ => return Err(SqlError::declined(&format!("{function} over a stream"))),
    };
    Ok(Typed { sql, ..made })
}

/// Keeps a partial result whose nothing is null; gives the name of its column.
fn keep(planner: &mut Planner<'_>, sql: &str, ty: &Type, meet: Meet) -> String {
    let physical = ty.physical();
    keep_so(planner, sql, ty, |old, new| {
        format!(
            "CASE WHEN {old} IS NULL THEN {new} WHEN {new} IS NULL THEN {old} ELSE CAST({} AS {physical}) END",
            meet.sql(old, new)
        )
    })
}

fn keep_so(planner: &mut Planner<'_>, sql: &str, ty: &Type, merge: impl FnOnce(&str, &str) -> String) -> String {
    let name = format!("c{}", planner.id());
    let made = merge(&format!("o_{name}"), &format!("p_{name}"));
    // The same partial result of two functions is kept once.
    let same = |each: &&Partial| {
        each.sql == sql && each.merge.replace(&each.field.name, &name) == made && each.field.ty == *ty
    };
    if let Some(found) = planner.partials.iter().find(same) {
        return found.field.name.clone();
    }
    planner.partials.push(Partial { field: Field::new(&name, ty.clone(), true), sql: sql.to_owned(), merge: made });
    name
}

fn average(planner: &mut Planner<'_>, value: &Typed, ty: &Type) -> SqlResult<String> {
    let count = keep(planner, &format!("count({})", value.sql), &Type::Long, Meet::Sum);
    if let (Type::Decimal(_, scale), Type::Decimal(..)) = (&value.ty, ty) {
        let sum = Type::Decimal(38, *scale);
        let total = keep(planner, &format!("CAST(sum({}) AS {})", value.sql, sum.physical()), &sum, Meet::Sum);
        return Ok(format!(
            "(CASE WHEN {count} > 0 THEN CAST(p_decimal_quotient({total}, {count}, {scale}, 0, 4, {}) AS {}) END)",
            scale + 4,
            ty.physical()
        ));
    }
    let number = super::aggregates::number(value, "avg")?;
    let total = keep(planner, &format!("sum({number})"), &Type::Double, Meet::Sum);
    Ok(format!("(CASE WHEN {count} > 0 THEN {total} / {count} END)"))
}

/// Count, mean and the sum of squares about the mean, merged as Spark's `CentralMomentAgg` does.
fn moments(planner: &mut Planner<'_>, function: &str, value: &Typed) -> SqlResult<String> {
    let number = super::aggregates::number(value, function)?;
    let count = keep(planner, &format!("count({number})"), &Type::Long, Meet::Sum);
    let met = |old: &str, new: &str, both: String| {
        format!(
            "CASE WHEN coalesce(o_{count}, 0) = 0 THEN {new} WHEN coalesce(p_{count}, 0) = 0 THEN {old} ELSE {both} END"
        )
    };
    let mean = keep_so(planner, &format!("avg({number})"), &Type::Double, |old, new| {
        met(old, new, format!("{old} + ({new} - {old}) * p_{count} / (o_{count} + p_{count})"))
    });
    let squares = format!("(var_pop({number}) * count({number}))");
    let squares = keep_so(planner, &squares, &Type::Double, |old, new| {
        let between = format!("(p_{mean} - o_{mean})");
        met(
            old,
            new,
            format!("{old} + {new} + {between} * {between} * o_{count} * p_{count} / (o_{count} + p_{count})"),
        )
    });
    let (least, below) = match function {
        "stddev_pop" | "var_pop" => (0, count.clone()),
        _ => (1, format!("({count} - 1)")),
    };
    let variance = format!("{squares} / {below}");
    let shown = if function.starts_with("std") { format!("sqrt({variance})") } else { variance };
    Ok(format!("(CASE WHEN {count} > {least} THEN {shown} END)"))
}
