//! The columns that an expression may read, and which of them a name means.

use std::cell::Cell;
use std::collections::HashSet;
use std::sync::Arc;

use super::error::{SqlError, SqlResult};
use super::types::{Field, Type, backquoted};

/// A column of a planned relation. In the executor's SQL its name is `c` and the id.
#[derive(Debug, Clone)]
pub struct Column {
    pub id: usize,
    /// The id of the column that it is a copy of, or its own: copies aren't ambiguous.
    pub same: usize,
    pub name: String,
    pub ty: Type,
    pub nullable: bool,
    pub metadata: String,
    /// The relations that it came through, by the client's ids, with its name there; the nearest last.
    pub plans: Vec<(i64, String)>,
    /// `t` in `t.name`.
    pub qualifiers: Vec<String>,
    /// A join with USING left it out: only `t.name` means it.
    pub qualified_only: bool,
}

impl Column {
    pub fn sql(&self) -> String {
        format!("c{}", self.id)
    }

    pub fn field(&self) -> Field {
        Field { name: self.name.clone(), ty: self.ty.clone(), nullable: self.nullable, metadata: self.metadata.clone() }
    }

    /// It has a name that is new: nothing that it came through knows it by that.
    pub fn rename(&mut self, name: &str) {
        name.clone_into(&mut self.name);
        self.same = self.id;
        self.plans.clear();
        self.qualifiers.clear();
    }

    /// How Spark lists it where it can't choose.
    pub fn suggestion(&self) -> String {
        match self.qualifiers.last() {
            Some(qualifier) => format!("{}.{}", backquoted(qualifier), backquoted(&self.name)),
            None => backquoted(&self.name),
        }
    }
}

/// The columns of a relation below, and the slots that they pass on the way up.
#[derive(Debug, Clone)]
pub struct Level {
    pub columns: Arc<[Column]>,
    pub slots: Vec<usize>,
}

/// A list of columns that may grow: a query's, or what goes through a step, and then how many of those that come out stay last.
#[derive(Debug, Default)]
pub struct Slot {
    pub held: HashSet<usize>,
    pub more: Vec<Column>,
    pub step: Option<(String, usize)>,
}

/// The parts of `a.b.c`, with quotes taken off.
pub fn name_parts(text: &str) -> SqlResult<Vec<String>> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut chars = text.chars().peekable();
    let mut quoted = false;
    while let Some(c) = chars.next() {
        match c {
            '`' if quoted && chars.peek() == Some(&'`') => {
                part.push('`');
                chars.next();
            }
            '`' => {
                if !quoted && !part.is_empty() {
                    return Err(invalid_name(text));
                }
                quoted = !quoted;
                if !quoted && chars.peek().is_some_and(|next| *next != '.') {
                    return Err(invalid_name(text));
                }
            }
            '.' if !quoted => parts.push(std::mem::take(&mut part)),
            _ => part.push(c),
        }
    }
    if quoted {
        return Err(invalid_name(text));
    }
    parts.push(part);
    if parts.iter().any(String::is_empty) && text.contains('.') {
        return Err(invalid_name(text));
    }
    Ok(parts)
}

fn invalid_name(text: &str) -> SqlError {
    SqlError::analysis(
        "INVALID_ATTRIBUTE_NAME_SYNTAX",
        "42601",
        &[("name", text)],
        &format!(
            "Syntax error in the attribute name: {text}. Check that backticks appear in pairs, a quoted string is a \
             complete name part and use a backtick only inside quoted name parts."
        ),
    )
}

/// The columns that fit a name's parts, and how many of the parts the column takes.
pub fn matches<'a>(columns: &'a [Column], parts: &[String]) -> (Vec<&'a Column>, usize) {
    for taken in (2..=parts.len().min(4)).rev() {
        let (name, qualifiers) = (&parts[taken - 1], &parts[..taken - 1]);
        let found: Vec<_> = columns
            .iter()
            .filter(|column| same_name(&column.name, name) && ends_with(&column.qualifiers, qualifiers))
            .collect();
        if !found.is_empty() {
            return (found, taken);
        }
    }
    let found = columns.iter().filter(|column| !column.qualified_only && same_name(&column.name, &parts[0]));
    (found.collect(), 1)
}

