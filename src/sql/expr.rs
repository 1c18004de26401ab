//! Expressions of the protocol, resolved against the columns in scope.

use super::cast::{Mode, allowed, cast};
use super::coerce::common_all;
use super::error::{SqlError, SqlResult};
use super::literal::{self, literal};
use super::messages::from_message;
use super::operators::{as_type, condition};
use super::planner::Planner;
use super::proto::Expression;
use super::proto::expression::cast::CastToType;
use super::proto::expression::{ExprType, SortOrder};
use super::scope::{Column, by_case, name_parts, same_name};
use super::typed::{Parts, Typed};
use super::types::{Type, physical_names, quoted};
use super::{ddl, functions};

/// A value to be sorted by: within structs and arrays nulls come first in Spark, in the executor last.
fn ordering(sql: &str, ty: &Type, depth: usize) -> String {
    if !ty.orders_apart() {
        return sql.to_owned();
    }
    let part =
        |sql: &str, ty: &Type| format!("struct_pack(n := {sql} IS NOT NULL, v := {})", ordering(sql, ty, depth + 1));
    match ty {
        Type::Array(element, _) => {
            let name = format!("o{depth}_");
            format!("list_transform({sql}, lambda {name}: {})", part(&name, element))
        }
        Type::Struct(fields) => {
            let names = physical_names(fields);
            let parts: Vec<_> = names
                .iter()
                .zip(fields)
                .enumerate()
                .map(|(at, (name, field))| {
                    format!("f{at} := {}", part(&format!("({sql}).{}", quoted(name)), &field.ty))
                })
                .collect();
            format!("CASE WHEN {sql} IS NOT NULL THEN struct_pack({}) END", parts.join(", "))
        }
        _ => sql.to_owned(),
    }
}

