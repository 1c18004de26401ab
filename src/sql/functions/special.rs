//! Functions whose formula depends on their arguments' types or constants.

use super::{label, made, taken};
use crate::sql::cast::{Mode, cast};
use crate::sql::coerce::{common, common_all};
use crate::sql::ddl::read_schema;
use crate::sql::error::{SqlError, SqlResult};
use crate::sql::messages::from_json;
use crate::sql::operators::{as_type, comparison, condition};
use crate::sql::planner::Planner;
use crate::sql::typed::Typed;
use crate::sql::types::{Field, Type, text_literal};

/// A constant pattern as the executor's literal. Both engines read the common syntax alike; what Java has alone is declined.
pub fn pattern(value: &Typed) -> SqlResult<String> {
    let text = constant(value, "A regular expression")?;
    for own in [
        "(?=",
        "(?!",
        "(?<",
        "(?>",
        "*+",
        "++",
        "?+",
        "\\G",
        "\\Z",
        "\\h",
        "\\R",
        "&&",
        "\\u",
        "\\k",
        "\\p{javaL",
        "\\p{Is",
    ] {
        if text.contains(own) {
            return Err(SqlError::declined(&format!("The pattern {text}, which has {own},")));
        }
    }
    if text.as_bytes().windows(2).any(|pair| pair[0] == b'\\' && (b'1'..=b'9').contains(&pair[1])) {
        return Err(SqlError::declined("A pattern that refers to its own groups"));
    }
    if regex::Regex::new(text).is_err() {
        return Err(SqlError::analysis(
            "INVALID_PARAMETER_VALUE.PATTERN",
            "22023",
            &[("value", text)],
            &format!("The value of parameter(s) `regexp` is invalid: '{text}'."),
        ));
    }
    Ok(text_literal(text))
}

pub fn whole(value: &Typed) -> Option<i64> {
    value.whole()
}

/// The text of a constant.
fn constant<'a>(value: &'a Typed, what: &str) -> SqlResult<&'a str> {
    value.text().ok_or_else(|| SqlError::declined(&format!("{what} that isn't a constant")))
}

/// Whether a seed is none of the user's: the client makes one where there is none, and marks it.
fn is_chance(seed: &Typed) -> bool {
    seed.whole().is_some_and(|seed| seed >> 48 == -0x5A17)
}

fn is_utf8(charset: &Typed) -> bool {
    charset.text().is_some_and(|name| name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("utf8"))
}

