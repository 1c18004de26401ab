//! The state of planning one plan: what is in scope, what was asked of the catalog, what runs before.

use std::collections::HashMap;

use super::error::{SqlError, SqlResult};
use super::functions::partials::Partial;
use super::proto::Relation;
use super::relation::Planned;
use super::scope::Column;
use super::stream::OutputMode;
use super::typed::Typed;
use super::types::{Field, Type};

/// What a plan refers to by name or holds as bytes.
pub trait Catalog {
    /// Arrow's stream of local rows, put where the executor finds it: the name there.
    fn local(&self, data: &[u8]) -> SqlResult<String>;
    /// A view's or a table's plan, encoded; the parts of the name.
    fn view(&self, name: &[String]) -> SqlResult<Option<Vec<u8>>>;
    /// Files: SQL that reads them, and the schema as JSON. Options have lower-case names.
    fn read(
        &self,
        format: &str,
        schema: Option<&str>,
        paths: &[String],
        options: &HashMap<String, String>,
    ) -> SqlResult<(String, String)>;
    /// A table that the executor keeps: its name there, and the schema as JSON.
    fn kept(&self, id: &str) -> SqlResult<(String, String)>;
    /// The table that a cached relation became.
    fn cached(&self, relation: &Relation) -> SqlResult<Option<(String, String)>>;
    /// A stream's source: the table that holds a batch's rows, and the schema as JSON. Options have lower-case names.
    fn stream(
        &self,
        format: &str,
        schema: Option<&str>,
        paths: &[String],
        options: &HashMap<String, String>,
    ) -> SqlResult<(String, String)>;
    /// What a stream reads by a name that is a table's, as `stream` gives it; `None` where the name is a view's, or nobody's.
    fn streamed(&self, name: &[String], options: &HashMap<String, String>) -> SqlResult<Option<(String, String)>>;
    /// A function that was registered by name: the encoded `CommonInlineUserDefinedFunction`.
    fn function(&self, name: &str) -> SqlResult<Option<Vec<u8>>>;
    /// A setting of the session.
    fn setting(&self, key: &str) -> Option<String>;
    /// Runs SQL now, for what the plan's shape depends on: the values of one column, as literals of the protocol's kind.
    fn values(&self, steps: &[Step], sql: &str) -> SqlResult<Vec<Option<String>>>;
}

/// What has to run before the SQL of a plan: a user's function over the rows of a query; the result gets a name.
#[derive(Debug, Clone)]
pub struct Step {
    /// The name of the table that it makes.
    pub name: String,
    /// The rows that go in, or those of two queries for `cogroup`.
    pub inputs: Vec<(String, Vec<Field>)>,
    /// `map`, `scalar`, `group`, `cogroup`, `aggregate`, `window`.
    pub kind: &'static str,
    /// Spark's number for the kind of function.
    pub eval_type: i32,
    /// The cloudpickled function, and its name.
    pub command: Vec<u8>,
    /// The function's name.
    pub function: String,
    /// How many columns of each input are keys; of `scalar` how many are arguments, of `window` arguments, keys and orders.
    pub keys: Vec<usize>,
    /// What comes out.
    pub output: Vec<Field>,
    /// What else a stateful operator has to know.
    pub facts: Vec<(&'static str, String)>,
}

/// A window's frame: by rows or by rows that tie, and how far from the row it begins and ends; None is all the way.
#[expect(missing_docs, reason = "said above")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    pub by_rows: bool,
    pub lower: Option<i64>,
    pub upper: Option<i64>,
}

impl Frame {
    /// As a step has it.
    pub fn facts(self) -> Vec<(&'static str, String)> {
        let end = |end: Option<i64>| end.map(|end| end.to_string()).unwrap_or_default();
        vec![("by_rows", self.by_rows.to_string()), ("lower", end(self.lower)), ("upper", end(self.upper))]
    }
}

/// What is visible at a place.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    pub columns: Vec<Column>,
    pub hidden: Vec<Column>,
    pub under: Vec<super::scope::Level>,
    /// Whether rows come batch by batch.
    pub streams: bool,
}

