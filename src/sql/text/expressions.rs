//! SQL's expressions as the protocol's.

use std::collections::HashMap;

use sqlparser::ast::{
    self, AccessExpr, BinaryOperator, CastKind, CeilFloorKind, DuplicateTreatment, Expr, FunctionArg, FunctionArgExpr,
    FunctionArguments, NullTreatment, ObjectName, OneOrManyWithParens, OrderByExpr, SelectItem,
    SelectItemQualifiedWildcardKind, Subscript, TrimWhereField, UnaryOperator, Value, WindowFrameBound,
    WindowFrameUnits, WindowSpec, WindowType,
};

use super::build::{alias, call, expression, int, literal, name, order, star, string, written};
use crate::sql::error::{SqlError, SqlResult};
use crate::sql::proto::Expression;
use crate::sql::proto::SubqueryExpression;
use crate::sql::proto::expression::cast::CastToType;
use crate::sql::proto::expression::literal::{Decimal, LiteralType};
use crate::sql::proto::expression::window::WindowFrame;
use crate::sql::proto::expression::window::window_frame::FrameBoundary;
use crate::sql::proto::expression::window::window_frame::frame_boundary::Boundary;
use crate::sql::proto::expression::{
    Cast, ExprType, LambdaFunction, SortOrder, UnresolvedExtractValue, UnresolvedFunction,
    UnresolvedNamedLambdaVariable, Window,
};

/// Where the queries inside expressions go, and the parameters; None where there may be none.
pub type Queries<'a> = Option<&'a mut Inner>;

/// What the expressions of a query hold besides themselves.
#[derive(Debug, Default)]
pub struct Inner {
    pub queries: HashMap<i64, ast::Query>,
    pub parameters: HashMap<String, Expression>,
    pub places: Vec<Expression>,
    pub next_place: usize,
    pub windows: HashMap<String, WindowSpec>,
}

/// An item of a select list.
pub fn item(item: &SelectItem, queries: &mut Queries<'_>) -> SqlResult<Expression> {
    match item {
        SelectItem::UnnamedExpr(expr) => convert(expr, queries),
        SelectItem::ExprWithAlias { expr, alias: given } => {
            Ok(alias(convert(expr, queries)?, vec![given.value.clone()]))
        }
        SelectItem::ExprWithAliases { expr, aliases } => {
            Ok(alias(convert(expr, queries)?, aliases.iter().map(|ident| ident.value.clone()).collect()))
        }
        SelectItem::Wildcard(options) => {
            if options.opt_except.is_some() || options.opt_exclude.is_some() {
                return Err(SqlError::declined("SELECT * EXCEPT"));
            }
            Ok(star(None))
        }
        SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(target), _) => {
            Ok(star(Some(format!("{}.*", dotted(target)))))
        }
        SelectItem::QualifiedWildcard(..) => Err(SqlError::declined("`.*` of an expression")),
    }
}

pub fn parts(target: &ObjectName) -> Vec<String> {
    target.0.iter().map(|part| part.as_ident().map_or_else(|| part.to_string(), |ident| ident.value.clone())).collect()
}

fn dotted(target: &ObjectName) -> String {
    let parts: Vec<_> = parts(target).iter().map(|part| crate::sql::types::backquoted(part)).collect();
    parts.join(".")
}

