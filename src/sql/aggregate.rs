//! `groupBy`, `rollup`, `cube` and `pivot`.

use super::error::{SqlError, SqlResult};
use super::expr::column_value;
use super::literal::literal;
use super::operators::comparison;
use super::planner::Planner;
use super::proto;
use super::radix::sorts_by_radix;
use super::relation::{Planned, ROW, numbered};
use super::scope::Column;
use super::typed::Typed;
use super::types::{Field, Type, text_literal};

/// The column that numbers rows before they are grouped, for the first and the last of a group.
pub const FIRST: &str = "\"\u{6}in\"";

/// Where a list of a group has an order: the executor takes rows as they come, but not for several sets of keys.
pub const IN_SETS: &str = "\u{5}";

/// What becomes of the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grouping {
    Plain,
    Rollup,
    Cube,
    /// Places among the keys.
    Sets(Vec<Vec<usize>>),
}

/// Whether Spark pivots values of a type after it has grouped them: then nothing is null where no row is.
pub fn pivots_first(ty: &Type) -> bool {
    ty.is_numeric() || *ty == Type::Boolean
}

/// Spark's groups have one zero: -0.0 comes out as 0.0.
pub fn one_zero(sql: &str, ty: &Type, name: Option<&str>) -> String {
    let alias = name.map(|name| format!(" AS {name}")).unwrap_or_default();
    if matches!(ty, Type::Double | Type::Float) {
        format!("p_zero({sql}){alias}")
    } else if name == Some(sql) {
        sql.to_owned()
    } else {
        format!("{sql}{alias}")
    }
}