fn ends_with(all: &[String], end: &[String]) -> bool {
    all.len() >= end.len() && all[all.len() - end.len()..].iter().zip(end).all(|(a, b)| same_name(a, b))
}

thread_local! {
    /// Whether the plan that this thread makes tells names apart by case.
    static BY_CASE: Cell<bool> = const { Cell::new(false) };
}

/// Whether names that differ in case are different names: `spark.sql.caseSensitive`.
pub fn by_case() -> bool {
    BY_CASE.get()
}

/// Plans with the session's rule of case. A plan may be made while another is: the catalog's answers need some.
pub fn with_case<T>(by_case: bool, run: impl FnOnce() -> T) -> T {
    let before = BY_CASE.replace(by_case);
    let made = run();
    BY_CASE.set(before);
    made
}

/// Whether two names are one: Spark compares them without case unless the session says otherwise.
pub fn same_name(left: &str, right: &str) -> bool {
    left == right || !by_case() && left.to_lowercase() == right.to_lowercase()
}

/// The one column that a reference through a relation of the client's means, and how many of the name's parts it takes.
pub fn by_plan<'a>(columns: &'a [Column], plan: i64, parts: &[String]) -> SqlResult<Option<(&'a Column, usize)>> {
    for taken in (1..=parts.len().min(4)).rev() {
        if let Some(column) = by_plan_name(columns, plan, &parts[taken - 1], &parts[..taken - 1])? {
            return Ok(Some((column, taken)));
        }
    }
    Ok(None)
}

fn by_plan_name<'a>(
    columns: &'a [Column],
    plan: i64,
    name: &str,
    qualifiers: &[String],
) -> SqlResult<Option<&'a Column>> {
    let mut best: Option<(&Column, usize)> = None;
    let mut doubtful = false;
    for column in columns.iter().filter(|column| ends_with(&column.qualifiers, qualifiers)) {
        let found = column.plans.iter().rev().position(|(id, at)| *id == plan && same_name(at, name));
        let Some(depth) = found else { continue };
        match best {
            Some((_, so_far)) if so_far < depth => {}
            Some((first, so_far)) if so_far == depth => doubtful = first.same != column.same,
            _ => {
                best = Some((column, depth));
                doubtful = false;
            }
        }
    }
    if doubtful {
        return Err(SqlError::analysis(
            "AMBIGUOUS_COLUMN_REFERENCE",
            "42702",
            &[("name", &backquoted(name))],
            &format!(
                "Column {} is ambiguous. It's because you joined several DataFrame together, and some of these \
                 DataFrames are the same.\nThis column points to one of the DataFrames but Spark is unable to figure \
                 out which one.\nPlease alias the DataFrames with different names via `DataFrame.alias` before joining \
                 them,\nand specify the column using qualified name, e.g. `df.alias(\"a\").join(df.alias(\"b\"), \
                 col(\"a.id\") > col(\"b.id\"))`.",
                backquoted(name)
            ),
        ));
    }
    Ok(best.map(|(column, _)| column))
}

pub fn ambiguous(name: &str, found: &[&Column]) -> SqlError {
    let all: Vec<_> = found.iter().map(|column| column.suggestion()).collect();
    let all = format!("[{}]", all.join(", "));
    SqlError::analysis(
        "AMBIGUOUS_REFERENCE",
        "42704",
        &[("name", &backquoted(name)), ("referenceNames", &all)],
        &format!("Reference {} is ambiguous, could be: {all}.", backquoted(name)),
    )
}

/// A column's name in a relation, and where it was made: the client's id of the first relation that had it, and its name there.
pub type Born = (String, (i64, String));

/// The column that is the same as one of another relation.
pub fn born_alike<'a>(columns: &'a [Column], born: &[Born], name: &str) -> Option<&'a Column> {
    let (_, first) = born.iter().find(|(each, _)| same_name(each, name))?;
    let mut found = columns.iter().filter(|column| column.plans.first() == Some(first));
    let column = found.next()?;
    found.all(|other| other.same == column.same).then_some(column)
}