impl Planner<'_> {
    /// An expression that gives one value.
    pub fn expr(&mut self, message: &Expression) -> SqlResult<Typed> {
        let kind = message.expr_type.as_ref().ok_or_else(|| SqlError::malformed("an expression"))?;
        match kind {
            ExprType::Literal(message) => literal(message),
            ExprType::UnresolvedAttribute(attribute) => self.attribute(attribute),
            ExprType::ExpressionString(text) => {
                let message = super::text::read_expression(&text.expression)?;
                self.expr(&message)
            }
            ExprType::Alias(alias) => {
                let inner = self.expr(needed(alias.expr.as_deref())?)?;
                if inner.generator.is_some() {
                    return self.renamed_generator(inner, &alias.name);
                }
                let [name] = alias.name.as_slice() else {
                    return Err(SqlError::declined("An alias of several names for one column"));
                };
                let metadata = alias.metadata.clone().unwrap_or_else(|| inner.metadata.clone());
                if metadata == "\u{1}" {
                    // Only how a literal of SQL text is written.
                    return Ok(Typed { name: name.clone(), top: None, named: false, metadata: String::new(), ..inner });
                }
                Ok(Typed {
                    name: name.clone(),
                    top: None,
                    named: true,
                    metadata,
                    column: None,
                    constant: None,
                    ..inner
                })
            }
            ExprType::Cast(message) => {
                let value = self.expr(needed(message.expr.as_deref())?)?;
                let to = match message.cast_to_type.as_ref().ok_or_else(|| SqlError::malformed("a cast's type"))? {
                    CastToType::Type(ty) => from_message(ty)?,
                    CastToType::TypeStr(text) => ddl::read_type(text)?,
                };
                let mode = if message.eval_mode == 3 || self.lenient() { Mode::Try } else { Mode::Ansi };
                casted(&value, &to, mode, message.eval_mode == 3)
            }
            ExprType::UnresolvedFunction(call) => {
                functions::call(self, &call.function_name, &call.arguments, call.is_distinct)
            }
            ExprType::CallFunction(call) => functions::call(self, &call.function_name, &call.arguments, false),
            ExprType::UnresolvedExtractValue(extract) => {
                let child = self.expr(needed(extract.child.as_deref())?)?;
                let key = self.expr(needed(extract.extraction.as_deref())?)?;
                extract_value(&child, &key)
            }
            ExprType::UnresolvedNamedLambdaVariable(variable) => {
                let name = variable.name_parts.first().cloned().unwrap_or_default();
                let Some((_, found)) = self.lambdas.iter().rev().find(|(each, _)| *each == name) else {
                    return Err(SqlError::malformed("a lambda's variable"));
                };
                let mut value = found.clone();
                for field in variable.name_parts.iter().skip(1) {
                    value = extract_value(&value, &literal::string(field))?;
                }
                Ok(value)
            }
            ExprType::Window(window) => self.window(window),
            ExprType::UpdateFields(update) => self.update_fields(update),
            ExprType::CommonInlineUserDefinedFunction(function) => self.python_function(function),
            ExprType::SubqueryExpression(subquery) => self.subquery(subquery),
            ExprType::SortOrder(_) => Err(SqlError::declined("A sort order outside of orderBy")),
            ExprType::UnresolvedStar(_) | ExprType::UnresolvedRegex(_) => Err(SqlError::analysis(
                "INVALID_USAGE_OF_STAR_OR_REGEX",
                "42000",
                &[("elem", "'*'"), ("prettyName", "expression")],
                "Invalid usage of '*' in expression.",
            )),
            ExprType::LambdaFunction(_) => Err(SqlError::declined("A lambda outside of a higher-order function")),
            ExprType::NamedArgumentExpression(argument) => {
                Err(SqlError::declined(&format!("The named argument {}", argument.key)))
            }
            ExprType::MergeAction(_) => Err(SqlError::declined("MERGE")),
            ExprType::TypedAggregateExpression(_) => Err(SqlError::declined("An aggregate of Scala's")),
            ExprType::DirectShufflePartitionId(_) => Err(SqlError::declined("Partitioning by id")),
        }
    }

    /// The expressions of a list, stars and regexes spread out.
    pub fn exprs(&mut self, messages: &[Expression]) -> SqlResult<Vec<Typed>> {
        let mut all = Vec::new();
        for message in messages {
            match message.expr_type.as_ref() {
                Some(ExprType::UnresolvedStar(star)) => {
                    let columns = self.columns().to_vec();
                    match (&star.unparsed_target, star.plan_id) {
                        (Some(target), _) => all.extend(self.star_of(target)?),
                        (None, Some(plan)) => {
                            let place = |column: &Column| {
                                let found = column.plans.iter().rev().position(|(id, _)| *id == plan)?;
                                Some((column.plans[column.plans.len() - 1 - found].1.clone(), found))
                            };
                            let places: Vec<_> = columns.iter().filter_map(place).collect();
                            // What is made of the relation has its columns too, from further away.
                            let nearest = |(name, depth): (String, usize)| {
                                places.iter().all(|(other, nearer)| *other != name || *nearer >= depth)
                            };
                            let of_plan = |column: &&Column| place(column).is_some_and(nearest);
                            let of_plan: Vec<_> = columns.iter().filter(of_plan).map(column_value).collect();
                            if of_plan.is_empty() && !self.seen.contains_key(&plan) {
                                return Err(SqlError::declined(
                                    "All columns of a DataFrame that isn't part of this one",
                                ));
                            }
                            all.extend(of_plan);
                        }
                        (None, None) => all.extend(columns.iter().map(column_value)),
                    }
                }
                Some(ExprType::UnresolvedRegex(regex)) => {
                    let pattern = regex.col_name.trim_matches('`').to_owned();
                    let pattern = regex::Regex::new(&format!("{}^(?:{pattern})$", if by_case() { "" } else { "(?i)" }))
                        .map_err(|_| SqlError::declined(&format!("The pattern {pattern}")))?;
                    all.extend(self.columns().iter().filter(|column| pattern.is_match(&column.name)).map(column_value));
                }
                Some(ExprType::ExpressionString(text)) => {
                    let message = super::text::read_expression(&text.expression)?;
                    all.extend(self.exprs(&[message])?);
                }
                _ => all.push(self.expr(message)?),
            }
        }
        Ok(all)
    }

    /// A select list: what follows may read the names that it gave.
    pub fn listed(&mut self, messages: &[Expression]) -> SqlResult<Vec<Typed>> {
        let mut all = Vec::new();
        for message in messages {
            let values = self.exprs(std::slice::from_ref(message))?;
            self.aliases.extend(values.iter().filter(|value| value.named && value.generator.is_none()).cloned());
            all.extend(values);
        }
        Ok(all)
    }

    fn star_of(&self, target: &str) -> SqlResult<Vec<Typed>> {
        let text = target.strip_suffix(".*").unwrap_or(target);
        let parts = name_parts(text)?;
        let wanted = |column: &&Column| column.qualifiers.last().is_some_and(|last| same_name(last, &parts[0]));
        let hidden = self.scopes.last().map_or(&[][..], |scope| &scope.hidden);
        let of_table: Vec<_> = hidden.iter().chain(self.columns()).filter(wanted).map(column_value).collect();
        if parts.len() == 1 && !of_table.is_empty() {
            return Ok(of_table);
        }
        let value = self.named(&parts, None)?;
        let Type::Struct(fields) = &value.ty else {
            return Err(SqlError::analysis(
                "CANNOT_RESOLVE_STAR_EXPAND",
                "42704",
                &[("targetString", &super::types::backquoted(text)), ("columns", "")],
                &format!(
                    "Cannot resolve `{text}`.* given input columns. Please check that the specified table or struct exists and is accessible in the input columns."
                ),
            ));
        };
        let fields = fields.iter().zip(physical_names(fields));
        Ok(fields
            .map(|(field, physical)| {
                let sql = format!("({}).{}", value.sql, quoted(&physical));
                let nullable = value.nullable || field.nullable;
                let made = Typed::new(sql, field.ty.clone(), nullable, field.name.clone());
                Typed { named: true, ..made.of(std::slice::from_ref(&value)) }
            })
            .collect())
    }

    /// `ORDER BY` one expression: its SQL with the direction and the place of nulls.
    pub fn order(&mut self, order: &SortOrder) -> SqlResult<(Typed, String)> {
        let value = self.expr(needed(order.child.as_deref())?)?;
        let text = self.order_text(&value, order)?;
        Ok((value, text))
    }

    pub fn order_text(&self, value: &Typed, order: &SortOrder) -> SqlResult<String> {
        if !value.ty.is_orderable() {
            return Err(SqlError::mismatch(
                &format!("{} ASC NULLS FIRST", value.name),
                "INVALID_ORDERING_TYPE",
                &format!("The `sortorder` does not support ordering on type \"{}\".", value.ty.sql()),
            ));
        }
        let direction = if order.direction == 2 { "DESC" } else { "ASC" };
        let nulls = match (order.null_ordering, order.direction) {
            (1, _) => "NULLS FIRST",
            (2, _) | (_, 2) => "NULLS LAST",
            _ => "NULLS FIRST",
        };
        // A constant orders nothing; a number alone would mean a place in the executor's SQL.
        let sql = if value.parts.literal {
            format!("CAST({} AS {})", value.sql, value.ty.physical())
        } else {
            ordering(&value.sql, &value.ty, 0)
        };
        Ok(format!("{sql} {direction} {nulls}"))
    }

    /// `CASE WHEN`: pairs of condition and value, then perhaps what else.
    pub fn case(&mut self, arguments: &[Typed]) -> SqlResult<Typed> {
        let (pairs, rest) = arguments.split_at(arguments.len() / 2 * 2);
        let values: Vec<&Typed> = pairs.iter().skip(1).step_by(2).chain(rest).collect();
        let name = {
            let arms: Vec<_> =
                pairs.chunks(2).map(|pair| format!("WHEN {} THEN {}", pair[0].name, pair[1].name)).collect();
            let other = rest.first().map(|value| format!(" ELSE {}", value.name)).unwrap_or_default();
            format!("CASE {}{other} END", arms.join(" "))
        };
        let ty = common_all(values.iter().map(|value| &value.ty)).ok_or_else(|| {
            SqlError::mismatch(&name, "DATA_DIFF_TYPES", "Input to `casewhen` should all be the same type.")
        })?;
        let mut sql = String::from("(CASE");
        for pair in pairs.chunks(2) {
            let (when, then) = (condition(&pair[0], &name)?, as_type(&pair[1], &ty)?);
            sql.push_str(&format!(" WHEN {} THEN {}", when.sql, then.sql));
        }
        if let Some(other) = rest.first() {
            sql.push_str(&format!(" ELSE {}", as_type(other, &ty)?.sql));
        }
        sql.push_str(" END)");
        let nullable = rest.is_empty() || values.iter().any(|value| value.nullable);
        Ok(Typed::new(sql, ty, nullable, name).of(arguments))
    }
}

