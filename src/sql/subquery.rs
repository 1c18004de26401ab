//! Queries inside expressions: one value, whether there is a row, membership.

use super::coerce::common;
use super::error::{SqlError, SqlResult};
use super::expr::column_value;
use super::operators::as_type;
use super::planner::Planner;
use super::proto::SubqueryExpression;
use super::python::visible;
use super::relation::Planned;
use super::typed::{Parts, Typed};
use super::types::Type;

impl Planner<'_> {
    pub fn subquery(&mut self, message: &SubqueryExpression) -> SqlResult<Typed> {
        let values = self.exprs(&message.in_subquery_values)?;
        let planned = if let Some(query) = self.text.queries.get(&message.plan_id).cloned() {
            self.query(&query)?
        } else {
            let relation = self
                .references
                .get(&message.plan_id)
                .cloned()
                .ok_or_else(|| SqlError::malformed("the query of a subquery"))?;
            self.relation(&relation)?
        };
        let finish = |sql: String, ty: Type, nullable: bool, name: &str| {
            let mut made = Typed::new(sql, ty, nullable, name.to_owned());
            // It reads what it reads inside; to the query around it is a value.
            made.parts = Parts { query: true, ..Parts::default() };
            made
        };
        match message.subquery_type {
            1 => {
                let [column] = planned.columns.as_slice() else {
                    return Err(SqlError::analysis(
                        "INVALID_SUBQUERY_EXPRESSION.SCALAR_SUBQUERY_RETURN_MORE_THAN_ONE_OUTPUT_COLUMN",
                        "42823",
                        &[("number", &planned.columns.len().to_string())],
                        &format!(
                            "Invalid subquery: Scalar subquery must return only one column, but got {}.",
                            planned.columns.len()
                        ),
                    ));
                };
                Ok(finish(format!("({})", visible(&planned)), column.ty.clone(), true, "scalarsubquery()"))
            }
            2 => Ok(finish(format!("EXISTS ({})", visible(&planned)), Type::Boolean, false, "exists()")),
            4 => self.membership(&values, &planned),
            _ => Err(SqlError::declined("A table as an argument")),
        }
    }

    fn membership(&mut self, values: &[Typed], planned: &Planned) -> SqlResult<Typed> {
        if values.len() != planned.columns.len() {
            return Err(SqlError::declined("IN with a query of another number of columns"));
        }
        let [value] = values else { return Err(SqlError::declined("IN with a query of several columns")) };
        let column = &planned.columns[0];
        let ty = common(&value.ty, &column.ty).ok_or_else(|| SqlError::declined("IN with a query of another type"))?;
        let (left, right) = (as_type(value, &ty)?, as_type(&column_value(column), &ty)?);
        let sql = format!("({} IN (SELECT {} FROM {}))", left.sql, right.sql, planned.from());
        let mut made = Typed::new(sql, Type::Boolean, true, format!("({} IN (listquery()))", value.name)).of(values);
        made.parts.literal = false;
        made.parts.query = true;
        Ok(made)
    }
}
