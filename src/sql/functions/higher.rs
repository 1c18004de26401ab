//! Functions that take functions: `transform`, `filter`, `exists`, `aggregate`, `zip_with` and those of maps.

use super::label;
use crate::sql::coerce::implicit;
use crate::sql::error::{SqlError, SqlResult};
use crate::sql::operators::{as_type, condition};
use crate::sql::planner::Planner;
use crate::sql::proto::Expression;
use crate::sql::proto::expression::{ExprType, LambdaFunction};
use crate::sql::typed::Typed;
use crate::sql::types::Type;

pub const NAMES: &[&str] = &[
    "transform",
    "filter",
    "exists",
    "forall",
    "any_match",
    "all_match",
    "aggregate",
    "reduce",
    "zip_with",
    "map_filter",
    "transform_keys",
    "transform_values",
    "array_sort",
    "map_zip_with",
];

/// What a lambda gives for parameters of these names in SQL and types.
fn body(planner: &mut Planner<'_>, lambda: &LambdaFunction, values: &[(String, Type)]) -> SqlResult<Typed> {
    let depth = planner.lambdas.len();
    let mut shown = Vec::new();
    for (parameter, (sql, ty)) in lambda.arguments.iter().zip(values) {
        let name = parameter.name_parts.first().cloned().unwrap_or_default();
        let mut value = Typed::new(sql.clone(), ty.clone(), true, "namedlambdavariable()".to_string());
        value.parts.literal = false;
        shown.push("namedlambdavariable()");
        planner.lambdas.push((name, value));
    }
    let message = lambda.function.as_deref().ok_or_else(|| SqlError::malformed("a lambda's body"));
    let made = message.and_then(|message| planner.expr(message));
    planner.lambdas.truncate(depth);
    let mut made = made?;
    if made.parts.aggregate || made.parts.window {
        return Err(SqlError::declined("An aggregate inside a lambda"));
    }
    made.name = format!("lambdafunction({}, {})", made.name, shown.join(", "));
    Ok(made)
}

fn lambda_of(message: &Expression) -> SqlResult<&LambdaFunction> {
    match message.expr_type.as_ref() {
        Some(ExprType::LambdaFunction(lambda)) => Ok(lambda),
        _ => Err(SqlError::malformed("a lambda")),
    }
}

