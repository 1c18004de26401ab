//! `groupBy`, `rollup`, `cube` and `pivot`.

use super::error::{SqlError, SqlResult};
use super::expr::column_value;
use super::literal::literal;
use super::operators::comparison;
use super::planner::Planner;
use super::proto;
use super::relation::{Planned, ROW, numbered};
use super::scope::Column;
use super::typed::Typed;
use super::types::{Type, text_literal};

/// The column that numbers rows before they are grouped, for the first and the last of a group.
pub const FIRST: &str = "n_in_";

/// What becomes of the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    Plain,
    Rollup,
    Cube,
}

impl Planner<'_> {
    pub fn aggregate(&mut self, message: &proto::Aggregate) -> SqlResult<Planned> {
        let below = self.relation(message.input.as_deref().ok_or_else(|| SqlError::malformed("an input"))?)?;
        let grouping = match message.group_type {
            2 => Grouping::Rollup,
            3 => Grouping::Cube,
            5 => return Err(SqlError::declined("GROUPING SETS")),
            _ => Grouping::Plain,
        };
        let count = std::cell::Cell::new(0);
        let (all, below) = self.with_functions(below, |planner| {
            let mut all = Vec::new();
            for message in &message.grouping_expressions {
                all.push(planner.group_key(message)?);
            }
            count.set(all.len());
            if message.pivot.is_none() {
                let keys = all.clone();
                planner.grouping = keys;
                all.extend(planner.exprs(&message.aggregate_expressions)?);
            }
            Ok(all)
        })?;
        let keys = all[..count.get()].to_vec();
        if let Some(pivot) = &message.pivot {
            return self.pivot(below, keys, pivot, &message.aggregate_expressions);
        }
        // In the client's plans the keys stand before the aggregates, and come out too.
        self.grouped(below, &keys, all, Some(grouping))
    }

    /// A key: an expression, or the number of a column.
    fn group_key(&mut self, message: &proto::Expression) -> SqlResult<Typed> {
        let value = self.expr(message)?;
        if value.ty.has_map() {
            return Err(SqlError::analysis(
                "GROUP_EXPRESSION_TYPE_IS_NOT_ORDERABLE",
                "42822",
                &[("sqlExpr", &value.name), ("dataType", &value.ty.sql())],
                &format!(
                    "The expression \"{}\" cannot be used as a grouping expression because its data type \"{}\" is not an orderable data type.",
                    value.name,
                    value.ty.sql()
                ),
            ));
        }
        if value.parts.literal && value.ty == Type::Int {
            let at: usize = value.name.parse().unwrap_or(0);
            let columns = self.columns();
            return columns.get(at.wrapping_sub(1)).map(column_value).ok_or_else(|| {
                SqlError::analysis(
                    "GROUP_BY_POS_OUT_OF_RANGE",
                    "42805",
                    &[("index", &at.to_string()), ("size", &columns.len().to_string())],
                    &format!("GROUP BY position {at} is not in select list (valid range is [1, {}]).", columns.len()),
                )
            });
        }
        Ok(value)
    }

    /// One row for each group: the values, which are made of keys and aggregates.
    pub fn grouped(
        &mut self,
        below: Planned,
        keys: &[Typed],
        values: Vec<Typed>,
        grouping: Option<Grouping>,
    ) -> SqlResult<Planned> {
        let grouping = grouping.unwrap_or(Grouping::Plain);
        let below = if values.iter().any(|value| value.sql.contains(FIRST)) {
            Planned { sql: numbered(&below, FIRST), ..below }
        } else {
            below
        };
        // Keys become columns of the input, so that the executor sees plain names in GROUP BY.
        let (below, names) = self.keyed(below, keys);
        let fits = |value: &Typed| {
            value.parts.aggregate || !value.parts.column || keys.iter().any(|key| value.sql.contains(&key.sql))
        };
        if let Some(value) = values.iter().find(|value| !fits(value)) {
            let shown = format!("\"{}\"", value.name);
            return Err(SqlError::analysis(
                "MISSING_AGGREGATION",
                "42803",
                &[("expression", &shown), ("expressionAnyValue", &format!("\"any_value({})\"", value.name))],
                &format!(
                    "The non-aggregating expression {shown} is based on columns which are not participating in the \
                     GROUP BY clause.\nAdd the columns or the expression to the GROUP BY, aggregate the expression, or \
                     use \"any_value({})\" if you do not care which of the values within a group is returned.",
                    value.name
                ),
            ));
        }
        let mut columns: Vec<Column> = Vec::new();
        let mut texts = Vec::new();
        for value in &values {
            let mut column = self.column_of(value);
            if let Some(passed) = value.column.and_then(|id| below.columns.iter().find(|column| column.id == id)) {
                column.plans.clone_from(&passed.plans);
                column.qualifiers.clone_from(&passed.qualifiers);
            }
            if grouping != Grouping::Plain && keys.iter().any(|key| key.sql == value.sql) {
                column.nullable = true;
            }
            let mut sql = replaced(&value.sql, keys, &names);
            if value.parts.window {
                // Groups have no order of their own.
                sql = sql.replace(&format!(", {ROW}"), "").replace(&format!("ORDER BY {ROW}"), "");
            }
            texts.push(format!("{sql} AS {}", column.sql()));
            columns.push(column);
        }
        if texts.is_empty() {
            texts.push("1 AS one".to_owned());
        }
        let group = match (grouping, names.is_empty()) {
            (_, true) if values.iter().any(|value| value.parts.aggregate) => String::new(),
            (_, true) => " LIMIT 1".to_owned(),
            (Grouping::Plain, _) => format!(" GROUP BY {}", names.join(", ")),
            (Grouping::Rollup, _) => format!(" GROUP BY ROLLUP({})", names.join(", ")),
            (Grouping::Cube, _) => format!(" GROUP BY CUBE({})", names.join(", ")),
        };
        Ok(Planned {
            sql: format!("SELECT {} FROM {}{group}", texts.join(", "), below.from()),
            columns,
            ..Planned::default()
        })
    }

    /// The keys as columns of their own; and their names.
    pub fn keyed(&mut self, below: Planned, keys: &[Typed]) -> (Planned, Vec<String>) {
        let mut names = Vec::new();
        let mut made = Vec::new();
        for key in keys {
            if key.column.is_some() {
                names.push(key.sql.clone());
            } else {
                let column = self.column_of(key);
                made.push(format!("{} AS {}", key.sql, column.sql()));
                names.push(column.sql());
            }
        }
        if made.is_empty() {
            return (below, names);
        }
        let sql = format!("SELECT *, {} FROM {}", made.join(", "), below.from());
        (Planned { sql, ..below }, names)
    }

    fn pivot(
        &mut self,
        below: Planned,
        keys: Vec<Typed>,
        pivot: &proto::aggregate::Pivot,
        aggregates: &[proto::Expression],
    ) -> SqlResult<Planned> {
        let message = pivot.col.as_ref().ok_or_else(|| SqlError::malformed("a pivot's column"))?;
        let by = self.within(&[&below], |planner| planner.expr(message))?;
        let values: Vec<Typed> = if pivot.values.is_empty() {
            let text = super::cast::to_text(&by.sql, &by.ty, 0)?;
            let sql = format!(
                "SELECT {text} FROM (SELECT DISTINCT {} AS v FROM {}) t(v) ORDER BY v NULLS FIRST",
                by.sql,
                below.from()
            )
            .replacen(&text, &super::cast::to_text("v", &by.ty, 0)?, 1);
            let found = self.catalog.values(&self.steps, &sql)?;
            let most = 10_000;
            if found.len() > most {
                return Err(SqlError::declined(&format!("A pivot of more than {most} values")));
            }
            found
                .into_iter()
                .map(|value| match value {
                    Some(text) => {
                        let ty = by.ty.physical();
                        Typed::new(format!("CAST({} AS {ty})", text_literal(&text)), by.ty.clone(), false, text)
                    }
                    None => Typed { name: "null".to_owned(), ..super::literal::null(&by.ty) },
                })
                .collect()
        } else {
            pivot.values.iter().map(literal).collect::<SqlResult<_>>()?
        };
        let several = aggregates.len() > 1;
        let mut all = keys.clone();
        for value in values {
            let same = comparison("<=>", &by, &value)?;
            let made = self.within(&[&below], |planner| {
                planner.only = Some(same.sql.clone());
                let made = planner.exprs(aggregates);
                planner.only = None;
                made
            })?;
            for aggregate in made {
                let name = if several { format!("{}_{}", value.name, aggregate.name) } else { value.name.clone() };
                all.push(Typed { name, top: None, ..aggregate });
            }
        }
        self.grouped(below, &keys, all, Some(Grouping::Plain))
    }
}

/// The SQL of a value with each key's SQL put as the column that holds it.
pub fn replaced(sql: &str, keys: &[Typed], names: &[String]) -> String {
    let mut sql = sql.to_owned();
    for (key, name) in keys.iter().zip(names) {
        if key.column.is_none() && !key.parts.literal {
            sql = sql.replace(&key.sql, name);
        }
    }
    sql
}
