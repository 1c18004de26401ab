//! The columns that an expression may read, and which of them a name means.

use std::cell::Cell;

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
}

impl Column {
    pub fn sql(&self) -> String {
        format!("c{}", self.id)
    }

    pub fn field(&self) -> Field {
        Field { name: self.name.clone(), ty: self.ty.clone(), nullable: self.nullable, metadata: self.metadata.clone() }
    }

    /// How Spark lists it among suggestions.
    pub fn suggestion(&self) -> String {
        match self.qualifiers.last() {
            Some(qualifier) => format!("{}.{}", backquoted(qualifier), backquoted(&self.name)),
            None => backquoted(&self.name),
        }
    }
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
    (columns.iter().filter(|column| same_name(&column.name, &parts[0])).collect(), 1)
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
    let wanted = parts.join(".").to_lowercase();
    let mut all: Vec<_> =
        columns.iter().map(|column| (distance(&wanted, &column.name.to_lowercase()), column.suggestion())).collect();
    all.sort_by_key(|(distance, _)| *distance);
    let all: Vec<_> = all.into_iter().take(5).map(|(_, name)| name).collect();
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
