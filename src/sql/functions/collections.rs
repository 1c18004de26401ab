//! Functions of arrays, maps and structs, and those that make rows of them.

use super::{label, made, wrong_count};
use crate::sql::coerce::{common, common_all};
use crate::sql::error::{SqlError, SqlResult};
use crate::sql::expr::extract_value;
use crate::sql::literal;
use crate::sql::operators::as_type;
use crate::sql::typed::{Generator, Typed};
use crate::sql::types::{Field, Type, physical_names, quoted};

fn wanted(name: &str, args: &[Typed], kind: &str) -> SqlError {
    let shown = args.first().map(|arg| (arg.name.clone(), arg.ty.sql())).unwrap_or_default();
    SqlError::mismatch(
        &label(name, args),
        "UNEXPECTED_INPUT_TYPE",
        &format!(
            "The first parameter requires the \"{kind}\" type, however \"{}\" has the type \"{}\".",
            shown.0, shown.1
        ),
    )
}

pub fn call(name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    if let ("sort_array" | "array_sort", Some(Type::Array(element, _))) = (name, args.first().map(|arg| &arg.ty))
        && (element.orders_apart() || !element.is_orderable())
    {
        return Err(SqlError::declined(&format!("{name} of structs, arrays or maps")));
    }
    let value = match (name, args) {
        ("array", _) => {
            let ty = common_all(args.iter().map(|arg| &arg.ty)).ok_or_else(|| {
                SqlError::mismatch(
                    &label(name, args),
                    "DATA_DIFF_TYPES",
                    "Input to `array` should all be the same type.",
                )
            })?;
            let all: Vec<_> = args.iter().map(|arg| Ok(as_type(arg, &ty)?.sql)).collect::<SqlResult<_>>()?;
            let nulls = args.iter().any(|arg| arg.nullable);
            let ty = Type::Array(Box::new(ty), nulls);
            Typed {
                nullable: false,
                ..made(name, args, format!("CAST([{}] AS {})", all.join(", "), ty.physical()), ty)
            }
        }
        ("struct", _) => {
            let fields: Vec<Field> = args
                .iter()
                .enumerate()
                .map(|(at, arg)| {
                    let name = if arg.named {
                        arg.top.as_ref().unwrap_or(&arg.name).clone()
                    } else {
                        format!("col{}", at + 1)
                    };
                    Field { metadata: arg.metadata.clone(), ..Field::new(&name, arg.ty.clone(), arg.nullable) }
                })
                .collect();
            packed(name, args, fields, args)?
        }
        ("named_struct", _) if args.len().is_multiple_of(2) => {
            let mut fields = Vec::new();
            let mut values = Vec::new();
            for pair in args.chunks(2) {
                let name = pair[0].text().ok_or_else(|| SqlError::declined("named_struct with a computed name"))?;
                fields.push(Field::new(name, pair[1].ty.clone(), pair[1].nullable));
                values.push(pair[1].clone());
            }
            packed(name, args, fields, &values)?
        }
        ("map" | "create_map", _) if args.len().is_multiple_of(2) => {
            let keys: Vec<Typed> = args.iter().step_by(2).cloned().collect();
            let values: Vec<Typed> = args.iter().skip(1).step_by(2).cloned().collect();
            let declined = || {
                SqlError::mismatch(
                    &label("map", args),
                    "CREATE_MAP_KEY_DIFF_TYPES",
                    "The given keys of function `map` should all be the same type.",
                )
            };
            let key = common_all(keys.iter().map(|key| &key.ty)).ok_or_else(declined)?;
            let value = common_all(values.iter().map(|value| &value.ty)).ok_or_else(declined)?;
            let list = |parts: &[Typed], ty: &Type| -> SqlResult<String> {
                Ok(parts.iter().map(|part| Ok(as_type(part, ty)?.sql)).collect::<SqlResult<Vec<_>>>()?.join(", "))
            };
            let nulls = values.iter().any(|value| value.nullable);
            let sql = format!("map([{}], [{}])", list(&keys, &key)?, list(&values, &value)?);
            let ty = Type::Map(Box::new(key), Box::new(value), nulls);
            Typed { nullable: false, ..made("map", args, format!("CAST({sql} AS {})", ty.physical()), ty) }
        }
        ("size" | "cardinality" | "array_size", [a]) => match a.ty {
            Type::Array(..) => made(name, args, format!("CAST(len({}) AS INTEGER)", a.sql), Type::Int),
            Type::Map(..) if name != "array_size" => {
                made(name, args, format!("CAST(cardinality({}) AS INTEGER)", a.sql), Type::Int)
            }
            _ => return Err(wanted(name, args, "ARRAY")),
        },
        ("reverse", [a]) if matches!(a.ty, Type::Array(..)) => {
            made(name, args, format!("list_reverse({})", a.sql), a.ty.clone())
        }
        ("explode" | "explode_outer" | "posexplode" | "posexplode_outer" | "inline" | "inline_outer", [a]) => {
            return exploded(name, a).map(Some);
        }
        ("stack", [rows, rest @ ..]) => {
            let rows = super::special::whole(rows)
                .filter(|rows| *rows > 0)
                .ok_or_else(|| wrong_count(name, args.len()))? as usize;
            let width = rest.len().div_ceil(rows);
            let mut types = Vec::new();
            for column in 0..width {
                let ty = common_all(rest.iter().skip(column).step_by(width).map(|arg| &arg.ty))
                    .ok_or_else(|| SqlError::declined("stack of columns of different types"))?;
                types.push(ty);
            }
            let mut made_rows = Vec::new();
            for row in 0..rows {
                let mut cells = Vec::new();
                for (column, ty) in types.iter().enumerate() {
                    let value = match rest.get(row * width + column) {
                        Some(value) => as_type(value, ty)?.sql,
                        None => literal::null(ty).sql,
                    };
                    cells.push(format!("f{column} := {value}"));
                }
                made_rows.push(format!("struct_pack({})", cells.join(", ")));
            }
            let columns = types.into_iter().enumerate().map(|(at, ty)| (format!("col{at}"), ty, true)).collect();
            generator(name, args, format!("[{}]", made_rows.join(", ")), false, columns)
        }
        ("array_contains", [a, x]) => {
            let Type::Array(element, _) = &a.ty else { return Err(wanted(name, args, "ARRAY")) };
            let ty = common(element, &x.ty).ok_or_else(|| wanted(name, args, "ARRAY"))?;
            let (list, x) = (as_type(a, &Type::Array(Box::new(ty.clone()), true))?, as_type(x, &ty)?);
            Typed { nullable: true, ..made(name, args, format!("p_contains({}, {})", list.sql, x.sql), Type::Boolean) }
        }
        ("array_position", [a, x]) => {
            let Type::Array(element, _) = &a.ty else { return Err(wanted(name, args, "ARRAY")) };
            let x = as_type(x, element)?;
            made(
                name,
                args,
                format!(
                    "(CASE WHEN {1} IS NOT NULL AND {0} IS NOT NULL THEN CAST(coalesce(list_position({0}, {1}), 0) AS BIGINT) END)",
                    a.sql, x.sql
                ),
                Type::Long,
            )
        }
        ("array_remove", [a, x]) => {
            let Type::Array(element, nulls) = &a.ty else { return Err(wanted(name, args, "ARRAY")) };
            let ty = common(element, &x.ty).ok_or_else(|| wanted(name, args, "ARRAY"))?;
            let all = Type::Array(Box::new(ty.clone()), *nulls);
            let (list, x) = (as_type(a, &all)?, as_type(x, &ty)?);
            made(
                name,
                args,
                format!(
                    "(CASE WHEN {1} IS NOT NULL THEN list_filter({0}, lambda e_: e_ IS NULL OR e_ <> {1}) END)",
                    list.sql, x.sql
                ),
                all,
            )
        }
        ("array_append" | "array_prepend", [a, x]) => {
            let Type::Array(element, _) = &a.ty else { return Err(wanted(name, args, "ARRAY")) };
            let ty = common(element, &x.ty).ok_or_else(|| wanted(name, args, "ARRAY"))?;
            let all = Type::Array(Box::new(ty.clone()), true);
            let (list, x) = (as_type(a, &all)?, as_type(x, &ty)?);
            let sql = if name == "array_append" {
                format!("list_append({}, {})", list.sql, x.sql)
            } else {
                format!("list_prepend({}, {})", x.sql, list.sql)
            };
            Typed {
                nullable: a.nullable,
                ..made(name, args, format!("(CASE WHEN {} IS NOT NULL THEN {sql} END)", list.sql), all)
            }
        }
        ("array_insert", [a, at, x]) => {
            let _ = (a, at, x);
            return Err(SqlError::declined("The function array_insert"));
        }
        ("array_compact", [a]) if matches!(a.ty, Type::Array(..)) => {
            made(name, args, format!("list_filter({}, lambda e_: e_ IS NOT NULL)", a.sql), a.ty.clone())
        }
        ("array_distinct", [a]) if matches!(a.ty, Type::Array(..)) && !a.ty.has_map() => {
            made(name, args, format!("p_distinct({})", a.sql), a.ty.clone())
        }
        ("array_union" | "array_intersect" | "array_except", [a, b]) => {
            let ty = common(&a.ty, &b.ty)
                .filter(|ty| matches!(ty, Type::Array(..)) && !ty.has_map())
                .ok_or_else(|| wanted(name, args, "ARRAY"))?;
            let (x, y) = (as_type(a, &ty)?.sql, as_type(b, &ty)?.sql);
            let sql = match name {
                "array_union" => format!("p_distinct(list_concat({x}, {y}))"),
                "array_intersect" => format!("p_distinct(list_filter({x}, lambda e_: p_has({y}, e_)))"),
                _ => format!("p_distinct(list_filter({x}, lambda e_: NOT p_has({y}, e_)))"),
            };
            made(name, args, format!("(CASE WHEN {x} IS NOT NULL AND {y} IS NOT NULL THEN {sql} END)"), ty)
        }
        ("arrays_overlap", [a, b]) => {
            let ty = common(&a.ty, &b.ty)
                .filter(|ty| matches!(ty, Type::Array(..)))
                .ok_or_else(|| wanted(name, args, "ARRAY"))?;
            let (x, y) = (as_type(a, &ty)?.sql, as_type(b, &ty)?.sql);
            Typed { nullable: true, ..made(name, args, format!("p_overlap({x}, {y})"), Type::Boolean) }
        }
        ("array_join", [a, by, rest @ ..])
            if rest.len() <= 1
                && matches!(&a.ty, Type::Array(element, _) if !element.is_nested() && **element != Type::Binary) =>
        {
            let texts = as_type(a, &Type::Array(Box::new(Type::String), true))?.sql;
            let list = match rest.first() {
                Some(null) => format!("list_transform({texts}, lambda e_: coalesce(e_, {}))", null.sql),
                None => texts,
            };
            made(name, args, format!("p_join({}, {list})", by.sql), Type::String)
        }
        ("array_max" | "array_min", [a]) => {
            let Type::Array(element, _) = &a.ty else { return Err(wanted(name, args, "ARRAY")) };
            if element.orders_apart() || !element.is_orderable() {
                return Err(SqlError::declined(&format!("{name} of structs, arrays or maps")));
            }
            let function = if name == "array_max" { "list_max" } else { "list_min" };
            Typed { nullable: true, ..made(name, args, format!("{function}({})", a.sql), (**element).clone()) }
        }
        ("sort_array", [a, rest @ ..]) if rest.len() <= 1 && matches!(a.ty, Type::Array(..)) => {
            let up = rest.first().is_none_or(|flag| flag.sql == "true");
            let how = if up { "'ASC', 'NULLS FIRST'" } else { "'DESC', 'NULLS LAST'" };
            Typed {
                name: format!("sort_array({}, {up})", a.name),
                ..made(name, args, format!("list_sort({}, {how})", a.sql), a.ty.clone())
            }
        }
        ("array_sort", [a]) if matches!(a.ty, Type::Array(..)) => {
            let shown = format!(
                "array_sort({}, lambdafunction((IF(((namedlambdavariable() IS NULL) AND (namedlambdavariable() IS NULL)), 0, (IF((namedlambdavariable() IS NULL), 1, (IF((namedlambdavariable() IS NULL), -1, (IF((namedlambdavariable() < namedlambdavariable()), -1, (IF((namedlambdavariable() > namedlambdavariable()), 1, 0)))))))))), namedlambdavariable(), namedlambdavariable()))",
                a.name
            );
            Typed {
                name: shown,
                ..made(name, args, format!("list_sort({}, 'ASC', 'NULLS LAST')", a.sql), a.ty.clone())
            }
        }
        ("flatten", [a]) => {
            let Type::Array(element, _) = &a.ty else { return Err(wanted(name, args, "ARRAY")) };
            if !matches!(**element, Type::Array(..)) {
                return Err(wanted(name, args, "ARRAY of ARRAY"));
            }
            let sql = format!("(CASE WHEN p_has({0}, NULL) THEN NULL ELSE flatten({0}) END)", a.sql);
            made(name, args, sql, (**element).clone())
        }
        ("slice", [a, start, length]) if matches!(a.ty, Type::Array(..)) => {
            let (start, length) = (as_type(start, &Type::Int)?, as_type(length, &Type::Int)?);
            made(name, args, format!("p_slice({}, {}, {})", a.sql, start.sql, length.sql), a.ty.clone())
        }
        ("element_at" | "try_element_at", [a, key]) => match &a.ty {
            Type::Array(element, _) => {
                let key = as_type(key, &Type::Int)?;
                let function = if name == "element_at" { "p_element_at" } else { "p_try_element_at" };
                Typed {
                    nullable: true,
                    ..made(name, args, format!("{function}({}, {})", a.sql, key.sql), (**element).clone())
                }
            }
            Type::Map(..) => Typed { name: label(name, args), ..extract_value(a, key)? },
            _ => return Err(wanted(name, args, "ARRAY\" or \"MAP")),
        },
        ("get", [a, at]) => {
            let Type::Array(element, _) = &a.ty else { return Err(wanted(name, args, "ARRAY")) };
            let at = as_type(at, &Type::Int)?;
            Typed { nullable: true, ..made(name, args, format!("p_get({}, {})", a.sql, at.sql), (**element).clone()) }
        }
        ("array_repeat", [a, count]) => {
            let count = as_type(count, &Type::Int)?;
            let ty = Type::Array(Box::new(a.ty.clone()), a.nullable);
            let sql = format!("list_transform(range(greatest({}, 0)), lambda e_: {})", count.sql, a.sql);
            Typed { nullable: count.nullable, ..made(name, args, sql, ty) }
        }
        ("sequence", [a, b, rest @ ..]) if rest.len() <= 1 && a.ty.is_integral() && b.ty.is_integral() => {
            let ty = common(&a.ty, &b.ty).ok_or_else(|| wanted(name, args, "INT"))?;
            let (x, y) = (as_type(a, &ty)?.sql, as_type(b, &ty)?.sql);
            let step = match rest.first() {
                Some(step) => as_type(step, &Type::Long)?.sql,
                None => format!("(CASE WHEN {x} <= {y} THEN 1 ELSE -1 END)"),
            };
            let list = Type::Array(Box::new(ty), false);
            let sql = format!(
                "CAST(generate_series(CAST({x} AS BIGINT), CAST({y} AS BIGINT), {step}) AS {})",
                list.physical()
            );
            made(name, args, sql, list)
        }
        ("arrays_zip", [_, ..]) if args.iter().all(|arg| matches!(arg.ty, Type::Array(..))) => {
            let mut fields = Vec::new();
            let mut parts = Vec::new();
            let lengths: Vec<_> = args.iter().map(|arg| format!("len({})", arg.sql)).collect();
            for (at, arg) in args.iter().enumerate() {
                let Type::Array(element, _) = &arg.ty else { continue };
                let shown = if arg.named { arg.top.as_ref().unwrap_or(&arg.name).clone() } else { at.to_string() };
                fields.push(Field::new(&shown, (**element).clone(), true));
                parts.push(format!("({})[e_]", arg.sql));
            }
            let parts: Vec<_> = physical_names(&fields)
                .iter()
                .zip(parts)
                .map(|(name, part)| format!("{} := {part}", quoted(name)))
                .collect();
            let there: Vec<_> = args.iter().map(|arg| format!("{} IS NULL", arg.sql)).collect();
            let sql = format!(
                "(CASE WHEN {} THEN NULL ELSE list_transform(generate_series(1, greatest({})), lambda e_: struct_pack({})) END)",
                there.join(" OR "),
                lengths.join(", "),
                parts.join(", ")
            );
            made(name, args, sql, Type::Array(Box::new(Type::Struct(fields)), false))
        }
        ("map_keys", [a]) => {
            let Type::Map(key, ..) = &a.ty else { return Err(wanted(name, args, "MAP")) };
            made(name, args, format!("map_keys({})", a.sql), Type::Array(key.clone(), false))
        }
        ("map_values", [a]) => {
            let Type::Map(_, value, nulls) = &a.ty else { return Err(wanted(name, args, "MAP")) };
            made(name, args, format!("map_values({})", a.sql), Type::Array(value.clone(), *nulls))
        }
        ("map_entries", [a]) => {
            let Type::Map(key, value, nulls) = &a.ty else { return Err(wanted(name, args, "MAP")) };
            let pair = Type::Struct(vec![
                Field::new("key", (**key).clone(), false),
                Field::new("value", (**value).clone(), *nulls),
            ]);
            made(name, args, format!("map_entries({})", a.sql), Type::Array(Box::new(pair), false))
        }
        ("map_from_arrays", [a, b]) => {
            let (Type::Array(key, _), Type::Array(value, nulls)) = (&a.ty, &b.ty) else {
                return Err(wanted(name, args, "ARRAY"));
            };
            made(name, args, format!("map({}, {})", a.sql, b.sql), Type::Map(key.clone(), value.clone(), *nulls))
        }
        ("map_from_entries", [a]) => {
            let Type::Array(entry, _) = &a.ty else { return Err(wanted(name, args, "ARRAY")) };
            let Type::Struct(fields) = &**entry else { return Err(wanted(name, args, "ARRAY of pairs")) };
            let [key, value] = fields.as_slice() else { return Err(wanted(name, args, "ARRAY of pairs")) };
            let names = physical_names(fields);
            let sql = format!(
                "map(list_transform({0}, lambda e_: e_.{1}), list_transform({0}, lambda e_: e_.{2}))",
                a.sql,
                quoted(&names[0]),
                quoted(&names[1])
            );
            Typed {
                nullable: true,
                ..made(name, args, sql, Type::Map(Box::new(key.ty.clone()), Box::new(value.ty.clone()), value.nullable))
            }
        }
        ("map_contains_key", [a, key]) => {
            let Type::Map(key_type, ..) = &a.ty else { return Err(wanted(name, args, "MAP")) };
            let key = as_type(key, key_type)?;
            made(name, args, format!("list_contains(map_keys({}), {})", a.sql, key.sql), Type::Boolean)
        }
        ("map_concat", [_, ..]) if args.iter().all(|arg| matches!(arg.ty, Type::Map(..))) => {
            let ty = common_all(args.iter().map(|arg| &arg.ty)).ok_or_else(|| wanted(name, args, "MAP"))?;
            let maps = args.iter().map(|arg| Ok(as_type(arg, &ty)?.sql)).collect::<SqlResult<Vec<_>>>()?;
            let keys: Vec<_> = maps.iter().map(|map| format!("map_keys({map})")).collect();
            let values: Vec<_> = maps.iter().map(|map| format!("map_values({map})")).collect();
            let there: Vec<_> = maps.iter().map(|map| format!("{map} IS NOT NULL")).collect();
            let sql = format!(
                "(CASE WHEN {} THEN map(flatten([{}]), flatten([{}])) END)",
                there.join(" AND "),
                keys.join(", "),
                values.join(", ")
            );
            made(name, args, sql, ty)
        }
        ("str_to_map", _) => return Err(SqlError::declined("The function str_to_map")),
        _ => return Ok(None),
    };
    Ok(Some(value))
}