/// An expression.
pub fn convert(expr: &Expr, queries: &mut Queries<'_>) -> SqlResult<Expression> {
    let whole = expr;
    let mut all = |exprs: &[&Expr]| exprs.iter().map(|expr| convert(expr, queries)).collect::<SqlResult<Vec<_>>>();
    Ok(match expr {
        Expr::Identifier(ident) => match ident.value.to_lowercase().as_str() {
            word @ ("current_date" | "current_timestamp" | "current_user") if ident.quote_style.is_none() => {
                call(word, Vec::new())
            }
            _ => name(std::slice::from_ref(&ident.value)),
        },
        Expr::CompoundIdentifier(idents) => name(&idents.iter().map(|ident| ident.value.clone()).collect::<Vec<_>>()),
        Expr::Nested(inner) => convert(inner, queries)?,
        Expr::Value(value) => constant(&value.value, queries)?,
        Expr::TypedString(typed) => {
            let text = match &typed.value.value {
                Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) => string(text),
                _ => return Err(SqlError::declined("This typed literal")),
            };
            let ty = typed.data_type.to_string();
            let shown = format!("{ty} '{}'", typed.value.value.clone().into_string().unwrap_or_default());
            written(cast(text, &ty, 0), shown)
        }
        Expr::BinaryOp { left, op, right } => binary(op, all(&[left, right])?)?,
        Expr::UnaryOp { op, expr } => {
            if *op == UnaryOperator::Minus
                && let Expr::Value(value) = &**expr
                && let Value::Number(text, long) = &value.value
            {
                return number(&format!("-{text}"), *long);
            }
            if *op == UnaryOperator::Minus
                && let Expr::Function(function) = &**expr
                && let Some((kind, text)) = suffixed_literal(function)
            {
                return suffixed(&kind, &format!("-{text}"));
            }
            let inner = all(&[expr])?;
            match op {
                UnaryOperator::Not | UnaryOperator::BangNot => call("not", inner),
                UnaryOperator::Minus => call("-", inner),
                UnaryOperator::Plus => call("positive", inner),
                UnaryOperator::BitwiseNot => call("~", inner),
                _ => return Err(SqlError::declined(&format!("The operator {op}"))),
            }
        }
        Expr::IsNull(inner) => call("isnull", all(&[inner])?),
        Expr::IsNotNull(inner) => call("isnotnull", all(&[inner])?),
        Expr::IsTrue(inner) => call("istrue", all(&[inner])?),
        Expr::IsFalse(inner) => call("isfalse", all(&[inner])?),
        Expr::IsNotTrue(inner) => call("not", vec![call("istrue", all(&[inner])?)]),
        Expr::IsNotFalse(inner) => call("not", vec![call("isfalse", all(&[inner])?)]),
        Expr::IsDistinctFrom(a, b) => call("not", vec![call("<=>", all(&[a, b])?)]),
        Expr::IsNotDistinctFrom(a, b) => call("<=>", all(&[a, b])?),
        Expr::Between { expr, negated, low, high } => {
            let parts = all(&[expr, low, high])?;
            negate(call("between", parts), *negated)
        }
        Expr::In { expr, target, negated, .. } => match target {
            ast::InTarget::List(list) => {
                let mut parts = vec![convert(expr, queries)?];
                for each in list {
                    parts.push(convert(each, queries)?);
                }
                negate(call("in", parts), *negated)
            }
            ast::InTarget::Subquery(subquery) => {
                let values = match &**expr {
                    Expr::Tuple(items) => {
                        items.iter().map(|item| convert(item, queries)).collect::<SqlResult<Vec<_>>>()?
                    }
                    value => vec![convert(value, queries)?],
                };
                negate(inner_query(subquery, 4, values, queries)?, *negated)
            }
            _ => return Err(SqlError::declined("This form of IN")),
        },
        Expr::Like { negated, any: false, expr, pattern, escape_char } => {
            negate(like("like", [expr, pattern], escape_char.as_deref(), queries)?, *negated)
        }
        Expr::ILike { negated, any: false, expr, pattern, escape_char } => {
            negate(like("ilike", [expr, pattern], escape_char.as_deref(), queries)?, *negated)
        }
        Expr::RLike { negated, expr, pattern, .. } => {
            let parts = all(&[expr, pattern])?;
            negate(call("rlike", parts), *negated)
        }
        Expr::Case { operand, conditions, else_result, .. } => {
            let mut parts = Vec::new();
            for arm in conditions {
                let when = convert(&arm.condition, queries)?;
                let when = match operand {
                    Some(operand) => call("=", vec![convert(operand, queries)?, when]),
                    None => when,
                };
                parts.push(when);
                parts.push(convert(&arm.result, queries)?);
            }
            if let Some(other) = else_result {
                parts.push(convert(other, queries)?);
            }
            call("when", parts)
        }
        Expr::Cast { kind, expr, data_type, format: None } => {
            let mode = i32::from(matches!(kind, CastKind::TryCast | CastKind::SafeCast)) * 3;
            cast(convert(expr, queries)?, &data_type.to_string(), mode)
        }
        Expr::Extract { field, expr, .. } => call("extract", vec![string(&field.to_string()), convert(expr, queries)?]),
        Expr::Ceil { expr, field } | Expr::Floor { expr, field } => {
            let plain = matches!(field, CeilFloorKind::DateTimeField(ast::DateTimeField::NoDateTime));
            if !plain {
                return Err(SqlError::declined("ceil or floor with a scale"));
            }
            let function = if matches!(whole, Expr::Ceil { .. }) { "ceil" } else { "floor" };
            call(function, vec![convert(expr, queries)?])
        }
        Expr::Position { expr, r#in } => call("position", all(&[expr, r#in])?),
        Expr::Substring { expr, substring_from, substring_for, .. } => {
            let mut parts = vec![convert(expr, queries)?];
            parts.push(match substring_from {
                Some(from) => convert(from, queries)?,
                None => int(1),
            });
            if let Some(length) = substring_for {
                parts.push(convert(length, queries)?);
            }
            call("substring", parts)
        }
        Expr::Trim { trim_where, trim_what, expr, .. } => {
            let function = match trim_where {
                Some(TrimWhereField::Leading) => "ltrim",
                Some(TrimWhereField::Trailing) => "rtrim",
                _ => "trim",
            };
            let mut parts = Vec::new();
            if let Some(what) = trim_what {
                parts.push(convert(what, queries)?);
            }
            parts.push(convert(expr, queries)?);
            call(function, parts)
        }
        Expr::Overlay { expr, overlay_what, overlay_from, overlay_for } => {
            let mut parts = all(&[expr, overlay_what, overlay_from])?;
            if let Some(length) = overlay_for {
                parts.push(convert(length, queries)?);
            }
            call("overlay", parts)
        }
        Expr::Exists { subquery, negated } => negate(inner_query(subquery, 2, Vec::new(), queries)?, *negated),
        Expr::Subquery(subquery) => inner_query(subquery, 1, Vec::new(), queries)?,
        Expr::Tuple(items) => {
            let items: Vec<&Expr> = items.iter().collect();
            call("struct", all(&items)?)
        }
        Expr::Function(function) => function_call(function, queries)?,
        Expr::Lambda(lambda) => {
            let params: Vec<String> = match &lambda.params {
                OneOrManyWithParens::One(param) => vec![param.name.value.clone()],
                OneOrManyWithParens::Many(params) => params.iter().map(|param| param.name.value.clone()).collect(),
            };
            expression(ExprType::LambdaFunction(Box::new(LambdaFunction {
                function: Some(Box::new(convert(&lambda.body, queries)?)),
                arguments: params
                    .into_iter()
                    .map(|name| UnresolvedNamedLambdaVariable { name_parts: vec![name] })
                    .collect(),
            })))
        }
        Expr::CompoundFieldAccess { root, access_chain } => {
            let mut value = convert(root, queries)?;
            for access in access_chain {
                let key = match access {
                    AccessExpr::Dot(Expr::Identifier(ident)) => string(&ident.value),
                    AccessExpr::Dot(other) => return Err(SqlError::declined(&format!("The field {other}"))),
                    AccessExpr::Subscript(Subscript::Index { index }) => convert(index, queries)?,
                    AccessExpr::Subscript(_) => return Err(SqlError::declined("A slice in brackets")),
                };
                value = expression(ExprType::UnresolvedExtractValue(Box::new(UnresolvedExtractValue {
                    child: Some(Box::new(value)),
                    extraction: Some(Box::new(key)),
                })));
            }
            value
        }
        Expr::Struct { values, fields } if fields.is_empty() => {
            let values: Vec<&Expr> = values.iter().collect();
            call("struct", all(&values)?)
        }
        Expr::Interval(interval) => interval_of(interval)?,
        Expr::Named { expr, name } => alias(convert(expr, queries)?, vec![name.value.clone()]),
        other => return Err(SqlError::declined(&format!("The SQL `{other}`"))),
    })
}

