//! SQL's queries, planned as relations are: FROM, WHERE, GROUP BY, HAVING, SELECT, ORDER BY, LIMIT, set operations, WITH.

use std::collections::HashMap;

use sqlparser::ast::{
    Distinct, Expr, GroupByExpr, GroupByWithModifier, JoinConstraint, JoinOperator, LimitClause, NamedWindowExpr,
    OrderBy, OrderByExpr, OrderByKind, Query, Select, SelectItem, SetExpr, SetOperator, SetQuantifier, Statement,
    TableAlias, TableFactor, TableWithJoins, Value,
};

use super::expressions::{Inner, arguments, convert, order_of, parts};
use super::{read_item, read_statement};
use crate::sql::aggregate::Grouping;
use crate::sql::error::{SqlError, SqlResult};
use crate::sql::expr::column_value;
use crate::sql::join::Kind;
use crate::sql::operators::{as_type, condition};
use crate::sql::planner::Planner;
use crate::sql::proto;
use crate::sql::proto::expression::{ExprType, Literal, SortOrder};
use crate::sql::relation::{Planned, filtered, sorted as in_order};
use crate::sql::scope::same_name;
use crate::sql::typed::Typed;
use crate::sql::types::Type;

impl Planner<'_> {
    pub fn sql_text(&mut self, sql: &proto::Sql) -> SqlResult<Planned> {
        let as_expression =
            |literal: &Literal| proto::Expression { common: None, expr_type: Some(ExprType::Literal(literal.clone())) };
        let mut inner = Inner::default();
        inner.parameters.extend(sql.args.iter().map(|(key, value)| (key.clone(), as_expression(value))));
        inner.parameters.extend(sql.named_arguments.iter().map(|(key, value)| (key.clone(), value.clone())));
        inner.places.extend(sql.pos_arguments.iter().cloned());
        #[expect(deprecated, reason = "older clients send positional literals so")]
        inner.places.extend(sql.pos_args.iter().map(as_expression));
        let before = std::mem::replace(&mut self.text, inner);
        // Ids of inner queries go on where they were, for the plan around this text may hold some.
        let planned = match read_statement(&sql.query)? {
            Statement::Query(query) => self.query(&query),
            other => {
                let words: Vec<_> = other.to_string().split_whitespace().take(2).map(str::to_uppercase).collect();
                Err(SqlError::declined(&format!("The SQL statement {}", words.join(" "))))
            }
        };
        self.text = before;
        planned
    }

    fn sql_expr(&mut self, expr: &Expr) -> SqlResult<Typed> {
        let message = convert(expr, &mut Some(&mut self.text))?;
        self.expr(&message)
    }

    pub fn query(&mut self, query: &Query) -> SqlResult<Planned> {
        if query.fetch.is_some() || !query.pipe_operators.is_empty() {
            return Err(SqlError::declined("FETCH and |>"));
        }
        let mut names = HashMap::new();
        if let Some(with) = &query.with {
            if with.recursive {
                return Err(SqlError::declined("WITH RECURSIVE"));
            }
            for cte in &with.cte_tables {
                let columns = cte.alias.columns.iter().map(|column| column.name.value.clone()).collect();
                // A table of WITH sees those before it: it is kept with what it may see.
                let mut inner = (*cte.query).clone();
                if inner.with.is_none() {
                    inner.with = None;
                }
                names.insert(cte.alias.name.value.to_lowercase(), (inner, columns));
            }
        }
        self.ctes.push(names);
        let planned = self.body_and_order(query);
        self.ctes.pop();
        let mut planned = planned?;
        if query.with.is_some() {
            // What WITH names stands above the tables that it makes.
            planned.under.clear();
        }
        Ok(planned)
    }

    fn body_and_order(&mut self, query: &Query) -> SqlResult<Planned> {
        let orders: Vec<OrderByExpr> = match &query.order_by {
            Some(OrderBy { kind: OrderByKind::Expressions(orders), .. }) => orders.clone(),
            Some(_) => return Err(SqlError::declined("ORDER BY ALL")),
            None => Vec::new(),
        };
        let planned = match &*query.body {
            SetExpr::Select(select) => self.select_query(select, &orders)?,
            body => {
                let below = self.set_expr(body)?;
                self.ordered(below, &orders)?
            }
        };
        let planned = match &query.limit_clause {
            Some(LimitClause::LimitOffset { limit, offset, limit_by }) if limit_by.is_empty() => {
                let limit = limit.as_ref().filter(
                    |limit| !matches!(limit, Expr::Identifier(ident) if ident.value.eq_ignore_ascii_case("all")),
                );
                if self.start.is_some() && planned.streams() {
                    self.limited_stream(planned, limit, offset.is_some())?
                } else {
                    let mut sql = format!("SELECT * FROM {}", planned.from());
                    if let Some(limit) = limit {
                        sql.push_str(&format!(" LIMIT {}", self.count_of(limit)?));
                    }
                    if let Some(offset) = offset {
                        sql.push_str(&format!(" OFFSET {}", self.count_of(&offset.value)?));
                    }
                    Planned { sql, ..planned }
                }
            }
            Some(_) => return Err(SqlError::declined("This LIMIT")),
            None => planned,
        };
        Ok(planned)
    }

    fn limited_stream(&mut self, planned: Planned, limit: Option<&Expr>, offset: bool) -> SqlResult<Planned> {
        if offset {
            return Err(SqlError::declined("OFFSET in SQL over a stream"));
        }
        match limit {
            Some(Expr::Value(value)) => match value.value.to_string().parse() {
                Ok(count) => Ok(self.limited(planned, count)),
                Err(_) => Err(SqlError::declined("This LIMIT over a stream")),
            },
            Some(_) => Err(SqlError::declined("This LIMIT over a stream")),
            None => Ok(planned),
        }
    }

    fn count_of(&mut self, expr: &Expr) -> SqlResult<String> {
        let value = self.sql_expr(expr)?;
        if !value.ty.is_integral() || !value.parts.literal {
            return Err(SqlError::declined("LIMIT of something but a whole number"));
        }
        Ok(as_type(&value, &Type::Long)?.sql)
    }

    fn set_expr(&mut self, body: &SetExpr) -> SqlResult<Planned> {
        match body {
            SetExpr::Select(select) => self.select_query(select, &[]),
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                let left = self.set_expr(left)?;
                let right = self.set_expr(right)?;
                let all = match set_quantifier {
                    SetQuantifier::All => true,
                    SetQuantifier::None | SetQuantifier::Distinct => false,
                    _ => return Err(SqlError::declined("A set operation BY NAME")),
                };
                let word = match op {
                    SetOperator::Union => "UNION",
                    SetOperator::Intersect => "INTERSECT",
                    SetOperator::Except | SetOperator::Minus => "EXCEPT",
                };
                self.combined(word, all, left, right)
            }
            SetExpr::Values(values) => {
                let mut rows = Vec::new();
                for row in &values.rows {
                    let mut cells = Vec::new();
                    for cell in &row.content {
                        cells.push(self.sql_expr(cell)?);
                    }
                    rows.push(cells);
                }
                self.values_table(&rows)
            }
            SetExpr::Table(table) => {
                let name = table.table_name.as_ref().map(|ident| ident.value.clone()).unwrap_or_default();
                self.table_or_cte(&[name])
            }
            _ => Err(SqlError::declined("A statement that writes")),
        }
    }

    fn values_table(&mut self, rows: &[Vec<Typed>]) -> SqlResult<Planned> {
        let width = rows.first().map_or(0, Vec::len);
        if rows.iter().any(|row| row.len() != width) {
            return Err(SqlError::parse("VALUES of different lengths"));
        }
        let mut fields = Vec::new();
        for at in 0..width {
            let ty = crate::sql::coerce::common_all(rows.iter().map(|row| &row[at].ty))
                .ok_or_else(|| SqlError::declined("VALUES of different types in a column"))?;
            let nullable = rows.iter().any(|row| row[at].nullable);
            fields.push(crate::sql::types::Field::new(&format!("col{}", at + 1), ty, nullable));
        }
        let mut texts = Vec::new();
        for row in rows {
            let cells: Vec<_> = row
                .iter()
                .zip(&fields)
                .map(|(cell, field)| Ok(as_type(cell, &field.ty)?.sql))
                .collect::<SqlResult<_>>()?;
            texts.push(format!("({})", cells.join(", ")));
        }
        Ok(self.source(&format!("SELECT * FROM (VALUES {})", texts.join(", ")), &fields))
    }

    fn table_or_cte(&mut self, name: &[String]) -> SqlResult<Planned> {
        if let [only] = name {
            let wanted = only.to_lowercase();
            for level in (0..self.ctes.len()).rev() {
                let Some((query, columns)) = self.ctes[level].get(&wanted).cloned() else { continue };
                // Inside, the table itself and what stands deeper isn't visible.
                let deeper = self.ctes.split_off(level + 1);
                let own = self.ctes[level].remove(&wanted);
                let scopes = std::mem::replace(&mut self.scopes, vec![crate::sql::planner::Scope::default()]);
                let planned = self.query(&query);
                self.scopes = scopes;
                if let Some(own) = own {
                    self.ctes[level].insert(wanted, own);
                }
                self.ctes.extend(deeper);
                let mut planned = planned?;
                rename(&mut planned, &columns)?;
                for column in &mut planned.columns {
                    column.qualifiers = vec![only.clone()];
                }
                return Ok(planned);
            }
        }
        self.named_table(name)
    }

    fn from(&mut self, tables: &[TableWithJoins]) -> SqlResult<Planned> {
        let mut all: Option<Planned> = None;
        for table in tables {
            let first = self.factor(&table.relation, all.as_ref())?;
            // The joins after a comma are joins of all that stands before.
            let mut planned = match all {
                Some(left) => {
                    self.check_join(Kind::Inner, &left, &first);
                    self.join_where(left, first, Kind::Inner, None)?
                }
                None => first,
            };
            for join in &table.joins {
                let right = self.factor(&join.relation, Some(&planned))?;
                planned = self.sql_join(planned, right, &join.join_operator)?;
            }
            all = Some(planned);
        }
        Ok(all.unwrap_or_else(|| Planned { sql: "SELECT 1 AS one".to_owned(), ..Planned::default() }))
    }

    fn factor(&mut self, factor: &TableFactor, _left: Option<&Planned>) -> SqlResult<Planned> {
        match factor {
            TableFactor::Table { name, alias, args: None, sample: None, version: None, .. } => {
                let name = parts(name);
                let planned = self.table_or_cte(&name)?;
                aliased(planned, alias.as_ref())
            }
            TableFactor::Table { name, alias, args: Some(args), .. } => {
                let name = parts(name).pop().unwrap_or_default();
                let arguments = arguments(&args.args, &mut Some(&mut self.text))?;
                let message = proto::UnresolvedTableValuedFunction { function_name: name, arguments };
                let planned = self.table_function(&message)?;
                aliased(planned, alias.as_ref())
            }
            TableFactor::Derived { lateral: false, subquery, alias, sample: None } => {
                let planned = self.query(subquery)?;
                let mut planned = aliased(planned, alias.as_ref())?;
                if alias.is_none() {
                    planned.columns.iter_mut().for_each(|column| column.qualifiers.clear());
                }
                Ok(planned)
            }
            TableFactor::NestedJoin { table_with_joins, alias } => {
                let planned = self.from(std::slice::from_ref(table_with_joins))?;
                aliased(planned, alias.as_ref())
            }
            other => Err(SqlError::declined(&format!("The table `{other}` in FROM"))),
        }
    }

    fn sql_join(&mut self, left: Planned, right: Planned, operator: &JoinOperator) -> SqlResult<Planned> {
        let (kind, constraint) = match operator {
            JoinOperator::Join(constraint) | JoinOperator::Inner(constraint) => (Kind::Inner, constraint),
            JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => (Kind::Left, constraint),
            JoinOperator::Right(constraint) | JoinOperator::RightOuter(constraint) => (Kind::Right, constraint),
            JoinOperator::FullOuter(constraint) => (Kind::Full, constraint),
            JoinOperator::CrossJoin(constraint) => (Kind::Cross, constraint),
            JoinOperator::Semi(constraint) | JoinOperator::LeftSemi(constraint) => (Kind::Semi, constraint),
            JoinOperator::Anti(constraint) | JoinOperator::LeftAnti(constraint) => (Kind::Anti, constraint),
            _ => return Err(SqlError::declined("This kind of join")),
        };
        self.check_join(kind, &left, &right);
        match constraint {
            JoinConstraint::On(expr) => {
                let message = convert(expr, &mut Some(&mut self.text))?;
                self.join_where(left, right, kind, Some(&message))
            }
            JoinConstraint::Using(names) => {
                let names: Vec<_> = names.iter().filter_map(|name| parts(name).pop()).collect();
                self.join_using(left, right, kind, &names)
            }
            JoinConstraint::Natural => {
                let names: Vec<_> = left
                    .columns
                    .iter()
                    .filter(|column| right.columns.iter().any(|other| same_name(&other.name, &column.name)))
                    .map(|column| column.name.clone())
                    .collect();
                if names.is_empty() {
                    self.join_where(left, right, kind, None)
                } else {
                    self.join_using(left, right, kind, &names)
                }
            }
            JoinConstraint::None => self.join_where(left, right, kind, None),
            JoinConstraint::UsingAlias(..) => Err(SqlError::declined("USING with an alias")),
        }
    }

    fn select_query(&mut self, select: &Select, orders: &[OrderByExpr]) -> SqlResult<Planned> {
        if select.top.is_some() || select.into.is_some() || select.prewhere.is_some() || !select.connect_by.is_empty() {
            return Err(SqlError::declined("This form of SELECT"));
        }
        if !select.cluster_by.is_empty() || !select.distribute_by.is_empty() {
            return Err(SqlError::declined("CLUSTER BY and DISTRIBUTE BY"));
        }
        if select.qualify.is_some() {
            return Err(SqlError::declined("QUALIFY"));
        }
        let mut below = self.from(&select.from)?;
        for view in &select.lateral_views {
            below = self.lateral_view(below, view)?;
        }
        let windows = std::mem::take(&mut self.text.windows);
        for definition in &select.named_window {
            if let NamedWindowExpr::WindowSpec(spec) = &definition.1 {
                self.text.windows.insert(definition.0.value.to_lowercase(), spec.clone());
            }
        }
        if let Some(test) = &select.selection {
            let message = convert(test, &mut Some(&mut self.text))?;
            let (mut values, wider) = self.with_functions(below, |planner| Ok(vec![planner.expr(&message)?]))?;
            let value = values.pop().ok_or_else(|| SqlError::malformed("a condition"))?;
            below = filtered(wider, &value)?;
            self.filter_reaches(&mut below, &message);
        }
        let items: Vec<proto::Expression> = select
            .projection
            .iter()
            .map(|item: &SelectItem| read_item(item, &mut Some(&mut self.text)))
            .collect::<SqlResult<_>>()?;
        let planned = self.selected(below, select, items, orders);
        self.text.windows = windows;
        planned
    }

    fn lateral_view(&mut self, below: Planned, view: &sqlparser::ast::LateralView) -> SqlResult<Planned> {
        let message = convert(&view.lateral_view, &mut Some(&mut self.text))?;
        let names: Vec<String> = view.lateral_col_alias.iter().map(|ident| ident.value.clone()).collect();
        let value = self.within(&[&below], |planner| {
            let mut value = planner.expr(&message)?;
            if let Some(generator) = &mut value.generator {
                generator.outer |= view.outer;
            }
            if names.is_empty() { Ok(value) } else { planner.renamed_generator(value, &names) }
        })?;
        if value.generator.is_none() {
            return Err(SqlError::declined("LATERAL VIEW of something but a generator"));
        }
        let table = parts(&view.lateral_view_name).pop().unwrap_or_default();
        self.lateral(below, value, &table)
    }

    /// The select list over what FROM and WHERE give, with grouping, HAVING, DISTINCT and ORDER BY.
    fn selected(
        &mut self,
        below: Planned,
        select: &Select,
        items: Vec<proto::Expression>,
        orders: &[OrderByExpr],
    ) -> SqlResult<Planned> {
        let (keys, grouping, all) = match &select.group_by {
            GroupByExpr::All(_) => (Vec::new(), Grouping::Plain, true),
            GroupByExpr::Expressions(keys, modifiers) => {
                let mut keys = keys.clone();
                let sets = match (keys.as_slice(), modifiers.as_slice()) {
                    ([Expr::GroupingSets(sets)], []) => Some(sets.clone()),
                    (_, [GroupByWithModifier::GroupingSets(Expr::GroupingSets(sets))]) => Some(sets.clone()),
                    _ => None,
                };
                let mut grouping = match modifiers.as_slice() {
                    _ if sets.is_some() => {
                        let sets = sets.unwrap_or_default();
                        let listed = !matches!(keys.as_slice(), [Expr::GroupingSets(_)]);
                        if !listed {
                            keys.clear();
                        }
                        let mut places = Vec::new();
                        for set in sets {
                            let mut each = Vec::new();
                            for key in set {
                                let at = keys.iter().position(|other| *other == key).unwrap_or_else(|| {
                                    keys.push(key);
                                    keys.len() - 1
                                });
                                each.push(at);
                            }
                            places.push(each);
                        }
                        Grouping::Sets(places)
                    }
                    [] => Grouping::Plain,
                    [GroupByWithModifier::Rollup] => Grouping::Rollup,
                    [GroupByWithModifier::Cube] => Grouping::Cube,
                    _ => return Err(SqlError::declined("GROUPING SETS")),
                };
                if let [Expr::Rollup(lists) | Expr::Cube(lists)] = keys.as_slice() {
                    grouping = if matches!(keys[0], Expr::Rollup(_)) { Grouping::Rollup } else { Grouping::Cube };
                    keys = lists.iter().flatten().cloned().collect();
                }
                (keys, grouping, false)
            }
        };
        let grouped_by = !keys.is_empty();
        let having = select.having.as_ref().map(|having| convert(having, &mut Some(&mut self.text))).transpose()?;
        let key_messages =
            keys.iter().map(|key| convert(key, &mut Some(&mut self.text))).collect::<SqlResult<Vec<_>>>()?;
        let order_messages =
            orders.iter().map(|order| order_of(order, &mut Some(&mut self.text))).collect::<SqlResult<Vec<_>>>()?;
        let mut made_keys = Vec::new();
        let mut test = None;
        let mut sorted: Vec<(Typed, SortOrder)> = Vec::new();
        let mut count = 0;
        let (values, below) = self.with_functions(below, |planner| {
            // Keys come first, so that `grouping_id()` knows them.
            let mut values: Vec<Typed> = Vec::new();
            let plain: Vec<bool> = key_messages.iter().map(|key| planner.expr(key).is_ok()).collect();
            planner.udfs.clear();
            if plain.iter().all(|plain| *plain) {
                for key in &key_messages {
                    let key = planner.expr(key)?;
                    planner.grouping.push(key);
                }
            }
            for item in &items {
                for value in planner.exprs(std::slice::from_ref(item))? {
                    planner.aliases.push(value.clone());
                    values.push(value);
                }
            }
            planner.grouping.clear();
            count = values.len();
            for (key, message) in keys.iter().zip(&key_messages) {
                let key = match place(key) {
                    Some(at) => values
                        .get(at.wrapping_sub(1))
                        .cloned()
                        .ok_or_else(|| out_of_range("GROUP BY", at, values.len()))?,
                    None => planner.expr(message)?,
                };
                if key.parts.aggregate {
                    return Err(SqlError::analysis(
                        "GROUP_BY_AGGREGATE",
                        "42903",
                        &[("sqlExpr", &key.name)],
                        &format!("Aggregate functions are not allowed in GROUP BY, but found {}.", key.name),
                    ));
                }
                made_keys.push(key);
            }
            if all {
                made_keys.extend(values.iter().filter(|value| !value.parts.aggregate).cloned());
            }
            // In HAVING a key goes before what the list calls so, in ORDER BY it doesn't.
            planner.aliases_first = true;
            if let Some(having) = &having {
                let columns = planner.columns().to_vec();
                let is_key = |name: &str| {
                    let mut named = columns.iter().filter(|column| same_name(&column.name, name));
                    named.any(|column| made_keys.iter().any(|key| key.sql == column.sql()))
                };
                let aliases = planner.aliases.clone();
                planner.aliases.retain(|alias| !is_key(&alias.name));
                let value = planner.expr(having)?;
                test = Some(condition(&value, &value.name)?);
                planner.aliases = aliases;
            }
            let aggregates = grouped_by
                || all
                || having.is_some()
                || values.iter().any(|value| value.parts.aggregate && !value.parts.window);
            if aggregates {
                for (order, given) in order_messages.iter().zip(orders) {
                    let value = planner.order_value(order, given, &values)?;
                    sorted.push((value, order.clone()));
                }
            }
            planner.aliases.clear();
            planner.aliases_first = false;
            Ok(values)
        })?;
        let aggregates = grouped_by
            || all
            || test.is_some()
            || values.iter().any(|value| value.parts.aggregate && !value.parts.window);
        let distinct = match &select.distinct {
            None | Some(Distinct::All) => false,
            Some(Distinct::Distinct) => true,
            Some(Distinct::On(_)) => return Err(SqlError::declined("DISTINCT ON")),
        };
        if !aggregates {
            let mut planned = self.project_values(below, values)?;
            if distinct {
                planned = self.distinct(planned)?;
            }
            return self.ordered(planned, orders);
        }
        let mut everything = values;
        everything.extend(test.iter().cloned());
        let before_orders = everything.len();
        everything.extend(sorted.iter().map(|(value, _)| value.clone()));
        let mut planned = self.grouped(below, &made_keys, everything, Some(grouping))?;
        if test.is_some() {
            planned.sql = format!("SELECT * FROM {} WHERE {}", planned.from(), planned.columns[count].sql());
        }
        let mut columns = planned.columns;
        let extra = columns.split_off(count);
        planned.columns = columns;
        if distinct {
            planned = self.distinct(planned)?;
            return self.ordered(planned, orders);
        }
        if !sorted.is_empty() {
            self.check_sort(&planned);
            let texts: Vec<String> = sorted
                .iter()
                .enumerate()
                .map(|(at, (_, order))| self.order_text(&column_value(&extra[before_orders - count + at]), order))
                .collect::<SqlResult<_>>()?;
            planned = in_order(planned, &texts);
        }
        Ok(planned)
    }

    /// Each row once; over a stream the rows are groups.
    fn distinct(&mut self, planned: Planned) -> SqlResult<Planned> {
        if self.start.is_none() || !planned.streams() {
            return Ok(distinct_rows(planned));
        }
        let keys: Vec<Typed> = planned.columns.iter().map(column_value).collect();
        self.grouped(planned, &keys, keys.clone(), Some(Grouping::Plain))
    }

    /// What an item of ORDER BY means: the number of an item, a name of the list's, or an expression.
    fn order_value(&mut self, order: &SortOrder, given: &OrderByExpr, values: &[Typed]) -> SqlResult<Typed> {
        if let Some(at) = place(&given.expr) {
            return values.get(at.wrapping_sub(1)).cloned().ok_or_else(|| out_of_range("ORDER BY", at, values.len()));
        }
        if let Expr::Identifier(ident) = &given.expr {
            let named = |value: &&Typed| same_name(value.top.as_ref().unwrap_or(&value.name), &ident.value);
            if let Some(value) = values.iter().find(named) {
                return Ok(value.clone());
            }
        }
        self.expr(crate::sql::expr::needed(order.child.as_deref())?)
    }

    /// The rows in an order, which reads the result's columns and those hidden behind it.
    fn ordered(&mut self, below: Planned, orders: &[OrderByExpr]) -> SqlResult<Planned> {
        if orders.is_empty() {
            return Ok(below);
        }
        self.check_sort(&below);
        let messages =
            orders.iter().map(|order| order_of(order, &mut Some(&mut self.text))).collect::<SqlResult<Vec<_>>>()?;
        let values: Vec<Typed> = below.columns.iter().map(column_value).collect();
        let texts = |planner: &mut Self| {
            let orders = messages.iter().zip(orders).map(|(order, given)| {
                let value = planner.order_value(order, given, &values)?;
                planner.order_text(&value, order)
            });
            orders.collect::<SqlResult<Vec<_>>>()
        };
        let texts = self.over(|planner| planner.within(&[&below], texts))?;
        Ok(in_order(below, &texts))
    }
}