fn packed(name: &str, args: &[Typed], fields: Vec<Field>, values: &[Typed]) -> SqlResult<Typed> {
    if fields.is_empty() {
        return Err(SqlError::declined("A struct without fields"));
    }
    let parts: Vec<_> = physical_names(&fields)
        .iter()
        .zip(values)
        .zip(&fields)
        .map(|((name, value), field)| {
            let sql = if field.ty == Type::Null {
                format!("CAST(NULL AS {})", Type::Null.physical())
            } else {
                value.sql.clone()
            };
            format!("{} := {sql}", quoted(name))
        })
        .collect();
    Ok(Typed {
        nullable: false,
        ..made(name, args, format!("struct_pack({})", parts.join(", ")), Type::Struct(fields))
    })
}

fn generator(name: &str, args: &[Typed], sql: String, outer: bool, columns: Vec<(String, Type, bool)>) -> Typed {
    let mut value = made(name, args, sql, Type::Null);
    value.parts.literal = false;
    value.name = columns.first().map(|column| column.0.clone()).unwrap_or_default();
    value.generator = Some(Box::new(Generator { kind: name.to_owned(), outer, columns }));
    value
}

fn exploded(name: &str, a: &Typed) -> SqlResult<Typed> {
    let outer = name.ends_with("_outer");
    let with_place = name.starts_with("pos");
    let args = std::slice::from_ref(a);
    let mut columns: Vec<(String, Type, bool)> = Vec::new();
    let mut cells: Vec<String> = Vec::new();
    if with_place {
        columns.push(("pos".to_owned(), Type::Int, false));
        cells.push("CAST(i_ - 1 AS INTEGER)".to_owned());
    }
    let list = match (&a.ty, name.starts_with("inline")) {
        (Type::Array(element, _), true) => {
            let Type::Struct(fields) = &**element else { return Err(wanted(name, args, "ARRAY<STRUCT>")) };
            for (field, physical) in fields.iter().zip(physical_names(fields)) {
                columns.push((field.name.clone(), field.ty.clone(), field.nullable));
                cells.push(format!("e_.{}", quoted(&physical)));
            }
            a.sql.clone()
        }
        (Type::Array(element, nulls), false) => {
            columns.push(("col".to_owned(), (**element).clone(), *nulls));
            cells.push("e_".to_owned());
            a.sql.clone()
        }
        (Type::Map(key, value, nulls), false) => {
            columns.push(("key".to_owned(), (**key).clone(), false));
            columns.push(("value".to_owned(), (**value).clone(), *nulls));
            cells.push("e_.key".to_owned());
            cells.push("e_.value".to_owned());
            format!("map_entries({})", a.sql)
        }
        _ => return Err(wanted(name, args, "ARRAY\" or \"MAP")),
    };
    let cells: Vec<_> = cells.iter().enumerate().map(|(at, cell)| format!("f{at} := {cell}")).collect();
    let sql = format!("list_transform({list}, lambda e_, i_: struct_pack({}))", cells.join(", "));
    Ok(generator(name, args, sql, outer, columns))
}
