//! Spark's SQL as text: read by `sqlparser`, its expressions become the protocol's, its queries are planned as relations are.

mod build;
mod expressions;
mod query;

use sqlparser::ast::{SelectItem, SetExpr, Statement};
use sqlparser::dialect::SparkSqlDialect;
use sqlparser::parser::Parser;

pub use expressions::Inner;

use super::error::{SqlError, SqlResult};
use super::proto::Expression;

/// One statement.
pub fn read_statement(text: &str) -> SqlResult<Statement> {
    let text = spelled(text.trim().trim_end_matches(';'));
    let mut statements = Parser::parse_sql(&SparkSqlDialect, &text).map_err(|error| wrong(&error.to_string()))?;
    match statements.len() {
        1 => statements.pop().ok_or_else(|| SqlError::parse("no statement")),
        count => Err(SqlError::parse(&format!("{count} statements where one is wanted"))),
    }
}

/// What only Spark's parser reads, spelled so that this one does: `1.5D` becomes a call of `literal_d`, the function
/// `exists` gets another name than the predicate.
fn spelled(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut made = String::with_capacity(text.len());
    let (mut at, mut word) = (0, false);
    while at < bytes.len() {
        let c = bytes[at];
        if matches!(c, b'\'' | b'"' | b'`') {
            let mut end = at + 1;
            while end < bytes.len() && bytes[end] != c {
                end += 1 + usize::from(bytes[end] == b'\\' && c != b'`');
            }
            let end = (end + 1).min(bytes.len());
            made.push_str(text.get(at..end).unwrap_or_default());
            (at, word) = (end, true);
            continue;
        }
        let digits = c.is_ascii_digit() || c == b'.' && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        if digits && !word {
            let end = number_end(bytes, at);
            let rest: String = text[end..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let suffix = rest.to_lowercase();
            if matches!(suffix.as_str(), "d" | "f" | "bd" | "s" | "y") {
                made.push_str(&format!("literal_{suffix}('{}')", &text[at..end]));
                at = end + suffix.len();
            } else {
                made.push_str(&text[at..end]);
                at = end;
            }
            word = true;
            continue;
        }
        if !word && text.get(at..at + 6).is_some_and(|found| found.eq_ignore_ascii_case("exists")) {
            let inside = text[at + 6..].trim_start().strip_prefix('(').map(|rest| rest.trim_start().to_lowercase());
            if inside.is_some_and(|inside| {
                !["select", "with", "values", "from", "table", "("].iter().any(|start| inside.starts_with(start))
            }) {
                made.push_str("exists_");
                at += 6;
                continue;
            }
        }
        let next = text[at..].chars().next().unwrap_or(' ');
        word = next.is_alphanumeric() || next == '_' || next == ')' || next == ']';
        made.push(next);
        at += next.len_utf8();
    }
    made
}

fn number_end(bytes: &[u8], from: usize) -> usize {
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let mut end = digits(from);
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if bytes.get(end).is_some_and(|c| matches!(c, b'e' | b'E')) {
        let sign = usize::from(bytes.get(end + 1).is_some_and(|c| matches!(c, b'+' | b'-')));
        let after = digits(end + 1 + sign);
        if after > end + 1 + sign {
            end = after;
        }
    }
    end
}

fn wrong(message: &str) -> SqlError {
    SqlError::parse(message.trim_start_matches("sql parser error: "))
}

/// An expression as `expr("...")` has it, perhaps with a name.
pub fn read_expression(text: &str) -> SqlResult<Expression> {
    let Statement::Query(query) = read_statement(&format!("SELECT {text}"))? else {
        return Err(SqlError::parse(&format!("`{text}` is no expression")));
    };
    let SetExpr::Select(select) = *query.body else {
        return Err(SqlError::parse(&format!("`{text}` is no expression")));
    };
    let [item] = select.projection.as_slice() else {
        return Err(SqlError::parse(&format!("`{text}` is no single expression")));
    };
    if !select.from.is_empty() || select.selection.is_some() {
        return Err(SqlError::parse(&format!("`{text}` is no expression")));
    }
    expressions::item(item, &mut None)
}

/// An item of a select list as the protocol has it.
pub fn read_item(item: &SelectItem, queries: &mut expressions::Queries<'_>) -> SqlResult<Expression> {
    expressions::item(item, queries)
}
