//! Rows that become several rows: `explode` and its family, `unpivot`, functions that give tables.

use super::coerce::common_all;
use super::error::{SqlError, SqlResult};
use super::expr::column_value;
use super::operators::as_type;
use super::planner::Planner;
use super::proto;
use super::relation::Planned;
use super::scope::Column;
use super::typed::{Parts, Typed};
use super::types::{Type, text_literal};

impl Planner<'_> {
    /// A generator whose columns the user named.
    pub fn renamed_generator(&self, value: Typed, names: &[String]) -> SqlResult<Typed> {
        let Some(mut generator) = value.generator.clone() else { return Ok(value) };
        if generator.columns.len() != names.len() {
            return Err(SqlError::analysis(
                "UDTF_ALIAS_NUMBER_MISMATCH",
                "42802",
                &[("aliasesNum", &generator.columns.len().to_string()), ("aliasesNames", &names.join(", "))],
                &format!(
                    "The number of aliases supplied in the AS clause does not match the number of columns output by the \
                     UDTF. Expected {} aliases, but got {}. Please ensure that the number of aliases provided matches \
                     the number of columns output by the UDTF.",
                    generator.columns.len(),
                    names.join(",")
                ),
            ));
        }
        for (column, name) in generator.columns.iter_mut().zip(names) {
            column.0.clone_from(name);
        }
        Ok(Typed { generator: Some(generator), name: names[0].clone(), top: None, ..value })
    }

    /// A select list with one generator: its SQL is a list of structs with the fields `f0`, `f1`, ...
    pub fn generate(&mut self, below: Planned, values: Vec<Typed>) -> SqlResult<Planned> {
        if values.iter().filter(|value| value.generator.is_some()).count() > 1 {
            return Err(SqlError::analysis(
                "UNSUPPORTED_GENERATOR.MULTI_GENERATOR",
                "42K0E",
                &[("num", "2"), ("generators", "")],
                "The generator is not supported: only one generator allowed per SELECT clause but found 2.",
            ));
        }
        if values.iter().any(|value| value.parts.aggregate) {
            return Err(SqlError::declined("A generator beside aggregates"));
        }
        let Some(at) = values.iter().position(|value| value.generator.is_some()) else {
            return Ok(self.select(below, values));
        };
        let Some(generator) = values[at].generator.clone() else { return Ok(self.select(below, values)) };
        let row = format!("g{}", self.id());
        let list = &values[at].sql;
        let list = if generator.outer { format!("p_or_one_null({list})") } else { list.clone() };
        let sql = format!("SELECT *, unnest({list}) AS {row} FROM {}", below.from());
        let below = Planned { sql, ..below };
        let mut all = Vec::new();
        for value in values {
            if value.generator.is_none() {
                all.push(value);
                continue;
            }
            for (index, (name, ty, nullable)) in generator.columns.iter().enumerate() {
                let mut made =
                    Typed::new(format!("{row}.f{index}"), ty.clone(), *nullable || generator.outer, name.clone());
                made.parts = Parts { column: true, ..Parts::default() };
                all.push(made);
            }
        }
        Ok(self.select(below, all))
    }

    /// `explode(...)` and so on as a table of its own.
    pub fn table_function(&mut self, message: &proto::UnresolvedTableValuedFunction) -> SqlResult<Planned> {
        let name = message.function_name.to_lowercase();
        if name == "range" {
            let numbers = message
                .arguments
                .iter()
                .map(|argument| {
                    let value = self.expr(argument)?;
                    value.whole().ok_or_else(|| SqlError::declined("range of something but numbers"))
                })
                .collect::<SqlResult<Vec<_>>>()?;
            let (start, end, step) = match numbers.as_slice() {
                [end] => (0, *end, 1),
                [start, end] => (*start, *end, 1),
                [start, end, step, ..] => (*start, *end, *step),
                [] => return Err(SqlError::declined("range without numbers")),
            };
            let column = self.column("id", Type::Long, false);
            let sql = format!("SELECT range AS {} FROM range({start}, {end}, {step})", column.sql());
            return Ok(Planned { sql, columns: vec![column], ..Planned::default() });
        }
        let value = super::functions::call(self, &name, &message.arguments, false)?;
        if value.generator.is_none() {
            return Err(SqlError::declined(&format!("The table function {name}")));
        }
        let below = Planned { sql: "SELECT 1 AS one".to_owned(), ..Planned::default() };
        let mut planned = self.generate(below, vec![value])?;
        planned.under.clear();
        Ok(planned)
    }

    pub fn unpivot(&mut self, message: &proto::Unpivot) -> SqlResult<Planned> {
        let below = self.relation(message.input.as_deref().ok_or_else(|| SqlError::malformed("an input"))?)?;
        let (ids, values) = self.within(&[&below], |planner| {
            let ids = planner.exprs(&message.ids)?;
            let values = match &message.values {
                Some(values) => planner.exprs(&values.values)?,
                None => planner
                    .columns()
                    .iter()
                    .filter(|column| !ids.iter().any(|id| id.column == Some(column.id)))
                    .map(column_value)
                    .collect(),
            };
            Ok((ids, values))
        })?;
        if values.is_empty() {
            return Err(SqlError::analysis(
                "UNPIVOT_REQUIRES_VALUE_COLUMNS",
                "42K0A",
                &[],
                "At least one value column needs to be specified for UNPIVOT, all columns specified as ids.",
            ));
        }
        let ty = common_all(values.iter().map(|value| &value.ty)).ok_or_else(|| {
            let types: Vec<_> = values.iter().map(|value| format!("\"{}\" ({})", value.ty.sql(), value.name)).collect();
            SqlError::analysis(
                "UNPIVOT_VALUE_DATA_TYPE_MISMATCH",
                "42K09",
                &[("types", &types.join(", "))],
                &format!(
                    "Unpivot value columns must share a least common type, some types do not: [{}].",
                    types.join(", ")
                ),
            )
        })?;
        let mut rows = Vec::new();
        for value in &values {
            let sql = as_type(value, &ty)?.sql;
            rows.push(format!("struct_pack(f0 := {}::VARCHAR, f1 := {sql})", text_literal(&value.name)));
        }
        let nullable = values.iter().any(|value| value.nullable);
        let mut list = Typed::new(format!("[{}]", rows.join(", ")), Type::Null, false, String::new());
        list.generator = Some(Box::new(super::typed::Generator {
            kind: "unpivot".to_owned(),
            outer: false,
            columns: vec![
                (message.variable_column_name.clone(), Type::String, false),
                (message.value_column_name.clone(), ty, nullable),
            ],
        }));
        let mut all = ids;
        all.push(list);
        let mut planned = self.generate(below, all)?;
        planned.hidden.clear();
        planned.under.clear();
        Ok(planned)
    }

    /// A row for each of a list's elements, as `LATERAL VIEW` has it: the columns of the input, then the new ones.
    pub fn lateral(&mut self, below: Planned, value: Typed, table: &str) -> SqlResult<Planned> {
        let mut all: Vec<Typed> = below.columns.iter().map(column_value).collect();
        let before = all.len();
        all.push(value);
        let mut planned = self.generate(below, all)?;
        for column in planned.columns.iter_mut().skip(before) {
            column.qualifiers = vec![table.to_owned()];
        }
        Ok(planned)
    }
}

/// The columns of a relation, by name.
pub fn column_named<'a>(below: &'a Planned, name: &str) -> SqlResult<&'a Column> {
    let parts = super::scope::name_parts(name)?;
    let (found, _) = super::scope::matches(&below.columns, &parts);
    match found.as_slice() {
        [column] => Ok(column),
        [] => Err(super::scope::unresolved(&parts, &below.columns)),
        several => Err(super::scope::ambiguous(name, several)),
    }
}
