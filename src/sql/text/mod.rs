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
    let text = text.trim().trim_end_matches(';');
    let mut statements = Parser::parse_sql(&SparkSqlDialect, text).map_err(|error| wrong(&error.to_string()))?;
    match statements.len() {
        1 => statements.pop().ok_or_else(|| SqlError::parse("no statement")),
        count => Err(SqlError::parse(&format!("{count} statements where one is wanted"))),
    }
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
