//! Relations of the protocol become queries of the executor: each a subquery over its input's columns.

use super::aggregate::one_zero;
use super::coerce::common;
use super::error::{SqlError, SqlResult};
use super::expr::column_value;
use super::messages::{from_json, from_message};
use super::operators::{as_type, condition};
use super::planner::Planner;
use super::proto::read::ReadType;
use super::proto::relation::RelType;
use super::proto::{self, Relation};
use super::radix::{held_in_place, sorts_by_radix};
use super::reach::{Fact, Reached};
use super::reach_join::Outer;
use super::scope::{Column, Level, name_parts, not_among, same_name};
use super::typed::Typed;
use super::types::{Field, Type, backquoted};
use super::{ddl, literal};

/// A relation, planned.
#[derive(Debug, Clone, Default)]
pub struct Planned {
    /// The executor's query; its columns are those of `columns` and `hidden`, and perhaps more.
    pub sql: String,
    pub columns: Vec<Column>,
    /// What joins with USING left out: Spark's hidden output, which all above may read by a qualified name.
    pub hidden: Vec<Column>,
    /// The columns of the relations below, the nearest first, which a filter or an order above may still read.
    pub under: Vec<Level>,
    /// What Python functions gave, which only the expressions that call them read.
    pub extra: Vec<Column>,
    /// Watermarks that a filter above reaches, and what is known of all rows; where a query is started.
    pub reached: Vec<Reached>,
    pub known: Vec<Fact>,
    /// Where the rows are an outer join's.
    pub outer: Option<Box<Outer>>,
}

impl Planned {
    pub fn fields(&self) -> Vec<Field> {
        self.columns.iter().map(Column::field).collect()
    }

    pub fn from(&self) -> String {
        format!("({})", self.sql)
    }
}

/// More than this many relations inside each other are refused before the stack ends.
const DEEPEST: usize = 700;

fn input(message: Option<&Relation>) -> SqlResult<&Relation> {
    message.ok_or_else(|| SqlError::malformed("a relation's input"))
}