pub fn call(planner: &mut Planner<'_>, name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    let text = |at: usize| taken(&args[at], 's', at, &label(name, args));
    let value = match (name, args) {
        ("coalesce", [_, ..]) => {
            let ty = common_all(args.iter().map(|arg| &arg.ty)).ok_or_else(|| {
                SqlError::mismatch(
                    &label(name, args),
                    "DATA_DIFF_TYPES",
                    "Input to `coalesce` should all be the same type.",
                )
            })?;
            let all: Vec<_> = args.iter().map(|arg| Ok(as_type(arg, &ty)?.sql)).collect::<SqlResult<_>>()?;
            let nullable = args.iter().all(|arg| arg.nullable);
            Typed { nullable, ..made(name, args, format!("coalesce({})", all.join(", ")), ty) }
        }
        ("nvl" | "ifnull", [a, b]) => Typed {
            name: label(name, args),
            ..call(planner, "coalesce", &[a.clone(), b.clone()])?.ok_or_else(|| SqlError::malformed("coalesce"))?
        },
        ("nvl2", [a, b, c]) => {
            let ty = common(&b.ty, &c.ty).ok_or_else(|| SqlError::declined("nvl2 of these types"))?;
            let (b, c) = (as_type(b, &ty)?, as_type(c, &ty)?);
            let sql = format!("(CASE WHEN {} IS NOT NULL THEN {} ELSE {} END)", a.sql, b.sql, c.sql);
            Typed { nullable: b.nullable || c.nullable, ..made(name, args, sql, ty) }
        }
        ("nullif", [a, b]) => {
            let same = comparison("=", a, b)?;
            let sql = format!("(CASE WHEN {} THEN NULL ELSE {} END)", same.sql, a.sql);
            Typed { nullable: true, ..made(name, args, sql, a.ty.clone()) }
        }
        ("nullifzero", [a]) => {
            Typed { nullable: true, ..made(name, args, format!("nullif({}, 0)", a.sql), a.ty.clone()) }
        }
        ("zeroifnull", [a]) => {
            Typed { nullable: false, ..made(name, args, format!("coalesce({}, 0)", a.sql), a.ty.clone()) }
        }
        ("if" | "iff", [test, a, b]) => {
            let made = planner.case(&[test.clone(), a.clone(), b.clone()])?;
            Typed { name: format!("(IF({}, {}, {}))", test.name, a.name, b.name), ..made }
        }
        ("nanvl", [a, b]) => {
            let ty = common(&a.ty, &b.ty).filter(Type::is_fractional).unwrap_or(Type::Double);
            let (a, b) = (as_type(a, &ty)?, as_type(b, &ty)?);
            made(name, args, format!("(CASE WHEN isnan({}) THEN {} ELSE {} END)", a.sql, b.sql, a.sql), ty)
        }
        ("greatest" | "least", [_, _, ..]) => {
            let ty = common_all(args.iter().map(|arg| &arg.ty)).ok_or_else(|| {
                SqlError::mismatch(
                    &label(name, args),
                    "DATA_DIFF_TYPES",
                    &format!("Input to `{name}` should all be the same type."),
                )
            })?;
            if ty.orders_apart() || !ty.is_orderable() {
                return Err(SqlError::declined(&format!("{name} of structs, arrays or maps")));
            }
            let all: Vec<_> = args.iter().map(|arg| Ok(as_type(arg, &ty)?.sql)).collect::<SqlResult<_>>()?;
            let nullable = args.iter().all(|arg| arg.nullable);
            Typed { nullable, ..made(name, args, format!("{name}({})", all.join(", ")), ty) }
        }
        ("length" | "char_length" | "character_length" | "len" | "octet_length", [a]) if a.ty == Type::Binary => {
            made(name, args, format!("CAST(octet_length({}) AS INTEGER)", a.sql), Type::Int)
        }
        ("locate" | "position", [a, b, rest @ ..]) if rest.len() <= 1 => {
            let (needle, hay) = (text(0)?, text(1)?);
            let shown = match rest.first() {
                Some(start) => format!("{name}({}, {}, {})", a.name, b.name, start.name),
                None => format!("{name}({}, {}, 1)", a.name, b.name),
            };
            let sql = match rest.first() {
                Some(start) => format!("p_locate({}, {}, {})", needle.sql, hay.sql, as_type(start, &Type::Int)?.sql),
                None => format!("CAST(strpos({}, {}) AS INTEGER)", hay.sql, needle.sql),
            };
            Typed { name: shown, ..made(name, args, sql, Type::Int) }
        }
        ("concat_ws", [_, rest @ ..]) => {
            let between = text(0)?;
            let mut parts = Vec::new();
            for (at, arg) in rest.iter().enumerate() {
                match &arg.ty {
                    Type::Array(element, _) if **element == Type::String => {
                        parts.push(format!("coalesce({}, [])", arg.sql));
                    }
                    Type::Array(..) => {
                        return Err(SqlError::declined("concat_ws of an array of something but strings"));
                    }
                    _ => parts.push(format!("[{}]", text(at + 1)?.sql)),
                }
            }
            let list =
                parts.iter().skip(1).fold(parts.first().cloned().unwrap_or_else(|| "[]".to_owned()), |all, part| {
                    format!("list_concat({all}, {part})")
                });
            let sql = format!("p_join({}, {list})", between.sql);
            Typed { nullable: between.nullable, ..made(name, args, sql, Type::String) }
        }
        ("split", [_, by, rest @ ..]) if rest.len() <= 1 => {
            let limit = rest
                .first()
                .map_or(Some(-1), whole)
                .ok_or_else(|| SqlError::declined("split with a limit that isn't a constant"))?;
            if limit > 0 {
                return Err(SqlError::declined("split with a limit"));
            }
            let by_pattern = pattern(by)?;
            let text_of = constant(by, "A regular expression")?;
            if text_of.is_empty() {
                return Err(SqlError::declined("split by an empty pattern"));
            }
            let shown = format!("split({}, {}, {limit})", args[0].name, by.name);
            let plain = !text_of.contains(['\\', '.', '[', ']', '(', ')', '*', '+', '?', '{', '}', '|', '^', '$']);
            let function = if plain { "string_split" } else { "string_split_regex" };
            let sql = if limit == 0 {
                format!("p_without_empty_end({function}({}, {by_pattern}))", text(0)?.sql)
            } else {
                format!("{function}({}, {by_pattern})", text(0)?.sql)
            };
            Typed { name: shown, ..made(name, args, sql, Type::Array(Box::new(Type::String), false)) }
        }
        ("regexp_extract", [_, by, rest @ ..]) if rest.len() <= 1 => {
            let group = rest
                .first()
                .map_or(Some(1), whole)
                .filter(|group| (0..=9).contains(group))
                .ok_or_else(|| SqlError::declined("This group of regexp_extract"))?;
            let by_pattern = pattern(by)?;
            let groups = regex::Regex::new(constant(by, "A regular expression")?)
                .map_or(0, |regex| regex.captures_len() as i64 - 1);
            if group > groups {
                return Err(SqlError::declined(&format!("Group {group} of a pattern that has {groups}")));
            }
            let shown = format!("regexp_extract({}, {}, {group})", args[0].name, by.name);
            let sql = format!("regexp_extract({}, {by_pattern}, {group})", text(0)?.sql);
            Typed { name: shown, ..made(name, args, sql, Type::String) }
        }
        ("regexp_extract_all", [_, by, rest @ ..]) if rest.len() <= 1 => {
            let group = rest.first().map_or(Some(1), whole).ok_or_else(|| SqlError::declined("This group"))?;
            let by_pattern = pattern(by)?;
            let groups = regex::Regex::new(constant(by, "A regular expression")?)
                .map_or(0, |regex| regex.captures_len() as i64 - 1);
            if group > groups {
                return Err(SqlError::declined(&format!("Group {group} of a pattern that has {groups}")));
            }
            let shown = format!("regexp_extract_all({}, {}, {group})", args[0].name, by.name);
            let sql = format!("regexp_extract_all({}, {by_pattern}, {group})", text(0)?.sql);
            Typed { name: shown, ..made(name, args, sql, Type::Array(Box::new(Type::String), true)) }
        }
        ("regexp_replace", [_, by, with]) => {
            let by_pattern = pattern(by)?;
            let with_text = constant(with, "regexp_replace with a replacement")?;
            // Java writes groups as $1, the executor as \1.
            let mut replacement = String::new();
            let mut chars = with_text.chars().peekable();
            while let Some(c) = chars.next() {
                match c {
                    '$' if chars.peek().is_some_and(char::is_ascii_digit) => replacement.push('\\'),
                    '$' => return Err(SqlError::declined("A named group in a replacement")),
                    '\\' => {
                        if let Some(next) = chars.next() {
                            if next == '\\' {
                                replacement.push('\\');
                            }
                            replacement.push(next);
                        }
                    }
                    other => replacement.push(other),
                }
            }
            let shown = format!("regexp_replace({}, {}, {}, 1)", args[0].name, by.name, with.name);
            let sql = format!("regexp_replace({}, {by_pattern}, {}, 'g')", text(0)?.sql, text_literal(&replacement));
            Typed { name: shown, ..made(name, args, sql, Type::String) }
        }
        ("regexp_count", [_, by]) => {
            let by = pattern(by)?;
            made(name, args, format!("CAST(len(regexp_extract_all({}, {by})) AS INTEGER)", text(0)?.sql), Type::Int)
        }
        ("regexp_substr", [_, by]) => {
            let by = pattern(by)?;
            let own = text(0)?;
            let sql = format!("(CASE WHEN regexp_matches({0}, {by}) THEN regexp_extract({0}, {by}) END)", own.sql);
            Typed { nullable: true, ..made(name, args, sql, Type::String) }
        }
        ("hex", [a]) => {
            let sql = match a.ty {
                Type::Binary => format!("hex({})", a.sql),
                Type::String => format!("hex(encode({}))", a.sql),
                ref ty if ty.is_integral() => format!("p_hex(CAST({} AS BIGINT))", a.sql),
                _ => return Err(SqlError::declined(&format!("hex of {}", a.ty.sql()))),
            };
            made(name, args, sql, Type::String)
        }
        ("sha2", [a, bits]) => {
            let bytes = taken(a, 'y', 0, &label(name, args))?;
            match whole(bits) {
                Some(0 | 256) => made(name, args, format!("sha256({})", bytes.sql), Type::String),
                _ => return Err(SqlError::declined("sha2 with other bits than 256")),
            }
        }
        ("format_number", [a, digits]) => {
            let Some(digits) = whole(digits).filter(|digits| (0..=15).contains(digits)) else {
                return Err(SqlError::declined("format_number with a pattern"));
            };
            if !a.ty.is_numeric() {
                return Err(SqlError::declined("format_number of anything but numbers"));
            }
            let sql = if matches!(a.ty, Type::Decimal(..)) || a.ty.is_integral() {
                let decimal = Type::Decimal(38, digits as i8);
                format!("p_thousands(CAST({} AS {}))", a.sql, decimal.physical())
            } else {
                {
                    let value = as_type(a, &Type::Double)?.sql;
                    format!(
                        "p_number_text({value}, CAST(p_small(p_bround({value}, {digits})) AS DECIMAL(38,{digits})))"
                    )
                }
            };
            made(name, args, sql, Type::String)
        }
        ("format_string" | "printf", [format, rest @ ..]) => return format_string(name, format, rest, args).map(Some),
        ("rand" | "random" | "randn", _) if args.len() <= 1 => {
            if !args.iter().all(is_chance) {
                return Err(SqlError::declined(&format!("{name} with a seed")));
            }
            let sql =
                if name == "randn" { "sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())" } else { "random()" };
            planner.by_chance(format!("({sql})"), Type::Double, label(name, args))
        }
        ("monotonically_increasing_id", []) => {
            planner.by_chance("(row_number() OVER () - 1)".to_owned(), Type::Long, label(name, args))
        }
        ("uuid", [] | [Typed { ty: Type::Long, .. }]) if args.iter().all(is_chance) => {
            planner.by_chance("CAST(uuid() AS VARCHAR)".to_owned(), Type::String, label(name, args))
        }
        ("typeof", [a]) => Typed { nullable: false, ..made(name, args, text_literal(&a.ty.simple()), Type::String) },
        ("raise_error", [_]) => {
            let own = text(0)?;
            let sql = format!("CAST(error('[USER_RAISED_EXCEPTION] ' || {}) AS INTEGER)", own.sql);
            Typed { nullable: true, ..made(name, args, sql, Type::Null) }
        }
        ("assert_true", [test, rest @ ..]) if rest.len() <= 1 => {
            let test = condition(test, name)?;
            let message = match rest.first() {
                Some(_) => text(1)?.sql,
                None => text_literal(&format!("'{}' is not true!", test.name)),
            };
            let sql = format!(
                "(CASE WHEN {} THEN NULL ELSE CAST(error('[USER_RAISED_EXCEPTION] ' || {message}) AS INTEGER) END)",
                test.sql
            );
            let shown = match rest.first() {
                Some(_) => label(name, args),
                None => format!("assert_true({0}, '{0}' is not true!)", test.name),
            };
            Typed { nullable: true, name: shown, ..made(name, args, sql, Type::Null) }
        }
        ("encode", [_, charset]) if is_utf8(charset) => {
            made(name, args, format!("encode({})", text(0)?.sql), Type::Binary)
        }
        ("decode", [a, charset]) if is_utf8(charset) && a.ty == Type::Binary => {
            made(name, args, format!("decode({})", a.sql), Type::String)
        }
        ("to_binary", [_, format]) if is_utf8(format) => {
            made(name, args, format!("encode({})", text(0)?.sql), Type::Binary)
        }
        ("to_number" | "to_char" | "try_to_number", _) => {
            return Err(SqlError::declined(&format!("The function {name}")));
        }
        ("log", [base, value]) => {
            let (base, value) = (taken(base, 'd', 0, name)?, taken(value, 'd', 1, name)?);
            let sql = format!("(CASE WHEN {0} > 0 AND {1} > 0 THEN ln({1}) / ln({0}) END)", base.sql, value.sql);
            Typed {
                nullable: true,
                name: format!("LOG({}, {})", args[0].name, args[1].name),
                ..made(name, args, sql, Type::Double)
            }
        }
        ("log1p", [a]) => {
            let a = taken(a, 'd', 0, name)?;
            let sql = format!("(CASE WHEN {0} > -1 THEN p_log1p({0}) END)", a.sql);
            Typed { nullable: true, name: format!("LOG1P({})", a.name), ..made(name, args, sql, Type::Double) }
        }
        ("shiftright" | "shiftleft", [a, by]) if a.ty == Type::Long => {
            let by = as_type(by, &Type::Int)?;
            let function = if name == "shiftleft" { "p_shift_left_long" } else { "p_shift_right" };
            made(name, args, format!("{function}({}, {})", a.sql, by.sql), Type::Long)
        }
        ("shiftright", [a, by]) => {
            let (a, by) = (taken(a, 'i', 0, name)?, as_type(by, &Type::Int)?);
            made(name, args, format!("CAST(({} >> ({} & 31)) AS INTEGER)", a.sql, by.sql), Type::Int)
        }
        ("elt", [at, rest @ ..]) if !rest.is_empty() => {
            let at = as_type(at, &Type::Int)?;
            let mut all = Vec::new();
            for (index, _) in rest.iter().enumerate() {
                all.push(text(index + 1)?.sql);
            }
            let sql = format!("p_elt([{}], {})", all.join(", "), at.sql);
            Typed { nullable: true, ..made(name, args, sql, Type::String) }
        }
        ("get_json_object", [_, path]) if path.text().is_some() => {
            let own = text(0)?;
            let path_text = path.text().unwrap_or_default();
            let plain = path_text.strip_prefix("$").is_some_and(|rest| {
                !rest.is_empty()
                    && rest.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '[' | ']'))
            });
            if !plain {
                return Err(SqlError::declined(&format!("The JSON path {path_text}")));
            }
            let sql = format!("p_json_text({}, {})", own.sql, text_literal(path_text));
            Typed { nullable: true, ..made(name, args, sql, Type::String) }
        }
        ("json_array_length", [_]) => {
            let sql = format!(
                "(CASE WHEN json_valid({0}) AND json_type({0}) = 'ARRAY' THEN CAST(json_array_length({0}) AS INTEGER) END)",
                text(0)?.sql
            );
            Typed { nullable: true, ..made(name, args, sql, Type::Int) }
        }
        ("from_json", [_, schema, options @ ..]) if options.len() <= 1 => {
            let Some(schema) = schema.text() else {
                return Err(SqlError::declined("from_json with a schema of a column"));
            };
            let mut values = vec![text(0)?];
            values.extend(options.iter().cloned());
            planner.own_function(name, &format!("from_json({})", args[0].name), values, read_any(schema)?)?
        }
        ("to_json", [value, options @ ..]) if options.len() <= 1 => {
            if !value.ty.is_nested() {
                return Err(SqlError::declined(&format!("to_json of {}", value.ty.sql())));
            }
            planner.own_function(name, &format!("to_json({})", value.name), args.to_vec(), Type::String)?
        }
        _ => return Ok(None),
    };
    Ok(Some(value))
}