fn negate(inner: Expression, negated: bool) -> Expression {
    if negated { call("not", vec![inner]) } else { inner }
}

fn like(function: &str, sides: [&Expr; 2], escape: Option<&Expr>, queries: &mut Queries<'_>) -> SqlResult<Expression> {
    let mut parts = vec![convert(sides[0], queries)?, convert(sides[1], queries)?];
    if let Some(escape) = escape {
        parts.push(convert(escape, queries)?);
    }
    Ok(call(function, parts))
}

fn cast(inner: Expression, ty: &str, mode: i32) -> Expression {
    expression(ExprType::Cast(Box::new(Cast {
        expr: Some(Box::new(inner)),
        eval_mode: mode,
        cast_to_type: Some(CastToType::TypeStr(ty.to_owned())),
    })))
}

fn inner_query(
    query: &ast::Query,
    kind: i32,
    values: Vec<Expression>,
    queries: &mut Queries<'_>,
) -> SqlResult<Expression> {
    let Some(inner) = queries else { return Err(SqlError::declined("A query inside an expression's text")) };
    let id = -1 - inner.queries.len() as i64;
    inner.queries.insert(id, query.clone());
    Ok(expression(ExprType::SubqueryExpression(SubqueryExpression {
        plan_id: id,
        subquery_type: kind,
        table_arg_options: None,
        in_subquery_values: values,
    })))
}