impl Planner<'_> {
    /// A relation's query.
    pub fn relation(&mut self, message: &Relation) -> SqlResult<Planned> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(SqlError::declined(&format!("A plan of more than {DEEPEST} steps")));
        }
        let planned = match self.catalog.cached(message)? {
            Some((table, schema)) => {
                let mut planned = self.table(&table, &schema)?;
                for column in &mut planned.columns {
                    column.qualifiers.extend(alias_of(message));
                }
                Ok(planned)
            }
            None => self.relation_of(message),
        };
        self.depth -= 1;
        Ok(self.came_through(planned?, message))
    }

    /// The relation's columns are known by the client's id of it from here on.
    pub fn came_through(&mut self, mut planned: Planned, message: &Relation) -> Planned {
        if let Some(plan) = message.common.as_ref().and_then(|common| common.plan_id) {
            for column in planned.columns.iter_mut().chain(&mut planned.hidden) {
                column.plans.push((plan, column.name.clone()));
            }
            let born = |column: &Column| Some((column.name.clone(), column.plans.first()?.clone()));
            self.seen.insert(plan, planned.columns.iter().filter_map(born).collect());
        }
        planned
    }

    fn relation_of(&mut self, message: &Relation) -> SqlResult<Planned> {
        let unknown = || SqlError::declined("A relation of another kind (table functions of Python, catalogs)");
        let kind = message.rel_type.as_ref().ok_or_else(unknown)?;
        match kind {
            RelType::LocalRelation(local) => self.local(local),
            RelType::Range(range) => Ok(self.range(range)),
            RelType::Read(read) => self.read(read),
            RelType::Sql(sql) => self.sql_text(sql),
            RelType::CachedRemoteRelation(kept) => {
                let (table, schema) = self.catalog.kept(&kept.relation_id)?;
                self.table(&table, &schema)
            }
            RelType::Project(project) => {
                let below = match project.input.as_deref() {
                    Some(below) => self.relation(below)?,
                    None => Planned { sql: "SELECT 1 AS one".to_owned(), ..Planned::default() },
                };
                self.project(below, &project.expressions)
            }
            RelType::Filter(filter) => self.filter(filter),
            RelType::Limit(limit) => {
                let below = self.relation(input(limit.input.as_deref())?)?;
                Ok(self.limited(below, i64::from(limit.limit.max(0))))
            }
            RelType::Offset(offset) => {
                let below = self.relation(input(offset.input.as_deref())?)?;
                self.check_offset(&below);
                Ok(Planned { sql: format!("SELECT * FROM {} OFFSET {}", below.from(), offset.offset.max(0)), ..below })
            }
            RelType::Tail(tail) => {
                let below = self.relation(input(tail.input.as_deref())?)?;
                let n = tail.limit.max(0);
                let sql = format!(
                    "SELECT * EXCLUDE (n_, m_) FROM (SELECT *, row_number() OVER () AS n_, count(*) OVER () AS m_ FROM {}) WHERE n_ > m_ - {n} ORDER BY n_",
                    below.from()
                );
                Ok(Planned { sql, ..below })
            }
            RelType::Sort(sort) => self.sort(sort),
            RelType::Aggregate(aggregate) => self.aggregate(aggregate),
            RelType::Join(join) => self.join(join),
            RelType::SetOp(set) => self.set_operation(set),
            RelType::Deduplicate(message) => self.deduplicate(message),
            RelType::WithColumns(message) => self.with_columns(message),
            RelType::WithColumnsRenamed(message) => {
                let mut below = self.relation(input(message.input.as_deref())?)?;
                let renames = message
                    .renames
                    .iter()
                    .map(|rename| (rename.col_name.clone(), rename.new_col_name.clone()))
                    .chain(message.rename_columns_map.iter().map(|(from, to)| (from.clone(), to.clone())));
                below.lay_under();
                for (from, to) in renames {
                    for column in below.columns.iter_mut().filter(|column| same_name(&column.name, &from)) {
                        column.rename(&to);
                    }
                }
                Ok(below)
            }
            RelType::ToDf(message) => {
                let mut below = self.relation(input(message.input.as_deref())?)?;
                if below.columns.len() != message.column_names.len() {
                    return Err(SqlError::analysis(
                        "ASSIGNMENT_ARITY_MISMATCH",
                        "42802",
                        &[
                            ("numExpr", &message.column_names.len().to_string()),
                            ("numTarget", &below.columns.len().to_string()),
                        ],
                        "The number of columns or variables assigned or aliased does not match the number of source expressions.",
                    ));
                }
                below.lay_under();
                for (column, name) in below.columns.iter_mut().zip(&message.column_names) {
                    column.rename(name);
                }
                Ok(below)
            }
            RelType::Drop(message) => self.drop_columns(message),
            RelType::SubqueryAlias(message) => {
                let mut below = self.relation(input(message.input.as_deref())?)?;
                for column in &mut below.columns {
                    column.qualifiers = vec![message.alias.clone()];
                }
                below.hidden.clear();
                below.under.clear();
                Ok(below)
            }
            RelType::Repartition(message) => self.relation(input(message.input.as_deref())?),
            RelType::RepartitionByExpression(message) => {
                let below = self.relation(input(message.input.as_deref())?)?;
                let exprs = |planner: &mut Self| {
                    for each in &message.partition_exprs {
                        match each.expr_type.as_ref() {
                            Some(proto::expression::ExprType::SortOrder(order)) => drop(planner.order(order)?),
                            _ => drop(planner.expr(each)?),
                        }
                    }
                    Ok(())
                };
                self.over(|planner| planner.within(&[&below], exprs))?;
                Ok(below)
            }
            RelType::Hint(message) => self.relation(input(message.input.as_deref())?),
            RelType::Sample(message) => self.sample(message),
            RelType::ToSchema(message) => self.with_schema(message),
            RelType::WithRelations(message) => {
                for reference in &message.references {
                    if let Some(plan) = reference.common.as_ref().and_then(|common| common.plan_id) {
                        self.references.insert(plan, reference.clone());
                    }
                }
                let before = self.named_references.len();
                for reference in &message.references {
                    if let Some(RelType::SubqueryAlias(alias)) = &reference.rel_type {
                        let name = alias.alias.clone();
                        self.named_references.push((name, reference.clone()));
                    }
                }
                let planned = self.relation(input(message.root.as_deref())?);
                self.named_references.truncate(before);
                planned
            }
            RelType::FillNa(message) => self.fill(message),
            RelType::DropNa(message) => self.drop_nulls(message),
            RelType::Replace(message) => self.replace(message),
            RelType::Unpivot(message) => self.unpivot(message),
            RelType::Summary(message) => {
                let below = self.relation(input(message.input.as_deref())?)?;
                let names: Vec<_> = below.columns.iter().map(|column| column.name.clone()).collect();
                self.statistics(below, &message.statistics, &names, true)
            }
            RelType::Describe(message) => {
                let below = self.relation(input(message.input.as_deref())?)?;
                let all: Vec<_> = below.columns.iter().map(|column| column.name.clone()).collect();
                self.statistics(below, &[], if message.cols.is_empty() { &all } else { &message.cols }, false)
            }
            RelType::Crosstab(message) => self.crosstab(message),
            RelType::Cov(message) => {
                self.two_columns(input(message.input.as_deref())?, "cov", &message.col1, &message.col2)
            }
            RelType::Corr(message) => {
                self.two_columns(input(message.input.as_deref())?, "corr", &message.col1, &message.col2)
            }
            RelType::FreqItems(message) => self.frequent(message),
            RelType::ApproxQuantile(message) => self.quantiles(message),
            RelType::MapPartitions(message) => self.map_partitions(message),
            RelType::GroupMap(message) => self.group_map(message),
            RelType::CoGroupMap(message) => self.cogroup_map(message),
            RelType::WithWatermark(message) => self.watermark(message),
            RelType::ApplyInPandasWithState(message) => self.apply_with_state(message),
            RelType::CollectMetrics(_) => Err(SqlError::declined("DataFrame.observe")),
            RelType::Parse(_) => Err(SqlError::declined("A reader of a DataFrame of text")),
            RelType::ShowString(_) | RelType::HtmlString(_) => Err(SqlError::declined("show of a shown DataFrame")),
            RelType::AsOfJoin(_) => Err(SqlError::declined("An as-of join")),
            RelType::LateralJoin(_) => Err(SqlError::declined("DataFrame.lateralJoin")),
            RelType::Transpose(_) => Err(SqlError::declined("DataFrame.transpose")),
            RelType::UnresolvedTableValuedFunction(message) => self.table_function(message),
            RelType::RelationChanges(_) => Err(SqlError::declined("A table's changes")),
            RelType::NearestByJoin(_) => Err(SqlError::declined("A nearest-by join")),
            RelType::SampleBy(_) => Err(SqlError::declined("DataFrame.sampleBy")),
        }
    }

    /// A table of the executor's that has a schema's names and types.
    pub fn table(&mut self, name: &str, schema: &str) -> SqlResult<Planned> {
        let Type::Struct(fields) = from_json(schema)? else { return Err(SqlError::malformed("a table's schema")) };
        Ok(self.source(&format!("SELECT * FROM {name}"), &fields))
    }

    /// A query whose columns are these, in this order and of these types.
    pub fn source(&mut self, sql: &str, fields: &[Field]) -> Planned {
        let columns: Vec<_> = fields
            .iter()
            .map(|field| {
                let mut column = self.column(&field.name, field.ty.clone(), field.nullable);
                column.metadata.clone_from(&field.metadata);
                column
            })
            .collect();
        if columns.is_empty() {
            return Planned { sql: sql.to_owned(), ..Planned::default() };
        }
        let names: Vec<_> = columns.iter().map(Column::sql).collect();
        Planned { sql: format!("SELECT * FROM ({sql}) AS t({})", names.join(", ")), columns, ..Planned::default() }
    }

    fn local(&mut self, local: &proto::LocalRelation) -> SqlResult<Planned> {
        let schema = match local.schema.as_deref().filter(|text| !text.is_empty()) {
            Some(text) if text.trim_start().starts_with('{') => Some(from_json(text)?),
            Some(text) => Some(ddl::read_schema(text)?),
            None => None,
        };
        let Some(data) = local.data.as_deref() else {
            let Some(Type::Struct(fields)) = schema else {
                return Err(SqlError::malformed("a local relation's schema"));
            };
            let nulls: Vec<_> = fields.iter().map(|field| format!("CAST(NULL AS {})", field.ty.physical())).collect();
            let nulls = if nulls.is_empty() { "NULL".to_owned() } else { nulls.join(", ") };
            return Ok(self.source(&format!("SELECT {nulls} WHERE false"), &fields));
        };
        let table = self.catalog.local(data)?;
        let held = super::arrow::stream_schema(data)?;
        let mut planned = self.source(&format!("SELECT * FROM {table}"), &held);
        if let Some(Type::Struct(fields)) = schema {
            let values: Vec<_> = planned
                .columns
                .iter()
                .zip(&fields)
                .map(|(column, field)| {
                    let value = as_type(&column_value(column), &field.ty)?;
                    Ok(Typed {
                        name: field.name.clone(),
                        nullable: field.nullable,
                        metadata: field.metadata.clone(),
                        ..value
                    })
                })
                .collect::<SqlResult<_>>()?;
            let same = planned.columns.iter().zip(&values).all(|(column, value)| column.ty == value.ty);
            if same {
                for (column, field) in planned.columns.iter_mut().zip(&fields) {
                    *column = Column {
                        name: field.name.clone(),
                        nullable: field.nullable,
                        metadata: field.metadata.clone(),
                        ty: field.ty.clone(),
                        ..column.clone()
                    };
                }
            } else {
                planned = self.select(planned, values);
                planned.under.clear();
            }
        }
        Ok(planned)
    }

    fn range(&mut self, range: &proto::Range) -> Planned {
        let column = self.column("id", Type::Long, false);
        let (start, end) = (range.start.unwrap_or(0), range.end);
        let sql = format!("SELECT range AS {} FROM range({start}, {end}, {})", column.sql(), range.step);
        Planned { sql, columns: vec![column], ..Planned::default() }
    }

    fn read(&mut self, read: &proto::Read) -> SqlResult<Planned> {
        match read.read_type.as_ref().ok_or_else(|| SqlError::malformed("what to read"))? {
            ReadType::NamedTable(table) if read.is_streaming => {
                let parts = name_parts(&table.unparsed_identifier)?;
                let options = table.options.iter().map(|(key, value)| (key.to_lowercase(), value.clone())).collect();
                let Some((name, schema)) = self.catalog.streamed(&parts, &options)? else {
                    return self.named_table(&parts);
                };
                let mut planned = self.table(&name, &schema)?;
                for column in &mut planned.columns {
                    column.qualifiers.clone_from(&parts);
                }
                Ok(planned)
            }
            ReadType::NamedTable(table) => self.named_table(&name_parts(&table.unparsed_identifier)?),
            ReadType::DataSource(source) => {
                if !source.predicates.is_empty() {
                    return Err(SqlError::declined("Reading over JDBC"));
                }
                let format =
                    source.format.clone().filter(|format| !format.is_empty()).unwrap_or_else(|| "parquet".to_owned());
                let options = source.options.iter().map(|(key, value)| (key.to_lowercase(), value.clone())).collect();
                let schema = match source.schema.as_deref().filter(|text| !text.is_empty()) {
                    Some(text) if text.trim_start().starts_with('{') => Some(from_json(text)?.json()),
                    Some(text) => Some(ddl::read_schema(text)?.json()),
                    None => None,
                };
                if read.is_streaming {
                    let (table, schema) = self.catalog.stream(&format, schema.as_deref(), &source.paths, &options)?;
                    return self.table(&table, &schema);
                }
                let (sql, schema) = self.catalog.read(&format, schema.as_deref(), &source.paths, &options)?;
                let Type::Struct(fields) = from_json(&schema)? else { return Err(SqlError::malformed("a schema")) };
                Ok(self.source(&sql, &fields))
            }
        }
    }

    /// A view or a table by its name.
    pub fn named_table(&mut self, parts: &[String]) -> SqlResult<Planned> {
        let name = parts.join(".");
        let at = self.named_references.iter().rposition(|(each, _)| same_name(each, &name));
        if let Some((at, (_, reference))) = at.and_then(|at| Some((at, self.named_references.get(at)?.clone()))) {
            // It may read what had the same name before it had.
            let before = self.named_references.iter().take(at).cloned().collect();
            return self.apart(&reference, before);
        }
        let Some(plan) = self.catalog.view(parts)? else {
            let shown: Vec<_> = parts.iter().map(|part| backquoted(part)).collect();
            let shown = shown.join(".");
            return Err(SqlError::analysis(
                "TABLE_OR_VIEW_NOT_FOUND",
                "42P01",
                &[("relationName", &shown)],
                &format!(
                    "The table or view {shown} cannot be found. Verify the spelling and correctness of the schema and \
                     catalog.\nIf you did not qualify the name with a schema, verify the current_schema() output, or \
                     qualify the name with the correct schema and catalog.\nTo tolerate the error on drop use DROP VIEW \
                     IF EXISTS or DROP TABLE IF EXISTS."
                ),
            ));
        };
        let message =
            <Relation as prost::Message>::decode(plan.as_slice()).map_err(|_| SqlError::malformed("a view"))?;
        let mut planned = self.apart(&message, Vec::new())?;
        for column in &mut planned.columns {
            column.qualifiers = parts.to_vec();
        }
        planned.hidden.clear();
        planned.under.clear();
        Ok(planned)
    }

    /// A view is a world of its own: it sees no columns and names of the query that reads it.
    fn apart(&mut self, message: &Relation, named: Vec<(String, Relation)>) -> SqlResult<Planned> {
        let scopes = std::mem::replace(&mut self.scopes, vec![super::planner::Scope::default()]);
        let ctes = std::mem::take(&mut self.ctes);
        let named = std::mem::replace(&mut self.named_references, named);
        let planned = self.relation(message);
        self.scopes = scopes;
        self.ctes = ctes;
        self.named_references = named;
        planned
    }

    /// These values of each row; columns that pass keep their ids.
    pub fn select(&mut self, below: Planned, values: Vec<Typed>) -> Planned {
        let mut columns: Vec<Column> = Vec::with_capacity(values.len());
        let mut texts = Vec::with_capacity(values.len());
        let held = below.all();
        for value in &values {
            let passed = value.column.and_then(|id| held.iter().find(|column| column.id == id));
            match passed {
                Some(column) if columns.iter().all(|taken| taken.id != column.id) => {
                    let name = value.top.as_ref().unwrap_or(&value.name).clone();
                    texts.push(column.sql());
                    let metadata = value.metadata.clone();
                    columns.push(Column { name, metadata, qualified_only: false, ..(*column).clone() });
                }
                _ => {
                    let mut column = self.column_of(value);
                    if let Some(passed) = passed {
                        column.same = passed.same;
                        column.plans.clone_from(&passed.plans);
                        column.qualifiers.clone_from(&passed.qualifiers);
                    }
                    texts.push(format!("{} AS {}", value.sql, column.sql()));
                    columns.push(column);
                }
            }
        }
        let ids = columns.iter().map(|column| column.id);
        let made: Vec<_> = ids.zip(&values).filter(|(id, value)| value.column != Some(*id)).collect();
        let through = below.through(&made, &columns);
        // What is of another place than the row's own ends what a filter can reach.
        let outer = below.outer.clone().filter(|_| values.iter().all(|value| !value.parts.random));
        let left = |column: &&Column| columns.iter().all(|taken| taken.id != column.id);
        let hidden: Vec<Column> = below.hidden.iter().filter(left).cloned().collect();
        texts.extend(hidden.iter().map(Column::sql));
        if texts.is_empty() {
            texts.push("1 AS one".to_owned());
        }
        let (under, slot) = self.above(&below, &columns.iter().chain(&hidden).collect::<Vec<_>>(), None);
        let sql = format!("SELECT {}{slot} FROM {}", texts.join(", "), below.from());
        let made = Planned { sql, columns, hidden, under, ..Planned::default() };
        made.reached_through(&through).with_outer(outer)
    }

    /// `select`: values, aggregates over all rows, or generators.
    pub fn project(&mut self, below: Planned, messages: &[proto::Expression]) -> SqlResult<Planned> {
        let (values, below) = self.with_functions(below, |planner| planner.listed(messages))?;
        self.project_values(below, values)
    }

    pub fn project_values(&mut self, below: Planned, values: Vec<Typed>) -> SqlResult<Planned> {
        if values.iter().any(|value| value.generator.is_some()) {
            return self.generate(below, values);
        }
        if values.iter().any(|value| value.parts.aggregate && !value.parts.window) {
            return self.grouped(below, &[], values, None);
        }
        let windows = values.iter().any(|value| value.parts.window);
        if let Some(value) = values.iter().find(|value| value.parts.window)
            && self.start.is_some()
            && below.streams()
        {
            return Err(super::stream::window_refused(&value.name));
        }
        // The executor makes a join of a query inside, and may turn that around.
        if !windows && !values.iter().any(|value| value.parts.query) {
            return Ok(self.select(below, values));
        }
        // Spark leaves rows as the last window has sorted them, which keeps those that tie as they came in.
        let sorted = self.window_order.take().filter(|_| windows);
        let order: Vec<String> = sorted.into_iter().chain([ROW.to_owned()]).collect();
        let radix = std::mem::take(&mut self.window_radix);
        let numbered = match radix.as_slice() {
            [Some(key), rest @ ..] if windows && rest.iter().all(|other| other.as_ref() == Some(key)) => {
                self.numbered_for(&below, key, ROW)
            }
            _ => numbered(&below, ROW),
        };
        let mut planned = self.select(Planned { sql: numbered, ..below }, values);
        planned.sql.push_str(&format!(" ORDER BY {}", order.join(", ")));
        Ok(planned)
    }

    fn with_columns(&mut self, message: &proto::WithColumns) -> SqlResult<Planned> {
        let below = self.relation(input(message.input.as_deref())?)?;
        let (made, below) = self.with_functions(below, |planner| {
            let mut all = Vec::with_capacity(message.aliases.len());
            for alias in &message.aliases {
                let made = {
                    let value = planner.expr(super::expr::needed(alias.expr.as_deref())?)?;
                    let name = alias.name.first().cloned().unwrap_or_default();
                    let metadata = alias.metadata.clone().unwrap_or_else(|| value.metadata.clone());
                    if value.generator.is_some() {
                        planner.renamed_generator(value, &alias.name)?
                    } else {
                        // A new column, even where it is another one as it stands.
                        let made = Typed { name, top: None, column: None, metadata, named: true, ..value };
                        planner.aliases.push(made.clone());
                        made
                    }
                };
                all.push(made);
            }
            Ok(all)
        })?;
        let mut values: Vec<Typed> = below.columns.iter().map(column_value).collect();
        for value in made {
            let met: Vec<usize> = (0..values.len()).filter(|&at| same_name(&values[at].name, &value.name)).collect();
            if met.is_empty() {
                values.push(value);
            } else {
                for at in met {
                    values[at] = value.clone();
                }
            }
        }
        self.project_values(below, values)
    }

    fn drop_columns(&mut self, message: &proto::Drop) -> SqlResult<Planned> {
        let mut below = self.relation(input(message.input.as_deref())?)?;
        let mut gone = Vec::new();
        for each in &message.columns {
            if let Ok(value) = self.within(&[&below], |planner| planner.expr(each))
                && let Some(id) = value.column
            {
                gone.push(id);
            }
        }
        below.lay_under();
        below.columns.retain(|column| {
            !gone.contains(&column.id) && !message.column_names.iter().any(|name| same_name(name, &column.name))
        });
        Ok(below)
    }

    fn set_operation(&mut self, set: &proto::SetOperation) -> SqlResult<Planned> {
        let left = self.relation(input(set.left_input.as_deref())?)?;
        let right = self.relation(input(set.right_input.as_deref())?)?;
        let (word, all) = match set.set_op_type {
            1 => ("INTERSECT", set.is_all.unwrap_or(false)),
            3 => ("EXCEPT", set.is_all.unwrap_or(false)),
            _ => ("UNION", set.is_all.unwrap_or(true)),
        };
        if set.by_name.unwrap_or(false) {
            let (left, right) = by_name(left, right, set.allow_missing_columns.unwrap_or(false))?;
            let (left, right) = (self.projected(left.0, left.1), self.projected(right.0, right.1));
            return self.combined(word, all, left, right);
        }
        self.combined(word, all, left, right)
    }

    fn projected(&mut self, below: Planned, values: Vec<Typed>) -> Planned {
        let mut planned = self.select(below, values);
        planned.hidden.clear();
        planned
    }

    /// `UNION`, `INTERSECT`, `EXCEPT` of two queries.
    pub fn combined(&mut self, word: &str, all: bool, left: Planned, right: Planned) -> SqlResult<Planned> {
        self.check_sets(word, all, &left, &right)?;
        if left.columns.len() != right.columns.len() {
            return Err(SqlError::analysis(
                "NUM_COLUMNS_MISMATCH",
                "42826",
                &[
                    ("operator", word),
                    ("firstNumColumns", &left.columns.len().to_string()),
                    ("invalidNumColumns", &right.columns.len().to_string()),
                ],
                &format!(
                    "{word} can only be performed on inputs with the same number of columns, but the first input has {} \
                     columns and the second input has {} columns.",
                    left.columns.len(),
                    right.columns.len()
                ),
            ));
        }
        let mut types = Vec::new();
        for (at, (a, b)) in left.columns.iter().zip(&right.columns).enumerate() {
            let ty = common(&a.ty, &b.ty).ok_or_else(|| {
                SqlError::analysis(
                    "INCOMPATIBLE_COLUMN_TYPE",
                    "42825",
                    &[("operator", word), ("columnOrdinalNumber", &(at + 1).to_string()), ("dataType1", &format!("\"{}\"", b.ty.sql())), ("dataType2", &format!("\"{}\"", a.ty.sql()))],
                    &format!(
                        "{word} can only be performed on tables with compatible column types. Column {} of the second \
                         table is \"{}\" type which is not compatible with \"{}\" at the same column of the first table.",
                        at + 1,
                        b.ty.sql(),
                        a.ty.sql()
                    ),
                )
            })?;
            if word != "UNION" && ty.has_map() {
                return Err(SqlError::declined(&format!("{word} of maps")));
            }
            types.push(ty);
        }
        let side = |planned: &Planned| -> SqlResult<String> {
            let texts: Vec<_> = planned
                .columns
                .iter()
                .zip(&types)
                .enumerate()
                .map(|(at, (column, ty))| {
                    let value = as_type(&column_value(column), ty)?.sql;
                    let name = format!("v{at}");
                    let plain = word == "UNION" && all;
                    Ok(if plain { format!("{value} AS {name}") } else { one_zero(&value, ty, Some(&name)) })
                })
                .collect::<SqlResult<_>>()?;
            let texts = if texts.is_empty() { vec!["1 AS v0".to_owned()] } else { texts };
            Ok(format!("SELECT {} FROM {}", texts.join(", "), planned.from()))
        };
        let (a, b) = (side(&left)?, side(&right)?);
        let sql = if word == "UNION" {
            let all = if all { " ALL" } else { "" };
            format!("({a}) UNION{all} ({b})")
        } else {
            matched(word, all, [&a, &b], types.len().max(1))
        };
        let columns: Vec<_> = left
            .columns
            .iter()
            .zip(&right.columns)
            .zip(types)
            .map(|((a, b), ty)| {
                let id = self.id();
                Column { id, same: id, ty, nullable: a.nullable || b.nullable && word == "UNION", ..a.clone() }
            })
            .collect();
        let names: Vec<_> = columns.iter().map(Column::sql).collect();
        let names = if names.is_empty() { "one".to_owned() } else { names.join(", ") };
        let mut reached = Vec::new();
        if word == "UNION" && self.start.is_some() {
            for side in [&left, &right] {
                let values: Vec<Typed> = side
                    .columns
                    .iter()
                    .zip(&columns)
                    .map(|(column, made)| as_type(&column_value(column), &made.ty))
                    .collect::<SqlResult<_>>()?;
                let made: Vec<_> = columns.iter().map(|column| column.id).zip(&values).collect();
                reached.extend(side.through(&made, &columns).0);
            }
        }
        let sql = format!("SELECT * FROM ({sql}) AS t({names})");
        Ok(Planned { sql, columns, reached, ..Planned::default() })
    }

    fn deduplicate(&mut self, message: &proto::Deduplicate) -> SqlResult<Planned> {
        let below = self.relation(input(message.input.as_deref())?)?;
        if let Some(column) = below.columns.iter().find(|column| column.ty.has_map()) {
            return Err(SqlError::analysis(
                "UNSUPPORTED_FEATURE.SET_OPERATION_ON_MAP_TYPE",
                "0A000",
                &[("colName", &backquoted(&column.name)), ("dataType", &format!("\"{}\"", column.ty.sql()))],
                &format!(
                    "The feature is not supported: Cannot have MAP type columns in DataFrame which calls set operations (INTERSECT, EXCEPT, etc.), but the type of column `{}` is \"{}\".",
                    column.name,
                    column.ty.sql()
                ),
            ));
        }
        let keys: Vec<String> = if message.column_names.is_empty() {
            below.columns.iter().map(Column::sql).collect()
        } else {
            let mut keys = Vec::new();
            for name in &message.column_names {
                let found: Vec<_> = below.columns.iter().filter(|column| same_name(&column.name, name)).collect();
                if found.is_empty() {
                    return Err(not_among(name, &below.columns));
                }
                keys.extend(found.into_iter().map(Column::sql));
            }
            keys
        };
        if keys.is_empty() {
            return Ok(below);
        }
        let within = message.within_watermark.unwrap_or(false);
        if self.start.is_some() && below.streams() {
            let facts = self.check_deduplicate(&below, within)?;
            return Ok(self.stateful("deduplicate", below, &keys, facts));
        }
        if within && !below.streams() {
            return Err(super::stream::refused(
                "dropDuplicatesWithinWatermark is not supported with batch DataFrames/DataSets",
            ));
        }
        let zeros: Vec<_> = below
            .columns
            .iter()
            .filter(|column| matches!(column.ty, Type::Double | Type::Float) && keys.contains(&column.sql()))
            .map(|column| one_zero(&column.sql(), &column.ty, Some(&column.sql())))
            .collect();
        let zeros = if zeros.is_empty() { String::new() } else { format!(" REPLACE ({})", zeros.join(", ")) };
        let sorted = below.columns.iter().any(|column| !keys.contains(&column.sql()) && !held_in_place(&column.ty));
        let alone = below.columns.iter().find(|column| {
            sorted && keys.len() == 1 && column.sql() == keys[0] && column.nullable && sorts_by_radix(&column.ty)
        });
        let rows = match alone {
            Some(column) => self.numbered_for(&below, &column.sql(), "n_"),
            None => numbered(&below, "n_"),
        };
        let keys = keys.join(", ");
        let sql = format!(
            "SELECT * EXCLUDE (n_, m_){zeros} FROM (SELECT *, min(n_) OVER (PARTITION BY {keys}) AS m_ FROM \
             ({rows})) WHERE m_ = n_ ORDER BY n_"
        );
        Ok(Planned { sql, ..below })
    }

    fn sample(&mut self, message: &proto::Sample) -> SqlResult<Planned> {
        let below = self.relation(input(message.input.as_deref())?)?;
        if message.with_replacement.unwrap_or(false) {
            return Err(SqlError::declined("sample with replacement"));
        }
        // Which rows are taken is a matter of chance; that the same seed takes the same ones is not.
        let seed = message.seed.unwrap_or(0);
        let sql = format!(
            "SELECT * EXCLUDE (n_) FROM (SELECT *, (hash(row_number() OVER (), {seed}::BIGINT) % 1000003) / 1000003 AS n_ FROM {}) \
             WHERE n_ >= {:e} AND n_ < {:e}",
            below.from(),
            message.lower_bound,
            message.upper_bound
        );
        Ok(Planned { sql, reached: Vec::new(), outer: None, ..below })
    }

    fn with_schema(&mut self, message: &proto::ToSchema) -> SqlResult<Planned> {
        let below = self.relation(input(message.input.as_deref())?)?;
        let Type::Struct(fields) =
            from_message(message.schema.as_ref().ok_or_else(|| SqlError::malformed("a schema"))?)?
        else {
            return Err(SqlError::malformed("a schema"));
        };
        let mut values = Vec::new();
        for field in &fields {
            let found: Vec<_> = below.columns.iter().filter(|column| same_name(&column.name, &field.name)).collect();
            let value = match found.as_slice() {
                [column] => {
                    if column.nullable && !field.nullable {
                        return Err(SqlError::analysis(
                            "NULLABLE_COLUMN_OR_FIELD",
                            "42000",
                            &[("name", &backquoted(&field.name))],
                            &format!(
                                "Column or field `{}` is nullable while it's required to be non-nullable.",
                                field.name
                            ),
                        ));
                    }
                    as_type(&column_value(column), &field.ty)?
                }
                [] if field.nullable => literal::null(&field.ty),
                _ => return Err(super::scope::unresolved(std::slice::from_ref(&field.name), &below.columns)),
            };
            values.push(Typed { name: field.name.clone(), nullable: field.nullable, top: None, ..value });
        }
        Ok(self.select(below, values))
    }
}

