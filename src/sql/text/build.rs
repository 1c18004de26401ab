//! The protocol's expressions, built.

use crate::sql::proto::Expression;
use crate::sql::proto::expression::literal::LiteralType;
use crate::sql::proto::expression::{
    Alias, ExprType, Literal, SortOrder, UnresolvedAttribute, UnresolvedFunction, UnresolvedStar,
};
use crate::sql::types::{backquoted, is_plain_name};

pub fn expression(kind: ExprType) -> Expression {
    Expression { common: None, expr_type: Some(kind) }
}

pub fn literal(kind: LiteralType) -> Expression {
    expression(ExprType::Literal(Literal { data_type: None, literal_type: Some(kind) }))
}

pub fn string(text: &str) -> Expression {
    literal(LiteralType::String(text.to_owned()))
}

pub fn int(value: i32) -> Expression {
    literal(LiteralType::Integer(value))
}

pub fn call(name: &str, arguments: Vec<Expression>) -> Expression {
    expression(ExprType::UnresolvedFunction(UnresolvedFunction {
        function_name: name.to_owned(),
        arguments,
        ..Default::default()
    }))
}

pub fn name(parts: &[String]) -> Expression {
    let text: Vec<_> =
        parts.iter().map(|part| if is_plain_name(part) { part.clone() } else { backquoted(part) }).collect();
    expression(ExprType::UnresolvedAttribute(UnresolvedAttribute {
        unparsed_identifier: text.join("."),
        plan_id: None,
        is_metadata_column: None,
    }))
}

pub fn star(target: Option<String>) -> Expression {
    expression(ExprType::UnresolvedStar(UnresolvedStar { unparsed_target: target, plan_id: None }))
}

pub fn alias(inner: Expression, names: Vec<String>) -> Expression {
    expression(ExprType::Alias(Box::new(Alias { expr: Some(Box::new(inner)), name: names, metadata: None })))
}

/// A literal with the way it is written.
pub fn written(inner: Expression, name: String) -> Expression {
    expression(ExprType::Alias(Box::new(Alias {
        expr: Some(Box::new(inner)),
        name: vec![name],
        metadata: Some("\u{1}".to_owned()),
    })))
}

pub fn order(child: Expression, ascending: bool, nulls_first: Option<bool>) -> SortOrder {
    let first = nulls_first.unwrap_or(ascending);
    SortOrder {
        child: Some(Box::new(child)),
        direction: if ascending { 1 } else { 2 },
        null_ordering: if first { 1 } else { 2 },
    }
}