fn binary(op: &BinaryOperator, sides: Vec<Expression>) -> SqlResult<Expression> {
    let function = match op {
        BinaryOperator::Plus => "+",
        BinaryOperator::Minus => "-",
        BinaryOperator::Multiply => "*",
        BinaryOperator::Divide => "/",
        BinaryOperator::Modulo => "%",
        BinaryOperator::StringConcat => "concat",
        BinaryOperator::Gt => ">",
        BinaryOperator::Lt => "<",
        BinaryOperator::GtEq => ">=",
        BinaryOperator::LtEq => "<=",
        BinaryOperator::Spaceship => "<=>",
        BinaryOperator::Eq => "=",
        BinaryOperator::NotEq => "!=",
        BinaryOperator::And => "and",
        BinaryOperator::Or => "or",
        BinaryOperator::BitwiseOr => "|",
        BinaryOperator::BitwiseAnd => "&",
        BinaryOperator::BitwiseXor => "^",
        BinaryOperator::MyIntegerDivide | BinaryOperator::DuckIntegerDivide => "div",
        BinaryOperator::Regexp => "rlike",
        other => return Err(SqlError::declined(&format!("The operator {other}"))),
    };
    Ok(call(function, sides))
}

/// A constant as SQL has it.
fn constant(value: &Value, queries: &mut Queries<'_>) -> SqlResult<Expression> {
    Ok(match value {
        Value::Number(text, long) => number(text, *long)?,
        Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) => string(&unescaped(text)),
        Value::SingleQuotedRawStringLiteral(text) | Value::DoubleQuotedRawStringLiteral(text) => string(text),
        Value::Boolean(value) => literal(LiteralType::Boolean(*value)),
        Value::Null => literal(LiteralType::Null(crate::sql::messages::to_message(&crate::sql::types::Type::Null))),
        Value::HexStringLiteral(text) => {
            let text = if text.len() % 2 == 1 { format!("0{text}") } else { text.clone() };
            let bytes =
                (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2).unwrap_or("?"), 16));
            literal(LiteralType::Binary(
                bytes.collect::<Result<_, _>>().map_err(|_| SqlError::parse("no hexadecimal digits"))?,
            ))
        }
        Value::Placeholder(mark) => {
            let Some(inner) = queries else { return Err(SqlError::declined("A parameter here")) };
            let found = if let Some(key) = mark.strip_prefix(':') {
                inner.parameters.get(key).cloned()
            } else {
                inner.next_place += 1;
                inner.places.get(inner.next_place - 1).cloned()
            };
            found.ok_or_else(|| {
                SqlError::analysis(
                    "UNBOUND_SQL_PARAMETER",
                    "42P02",
                    &[("name", mark.trim_start_matches(':'))],
                    &format!("Found the unbound parameter: {}. Please, fix `args` and provide a mapping of the parameter to either a SQL literal or collection constructor functions such as `map()`, `array()`, `struct()`.", mark.trim_start_matches(':')),
                )
            })?
        }
        other => return Err(SqlError::declined(&format!("The literal {other}"))),
    })
}

fn number(text: &str, long: bool) -> SqlResult<Expression> {
    if long {
        return text
            .parse()
            .map(|value| literal(LiteralType::Long(value)))
            .map_err(|_| SqlError::parse(&format!("{text} is no bigint")));
    }
    if let Ok(value) = text.parse::<i32>() {
        return Ok(int(value));
    }
    if let Ok(value) = text.parse::<i64>() {
        return Ok(literal(LiteralType::Long(value)));
    }
    if text.contains(['e', 'E']) {
        return text.parse().map(|value| literal(LiteralType::Double(value))).map_err(|_| SqlError::parse(text));
    }
    let text = if let Some(rest) = text.strip_prefix("-.") {
        format!("-0.{rest}")
    } else if text.starts_with('.') {
        format!("0{text}")
    } else {
        text.to_owned()
    };
    Ok(literal(LiteralType::Decimal(Decimal {
        value: text.trim_end_matches('.').to_owned(),
        precision: None,
        scale: None,
    })))
}

