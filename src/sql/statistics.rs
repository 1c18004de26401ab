//! `describe`, `summary`, `crosstab`, `corr`, `cov`, `freqItems`, `approxQuantile`.

use super::cast::{Mode, cast, to_text};
use super::error::{SqlError, SqlResult};
use super::expr::column_value;
use super::planner::Planner;
use super::proto::{self, Relation};
use super::relation::Planned;
use super::reshape::column_named;
use super::types::{Field, Type, text_literal};

impl Planner<'_> {
    pub fn statistics(
        &mut self,
        below: Planned,
        wanted: &[String],
        names: &[String],
        quartiles: bool,
    ) -> SqlResult<Planned> {
        let standard: &[&str] = if quartiles {
            &["count", "mean", "stddev", "min", "25%", "50%", "75%", "max"]
        } else {
            &["count", "mean", "stddev", "min", "max"]
        };
        let wanted: Vec<String> =
            if wanted.is_empty() { standard.iter().map(|name| (*name).to_owned()).collect() } else { wanted.to_vec() };
        let mut columns = Vec::new();
        for name in names {
            let column = column_named(&below, name)?;
            if column.ty.is_numeric() || column.ty == Type::String {
                columns.push(column.clone());
            }
        }
        let mut fields = vec![Field::new("summary", Type::String, true)];
        fields.extend(columns.iter().map(|column| Field::new(&column.name, Type::String, true)));
        let mut aggregates = Vec::new();
        for statistic in &wanted {
            for column in &columns {
                let value = column_value(column);
                let number = if column.ty == Type::String {
                    cast(&value.sql, &Type::String, &Type::Double, Mode::Try)?
                } else {
                    cast(&value.sql, &column.ty, &Type::Double, Mode::Ansi)?
                };
                let double = |sql: String| to_text(&sql, &Type::Double, 0);
                aggregates.push(match statistic.to_lowercase().as_str() {
                    "count" => format!("CAST(count({}) AS VARCHAR)", value.sql),
                    "count_distinct" => format!("CAST(count(DISTINCT {}) AS VARCHAR)", value.sql),
                    "mean" => match column.ty {
                        Type::Decimal(precision, scale) if precision <= 24 => {
                            let ty = super::coerce::decimal(i32::from(precision) + 4, i32::from(scale) + 4);
                            let sql = format!(
                                "CASE WHEN count({0}) > 0 THEN CAST(p_decimal_quotient(sum({0})::DECIMAL(38,{scale}), count({0}), {scale}, 0, 4, {1}) AS {2}) END",
                                value.sql,
                                scale + 4,
                                ty.physical()
                            );
                            to_text(&format!("({sql})"), &ty, 0)?
                        }
                        Type::Decimal(..) => return Err(SqlError::declined("mean of decimals of more than 24 digits")),
                        _ => double(format!("avg({number})"))?,
                    },
                    "stddev" => double(format!("p_stddev(stddev_samp({number}), count({number}))"))?,
                    "min" | "max" => to_text(&format!("{statistic}({})", value.sql), &column.ty, 0)?,
                    "approx_count_distinct" => return Err(SqlError::declined("approx_count_distinct in summary")),
                    other => {
                        let percent: f64 = other
                            .strip_suffix('%')
                            .and_then(|text| text.parse().ok())
                            .ok_or_else(|| SqlError::declined(&format!("The statistic {other}")))?;
                        let picked = format!("quantile_disc({number}, {:e})", percent / 100.0);
                        if column.ty == Type::String || column.ty.is_fractional() {
                            double(picked)?
                        } else {
                            to_text(&format!("quantile_disc({}, {:e})", value.sql, percent / 100.0), &column.ty, 0)?
                        }
                    }
                });
            }
        }
        if columns.is_empty() {
            let rows: Vec<_> = wanted.iter().map(|statistic| format!("({})", text_literal(statistic))).collect();
            return Ok(self.source(&format!("SELECT * FROM (VALUES {})", rows.join(", ")), &fields));
        }
        let named: Vec<_> = aggregates.iter().enumerate().map(|(at, sql)| format!("{sql} AS s{at}")).collect();
        let rows: Vec<_> = wanted
            .iter()
            .enumerate()
            .map(|(row, statistic)| {
                let cells: Vec<_> =
                    (0..columns.len()).map(|at| format!("f{} := s{}", at + 1, row * columns.len() + at)).collect();
                format!("struct_pack(f0 := {}::VARCHAR, {})", text_literal(statistic), cells.join(", "))
            })
            .collect();
        let cells: Vec<_> = (0..=columns.len()).map(|at| format!("r.f{at} AS f{at}")).collect();
        let sql = format!(
            "SELECT {} FROM (SELECT unnest([{}]) AS r FROM (SELECT {} FROM {}))",
            cells.join(", "),
            rows.join(", "),
            named.join(", "),
            below.from()
        );
        Ok(self.source(&sql, &fields))
    }

    pub fn two_columns(&mut self, message: &Relation, function: &str, first: &str, second: &str) -> SqlResult<Planned> {
        let below = self.relation(message)?;
        let mut sides = Vec::new();
        for name in [first, second] {
            let column = column_named(&below, name)?;
            if !column.ty.is_numeric() {
                return Err(SqlError::declined(&format!("{function} of a column that isn't a number")));
            }
            sides.push(cast(&column.sql(), &column.ty, &Type::Double, Mode::Ansi)?);
        }
        let sql = if function == "cov" {
            format!("SELECT covar_samp({}, {}) FROM {}", sides[0], sides[1], below.from())
        } else {
            format!("SELECT corr({}, {}) FROM {}", sides[0], sides[1], below.from())
        };
        Ok(self.source(&sql, &[Field::new(function, Type::Double, true)]))
    }

    pub fn crosstab(&mut self, message: &proto::StatCrosstab) -> SqlResult<Planned> {
        let below = self.relation(message.input.as_deref().ok_or_else(|| SqlError::malformed("an input"))?)?;
        let (first, second) =
            (column_named(&below, &message.col1)?.clone(), column_named(&below, &message.col2)?.clone());
        let text = |column: &super::scope::Column| {
            Ok::<_, SqlError>(format!("coalesce({}, 'null')", to_text(&column.sql(), &column.ty, 0)?))
        };
        let (a, b) = (text(&first)?, text(&second)?);
        let found = self.catalog.values(
            &self.filled_steps(),
            &self.filled(&format!("SELECT DISTINCT {b} AS v FROM {} ORDER BY v", below.from())),
        )?;
        let mut fields = vec![Field::new(&format!("{}_{}", message.col1, message.col2), Type::String, true)];
        let mut texts = vec![a.clone()];
        for value in found.into_iter().flatten() {
            texts.push(format!("count(*) FILTER (WHERE {b} = {})", text_literal(&value)));
            fields.push(Field::new(&value, Type::Long, true));
        }
        let sql = format!("SELECT {} FROM {} GROUP BY {a} ORDER BY {a}", texts.join(", "), below.from());
        Ok(self.source(&sql, &fields))
    }

    pub fn frequent(&mut self, message: &proto::StatFreqItems) -> SqlResult<Planned> {
        let _ = message;
        Err(SqlError::declined("DataFrame.freqItems"))
    }

    pub fn quantiles(&mut self, message: &proto::StatApproxQuantile) -> SqlResult<Planned> {
        let below = self.relation(message.input.as_deref().ok_or_else(|| SqlError::malformed("an input"))?)?;
        let probabilities: Vec<_> = message.probabilities.iter().map(|p| format!("{p:e}")).collect();
        let mut lists = Vec::new();
        for name in &message.cols {
            let column = column_named(&below, name)?;
            let value = cast(&column.sql(), &column.ty, &Type::Double, Mode::Ansi)?;
            lists.push(format!("coalesce(quantile_disc({value}, [{}]), [])", probabilities.join(", ")));
        }
        let ty = Type::Array(Box::new(Type::Array(Box::new(Type::Double), false)), false);
        let sql = format!("SELECT [{}] FROM {}", lists.join(", "), below.from());
        Ok(self.source(&sql, &[Field::new("approx_quantile", ty, true)]))
    }
}