pub fn needed(message: Option<&Expression>) -> SqlResult<&Expression> {
    message.ok_or_else(|| SqlError::malformed("an inner expression"))
}

/// A column as the expression that it is.
pub fn column_value(column: &Column) -> Typed {
    let mut value = Typed::new(column.sql(), column.ty.clone(), column.nullable, column.name.clone());
    value.parts = Parts { column: true, reads: vec![column.id], strict: vec![column.id], ..Parts::default() };
    value.column = Some(column.id);
    value.named = true;
    value.metadata.clone_from(&column.metadata);
    value
}

/// A cast that the user wrote.
pub fn casted(value: &Typed, to: &Type, mode: Mode, tried: bool) -> SqlResult<Typed> {
    let name = format!("{}({} AS {})", if tried { "TRY_CAST" } else { "CAST" }, value.name, to.sql());
    if !allowed(&value.ty, to) {
        return Err(SqlError::mismatch(
            &name,
            "CAST_WITHOUT_SUGGESTION",
            &format!("cannot cast \"{}\" to \"{}\".", value.ty.sql(), to.sql()),
        ));
    }
    let sql = cast(&value.sql, &value.ty, to, mode)?;
    let mut made =
        Typed::new(sql, to.clone(), value.nullable || mode == Mode::Try, name).of(std::slice::from_ref(value));
    made.parts.strict.clone_from(&value.parts.strict);
    if value.named {
        made.top = Some(value.top.clone().unwrap_or_else(|| value.name.clone()));
    }
    Ok(made)
}

