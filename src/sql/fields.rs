//! `withField` and `dropFields`: a struct made anew of another's fields, at any depth.

use super::error::{SqlError, SqlResult};
use super::expr::needed;
use super::planner::Planner;
use super::proto::Expression;
use super::proto::expression::{ExprType, UpdateFields};
use super::scope::{name_parts, same_name};
use super::typed::Typed;
use super::types::{Field, Type, backquoted, physical_names, quoted};

/// A field as it will be.
enum Part {
    /// This SQL.
    Value(String),
    /// A struct whose fields change.
    Inner(Changed),
}

/// A struct whose fields change.
struct Changed {
    sql: String,
    nullable: bool,
    fields: Vec<(Field, Part)>,
}

impl Planner<'_> {
    pub fn update_fields(&mut self, update: &UpdateFields) -> SqlResult<Typed> {
        // A chain of changes is one change, so that the struct stands in the SQL once for each field.
        let mut chain = vec![update];
        let mut base: &Expression = needed(update.struct_expression.as_deref())?;
        while let Some(ExprType::UpdateFields(inner)) = &base.expr_type {
            chain.push(inner);
            base = needed(inner.struct_expression.as_deref())?;
        }
        let base = self.expr(base)?;
        let mut args = vec![base.clone()];
        let mut label = base.name.clone();
        let mut changed = opened(&base.sql, &base.ty, base.nullable, &base.name)?;
        for step in chain.into_iter().rev() {
            let path = name_parts(&step.field_name)?;
            let value = step.value_expression.as_deref().map(|value| self.expr(value)).transpose()?;
            label = labelled(&label, &path, value.as_ref());
            change(&mut changed, &path, value.as_ref(), &base.name)?;
            args.extend(value);
        }
        let (ty, sql) = changed.packed();
        Ok(Typed::new(sql, ty, base.nullable, label).of(&args))
    }
}

/// What Spark calls the change of a struct of this name.
fn labelled(name: &str, path: &[String], value: Option<&Typed>) -> String {
    let inner = match (path, value) {
        ([_], Some(value)) => format!("WithField({})", value.name),
        ([_], None) => "dropfield()".to_owned(),
        ([first, rest @ ..], _) => format!("WithField({})", labelled(&format!("{name}.{first}"), rest, value)),
        ([], _) => String::new(),
    };
    format!("update_fields({name}, {inner})")
}

fn opened(sql: &str, ty: &Type, nullable: bool, name: &str) -> SqlResult<Changed> {
    let Type::Struct(fields) = ty else {
        return Err(SqlError::mismatch(
            &format!("update_fields({name})"),
            "UNEXPECTED_INPUT_TYPE",
            &format!(
                "The first parameter requires the \"STRUCT\" type, however \"{name}\" has the type \"{}\".",
                ty.sql()
            ),
        ));
    };
    let fields = fields
        .iter()
        .zip(physical_names(fields))
        .map(|(field, physical)| (field.clone(), Part::Value(format!("({sql}).{}", quoted(&physical)))))
        .collect();
    Ok(Changed { sql: sql.to_owned(), nullable, fields })
}

fn change(changed: &mut Changed, path: &[String], value: Option<&Typed>, name: &str) -> SqlResult<()> {
    let [first, rest @ ..] = path else { return Ok(()) };
    if !rest.is_empty() {
        let shown: Vec<_> = changed.fields.iter().map(|(field, _)| backquoted(&field.name)).collect();
        let mut found = changed.fields.iter_mut().filter(|(field, _)| same_name(&field.name, first));
        let (Some((field, part)), None) = (found.next(), found.next()) else {
            return Err(SqlError::analysis(
                "FIELD_NOT_FOUND",
                "42704",
                &[("fieldName", &backquoted(first)), ("fields", &shown.join(", "))],
                &format!("No such struct field {} in {}.", backquoted(first), shown.join(", ")),
            ));
        };
        if let Part::Value(sql) = part {
            *part = Part::Inner(opened(sql, &field.ty, field.nullable, &format!("{name}.{first}"))?);
        }
        if let Part::Inner(inner) = part {
            change(inner, rest, value, &format!("{name}.{first}"))?;
            field.ty = inner.ty();
        }
        return Ok(());
    }
    let Some(value) = value else {
        changed.fields.retain(|(field, _)| !same_name(&field.name, first));
        if changed.fields.is_empty() {
            return Err(SqlError::mismatch(
                &format!("update_fields({name}, dropfield())"),
                "CANNOT_DROP_ALL_FIELDS",
                "Cannot drop all fields in struct.",
            ));
        }
        return Ok(());
    };
    let made = Field::new(first, value.ty.clone(), value.nullable);
    let mut met = false;
    for (field, part) in changed.fields.iter_mut().filter(|(field, _)| same_name(&field.name, first)) {
        *field = made.clone();
        *part = Part::Value(value.sql.clone());
        met = true;
    }
    if !met {
        changed.fields.push((made, Part::Value(value.sql.clone())));
    }
    Ok(())
}

impl Changed {
    fn ty(&self) -> Type {
        Type::Struct(self.fields.iter().map(|(field, _)| field.clone()).collect())
    }

    /// The type and the executor's SQL.
    fn packed(self) -> (Type, String) {
        let ty = self.ty();
        let (fields, parts): (Vec<_>, Vec<_>) = self.fields.into_iter().unzip();
        let parts: Vec<_> = physical_names(&fields)
            .iter()
            .zip(parts)
            .map(|(name, part)| {
                let sql = match part {
                    Part::Value(sql) => sql,
                    Part::Inner(inner) => inner.packed().1,
                };
                format!("{} := {sql}", quoted(name))
            })
            .collect();
        let packed = format!("struct_pack({})", parts.join(", "));
        let sql =
            if self.nullable { format!("(CASE WHEN {} IS NOT NULL THEN {packed} END)", self.sql) } else { packed };
        (ty, sql)
    }
}