/// A schema or a type, in JSON or as columns are declared; whatever is missing in a text is null.
fn read_any(text: &str) -> SqlResult<Type> {
    let text = text.trim();
    let ty = if text.starts_with('{') || text.starts_with('"') { from_json(text)? } else { read_schema(text)? };
    Ok(nullable(ty))
}

fn nullable(ty: Type) -> Type {
    match ty {
        Type::Struct(fields) => {
            let fields = fields.into_iter().map(|field| Field { ty: nullable(field.ty), nullable: true, ..field });
            Type::Struct(fields.collect())
        }
        Type::Array(element, _) => Type::Array(Box::new(nullable(*element)), true),
        Type::Map(key, value, _) => Type::Map(Box::new(nullable(*key)), Box::new(nullable(*value)), true),
        other => other,
    }
}

/// `printf`'s formats that need no more than text and whole numbers.
fn format_string(name: &str, format: &Typed, rest: &[Typed], args: &[Typed]) -> SqlResult<Typed> {
    let pattern = constant(format, "format_string with a format")?;
    let mut parts: Vec<String> = Vec::new();
    let mut plain = String::new();
    let mut chars = pattern.chars();
    let mut values = rest.iter();
    while let Some(c) = chars.next() {
        if c != '%' {
            plain.push(c);
            continue;
        }
        match chars.next() {
            Some('%') => plain.push('%'),
            Some('n') => plain.push('\n'),
            Some(kind @ ('s' | 'd')) => {
                let value = values.next().ok_or_else(|| SqlError::declined("format_string with too few values"))?;
                let fits = match kind {
                    'd' => value.ty.is_integral(),
                    _ => !value.ty.is_nested() && value.ty != Type::Binary,
                };
                if !fits {
                    return Err(SqlError::declined(&format!("format_string of {} as %{kind}", value.ty.sql())));
                }
                parts.push(text_literal(&std::mem::take(&mut plain)));
                parts.push(format!("coalesce({}, 'null')", cast(&value.sql, &value.ty, &Type::String, Mode::Ansi)?));
            }
            _ => return Err(SqlError::declined(&format!("The format {pattern}"))),
        }
    }
    parts.push(text_literal(&plain));
    Ok(Typed { nullable: false, ..made(name, args, format!("({})", parts.join(" || ")), Type::String) })
}
