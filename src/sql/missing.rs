//! `fillna`, `dropna` and `replace`.

use super::error::{SqlError, SqlResult};
use super::expr::column_value;
use super::literal::literal;
use super::operators::as_type;
use super::planner::Planner;
use super::proto;
use super::reach::Fact;
use super::relation::Planned;
use super::reshape::column_named;
use super::scope::Column;
use super::typed::Typed;
use super::types::Type;

impl Planner<'_> {
    pub fn fill(&mut self, message: &proto::NaFill) -> SqlResult<Planned> {
        let below = self.relation(message.input.as_deref().ok_or_else(|| SqlError::malformed("an input"))?)?;
        let wanted = ids(&below, &message.cols)?;
        let values: Vec<Typed> = message.values.iter().map(literal).collect::<SqlResult<_>>()?;
        let mut made = Vec::new();
        for column in &below.columns {
            let own = column_value(column);
            let at = wanted.iter().position(|id| *id == column.id);
            let filler = match at {
                Some(at) if values.len() > 1 => values.get(at),
                Some(_) => values.first(),
                None => None,
            };
            let fits = filler.is_some_and(|value| match (&value.ty, &column.ty) {
                (Type::Boolean, Type::Boolean) | (Type::String, Type::String) => true,
                (value, column) => value.is_numeric() && column.is_numeric(),
            });
            let Some(filler) = filler.filter(|_| fits) else {
                made.push(own);
                continue;
            };
            let value = as_type(filler, &column.ty)?;
            let held = if column.ty.is_fractional() { format!("p_nan_as_null({})", own.sql) } else { own.sql.clone() };
            let sql = format!("coalesce({held}, {})", value.sql);
            made.push(Typed { sql, nullable: false, column: None, ..own });
        }
        Ok(self.select(below, made))
    }

    pub fn drop_nulls(&mut self, message: &proto::NaDrop) -> SqlResult<Planned> {
        let below = self.relation(message.input.as_deref().ok_or_else(|| SqlError::malformed("an input"))?)?;
        let wanted = ids(&below, &message.cols)?;
        let there: Vec<String> = below
            .columns
            .iter()
            .filter(|column| wanted.contains(&column.id))
            .map(|column| {
                let sql = column.sql();
                if column.ty.is_fractional() {
                    format!("CAST({sql} IS NOT NULL AND NOT isnan({sql}) AS INTEGER)")
                } else {
                    format!("CAST({sql} IS NOT NULL AS INTEGER)")
                }
            })
            .collect();
        if there.is_empty() {
            return Ok(below);
        }
        let least = message.min_non_nulls.unwrap_or(there.len() as i32);
        let condition = format!("{} >= {least}", there.join(" + "));
        let mut planned = Planned { sql: format!("SELECT * FROM {} WHERE {condition}", below.from()), ..below };
        self.holds(&mut planned, vec![Fact::of(condition, wanted)]);
        Ok(planned)
    }

    pub fn replace(&mut self, message: &proto::NaReplace) -> SqlResult<Planned> {
        let below = self.relation(message.input.as_deref().ok_or_else(|| SqlError::malformed("an input"))?)?;
        let wanted = ids(&below, &message.cols)?;
        let mut pairs = Vec::new();
        for pair in &message.replacements {
            let part = |part: &Option<proto::expression::Literal>| {
                literal(part.as_ref().ok_or_else(|| SqlError::malformed("a replacement"))?)
            };
            pairs.push((part(&pair.old_value)?, part(&pair.new_value)?));
        }
        let mut made = Vec::new();
        for column in &below.columns {
            let own = column_value(column);
            let fits = |old: &Typed| match (&old.ty, &column.ty) {
                (Type::Null, _) => true,
                (Type::Boolean, Type::Boolean) | (Type::String, Type::String) => true,
                (value, column) => value.is_numeric() && column.is_numeric(),
            };
            if !wanted.contains(&column.id) || pairs.iter().all(|(old, _)| !fits(old)) {
                made.push(own);
                continue;
            }
            let mut sql = String::from("CASE");
            for (old, new) in &pairs {
                if !fits(old) {
                    continue;
                }
                // Spark cuts such a number to the column's type, and NaN becomes 0.
                let whole = |value: &Typed| {
                    !matches!(value.ty, Type::Double | Type::Float)
                        || column.ty.is_fractional()
                        || value
                            .constant
                            .as_deref()
                            .and_then(|text| text.parse::<f64>().ok())
                            .is_some_and(|number| number.is_finite() && number.fract() == 0.0)
                };
                if !whole(old) || !whole(new) {
                    return Err(SqlError::declined(
                        "replace of a fraction or NaN in a column of whole or decimal numbers",
                    ));
                }
                let old = as_type(old, &column.ty)?;
                let new = as_type(new, &column.ty)?;
                sql.push_str(&format!(" WHEN {} IS NOT DISTINCT FROM {} THEN {}", own.sql, old.sql, new.sql));
            }
            sql.push_str(&format!(" ELSE {} END", own.sql));
            let nullable = own.nullable || pairs.iter().any(|(_, new)| new.nullable);
            made.push(Typed { sql: format!("({sql})"), nullable, column: None, ..own });
        }
        Ok(self.select(below, made))
    }
}

/// The ids of the columns of these names, or of all.
fn ids(below: &Planned, names: &[String]) -> SqlResult<Vec<usize>> {
    if names.is_empty() {
        return Ok(below.columns.iter().map(|column: &Column| column.id).collect());
    }
    names.iter().map(|name| column_named(below, name).map(|column| column.id)).collect()
}