/// A number with a letter behind it.
fn suffixed(kind: &str, text: &str) -> SqlResult<Expression> {
    let wrong = || SqlError::parse(&format!("{text} is no such number"));
    Ok(literal(match kind {
        "d" => LiteralType::Double(text.parse().map_err(|_| wrong())?),
        "f" => LiteralType::Float(text.parse().map_err(|_| wrong())?),
        "s" => LiteralType::Short(i32::from(text.parse::<i16>().map_err(|_| wrong())?)),
        "y" => LiteralType::Byte(i32::from(text.parse::<i8>().map_err(|_| wrong())?)),
        "bd" => LiteralType::Decimal(Decimal { value: text.to_owned(), precision: None, scale: None }),
        _ => return Err(wrong()),
    }))
}

/// A string's escapes taken out as Spark's parser does.
fn unescaped(text: &str) -> String {
    let mut made = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            made.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => made.push('\n'),
            Some('t') => made.push('\t'),
            Some('r') => made.push('\r'),
            Some('b') => made.push('\u{8}'),
            Some('0') => made.push('\0'),
            Some('Z') => made.push('\u{1a}'),
            Some(kept @ ('%' | '_')) => made.extend(['\\', kept]),
            Some(other) => made.push(other),
            None => made.push('\\'),
        }
    }
    made
}

fn interval_of(interval: &ast::Interval) -> SqlResult<Expression> {
    let text = match &*interval.value {
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) => text.clone(),
            Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) => text.trim().to_owned(),
            _ => return Err(SqlError::declined("This interval")),
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => format!("-{expr}"),
        _ => return Err(SqlError::declined("An interval of an expression")),
    };
    let Some(unit) = &interval.leading_field else { return Err(SqlError::declined("An interval without a unit")) };
    if interval.last_field.is_some() {
        return Err(SqlError::declined("An interval from one unit to another"));
    }
    let count: f64 = text.parse().map_err(|_| SqlError::declined("This interval"))?;
    let unit = unit.to_string().to_lowercase();
    let one = unit.trim_end_matches('s').to_uppercase();
    let shown = if matches!(one.as_str(), "HOUR" | "MINUTE" | "SECOND") { format!("{text:0>2}") } else { text.clone() };
    let named = |kind: LiteralType| written(literal(kind), format!("INTERVAL '{shown}' {one}"));
    let micros = match unit.trim_end_matches('s') {
        "day" => 86_400_000_000.0,
        "hour" => 3_600_000_000.0,
        "minute" => 60_000_000.0,
        "second" => 1_000_000.0,
        "week" => 604_800_000_000.0,
        "year" => return Ok(named(LiteralType::YearMonthInterval((count * 12.0) as i32))),
        "month" => return Ok(named(LiteralType::YearMonthInterval(count as i32))),
        _ => return Err(SqlError::declined(&format!("An interval of {unit}"))),
    };
    Ok(named(LiteralType::DayTimeInterval((count * micros) as i64)))
}

fn argument(arg: &FunctionArgExpr, queries: &mut Queries<'_>) -> SqlResult<Expression> {
    match arg {
        FunctionArgExpr::Expr(expr) => convert(expr, queries),
        FunctionArgExpr::Wildcard => Ok(star(None)),
        FunctionArgExpr::QualifiedWildcard(target) => Ok(star(Some(format!("{}.*", dotted(target))))),
        FunctionArgExpr::WildcardWithOptions(_) => Err(SqlError::declined("* EXCEPT in a function")),
    }
}

pub fn arguments(args: &[FunctionArg], queries: &mut Queries<'_>) -> SqlResult<Vec<Expression>> {
    args.iter()
        .map(|arg| match arg {
            FunctionArg::Unnamed(arg) => argument(arg, queries),
            _ => Err(SqlError::declined("Named arguments")),
        })
        .collect()
}

/// What `1.5D` was spelled as: the suffix and the digits.
fn suffixed_literal(function: &ast::Function) -> Option<(String, String)> {
    let called = parts(&function.name).pop()?;
    if let Some(kind) = called.strip_prefix("literal_")
        && let FunctionArguments::List(list) = &function.args
        && let [FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value)))] = list.args.as_slice()
        && let Value::SingleQuotedString(text) = &value.value
    {
        return Some((kind.to_owned(), text.clone()));
    }
    None
}