/// The alias that a relation's columns have, where it only chooses rows of one that has it.
fn alias_of(message: &Relation) -> Option<String> {
    match message.rel_type.as_ref()? {
        RelType::SubqueryAlias(alias) => Some(alias.alias.clone()),
        RelType::Filter(filter) => alias_of(filter.input.as_deref()?),
        RelType::Sort(sort) => alias_of(sort.input.as_deref()?),
        RelType::Limit(limit) => alias_of(limit.input.as_deref()?),
        RelType::Deduplicate(message) => alias_of(message.input.as_deref()?),
        RelType::Repartition(message) => alias_of(message.input.as_deref()?),
        _ => None,
    }
}

/// The column that numbers rows as they come in: what ties in an order stays in the order of the input, as in Spark.
pub const ROW: &str = "\"\u{6}row\"";

/// The query of a relation with its rows numbered.
pub fn numbered(below: &Planned, name: &str) -> String {
    format!("SELECT *, row_number() OVER () AS {name} FROM {}", below.from())
}

/// The rows in an order; the executor's own sort doesn't keep those that tie as they were.
pub fn sorted(below: Planned, orders: &[String]) -> Planned {
    let sql =
        format!("SELECT * EXCLUDE ({ROW}) FROM ({}) ORDER BY {}, {ROW}", numbered(&below, ROW), orders.join(", "));
    Planned { sql, ..below }
}