impl Planner<'_> {
    pub fn aggregate(&mut self, message: &proto::Aggregate) -> SqlResult<Planned> {
        let below = self.aggregate_input(message)?;
        self.aggregate_of(below, message, |_, _| Ok(Vec::new()))
    }

    /// What an aggregate groups.
    pub fn aggregate_input(&mut self, message: &proto::Aggregate) -> SqlResult<Planned> {
        self.relation(message.input.as_deref().ok_or_else(|| SqlError::malformed("an input"))?)
    }

    /// The groups, with more values for each, which are made where those of the aggregate are.
    pub fn aggregate_of(
        &mut self,
        below: Planned,
        message: &proto::Aggregate,
        more: impl FnOnce(&mut Self, &[Typed]) -> SqlResult<Vec<Typed>>,
    ) -> SqlResult<Planned> {
        let grouping = match message.group_type {
            2 => Grouping::Rollup,
            3 => Grouping::Cube,
            _ => Grouping::Plain,
        };
        let sets = std::cell::RefCell::new(Vec::new());
        let count = std::cell::Cell::new(0);
        let (all, below) = self.with_functions(below, |planner| {
            let mut all = Vec::new();
            for message in &message.grouping_expressions {
                all.push(planner.group_key(message)?);
            }
            for set in &message.grouping_sets {
                let mut places = Vec::new();
                for key in &set.grouping_set {
                    let key = planner.group_key(key)?;
                    let at = all.iter().position(|other: &Typed| other.sql == key.sql).unwrap_or_else(|| {
                        all.push(key);
                        all.len() - 1
                    });
                    places.push(at);
                }
                sets.borrow_mut().push(places);
            }
            count.set(all.len());
            if message.pivot.is_none() {
                let keys = all.clone();
                planner.grouping = keys;
                all.extend(planner.listed(&message.aggregate_expressions)?);
                planner.aliases.clear();
                let made = more(planner, &all)?;
                all.extend(made);
            }
            Ok(all)
        })?;
        let keys = all[..count.get()].to_vec();
        if let Some(pivot) = &message.pivot {
            return self.pivot(below, keys, pivot, &message.aggregate_expressions);
        }
        let grouping = if message.group_type == 5 { Grouping::Sets(sets.into_inner()) } else { grouping };
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
        if value.ty == Type::Int
            && let Some(at) = value.whole()
        {
            let at = usize::try_from(at).unwrap_or(0);
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
        let mut values = values;
        for value in &mut values {
            let order = if grouping == Grouping::Plain { String::new() } else { format!(" ORDER BY {FIRST}") };
            value.sql = value.sql.replace(IN_SETS, &order);
        }
        let calls: Vec<_> = std::mem::take(&mut self.udafs);
        let (calls, rest) = calls.into_iter().partition(|call: &super::python::Call| {
            values.iter().any(|value| names_column(&value.sql, &call.column.sql()))
        });
        self.udafs = rest;
        if !calls.is_empty() {
            not_beside_python(&calls, &values, &grouping)?;
            if below.streams() {
                return Err(SqlError::declined("An aggregate function of Python over a stream"));
            }
        }
        // Keys become columns of the input, so that the executor sees plain names in GROUP BY.
        let (mut below, names) = self.keyed(below, keys);
        let session = keys.iter().position(|key| super::event_time::is_session(&key.metadata));
        if let Some(at) = session.filter(|_| self.start.is_none() || !below.streams()) {
            if grouping != Grouping::Plain {
                return Err(SqlError::declined("session_window with rollup, cube or GROUPING SETS"));
            }
            below = self.merged_sessions(below, &names[at], &names);
        }
        if values.iter().any(|value| value.sql.contains(FIRST)) {
            let sorted =
                values.iter().any(|value| value.parts.moved) && !values.iter().any(|value| value.parts.gathers);
            let sql = match keys {
                [key] if sorted && grouping == Grouping::Plain && key.nullable && sorts_by_radix(&key.ty) => {
                    self.numbered_for(&below, &names[0], FIRST)
                }
                _ => numbered(&below, FIRST),
            };
            below = Planned { sql, ..below };
        }
        let plain: Vec<usize> = keys.iter().filter_map(|key| key.column).collect();
        let streams = below.streams();
        if streams {
            self.check_groups(&below, keys)?;
            if grouping != Grouping::Plain && !names.is_empty() {
                return Err(SqlError::declined("rollup, cube or GROUPING SETS over a stream"));
            }
        }
        let fits = |value: &Typed| {
            let mut others = value.parts.reads.iter().filter(|id| !plain.contains(id)).peekable();
            if others.peek().is_none() {
                return true;
            }
            if value.parts.aggregate {
                // Inside the aggregate the same column may be read.
                return plain.len() < keys.len();
            }
            let sql = replaced(&value.sql, keys, &names);
            !others.any(|id| names_column(&sql, &format!("c{id}")))
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
                column.same = passed.same;
                column.plans.clone_from(&passed.plans);
                column.qualifiers.clone_from(&passed.qualifiers);
            }
            let key = keys.iter().position(|key| key.sql == value.sql).filter(|_| grouping != Grouping::Plain);
            if key.is_some() {
                // Spark makes new columns of the keys of several sets.
                let name = column.name.clone();
                column.rename(&name);
                column.nullable = true;
            }
            let mut sql = value.sql.clone();
            for (key, name) in keys.iter().zip(&names) {
                sql = sql.replace(&format!("\u{4}{}\u{4}", key.sql), name);
            }
            let mut sql = match key {
                Some(at) => names[at].clone(),
                None => replaced(&sql.replace('\u{4}', ""), keys, &names),
            };
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
        if streams {
            let fields: Vec<Field> = keys
                .iter()
                .zip(&names)
                .map(|(key, name)| Field {
                    metadata: key.metadata.clone(),
                    ..Field::new(name, key.ty.clone(), key.nullable)
                })
                .collect();
            let ids = columns.iter().map(|column| column.id);
            let made: Vec<_> =
                ids.zip(&values).filter(|(_, value)| value.column.is_some_and(|id| plain.contains(&id))).collect();
            let through = below.through(&made, &columns);
            let sql = format!("SELECT {} FROM {}", texts.join(", "), self.groups(&below, fields));
            return Ok(Planned { sql, columns, ..Planned::default() }.reached_through(&through));
        }
        if !calls.is_empty() {
            let groups = self.aggregated(&below, keys, &names, &calls);
            return Ok(Planned {
                sql: format!("SELECT {} FROM ({groups})", texts.join(", ")),
                columns,
                ..Planned::default()
            });
        }
        // Of no rows Spark makes no groups, whatever the sets are.
        let some = "HAVING count(*) > 0";
        let group = match (&grouping, names.is_empty()) {
            (_, true) if values.iter().any(|value| value.parts.aggregate) => String::new(),
            (_, true) => " LIMIT 1".to_owned(),
            (Grouping::Plain, _) => format!(" GROUP BY {}", names.join(", ")),
            (Grouping::Rollup, _) => format!(" GROUP BY ROLLUP({}) {some}", names.join(", ")),
            (Grouping::Cube, _) => format!(" GROUP BY CUBE({}) {some}", names.join(", ")),
            (Grouping::Sets(sets), _) => {
                let sets: Vec<_> = sets
                    .iter()
                    .map(|set| {
                        let each: Vec<_> = set.iter().filter_map(|at| names.get(*at).cloned()).collect();
                        format!("({})", each.join(", "))
                    })
                    .collect();
                format!(" GROUP BY GROUPING SETS ({}) {some}", sets.join(", "))
            }
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
        let mut zeros = Vec::new();
        for key in keys {
            if key.column.is_some() {
                if matches!(key.ty, Type::Double | Type::Float) && !names.contains(&key.sql) {
                    zeros.push(one_zero(&key.sql, &key.ty, Some(&key.sql)));
                }
                names.push(key.sql.clone());
            } else {
                let column = self.column_of(key);
                made.push(one_zero(&key.sql, &key.ty, Some(&column.sql())));
                names.push(column.sql());
            }
        }
        if made.is_empty() && zeros.is_empty() {
            return (below, names);
        }
        let zeros = if zeros.is_empty() { String::new() } else { format!(" REPLACE ({})", zeros.join(", ")) };
        let made: Vec<_> = [format!("*{zeros}")].into_iter().chain(made).collect();
        let sql = format!("SELECT {} FROM {}", made.join(", "), below.from());
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
        if below.streams() {
            return Err(super::stream::refused("pivot is not supported on a streaming DataFrames/Datasets"));
        }
        let by = self.within(&[&below], |planner| planner.expr(message))?;
        let udafs = self.udafs.len();
        let values: Vec<Typed> = if pivot.values.is_empty() {
            let text = super::cast::to_text(&by.sql, &by.ty, 0)?;
            let sql = format!(
                "SELECT {text} FROM (SELECT DISTINCT {} AS v FROM {}) t(v) ORDER BY v NULLS FIRST",
                by.sql,
                below.from()
            )
            .replacen(&text, &super::cast::to_text("v", &by.ty, 0)?, 1);
            let found = self.catalog.values(&self.filled_steps(), &self.filled(&sql))?;
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
        if aggregates.iter().any(counts_star) {
            return Err(SqlError::analysis(
                "INVALID_USAGE_OF_STAR_OR_REGEX",
                "42000",
                &[("elem", "'*'"), ("prettyName", "Pivot")],
                "Invalid usage of '*' in Pivot.",
            ));
        }
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
            if self.udafs.len() > udafs {
                return Err(SqlError::analysis(
                    "UNSUPPORTED_FEATURE.PANDAS_UDAF_IN_PIVOT",
                    "0A000",
                    &[],
                    "The feature is not supported: Pandas user defined aggregate function in the PIVOT clause.",
                ));
            }
            let first = made.iter().all(|aggregate| pivots_first(&aggregate.ty));
            for mut aggregate in made {
                if first {
                    let sql =
                        format!("(CASE WHEN count(*) FILTER (WHERE {}) > 0 THEN {} END)", same.sql, aggregate.sql);
                    aggregate = Typed { sql, nullable: true, ..aggregate };
                }
                let name = if several { format!("{}_{}", value.name, aggregate.name) } else { value.name.clone() };
                all.push(Typed { name, top: None, ..aggregate });
            }
        }
        self.grouped(below, &keys, all, Some(Grouping::Plain))
    }
}

/// Aggregates of Python stand alone among aggregates.
fn not_beside_python(calls: &[super::python::Call], values: &[Typed], grouping: &Grouping) -> SqlResult<()> {
    if values.iter().any(|value| value.parts.native) {
        let names: Vec<_> = calls.iter().map(|call| super::types::backquoted(&call.function)).collect();
        let names = names.join(", ");
        return Err(SqlError::analysis(
            "INVALID_PANDAS_UDF_PLACEMENT",
            "0A000",
            &[("functionList", &names)],
            &format!(
                "The group aggregate pandas UDF {names} cannot be invoked together with as other, non-pandas aggregate functions."
            ),
        ));
    }
    if *grouping != Grouping::Plain {
        return Err(SqlError::declined("An aggregate function of Python under rollup, cube or grouping sets"));
    }
    Ok(())
}

/// Whether it is `count('*')`, perhaps with a name.
fn counts_star(message: &proto::Expression) -> bool {
    use proto::expression::ExprType;
    match &message.expr_type {
        Some(ExprType::Alias(alias)) => alias.expr.as_deref().is_some_and(counts_star),
        Some(ExprType::UnresolvedFunction(call)) => call.arguments.iter().any(counts_star),
        Some(ExprType::UnresolvedStar(_)) => true,
        _ => false,
    }
}

/// The SQL of a value with each key's SQL put as the column that holds it.
pub fn replaced(sql: &str, keys: &[Typed], names: &[String]) -> String {
    let mut sql = sql.to_owned();
    for (key, name) in keys.iter().zip(names) {
        if key.column.is_none() && !key.parts.literal {
            sql = replace_whole(&sql, &key.sql, name);
        }
    }
    sql
}

/// Whether a column of this name stands in the SQL.
fn names_column(sql: &str, name: &str) -> bool {
    replace_whole(sql, name, "") != sql
}

/// `from` replaced where it isn't a part of a longer name: `c1` isn't in `c12`.
pub fn replace_whole(sql: &str, from: &str, to: &str) -> String {
    let in_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut made = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(at) = rest.find(from) {
        let (before, after) = (&rest[..at], &rest[at + from.len()..]);
        let inside = made.chars().chain(before.chars()).next_back().is_some_and(in_name) && from.starts_with(in_name)
            || after.starts_with(in_name) && from.ends_with(in_name);
        made.push_str(before);
        made.push_str(if inside { from } else { to });
        rest = after;
    }
    made + rest
}