fn function_call(function: &ast::Function, queries: &mut Queries<'_>) -> SqlResult<Expression> {
    let called = parts(&function.name).pop().unwrap_or_default();
    let called = if called.eq_ignore_ascii_case("exists_") { "exists".to_owned() } else { called };
    if let Some((kind, text)) = suffixed_literal(function) {
        return suffixed(&kind, &text);
    }
    if called.eq_ignore_ascii_case("product") {
        // It is the API's alone.
        return Err(crate::sql::functions::unknown(&called.to_lowercase()));
    }
    let (mut args, distinct) = match &function.args {
        FunctionArguments::None => (Vec::new(), false),
        FunctionArguments::List(list) => {
            (arguments(&list.args, queries)?, list.duplicate_treatment == Some(DuplicateTreatment::Distinct))
        }
        FunctionArguments::Subquery(_) => return Err(SqlError::declined("A query as a function's argument")),
    };
    if !function.within_group.is_empty() {
        return Err(SqlError::declined("WITHIN GROUP"));
    }
    if let Some(filter) = &function.filter {
        let test = convert(filter, queries)?;
        let plain = args.len() == 1 && !matches!(args[0].expr_type, Some(ExprType::UnresolvedStar(_)));
        let value = match args.pop() {
            Some(value) if plain => value,
            _ if called.eq_ignore_ascii_case("count") => int(1),
            _ => return Err(SqlError::declined("FILTER of this aggregate")),
        };
        args = vec![call("when", vec![test, value])];
    }
    if function.null_treatment == Some(NullTreatment::IgnoreNulls) {
        args.push(literal(LiteralType::Boolean(true)));
    }
    let inner = expression(ExprType::UnresolvedFunction(UnresolvedFunction {
        function_name: called,
        arguments: args,
        is_distinct: distinct,
        ..Default::default()
    }));
    let Some(over) = &function.over else { return Ok(inner) };
    let spec = match over {
        WindowType::WindowSpec(spec) => spec.clone(),
        WindowType::NamedWindow(ident) => {
            let found = queries.as_ref().and_then(|inner| inner.windows.get(&ident.value.to_lowercase()).cloned());
            found.ok_or_else(|| SqlError::parse(&format!("The window {} is not defined", ident.value)))?
        }
    };
    let mut keys = Vec::new();
    for key in &spec.partition_by {
        keys.push(convert(key, queries)?);
    }
    let mut orders = Vec::new();
    for each in &spec.order_by {
        orders.push(order_of(each, queries)?);
    }
    let frame = match &spec.window_frame {
        Some(frame) => {
            let end = frame.end_bound.clone().unwrap_or(WindowFrameBound::CurrentRow);
            Some(Box::new(WindowFrame {
                frame_type: if frame.units == WindowFrameUnits::Rows { 1 } else { 2 },
                lower: Some(Box::new(bound(&frame.start_bound, queries)?)),
                upper: Some(Box::new(bound(&end, queries)?)),
            }))
        }
        None => None,
    };
    Ok(expression(ExprType::Window(Box::new(Window {
        window_function: Some(Box::new(inner)),
        partition_spec: keys,
        order_spec: orders,
        frame_spec: frame,
    }))))
}

fn bound(bound: &WindowFrameBound, queries: &mut Queries<'_>) -> SqlResult<FrameBoundary> {
    let boundary = match bound {
        WindowFrameBound::CurrentRow => Boundary::CurrentRow(true),
        WindowFrameBound::Preceding(None) | WindowFrameBound::Following(None) => Boundary::Unbounded(true),
        WindowFrameBound::Following(Some(value)) => Boundary::Value(Box::new(convert(value, queries)?)),
        WindowFrameBound::Preceding(Some(value)) => {
            let Expr::Value(number_value) = &**value else { return Err(SqlError::declined("This frame's boundary")) };
            let Value::Number(text, long) = &number_value.value else {
                return Err(SqlError::declined("This frame's boundary"));
            };
            Boundary::Value(Box::new(number(&format!("-{text}"), *long)?))
        }
    };
    Ok(FrameBoundary { boundary: Some(boundary) })
}

pub fn order_of(each: &OrderByExpr, queries: &mut Queries<'_>) -> SqlResult<SortOrder> {
    let ascending = match &each.options.sort {
        None | Some(ast::OrderBySort::Asc) => true,
        Some(ast::OrderBySort::Desc) => false,
        Some(_) => return Err(SqlError::declined("This order")),
    };
    Ok(order(convert(&each.expr, queries)?, ascending, each.options.nulls_first))
}
