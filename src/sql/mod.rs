//! `DataFrames`' plans: Spark Connect's messages and Spark's SQL text come in, the executor's SQL and a typed schema go out.
//!
//! Names, types, coercion and errors are Spark's; what can't be said exactly in the executor's SQL is declined by name. Pure:
//! what a plan refers to comes through [`Catalog`].

#![expect(
    clippy::format_push_string,
    clippy::match_same_arms,
    clippy::needless_pass_by_value,
    clippy::similar_names,
    clippy::too_many_lines,
    clippy::unused_self,
    reason = "SQL is text put together; tables of cases are long, and a case a line reads best; a relation is used up by \
              the one over it, and all that plans is the planner's"
)]

mod aggregate;
mod arrow;
mod cast;
mod coerce;
mod ddl;
mod error;
mod event_time;
mod expr;
mod fields;
mod functions;
mod group_state;
mod join;
mod known;
mod literal;
mod messages;
mod missing;
mod names;
mod operators;
mod planner;
mod proto;
mod python;
mod radix;
mod reach;
mod reach_join;
mod relation;
mod reshape;
mod scope;
mod statistics;
mod stream;
mod stream_join;
mod stream_rules;
mod subquery;
mod text;
mod tree;
mod typed;
mod types;
mod under;
mod window;

use prost::Message as _;

pub use error::{SqlError, SqlResult};
pub use planner::{Catalog, Frame, Step};
pub use proto::Relation;
pub use types::{Field, Type};

/// A plan that can run.
#[derive(Debug, Clone)]
pub struct Query {
    /// What runs before, in this order.
    pub steps: Vec<Step>,
    /// The executor's query.
    pub sql: String,
    /// Its columns.
    pub fields: Vec<Field>,
}

/// Plans an encoded relation; with an output mode, for a query over streams that is to be started.
pub fn plan(relation: &[u8], catalog: &dyn Catalog, start: Option<&str>) -> SqlResult<Query> {
    let message = Relation::decode(relation).map_err(|_| SqlError::malformed("a relation that can be read"))?;
    let mut planner = planner::Planner::new(catalog);
    planner.start = start.map(stream::OutputMode::named).transpose()?;
    let by_case = catalog.setting("spark.sql.caseSensitive").is_some_and(|value| value == "true");
    let planned =
        scope::with_case(by_case, || planner.relation(&message)).map_err(|error| planner.refused_before(error))?;
    planner.check_rules(&planned)?;
    let (sql, steps) = (planner.filled(&python::visible(&planned)), planner.filled_steps());
    Ok(Query { sql, fields: planned.fields(), steps })
}

/// The encoded message of a struct of these fields.
pub fn schema_message(fields: &[Field]) -> Vec<u8> {
    messages::to_message(&Type::Struct(fields.to_vec())).encode_to_vec()
}

/// The encoded message of the type that a text means: DDL or JSON.
pub fn read_type(text: &str) -> SqlResult<Vec<u8>> {
    let ty = if text.trim_start().starts_with('{') { messages::from_json(text)? } else { ddl::read_schema(text)? };
    Ok(messages::to_message(&ty).encode_to_vec())
}

/// The JSON of an encoded type.
pub fn type_json(message: &[u8]) -> SqlResult<String> {
    let message = proto::DataType::decode(message).map_err(|_| SqlError::malformed("a type that can be read"))?;
    Ok(messages::from_message(&message)?.json())
}

/// What `printSchema` shows of an encoded struct.
pub fn tree(message: &[u8], level: Option<usize>) -> SqlResult<String> {
    let message = proto::DataType::decode(message).map_err(|_| SqlError::malformed("a type that can be read"))?;
    Ok(tree::tree(&messages::from_message(&message)?, level))
}

/// A relation as bytes again.
pub fn encoded(relation: &Relation) -> Vec<u8> {
    relation.encode_to_vec()
}