pub fn call(planner: &mut Planner<'_>, name: &str, arguments: &[Expression]) -> SqlResult<Typed> {
    let lambdas: Vec<&Expression> =
        arguments.iter().filter(|argument| matches!(argument.expr_type, Some(ExprType::LambdaFunction(_)))).collect();
    let mut args = Vec::new();
    for argument in arguments {
        if !matches!(argument.expr_type, Some(ExprType::LambdaFunction(_))) {
            args.push(planner.expr(argument)?);
        }
    }
    let first = args.first().cloned().ok_or_else(|| super::wrong_count(name, 0))?;
    let lambda = lambda_of(lambdas[0])?;
    let at = planner.lambdas.len();
    let (x, y) = (format!("x{at}_"), format!("y{at}_"));
    let with_index = lambda.arguments.len() == 2;
    let wrong = || {
        SqlError::mismatch(
            &label(name, &args),
            "UNEXPECTED_INPUT_TYPE",
            &format!(
                "The first parameter requires another type, however \"{}\" has the type \"{}\".",
                first.name,
                first.ty.sql()
            ),
        )
    };
    let named = |bodies: &[&Typed], rest: &[Typed]| {
        let mut all: Vec<Typed> = vec![first.clone()];
        all.extend(rest.iter().cloned());
        all.extend(bodies.iter().map(|body| (*body).clone()));
        label(name, &all)
    };
    let finish = |sql: String, ty: Type, name: String, bodies: &[&Typed]| {
        let mut all = args.clone();
        all.extend(bodies.iter().map(|body| (*body).clone()));
        Typed::new(sql, ty, first.nullable, name).of(&all)
    };
    match (name, &first.ty) {
        ("transform" | "filter" | "exists" | "forall", Type::Array(element, _)) => {
            let parameters = [(x.clone(), (**element).clone()), (format!("CAST({y} - 1 AS INTEGER)"), Type::Int)];
            let made = body(planner, lambda, &parameters)?;
            let heads = if with_index { format!("{x}, {y}") } else { x };
            match name {
                "transform" => {
                    let ty = Type::Array(Box::new(made.ty.clone()), made.nullable);
                    Ok(finish(
                        format!("list_transform({}, lambda {heads}: {})", first.sql, made.sql),
                        ty,
                        named(&[&made], &[]),
                        &[&made],
                    ))
                }
                "filter" => {
                    let test = condition(&made, name)?;
                    let sql = format!("list_filter({}, lambda {heads}: coalesce({}, false))", first.sql, test.sql);
                    Ok(finish(sql, first.ty.clone(), named(&[&made], &[]), &[&made]))
                }
                "exists" => {
                    let test = condition(&made, name)?;
                    let sql = format!("p_any(list_transform({}, lambda {heads}: {}))", first.sql, test.sql);
                    Ok(Typed { nullable: true, ..finish(sql, Type::Boolean, named(&[&made], &[]), &[&made]) })
                }
                _ => {
                    let test = condition(&made, name)?;
                    let sql = format!("p_all(list_transform({}, lambda {heads}: {}))", first.sql, test.sql);
                    Ok(Typed { nullable: true, ..finish(sql, Type::Boolean, named(&[&made], &[]), &[&made]) })
                }
            }
        }
        ("aggregate" | "reduce", Type::Array(element, _)) => {
            let start = args.get(1).cloned().ok_or_else(|| super::wrong_count(name, 1))?;
            // The running value stands first in a list of one kind: each element is put beside it.
            let merge = body(
                planner,
                lambda,
                &[(format!("{x}.a"), start.ty.clone()), (format!("{y}.b"), (**element).clone())],
            )?;
            if !implicit(&merge.ty, &start.ty) {
                return Err(SqlError::mismatch(
                    &named(&[&merge], std::slice::from_ref(&start)),
                    "UNEXPECTED_INPUT_TYPE",
                    &format!(
                        "The third parameter requires the \"{}\" type, however the merge has the type \"{}\".",
                        start.ty.sql(),
                        merge.ty.sql()
                    ),
                ));
            }
            let merged = as_type(&merge, &start.ty)?;
            let (a, b) = (start.ty.physical(), element.physical());
            let sql = format!(
                "(list_reduce(list_prepend(struct_pack(a := CAST({} AS {a}), b := CAST(NULL AS {b})), list_transform({}, lambda e_: struct_pack(a := CAST(NULL AS {a}), b := e_))), lambda {x}, {y}: struct_pack(a := {}, b := CAST(NULL AS {b})))).a",
                start.sql, first.sql, merged.sql
            );
            let sql = format!("(CASE WHEN {} IS NULL THEN NULL ELSE {sql} END)", first.sql);
            if let Some(last) = lambdas.get(1) {
                let done = body(planner, lambda_of(last)?, &[(sql.clone(), start.ty.clone())])?;
                let name = named(&[&merge, &done], &[start]);
                return Ok(Typed {
                    nullable: true,
                    ..finish(done.sql.clone(), done.ty.clone(), name, &[&merge, &done])
                });
            }
            let identity = Typed {
                name: "lambdafunction(namedlambdavariable(), namedlambdavariable())".to_owned(),
                ..start.clone()
            };
            Ok(Typed {
                nullable: true,
                ..finish(sql, start.ty.clone(), named(&[&merge, &identity], std::slice::from_ref(&start)), &[&merge])
            })
        }
        ("zip_with", Type::Array(element, _)) => {
            let Some(Type::Array(other, _)) = args.get(1).map(|arg| arg.ty.clone()) else { return Err(wrong()) };
            let made = body(
                planner,
                lambda,
                &[(format!("{x}[1]"), (**element).clone()), (format!("{x}[2]"), (*other).clone())],
            )?;
            let ty = Type::Array(Box::new(made.ty.clone()), made.nullable);
            let sql = format!("list_transform(list_zip({}, {}), lambda {x}: {})", first.sql, args[1].sql, made.sql);
            let sql = format!("(CASE WHEN {} IS NULL OR {} IS NULL THEN NULL ELSE {sql} END)", first.sql, args[1].sql);
            Ok(finish(sql, ty, named(&[&made], &args[1..]), &[&made]))
        }
        ("map_filter" | "transform_keys" | "transform_values", Type::Map(key, value, _)) => {
            let made = body(
                planner,
                lambda,
                &[(format!("{x}.key"), (**key).clone()), (format!("{x}.value"), (**value).clone())],
            )?;
            let shown = named(&[&made], &[]);
            let entries = format!("map_entries({})", first.sql);
            Ok(match name {
                "map_filter" => {
                    let test = condition(&made, name)?;
                    let sql =
                        format!("map_from_entries(list_filter({entries}, lambda {x}: coalesce({}, false)))", test.sql);
                    finish(sql, first.ty.clone(), shown, &[&made])
                }
                "transform_keys" => {
                    let ty = Type::Map(Box::new(made.ty.clone()), value.clone(), true);
                    let sql =
                        format!("map(list_transform({entries}, lambda {x}: {}), map_values({}))", made.sql, first.sql);
                    finish(sql, ty, shown, &[&made])
                }
                _ => {
                    let ty = Type::Map(key.clone(), Box::new(made.ty.clone()), true);
                    let sql =
                        format!("map(map_keys({}), list_transform({entries}, lambda {x}: {}))", first.sql, made.sql);
                    finish(sql, ty, shown, &[&made])
                }
            })
        }
        ("array_sort" | "map_zip_with", _) => Err(SqlError::declined(&format!("{name} with a function"))),
        _ => Err(wrong()),
    }
}