/// `INTERSECT` and `EXCEPT` of two queries of the columns `v0`, `v1`, ..., in the order of the first.
fn matched(word: &str, all: bool, sides: [&str; 2], width: usize) -> String {
    let names: Vec<_> = (0..width).map(|at| format!("v{at}")).collect();
    let names = names.join(", ");
    let [left, right] = sides.map(|side| {
        format!(
            "(SELECT *, row_number() OVER (PARTITION BY {names} ORDER BY {ROW}) AS m_ FROM \
             (SELECT *, row_number() OVER () AS {ROW} FROM ({side})))"
        )
    });
    let same: Vec<_> = (0..width).map(|at| format!("l_.v{at} IS NOT DISTINCT FROM r_.v{at}")).collect();
    let kind = if word == "EXCEPT" { "ANTI" } else { "SEMI" };
    // The nth of equal rows meets the nth of the other side's, or each is taken once.
    let (place, once) = if all { (" AND l_.m_ = r_.m_", "") } else { ("", " WHERE l_.m_ = 1") };
    format!(
        "SELECT {names} FROM {left} l_ {kind} JOIN {right} r_ ON {}{place}{once} ORDER BY l_.{ROW}",
        same.join(" AND ")
    )
}

/// The rows for which a condition holds.
pub fn filtered(below: Planned, value: &Typed) -> SqlResult<Planned> {
    if value.ty != Type::Boolean && value.ty != Type::Null && value.ty != Type::String {
        return Err(SqlError::analysis(
            "DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN",
            "42K09",
            &[
                ("sqlExpr", &format!("\"{}\"", value.name)),
                ("filter", &format!("\"{}\"", value.name)),
                ("type", &format!("\"{}\"", value.ty.sql())),
            ],
            &format!(
                "Cannot resolve \"{0}\" due to data type mismatch: Filter expression \"{0}\" of type \"{1}\" is not a boolean.",
                value.name,
                value.ty.sql()
            ),
        ));
    }
    if value.parts.aggregate || value.parts.window {
        return Err(SqlError::analysis(
            "INVALID_WHERE_CONDITION",
            "42903",
            &[("condition", &value.name), ("expressionList", &value.name)],
            &format!("The WHERE condition \"{}\" contains invalid expressions: {}.", value.name, value.name),
        ));
    }
    let value = condition(value, "filter")?;
    if value.parts.query {
        let sql =
            format!("SELECT * EXCLUDE ({ROW}) FROM ({}) WHERE {} ORDER BY {ROW}", numbered(&below, ROW), value.sql);
        return Ok(Planned { sql, ..below });
    }
    Ok(Planned { sql: format!("SELECT * FROM {} WHERE {}", below.from(), value.sql), ..below })
}

type Side = (Planned, Vec<Typed>);

/// Both sides with their columns put in the same order by name.
fn by_name(left: Planned, right: Planned, missing: bool) -> SqlResult<(Side, Side)> {
    let find = |planned: &Planned, name: &str| {
        planned.columns.iter().find(|column| same_name(&column.name, name)).map(column_value)
    };
    let lacks = |column: &Column, planned: &Planned| {
        if missing {
            return Ok(Typed { name: column.name.clone(), ..literal::null(&column.ty) });
        }
        Err(not_among(&column.name, &planned.columns))
    };
    let mut lefts: Vec<Typed> = left.columns.iter().map(column_value).collect();
    let mut rights = Vec::new();
    for column in &left.columns {
        rights.push(match find(&right, &column.name) {
            Some(value) => value,
            None => lacks(column, &right)?,
        });
    }
    for column in &right.columns {
        if find(&left, &column.name).is_none() {
            lefts.push(lacks(column, &left)?);
            rights.push(column_value(column));
        }
    }
    Ok(((left, lefts), (right, rights)))
}
