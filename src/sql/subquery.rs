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
        let (mut lefts, mut rights) = (Vec::new(), Vec::new());
        for (value, column) in values.iter().zip(&planned.columns) {
            let ty =
                common(&value.ty, &column.ty).ok_or_else(|| SqlError::declined("IN with a query of another type"))?;
            if values.len() > 1 && (ty.is_nested() || ty.is_fractional()) {
                return Err(SqlError::declined(&format!(
                    "IN with a query of several columns, one of them {}",
                    ty.sql()
                )));
            }
            lefts.push(as_type(value, &ty)?.sql);
            rights.push(as_type(&column_value(column), &ty)?.sql);
        }
        let left = if let [left] = lefts.as_slice() { left.clone() } else { format!("({})", lefts.join(", ")) };
        let sql = format!("({left} IN (SELECT {} FROM {}))", rights.join(", "), planned.from());
        let names: Vec<_> = values.iter().map(|value| value.name.clone()).collect();
        let shown =
            if let [name] = names.as_slice() { name.clone() } else { format!("named_struct({})", names.join(", ")) };
        let mut made = Typed::new(sql, Type::Boolean, true, format!("({shown} IN (listquery()))")).of(values);
        made.parts.literal = false;
        made.parts.query = true;
        Ok(made)
    }
}
