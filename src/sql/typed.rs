//! An expression with its type: the executor's SQL for it, and what Spark calls it.

use super::types::Type;

/// What an expression is made of, where that decides how it is planned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own")]
pub struct Parts {
    pub aggregate: bool,
    pub window: bool,
    /// Reads a column of the input outside any aggregate.
    pub column: bool,
    /// A constant.
    pub literal: bool,
    /// Its value differs from run to run.
    pub random: bool,
    /// Holds a query.
    pub query: bool,
    /// The ids of the columns that it reads outside any aggregate.
    pub reads: Vec<usize>,
    /// The ids of columns where a null makes it null, as far as Spark knows.
    pub strict: Vec<usize>,
    /// Holds an aggregate of Spark's own.
    pub native: bool,
    /// Holds an aggregate whose value Spark can't hold in place while it aggregates.
    pub moved: bool,
    /// Holds an aggregate that gathers objects.
    pub gathers: bool,
}

impl Parts {
    pub fn join(&self, other: &Self) -> Self {
        Self {
            aggregate: self.aggregate || other.aggregate,
            window: self.window || other.window,
            column: self.column || other.column,
            literal: self.literal && other.literal,
            random: self.random || other.random,
            query: self.query || other.query,
            native: self.native || other.native,
            moved: self.moved || other.moved,
            gathers: self.gathers || other.gathers,
            strict: Vec::new(),
            reads: self.reads.iter().chain(&other.reads).copied().collect(),
        }
    }
}

/// An expression that gives several columns and rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generator {
    pub kind: String,
    pub outer: bool,
    /// Name and type of each column; the executor's struct has fields `f0`, `f1`, ...
    pub columns: Vec<(String, Type, bool)>,
}

/// An expression, resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// The executor's SQL.
    pub sql: String,
    pub ty: Type,
    pub nullable: bool,
    /// The name of the column it makes.
    pub name: String,
    pub parts: Parts,
    /// The column it is, where it is one as it stands.
    pub column: Option<usize>,
    pub generator: Option<Box<Generator>>,
    /// The name at the top of a select list where that isn't `name`: a cast keeps its column's.
    pub top: Option<String>,
    /// A name that the user gave it.
    pub named: bool,
    pub metadata: String,
    /// What a literal is, as text: what is made of literals has none, though it is constant.
    pub constant: Option<String>,
}

impl Typed {
    pub fn new(sql: String, ty: Type, nullable: bool, name: String) -> Self {
        Self {
            sql,
            ty,
            nullable,
            name,
            parts: Parts { literal: true, ..Parts::default() },
            column: None,
            generator: None,
            top: None,
            named: false,
            metadata: String::new(),
            constant: None,
        }
    }

    /// A literal, whose text is this.
    pub fn literal(sql: String, ty: Type, name: String, text: &str) -> Self {
        Self { constant: Some(text.to_owned()), ..Self::new(sql, ty, false, name) }
    }

    /// The text of a literal STRING.
    pub fn text(&self) -> Option<&str> {
        self.constant.as_deref().filter(|_| self.ty == Type::String)
    }

    /// The value of a literal whole number.
    pub fn whole(&self) -> Option<i64> {
        self.constant.as_deref().and_then(|text| text.parse().ok())
    }

    /// The same made of parts of others.
    pub fn of(mut self, arguments: &[Self]) -> Self {
        for argument in arguments {
            self.parts = self.parts.join(&argument.parts);
        }
        self
    }
}