/// A relation that is part of the plan has the column, but it didn't come to where it is read.
pub fn missing(parts: &[String], columns: &[Column]) -> SqlError {
    let name = parts.last().map_or("", String::as_str);
    let mut all: Vec<_> = columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
    all.dedup();
    let (name, all) = (format!("\"{name}\""), all.join(", "));
    let parameters = [("missingAttributes", name.as_str()), ("input", all.as_str())];
    let said =
        format!("Resolved attribute(s) {name} missing from {all}: that DataFrame's own column isn't there any more.");
    if columns.iter().any(|column| parts.last().is_some_and(|part| same_name(part, &column.name))) {
        return SqlError::analysis(
            "MISSING_ATTRIBUTES.RESOLVED_ATTRIBUTE_APPEAR_IN_OPERATION",
            "XX000",
            &parameters,
            &format!(
                "{said} Attribute(s) with the same name appear in the operation: {name}.\nPlease check if the right \
                 attribute(s) are used: `col({name})` is the one that appears."
            ),
        );
    }
    SqlError::analysis("MISSING_ATTRIBUTES.RESOLVED_ATTRIBUTE_MISSING_FROM_INPUT", "XX000", &parameters, &said)
}

/// A relation has no column of a name.
pub fn not_among(name: &str, columns: &[Column]) -> SqlError {
    let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
    let names = names.join(", ");
    SqlError::analysis(
        "UNRESOLVED_COLUMN_AMONG_FIELD_NAMES",
        "42703",
        &[("colName", name), ("fieldNames", &names)],
        &format!("Cannot resolve column name \"{name}\" among ({names})."),
    )
}

pub fn unresolved(parts: &[String], columns: &[Column]) -> SqlError {
    let name: Vec<_> = parts.iter().map(|part| backquoted(part)).collect();
    let name = name.join(".");
    if columns.is_empty() {
        return SqlError::analysis(
            "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION",
            "42703",
            &[("objectName", &name)],
            &format!("A column, variable, or function parameter with name {name} cannot be resolved."),
        );
    }
    let all: Vec<_> = suggestions(parts, columns).into_iter().take(5).collect();
    let all = all.join(", ");
    SqlError::analysis(
        "UNRESOLVED_COLUMN.WITH_SUGGESTION",
        "42703",
        &[("objectName", &name), ("proposal", &all)],
        &format!(
            "A column, variable, or function parameter with name {name} cannot be resolved. Did you mean one of the \
             following? [{all}]."
        ),
    )
}

/// The names of columns, the nearest to a name first: Spark's `orderSuggestedIdentifiersBySimilarity`, which leaves out
/// qualifiers that all have, of columns in the order of their names.
fn suggestions(parts: &[String], columns: &[Column]) -> Vec<String> {
    let mut all: Vec<Vec<&str>> = columns
        .iter()
        .map(|column| column.qualifiers.iter().chain([&column.name]).map(String::as_str).collect())
        .collect();
    all.sort_by(|a, b| a.last().cmp(&b.last()));
    let alike = |kept: usize| {
        let mut rests = all.iter().map(|parts| &parts[..parts.len().saturating_sub(kept)]);
        rests.next().is_none_or(|first| rests.all(|rest| rest == first))
    };
    let kept = match parts.len() {
        1 if alike(1) => 1,
        1 | 2 if alike(2) => 2,
        _ => usize::MAX,
    };
    let wanted = parts.join(".");
    let names = all.iter().map(|parts| {
        let parts = &parts[parts.len().saturating_sub(kept)..];
        parts.iter().map(|part| backquoted(part)).collect::<Vec<_>>().join(".")
    });
    let mut names: Vec<_> = names.map(|name| (distance(&name, &wanted), name)).collect();
    names.sort_by_key(|(distance, _)| *distance);
    names.into_iter().map(|(_, name)| name).collect()
}

/// Levenshtein's distance.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let next = (corner + usize::from(a != *b)).min(row[j] + 1).min(row[j + 1] + 1);
            corner = row[j + 1];
            row[j + 1] = next;
        }
    }
    row[right.len()]
}