fn place(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(text, false) => text.parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

fn out_of_range(clause: &str, at: usize, size: usize) -> SqlError {
    let condition = if clause == "GROUP BY" { "GROUP_BY_POS_OUT_OF_RANGE" } else { "ORDER_BY_POS_OUT_OF_RANGE" };
    SqlError::analysis(
        condition,
        "42805",
        &[("index", &at.to_string()), ("size", &size.to_string())],
        &format!("{clause} position {at} is not in select list (valid range is [1, {size}])."),
    )
}

/// Each row once, in the order in which they come first.
fn distinct_rows(planned: Planned) -> Planned {
    let names: Vec<_> = planned
        .columns
        .iter()
        .map(|column| crate::sql::aggregate::one_zero(&column.sql(), &column.ty, Some(&column.sql())))
        .collect();
    Planned {
        sql: format!("SELECT DISTINCT {} FROM {}", names.join(", "), planned.from()),
        hidden: Vec::new(),
        under: Vec::new(),
        ..planned
    }
}

fn rename(planned: &mut Planned, names: &[String]) -> SqlResult<()> {
    if names.is_empty() {
        return Ok(());
    }
    if names.len() != planned.columns.len() {
        return Err(SqlError::analysis(
            "ASSIGNMENT_ARITY_MISMATCH",
            "42802",
            &[("numExpr", &names.len().to_string()), ("numTarget", &planned.columns.len().to_string())],
            "The number of columns or variables assigned or aliased does not match the number of source expressions.",
        ));
    }
    for (column, name) in planned.columns.iter_mut().zip(names) {
        column.name.clone_from(name);
    }
    Ok(())
}

fn aliased(mut planned: Planned, alias: Option<&TableAlias>) -> SqlResult<Planned> {
    if let Some(alias) = alias {
        let names: Vec<String> = alias.columns.iter().map(|column| column.name.value.clone()).collect();
        rename(&mut planned, &names)?;
        for column in &mut planned.columns {
            column.qualifiers = vec![alias.name.value.clone()];
        }
    }
    planned.hidden.clear();
    planned.under.clear();
    Ok(planned)
}