/// Plans one plan.
pub struct Planner<'a> {
    pub catalog: &'a dyn Catalog,
    pub next: usize,
    pub scopes: Vec<Scope>,
    pub lambdas: Vec<(String, Typed)>,
    /// Names that the same select list made, which SQL text may use.
    pub aliases: Vec<Typed>,
    pub references: HashMap<i64, Relation>,
    pub named_references: Vec<(String, Relation)>,
    /// What the SQL text at hand holds: inner queries, parameters, windows.
    pub text: super::text::Inner,
    pub ctes: Vec<HashMap<String, (sqlparser::ast::Query, Vec<String>)>>,
    pub steps: Vec<Step>,
    pub udfs: Vec<super::python::Call>,
    /// The window of time that the expressions at hand name: one at most.
    pub windows: Vec<super::event_time::Windowed>,
    /// Aggregates of Python that `grouped` will call.
    pub udafs: Vec<super::python::Call>,
    /// Values of chance, which a row has once however often they are read: columns of the relation below. None where there
    /// is no such relation, and they stand in the expressions.
    pub chances: Option<Vec<(Column, String)>>,
    pub depth: usize,
    /// Whether names may mean what is under the relation at hand: `Planned::under`.
    pub sees_under: bool,
    /// Lists of columns that may grow.
    pub slots: std::cell::RefCell<Vec<super::scope::Slot>>,
    /// The columns that the expressions at hand have brought up from under their relation.
    pub brought: std::cell::RefCell<Vec<Column>>,
    /// The columns of the relations that were planned, by the client's ids.
    pub seen: HashMap<i64, Vec<super::scope::Born>>,
    /// Whether names mean what the select list made before what it was made of.
    pub aliases_first: bool,
    /// The keys of the aggregate that is being planned.
    pub grouping: Vec<Typed>,
    /// Aggregates take only rows for which this holds: a pivot's.
    pub only: Option<String>,
    /// The order that the last window sorts its rows in: Spark leaves them so.
    pub window_order: Option<String>,
    /// Of each window at hand the one column that its rows are sorted by, if they are and it may be null.
    pub window_radix: Vec<Option<String>>,
    /// Whether the function at hand stands over a window.
    pub over: bool,
    /// How a query puts out what it gives, where one is started.
    pub start: Option<OutputMode>,
    /// What Spark refuses of it.
    pub rules: super::stream_rules::Rules,
    /// What is kept of the aggregate over a stream that is being planned.
    pub partials: Vec<Partial>,
}

impl<'a> Planner<'a> {
    pub fn new(catalog: &'a dyn Catalog) -> Self {
        Self {
            catalog,
            next: 0,
            scopes: vec![Scope::default()],
            lambdas: Vec::new(),
            aliases: Vec::new(),
            references: HashMap::new(),
            named_references: Vec::new(),
            text: super::text::Inner::default(),
            ctes: Vec::new(),
            steps: Vec::new(),
            udfs: Vec::new(),
            windows: Vec::new(),
            udafs: Vec::new(),
            chances: None,
            depth: 0,
            sees_under: false,
            slots: std::cell::RefCell::default(),
            brought: std::cell::RefCell::default(),
            seen: HashMap::new(),
            aliases_first: false,
            grouping: Vec::new(),
            only: None,
            window_order: None,
            window_radix: Vec::new(),
            over: false,
            start: None,
            rules: super::stream_rules::Rules::default(),
            partials: Vec::new(),
        }
    }

    pub fn id(&mut self) -> usize {
        self.next += 1;
        self.next
    }

    /// The columns of the innermost scope.
    pub fn columns(&self) -> &[Column] {
        self.scopes.last().map_or(&[], |scope| &scope.columns)
    }

    /// Whether ANSI is off.
    pub fn lenient(&self) -> bool {
        self.catalog.setting("spark.sql.ansi.enabled").is_some_and(|value| value == "false")
    }

    /// A value of chance, or one that depends on the row's place.
    pub fn by_chance(&mut self, sql: String, ty: Type, name: String) -> Typed {
        let column = self.column(&name, ty.clone(), false);
        let mut value = Typed::new(sql, ty, false, name);
        value.parts.literal = false;
        value.parts.random = true;
        if self.lambdas.is_empty()
            && let Some(chances) = &mut self.chances
        {
            let sql = std::mem::replace(&mut value.sql, column.sql());
            chances.push((column, sql));
        }
        value
    }

    /// A new column with a fresh id.
    pub fn column(&mut self, name: &str, ty: Type, nullable: bool) -> Column {
        let id = self.id();
        Column {
            id,
            same: id,
            name: name.to_owned(),
            ty,
            nullable,
            metadata: String::new(),
            plans: Vec::new(),
            qualifiers: Vec::new(),
            qualified_only: false,
        }
    }

    /// A new column that holds a value.
    pub fn column_of(&mut self, value: &Typed) -> Column {
        let name = value.top.as_ref().unwrap_or(&value.name).clone();
        let mut column = self.column(&name, value.ty.clone(), value.nullable);
        column.metadata.clone_from(&value.metadata);
        column
    }

    /// Runs with the columns of relations in scope.
    pub fn within<T>(&mut self, inputs: &[&Planned], run: impl FnOnce(&mut Self) -> SqlResult<T>) -> SqlResult<T> {
        let mut scope = Scope::default();
        for input in inputs {
            scope.columns.extend(input.columns.iter().cloned());
            scope.hidden.extend(input.hidden.iter().cloned());
            if self.sees_under {
                scope.under.extend(input.under.iter().cloned());
            }
            scope.streams |= input.streams();
        }
        // A user's function is called before the query that uses it: what it reads must be this query's own.
        let udfs = std::mem::take(&mut self.udfs);
        let chances = self.chances.take();
        let aliases = std::mem::take(&mut self.aliases);
        let windows = std::mem::take(&mut self.windows);
        let sees_under = std::mem::take(&mut self.sees_under);
        let aliases_first = std::mem::take(&mut self.aliases_first);
        self.scopes.push(scope);
        let result = run(self);
        self.scopes.pop();
        self.sees_under = sees_under;
        self.aliases_first = aliases_first;
        self.chances = chances;
        self.aliases = aliases;
        if result.is_ok() && !self.udfs.is_empty() {
            return Err(SqlError::declined("A Python function at this place"));
        }
        self.udfs = udfs;
        if result.is_ok() && !self.windows.is_empty() {
            return Err(SqlError::declined("A window of time at this place"));
        }
        self.windows = windows;
        result
    }
}