/// `child[key]` and `child.key`.
pub fn extract_value(child: &Typed, key: &Typed) -> SqlResult<Typed> {
    let literal_text = key.text().map(str::to_owned);
    let args = [child.clone(), key.clone()];
    match (&child.ty, literal_text) {
        (Type::Struct(fields), Some(name)) => {
            let found: Vec<_> = fields.iter().enumerate().filter(|(_, field)| same_name(&field.name, &name)).collect();
            let [(index, field)] = found.as_slice() else {
                let names: Vec<_> = fields.iter().map(|field| super::types::backquoted(&field.name)).collect();
                let (condition, state) = if found.is_empty() {
                    ("FIELD_NOT_FOUND", "42704")
                } else {
                    ("AMBIGUOUS_REFERENCE_TO_FIELDS", "42000")
                };
                return Err(SqlError::analysis(
                    condition,
                    state,
                    &[("fieldName", &super::types::backquoted(&name)), ("fields", &names.join(", "))],
                    &format!("No such struct field `{name}` in {}.", names.join(", ")),
                ));
            };
            let sql = format!("({}).{}", child.sql, quoted(&physical_names(fields)[*index]));
            let made =
                Typed::new(sql, field.ty.clone(), child.nullable || field.nullable, format!("{}.{name}", child.name));
            let mut made = made.of(&args);
            made.parts.strict.clone_from(&child.parts.strict);
            Ok(made)
        }
        (Type::Array(element, _), None) if key.ty.is_integral() => {
            let name = format!("{}[{}]", child.name, key.name);
            let sql = format!("p_element({}, {})", child.sql, key.sql);
            Ok(Typed::new(sql, (**element).clone(), true, name).of(&args))
        }
        (Type::Array(element, _), Some(field)) if matches!(**element, Type::Struct(_)) => {
            let inner = Typed::new("e_".to_owned(), (**element).clone(), true, child.name.clone());
            let inner = extract_value(&inner, key)?;
            let sql = format!("list_transform({}, lambda e_: {})", child.sql, inner.sql);
            let ty = Type::Array(Box::new(inner.ty), true);
            Ok(Typed::new(sql, ty, child.nullable, format!("{}.{field}", child.name)).of(&args))
        }
        (Type::Map(key_type, value, _), _) => {
            let key = as_type(key, key_type)?;
            let name = format!("{}[{}]", child.name, key.name);
            let sql = format!("({})[{}]", child.sql, key.sql);
            Ok(Typed::new(format!("({sql})"), (**value).clone(), true, name).of(&args))
        }
        // A name after an array is taken for an index.
        (Type::Array(..), Some(_)) => Err(SqlError::mismatch(
            &format!("{}[{}]", child.name, key.name),
            "UNEXPECTED_INPUT_TYPE",
            &format!(
                "The second parameter requires the \"INTEGRAL\" type, however \"{}\" has the type \"STRING\".",
                key.name
            ),
        )),
        _ => Err(SqlError::analysis(
            "INVALID_EXTRACT_BASE_FIELD_TYPE",
            "42000",
            &[("base", &format!("\"{}\"", child.name)), ("other", &format!("\"{}\"", child.ty.sql()))],
            &format!(
                "Can't extract a value from \"{}\". Need a complex type [STRUCT, ARRAY, MAP] but got \"{}\".",
                child.name,
                child.ty.sql()
            ),
        )),
    }
}
